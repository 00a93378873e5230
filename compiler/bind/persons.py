"""``threshold ~ (1 | subj)``: thresholds that differ from person to person.

The middle of a person's thresholds is that of all: moving all of them down is the same
as moving the person's predictor up, which is ``(1 | subj)`` in the formula. What varies
is how far apart they are, each distance by a factor of its own, so that they stay in
order.
"""

from __future__ import annotations

from dataclasses import replace

from varying.grammar.diagnostics import Sink
from varying.grammar.printer import expression_text
from varying.grammar.tree import Expr, ModelStatement, Name, PartStatement
from varying.grammar.walk import plain_number, unwrap

from ..data.codes import group_levels
from ..distributions.table import POSITIVE
from ..families import FAMILIES
from ..families.family import Family
from ..formula.terms import expand
from ..prepare.rows import Prepared
from .bound import BoundModel, Items, Response
from .groupings import check_levels
from .priors.scalars import Scalar, ScalarParameters
from .question import CellQuestion

_WRITTEN = "it is written `threshold ~ (1 | subj)`"
_THRESHOLD = "threshold"


def split_persons(
    model: ModelStatement, prepared: Prepared
) -> tuple[ModelStatement, PartStatement | None]:
    """Return a model without the formula of its thresholds, and that formula."""
    for part in model.body:
        if (
            isinstance(part, PartStatement)
            and prepared.schema.columns.get(_THRESHOLD) is None
        ):
            left = unwrap(part.formula.response)
            if isinstance(left, Name) and left.text.rpartition(".")[2] == _THRESHOLD:
                rest = tuple(one for one in model.body if one is not part)
                return replace(model, body=rest), part
    return model, None


def with_persons(
    response: Response | None,
    left: Expr,
    part: PartStatement | None,
    family: Family | None,
    prepared: Prepared,
    sink: Sink,
) -> Response | None:
    """Return the response with those whose thresholds differ; None after a fault.

    ``left`` is what is written left of the formula of the response.
    """
    if part is None or family is None:
        return response
    formula = part.formula
    if not family.thresholds:
        ordinal = [n for n, one in FAMILIES.items() if one.thresholds]
        sink.add(
            "unknown-parameter",
            formula.response.span,
            f"{family.shown} has no parameter `{_THRESHOLD}`",
            f"{', '.join(ordinal)} have thresholds",
        )
        return None
    if family.steps is not None:
        sink.add(
            "invalid-term",
            formula.response.span,
            f"the thresholds of {family.shown} are in no order: what people differ in "
            "at each of them is an effect of theirs on it",
            "it is written `(cs(1) | subj)` in the formula of the predictor",
        )
        return None
    for option in formula.options:
        sink.add(
            "unknown-option",
            option.name.span,
            f"`{option.name.text}` is no option of the formula of thresholds",
        )
    column = _column(part, left, prepared, sink)
    if column is None or response is None:
        return None
    if response.items is not None:
        sink.add(
            "not-yet",
            formula.response.span,
            "thresholds of items that vary from person to person are not compiled by "
            "this version",
            "until then: `thres(gr=...)`, or a formula of the thresholds",
        )
        return None
    cuts = len(response.categories) - 1 - family.apart
    if cuts < 2:
        sink.add(
            "invalid-term",
            formula.terms.span,
            "there is one threshold, and no distance between thresholds that could "
            "vary",
            f"where persons differ on the whole, it is `(1 | {column.text})` in the "
            "formula",
        )
        return None
    levels: tuple[str, ...] = ("",)
    if column.text in prepared.table.columns and prepared.table.rows:
        levels = group_levels((column.text,), prepared.table)
        check_levels(column.text, levels, formula.terms.span, sink)
    items = Items(
        column.text, levels, (cuts,) * len(levels), varied=True, span=formula.terms.span
    )
    return replace(response, items=items)


def _column(
    part: PartStatement, left: Expr, prepared: Prepared, sink: Sink
) -> Name | None:
    formula, schema = part.formula, prepared.schema
    before = len(sink.diagnostics)
    expansion = expand(formula.terms, left, schema.names, sink)
    if len(sink.diagnostics) > before:
        return None
    plain = not (expansion.terms or expansion.offsets) and len(expansion.groups) == 1
    if not plain:
        sink.add(
            "not-yet",
            formula.terms.span,
            f"`{expression_text(formula.terms)}` of thresholds is not compiled by this "
            "version",
            f"{_WRITTEN}: one grouping factor, whose levels have thresholds of their "
            "own",
        )
        return None
    (bar,) = expansion.groups
    group = unwrap(bar.group)
    if plain_number(bar.lhs) != 1.0 or not isinstance(group, Name) or bar.id:
        sink.add(
            "not-yet",
            bar.span,
            "this group term of thresholds is not compiled by this version",
            f"{_WRITTEN}, with a column",
        )
        return None
    if group.text not in schema.columns:
        sink.add(
            "unknown-column",
            group.span,
            f"the data have no column `{group.text}`",
            _WRITTEN + ", with a column of the data",
        )
        return None
    return group


def with_person_targets(
    targets: ScalarParameters, response: Response | None, of: str
) -> ScalarParameters:
    """Return the targets of a response with the spread of its thresholds."""
    items = None if response is None else response.people
    if items is None:
        return targets
    name = f"{of}.{_THRESHOLD}.sd" if of else f"{_THRESHOLD}.sd"
    scalar = Scalar(f"{name}[{items.column}]", name, POSITIVE, items.column)
    groups = tuple(dict.fromkeys((*targets.groups, items.column)))
    return replace(targets, scalars=(*targets.scalars, scalar), groups=groups)


def check_persons(
    bound: BoundModel, cells: tuple[CellQuestion, ...], several: bool, sink: Sink
) -> None:
    """Report what is not compiled beside thresholds that vary from person to person."""
    items = bound.response.people
    if items is None:
        return
    for one in cells:
        if several and one.response != bound.response.name:
            continue
        if one.scale not in ("link", "latent") and one.groups == "fitted":
            sink.add(
                "not-yet",
                one.span,
                "means over the people of the data, whose thresholds differ, are not "
                "compiled by this version",
                "`groups=average` is about new people of the population; `predict` has "
                "the probabilities of the rows of the data",
            )
