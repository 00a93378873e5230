"""What the rows say of the parameters of a formula that is not linear."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...program.interpret.density import evaluate_expression
from ...program.ir import Element, Frame, Parameter, Predictor, Program
from ...program.reached import reached
from .population import PopulationDesign
from .rows import ROUNDS, Density, Null, RowInformation, null_at

Array = NDArray[Any]

#: Damping of steps that did not help grows by this much, and of others shrinks.
_MORE, _LESS = 10.0, 0.1
#: Damping beyond which no step helps.
_MOST = 1e8


def curve_null(
    density: Density, parts: Sequence[tuple[Predictor, PopulationDesign]]
) -> Null | None:
    """Return a response whose predictor is not linear; None if there are no numbers.

    At the best point of the population parts the predictor is taken as linear in the
    predictors that it is made of: a row tells of each of them as much as of the whole,
    times its slope there. The best point is that of Levenberg's and Marquardt's method
    from the middle of the priors, which say where to look.

    Parameters
    ----------
    density
        Of the response.
    parts
        The predictors that the formula is made of, with their population parts; the
        main one has a part of thresholds.
    """
    curve = _Curve(density, parts)
    prior = _Prior.of([part for _, part in parts], density.program, density.frame)
    place = np.zeros(len(prior.precision))
    with np.errstate(all="ignore"):
        eta = curve.at(place)
        damping = 1e-3
        best = _height(density, eta, prior, place)
        if not np.isfinite(best):
            return None
        for _ in range(ROUNDS):
            _fit_scale(density, eta)
            density.step = 1e-4 * density.scale(eta)
            best = _height(density, eta, prior, place)
            rows, design = density.curved(eta), curve.design(place)
            found = _climb(
                density, curve, prior, place, rows, design, damping=damping, best=best
            )
            if found is None:
                break
            gain, place, eta, damping = found
            if gain < 1e-6 * max(1.0, abs(best)):
                break
        _fit_scale(density, eta)
        density.step = 1e-4 * density.scale(eta)
        slopes = curve.slopes(place)
    if not all(np.isfinite(slope).all() for slope in slopes):
        return None
    population = tuple(
        replace(part, design=part.design * slope[:, None])
        for (_, part), slope in zip(parts, slopes, strict=True)
    )
    predictors = tuple(
        (predictor, slope) for (predictor, _), slope in zip(parts, slopes, strict=True)
    )
    null = null_at(density, eta, predictors, population)
    if null is None:
        return None

    def refitted(shift: Array, used: float) -> Null:
        with np.errstate(all="ignore"):
            _fit_scale(density, eta + shift, used)
        found = null_at(density, eta, predictors, population)
        assert null is not None
        return null if found is None else replace(found, refitted=refitted)

    return replace(null, refitted=refitted)


class _Curve:
    """The main predictor as a function of steps in the columns of its parts."""

    def __init__(
        self, density: Density, parts: Sequence[tuple[Predictor, PopulationDesign]]
    ) -> None:
        self.main, self.values, self.parts = density.main, density.values, parts
        self.rows = len(density.count)
        names = reached(density.program, [self.main.name])
        self.bodies = [
            one
            for one in density.program.in_order
            if one.body is not None and one.name in names
        ]
        ends = np.cumsum([part.design.shape[1] for _, part in parts])[:-1]
        self.ends = ends.tolist()

    def inner(self, place: Array) -> list[Array]:
        """Return the predictors at a place."""
        steps = np.split(place, self.ends)
        found = []
        for (predictor, part), step in zip(self.parts, steps, strict=True):
            start = 0.0 if predictor is self.main else self.values[predictor.name]
            found.append(np.zeros(self.rows) + start + part.design @ step)
        return found

    def at(self, place: Array) -> Array:
        """Return the main predictor at a place."""
        return np.real(self._whole(self.inner(place)))

    def _whole(self, inner: Sequence[Array]) -> Array:
        values = {
            **self.values,
            **{p.name: x for (p, _), x in zip(self.parts, inner, strict=True)},
        }
        for one in self.bodies:
            assert one.body is not None
            values[one.name] = evaluate_expression(one.body, values)
        found: Array = values[self.main.name] + np.zeros(self.rows)
        for (predictor, _), x in zip(self.parts, inner, strict=True):
            if predictor is self.main:
                found = found + x
        return found

    def slopes(self, place: Array) -> list[Array]:
        """Return by how much each predictor moves the main one, by row."""
        inner = self.inner(place)
        found = []
        for number, one in enumerate(inner):
            moved = [*inner[:number], one + 1e-30j, *inner[number + 1 :]]
            found.append(np.imag(self._whole(moved)) / 1e-30)
        return found

    def design(self, place: Array) -> Array:
        """Return the columns of all parts at a place."""
        slopes = self.slopes(place)
        columns = [
            part.design * slope[:, None]
            for (_, part), slope in zip(self.parts, slopes, strict=True)
        ]
        return np.hstack(columns)


class _Prior:
    """Priors as precisions of steps in the columns, 0 where they are not known."""

    def __init__(self, precision: Array) -> None:
        self.precision = precision

    @classmethod
    def of(
        cls, parts: Sequence[PopulationDesign], program: Program, frame: Frame
    ) -> _Prior:
        """Return those of parameters that have a unit: the spread of their prior."""
        parameters = {p.name: p for p in program.parameters}
        numbers: list[float] = []
        for part in parts:
            for element, size in zip(part.elements, part.sizes, strict=True):
                spread = _spread(parameters.get(element.name), element)
                # a step of 1 is one of `1 / size` in the parameter
                numbers.append(0.0 if spread is None else (1.0 / (size * spread)) ** 2)
        return cls(np.array(numbers))


def _spread(parameter: Parameter | None, element: Element) -> float | None:
    if parameter is None or parameter.unit is None:
        return None
    return parameter.unit.scale[min(element.place, len(parameter.unit.scale) - 1)]


def _height(density: Density, eta: Array, prior: _Prior, place: Array) -> float:
    whole = float(density.count @ np.real(density.at(eta)))
    return whole - 0.5 * float(prior.precision @ place**2)


def _climb(
    density: Density,
    curve: _Curve,
    prior: _Prior,
    place: Array,
    rows: RowInformation,
    design: Array,
    *,
    damping: float,
    best: float,
) -> tuple[float, Array, Array, float] | None:
    """Return a higher point: the gain, the place, the predictor, the damping."""
    weight = density.count * np.maximum(rows.information, 0.0)
    matrix = design.T @ (design * weight[:, None]) + np.diag(prior.precision)
    slope = design.T @ (density.count * rows.score) - prior.precision * place
    if not (np.isfinite(matrix).all() and np.isfinite(slope).all()):
        return None
    diagonal = np.diag(np.diagonal(matrix) + 1e-300)
    while damping < _MOST:
        step = np.linalg.solve(matrix + damping * diagonal, slope)
        eta = curve.at(place + step)
        height = _height(density, eta, prior, place + step)
        if height >= best:
            return height - best, place + step, eta, max(damping * _LESS, 1e-9)
        damping *= _MORE
    return None


def _fit_scale(density: Density, eta: Array, used: float = 0.0) -> None:
    """Set a residual sd that all rows share to what the residuals are.

    At its start it is the spread of all responses, which the curve explains. ``used``
    are the degrees of freedom that the predictor has beyond those of its parts.
    """
    sigma = density.arguments.get("sigma")
    if sigma is None or np.ndim(sigma) > 0:
        return
    likelihood = density.program.likelihood
    within = likelihood.spread(density.frame)
    inside = 0.0 if within is None else float(within.sum())
    times = float(density.count.sum())
    for _ in range(3):
        sigma = float(density.arguments["sigma"])
        density.step = 1e-4 * sigma
        rows = density.curved(eta)
        known = float(density.count @ rows.information) / times
        # of a normal r^2 / sigma^2: the information of all is there at its mean
        squares = float(density.count @ rows.score**2) / known
        variance = (sigma**2 * squares + inside) / max(times - used, 0.5 * times)
        if not (np.isfinite(variance) and variance > 0.0):
            return
        density.arguments["sigma"] = np.sqrt(variance)
