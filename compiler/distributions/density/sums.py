"""Sums of beta-binomial probabilities over that of one number, with slopes.

Of all numbers up to it, and of all above it: each probability is the one beside it,
times a ratio, and nothing cancels. As plain Python of the kind that the kernel backend
compiles, for arrays, and as text for scripts and graphs. They take as long as there are
trials.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

#: Sums that are larger are counted in units of it.
LARGE = 1e150
_LOG_LARGE = math.log(LARGE)
#: The log of a sum of nothing.
NOTHING = -1e30


def row_betabinom_tails(
    y: float, a: float, b: float, n: float
) -> tuple[float, float, float, float, float, float, float, float, float, float]:
    """Return the logs of both sums, and slopes of each, which ``y`` and ``n`` lack.

    ``n`` trials whose chance has a beta distribution of ``a`` and ``b``.
    """
    total = 1.0
    term = 1.0
    by_a = 0.0
    by_b = 0.0
    sum_a = 0.0
    sum_b = 0.0
    scale = 0.0
    k = y
    while k > 0.5:
        up = a + k - 1.0
        down = b + n - k
        term *= k / (n - k + 1.0) * (down / up)
        by_a -= 1.0 / up
        by_b += 1.0 / down
        total += term
        sum_a += term * by_a
        sum_b += term * by_b
        if total > LARGE:
            term /= LARGE
            total /= LARGE
            sum_a /= LARGE
            sum_b /= LARGE
            scale += 1.0
        k -= 1.0
    low = math.log(total) + scale * _LOG_LARGE
    low_a = sum_a / total
    low_b = sum_b / total
    total = 0.0
    term = 1.0
    by_a = 0.0
    by_b = 0.0
    sum_a = 0.0
    sum_b = 0.0
    scale = 0.0
    k = y
    while k < n - 0.5:
        up = a + k
        down = b + n - k - 1.0
        term *= (n - k) / (k + 1.0) * (up / down)
        by_a += 1.0 / up
        by_b -= 1.0 / down
        total += term
        sum_a += term * by_a
        sum_b += term * by_b
        if total > LARGE:
            term /= LARGE
            total /= LARGE
            sum_a /= LARGE
            sum_b /= LARGE
            scale += 1.0
        k += 1.0
    high = NOTHING
    high_a = 0.0
    high_b = 0.0
    if total > 0.0:
        high = math.log(total) + scale * _LOG_LARGE
        high_a = sum_a / total
        high_b = sum_b / total
    return low, high, 0.0, low_a, low_b, 0.0, 0.0, high_a, high_b, 0.0


def betabinom_tails(
    m: Any, y: Array, a: Array, b: Array, n: Array
) -> tuple[list[Array], list[Array]]:
    """Return the same of arrays: a log, then its slopes, for each sum."""
    given = np.broadcast_arrays(y, a, b, n)
    y, a, b, n = (np.asarray(one, dtype=float) for one in given)
    none = np.zeros(y.shape)
    found = []
    for sign, first in ((-1.0, 1.0), (1.0, 0.0)):
        total, term, k = none + first, none + 1.0, y.copy()
        by, sums = np.zeros((2, *y.shape)), np.zeros((2, *y.shape))
        scale = none.copy()
        while True:
            there = (k > 0.5) if sign < 0.0 else (k < n - 0.5)
            if not there.any():
                break
            # of the two neighbours the lower one
            low = np.where(there, k - 1.0 if sign < 0.0 else k, 0.0)
            up, down = a + low, b + n - low - 1.0
            down = np.where(there, down, 1.0)
            ratio = np.where(there, (n - low) / (low + 1.0) * (up / down), 1.0)
            ratio = np.where(there, ratio**sign, 0.0)
            term = term * ratio
            by += np.where(there, sign * np.stack([1.0 / up, -1.0 / down]), 0.0)
            total = total + term
            sums += term * by
            large = np.where(total > LARGE, LARGE, 1.0)
            term, total, sums = term / large, total / large, sums / large
            scale += large > 1.0
            k = k + sign * there
        some = total > 0.0
        safe = np.where(some, total, 1.0)
        log = np.where(some, np.log(safe) + scale * _LOG_LARGE, NOTHING)
        found.append([log, none, *(sums / safe), none])
    return found[0], found[1]


BETABINOM_TAILS = '''def betabinom_tails(y, a, b, n):
    """Logs of sums of beta-binomial probabilities over that of y.

    Of all numbers up to y, and of all above it.
    """
    given = (pt.cast(one, "float64") for one in (y, a, b, n))
    y, a, b, n = (one[..., None] for one in pt.broadcast_arrays(*given))
    k = pt.cast(pt.arange(pt.cast(pt.max(n), "int64")), "float64")
    inside = k < n
    left = pt.switch(inside, n - k, 1.0)
    step = pt.log(left) - pt.log(k + 1) + pt.log(a + k) - pt.log(b + left - 1)
    later = inside & (k >= y)
    rising = pt.cumsum(pt.switch(later, step, 0.0), axis=-1)
    falling = pt.cumsum(pt.switch(k < y, -step, 0.0)[..., ::-1], axis=-1)[..., ::-1]
    above = pt.switch(later, rising, -1e30)
    below = pt.switch(k < y, falling, -1e30)
    top = pt.maximum(pt.max(below, axis=-1), 0.0)
    sums = pt.exp(below - top[..., None]).sum(axis=-1)
    most = pt.max(above, axis=-1)
    whole = pt.log(pt.exp(above - most[..., None]).sum(axis=-1))
    return top + pt.log(pt.exp(-top) + sums), most + whole
'''
