"""Groups whose levels differ in their variance: nodes of how they do.

Given its variance, the effects of a new level are normal. The variances, as multiples
of the covariance of the group, are

* inverse gamma with the shape and scale ``df / 2`` where effects have a t distribution
  (Lange, Little & Taylor 1989). Nodes are equally spaced in their logarithm ``w``,
  whose density is proportional to ``exp(-(w + exp(-w)) df / 2)``: the trapezoidal
  rule has an error that falls exponentially (Trefethen & Weideman 2014, SIAM Review
  56, 385-458);
* those of the levels of the fit, each as likely, where their covariance is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from varying.compiler.program.ir import Group

from .at_once import AtOnce

__all__ = ["VarianceMultiples", "spread_of", "together"]

Array = NDArray[Any]

#: How far the logarithm of the density falls before it counts for nothing.
_FALLS = 15.0
#: Steps between nodes of the logarithm, and in its standard deviations.
_STEP, _OF_SD = 0.8, 0.8
#: Known variances that differ by no more than this, and how many are told apart.
_SAME, _MOST = 1e-9, 24


@dataclass(frozen=True, slots=True, eq=False)
class VarianceMultiples:
    """Multiples of a covariance that levels have, and how many have them.

    Attributes
    ----------
    scales, weights
        Draws (or 1) by nodes; the weights of a draw add up to 1.
    """

    scales: Array
    weights: Array

    @property
    def count(self) -> int:
        """How many nodes there are."""
        return int(self.scales.shape[1])


def spread_of(at: AtOnce, group: Group) -> VarianceMultiples | None:
    """Return how the variances of new levels differ; None: all have that of the group.

    The covariance of the group is that of ``AtOnce.covariance``.
    """
    parts = []
    if group.mixture is not None:
        parts.append(_of_t(np.asarray(at.vector(group.mixture.df)).reshape(-1)))
    if group.relation is not None:
        known = _of_known(np.asarray(at.frame[group.relation]))
        parts += [] if known is None else [known]
    return together(parts) if parts else None


def together(parts: Sequence[VarianceMultiples]) -> VarianceMultiples:
    """Return all combinations of independent ones, as one: products of multiples."""
    scales, weights = parts[0].scales, parts[0].weights
    for part in parts[1:]:
        scales = _pairs(scales, part.scales)
        weights = _pairs(weights, part.weights)
    return VarianceMultiples(scales, weights)


def _pairs(left: Array, right: Array) -> Array:
    found = left[:, :, None] * right[:, None, :]
    return np.asarray(found.reshape(len(found), -1))


def _of_t(df: Array) -> VarianceMultiples:
    half = 0.5 * df
    # where w + exp(-w) - 1 is as large as it may be, on either side of 0
    fall = _FALLS / half
    low, high = -np.log1p(fall + np.sqrt(2.0 * fall)), fall + 1.0
    width = high - low
    step = np.minimum(_STEP, _OF_SD / np.sqrt(half))
    count = ceil(float((width / step).max())) + 1
    w = low[:, None] + width[:, None] * np.linspace(0.0, 1.0, count)
    density = np.exp(-half[:, None] * (w + np.exp(-w) - 1.0))
    return VarianceMultiples(np.exp(w), density / density.sum(axis=1, keepdims=True))


def _of_known(factor: Array) -> VarianceMultiples | None:
    variances = np.sort(np.square(factor).sum(axis=1))
    if np.abs(variances - 1.0).max() <= _SAME:
        return None
    if variances[-1] - variances[0] <= _SAME * variances[-1]:
        return VarianceMultiples(variances[:1][None], np.ones((1, 1)))
    parts = np.array_split(variances, min(len(variances), _MOST))
    scales = np.array([[part.mean() for part in parts]])
    weights = np.array([[len(part) / len(variances) for part in parts]])
    return VarianceMultiples(scales, weights)
