"""Functions of one to three numbers, on vectors: bodies of formulas not linear.

A scalar operand of a longer result has the stride 0. What they compute, and their
slopes, are those of ``expressions.elementwise``.
"""

from __future__ import annotations

import math
from typing import Any

from .operation import Operation

_ROOT_HALF = math.sqrt(0.5)
_ROOT_TWO_PI = math.sqrt(2.0 * math.pi)


def _divide(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    n, out, a, s, b, t = o[p + 1], o[p + 2], o[p + 3], o[p + 4], o[p + 5], o[p + 6]
    for i in range(n):
        v[out + i] = v[a + i * s] / v[b + i * t]
    return 0.0


def _divide_back(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> None:
    n, out, a, s, b, t = o[p + 1], o[p + 2], o[p + 3], o[p + 4], o[p + 5], o[p + 6]
    for i in range(n):
        slope = d[out + i] / v[b + i * t]
        d[a + i * s] += slope
        d[b + i * t] -= slope * v[out + i]


def _power(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    n, out, a, s, b, t = o[p + 1], o[p + 2], o[p + 3], o[p + 4], o[p + 5], o[p + 6]
    for i in range(n):
        v[out + i] = math.pow(v[a + i * s], v[b + i * t])
    return 0.0


def _power_back(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> None:
    n, out, a, s, b, t = o[p + 1], o[p + 2], o[p + 3], o[p + 4], o[p + 5], o[p + 6]
    for i in range(n):
        base, exponent = v[a + i * s], v[b + i * t]
        if exponent != 0.0:
            d[a + i * s] += d[out + i] * exponent * math.pow(base, exponent - 1.0)
        if base > 0.0:
            d[b + i * t] += d[out + i] * v[out + i] * math.log(base)


def _log(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    n, out, a = o[p + 1], o[p + 2], o[p + 3]
    for i in range(n):
        v[out + i] = math.log(v[a + i])
    return 0.0


def _log_back(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> None:
    n, out, a = o[p + 1], o[p + 2], o[p + 3]
    for i in range(n):
        d[a + i] += d[out + i] / v[a + i]


def _log1p(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    n, out, a = o[p + 1], o[p + 2], o[p + 3]
    for i in range(n):
        v[out + i] = math.log1p(v[a + i])
    return 0.0


def _log1p_back(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> None:
    n, out, a = o[p + 1], o[p + 2], o[p + 3]
    for i in range(n):
        d[a + i] += d[out + i] / (1.0 + v[a + i])


def _expm1(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    n, out, a = o[p + 1], o[p + 2], o[p + 3]
    for i in range(n):
        v[out + i] = math.expm1(v[a + i])
    return 0.0


def _expm1_back(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> None:
    n, out, a = o[p + 1], o[p + 2], o[p + 3]
    for i in range(n):
        d[a + i] += d[out + i] * (1.0 + v[out + i])


def _sqrt(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    n, out, a = o[p + 1], o[p + 2], o[p + 3]
    for i in range(n):
        v[out + i] = math.sqrt(v[a + i])
    return 0.0


def _sqrt_back(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> None:
    n, out, a = o[p + 1], o[p + 2], o[p + 3]
    for i in range(n):
        d[a + i] += 0.5 * d[out + i] / v[out + i]


def _abs(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    n, out, a = o[p + 1], o[p + 2], o[p + 3]
    for i in range(n):
        v[out + i] = abs(v[a + i])
    return 0.0


def _abs_back(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> None:
    n, out, a = o[p + 1], o[p + 2], o[p + 3]
    for i in range(n):
        if v[a + i] > 0.0:
            d[a + i] += d[out + i]
        elif v[a + i] < 0.0:
            d[a + i] -= d[out + i]


def _sin(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    n, out, a = o[p + 1], o[p + 2], o[p + 3]
    for i in range(n):
        v[out + i] = math.sin(v[a + i])
    return 0.0


def _sin_back(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> None:
    n, out, a = o[p + 1], o[p + 2], o[p + 3]
    for i in range(n):
        d[a + i] += d[out + i] * math.cos(v[a + i])


def _cos(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    n, out, a = o[p + 1], o[p + 2], o[p + 3]
    for i in range(n):
        v[out + i] = math.cos(v[a + i])
    return 0.0


def _cos_back(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> None:
    n, out, a = o[p + 1], o[p + 2], o[p + 3]
    for i in range(n):
        d[a + i] -= d[out + i] * math.sin(v[a + i])


def _tanh(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    n, out, a = o[p + 1], o[p + 2], o[p + 3]
    for i in range(n):
        v[out + i] = math.tanh(v[a + i])
    return 0.0


def _tanh_back(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> None:
    n, out, a = o[p + 1], o[p + 2], o[p + 3]
    for i in range(n):
        d[a + i] += d[out + i] * (1.0 - v[out + i] * v[out + i])


def _logit(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    n, out, a = o[p + 1], o[p + 2], o[p + 3]
    for i in range(n):
        v[out + i] = math.log(v[a + i]) - math.log1p(-v[a + i])
    return 0.0


def _logit_back(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> None:
    n, out, a = o[p + 1], o[p + 2], o[p + 3]
    for i in range(n):
        d[a + i] += d[out + i] / (v[a + i] * (1.0 - v[a + i]))


def _inv_logit(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    n, out, a = o[p + 1], o[p + 2], o[p + 3]
    for i in range(n):
        small = math.exp(-abs(v[a + i]))
        upper = 1.0 if v[a + i] > 0.0 else small
        v[out + i] = upper / (1.0 + small)
    return 0.0


def _inv_logit_back(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> None:
    n, out, a = o[p + 1], o[p + 2], o[p + 3]
    for i in range(n):
        small = math.exp(-abs(v[a + i]))
        d[a + i] += d[out + i] * small / ((1.0 + small) * (1.0 + small))


def _normal_cdf(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    n, out, a = o[p + 1], o[p + 2], o[p + 3]
    for i in range(n):
        v[out + i] = 0.5 * math.erfc(-v[a + i] * _ROOT_HALF)
    return 0.0


def _normal_cdf_back(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> None:
    n, out, a = o[p + 1], o[p + 2], o[p + 3]
    for i in range(n):
        height = math.exp(-0.5 * v[a + i] * v[a + i]) / _ROOT_TWO_PI
        d[a + i] += d[out + i] * height


def _min(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    n, out, a, s, b, t = o[p + 1], o[p + 2], o[p + 3], o[p + 4], o[p + 5], o[p + 6]
    for i in range(n):
        v[out + i] = min(v[a + i * s], v[b + i * t])
    return 0.0


def _min_back(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> None:
    n, out, a, s, b, t = o[p + 1], o[p + 2], o[p + 3], o[p + 4], o[p + 5], o[p + 6]
    for i in range(n):
        if v[a + i * s] > v[b + i * t]:
            d[b + i * t] += d[out + i]
        else:
            d[a + i * s] += d[out + i]


def _max(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    n, out, a, s, b, t = o[p + 1], o[p + 2], o[p + 3], o[p + 4], o[p + 5], o[p + 6]
    for i in range(n):
        v[out + i] = max(v[a + i * s], v[b + i * t])
    return 0.0


def _max_back(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> None:
    n, out, a, s, b, t = o[p + 1], o[p + 2], o[p + 3], o[p + 4], o[p + 5], o[p + 6]
    for i in range(n):
        if v[a + i * s] < v[b + i * t]:
            d[b + i * t] += d[out + i]
        else:
            d[a + i * s] += d[out + i]


def _choose(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    n, out, test, r = o[p + 1], o[p + 2], o[p + 3], o[p + 4]
    a, s, b, t = o[p + 5], o[p + 6], o[p + 7], o[p + 8]
    for i in range(n):
        if v[test + i * r] != 0.0:
            v[out + i] = v[a + i * s]
        else:
            v[out + i] = v[b + i * t]
    return 0.0


def _choose_back(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> None:
    n, out, test, r = o[p + 1], o[p + 2], o[p + 3], o[p + 4]
    a, s, b, t = o[p + 5], o[p + 6], o[p + 7], o[p + 8]
    for i in range(n):
        if v[test + i * r] != 0.0:
            d[a + i * s] += d[out + i]
        else:
            d[b + i * t] += d[out + i]


#: The words of the operands, by their number.
OPERANDS = {
    1: ("n", "out", "a"),
    2: ("n", "out", "a", "s", "b", "t"),
    3: ("n", "out", "test", "r", "a", "s", "b", "t"),
}

ELEMENTWISE = (
    Operation("/", OPERANDS[2], _divide, _divide_back),
    Operation("^", OPERANDS[2], _power, _power_back),
    Operation("log", OPERANDS[1], _log, _log_back),
    Operation("log1p", OPERANDS[1], _log1p, _log1p_back),
    Operation("expm1", OPERANDS[1], _expm1, _expm1_back),
    Operation("sqrt", OPERANDS[1], _sqrt, _sqrt_back),
    Operation("abs", OPERANDS[1], _abs, _abs_back),
    Operation("sin", OPERANDS[1], _sin, _sin_back),
    Operation("cos", OPERANDS[1], _cos, _cos_back),
    Operation("tanh", OPERANDS[1], _tanh, _tanh_back),
    Operation("logit", OPERANDS[1], _logit, _logit_back),
    Operation("inv_logit", OPERANDS[1], _inv_logit, _inv_logit_back),
    Operation("Phi", OPERANDS[1], _normal_cdf, _normal_cdf_back),
    Operation("min", OPERANDS[2], _min, _min_back),
    Operation("max", OPERANDS[2], _max, _max_back),
    Operation("choose", OPERANDS[3], _choose, _choose_back),
)
