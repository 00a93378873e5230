"""Expressions of programs: what is computed from slots, parameters and predictors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..distributions.density.links import LINKING
from ..expressions.elementwise import ELEMENTWISE


@dataclass(frozen=True, slots=True)
class Const:
    """A number or a vector of numbers."""

    value: float | tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Symbol:
    """A slot, parameter, derived quantity or predictor, by name."""

    name: str


@dataclass(frozen=True, slots=True)
class Apply:
    """An operation of ``OPERATIONS`` on expressions."""

    operation: str
    arguments: tuple[ProgramExpr, ...]


@dataclass(frozen=True, slots=True)
class Assemble:
    """Vectors put end to end and then taken in ``order``.

    How a vector parameter whose elements have different kinds of prior is made
    from its parts; an argument may be a scalar (one element).
    """

    parts: tuple[ProgramExpr, ...]
    order: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Take:
    """The elements of a vector that an index slot points to.

    The only way from one axis to another: from levels, or values of an ordered
    variable, to rows.
    """

    vector: ProgramExpr
    index: str


ProgramExpr = Const | Symbol | Apply | Assemble | Take


#: The number of arguments of an operation that takes one or more.
ANY = -1
#: Every operation an expression may name, with its number of arguments.
#:
#: ``dot``: inner product of two vectors. ``matvec``: a matrix, which is a slot, times a
#: vector. ``exp``, ``neg``, ``+``, ``-``, ``*``:
#: elementwise; ``inv_square``: one over the square. ``diff``: differences of
#: neighbours. ``spread``: thresholds from their middle and the logs of their gaps
#: (see ``thresholds``).
#: ``spread_levels``: the same of each level, whose gaps stand side by side, around one
#: middle; the last is the number of thresholds.
#: ``logit_cumulative``: logit of the cumulative sums of a simplex but the last.
#: ``logit_gaps``: differences of those, computed without cancellation.
#: ``monotonic``: of a simplex of D steps, 0 and D times its cumulative sums.
#: ``element``: one number of a vector, by its place from 0, a constant.
#: ``by_threshold``: a matrix, which is a slot, times a vector with a number for each
#: of its columns and each threshold, that of a column side by side.
#: ``beside``: predictors, one for each threshold, as the columns of a matrix.
#: The rest, elementwise: ``compiler.expressions.elementwise`` and, for links,
#: ``compiler.distributions.density.links``.
OPERATIONS: Mapping[str, int] = {
    "+": 2,
    "-": 2,
    "*": 2,
    "neg": 1,
    "exp": 1,
    "inv_square": 1,
    "dot": 2,
    "matvec": 2,
    "diff": 1,
    "spread": 2,
    "spread_levels": 3,
    "logit_cumulative": 1,
    "logit_gaps": 1,
    "monotonic": 1,
    "element": 2,
    "by_threshold": 2,
    "beside": ANY,
    **{name: one.arguments for name, one in ELEMENTWISE.items()},
    **dict.fromkeys(LINKING, 1),
}

#: How closely operators bind what stands beside them when they are written out; calls
#: bind most closely, and so does a number, unless it is negative.
_BINDING: Mapping[str, int] = {"+": 1, "-": 1, "*": 2, "/": 2, "neg": 3, "^": 4}
_BINDING = {**_BINDING, "dot": 2, "matvec": 2}
_WHOLE = 9


def needs_parentheses(operation: str, place: int, operand: ProgramExpr) -> bool:
    """Whether an operand of an operator is to be written in parentheses.

    The order is that of Python and of mathematics; operators of one kind are taken
    from the left.

    >>> a, b = Symbol("a"), Symbol("b")
    >>> needs_parentheses("*", 1, Apply("+", (a, b)))
    True
    >>> needs_parentheses("-", 0, Apply("-", (a, b)))
    False
    """
    binding, own = _BINDING[operation], _WHOLE
    match operand:
        case Apply(inside, _):
            own = _BINDING.get(inside, _WHOLE)
        case Const(float(value)) if value < 0.0:
            own = _BINDING["neg"]
    if operation == "^":
        return own <= binding if place == 0 else own < _BINDING["neg"]
    return own < binding or (place == 1 and own == binding)


def plus(left: ProgramExpr, right: ProgramExpr) -> ProgramExpr:
    """Return ``left + right``; a term and its negation cancel.

    >>> m, d = Const(1.0), Apply("dot", (Symbol("X_mean"), Symbol("b")))
    >>> plus(minus(m, d), d) == m
    True
    """
    if left == Apply("neg", (right,)) or right == Apply("neg", (left,)):
        return Const(0.0)
    if isinstance(left, Apply) and left.operation == "-" and left.arguments[1] == right:
        return left.arguments[0]
    if isinstance(right, Apply) and right.operation == "+":
        return plus(plus(left, right.arguments[0]), right.arguments[1])
    return Apply("+", (left, right))


def minus(left: ProgramExpr, right: ProgramExpr) -> ProgramExpr:
    """Return ``left - right``; equal terms cancel."""
    if left == right:
        return Const(0.0)
    if isinstance(left, Apply) and left.operation == "+" and left.arguments[1] == right:
        return left.arguments[0]
    if isinstance(right, Apply) and right.operation == "+":
        return minus(minus(left, right.arguments[0]), right.arguments[1])
    return Apply("-", (left, right))


def renamed(expr: ProgramExpr, names: Mapping[str, str]) -> ProgramExpr:
    """Return an expression with other names for some that it refers to."""
    match expr:
        case Symbol(name):
            return Symbol(names.get(name, name))
        case Apply(operation, arguments):
            return Apply(operation, tuple(renamed(a, names) for a in arguments))
        case Assemble(parts, order):
            return Assemble(tuple(renamed(p, names) for p in parts), order)
        case Take(vector, index):
            return Take(renamed(vector, names), names.get(index, index))
        case Const():
            return expr


def names_in(expr: ProgramExpr) -> Iterator[str]:
    """Yield the names that an expression refers to."""
    match expr:
        case Symbol(name):
            yield name
        case Apply(_, arguments):
            for argument in arguments:
                yield from names_in(argument)
        case Assemble(parts, _):
            for part in parts:
                yield from names_in(part)
        case Take(vector, index):
            yield from names_in(vector)
            yield index
        case Const():
            pass
