"""Computing expressions over the rows of a table.

``evaluate`` computes an expression that ``type_of`` has passed; there is no other way
to call anything. A call whose value depends on other rows than its own (``center(x)``,
``lag(x)``) was computed by ``derive`` into columns of the table, where ``evaluate``
finds it by its text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import Any

import numpy as np

from varying.grammar.printer import expression_text
from varying.grammar.source import Span
from varying.grammar.spelling import spell_number
from varying.grammar.tree import (
    Argument,
    Call,
    Chain,
    Expr,
    ListExpr,
    Name,
    Number,
    Paren,
    Power,
    String,
    Unary,
)
from varying.grammar.walk import COMPARISONS, LOGICALS, postorder

from ..data.own_function import OwnFunction
from ..data.table import Column, Floats, Kind, Table
from .functions import FUNCTIONS, Function, is_stateful, operands

# What a node yields on the way: numbers, a column of levels, a text, a list.
_Value = Any


def evaluate(expression: Expr, table: Table) -> Floats:
    """Return an expression's value in every row, NaN where it is missing.

    Logical values are 1 and 0, and follow R: ``FALSE & NA`` is ``FALSE``. The
    expression must have passed ``type_of``; a fault here is a mistake of the
    program and raises ``TypeError``.
    """
    values: dict[int, _Value] = {}
    with np.errstate(all="ignore"):
        for node in postorder(expression, operands):
            inside = [values[id(child)] for child in operands(node)]
            values[id(node)] = compute(node, inside, table)
    result = numbers(values[id(expression)])
    return np.array(np.broadcast_to(result, (table.rows,)), dtype=np.float64)


def numbers(value: _Value) -> Any:
    """Return what can be calculated with: levels that are numbers as such."""
    if isinstance(value, Column):
        if value.kind.is_number:
            return value.values
        if value.kind is Kind.LOGICAL:
            return np.where(value.missing, np.nan, value.values)
        if value.kind is Kind.ORDERED and value.numbers is not None:
            # The last place serves the code -1 of a missing value.
            return np.array([*value.numbers, np.nan])[value.values]
    if isinstance(value, Column | str | list):
        raise TypeError(f"not a number: {value!r}")
    return value


def compute(node: Expr, inside: Sequence[_Value], table: Table) -> _Value:
    """Return the value of one node, given those of what stands inside of it."""
    match node:
        case Name(text=text):
            column = table.columns.get(text)
            return LOGICALS[text] if column is None else column
        case Number():
            return node.value
        case String(text=text):
            return text
        case ListExpr():
            return list(inside)
        case Paren():
            return inside[0]
        case Call() if is_stateful(node):
            (made,) = table.calls[expression_text(node)]
            return table.columns[made]
        case Call(function=name, arguments=arguments):
            own = table.functions.get(name.text)
            if own is not None:
                return _own(node, own, inside, table.rows)
            return _call(FUNCTIONS[name.text], arguments, inside)
        case Power():
            return np.power(numbers(inside[0]), numbers(inside[1]), dtype=np.float64)
        case Unary(operator=operator):
            return _UNARY[operator](numbers(inside[0]))
        case Chain(operators=operators):
            if operators[0] in COMPARISONS:
                return _compare(operators, inside)
            if operators[0] == "%in%":
                matches = [_equal(inside[0], item) for item in inside[1]]
                return _fold(("|",) * (len(matches) - 1), matches) if matches else 0.0
            return _fold(operators, [numbers(value) for value in inside])
    raise TypeError(f"cannot be computed: {node!r}")


def _call(
    function: Function, arguments: Sequence[Argument], inside: Sequence[_Value]
) -> _Value:
    if function.compute is None:
        raise TypeError(f"cannot be computed: {function.name}")
    if function.name == "I":
        return inside[0]
    named = _by_parameter(function, arguments, inside)
    # numpy's own functions take no keyword for what they compute from.
    required = [named.pop(name) for name in function.parameters[: function.required]]
    return function.compute(*required, **named)


def _by_parameter(
    function: Function | OwnFunction,
    arguments: Sequence[Argument],
    inside: Sequence[_Value],
) -> dict[str, Any]:
    """Return the numbers that a call is given, by the function's parameters."""
    named = {
        argument.keyword.text: numbers(value)
        for argument, value in zip(arguments, inside, strict=True)
        if argument.keyword is not None
    }
    free = (name for name in function.parameters if name not in named)
    for argument, value in zip(arguments, inside, strict=True):
        if argument.keyword is None:
            named[next(free)] = numbers(value)
    return named


