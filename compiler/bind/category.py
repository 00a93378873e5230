"""``cs(x)``: effects that differ between the thresholds of a model of steps."""

from __future__ import annotations

from dataclasses import replace

from varying.grammar.diagnostics import Sink
from varying.grammar.printer import expression_text
from varying.grammar.tree import Call, Chain, Expr, ModelStatement, Number
from varying.grammar.walk import bars_inside, left_of_bar, unwrap

from ..data.schema import Schema
from ..expressions.elsewhere import CATEGORIES
from ..families.family import Family
from ..formula.coding import code
from ..formula.columns import DesignColumn
from ..formula.expansion import Term
from ..formula.terms import expand


def split_category(
    model: ModelStatement, schema: Schema
) -> tuple[ModelStatement, tuple[Call, ...]]:
    """Return a model without its terms ``cs(...)``, and these.

    Only terms of a sum are; elsewhere they are left, and reported as any other.
    """
    terms = model.formula.terms
    operands = terms.operands if isinstance(terms, Chain) else (terms,)
    signs: tuple[str, ...] = ("+",)
    if isinstance(terms, Chain):
        if not set(terms.operators) <= {"+", "-"}:
            return model, ()
        signs = ("+", *terms.operators)
    found: list[Call] = []
    kept: list[tuple[str, Expr]] = []
    for sign, operand in zip(signs, operands, strict=True):
        if sign == "+" and isinstance(operand, Call) and _is_category(operand):
            found.append(operand)
        else:
            kept.append((sign, operand))
    if not found:
        return model, ()
    if not kept or kept[0][0] == "-":
        kept.insert(0, ("+", Number("1", span=terms.span)))
    rest: Expr = kept[0][1]
    if len(kept) > 1:
        operators = tuple(sign for sign, _ in kept[1:])
        rest = Chain(operators, tuple(one for _, one in kept), span=terms.span)
    formula = replace(model.formula, terms=rest)
    return replace(model, formula=formula), tuple(found)


def _is_category(call: Call) -> bool:
    """Whether a call is ``cs()`` of predictors; glmmTMB's is of a group term."""
    values = [one.value for one in call.arguments]
    grouped = any(left_of_bar(v) is not v or any(bars_inside(v)) for v in values)
    return call.function.text == "cs" and not grouped


def bind_category(
    calls: tuple[Call, ...],
    response: Expr,
    terms: tuple[Term, ...],
    family: Family | None,
    schema: Schema,
    sink: Sink,
) -> tuple[DesignColumn, ...]:
    """Return the columns whose effects differ between thresholds."""
    columns: list[DesignColumn] = []
    for call in calls:
        text = expression_text(call)
        if family is not None and family.steps is None:
            sink.add(
                "invalid-term",
                call.span,
                f"`{text}` has an effect for each threshold, and {family.shown} has "
                f"{'one for all' if family.thresholds else 'no thresholds'}",
                CATEGORIES if family.thresholds else "leave `cs()` out",
            )
            continue
        if len(call.arguments) != 1 or call.arguments[0].keyword is not None:
            sink.add(
                "invalid-argument",
                call.span,
                "`cs()` takes one formula: `cs(x)`, `cs(x + z)`",
            )
            continue
        inside = unwrap(call.arguments[0].value)
        expansion = expand(inside, response, schema.names, sink)
        if expansion.groups or expansion.offsets or not expansion.terms:
            sink.add(
                "invalid-term",
                call.span,
                f"`{text}` has no effects of predictors alone",
                "inside of `cs()` stand predictors; groups and offsets stand beside it",
            )
            continue
        known = {term.label for term in terms}
        for term in expansion.terms:
            if term.label in known:
                sink.add(
                    "invalid-term",
                    call.span,
                    f"`{term.label}` has an effect for each threshold in `{text}`, and "
                    "one for all beside it: the two cannot be told apart",
                    f"leave `{term.label}` out beside `cs()`",
                )
        found = code(expansion.terms, True, schema, sink)
        if found.specials:
            sink.add(
                "not-yet",
                call.span,
                "`mo()` inside of `cs()` is not compiled by this version",
                "until then: the levels as a factor, or as a number",
            )
        if found.smooths:
            sink.add(
                "not-yet",
                call.span,
                "`s()` inside of `cs()` is not compiled by this version",
                "until then: a curve whose bends are chosen, `cs(ns(x, df=3))`",
            )
        columns += found.columns
    return tuple(columns)
