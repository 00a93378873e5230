"""Rows of one of several categories: a loop over the predictors in each."""

from __future__ import annotations

import math
from typing import Any

from .operation import Operation


def _category_rows(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    """Add log probabilities of ranks: of the predictor, less the log of all odds.

    ``places`` has three numbers for each predictor: where it begins, where the index
    of rows into it does (-1: there is none), and how far rows are apart.
    """
    n, y, count = o[p + 1], o[p + 2], o[p + 3]
    others, places, scratch = o[p + 4], o[p + 5], o[p + 6]
    total = 0.0
    for i in range(n):
        weight = c[count + i] if count >= 0 else 1.0
        if weight == 0.0:
            continue
        rank = k[y + i]
        # the largest of all, the reference's 0 among them
        largest = 0.0
        top = 0
        for j in range(others):
            index = k[places + 3 * j + 1]
            step = k[index + i] if index >= 0 else i * k[places + 3 * j + 2]
            eta = v[k[places + 3 * j] + step]
            v[scratch + j] = eta
            if eta > largest:
                largest = eta
                top = j + 1
        # the odds of all others against it
        rest = math.exp(-largest) if top > 0 else 0.0
        for j in range(others):
            if j + 1 != top:
                odds = math.exp(v[scratch + j] - largest)
                v[scratch + others + j] = odds
                rest += odds
        own = v[scratch + rank - 1] if rank > 0 else 0.0
        total += weight * (own - largest - math.log1p(rest))
        share = 1.0 / (1.0 + rest)
        for j in range(others):
            index = k[places + 3 * j + 1]
            step = k[index + i] if index >= 0 else i * k[places + 3 * j + 2]
            slope = 0.0
            if j + 1 == top:
                slope = rest * share if rank == top else -share
            else:
                slope = -v[scratch + others + j] * share
                if j + 1 == rank:
                    slope += 1.0
            d[k[places + 3 * j] + step] += weight * slope
    return total


NOMINAL = (
    Operation(
        "rows categorical",
        ("n", "y", "count", "others", "places", "scratch"),
        _category_rows,
    ),
)
