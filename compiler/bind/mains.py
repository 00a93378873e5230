"""Families with several main predictors, such as ``categorical``.

The formula of the model is that of each predictor that has no formula of its own, and
names of their quantities begin with the parameter: ``mub_Intercept``, ``muc_b``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from varying.grammar.diagnostics import Sink, did_you_mean
from varying.grammar.printer import expression_text
from varying.grammar.tree import (
    Expr,
    Index,
    KeepStatement,
    ModelStatement,
    Name,
    Option,
    PartStatement,
    PriorStatement,
)
from varying.grammar.walk import level_text, plain_number, unwrap

from ..families.family import Family
from ..families.link import LINKS
from ..families.nominal.categorical import MU, reference_name
from .bound import BoundPredictor, Response
from .priors.named import ref_text
from .priors.scalars import ScalarParameters
from .priors.unknown import IS_REFERENCE, OTHER_REFERENCE

__all__ = [
    "by_category",
    "of_response",
    "with_mains",
    "with_reference",
    "with_reference_target",
]


def with_reference(
    response: Response | None,
    family: Family | None,
    options: Mapping[str, Option],
    sink: Sink,
) -> Response | None:
    """Return a response whose reference, the first category, is the one named."""
    option = options.get("refcat")
    if option is None or family is None:
        return response
    if not family.has_categories:
        sink.add(
            "unknown-option",
            option.name.span,
            f"`refcat` names the reference of unordered categories, and {family.shown} "
            "has none",
            "write `family=categorical`, or leave it out",
        )
        return response
    if response is None:
        return None
    value = unwrap(option.value)
    text = level_text(value) or expression_text(value)
    if text not in response.categories:
        notes, fix = did_you_mean(
            text, response.categories, option.value.span, "the categories are"
        )
        sink.add(
            "unknown-level",
            option.value.span,
            f"the response `{response.name}` has no category `{text}`",
            *notes,
            fix=fix,
        )
        return response
    place = response.categories.index(text)

    def first[Any](several: tuple[Any, ...]) -> tuple[Any, ...]:
        return (*several[place : place + 1], *several[:place], *several[place + 1 :])

    return replace(
        response,
        categories=first(response.categories),
        parts=first(response.parts),
    )


def of_response(family: Family | None, response: Response | None) -> Family | None:
    """Return the family of a response, of one whose parameters depend on it."""
    if family is None or family.by_response is None or response is None:
        return family
    if len(response.categories) < 2:
        return family
    return family.by_response(response.categories)


def by_category(
    model: ModelStatement,
    family: Family | None,
    response: Response | None,
    sink: Sink,
) -> tuple[ModelStatement, bool]:
    """Return a model whose formulas name predictors: ``mub`` of ``mu[b] ~ x``.

    And whether it has all of them: one that names none is left out.
    """
    if family is None or not family.mains or response is None:
        return model, True
    if not family.has_categories:
        return model, True
    names = dict(
        zip(response.categories[1:], (one.name for one in family.mains), strict=False)
    )
    body: list[PartStatement | PriorStatement | KeepStatement] = []
    for part in model.body:
        body.append(part)
        if not isinstance(part, PartStatement):
            continue
        node = unwrap(part.formula.response)
        written = node.text if isinstance(node, Name) else ""
        if written.removeprefix(f"{response.name}.") in references_of(family, response):
            _reference(node, response.categories[0], sink)
            body.pop()
            continue
        if not isinstance(node, Index) or node.target.text != "mu":
            continue
        body.pop()
        text = ref_text(node.refs[0]) if len(node.refs) == 1 else ""
        if text in names:
            name = Name(names[text], span=node.span)
            formula = replace(part.formula, response=name)
            body.append(replace(part, formula=formula))
        elif text == response.categories[0]:
            _reference(node, text, sink)
        else:
            notes, fix = did_you_mean(text, tuple(names), node.refs[0].span)
            sink.add(
                "unknown-level",
                node.refs[0].span,
                f"the response `{response.name}` has no category `{text}`",
                *notes,
                fix=fix,
            )
    return replace(model, body=tuple(body)), len(body) == len(model.body)


def references_of(family: Family | None, response: Response | None) -> tuple[str, ...]:
    """Return what parameters of the reference would be called: it has none."""
    if family is None or response is None or not family.mains:
        return ()
    if not family.has_categories or not response.categories:
        return ()
    name = reference_name(response.categories)
    if any(one.name == name for one in family.mains):
        return ()
    return (name, *(each + name.removeprefix(MU) for each in family.of_each))


def with_reference_target(
    targets: ScalarParameters, family: Family | None, response: Response | None, of: str
) -> ScalarParameters:
    """Return targets that know which category has none."""
    names = references_of(family, response)
    if not names or response is None:
        return targets
    whole = [f"{of}.{name}" if of else name for name in names]
    return replace(targets, references=dict.fromkeys(whole, response.categories[0]))


def _reference(node: Expr, text: str, sink: Sink) -> None:
    sink.add("unknown-parameter", node.span, IS_REFERENCE.format(text), OTHER_REFERENCE)


def with_mains(
    family: Family,
    first: BoundPredictor,
    parts: Sequence[BoundPredictor],
    whole: bool,
    sink: Sink,
) -> tuple[BoundPredictor, tuple[BoundPredictor, ...]]:
    """Return the first main predictor, and all others in the order of the family.

    Parameters
    ----------
    family
        One with several main predictors.
    first
        The predictor that the formula of the model makes.
    parts
        Those that have formulas of their own.
    whole
        Whether these are all: there has been no fault.
    sink
        Takes the faults.
    """
    own = {part.dpar: part for part in parts}
    names = [one.name for one in family.mains]
    if whole and plain_number(first.terms) is None and set(names) <= own.keys():
        sink.add(
            "invalid-term",
            first.terms.span,
            f"every predictor has a formula of its own: "
            f"`{expression_text(first.terms)}` is that of none",
            "write `1`, or leave one of the lines out",
        )
    mains = [_main(first, name, own.get(name), family) for name in names]
    rest = [part for part in parts if part.dpar not in names]
    return mains[0], (*mains[1:], *rest)


def _main(
    first: BoundPredictor, name: str, own: BoundPredictor | None, family: Family
) -> BoundPredictor:
    """Return a main predictor: its own, or a copy of the first."""
    if own is not None:
        return replace(own, main=True, named=True)
    groupings = tuple(
        replace(
            grouping, terms=tuple(replace(term, dpar=name) for term in grouping.terms)
        )
        for grouping in first.groupings
    )
    link = next(one.link for one in family.mains if one.name == name)
    return replace(
        first,
        dpar=name,
        link=LINKS[link],
        population=replace(first.population, dpar=name),
        groupings=groupings,
        named=True,
    )
