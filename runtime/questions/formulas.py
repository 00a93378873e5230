"""Formulas over parameters, computed for all draws at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from varying.compiler.bind.question import (
    Arithmetic,
    NumberLiteral,
    PosteriorFormula,
    Quantity,
    Reference,
    Use,
)

__all__ = ["evaluate", "evaluate_quantities", "holds", "is_constant"]

Array = NDArray[Any]

_FUNCTIONS: Mapping[str, Callable[[Any], Any]] = {
    "neg": np.negative,
    "sqrt": np.sqrt,
    "exp": np.exp,
    "log": np.log,
    "abs": np.abs,
}
_OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "^": np.float_power,
    "min": np.minimum,
    "max": np.maximum,
}
_COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


def evaluate(
    formula: PosteriorFormula,
    draws: Mapping[Reference, Array],
    values: Mapping[str, Array],
) -> Array:
    """Return a formula's value at each draw; not a number where it is undefined.

    Parameters
    ----------
    formula
        What is to be computed.
    draws
        Of each parameter in it, arrays of one shape.
    values
        Of the quantities in it, by name.
    """
    match formula:
        case NumberLiteral():
            return np.asarray(formula.value, dtype=np.float64)
        case Reference():
            return draws[formula]
        case Use(name):
            return values[name]
        case Arithmetic((operator,), (operand,)):
            with np.errstate(all="ignore"):
                found = _FUNCTIONS[operator](evaluate(operand, draws, values))
            return np.asarray(found)
        case Arithmetic(operators, operands):
            result = evaluate(operands[0], draws, values)
            for operator, operand in zip(operators, operands[1:], strict=True):
                value = evaluate(operand, draws, values)
                with np.errstate(all="ignore"):
                    result = np.asarray(_OPERATORS[operator](result, value))
            return result


def evaluate_quantities(
    quantities: Sequence[Quantity], draws: Mapping[Reference, Array]
) -> dict[str, Array]:
    """Return the values of those quantities whose parameters all have draws."""
    values: dict[str, Array] = {}
    for one in quantities:
        if all(reference in draws for reference in one.references):
            values[one.name] = evaluate(one.formula, draws, values)
    return values


def holds(operands: Sequence[Array], operators: Sequence[str]) -> Array:
    """Return 1 where a chain of comparisons holds, 0 where not, NaN where unknown."""
    result: Any = True
    unknown: Any = np.isnan(operands[0])
    pairs = zip(operators, operands, operands[1:], strict=False)
    for operator, left, right in pairs:
        result = result & _COMPARISONS[operator](left, right)
        unknown = unknown | np.isnan(right)
    return np.where(unknown, np.nan, np.where(result, 1.0, 0.0))


def is_constant(formula: PosteriorFormula) -> bool:
    """Whether a formula has no parameter in it."""
    match formula:
        case NumberLiteral():
            return True
        case Arithmetic(_, operands):
            return all(is_constant(operand) for operand in operands)
        case _:
            return False
