"""Rules that integrate over standard normal numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["REACH", "STEPS", "Nodes", "QuadratureRule", "product"]

Array = NDArray[Any]

#: How far a rule reaches on either side, in sds; the mass beyond is 4e-8.
REACH = 5.5
#: Steps that are tried.
STEPS = (1.0, 0.5, 0.25, 0.125, 0.0625)
#: How many quasi-random points there are.
_RANDOM_POINTS = 8_192


@dataclass(frozen=True, slots=True, eq=False)
class Nodes:
    """Standard normal points, one row a dimension, with weights that add up to 1."""

    points: Array
    weights: Array


@dataclass(frozen=True, slots=True)
class QuadratureRule:
    """How far a rule reaches, and its step where the sd is ``largest``; 0: no step."""

    step: float
    reach: float
    largest: float

    def size(self, dimensions: int) -> int:
        """Return how many points it has at most."""
        if not self.step:
            return 2 * _RANDOM_POINTS
        return int((2 * math.ceil(self.reach / self.step) + 1) ** dimensions)

    def nodes(self, factor: Array) -> Nodes:
        """Return the points for draws with these factors.

        A measure of ``m + s z`` is as smooth in ``s z`` whatever ``s``: a smaller one
        may have a larger step in ``z``, up to that of the normal density itself.
        """
        size = factor.shape[-1]
        if not self.step:
            return _quasi_random(size)
        largest = float(factor.max(initial=0.0))
        step = self.step
        if size == 1 and largest > 0.0:
            step = min(STEPS[1], step * self.largest / largest)
        return product(max(step, self.step), self.reach, size)


def product(step: float, reach: float, size: int) -> Nodes:
    """Return a product of trapezoidal rules on the standard normal density."""
    count = math.ceil(reach / step)
    line = step * np.arange(-count, count + 1)
    density = np.exp(-0.5 * line * line)
    density /= density.sum()
    grids = np.meshgrid(*[line] * size, indexing="ij")
    weights = np.ones(1)
    for _ in range(size):
        weights = np.outer(weights, density).ravel()
    points = np.stack([grid.ravel() for grid in grids])
    # corners that count for nothing
    kept = weights > 1e-12
    return Nodes(points[:, kept], weights[kept] / weights[kept].sum())


def _quasi_random(size: int) -> Nodes:
    """Return additive-recurrence points (Roberts 2018), and their mirror images."""
    root = 2.0
    for _ in range(60):
        root = (1.0 + root) ** (1.0 / (size + 1))
    steps = root ** -np.arange(1.0, size + 1)
    shares = (0.5 + steps[:, None] * np.arange(1, _RANDOM_POINTS + 1)) % 1.0
    quantile = NormalDist().inv_cdf
    points = np.array(
        [[quantile(min(max(x, 1e-12), 1 - 1e-12)) for x in row] for row in shares]
    )
    both = np.concatenate([points, -points], axis=1)
    return Nodes(both, np.full(both.shape[1], 1.0 / both.shape[1]))
