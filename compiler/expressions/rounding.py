"""How far off computed values may be: what is left of rounding in a difference.

``0.1 + 0.2 - 0.3`` is 5.6e-17, and no number of its own. How far off it may be does
not show in it, so it is computed beside it: a running error analysis (Higham 2002,
Accuracy and Stability of Numerical Algorithms, section 3.3) to first order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from varying.grammar.tree import Call, Chain, Expr, Name, Number, Paren, Power, Unary
from varying.grammar.walk import column_names, postorder, unwrap

from ..data.spread import UNIT, rounding_of
from ..data.table import Column, Table
from .evaluation import compute, numbers
from .functions import is_stateful, operands
from .stateful import ByGroup, Shifted, State

#: Rows that it is computed for, spread over all: it is an order of magnitude.
_ROWS = 2_000
#: How much a function's value changes with its argument.
_SLOPES: dict[str, Callable[[Any], Any]] = {
    "log": lambda x: 1.0 / np.abs(x),
    "log2": lambda x: 1.0 / np.abs(x),
    "log10": lambda x: 1.0 / np.abs(x),
    "log1p": lambda x: 1.0 / np.abs(1.0 + x),
    "exp": np.exp,
    "sqrt": lambda x: 0.5 / np.sqrt(np.abs(x)),
    "abs": lambda x: 1.0,
    "sin": lambda x: 1.0,
    "cos": lambda x: 1.0,
    "tanh": lambda x: 1.0,
}


def rounding(expression: Expr, table: Table) -> float | None:
    """Return how far off an expression's values may be, in a typical row.

    None where it calls a function of the caller's: nothing is known of that.
    """
    node = unwrap(expression)
    if isinstance(node, Name) and node.text in table.columns:
        return _of_column(table.columns[node.text])
    if any(
        isinstance(node, Call) and node.function.text in table.functions
        for node in postorder(expression)
    ):
        return None
    rows = _some(expression, table)
    values: dict[int, Any] = {}
    errors: dict[int, Any] = {}
    with np.errstate(all="ignore"):
        for node in postorder(expression, operands):
            children = operands(node)
            inside = [values[id(child)] for child in children]
            value = compute(node, inside, rows)
            values[id(node)] = value
            errors[id(node)] = _error(
                node, value, inside, [errors[id(child)] for child in children]
            )
    found = np.asarray(errors[id(expression)], dtype=np.float64)
    found = found[np.isfinite(found)]
    return float(np.median(found)) if found.size else 0.0


def state_rounding(state: State | None, of: float | None) -> float | None:
    """Return how far off the columns of a call are, of values that are off so far."""
    if of is None:
        return None
    match state:
        case Shifted(center, scale):
            return (of + UNIT * abs(center) * (of > 0.0)) / scale
        case ByGroup():
            return of
        case _:
            return None


def _of_column(column: Column) -> float:
    if not column.kind.is_number:
        return 0.0
    if column.rounding is not None:
        return column.rounding
    return rounding_of(column.values[~np.isnan(column.values)])


def _some(expression: Expr, table: Table) -> Table:
    """Return some rows, of the columns that an expression reads."""
    read = {name.text for name in column_names(expression)}
    for names in table.calls.values():
        read.update(names)
    columns = {name: c for name, c in table.columns.items() if name in read}
    kept = replace(table, columns=columns)
    if table.rows <= _ROWS:
        return kept
    return kept.take(np.linspace(0, table.rows - 1, _ROWS).astype(np.int64))


def _error(node: Expr, value: Any, inside: Sequence[Any], errors: Sequence[Any]) -> Any:
    """Return how far off a node's value may be, given what stands inside of it."""
    match node:
        case Name():
            return _off(value)
        case Number():
            return _own(value)
        case Paren():
            return errors[0]
        case Unary(operator="+" | "-"):
            return errors[0]
        case Power():
            base, exponent = numbers(inside[0]), numbers(inside[1])
            slope = np.abs(exponent * np.power(base, exponent - 1.0))
            return _with_own(value, slope * errors[0])
        case Chain(operators=operators) if {*operators} <= {*"+-*/"}:
            return _chain(operators, [numbers(one) for one in inside], errors)
        case Call() if is_stateful(node):
            return _off(value)
        case Call(function=Name(text="I")):
            return errors[0]
        case Call(function=Name(text="ifelse")) if len(errors) == 3:
            return np.maximum(errors[1], errors[2])
        case Call(function=Name(text=name)) if name in _SLOPES and len(errors) == 1:
            return _with_own(value, _SLOPES[name](numbers(inside[0])) * errors[0])
        case Call():
            return _own(value)
        case _:
            return 0.0


def _chain(
    operators: Sequence[str], inside: Sequence[Any], errors: Sequence[Any]
) -> Any:
    value, off = inside[0], errors[0]
    for operator, other, error in zip(operators, inside[1:], errors[1:], strict=True):
        match operator:
            case "+" | "-":
                off = off + error
                value = value + other if operator == "+" else value - other
            case "*":
                off = np.abs(other) * off + np.abs(value) * error
                value = value * other
            case _:
                off = (off + np.abs(value / other) * error) / np.abs(other)
                value = value / other
        off = _with_own(value, off)
    return off


def _with_own(value: Any, off: Any) -> Any:
    """Return an error with that of the last step: none of a whole number."""
    return off + _own(value) if np.any(off) else _own(value)


def _own(value: Any) -> Any:
    """Return how far off a value is that is rounded once."""
    try:
        values = np.asarray(numbers(value), dtype=np.float64)
    except (TypeError, ValueError):
        return 0.0
    exact = rounding_of(values[np.isfinite(values)].ravel()) == 0.0
    return 0.0 if exact else UNIT * np.abs(values)


def _off(value: Any) -> Any:
    """Return how far off the values of a column are."""
    if isinstance(value, Column):
        if not value.kind.is_number:
            return 0.0
        if value.rounding is not None:
            return value.rounding
        return _own(value.values)
    return 0.0
