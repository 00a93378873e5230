"""Mean shares where the logs of shares over the reference's are normal.

The mean of a softmax of normal numbers has no closed form. It is a sum over points
along the principal axes of the normal, so many on each as its spread needs: those of
Gauss and Hermite where it is small, and equidistant ones, whose errors fall faster
where it is large (Trefethen & Weideman 2014, The exponentially convergent trapezoidal
rule, SIAM Review 56, 385-458). A share of three categories is then right to 1e-5, of
more to 1e-4. Where there would be more than ``MOST`` points, of many categories with
large spreads, it is a mean over a lattice, right to about 0.005.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

#: So many points on an axis up to a spread, that of the log of one share over another.
POINTS = (
    *((0.25, 3), (0.5, 4), (0.7, 5), (1.0, 7), (1.4, 11), (2.0, 15), (2.8, 19)),
    *((4.0, 25), (5.6, 35), (8.0, 49), (16.0, 93), (math.inf, 181)),
)
#: Up to so many they are those of Gauss and Hermite; further ones go so far out.
GAUSS, FARTHEST = 7, 4.8
#: Of more than two logs these spreads are so many times as large: errors of 1e-4.
COARSE = 1.4
#: Numbers that are held at a time.
AT_ONCE = 2**18
#: Exponents up to here are factors of exponentials, none of which overflows.
SAFE = 300.0
#: More points than these are a lattice, of half as many and their opposites.
MOST = 4096


def softmax_mean(centre: Array, root: Array) -> Array:
    """Return the mean of the shares, the reference first.

    Parameters
    ----------
    centre
        The means of the logs of shares over the reference's, on the last axis.
    root
        A root of their covariance, on the last two axes.
    """
    bounded = np.clip(np.nan_to_num(root, nan=0.0), -1e8, 1e8)
    vectors, sizes, _ = np.linalg.svd(bounded)
    highest = np.maximum(vectors.max(axis=-2), 0.0)
    spread = sizes * (highest - np.minimum(vectors.min(axis=-2), 0.0))
    limits = np.array([limit for limit, _ in POINTS[:-1]])
    limits = limits if centre.shape[-1] <= 2 else COARSE * limits
    kinds = np.searchsorted(limits, spread)
    axes = vectors * sizes[..., None, :]
    # one number of points for all rows of a kind
    shape = np.broadcast_shapes(centre.shape[:-1], kinds.shape[:-1])
    size = centre.shape[-1]
    every = np.broadcast_to(kinds, (*shape, size)).reshape(-1, size)
    centres = np.broadcast_to(centre, (*shape, size)).reshape(-1, size)
    whole = np.broadcast_to(axes, (*shape, size, size)).reshape(-1, size, size)
    found = np.empty((len(every), size + 1))
    distinct, member = np.unique(every, axis=0, return_inverse=True)
    for number, kind in enumerate(distinct):
        rows = np.flatnonzero(member.ravel() == number)
        found[rows] = _rows(
            centres[rows], whole[rows], tuple(POINTS[k][1] for k in kind.tolist())
        )
    return found.reshape(*shape, size + 1)


def _rows(centre: Array, axes: Array, numbers: tuple[int, ...]) -> Array:
    """Return the mean of rows that have so many points on each axis."""
    if math.prod(numbers) > MOST:
        return _mean(centre, axes, *_lattice(len(numbers)))
    farthest = np.abs(centre) + FARTHEST * np.abs(axes).sum(axis=-1)
    plain = farthest.max(axis=-1) < SAFE
    if plain.all():
        return _mean_of_factors(centre, axes, numbers)
    found = np.empty((len(centre), centre.shape[-1] + 1))
    found[plain] = _mean_of_factors(centre[plain], axes[plain], numbers)
    found[~plain] = _mean(centre[~plain], axes[~plain], *_points(numbers))
    return found


def _mean_of_factors(centre: Array, axes: Array, numbers: tuple[int, ...]) -> Array:
    """Return weighted means over points, by exponentials of the points of two halves.

    Points are on a grid, and the exponential of a sum over its axes is a product: it is
    taken of the points of each half of the axes, not of each point of the grid.
    """
    size = centre.shape[-1]
    middle = (size + 1) // 2
    (first, weights), (second, others) = map(
        _points, (numbers[:middle], numbers[middle:])
    )
    weights = weights[:, None] * others
    found = np.empty((len(centre), size + 1))
    step = max(1, AT_ONCE // weights.size)
    for start in range(0, len(centre), step):
        some = slice(start, start + step)
        whole = np.swapaxes(axes[some], -1, -2)
        one = np.exp(first @ whole[:, :middle] + centre[some, None, :])
        other = np.exp(second @ whole[:, middle:])
        each = weights / (1.0 + one @ np.swapaxes(other, -1, -2))
        found[some, 0] = each.sum(axis=(-2, -1))
        found[some, 1:] = (one * (each @ other)).sum(axis=-2)
    return found


def _mean(centre: Array, axes: Array, points: Array, weights: Array) -> Array:
    """Return weighted means over points, of some rows at a time."""
    found = np.empty((len(centre), centre.shape[-1] + 1))
    step = max(1, AT_ONCE // points.size)
    for first in range(0, len(centre), step):
        some = slice(first, first + step)
        logs = points @ np.swapaxes(axes[some], -1, -2) + centre[some, None, :]
        peak = np.maximum(logs.max(axis=-1), 0.0)
        odds, reference = np.exp(logs - peak[..., None]), np.exp(-peak)
        each = weights / (reference + odds.sum(axis=-1))
        found[some, 0] = (reference * each).sum(axis=-1)
        found[some, 1:] = np.einsum("nmk,nm->nk", odds, each)
    return found


@cache
def _points(numbers: tuple[int, ...]) -> tuple[Array, Array]:
    """Return points of a standard normal and their weights: so many on each axis."""
    each = [_axis(one) for one in numbers]
    if not each:
        return np.zeros((1, 0)), np.ones(1)
    points = np.stack(np.meshgrid(*(one for one, _ in each), indexing="ij"), axis=-1)
    weights = np.array(1.0)
    for _, one in each:
        weights = weights[..., None] * one
    return points.reshape(-1, len(numbers)), weights.ravel()


def _axis(number: int) -> tuple[Array, Array]:
    if number <= GAUSS:
        points, weights = np.polynomial.hermite_e.hermegauss(number)
    else:
        points = np.linspace(-FARTHEST, FARTHEST, number)
        weights = np.exp(-0.5 * points * points)
    return points, weights / weights.sum()


def _lattice(size: int) -> tuple[Array, Array]:
    """Return points of a lattice, and their opposites.

    Its steps are powers of the root of ``x^(size + 1) = x + 1``: no point is near
    another, however many there are.
    """
    from scipy.special import ndtri

    step = 2.0
    for _ in range(100):
        step = (1.0 + step) ** (1.0 / (size + 1.0))
    places = np.arange(1, MOST // 2 + 1)[:, None] * step ** -np.arange(1.0, size + 1.0)
    found = ndtri((places + 0.5) % 1.0)
    points = np.concatenate([found, -found])
    return points, np.full(len(points), 1.0 / len(points))
