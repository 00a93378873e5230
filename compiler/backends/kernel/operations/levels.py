"""Effects of levels that are related, or have variances of their own."""

from __future__ import annotations

import math
from typing import Any

from .operation import Operation


def _mixed(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    """Multiply the effects of each level by the root of its number."""
    levels, q, out, r, variance = o[p + 1], o[p + 2], o[p + 3], o[p + 4], o[p + 5]
    for g in range(levels):
        root = math.sqrt(v[variance + g])
        for i in range(q):
            v[out + g * q + i] = root * v[r + g * q + i]
    return 0.0


def _mixed_back(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> None:
    levels, q, out, r, variance = o[p + 1], o[p + 2], o[p + 3], o[p + 4], o[p + 5]
    for g in range(levels):
        root = math.sqrt(v[variance + g])
        total = 0.0
        for i in range(q):
            slope = d[out + g * q + i]
            total += slope * v[r + g * q + i]
            d[r + g * q + i] += root * slope
        d[variance + g] += 0.5 * total / root


def _related(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    """Multiply by a lower factor of the covariance of levels, which is known."""
    levels, q, out, r, factor = o[p + 1], o[p + 2], o[p + 3], o[p + 4], o[p + 5]
    for g in range(levels):
        for i in range(q):
            total = 0.0
            for h in range(g + 1):
                total += c[factor + g * levels + h] * v[r + h * q + i]
            v[out + g * q + i] = total
    return 0.0


def _related_back(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> None:
    levels, q, out, r, factor = o[p + 1], o[p + 2], o[p + 3], o[p + 4], o[p + 5]
    for g in range(levels):
        for i in range(q):
            slope = d[out + g * q + i]
            for h in range(g + 1):
                d[r + h * q + i] += c[factor + g * levels + h] * slope


LEVELS = (
    Operation(
        "related", ("levels", "q", "out", "r", "factor"), _related, _related_back
    ),
    Operation("mixed", ("levels", "q", "out", "r", "variance"), _mixed, _mixed_back),
)
