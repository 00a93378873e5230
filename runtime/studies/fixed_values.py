"""Values that the spec gives: ``prior sigma = 1``, ``prior sigma2 = sigma1``."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
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

__all__ = ["FixedValues", "with_fixed"]

Array = NDArray[Any]

#: How near a number that is given is to one of the spec if they are the same.
_SAME = 1e-9


@dataclass(frozen=True, slots=True)
class FixedValues:
    """Values of variables, with those that the spec gives.

    Attributes
    ----------
    values
        By name: what was given, and where nothing was, what the spec fixes; else NaN.
    fixed
        What the spec fixes alone, of the variables of which it fixes any.
    """

    values: Mapping[str, Array]
    fixed: Mapping[str, Array]

    def contradicts(self, name: str, places: tuple[int, ...]) -> float | None:
        """Return what the spec fixes one value at, if it is another; else None."""
        if name not in self.fixed:
            return None
        value, own = float(self.values[name][places]), float(self.fixed[name][places])
        same = math.isnan(own) or math.isclose(value, own, rel_tol=_SAME, abs_tol=_SAME)
        return None if same else own


def with_fixed(
    values: Mapping[str, Array], program: Program, sizes: Mapping[str, int]
) -> FixedValues:
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
    own: dict[str, Array] = {}
    # in their order: a parameter that is another one comes after it
    for node in program.derived:
        value = found.get(node.name)
        if value is None:
            continue
        fixed = _fixed(node.expression, found, program, sizes)
        if fixed is None or fixed.size != value.size:
            continue
        if not np.isnan(fixed).all():
            own[node.name] = fixed = fixed.reshape(value.shape)
            found[node.name] = np.where(np.isnan(value), fixed, value)
    return FixedValues(found, own)


def _fixed(
    expression: ProgramExpr,
    values: Mapping[str, Array],
    program: Program,
    sizes: Mapping[str, int],
) -> Array | None:
    """Return what is known of an expression as a vector, NaN where nothing is.

    None of what is computed, of which not even the size is known.
    """
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
            known = [one for one in each if one is not None]
            if len(known) < len(each):
                return None
            return np.asarray(np.concatenate(known)[list(order)])
    return None
