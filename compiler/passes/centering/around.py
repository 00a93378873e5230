"""What the population part says of the levels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .levels import Estimate, LevelEffects
from .population import PopulationDesign
from .rows import RowInformation

Array = NDArray[Any]

#: Keeps the regression on columns that a level has twice from being singular.
_RIDGE = 1e-9
#: Share of a population column below which a group leaves it alone.
_LEAST_EXPLAINED = 0.1


def around_of(
    effects: Sequence[LevelEffects],
    found: Sequence[Estimate],
    rows: RowInformation,
    population: PopulationDesign,
) -> list[Array]:
    """Return the population part in terms of the effects, each (J, q, p).

    It is the regression of the population's columns on those of the effects, within
    each level and weighted by information: 1 where they are the same column, the
    level's value where a column is constant within levels, 0 for what varies within
    them alone, and for what is in another predictor. Where groups cross, the one takes
    a column that tells least of it: with the largest variance of a mean over its
    levels, times the share of the column that it explains.
    """
    projected: list[Array] = []
    claims: list[Array] = []
    weighted = rows.information[:, None] * population.design
    whole = (population.design * weighted).sum(axis=0)
    for one, estimate in zip(effects, found, strict=True):
        levels, size = estimate.weights.shape
        products = np.zeros((levels, size, weighted.shape[1]))
        for i in range(size):
            for m in range(weighted.shape[1]):
                column = one.design[:, i] * weighted[:, m]
                products[:, i, m] = np.bincount(one.index, column, minlength=levels)
        # in units in which the diagonal is 1, or 0 where a level knows nothing
        diagonal = np.einsum("jii->ji", estimate.information)
        unit = np.where(diagonal > 0.0, 1.0 / np.sqrt(np.maximum(diagonal, 1e-300)), 0)
        matrix = estimate.information * unit[:, :, None] * unit[:, None, :]
        matrix += np.where(diagonal > 0.0, _RIDGE, 1.0)[:, :, None] * np.eye(size)
        solved = np.linalg.solve(matrix, products * unit[:, :, None])
        solved *= unit[:, :, None]
        solved[np.abs(solved) < 1e-7] = 0.0
        same = np.array(
            [[owner == other for other in population.owners] for owner in one.owners]
        ).reshape(size, -1)
        solved *= same
        projected.append(solved)
        explained = (solved * products).sum(axis=(0, 1)) / np.maximum(whole, 1e-300)
        explained[explained < _LEAST_EXPLAINED] = 0.0
        unsure = (estimate.unsure[:, None] * same).max(axis=0, initial=0.0)
        claims.append(explained * unsure)
    best = np.argmax(np.array(claims), axis=0)
    return [
        solved * ((best == number) & (claims[number] > 0.0))
        for number, solved in enumerate(projected)
    ]
