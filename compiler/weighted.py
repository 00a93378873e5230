"""Statistics of values that each stand for several rows.

Without counts they are NumPy's. With them they are those of the rows themselves:
each value as often as it counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .table import Floats

Array = NDArray[Any]
Counts = NDArray[np.int64] | None


def total(values: Array, counts: Counts) -> int:
    """Return how many rows there are."""
    return len(values) if counts is None else int(counts.sum())


def mean(values: Array, counts: Counts) -> float:
    """Return the mean."""
    if counts is None:
        return float(np.mean(values))
    return float(means(np.asarray(values, dtype=np.float64)[:, None], counts)[0])


def means(matrix: Floats, counts: Counts) -> Floats:
    """Return the mean of each column.

    Parameters
    ----------
    matrix : (N, K)
        Values.
    counts : (N,)
        How many rows each stands for, at least one; None: one.
    """
    if counts is None:
        return np.asarray(matrix.mean(axis=0))
    if not len(matrix):
        return np.full(matrix.shape[1], np.nan)
    # from the first value on, so that no digits are lost to a large mean
    start = matrix[0]
    weights = counts / counts.sum()
    return np.asarray(start + weights @ (matrix - start))


def sd(values: Array, counts: Counts) -> float:
    """Return the standard deviation, of N - 1 degrees of freedom; 0 of one row."""
    rows = total(values, counts)
    if rows < 2:
        return 0.0
    if counts is None:
        return float(np.std(values, ddof=1))
    deviations = values - mean(values, counts)
    return float(np.sqrt(counts @ np.square(deviations) / (rows - 1)))


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
