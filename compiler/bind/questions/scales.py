"""Options of questions about cells: scale, groups, weights, values of predictors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import pi, sqrt

import numpy as np

from varying.grammar.diagnostics import Sink, did_you_mean
from varying.grammar.printer import expression_text, name_text
from varying.grammar.source import Span
from varying.grammar.spelling import spell_number
from varying.grammar.tree import (
    Event,
    Expr,
    Index,
    ListExpr,
    Name,
    Number,
    Option,
    String,
    Unary,
)
from varying.grammar.walk import unwrap

from ...data import weighted
from ...data.levels import numbers_of, suggest_level
from ...data.table import Table
from ...families.family import Family
from ..priors.named import ref_text
from ..question import GROUPS, SCALES, Groups, Outcomes, Scale, Verb

__all__ = ["LATENT_SCALE", "Choices", "ModelCells", "read_options"]

#: Shares of the rows below the values of ``x=quantiles``.
QUARTILES = (0.25, 0.5, 0.75)
#: Standard deviations of the latent response around its predictor, by link.
LATENT_SCALE: Mapping[str, float] = {
    "logit": pi / sqrt(3.0),
    "probit": 1.0,
    "cloglog": pi / sqrt(6.0),
    "loglog": pi / sqrt(6.0),
}
#: Largest count whose probability may be asked for.
MOST_COUNT = 10_000

_ARTICLE = {"means": "`means`", "contrast": "a contrast", "slope": "a slope"}


@dataclass(frozen=True, slots=True)
class ModelCells:
    """The predictors of a model, and what is known beside them.

    Attributes
    ----------
    factors
        Of the main predictor's population part, with their levels.
    every
        Those of the other formulas and of group effects too.
    numbers
        Numeric predictors of all formulas.
    grouped
        Factors that only group effects have.
    guessed
        Names that a fault may have kept out of the formula; None: any.
    family, link, categories
        Of the response; None where they are not known.
    groups
        Grouping factors by the parameter whose formula has them.
    linear
        Whether the main predictor is a sum.
    heavy
        Grouping factors whose effects are not normal.
    """

    factors: Mapping[str, tuple[str, ...]]
    every: Mapping[str, tuple[str, ...]]
    numbers: frozenset[str]
    grouped: frozenset[str]
    guessed: frozenset[str] | None
    family: Family | None
    link: str | None
    categories: tuple[str, ...] | None
    groups: Mapping[str, tuple[str, ...]]
    linear: bool = True
    heavy: tuple[str, ...] = ()

    def forgives(self, name: str) -> bool:
        """Whether a fault may be why the model has no such predictor."""
        return self.guessed is None or name in self.guessed


@dataclass(frozen=True, slots=True)
class Choices:
    """What the options of a question say.

    ``at`` are the levels, or values as they are spelled, of the predictors that options
    name.
    """

    scale: Scale = "link"
    outcomes: Outcomes | None = None
    groups: Groups = "zero"
    observed: bool = False
    over: bool = False
    at: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


_KNOWN = ("scale", "groups", "weights", "over", "response")


def read_options(
    options: Sequence[Option], verb: Verb, cells: ModelCells, table: Table, sink: Sink
) -> Choices | None:
    """Return what the options of a question say; None after a fault."""
    found, whole = Choices(), True
    groups: Groups | None = None
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
            case "scale":
                scale = _scale(option, verb, cells, sink)
                whole &= scale is not None
                if scale is not None:
                    found = replace(found, scale=scale[0], outcomes=scale[1])
            case "groups":
                chosen = _word(option, GROUPS, sink)
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
        groups = "average" if _by_default(found.scale, cells) else "zero"
    found = replace(found, groups=groups, at=at)
    return found if _exists(found, options, cells, sink) else None


def _by_default(scale: Scale, cells: ModelCells) -> bool:
    """Whether group effects of 0 would say little of the population."""
    return scale not in ("link", "latent") and any(cells.groups.values())


def _exists(
    found: Choices, options: Sequence[Option], cells: ModelCells, sink: Sink
) -> bool:
    """Whether there is an average over new groups, where one is asked for."""
    family = cells.family
    on_link = found.scale in ("link", "latent") and cells.linear
    if found.groups != "average" or on_link or family is None:
        return True
    if cells.heavy:
        sink.add(
            "no-such-scale",
            options[0].span if options else Span(0, 0),
            f"averages over new levels of `{cells.heavy[0]}`, whose effects have a t "
            "distribution, are not computed by this version",
            "`groups=fitted` is the mean over the levels of the data, `groups=zero` "
            "that of a level whose effects are 0",
        )
        return False
    if _partial(cells):
        sink.add(
            "no-such-scale",
            options[0].span if options else Span(0, 0),
            f"averages over new groups do not exist under the {cells.link} link",
            "effects are normal, and the predictor of some groups is where the link "
            f"gives no parameter of {family.name}",
            "`groups=fitted` is the mean over the groups of the data, `groups=zero` "
            "that of a group whose effects are 0",
        )
        return False
    if found.scale != "response":
        return True
    own = cells.groups.get("sigma", ())
    place = next(
        (o.span for o in options if o.name.text in ("groups", "scale")), options[0].span
    )
    if "lognormal" in family.name and own:
        sink.add(
            "no-such-scale",
            place,
            f"the mean of the response over new levels of `{own[0]}` is infinite",
            "`log sigma` is normal over them, and the mean of a lognormal response "
            "grows with `exp(sigma^2 / 2)`",
            "`groups=fitted` is the mean over the levels of the data, `groups=zero` "
            "that of a level whose effects are 0",
        )
        return False
    return True


def _partial(cells: ModelCells) -> bool:
    """Whether new groups may have a predictor that the main link has no use for.

    Links of a share or of a mean above 0 are there for all numbers, but for those whose
    inverse leaves the range of the parameter.
    """
    family, link = cells.family, cells.link
    grouped = family is not None and bool(cells.groups.get(family.predictor))
    if family is None or link is None or not (grouped and cells.linear):
        return False
    if link in ("inverse", "1/mu^2", "log1p", "sqrt"):
        return True
    own = family.links[0]
    return link != own and (
        (own == "logit" and link in ("identity", "log"))
        or (own == "log" and link == "identity")
    )


def _word(option: Option, known: Sequence[str], sink: Sink) -> str | None:
    """Return which of some words an option has."""
    value = unwrap(option.value)
    text = value.text if isinstance(value, Name | String) else ""
    if text in known:
        return text
    name, span = option.name.text, option.value.span
    notes, fix = did_you_mean(text, known, span, f"`{name}` takes")
    message = f"`{name}` cannot be `{expression_text(option.value)}`"
    sink.add("invalid-argument", span, message, *notes, fix=fix)
    return None


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
        value = _number(unwrap(item))
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


def _number(node: Expr) -> float | None:
    match node:
        case Number(value=value):
            return float(value)
        case Unary(operator="-", operand=Number(value=value)):
            return -float(value)
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
                outcomes = _outcomes(value, cells, sink)
                if outcomes is None:
                    return None
    found = next((scale for scale in SCALES if scale == text), None)
    if found is None or (outcomes is None and isinstance(value, Index | Event)):
        notes, fix = did_you_mean(text, SCALES, option.value.span, "`scale` takes")
        message = f"`scale` cannot be `{expression_text(option.value)}`"
        sink.add("invalid-argument", option.value.span, message, *notes, fix=fix)
        return None
    return (found, outcomes) if _has(found, outcomes, option, cells, sink) else None


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
    if scale == "prob" and outcomes is None and kind not in ("ordinal", "binary"):
        message = f"{family.name} has no probabilities of categories"
        note = "`scale=response` is the mean of the response"
        if kind == "count":
            note = (
                "`scale=prob[0]` is the probability of a 0, `prob[>3]` of more than 3"
            )
    elif scale == "odds" and outcomes is None and kind != "binary":
        message = "odds are of a response with two categories, or of an outcome"
        note = "`scale=odds[>50]` says of which outcome"
        if kind not in ("ordinal", "count"):
            note = "`scale=response` is the mean of the response"
    elif scale == "latent" and (
        kind not in ("ordinal", "binary")
        or family.steps is not None
        or (cells.link is not None and cells.link not in LATENT_SCALE)
    ):
        message = f"{family.name} has no latent response"
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


def _outcomes(node: Index | Event, cells: ModelCells, sink: Sink) -> Outcomes | None:
    """Return the outcomes between the brackets of ``prob[...]``; None: a fault."""
    family = cells.family
    operator, text, span = "", "", node.span
    match node:
        case Index(refs=(ref,)):
            text, span = ref_text(ref), ref.span
        case Event(operator=operator, value=value):
            inner = unwrap(value)
            text, span = expression_text(inner), value.span
            if isinstance(inner, String | Name):
                text = inner.text
        case _:
            sink.add(
                "invalid-argument", node.span, "one outcome stands in the brackets"
            )
            return None
    if family is None:
        return Outcomes(f"{operator}{text}", ())
    if operator in ("==", "!="):
        sink.add(
            "invalid-argument",
            node.span,
            f"`{operator}` does not stand in the brackets",
            f"the probability of one value is `{node.target.text}[{text}]`",
        )
        return None
    if family.response in ("ordinal", "binary"):
        if cells.categories is None:
            return Outcomes(f"{operator}{text}", ())
        return _of_categories(operator, text, cells.categories, span, sink)
    if family.response == "count":
        return _of_counts(operator, text, span, sink)
    if text == "0" and not operator and any(d.name == "hu" for d in family.dpars):
        return Outcomes("0", (0,))
    sink.add(
        "no-such-scale",
        node.span,
        f"{family.name} has no probability of `{operator}{text}` here",
        "probabilities are of categories and counts, and of the zeros of hurdle "
        "families; `scale=response` is the mean of the response",
    )
    return None


def _of_categories(
    operator: str,
    text: str,
    categories: tuple[str, ...],
    span: Span,
    sink: Sink,
) -> Outcomes | None:
    numbers = numbers_of(categories)
    value = _float(text)
    ranks: list[int] = []
    if text in categories:
        place: float = categories.index(text)
        order: Sequence[float] = range(len(categories))
    elif numbers is not None and value is not None and operator:
        place, order = value, numbers
    elif numbers is not None and value is not None and value in numbers:
        place, order = value, numbers
    else:
        notes, fix = suggest_level(text, categories, span)
        message = f"the response has no category `{text}`"
        sink.add("unknown-level", span, message, *notes, fix=fix)
        return None
    ranks = [k for k, one in enumerate(order) if _holds(operator, one, place)]
    if not ranks or len(ranks) == len(categories):
        which = "no category is" if not ranks else "all categories are"
        said = f"{which} `{operator} {text}`: the probability is always the same"
        sink.add("invalid-argument", span, said)
        return None
    return Outcomes(f"{operator}{text}", tuple(ranks))


def _holds(operator: str, left: float, right: float) -> bool:
    match operator:
        case ">":
            return left > right
        case ">=":
            return left >= right
        case "<":
            return left < right
        case "<=":
            return left <= right
    return left == right


def _of_counts(operator: str, text: str, span: Span, sink: Sink) -> Outcomes | None:
    value = _float(text)
    if value is None or not 0 <= value <= MOST_COUNT or (value % 1 and not operator):
        sink.add(
            "invalid-argument",
            span,
            f"`{text}` is no count",
            f"counts are whole numbers from 0; here up to {MOST_COUNT:,}",
        )
        return None
    below = range(MOST_COUNT + 2)
    rest = operator in (">", ">=")
    opposite = {">": "<=", ">=": "<"}.get(operator, operator)
    values = tuple(k for k in below[: int(value) + 2] if _holds(opposite, k, value))
    if not values:
        said = f"`{operator} {text}` is true of all counts, or of none"
        sink.add("invalid-argument", span, said)
        return None
    return Outcomes(f"{operator}{text}", values, rest)


def _float(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
