"""What the rows of a response say of its predictor, without group effects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...families.family import Family
from ...program.counted import counted, quiet_beside
from ...program.interpret import coordinates
from ...program.interpret.density import (
    evaluate,
    evaluate_expression,
    likelihood_arguments,
)
from ...program.interpret.start import start
from ...program.ir import Frame, Predictor, Program
from .population import PopulationDesign

Array = NDArray[Any]

#: Steps of Newton's method.
ROUNDS = 30


@dataclass(frozen=True, slots=True, eq=False)
class RowInformation:
    """Score and Fisher information of each row in the main predictor, shape (N,)."""

    score: Array
    information: Array


@dataclass(frozen=True, slots=True, eq=False)
class Null:
    """A response where there are no group effects, at the best of what is left.

    Attributes
    ----------
    predictors
        Those that its effects are in, each with what its own change changes the main
        predictor by, a number a row; None: by itself.
    population
        The population part of each, its columns after that change.
    rows
        What its rows say there.
    moved
        Returns that where the main predictor is moved by some numbers.
    refitted
        Returns the response with a residual sd that is what is left where the main
        predictor is moved by some numbers, which have used up some degrees of freedom;
        None: it stays.
    """

    predictors: tuple[tuple[Predictor, Array | None], ...]
    population: tuple[PopulationDesign, ...]
    rows: RowInformation
    moved: Callable[[Array], RowInformation]
    refitted: Callable[[Array, float], Null] | None = None


@dataclass(slots=True, eq=False)
class Density:
    """The log density of each row of one response as a function of its predictor.

    ``arguments`` are the parameters of the family; they may be changed.
    """

    program: Program
    frame: Frame
    family: Family
    values: Mapping[str, Any]
    arguments: dict[str, Any]
    count: Array
    main: Predictor
    #: Change of the predictor that a slope is taken over.
    step: float = 0.0

    @classmethod
    def of(
        cls, program: Program, frame: Frame, main: Predictor | None = None
    ) -> Density:
        """Return that of a program with one response, where sampling starts.

        ``main`` is the main predictor that is meant, where there are several.
        """
        likelihood = program.likelihood
        family = likelihood.family
        first = start(program, frame)
        point = {
            c.name: first[c.name].reshape(c.shape) for c in coordinates(program, frame)
        }
        with np.errstate(all="ignore"):
            values, _ = evaluate(program, frame, point)
            arguments = likelihood_arguments(program, values)
        y = frame[likelihood.value]
        times = likelihood.times(frame)
        count = np.ones(len(y)) if times is None else times
        if family.thresholds:
            arguments |= _thresholds(family, y, count, arguments)
        main = main or program.predictors[0]
        return cls(program, frame, family, values, arguments, count, main)

    @property
    def eta(self) -> Array:
        """The main predictor where sampling starts."""
        eta = np.broadcast_to(self.values[self.main.name], self.count.shape)
        return eta.astype(float)

    def at(self, eta: Array) -> Array:
        """Return the log density of each row, once."""
        predictor = self.main.dpar
        written = dict(self.program.likelihood.arguments)[predictor]
        moved = evaluate_expression(written, {**self.values, self.main.name: eta})
        y = self.frame[self.program.likelihood.value]
        given = {**self.arguments, predictor: moved}
        with quiet_beside(self.count):
            return counted(self.count != 0, self.family.log_density(y, **given))

    def score(self, eta: Array) -> Array:
        """Return its slope in the predictor."""
        return np.imag(self.at(eta + 1e-30j)) / 1e-30

    def scale(self, eta: Array) -> float:
        """Return what a change of the predictor is large against."""
        mean = np.average(self.score(eta) ** 2, weights=self.count)
        return float(1.0 / np.sqrt(mean))

    def curved(self, eta: Array) -> RowInformation:
        """Return score and information of each row, once."""
        above, below = self.score(eta + self.step), self.score(eta - self.step)
        return RowInformation(
            0.5 * (above + below), (below - above) / (2.0 * self.step)
        )

    def rows(self, eta: Array) -> RowInformation:
        """Return score and information of each row, as often as it counts."""
        with np.errstate(all="ignore"):
            one = self.curved(eta)
            information = np.maximum(self.count * one.information, 0.0)
            return RowInformation(self.count * one.score, information)


def linear_null(density: Density, population: PopulationDesign) -> Null | None:
    """Return a response whose predictor is linear; None if there are no numbers.

    That is at its maximum in the population part: what levels differ in because the
    values of a predictor do would else be taken for effects of theirs.
    """
    eta, count, design = density.eta, density.count, population.design
    with np.errstate(all="ignore"):
        scale = density.scale(eta)
        density.step = 1e-4 * scale
        for _ in range(ROUNDS):
            step = _step(design, count, density.curved(eta))
            largest = np.abs(step).max(initial=0.0)
            eta = eta + step * min(1.0, 2.0 * scale / max(largest, 1e-300))
            if not largest > 1e-3 * scale:
                break
    return null_at(density, eta, ((density.main, None),), (population,))


def null_at(
    density: Density,
    eta: Array,
    predictors: tuple[tuple[Predictor, Array | None], ...],
    population: tuple[PopulationDesign, ...],
) -> Null | None:
    """Return a response at a predictor; None if there are no numbers."""

    def moved(shift: Array) -> RowInformation:
        return density.rows(eta + shift)

    rows = moved(np.zeros(len(eta)))
    if not is_finite(rows):
        return None
    return Null(predictors, population, rows, moved)


def is_finite(rows: RowInformation) -> bool:
    """Whether all of them are numbers."""
    return bool(np.isfinite(rows.score).all() and np.isfinite(rows.information).all())


def together(parts: list[RowInformation]) -> RowInformation:
    """Return the rows of several responses, one after the other."""
    if len(parts) == 1:
        return parts[0]
    return RowInformation(
        np.concatenate([part.score for part in parts]),
        np.concatenate([part.information for part in parts]),
    )


def _step(design: Array, count: Array, rows: RowInformation) -> Array:
    """Return a step of Newton's method in the population part, by row.

    Rows that curve upwards (outliers of a Student t) count as flat ones.
    """
    weight = count * np.maximum(rows.information, 0.0)
    matrix = design.T @ (design * weight[:, None])
    ridge = 1e-6 * np.diagonal(matrix) + 1e-300
    away: Array = np.linalg.solve(
        matrix + np.diag(ridge), design.T @ (count * rows.score)
    )
    return design @ away


def _thresholds(
    family: Family, y: Array, count: Array, arguments: Mapping[str, Any]
) -> dict[str, Array]:
    """Return the thresholds that give the shares of the data, a little smoothed."""
    if family.items:
        return _of_items(family, y, count, arguments)
    categories = np.shape(arguments["threshold"])[-1] + 1 + family.apart
    shares = np.bincount(y, weights=count, minlength=categories) + 0.5
    assert family.at_shares is not None
    threshold = family.at_shares(shares / shares.sum())
    found = {"threshold": threshold, "gap": np.diff(threshold)}
    return {name: value for name, value in found.items() if name in arguments}


def _of_items(
    family: Family, y: Array, count: Array, arguments: Mapping[str, Any]
) -> dict[str, Array]:
    """Return the same of thresholds that are those of items."""
    assert family.at_shares is not None
    item, cuts = np.asarray(arguments["item"]), np.asarray(arguments["cuts"])
    places: list[Array] = []
    gaps: list[Array] = []
    for one, own in enumerate(cuts.astype(int).tolist()):
        rows = item == one
        categories = own + 1 + family.apart
        shares = np.bincount(y[rows], weights=count[rows], minlength=categories) + 0.5
        threshold = family.at_shares(shares / shares.sum())
        places.append(threshold)
        gaps.append(np.append(np.diff(threshold), 1.0))
    found = {"threshold": np.concatenate(places), "gap": np.concatenate(gaps)}
    return {name: value for name, value in found.items() if name in arguments}
