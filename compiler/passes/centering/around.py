"""What the population part says of the levels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...program.blocks import GroupUse
from ...program.ir import Frame, Program
from .levels import Estimate
from .population import Population
from .rows import Rows

Array = NDArray[Any]

#: Keeps the regression on columns that a level has twice from being singular.
_RIDGE = 1e-9
#: Share of a population column below which a group leaves it alone.
_LEAST_EXPLAINED = 0.1


def around_of(
    uses: Sequence[GroupUse],
    found: Mapping[str, Estimate],
    rows: Rows,
    population: Population,
    program: Program,
    frame: Frame,
) -> dict[str, Array]:
    """Return by group the population part in terms of its effects, (J, q, p).

    It is the regression of the population's columns on those of the effects, within
    each level and weighted by information: 1 where they are the same column, the
    level's value where a column is constant within levels, 0 for what varies within
    them alone. Where groups cross, the one takes a column that tells least of it:
    with the largest variance of a mean over its levels, times the share of the
    column that it explains.
    """
    projected: dict[str, Array] = {}
    claims: list[Array] = []
    weighted = rows.information[:, None] * population.design
    whole = (population.design * weighted).sum(axis=0)
    for use in uses:
        estimate, index = found[use.group], frame[use.index]
        levels, size = estimate.weights.shape
        products = np.zeros((levels, size, weighted.shape[1]))
        for i in range(size):
            for m in range(weighted.shape[1]):
                column = estimate.design[:, i] * weighted[:, m]
                products[:, i, m] = np.bincount(index, column, minlength=levels)
        # in units in which the diagonal is 1, or 0 where a level knows nothing
        diagonal = np.einsum("jii->ji", estimate.information)
        unit = np.where(diagonal > 0.0, 1.0 / np.sqrt(np.maximum(diagonal, 1e-300)), 0)
        matrix = estimate.information * unit[:, :, None] * unit[:, None, :]
        matrix += np.where(diagonal > 0.0, _RIDGE, 1.0)[:, :, None] * np.eye(size)
        solved = np.linalg.solve(matrix, products * unit[:, :, None])
        solved *= unit[:, :, None]
        solved[np.abs(solved) < 1e-7] = 0.0
        projected[use.group] = solved
        explained = (solved * products).sum(axis=(0, 1)) / np.maximum(whole, 1e-300)
        explained[explained < _LEAST_EXPLAINED] = 0.0
        claims.append(explained * estimate.unsure.max())
    best = np.argmax(np.array(claims), axis=0)
    for number, use in enumerate(uses):
        taken = (best == number) & (claims[number] > 0.0)
        projected[use.group] = projected[use.group] * taken
    return projected
