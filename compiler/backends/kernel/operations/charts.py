"""From unconstrained coordinates to parameters, with the log Jacobian.

The formulas are those of ``backends/reference/charts.py``; constants of the
Jacobian are added where the tape is made.
"""

from __future__ import annotations

import math
from typing import Any

from .operation import Operation


def _steps(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    """Compute ``center + scale x``."""
    n, out, x, center, scale = o[p + 1], o[p + 2], o[p + 3], o[p + 4], o[p + 5]
    for i in range(n):
        v[out + i] = c[center + i] + c[scale + i] * v[x + i]
    return 0.0


def _steps_back(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> None:
    n, out, x, scale = o[p + 1], o[p + 2], o[p + 3], o[p + 5]
    for i in range(n):
        d[x + i] += d[out + i] * c[scale + i]


def _above(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    """Compute ``low + exp(x)``."""
    n, out, x, low = o[p + 1], o[p + 2], o[p + 3], c[o[p + 4]]
    total = 0.0
    for i in range(n):
        v[out + i] = low + math.exp(v[x + i])
        total += v[x + i]
        d[x + i] += 1.0
    return total


def _above_back(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> None:
    n, out, x = o[p + 1], o[p + 2], o[p + 3]
    for i in range(n):
        d[x + i] += d[out + i] * math.exp(v[x + i])


def _below(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    """Compute ``high - exp(x)``."""
    n, out, x, high = o[p + 1], o[p + 2], o[p + 3], c[o[p + 4]]
    total = 0.0
    for i in range(n):
        v[out + i] = high - math.exp(v[x + i])
        total += v[x + i]
        d[x + i] += 1.0
    return total


def _below_back(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> None:
    n, out, x = o[p + 1], o[p + 2], o[p + 3]
    for i in range(n):
        d[x + i] -= d[out + i] * math.exp(v[x + i])


def _between(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    """Compute ``low + (high - low) / (1 + exp(-x))``."""
    n, out, x, low, high = o[p + 1], o[p + 2], o[p + 3], c[o[p + 4]], c[o[p + 5]]
    total = 0.0
    for i in range(n):
        t = math.exp(-abs(v[x + i]))
        near = 1.0 / (1.0 + t)
        place = near if v[x + i] > 0.0 else t * near
        v[out + i] = low + (high - low) * place
        total -= abs(v[x + i]) + 2.0 * math.log1p(t)
        d[x + i] += 1.0 - 2.0 * place
    return total


def _between_back(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> None:
    n, out, x, low, high = o[p + 1], o[p + 2], o[p + 3], c[o[p + 4]], c[o[p + 5]]
    for i in range(n):
        t = math.exp(-abs(v[x + i]))
        near = 1.0 / (1.0 + t)
        d[x + i] += d[out + i] * (high - low) * t * near * near


def _ordered(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    """Add the exponentials of the others up on the first."""
    n, out, x = o[p + 1], o[p + 2], o[p + 3]
    total = 0.0
    v[out] = v[x]
    for i in range(1, n):
        v[out + i] = v[out + i - 1] + math.exp(v[x + i])
        total += v[x + i]
        d[x + i] += 1.0
    return total


def _ordered_back(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> None:
    n, out, x = o[p + 1], o[p + 2], o[p + 3]
    behind = 0.0
    for j in range(1, n):
        i = n - j
        behind += d[out + i]
        d[x + i] += behind * math.exp(v[x + i])
    d[x] += behind + d[out]


def _simplex(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    """Take the softmax of ``n`` numbers that add up to 0; ``n - 1`` are free."""
    n, out, x = o[p + 1], o[p + 2], o[p + 3]
    rest = 0.0
    for i in range(n - 1):
        rest -= v[x + i]
    largest = rest
    for i in range(n - 1):
        largest = max(largest, v[x + i])
    total = math.exp(rest - largest)
    for i in range(n - 1):
        total += math.exp(v[x + i] - largest)
    # the logs add up to -n (largest + log total), as the numbers do to 0
    log_total = math.log(total)
    v[out + n - 1] = math.exp(rest - largest - log_total)
    for i in range(n - 1):
        v[out + i] = math.exp(v[x + i] - largest - log_total)
    for i in range(n - 1):
        d[x + i] -= n * (v[out + i] - v[out + n - 1])
    density: float = -n * (largest + log_total)
    return density


def _simplex_back(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> None:
    n, out, x = o[p + 1], o[p + 2], o[p + 3]
    mean = 0.0
    for i in range(n):
        mean += d[out + i] * v[out + i]
    last = v[out + n - 1] * (d[out + n - 1] - mean)
    for i in range(n - 1):
        d[x + i] += v[out + i] * (d[out + i] - mean) - last


CHARTS = (
    Operation("steps", ("n", "out", "x", "center", "scale"), _steps, _steps_back),
    Operation("above", ("n", "out", "x", "low"), _above, _above_back),
    Operation("below", ("n", "out", "x", "high"), _below, _below_back),
    Operation("between", ("n", "out", "x", "low", "high"), _between, _between_back),
    Operation("ordered", ("n", "out", "x"), _ordered, _ordered_back),
    Operation("simplex", ("n", "out", "x"), _simplex, _simplex_back),
)
