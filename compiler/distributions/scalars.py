"""The functions of ``numerics.py`` for one number, each with its slope.

The kernels of the families are made of them. They are about the numbers of one
row, in the plain Python that ``backends/kernel/translate.py`` compiles: ``math``,
constants and each other. Compiled, an overflow is an infinity and the logarithm of 0
is minus infinity; interpreted, both raise.
"""

from __future__ import annotations

import math

from .numerics import HALF_LOG_2PI, SHIFT, STIRLING

#: ``x - log(1 + x)`` over ``x^2``, up to ``|x|`` = ``EXCESS_SERIES``.
EXCESS = tuple((-1.0) ** k / (k + 2.0) for k in range(8))
EXCESS_SERIES = 0.01
#: Slope of Stirling's series, over ``1/x^2``.
STIRLING_SLOPE = tuple(-(2 * k + 1) * c for k, c in enumerate(STIRLING))
#: ``log Gamma(x + 1/2) - log Gamma(x) - log(x)/2`` in 1/x, 1/x^3, ...: Stirling's
#: series at both, expanded at ``x``; seven terms are exact from ``SHIFT`` on.
HALF_RISING = tuple((0.5 ** (2 * k + 1) - 2.0) * c for k, c in enumerate(STIRLING))
HALF_RISING_SLOPE = tuple(-(2 * k + 1) * c for k, c in enumerate(HALF_RISING))
#: Up to here a product of whole numbers is quicker than a series, and exact.
FEW = 20.0


def row_logistic(x: float) -> tuple[float, float, float, float]:
    """Return ``log F(x)``, ``log F(-x)``, ``F(x)``, ``F(-x)``, each to the last digit.

    ``F(x) = 1 / (1 + exp(-x))``. The slope of the first is the last, of the second
    minus the third.
    """
    t = math.exp(-abs(x))
    whole = 1.0 + t
    share = 1.0 / whole
    # log1p(t): the logarithm of the rounded sum, and what was rounded off
    logged = math.log(whole) + (t - (whole - 1.0)) * share
    if x < 0.0:
        return x - logged, -logged, t * share, share
    return -logged, -x - logged, share, t * share


def row_log1p_excess(x: float, logged: float) -> float:
    """Return ``x - log(1 + x)``, given the logarithm; exact near 0 as well."""
    if abs(x) < EXCESS_SERIES:
        c = EXCESS
        series = c[4] + x * (c[5] + x * (c[6] + x * c[7]))
        return x * x * (c[0] + x * (c[1] + x * (c[2] + x * (c[3] + x * series))))
    return x - logged


def row_stirling_series(x: float) -> float:
    """Return what Stirling's formula for ``log Gamma(x)`` lacks, from ``SHIFT`` on."""
    over = 1.0 / x
    s = over * over
    series = STIRLING[3] + s * (STIRLING[4] + s * (STIRLING[5] + s * STIRLING[6]))
    series = STIRLING[0] + s * (STIRLING[1] + s * (STIRLING[2] + s * series))
    return over * series


def row_stirling(x: float) -> tuple[float, float]:
    """Return what Stirling's formula lacks, and its slope, for ``x > 0``.

    ``log Gamma(x) = (x - 1/2) log x - x + log(2 pi)/2 + row_stirling(x)``.
    """
    value = 0.0
    slope = 0.0
    far = x
    if x < SHIFT:
        far = x + SHIFT
        product = 1.0
        total = 0.0
        passed = 0.0
        while passed < SHIFT:
            product *= x + passed
            total += 1.0 / (x + passed)
            passed += 1.0
        log_far, log_near = math.log(far), math.log(x)
        value = (far - 0.5) * log_far - SHIFT - math.log(product) - (x - 0.5) * log_near
        slope = (log_far - log_near) - 0.5 / far + 0.5 / x - total
    over = 1.0 / far
    s = over * over
    c = STIRLING_SLOPE
    series = c[3] + s * (c[4] + s * (c[5] + s * c[6]))
    series = c[0] + s * (c[1] + s * (c[2] + s * series))
    return value + row_stirling_series(far), slope + s * series


def row_half_rising(x: float) -> tuple[float, float]:
    """Return ``log Gamma(x + 1/2) - log Gamma(x) - log(x)/2`` and its slope.

    For ``x > 0``; near ``-1/(8 x)`` for large ones.
    """
    value = 0.0
    slope = 0.0
    far = x
    if x < SHIFT:
        above = 1.0
        below = 1.0
        while far < SHIFT:
            above *= far
            below *= far + 0.5
            slope += 0.5 / (far * (far + 0.5))
            far += 1.0
        value = math.log(above / below * math.sqrt(far / x))
        slope += 0.5 / far - 0.5 / x
    over = 1.0 / far
    s = over * over
    c = HALF_RISING
    series = c[3] + s * (c[4] + s * (c[5] + s * c[6]))
    value += over * (c[0] + s * (c[1] + s * (c[2] + s * series)))
    d = HALF_RISING_SLOPE
    series = d[3] + s * (d[4] + s * (d[5] + s * d[6]))
    slope += s * (d[0] + s * (d[1] + s * (d[2] + s * series)))
    return value, slope


def row_deviance(k: float, expected: float, log_expected: float) -> float:
    """Return ``k log(k/m) + m - k`` for ``k > 0``, a count against an expected one.

    The slope in ``log m`` is ``m - k``.
    """
    more = expected - k
    if abs(more) < 0.5 * k:
        return more - k * math.log1p(more / k)
    return k * (math.log(k) - log_expected) + more


def row_log_factorial(k: float) -> float:
    """Return ``log k!`` of a whole number up to ``FEW``."""
    product = 1.0
    factor = 2.0
    while factor <= k:
        product *= factor
        factor += 1.0
    return math.log(product)


def row_factorial_remainder(k: float) -> float:
    """Return ``log k! - (k log k - k)`` of a whole number from ``SHIFT`` on."""
    return HALF_LOG_2PI + 0.5 * math.log(k) + row_stirling_series(k)
