"""Covariances of the linear predictors of rows over new groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .at_once import AtOnce

__all__ = ["Pairs", "added", "cholesky", "covariances_of", "scaled"]

Array = NDArray[Any]
#: Covariances by pairs of predictors, each pair once, in the order of the program:
#: draws by rows. Pairs that no group has are left out.
Pairs = Mapping[tuple[str, str], Array]


def covariances_of(at: AtOnce, strata: Mapping[str, Array]) -> dict[str, Pairs]:
    """Return the covariances of the linear predictors that each group brings.

    Of levels that differ in their variance they are those of a level whose multiple is
    1. ``strata`` has the stratum of each row, of groups whose levels are in strata.
    """
    weights = {one.name: at.weights_of_effects(one) for one in at.linear}
    found: dict[str, Pairs] = {}
    for group in at.program.groups:
        covariance = at.covariance(group)
        users = [name for name, own in weights.items() if group.name in own]
        size = at.frame.lengths[group.coefs]
        pairs: dict[tuple[str, str], Array] = {}
        for first, second in combinations_with_replacement(users, 2):
            left, right = weights[first][group.name], weights[second][group.name]
            if group.by is None:
                part = _quadratic(left, covariance, right)
            else:
                own = strata[group.name]
                part = np.empty((at.size, at.rows))
                for number in np.unique(own):
                    rows = own == number
                    places = slice(number * size, (number + 1) * size)
                    part[:, rows] = _quadratic(
                        left[:, rows], covariance[:, places, places], right[:, rows]
                    )
            pairs[first, second] = part
        found[group.name] = pairs
    return found


def _quadratic(left: Array, matrix: Array, right: Array) -> Array:
    """Return ``left' matrix right`` at each draw and row."""
    return np.asarray(((left @ matrix) * right).sum(axis=-1))


def added(parts: Iterable[Pairs]) -> dict[tuple[str, str], Array]:
    """Return the covariances of all groups, which are independent of each other."""
    found: dict[tuple[str, str], Array] = {}
    for part in parts:
        for pair, values in part.items():
            found[pair] = found.get(pair, 0.0) + values
    return found


def scaled(parts: Mapping[str, Pairs], scales: Mapping[str, Array]) -> dict[str, Pairs]:
    """Return them with those of some groups times a number for each draw."""
    return {
        name: {
            pair: values * scales[name][:, None] if name in scales else values
            for pair, values in pairs.items()
        }
        for name, pairs in parts.items()
    }


def cholesky(
    active: Sequence[str], covariances: Mapping[tuple[str, str], Array], at: AtOnce
) -> Array:
    """Return lower factors of the covariances: draws, rows, predictors twice."""
    size = len(active)
    whole = np.zeros((at.size, at.rows, size, size))
    for i, first in enumerate(active):
        for k, second in enumerate(active[: i + 1]):
            pair = (
                (second, first) if (second, first) in covariances else (first, second)
            )
            if pair in covariances:
                whole[..., i, k] = covariances[pair]
    for k in range(size):
        for i in range(k, size):
            rest = (whole[..., i, :k] * whole[..., k, :k]).sum(axis=-1)
            value = whole[..., i, k] - rest
            if i == k:
                # a predictor that follows from those before it has no spread left
                whole[..., k, k] = np.sqrt(np.maximum(value, 0.0))
            else:
                pivot = whole[..., k, k]
                safe = np.where(pivot > 0.0, pivot, 1.0)
                whole[..., i, k] = np.where(pivot > 0.0, value / safe, 0.0)
    return whole
