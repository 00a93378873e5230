"""The response among the predictors, where it comes in by way of a ``let``."""

from __future__ import annotations

from varying.grammar.diagnostics import Sink
from varying.grammar.printer import expression_text
from varying.grammar.tree import Call, Expr, Name
from varying.grammar.walk import column_names, left_of_bar, now, postorder, unwrap

from ..data.schema import Schema
from .expansion import Expansion


def own_columns(response: Expr | None) -> tuple[set[str], str | None]:
    """Return the columns of a response and its spelling, additions left out."""
    if response is None:
        return set(), None
    response = left_of_bar(response)
    own = column_names(response)
    node = unwrap(response)
    if isinstance(node, Call) and node.function.text in ("cbind", "bind"):
        # of `cbind(y, n - y)` the totals may well be a predictor
        values = [unwrap(argument.value) for argument in node.arguments]
        plain = [value for value in values if isinstance(value, Name)]
        own = [*column_names(values[0]), *plain] if values else own
    return {name.text for name in own}, expression_text(response)


def is_change(response: Expr | None) -> bool:
    """Whether a response is calculated from several columns: ``post - pre``.

    One of them may then be a predictor, as a baseline is.
    """
    if response is None:
        return False
    node = unwrap(left_of_bar(response))
    if isinstance(node, Call) and node.function.text in ("cbind", "bind"):
        return False
    return len({name.text for name in column_names(node)}) > 1


def check_leaks(
    expansion: Expansion, response: Expr, schema: Schema, sink: Sink
) -> None:
    """Report predictors that are computed from all that the response is made of.

    ``let z = scale(y)`` and ``y ~ z``, or ``z ~ y``. A change has its baseline as a
    predictor: ``let d = y - base`` and ``d ~ base`` are left alone.
    """
    if not schema.made_of:
        return
    direct, _ = own_columns(response)
    behind = _in_the_end(left_of_bar(response), schema)
    if not behind:
        return
    for variable in (v for term in expansion.terms for v in term.variables):
        names = _names(variable.expression)
        if names & direct:
            continue  # reported where the formula is expanded
        if behind <= _in_the_end(variable.expression, schema):
            listed = " and ".join(f"`{name}`" for name in sorted(behind))
            sink.add(
                "response-as-predictor",
                variable.expression.span,
                f"`{variable.label}` and the response are both made of {listed}",
                "the response cannot be a predictor of itself; `lag()` of it can",
            )


def _names(expression: Expr) -> set[str]:
    nodes = postorder(expression, now)
    return {node.text for node in nodes if isinstance(node, Name)}


def _in_the_end(expression: Expr, schema: Schema) -> frozenset[str]:
    """Return the columns of the data that an expression reads in its own row."""
    made_of = schema.made_of
    found: set[str] = set()
    for name in _names(expression) - schema.faulty:
        found |= made_of.get(name, frozenset({name}))
    return frozenset(found) & schema.columns.keys()
