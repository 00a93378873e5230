"""Statistics of values that each stand for several rows.

With counts they are those of the rows themselves: each value as often as it counts.
Sums are exact, so that the order of the rows makes no difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import exact, spread
from .exact import Counts as Counts
from .table import Floats

Array = NDArray[Any]


def total(values: Array, counts: Counts) -> int:
    """Return how many rows there are."""
    return len(values) if counts is None else int(counts.sum())


def mean(values: Array, counts: Counts) -> float:
    """Return the mean, the same in any order of the rows."""
    return exact.mean(np.asarray(values, dtype=np.float64), counts)


def means(matrix: Floats, counts: Counts) -> Floats:
    """Return the mean of each column.

    Parameters
    ----------
    matrix : (N, K)
        Values.
    counts : (N,)
        How many rows each stands for, at least one; None: one.
    """
    return np.array([exact.mean(column, counts) for column in matrix.T])


def sd(values: Array, counts: Counts, rounding: float | None = None) -> float:
    """Return the standard deviation, of N - 1 degrees of freedom.

    It is 0 of one row, and of values that differ by no more than rounding:
    ``rounding`` says how far off each may be, see ``spread``.
    """
    return spread.sd(np.asarray(values, dtype=np.float64), counts, rounding)


def quantiles(values: Array, probs: Sequence[float], counts: Counts) -> Floats:
    """Return quantiles between the order statistics, as ``numpy.quantile`` does.

    The one for ``p`` is at ``(N - 1) p`` among the sorted rows, from 0.
    """
    if counts is None:
        return np.asarray(np.quantile(values, probs))
    order = np.argsort(values, kind="stable")
    sorted_ = np.asarray(values, dtype=np.float64)[order]
    ends = np.cumsum(counts[order])
    places = (ends[-1] - 1) * np.asarray(probs, dtype=np.float64)
    below = np.floor(places)
    low, high = (
        sorted_[np.searchsorted(ends, place, side="right")]
        for place in (below, np.minimum(below + 1, ends[-1] - 1))
    )
    return np.asarray(low + (places - below) * (high - low))


def lower_median(values: Array, counts: Counts) -> Any:
    """Return the smallest value that half of the rows are not above."""
    if counts is None:
        return np.quantile(values, 0.5, method="inverted_cdf")
    order = np.argsort(values, kind="stable")
    ends = np.cumsum(counts[order])
    return values[order][np.searchsorted(2 * ends, ends[-1])]
