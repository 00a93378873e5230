"""The operations of the program's expressions, on vectors.

A scalar operand of a longer result has the stride 0.
"""

from __future__ import annotations

import math
from typing import Any

from .operation import Operation


def _load(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    n, out, a = o[p + 1], o[p + 2], o[p + 3]
    for i in range(n):
        v[out + i] = c[a + i]
    return 0.0


def _copy(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    n, out, a, s = o[p + 1], o[p + 2], o[p + 3], o[p + 4]
    for i in range(n):
        v[out + i] = v[a + i * s]
    return 0.0


def _copy_back(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> None:
    n, out, a, s = o[p + 1], o[p + 2], o[p + 3], o[p + 4]
    for i in range(n):
        d[a + i * s] += d[out + i]


def _gather(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    n, out, a, order = o[p + 1], o[p + 2], o[p + 3], o[p + 4]
    for i in range(n):
        v[out + i] = v[a + k[order + i]]
    return 0.0


def _gather_back(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> None:
    n, out, a, order = o[p + 1], o[p + 2], o[p + 3], o[p + 4]
    for i in range(n):
        d[a + k[order + i]] += d[out + i]


def _add(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    n, out, a, s, b, t = o[p + 1], o[p + 2], o[p + 3], o[p + 4], o[p + 5], o[p + 6]
    for i in range(n):
        v[out + i] = v[a + i * s] + v[b + i * t]
    return 0.0


def _add_back(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> None:
    n, out, a, s, b, t = o[p + 1], o[p + 2], o[p + 3], o[p + 4], o[p + 5], o[p + 6]
    for i in range(n):
        d[a + i * s] += d[out + i]
        d[b + i * t] += d[out + i]


def _subtract(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    n, out, a, s, b, t = o[p + 1], o[p + 2], o[p + 3], o[p + 4], o[p + 5], o[p + 6]
    for i in range(n):
        v[out + i] = v[a + i * s] - v[b + i * t]
    return 0.0


def _subtract_back(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> None:
    n, out, a, s, b, t = o[p + 1], o[p + 2], o[p + 3], o[p + 4], o[p + 5], o[p + 6]
    for i in range(n):
        d[a + i * s] += d[out + i]
        d[b + i * t] -= d[out + i]


def _multiply(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    n, out, a, s, b, t = o[p + 1], o[p + 2], o[p + 3], o[p + 4], o[p + 5], o[p + 6]
    for i in range(n):
        v[out + i] = v[a + i * s] * v[b + i * t]
    return 0.0


def _multiply_back(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> None:
    n, out, a, s, b, t = o[p + 1], o[p + 2], o[p + 3], o[p + 4], o[p + 5], o[p + 6]
    for i in range(n):
        d[a + i * s] += d[out + i] * v[b + i * t]
        d[b + i * t] += d[out + i] * v[a + i * s]


def _negate(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    n, out, a = o[p + 1], o[p + 2], o[p + 3]
    for i in range(n):
        v[out + i] = -v[a + i]
    return 0.0


def _negate_back(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> None:
    n, out, a = o[p + 1], o[p + 2], o[p + 3]
    for i in range(n):
        d[a + i] -= d[out + i]


def _exp(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    n, out, a = o[p + 1], o[p + 2], o[p + 3]
    for i in range(n):
        v[out + i] = math.exp(v[a + i])
    return 0.0


def _exp_back(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> None:
    n, out, a = o[p + 1], o[p + 2], o[p + 3]
    for i in range(n):
        d[a + i] += d[out + i] * v[out + i]


def _inv_square(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    n, out, a = o[p + 1], o[p + 2], o[p + 3]
    for i in range(n):
        v[out + i] = 1.0 / (v[a + i] * v[a + i])
    return 0.0


def _inv_square_back(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> None:
    n, out, a = o[p + 1], o[p + 2], o[p + 3]
    for i in range(n):
        d[a + i] -= 2.0 * d[out + i] * v[out + i] / v[a + i]


def _dot(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    n, out, a, b = o[p + 1], o[p + 2], o[p + 3], o[p + 4]
    total = 0.0
    for i in range(n):
        total += v[a + i] * v[b + i]
    v[out] = total
    return 0.0


def _dot_back(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> None:
    n, out, a, b = o[p + 1], o[p + 2], o[p + 3], o[p + 4]
    for i in range(n):
        d[a + i] += d[out] * v[b + i]
        d[b + i] += d[out] * v[a + i]


def _diff(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    n, out, a = o[p + 1], o[p + 2], o[p + 3]
    for i in range(n):
        v[out + i] = v[a + i + 1] - v[a + i]
    return 0.0


def _diff_back(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> None:
    n, out, a = o[p + 1], o[p + 2], o[p + 3]
    for i in range(n):
        d[a + i + 1] += d[out + i]
        d[a + i] -= d[out + i]


def _spread(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    """Lay ``n`` thresholds outwards from their middle (``thresholds.spread``)."""
    n, out, center, gap, low, high = (
        o[p + 1],
        o[p + 2],
        o[p + 3],
        o[p + 4],
        o[p + 5],
        o[p + 6],
    )
    v[out] = 0.0
    for i in range(1, n):
        v[out + i] = v[out + i - 1] + v[gap + i - 1]
    shift = v[center] - 0.5 * (v[out + low] + v[out + high])
    for i in range(n):
        v[out + i] += shift
    return 0.0


def _spread_back(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> None:
    n, out, center, gap, low, high = (
        o[p + 1],
        o[p + 2],
        o[p + 3],
        o[p + 4],
        o[p + 5],
        o[p + 6],
    )
    whole = 0.0
    for i in range(n):
        whole += d[out + i]
    d[center] += whole
    behind = 0.0
    for j in range(1, n):
        i = n - j
        behind += d[out + i]
        below = 0.5 * whole if i <= low else 0.0
        below += 0.5 * whole if i <= high else 0.0
        d[gap + i - 1] += behind - below


def _logit_cumulative(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    """Compute the ``n`` thresholds that give ``n + 1`` probabilities at 0."""
    n, out, a, below, above = (
        o[p + 1],
        o[p + 2],
        o[p + 3],
        o[p + 4],
        o[p + 4] + o[p + 1],
    )
    total = 0.0
    for i in range(n):
        total += v[a + i]
        v[below + i] = total
    total = 0.0
    for j in range(n):
        i = n - 1 - j
        total += v[a + i + 1]
        v[above + i] = total
        v[out + i] = math.log(v[below + i]) - math.log(total)
    return 0.0


def _logit_cumulative_back(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> None:
    n, out, a, below, above = (
        o[p + 1],
        o[p + 2],
        o[p + 3],
        o[p + 4],
        o[p + 4] + o[p + 1],
    )
    ahead = 0.0
    for j in range(n):
        i = n - 1 - j
        ahead += d[out + i] / v[below + i]
        d[a + i] += ahead
    ahead = 0.0
    for i in range(n):
        ahead += d[out + i] / v[above + i]
        d[a + i + 1] -= ahead


def _logit_gaps(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    """Compute their ``n`` gaps, without differences of thresholds."""
    n, out, a, below, above = (
        o[p + 1],
        o[p + 2],
        o[p + 3],
        o[p + 4],
        o[p + 4] + o[p + 1],
    )
    total = 0.0
    for i in range(n):
        total += v[a + i]
        v[below + i] = total
    total = 0.0
    for j in range(n):
        i = n - 1 - j
        total += v[a + i + 2]
        v[above + i] = total
        inner = v[a + i + 1]
        v[out + i] = math.log1p(inner / v[below + i]) + math.log1p(inner / total)
    return 0.0


def _logit_gaps_back(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> None:
    n, out, a, below, above = (
        o[p + 1],
        o[p + 2],
        o[p + 3],
        o[p + 4],
        o[p + 4] + o[p + 1],
    )
    ahead = 0.0
    for j in range(n):
        i = n - 1 - j
        slope = d[out + i] / (v[below + i] + v[a + i + 1])
        d[a + i + 1] += slope
        ahead += slope * v[a + i + 1] / v[below + i]
        d[a + i] -= ahead
    ahead = 0.0
    for i in range(n):
        slope = d[out + i] / (v[above + i] + v[a + i + 1])
        d[a + i + 1] += slope
        ahead += slope * v[a + i + 1] / v[above + i]
        d[a + i + 2] -= ahead


def _monotonic(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    """``n + 1`` places: 0 and the cumulative sums of ``n`` steps, times ``n``."""
    n, out, a = o[p + 1], o[p + 2], o[p + 3]
    total = 0.0
    v[out] = 0.0
    for i in range(n):
        total += v[a + i]
        v[out + i + 1] = n * total
    return 0.0


def _monotonic_back(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> None:
    n, out, a = o[p + 1], o[p + 2], o[p + 3]
    ahead = 0.0
    for j in range(n):
        i = n - 1 - j
        ahead += n * d[out + i + 1]
        d[a + i] += ahead


_BINARY = ("n", "out", "a", "s", "b", "t")

ALGEBRA = (
    Operation("load", ("n", "out", "number"), _load),
    Operation("copy", ("n", "out", "a", "s"), _copy, _copy_back),
    Operation("gather", ("n", "out", "a", "order"), _gather, _gather_back),
    Operation("+", _BINARY, _add, _add_back),
    Operation("-", _BINARY, _subtract, _subtract_back),
    Operation("*", _BINARY, _multiply, _multiply_back),
    Operation("neg", ("n", "out", "a"), _negate, _negate_back),
    Operation("exp", ("n", "out", "a"), _exp, _exp_back),
    Operation("inv_square", ("n", "out", "a"), _inv_square, _inv_square_back),
    Operation("dot", ("n", "out", "a", "b"), _dot, _dot_back),
    Operation("diff", ("n", "out", "a"), _diff, _diff_back),
    Operation(
        "spread",
        ("n", "out", "center", "gap", "low", "high"),
        _spread,
        _spread_back,
    ),
    Operation(
        "logit_cumulative",
        ("n", "out", "a", "sums"),
        _logit_cumulative,
        _logit_cumulative_back,
    ),
    Operation("monotonic", ("n", "out", "a"), _monotonic, _monotonic_back),
    Operation("logit_gaps", ("n", "out", "a", "sums"), _logit_gaps, _logit_gaps_back),
)
