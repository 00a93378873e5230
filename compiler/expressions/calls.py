"""Calls over rows in a spec: where they stand, and when they can be computed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from varying.grammar.printer import expression_text
from varying.grammar.tree import (
    Call,
    Chain,
    Expr,
    Formula,
    LetStatement,
    ListExpr,
    ModelStatement,
    Name,
    PartStatement,
    Power,
    Spec,
    Unary,
    WhereStatement,
)
from varying.grammar.walk import children, column_names, postorder, unwrap

from .functions import FUNCTIONS, is_stateful


def stateful_calls(
    expression: Expr, inside: Callable[[Expr], tuple[Expr, ...]] = children
) -> list[Call]:
    """Return the calls that are computed over rows, inner ones first.

    ``inside`` says where they are looked for.
    """
    found: dict[str, Call] = {}
    for node in postorder(expression, inside):
        if isinstance(node, Call) and is_stateful(node):
            found.setdefault(expression_text(node), node)
    return list(found.values())


def is_plain(expression: Expr) -> bool:
    """Whether an expression is one number: without columns and functions of others."""
    return not any(
        isinstance(node, Call)
        and (node.function.text not in FUNCTIONS or is_stateful(node))
        for node in postorder(expression)
    ) and not column_names(expression)


def below_calls(node: Expr) -> tuple[Expr, ...]:
    """Return what a node is made of; a call over rows is one thing."""
    return () if is_stateful(node) else children(node)


def not_guarded(node: Expr) -> tuple[Expr, ...]:
    """Return what a node has no value without: `ifelse` may do without a part."""
    guards = isinstance(node, Call) and node.function.text == "ifelse"
    return () if guards else children(node)


def is_early(call: Call) -> bool:
    """Whether a call needs no more than the rows as they were read."""
    function = FUNCTIONS[call.function.text]
    if function.role == "rows":
        return True
    if call.function.text != "cut":
        return False
    named = [a for a in call.arguments if a.keyword and a.keyword.text == "breaks"]
    free = [a for a in call.arguments if a.keyword is None]
    breaks = [*named, *free[1:2]]
    given = bool(breaks) and isinstance(unwrap(breaks[0].value), ListExpr)
    return given and all(map(is_early, stateful_calls(call)[:-1]))


def formulas(model: ModelStatement) -> Iterator[Formula]:
    """Yield the formulas of a model, those of its parameters among them."""
    yield model.formula
    yield from (p.formula for p in model.body if isinstance(p, PartStatement))


def formula_expressions(spec: Spec) -> Iterator[Expr]:
    """Yield what formulas calculate with."""
    for model in spec.models:
        for formula in formulas(model):
            yield formula.response
            yield formula.terms


_ALGEBRA = ("+", "-", "*", "/", ":", "%in%", "|", "||")


def condition_terms(terms: Expr) -> Iterator[Expr]:
    """Yield the terms that may be conditions: ``x > 0``, ``!late``, ``I(x > 0)``."""
    stack = [terms]
    while stack:
        node = unwrap(stack.pop())
        match node:
            case Chain(operators=operators, operands=operands) if (
                operators[0] in _ALGEBRA
            ):
                stack.extend(reversed(operands))
            case Power(base=base):
                stack.append(base)
            case Unary(operator="+" | "-", operand=operand):
                stack.append(operand)
            case Chain() | Unary() | Call(function=Name(text="I")):
                yield node


def reads_order(spec: Spec) -> bool:
    """Whether a spec has calls for which the order of the rows matters."""
    expressions = list(formula_expressions(spec))
    for statement in spec.statements:
        match statement:
            case LetStatement(expression=read) | WhereStatement(condition=read):
                expressions.append(read)
    return any(
        FUNCTIONS[call.function.text].role == "rows"
        for expression in expressions
        for call in stateful_calls(expression)
    )
