"""Values that the spec gives: ``prior sigma = 1``, ``prior sigma2 = sigma1``."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from varying.compiler.program.expressions import (
    Assemble,
    Const,
    ProgramExpr,
    Symbol,
)
from varying.compiler.program.ir import Program

__all__ = ["with_fixed"]

Array = NDArray[Any]


def with_fixed(
    values: Mapping[str, Array], program: Program, sizes: Mapping[str, int]
) -> dict[str, Array]:
    """Return values of variables, those without one as the spec fixes them.

    Parameters
    ----------
    values
        By name; NaN where a truth gives none.
    program
        What the spec is compiled to.
    sizes
        How long each axis is.
    """
    found = {name: np.array(value) for name, value in values.items()}
    # in their order: a parameter that is another one comes after it
    for node in program.derived:
        value = found.get(node.name)
        if value is None or not np.isnan(value).any():
            continue
        fixed = _fixed(node.expression, found, program, sizes)
        if fixed.size == value.size:
            fixed = fixed.reshape(value.shape)
            found[node.name] = np.where(np.isnan(value), fixed, value)
    return found


def _fixed(
    expression: ProgramExpr,
    values: Mapping[str, Array],
    program: Program,
    sizes: Mapping[str, int],
) -> Array:
    """Return what is known of an expression as a vector; NaN where nothing is."""
    match expression:
        case Const(value=value):
            return np.atleast_1d(np.asarray(value, dtype=float))
        case Symbol(name=name) if name in values:
            return np.ravel(values[name])
        case Symbol(name=name):
            axes = {node.name: node.axes for node in program.parameters}.get(name, ())
            return np.full(math.prod(sizes[axis] for axis in axes), np.nan)
        case Assemble(parts=parts, order=order):
            each = [_fixed(part, values, program, sizes) for part in parts]
            return np.concatenate(each)[list(order)]
    return np.full(1, np.nan)
