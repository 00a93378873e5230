"""Where sampling starts: a point in the middle of the priors."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...ir import Const, Frame, Parameter, Program
from ...verify import definition_order
from .charts import coordinates
from .density import evaluate_expression

Number = Any

#: By distribution of a positive number: one in its middle.
TYPICAL: Mapping[str, Callable[..., Number]] = {
    "half_normal": lambda sigma: sigma,
    "half_student_t": lambda nu, sigma: sigma,
    "half_cauchy": lambda sigma: sigma,
    "exponential": lambda rate: 1.0 / rate,
    "gamma": lambda alpha, beta: alpha / beta,
    "inverse_gamma": lambda alpha, beta: beta / alpha,
    "lognormal": lambda mu, sigma: np.exp(mu),
    "weibull": lambda alpha, beta: beta,
    "chi_squared": lambda nu: nu,
    "wald": lambda mu, lam: mu,
}


def start(program: Program, frame: Frame) -> dict[str, NDArray[np.float64]]:
    """Return unconstrained values by the names of ``coordinates``, each flat.

    Parameters with a location are there; positive ones near their mean; between
    bounds in the middle. Effects are 0.
    """
    values: dict[str, Any] = dict(frame.arrays)
    found: dict[str, NDArray[np.float64]] = {}
    parameters = {p.name: p for p in program.parameters}
    derived = {d.name: d for d in program.derived}
    lengths = frame.lengths
    for name in definition_order(program):
        if name in derived:
            values[name] = evaluate_expression(derived[name].expression, values)
            continue
        parameter = parameters[name]
        shape = tuple(lengths[axis] for axis in parameter.axes)
        found[name], values[name] = _middle(parameter, shape, values)
    for coordinate in coordinates(program, frame):
        if coordinate.name not in found:
            found[coordinate.name] = np.zeros(math.prod(coordinate.shape))
    names = [coordinate.name for coordinate in coordinates(program, frame)]
    return {name: found[name] for name in names}


def _middle(
    parameter: Parameter, shape: tuple[int, ...], values: Mapping[str, Any]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the unconstrained and the constrained start of a parameter."""
    if parameter.chart == "simplex":
        size = math.prod(shape)
        return np.zeros(size - 1), np.full(shape, 1.0 / size)
    if parameter.chart == "ordered":
        size = math.prod(shape)
        places = np.linspace(-2.0, 2.0, size) if size > 1 else np.zeros(1)
        return np.concatenate([places[:1], np.log(np.diff(places))]), places
    prior = parameter.prior
    low, high = parameter.bounds
    arguments = {
        name: np.asarray(evaluate_expression(expr, values), dtype=float)
        for name, expr in prior.arguments
    }
    if math.isinf(low) and math.isinf(high):
        middle = np.broadcast_to(arguments.get("mu", np.zeros(())), shape)
        return middle.ravel().astype(float), np.array(middle)
    if math.isinf(high):
        typical = 1.0 + low
        known = prior.distribution in TYPICAL
        if known and all(isinstance(e, Const) for _, e in prior.arguments):
            typical = TYPICAL[prior.distribution](**arguments)
        above = np.maximum(np.broadcast_to(typical, shape) - low, 1e-3)
        return np.log(above).ravel(), np.asarray(low + above)
    if math.isinf(low):
        return np.zeros(math.prod(shape)), np.full(shape, high - 1.0)
    return np.zeros(math.prod(shape)), np.full(shape, 0.5 * (low + high))
