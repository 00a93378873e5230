"""Options of questions about cells: scale, groups, weights, values of predictors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import pi, sqrt
from types import MappingProxyType

import numpy as np

from varying.grammar.diagnostics import Sink, did_you_mean
from varying.grammar.printer import expression_text, name_text
from varying.grammar.spelling import spell_number
from varying.grammar.tree import (
    Event,
    Expr,
    Index,
    ListExpr,
    Name,
    Option,
    String,
)
from varying.grammar.walk import unwrap

from ...data import weighted
from ...data.levels import numbers_of, suggest_level
from ...data.table import Table
from ...families.cdf import cdf_of, without_cdf
from ...families.family import Family
from ...families.quantiles import quantile_of
from ..priors.named import ref_text
from ..question import GROUPS, SCALES, CellGroups, Outcomes, Scale, Verb
from .existence import by_default, exists
from .known import Choices, ModelCells
from .outcomes import instead_of_shares, outcomes_of
from .trials import ONE_TRIAL, has_trials, number_of, of_successes, with_trials

__all__ = ["LATENT_SCALE", "read_options"]

#: Shares of the rows below the values of ``x=quantiles``.
QUARTILES = (0.25, 0.5, 0.75)
#: Standard deviations of the latent response around its predictor, by link.
LATENT_SCALE: Mapping[str, float] = {
    "logit": pi / sqrt(3.0),
    "probit": 1.0,
    "cloglog": pi / sqrt(6.0),
    "loglog": pi / sqrt(6.0),
}
_ARTICLE = {"means": "`means`", "contrast": "a contrast", "slope": "a slope"}


_KNOWN = ("scale", "groups", "weights", "over", "response")


def read_options(
    options: Sequence[Option], verb: Verb, cells: ModelCells, table: Table, sink: Sink
) -> Choices | None:
    """Return what the options of a question say; None after a fault."""
    found, whole = Choices(scale=_usual(cells)), True
    groups: CellGroups | None = None
    at: dict[str, tuple[str, ...]] = {}
    seen: set[str] = set()
    for option in options:
        name = option.name.text
        if name in seen:
            sink.add("duplicate-option", option.span, f"`{name}` is given twice")
        seen.add(name)
        match name:
            case "response":
                continue  # which of several responses: see `several.py`
            case "trials" if has_trials(cells):
                # else it is read with the scale
                if not any(one.name.text == "scale" for one in options):
                    sink.add("invalid-argument", option.span, ONE_TRIAL)
                    whole = False
            case "scale":
                scale = _scale(option, verb, cells, sink)
                if scale is not None and of_successes(cells):
                    scale = with_trials(scale, option, options, cells, sink)
                whole &= scale is not None
                if scale is not None:
                    found = replace(found, scale=scale[0], outcomes=scale[1])
            case "groups":
                chosen = _word(option, GROUPS, sink, _GROUPS)
                whole &= chosen is not None
                groups = next((g for g in GROUPS if g == chosen), None)
            case "weights":
                chosen = _word(option, ("equal", "observed"), sink)
                whole &= chosen is not None
                found = replace(found, observed=chosen == "observed")
            case "over":
                chosen = _word(option, ("data",), sink)
                whole &= chosen is not None
                found = replace(found, over=chosen is not None)
            case _:
                values = _values(option, cells, table, sink, verb)
                whole &= values is not None
                at[name] = values or ()
    if found.over and found.observed:
        place = next(o for o in options if o.name.text == "weights")
        sink.add(
            "invalid-argument",
            place.span,
            "`over=data` takes the rows as they are: there are no cells to weight",
            "leave out `weights`",
        )
        return None
    if not whole:
        return None
    if groups is None:
        groups = "average" if by_default(found.scale, cells) else "zero"
    found = replace(found, groups=groups, at=at)
    return found if exists(found, options, cells, sink) else None


def _usual(cells: ModelCells) -> Scale:
    """Return the scale of questions that name none: the predictor, if it is one."""
    if cells.family is None or not cells.family.mains:
        return "link"
    return "prob" if cells.family.has_categories else "response"


#: What other packages, and ``predict``, call them.
_GROUPS: Mapping[str, CellGroups] = {"population": "zero"}


def _word(
    option: Option,
    known: Sequence[str],
    sink: Sink,
    also: Mapping[str, str] = MappingProxyType({}),
) -> str | None:
    """Return which of some words an option has; those of ``also`` stand for one."""
    value = unwrap(option.value)
    text = value.text if isinstance(value, Name | String) else ""
    text = also.get(text, text)
    if text in known:
        return text
    name, span = option.name.text, option.value.span
    notes, fix = did_you_mean(text, known, span, f"`{name}` takes")
    message = f"`{name}` cannot be `{expression_text(option.value)}`"
    sink.add("invalid-argument", span, message, *notes, fix=fix)
    return None


_SCALE = "it is `scale=`: response, link, prob, odds or latent"
#: Options of emmeans, marginaleffects and brms, and what they are here.
_ELSEWHERE: Mapping[str, str] = {
    **dict.fromkeys(("type", "regrid", "transform", "dpar"), _SCALE),
    **dict.fromkeys(
        ("re_formula", "re_form", "allow_new_levels", "sample_new_levels"),
        "it is `groups=`: zero, average or fitted",
    ),
    **dict.fromkeys(
        ("level", "prob", "hdi", "ci", "conf_level", "probs"),
        'it is an argument beside the question: `fit.ask("...", prob=0.9)`',
    ),
    **dict.fromkeys(
        ("at", "newdata", "datagrid", "conditions"),
        "values of predictors are options of their own: `x=[20, 40]`",
    ),
    **dict.fromkeys(("specs", "variables"), "it stands first: `means block*cs`"),
    "method": "it stands behind the factor: `contrast block: pairwise`",
    "adjust": "posteriors are not adjusted: each interval is that of its line",
}


# ---- values of predictors ------------------------------------------------------------


def _values(
    option: Option, cells: ModelCells, table: Table, sink: Sink, verb: Verb
) -> tuple[str, ...] | None:
    """Return the levels, or values, that an option holds a predictor at."""
    name = option.name.text
    if name in cells.every:
        return _levels(option, cells.every[name], sink)
    if name in cells.numbers:
        return _numbers(option, table, sink)
    if cells.forgives(name):
        return None
    predictors = (*cells.every, *sorted(cells.numbers))
    notes, fix = did_you_mean(
        name, (*_KNOWN, *predictors), option.name.span, "it has", name_text
    )
    if name in _ELSEWHERE:
        notes, fix = (_ELSEWHERE[name],), None
    message = f"{_ARTICLE[verb]} has no option `{name}`"
    notes = (*notes, "a predictor of the model is held by `x=[20, 40]`")
    sink.add("unknown-option", option.name.span, message, *notes, fix=fix)
    return None


def _items(node: Expr) -> Sequence[Expr]:
    inner = unwrap(node)
    return inner.items if isinstance(inner, ListExpr) else (inner,)


def _levels(
    option: Option, levels: Sequence[str], sink: Sink
) -> tuple[str, ...] | None:
    found = []
    for item in _items(option.value):
        inner = unwrap(item)
        text = expression_text(inner)
        if isinstance(inner, String | Name):
            text = inner.text
        if text not in levels:
            notes, fix = suggest_level(text, levels, item.span)
            message = f"`{option.name.text}` has no level `{text}`"
            sink.add("unknown-level", item.span, message, *notes, fix=fix)
            return None
        found.append(text)
    return _some(found, option, sink)


def _numbers(option: Option, table: Table, sink: Sink) -> tuple[str, ...] | None:
    name = option.name.text
    word = unwrap(option.value)
    if isinstance(word, Name) and word.text == "quantiles":
        column = table.columns[name]
        there = ~column.missing
        counts = None if table.counts is None else table.counts[there]
        values = weighted.quantiles(column.values[there], QUARTILES, counts)
        return tuple(dict.fromkeys(spell_number(float(v)) for v in values))
    found = []
    for item in _items(option.value):
        value = number_of(unwrap(item))
        if value is None or not np.isfinite(value):
            sink.add(
                "invalid-argument",
                item.span,
                f"`{name}` is numeric, and `{expression_text(item)}` is no number",
                f"`{name_text(name)}=[20, 40]` holds it at two values, "
                f"`{name_text(name)}=quantiles` at its quartiles",
            )
            return None
        found.append(spell_number(value))
    return _some(found, option, sink)


def _some(found: Sequence[str], option: Option, sink: Sink) -> tuple[str, ...] | None:
    """Return values, each once; None, and a fault, if there are none."""
    if found:
        return tuple(dict.fromkeys(found))
    message = f"`{option.name.text}` is held at no value"
    sink.add("invalid-argument", option.value.span, message)
    return None


# ---- scale ---------------------------------------------------------------------------


def _scale(
    option: Option, verb: Verb, cells: ModelCells, sink: Sink
) -> tuple[Scale, Outcomes | None] | None:
    """Return the scale that is asked for, and of which outcomes; None: a fault."""
    value = unwrap(option.value)
    outcomes: Outcomes | None = None
    text = ""
    match value:
        case Name(text=text) | String(text=text):
            pass
        case Index(target=Name(text=text)) | Event(target=Name(text=text)):
            if text in ("prob", "odds"):
                outcomes = outcomes_of(value, cells, sink)
                if outcomes is None:
                    return None
            elif text == "quantile":
                outcomes = _share(value, sink)
                if outcomes is None:
                    return None
    found = next((scale for scale in SCALES if scale == text), None)
    if found is None or (outcomes is None and isinstance(value, Index | Event)):
        notes, fix = did_you_mean(text, SCALES, option.value.span, "`scale` takes")
        message = f"`scale` cannot be `{expression_text(option.value)}`"
        sink.add("invalid-argument", option.value.span, message, *notes, fix=fix)
        return None
    if found == "quantile":
        there = _has_quantiles(outcomes, verb, option, cells, sink)
    else:
        there = _has(found, outcomes, option, cells, sink)
    return (found, outcomes) if there else None


def _share(node: Index | Event, sink: Sink) -> Outcomes | None:
    """Return the share between the brackets of ``quantile[0.9]``; None: a fault."""
    text = ref_text(node.refs[0]) if isinstance(node, Index) else ""
    try:
        share = float(text)
    except ValueError:
        share = 0.0
    if isinstance(node, Event) or len(node.refs) != 1 or not 0.0 < share < 1.0:
        sink.add(
            "invalid-argument",
            node.span,
            f"`{expression_text(node)}` is no quantile",
            "in the brackets stands one number between 0 and 1: `quantile[0.9]` is the "
            "value that nine in ten responses are at or below",
        )
        return None
    return Outcomes(text, (), share=share)


def _has_quantiles(
    outcomes: Outcomes | None,
    verb: Verb,
    option: Option,
    cells: ModelCells,
    sink: Sink,
) -> bool:
    """Whether the response has quantiles that a question can be about."""
    family, categories = cells.family, cells.categories
    if outcomes is None:
        sink.add(
            "invalid-argument",
            option.span,
            "`scale=quantile` needs to know which",
            "`scale=quantile[0.5]` is the median of the response",
        )
        return False
    if family is None:
        return True
    message, note = "", "`scale=response` is the mean of the response"
    if family.response == "ordinal":
        if categories is not None and numbers_of(categories) is None:
            message = "categories that are no numbers have no quantiles"
            note = "`scale=prob` has the probability of each category"
    elif family.response == "binary" or family.has_categories or family.parts:
        message = f"a response of {family.name.partition('(')[0]} has no quantiles"
        note = "`scale=prob` has its probabilities"
        if family.parts:
            note = (
                "`scale=prob` has the mean share of each category, and `predict` the "
                "quantiles of new responses, `kind=quantile`"
            )
    elif quantile_of(family) is None:
        message = f"{family.shown} has no quantiles here"
        note = "`predict` has those of new responses, `kind=quantile`"
        note = without_cdf(family) or note
    in_steps = family.response in ("ordinal", "count", "successes")
    if not message and in_steps and verb == "slope":
        message = f"quantiles of {family.shown} go in steps, and have no slope"
        note = "`contrast` has the difference between two values of the predictor"
    if message:
        sink.add("no-such-scale", option.span, message, note)
    return not message


def _is_of_two(family: Family) -> bool:
    """Whether a response is one of two categories, or comes with one of two answers."""
    return family.response == "binary" or family.answers is not None


def _has(
    scale: Scale,
    outcomes: Outcomes | None,
    option: Option,
    cells: ModelCells,
    sink: Sink,
) -> bool:
    """Whether the family has such a scale."""
    family, categories = cells.family, cells.categories
    if family is None:
        return True
    kind = family.response
    message = note = ""
    nominal = family.has_categories
    if family.mains and scale in ("link", "latent"):
        message = f"{family.name.partition('(')[0]} has several predictors"
        note = "each has parameters of its own; `scale=prob` is what they make"
        if not nominal:
            note = "`scale=response` is what they make: the mean of the response"
    elif scale == "response" and nominal:
        message = "categories without an order have no mean"
        note = "`scale=prob` has the probability of each category"
        if family.parts:
            message = f"the mean of {family.name.partition('(')[0]} is several numbers"
            note = "`scale=prob` has the mean share of each category"
    elif (
        scale == "prob"
        and outcomes is None
        and not (family.of_categories or nominal or _is_of_two(family))
    ):
        message = f"{family.shown} has no probabilities of categories"
        note = instead_of_shares(family)
        if kind == "continuous" and cdf_of(family) is not None:
            note = (
                "`scale=prob[>3]` is the probability of more than 3, "
                "`scale=prob[2..5]` that of 2 to 5"
            )
        if kind in ("count", "successes"):
            note = (
                "`scale=prob[0]` is the probability of a 0, `prob[>3]` of more than 3"
            )
        if kind == "successes":
            note += ", in as many trials as all rows have, or `trials=20`"
    elif (
        scale == "odds"
        and outcomes is None
        and not (_is_of_two(family) or kind == "successes")
    ):
        message = "odds are of a response with two categories, or of an outcome"
        note = "`scale=odds[>50]` says of which outcome"
        if nominal:
            note = "`scale=odds[a]` says of which category, against all others"
    elif scale == "latent" and (
        kind not in ("ordinal", "binary")
        or family.steps is not None
        or (cells.link is not None and cells.link not in LATENT_SCALE)
    ):
        message = f"{family.shown} has no latent response"
        note = "`scale=link` is the linear predictor"
    elif (
        scale == "response"
        and kind == "ordinal"
        and categories is not None
        and numbers_of(categories) is None
    ):
        message = "categories that are no numbers have no mean"
        note = "`scale=prob` has the probability of each category"
    if message:
        sink.add("no-such-scale", option.span, message, note)
    return not message
