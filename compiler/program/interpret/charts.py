"""From unconstrained coordinates to parameters, with the log Jacobian.

The formulas are those of the program's charts; a NumPy complex array goes
through, so that the derivative is available by complex step.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...distributions.numerics import log_logistic
from ..ir import Frame, Parameter, Program

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Coordinate:
    """What is sampled under one name: its shape on the unconstrained space."""

    name: str
    shape: tuple[int, ...]


def coordinates(program: Program, frame: Frame) -> tuple[Coordinate, ...]:
    """Return the unconstrained coordinates of a program, in its order."""
    found = []
    for parameter in program.parameters:
        shape = tuple(frame.lengths[axis] for axis in parameter.axes)
        if parameter.chart == "simplex":
            shape = (shape[0] - 1,)
        found.append(Coordinate(parameter.name, shape))
    for group in program.groups:
        if group.form == "marginal":
            continue
        shape = (frame.lengths[group.levels], frame.lengths[group.coefs])
        found.append(Coordinate(group.coordinate, shape))
    return tuple(found)


def from_unconstrained(parameter: Parameter, x: Array) -> tuple[Array, Any]:
    """Return the parameter's value and the log Jacobian of the map to it."""
    match parameter.chart:
        case "bounds":
            if parameter.steps is not None:
                scale = np.reshape(parameter.steps.scale, x.shape)
                center = np.reshape(parameter.steps.center, x.shape)
                return center + scale * x, np.log(scale).sum()
            return _bounded(parameter.bounds, x)
        case "ordered":
            gaps = np.exp(x[1:])
            value = np.concatenate([x[:1], x[0] + np.cumsum(gaps)])
            return value, x[1:].sum()
        case "simplex":
            # softmax of numbers that add up to 0
            logits = np.concatenate([x, [-x.sum()]])
            shifted = logits - np.real(logits).max()
            log_value = shifted - np.log(np.exp(shifted).sum())
            return np.exp(log_value), math.log(len(logits)) + log_value.sum()


def _bounded(bounds: tuple[float, float], x: Array) -> tuple[Array, Any]:
    low, high = bounds
    if math.isinf(low) and math.isinf(high):
        return x, 0.0
    if math.isinf(high):
        return low + np.exp(x), x.sum()
    if math.isinf(low):
        return high - np.exp(x), x.sum()
    log_place, log_rest = log_logistic(x), log_logistic(-x)
    jacobian = (math.log(high - low) + log_place + log_rest).sum()
    return low + (high - low) * np.exp(log_place), jacobian