class FunctionFault(Exception):
    """A function of the caller's failed, or gave what cannot be a column."""

    def __init__(self, span: Span, message: str, *notes: str) -> None:
        super().__init__(message)
        self.span, self.message, self.notes = span, message, notes


def _own(node: Call, function: OwnFunction, values: Sequence[_Value], rows: int) -> Any:
    """Call a function of the caller's on one array a column."""
    columns = {
        name: np.broadcast_to(value, (rows,)).copy()
        for name, value in _by_parameter(function, node.arguments, values).items()
    }
    # by their places up to the first that is left out
    first = [
        columns.pop(n) for n in takewhile(columns.__contains__, function.parameters)
    ]
    called = f"`{function.name}()`"
    try:
        found = np.asarray(function.compute(*first, **columns))
        if found.dtype.kind == "O":  # numbers of Python, or what is none
            found = np.asarray([float(v) for v in found.ravel()]).reshape(found.shape)
        if found.dtype.kind not in "biuf":
            raise TypeError(f"it gave {found.dtype}, and no numbers")
        found = found.astype(np.float64)
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
        message = f"{called} failed"
        raise FunctionFault(node.span, message, said) from error
    if found.shape not in ((), (rows,)):
        message = f"{called} gave {found.shape}, not one number for each of {rows} rows"
        raise FunctionFault(node.span, message)
    return found


def _not(x: Any) -> Any:
    return np.where(np.isnan(x), np.nan, x == 0)


def _and(x: Any, y: Any) -> Any:
    unknown = np.isnan(x) | np.isnan(y)
    return np.where((x == 0) | (y == 0), 0.0, np.where(unknown, np.nan, 1.0))


def _or(x: Any, y: Any) -> Any:
    return _not(_and(_not(x), _not(y)))


_UNARY: dict[str, Callable[[Any], Any]] = {
    "-": np.negative,
    "+": np.positive,
    "!": _not,
}
_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "&": _and,
    "&&": _and,
    "|": _or,
    "||": _or,
}
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "==": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


def _fold(operators: Sequence[str], values: Sequence[Any]) -> Any:
    result = values[0]
    for operator, value in zip(operators, values[1:], strict=True):
        result = _BINARY[operator](result, value)
    return result


def _compare(operators: Sequence[str], values: Sequence[_Value]) -> Any:
    """Return ``a < b < c`` as ``a < b & b < c``."""
    pairs = [
        _compare_pair(operator, left, right)
        for operator, left, right in zip(operators, values, values[1:], strict=False)
    ]
    return _fold(("&",) * (len(pairs) - 1), pairs)


def _compare_pair(operator: str, left: _Value, right: _Value) -> Any:
    left, right = _as_codes(left, right)
    x, y = numbers(left), numbers(right)
    unknown = np.isnan(x) | np.isnan(y)
    return np.where(unknown, np.nan, _COMPARE[operator](x, y))


def _equal(left: _Value, right: _Value) -> Any:
    return _compare_pair("==", left, right)


def _as_codes(left: _Value, right: _Value) -> tuple[_Value, _Value]:
    """Return a column of levels and a literal as places among the levels."""
    if isinstance(right, Column) and not isinstance(left, Column):
        right, left = _as_codes(right, left)
        return left, right
    if not isinstance(left, Column) or isinstance(right, Column):
        return left, right
    if np.ndim(right) > 0:
        return left, right
    by_value = left.kind.is_number or left.kind is Kind.LOGICAL
    by_value = by_value or (left.kind is Kind.ORDERED and left.numbers is not None)
    if by_value and not isinstance(right, str):
        return left, right
    level = right if isinstance(right, str) else spell_number(float(right))
    codes = np.where(left.missing, np.nan, left.values)
    # A level that these rows' column does not know equals none of them.
    place = left.levels.index(level) if level in left.levels else -1
    return codes, float(place)
