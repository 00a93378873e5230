"""Functions of the language, and how expressions over columns are computed.

``FUNCTIONS`` says of every function what it is. ``evaluate`` computes an
expression that ``type_of`` has passed; there is no other way to call anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from varying.grammar.diagnostics import Sink, did_you_mean
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

from .expressions import COMPARISONS, LOGICALS, children, postorder
from .levels import spell_number
from .table import Column, Floats, Kind, Table

Role = Literal["elementwise", "learned", "coding", "algebra", "term"]


@dataclass(frozen=True, slots=True)
class Function:
    """One function.

    Attributes
    ----------
    name
        As it is called.
    parameters
        Names of its arguments in order; they may be given by keyword.
    required
        How many of them must be given.
    compute
        Row-wise numpy function of the arguments, for elementwise ones.
    role
        ``elementwise``: row by row, without state. ``learned``: takes numbers
        from the rows of the fit. ``coding``: makes a factor. ``algebra``: has a
        meaning among the terms only. ``term``: a special term.
    constant
        Parameters that must be plain numbers.
    ready
        Whether this version compiles it.
    """

    name: str
    parameters: tuple[str, ...]
    required: int
    role: Role = "elementwise"
    compute: Callable[..., Any] | None = None
    constant: tuple[str, ...] = ()
    ready: bool = True

    @property
    def stateful(self) -> bool:
        """Whether it learns from the rows of the fit."""
        return self.role == "learned"


def _log(x: Any, base: Any = np.e) -> Any:
    # log2 and log10 are exact at powers; a quotient of logarithms is not.
    exact = {2.0: np.log2, 10.0: np.log10, float(np.e): np.log}
    if np.ndim(base) == 0 and float(base) in exact:
        return exact[float(base)](x)
    return np.log(x) / np.log(base)


def _round(x: Any, digits: Any = 0.0) -> Any:
    return np.round(x, int(digits))


def _identity(x: Any) -> Any:
    return x


def _ifelse(test: Any, yes: Any, no: Any) -> Any:
    return np.where(np.isnan(test), np.nan, np.where(test != 0, yes, no))


def _plain(name: str, compute: Callable[..., Any]) -> Function:
    return Function(name, ("x",), 1, compute=compute)


def _later(role: Role, *names: str) -> Iterator[Function]:
    for name in names:
        yield Function(name, ("x",), 1, role=role, ready=False)


_TABLE = (
    Function("log", ("x", "base"), 1, compute=_log),
    _plain("log2", np.log2),
    _plain("log10", np.log10),
    _plain("log1p", np.log1p),
    _plain("exp", np.exp),
    _plain("sqrt", np.sqrt),
    _plain("abs", np.abs),
    Function("round", ("x", "digits"), 1, compute=_round, constant=("digits",)),
    _plain("floor", np.floor),
    _plain("ceil", np.ceil),
    _plain("sin", np.sin),
    _plain("cos", np.cos),
    _plain("tanh", np.tanh),
    _plain("I", _identity),
    Function("ifelse", ("test", "yes", "no"), 3, compute=_ifelse),
    Function("factor", ("x",), 1, role="coding"),
    Function("C", ("x", "contrast", "base"), 1, role="coding"),
    Function("offset", ("x",), 1, role="algebra"),
    *_later("learned", "center", "scale", "standardize", "rank", "poly", "bs", "ns"),
    *_later("learned", "cut", "mean", "within", "between", "lag", "min", "max"),
    *_later("term", "gr", "mm", "mo", "cs", "s", "t2", "gp", "me", "mi"),
)

FUNCTIONS: dict[str, Function] = {function.name: function for function in _TABLE}


def find_function(name: Name, sink: Sink) -> Function | None:
    """Return the function of a name; None after a fault (unknown, or not yet)."""
    function = FUNCTIONS.get(name.text)
    if function is None:
        known = tuple(f.name for f in FUNCTIONS.values() if f.ready)
        notes, fix = did_you_mean(name.text, known, name.span, "functions")
        message = f"there is no function `{name.text}`"
        sink.add("unknown-function", name.span, message, *notes, fix=fix)
    elif not function.ready:
        sink.add(
            "not-yet", name.span, f"`{name.text}()` is not compiled by this version"
        )
        return None
    return function


def bind_arguments(
    node: Call, function: Function, sink: Sink
) -> dict[str, Argument] | None:
    """Return the arguments of a call by parameter; None after a fault."""
    bound: dict[str, Argument] = {}
    faulty = False
    positional = iter(function.parameters)
    for argument in node.arguments:
        if argument.keyword is None:
            name = next((p for p in positional if p not in bound), None)
            if name is None:
                most = len(function.parameters)
                sink.add(
                    "invalid-argument",
                    argument.span,
                    f"`{function.name}()` takes at most {most} "
                    f"argument{'s' if most > 1 else ''}",
                )
                return None
        elif argument.keyword.text in function.parameters:
            name = argument.keyword.text
        else:
            keyword = argument.keyword
            notes, fix = did_you_mean(
                keyword.text, function.parameters, keyword.span, "arguments"
            )
            message = f"`{function.name}()` has no argument `{keyword.text}`"
            sink.add("unknown-argument", keyword.span, message, *notes, fix=fix)
            faulty = True
            continue
        if name in bound:
            message = f"`{function.name}()` has its argument `{name}` twice"
            sink.add("invalid-argument", argument.span, message)
            faulty = True
            continue
        bound[name] = argument
    absent = [p for p in function.parameters[: function.required] if p not in bound]
    if absent and not faulty:
        named = ", ".join(f"`{p}`" for p in absent)
        message = f"`{function.name}()` needs its argument {named}"
        sink.add("invalid-argument", node.span, message)
    return None if faulty or absent else bound


# ---- evaluation --------------------------------------------------------------------

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
        for node in postorder(expression):
            inside = [values[id(child)] for child in children(node)]
            values[id(node)] = _compute(node, inside, table)
    result = _numbers(values[id(expression)])
    return np.array(np.broadcast_to(result, (table.rows,)), dtype=np.float64)


def _numbers(value: _Value) -> Any:
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


def _compute(node: Expr, inside: Sequence[_Value], table: Table) -> _Value:
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
        case Call(function=name, arguments=arguments):
            return _call(FUNCTIONS[name.text], arguments, inside)
        case Power():
            return np.power(_numbers(inside[0]), _numbers(inside[1]), dtype=np.float64)
        case Unary(operator=operator):
            return _UNARY[operator](_numbers(inside[0]))
        case Chain(operators=operators):
            if operators[0] in COMPARISONS:
                return _compare(operators, inside)
            if operators[0] == "%in%":
                matches = [_equal(inside[0], item) for item in inside[1]]
                return _fold(("|",) * (len(matches) - 1), matches) if matches else 0.0
            return _fold(operators, [_numbers(value) for value in inside])
    raise TypeError(f"cannot be computed: {node!r}")


def _call(
    function: Function, arguments: Sequence[Argument], inside: Sequence[_Value]
) -> _Value:
    if function.compute is None:
        raise TypeError(f"cannot be computed: {function.name}")
    if function.name == "I":
        return inside[0]
    named = {
        argument.keyword.text: _numbers(value)
        for argument, value in zip(arguments, inside, strict=True)
        if argument.keyword is not None
    }
    free = (name for name in function.parameters if name not in named)
    for argument, value in zip(arguments, inside, strict=True):
        if argument.keyword is None:
            named[next(free)] = _numbers(value)
    # numpy's own functions take no keyword for what they compute from.
    required = [named.pop(name) for name in function.parameters[: function.required]]
    return function.compute(*required, **named)


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
    x, y = _numbers(left), _numbers(right)
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
