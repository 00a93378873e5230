"""What the rows say of the predictor, where there are no group effects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...families import FAMILIES
from ...program.interpret import coordinates
from ...program.interpret.density import (
    evaluate,
    evaluate_expression,
    likelihood_arguments,
)
from ...program.interpret.start import start
from ...program.ir import Frame, Program
from .population import Population

Array = NDArray[Any]

#: Steps of Newton's method.
_ROUNDS = 30


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Score and Fisher information of each row in the main predictor, shape (N,)."""

    score: Array
    information: Array
    moved: Callable[[Array], Rows] | None = None


def at_null(population: Population, program: Program, frame: Frame) -> Rows | None:
    """Return them at the model without group effects; None if they are no numbers.

    That is at its maximum in the population part: what levels differ in because the
    values of a predictor do would else be taken for effects of theirs.
    """
    likelihood = program.likelihood
    family = FAMILIES[likelihood.family]
    first = start(program, frame)
    point = {
        c.name: first[c.name].reshape(c.shape) for c in coordinates(program, frame)
    }
    with np.errstate(all="ignore"):
        values, _ = evaluate(program, frame, point)
        arguments = likelihood_arguments(program, values)
        y = frame[likelihood.value]
        rows = len(y)
        times = likelihood.times(frame)
        count = np.ones(rows) if times is None else times
        if family.thresholds:
            arguments |= _thresholds(y, count, len(arguments["threshold"]) + 1)
        main = program.predictors[0].name
        eta = np.broadcast_to(values[main], (rows,)).astype(float)
        written = dict(likelihood.arguments)[family.predictor]

        def score(at: Array) -> Array:
            moved = evaluate_expression(written, {**values, main: at + 1e-30j})
            given = {**arguments, family.predictor: moved}
            return np.imag(family.log_density(y, **given)) / 1e-30

        scale = 1.0 / np.sqrt(np.average(score(eta) ** 2, weights=count))
        for _ in range(_ROUNDS):
            found = _curved(score, eta, 1e-4 * scale)
            step = _step(population.design, count, found)
            largest = np.abs(step).max(initial=0.0)
            eta = eta + step * min(1.0, 2.0 * scale / max(largest, 1e-300))
            if not largest > 1e-3 * scale:
                break
        found = _curved(score, eta, 1e-4 * scale)

    def moved(shift: Array) -> Rows:
        with np.errstate(all="ignore"):
            one = _curved(score, eta + shift, 1e-4 * scale)
            information = np.maximum(count * one.information, 0.0)
            return Rows(count * one.score, information)

    rows_ = moved(np.zeros(rows))
    return replace(rows_, moved=moved) if is_finite(rows_) else None


def is_finite(rows: Rows) -> bool:
    """Whether all of them are numbers."""
    return bool(np.isfinite(rows.score).all() and np.isfinite(rows.information).all())


def _step(design: Array, count: Array, rows: Rows) -> Array:
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


def _curved(score: Any, eta: Array, step: float) -> Rows:
    above, below = score(eta + step), score(eta - step)
    return Rows(0.5 * (above + below), (below - above) / (2.0 * step))


def _thresholds(y: Array, count: Array, categories: int) -> dict[str, Array]:
    """Return the thresholds that give the shares of the data, a little smoothed."""
    shares = np.bincount(y, weights=count, minlength=categories) + 0.5
    below = np.cumsum(shares)[:-1] / shares.sum()
    threshold = np.log(below) - np.log1p(-below)
    return {"threshold": threshold, "gap": np.diff(threshold)}
