"""Ordered logistic rows, with what rows share computed once.

With ``p = exp(eta)`` and ``u_k = exp(-threshold_k)`` the probability of category k is
``p d_k / ((1 + p u_k) (1 + p u_{k-1}))``, with ``d_k = u_k (exp(gap_k) - 1)`` of the
category alone: one exponential a distinct predictor, a few a category, and of the
rows only a logarithm of a product, which several rows share.
"""

from __future__ import annotations

import math
from typing import Any

from ....families.ordinal.ordlogit import kernel
from .operation import Operation

#: Predictors and thresholds up to here have products far from overflow.
_FAR = 80.0
#: A product is taken the logarithm of before the next factors, of up to exp(4 _FAR),
#: could make it overflow.
_LARGE = 1e150


def _logistic_rows(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    n, y, count = o[p + 1], o[p + 2], o[p + 3]
    last, threshold, between = o[p + 4], o[p + 5], o[p + 6]
    eta, index, stride, length = o[p + 7], o[p + 8], o[p + 9], o[p + 10]
    powers = o[p + 11]
    below = powers + length
    whole, tally = below + last, below + 2 * last
    near = True
    for i in range(last + 1):
        v[tally + i] = 0.0
    for i in range(length):
        if abs(v[eta + i]) > _FAR:
            near = False
        v[powers + i] = math.exp(v[eta + i])
    for i in range(last):
        if abs(v[threshold + i]) > _FAR:
            near = False
        v[below + i] = math.exp(-v[threshold + i])
        v[whole + i] = -v[threshold + i]
        if i > 0:
            v[whole + i] += math.log(math.expm1(v[between + i - 1]))
    if not near:
        return _far_rows(o, p, v, d, c, k)
    total = 0.0
    product = 1.0
    by_eta = 0.0
    for i in range(n):
        weight = c[count + i] if count >= 0 else 1.0
        if weight == 0.0:
            continue
        place = k[index + i] if index >= 0 else i * stride
        rank = k[y + i]
        power = v[powers + place]
        slope = 0.0
        factor = 1.0
        density = 0.0
        v[tally + rank] += weight
        if rank < last:
            odds = power * v[below + rank]
            share = 1.0 / (1.0 + odds)
            factor = 1.0 + odds
            slope -= odds * share
            d[threshold + rank] += weight * odds * share
            if rank > 0:
                density = v[eta + place] + v[whole + rank]
        else:
            density = v[eta + place] - v[threshold + rank - 1]
        if rank > 0:
            odds = power * v[below + rank - 1]
            share = 1.0 / (1.0 + odds)
            factor *= 1.0 + odds
            slope += share
            d[threshold + rank - 1] -= weight * share
        if count >= 0:
            total += weight * (density - math.log(factor))
        else:
            total += density
            product *= factor
            if product > _LARGE:
                total -= math.log(product)
                product = 1.0
        if stride != 0:
            d[eta + place] += weight * slope
        else:
            by_eta += weight * slope
    if stride == 0:
        d[eta] += by_eta
    for i in range(1, last):
        gap = v[between + i - 1]
        d[between + i - 1] += v[tally + i] / math.expm1(gap)
    return total - math.log(product)


def _far_rows(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    """Do the same row by row, where a product could overflow."""
    n, y, count = o[p + 1], o[p + 2], o[p + 3]
    last, threshold, between = o[p + 4], o[p + 5], o[p + 6]
    eta, index, stride = o[p + 7], o[p + 8], o[p + 9]
    total = 0.0
    for i in range(n):
        weight = c[count + i] if count >= 0 else 1.0
        if weight == 0.0:
            continue
        place = eta + (k[index + i] if index >= 0 else i * stride)
        rank = k[y + i]
        lower, upper, gap = -math.inf, math.inf, math.inf
        if rank > 0:
            lower = v[threshold + rank - 1]
        if rank < last:
            upper = v[threshold + rank]
            if rank > 0:
                gap = v[between + rank - 1]
        density, slope, low, high, wide, _ = kernel(
            0.0 + rank, v[place], lower, upper, gap, 1.0
        )
        total += weight * density
        d[place] += weight * slope
        if rank > 0:
            d[threshold + rank - 1] += weight * low
        if rank < last:
            d[threshold + rank] += weight * high
            if rank > 0:
                d[between + rank - 1] += weight * wide
    return total


ORDINAL = (
    Operation(
        "rows ordlogit at once",
        (
            *("n", "y", "count", "thresholds", "threshold", "gap"),
            *("eta", "eta_index", "eta_stride", "length", "scratch"),
        ),
        _logistic_rows,
    ),
)


def scratch_size(length: int, thresholds: int) -> int:
    """Return the numbers that the operation needs beside its operands."""
    return length + 3 * thresholds + 1
