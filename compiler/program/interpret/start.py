"""Where sampling starts: a point in the middle of the priors."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...distributions.table import DISTRIBUTIONS
from ..expressions import Const
from ..in_order import middles
from ..ir import Frame, Parameter, Program
from ..verify import definition_order
from .charts import coordinates
from .density import evaluate_expression

AnyNumber = Any

#: By distribution of a positive number: one in its middle.
TYPICAL: Mapping[str, Callable[..., AnyNumber]] = {
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


def typical(distribution: str, arguments: Mapping[str, AnyNumber]) -> AnyNumber | None:
    """Return a number in the middle of a distribution; None if there is no rule."""
    known = TYPICAL.get(distribution)
    return None if known is None else known(**arguments)


def start(program: Program, frame: Frame) -> dict[str, NDArray[np.float64]]:
    """Return unconstrained values by the names of ``coordinates``, each flat.

    Parameters with a unit are at its centre, others with a location are there;
    positive ones near their mean; between bounds in the middle. Effects are 0.
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
        if parameter.unit is not None:
            values[name] = np.reshape(parameter.unit.center, shape)
        else:
            values[name] = middle_of(parameter, shape, values)
        found[name] = _unconstrained(parameter, values[name]).ravel()
    for coordinate in coordinates(program, frame):
        if coordinate.name not in found:
            found[coordinate.name] = np.zeros(math.prod(coordinate.shape))
    names = [coordinate.name for coordinate in coordinates(program, frame)]
    return {name: found[name] for name in names}


def reach(program: Program, frame: Frame) -> dict[str, NDArray[np.float64]]:
    """Return how far chains may start from ``start``, in the same form.

    One step, and no more than the scale of a parameter's own prior.
    """
    parameters = {p.name: p for p in program.parameters}
    found: dict[str, NDArray[np.float64]] = {}
    for coordinate in coordinates(program, frame):
        steps = np.ones(math.prod(coordinate.shape))
        parameter = parameters.get(coordinate.name)
        if parameter is not None and parameter.unbounded:
            row = DISTRIBUTIONS[parameter.prior.distribution]
            given = dict(parameter.prior.arguments).get("sigma")
            if row.location is not None and isinstance(given, Const):
                sigma = np.broadcast_to(given.value, steps.shape)
                unit = parameter.steps
                scale = np.ones(1) if unit is None else np.array(unit.scale)
                steps = np.minimum(1.0, sigma / scale)
        found[coordinate.name] = steps
    return found


def middle_of(
    parameter: Parameter, shape: tuple[int, ...], values: Mapping[str, Any]
) -> NDArray[np.float64]:
    """Return a number for each element, in the middle of the parameter's prior."""
    size = math.prod(shape)
    if parameter.chart == "simplex":
        return np.full(shape, 1.0 / size)
    if parameter.chart == "ordered":
        return middles(parameter.prior, size)
    prior = parameter.prior
    low, high = parameter.bounds
    arguments = {
        name: np.asarray(evaluate_expression(expr, values), dtype=float)
        for name, expr in prior.arguments
    }
    if math.isinf(low) and math.isinf(high):
        return np.array(np.broadcast_to(arguments.get("mu", np.zeros(())), shape))
    if math.isinf(high):
        known = None
        if all(isinstance(e, Const) for _, e in prior.arguments):
            known = typical(prior.distribution, arguments)
        if known is None:
            known = 1.0 + low
        # above the bound by some of its own size: it may be a small number, or a bound
        least = 1e-3 * np.maximum(np.abs(known), abs(low))
        return np.asarray(low + np.maximum(np.broadcast_to(known, shape) - low, least))
    if math.isinf(low):
        return np.full(shape, high - 1.0)
    return np.full(shape, 0.5 * (low + high))


def _unconstrained(
    parameter: Parameter, value: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the coordinates of a parameter's value: the inverse of its chart."""
    if parameter.chart == "simplex":
        logs = np.log(value)
        return np.asarray((logs - logs.mean())[:-1])
    if parameter.chart == "ordered":
        return np.concatenate([value[:1], np.log(np.diff(value))])
    low, high = parameter.bounds
    if parameter.unbounded:
        if parameter.steps is None:
            return np.array(value, dtype=float)
        center = np.reshape(parameter.steps.center, value.shape)
        return np.asarray(
            (value - center) / np.reshape(parameter.steps.scale, value.shape)
        )
    if math.isinf(high):
        return np.asarray(np.log(value - low))
    if math.isinf(low):
        return np.asarray(np.log(high - value))
    return np.asarray(np.log(value - low) - np.log(high - value))


def rows_of(program: Program, frame: Frame) -> float:
    """Return how many rows of the data there are, those of each response."""
    return sum(
        float(frame.lengths[one.rows] if one.count is None else frame[one.count].sum())
        for one in program.likelihoods
    )
