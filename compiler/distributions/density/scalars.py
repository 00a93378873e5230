"""The operations that must not cancel, by hand for one number, with their slopes.

Made kernels call them. They are about the numbers of one row, in the plain Python that
``backends/kernel/translate.py`` compiles: ``math``, constants and each other. Compiled,
an overflow is an infinity and the logarithm of 0 is minus infinity; interpreted, both
raise.
"""

from __future__ import annotations

import math

from ..numerics import (
    EXCESS,
    EXCESS_SERIES,
    HALF_LOG_2PI,
    RATIO,
    RATIO_SERIES,
    SHIFT,
    STIRLING,
)
from .operations import (
    BESSEL_FROM,
    LGAMMA1P,
    LOG1P_EXCESS,
    LOG_2,
    MILLS_FROM,
    MILLS_TERMS,
    NEAR_ONE,
    ROOT_HALF,
    SOFT_SERIES,
    TINY,
)

#: Slope of Stirling's series, over ``1/x^2``.
STIRLING_SLOPE = tuple(-(2 * k + 1) * c for k, c in enumerate(STIRLING))
#: ``log Gamma(x + 1/2) - log Gamma(x) - log(x)/2`` in 1/x, 1/x^3, ...: Stirling's
#: series at both, expanded at ``x``; seven terms are exact from ``SHIFT`` on.
HALF_RISING = tuple((0.5 ** (2 * k + 1) - 2.0) * c for k, c in enumerate(STIRLING))
HALF_RISING_SLOPE = tuple(-(2 * k + 1) * c for k, c in enumerate(HALF_RISING))
#: Up to here a product of whole numbers is quicker than a series, and exact.
FEW = 20.0
#: Slope of ``log(1 + x) / x``, of the series in ``RATIO``.
_RATIO_SLOPE = tuple(k * c for k, c in enumerate(RATIO) if k)
#: Below it, products of steps over a number could be infinite.
_SMALL = 1e-10
#: Slope of ``log Gamma(1 + x)``, of the series in ``LGAMMA1P``.
_LGAMMA1P_SLOPE = tuple(k * c for k, c in enumerate(LGAMMA1P, start=1))


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


def row_log1mexp(x: float) -> tuple[float, float]:
    """Return ``log(1 - exp(-x))`` and its slope."""
    less = -math.expm1(-x)
    if x < LOG_2:
        return math.log(less), (1.0 - less) / less
    small = math.exp(-x)
    return math.log1p(-small), small / less


def row_logaddexp(a: float, b: float) -> tuple[float, float, float]:
    """Return ``log(exp(a) + exp(b))`` and its slopes."""
    # both may be minus infinity
    log_share, log_rest, share, rest = row_logistic(0.0 if a == b else a - b)
    if a > b:
        return a - log_share, share, rest
    return b - log_rest, share, rest


def row_exp_excess(x: float) -> tuple[float, float]:
    """Return ``exp(x) - 1 - x`` and its slope."""
    grown = math.expm1(x)
    if abs(x) < EXCESS_SERIES:
        c = EXCESS
        series = c[4] + x * (c[5] + x * (c[6] + x * (c[7] + x * c[8])))
        series = c[0] + x * (c[1] + x * (c[2] + x * (c[3] + x * series)))
        return x * x * series, grown
    return grown - x, grown


def row_log1p_excess(x: float) -> tuple[float, float]:
    """Return ``x - log(1 + x)`` and its slope."""
    slope = x / (1.0 + x)
    if abs(x) < RATIO_SERIES:
        c = LOG1P_EXCESS
        series = c[4] + x * (c[5] + x * (c[6] + x * c[7]))
        series = c[0] + x * (c[1] + x * (c[2] + x * (c[3] + x * series)))
        return x * x * series, slope
    return x - math.log1p(x), slope


def row_log1p_ratio(x: float) -> tuple[float, float]:
    """Return ``log(1 + x) / x`` and its slope."""
    if abs(x) < RATIO_SERIES:
        c = RATIO
        series = c[4] + x * (c[5] + x * (c[6] + x * (c[7] + x * c[8])))
        series = c[0] + x * (c[1] + x * (c[2] + x * (c[3] + x * series)))
        d = _RATIO_SLOPE
        slope = d[4] + x * (d[5] + x * (d[6] + x * d[7]))
        return series, d[0] + x * (d[1] + x * (d[2] + x * (d[3] + x * slope)))
    over = 1.0 / x
    ratio = math.log1p(x) * over
    return ratio, (1.0 / (1.0 + x) - ratio) * over


def row_log_rising(x: float, step: float) -> tuple[float, float]:
    """Return ``log Gamma(x + step) - log Gamma(x) - step log(x)``, its slope in x.

    The step is a count.
    """
    over = 1.0 / x
    if step <= FEW and x > _SMALL:
        # a product of few numbers
        product = 1.0
        lacking = 0.0
        i = 1.0
        while i < step:
            more = i * over
            product *= 1.0 + more
            lacking += more / (1.0 + more)
            i += 1.0
        return math.log(product), -lacking * over
    total = x + step
    logged = math.log1p(step * over)
    lack, slope = row_stirling(x)
    total_lack, total_slope = row_stirling(total)
    value = total_lack - lack + (total - 0.5) * logged - step
    # the slope of (x + step - 1/2) log(1 + step/x), less that of step log(x)
    more = logged - (total - 0.5) * step * over / total
    return value, total_slope - slope + more


def row_softplus_excess(x: float) -> tuple[float, float]:
    """Return ``log(1 + exp(x)) - 1/(1 + exp(-x))`` and its slope."""
    _, log_rest, share, rest = row_logistic(x)
    if x < SOFT_SERIES:
        c = LOG1P_EXCESS
        series = c[4] - share * (c[5] - share * (c[6] - share * c[7]))
        series = c[1] - share * (c[2] - share * (c[3] - share * series))
        return share * share * (c[0] - share * series), share * share
    return -log_rest - share, share * share


def row_x_log_x(x: float) -> tuple[float, float]:
    """Return ``x log(x)`` and its slope; 0 and a finite one at 0."""
    if x > TINY:
        logged = math.log(x)
        return x * logged, 1.0 + logged
    return 0.0, 1.0 + math.log(TINY)


def row_gamma_remainder(x: float) -> tuple[float, float]:
    """Return ``log Gamma(1 + x) - x log(x) + x`` and its slope."""
    value = HALF_LOG_2PI
    slope = 0.0
    far = x
    if x < SHIFT:
        far = x + SHIFT
        product = 1.0
        total = 0.0
        passed = 1.0
        while passed < SHIFT:
            product *= x + passed
            total += 1.0 / (x + passed)
            passed += 1.0
        log_far = math.log(far)
        lost, by_lost = row_x_log_x(x)
        value += (far - 0.5) * log_far - math.log(product) - lost - SHIFT
        slope = log_far - 0.5 / far - total - (by_lost - 1.0)
    else:
        value += 0.5 * math.log(x)
        slope = 0.5 / x
    over = 1.0 / far
    s = over * over
    c = STIRLING_SLOPE
    series = c[3] + s * (c[4] + s * (c[5] + s * c[6]))
    series = c[0] + s * (c[1] + s * (c[2] + s * series))
    return value + row_stirling_series(far), slope + s * series


def row_lgamma1p(x: float) -> tuple[float, float]:
    """Return ``log Gamma(1 + x)`` and its slope."""
    if x < NEAR_ONE:
        c = LGAMMA1P
        value = c[6] + x * (c[7] + x * (c[8] + x * c[9]))
        value = c[3] + x * (c[4] + x * (c[5] + x * value))
        value = c[0] + x * (c[1] + x * (c[2] + x * value))
        d = _LGAMMA1P_SLOPE
        slope = d[6] + x * (d[7] + x * (d[8] + x * d[9]))
        slope = d[3] + x * (d[4] + x * (d[5] + x * slope))
        slope = d[0] + x * (d[1] + x * (d[2] + x * slope))
        return x * value, slope
    lack, by_lack = row_gamma_remainder(x)
    logged = math.log(x)
    return lack + x * logged - x, by_lack + logged


def row_log_ndtr(x: float) -> tuple[float, float]:
    """Return the log of the normal distribution function, and its slope."""
    if x < MILLS_FROM:
        # Laplace's continued fraction of one over Mills' ratio, which is the slope
        mills = -x
        term = 0.0 + MILLS_TERMS
        while term > 0.0:
            mills = term / mills - x
            term -= 1.0
        return -0.5 * x * x - HALF_LOG_2PI - math.log(mills), mills
    height = math.exp(-0.5 * x * x - HALF_LOG_2PI)
    if x < 1.0:
        share = 0.5 * math.erfc(-x * ROOT_HALF)
        return math.log(share), height / share
    rest = 0.5 * math.erfc(x * ROOT_HALF)
    return math.log1p(-rest), height / (1.0 - rest)


def row_log_mills(x: float) -> tuple[float, float]:
    """Return the log of the normal distribution function over the density, its slope.

    The slope is one over Mills' ratio plus ``x``, which nearly cancel far out: there it
    is the rest of the continued fraction.
    """
    if x < MILLS_FROM:
        rest = -x
        term = 0.0 + MILLS_TERMS
        while term > 1.0:
            rest = term / rest - x
            term -= 1.0
        return -math.log(1.0 / rest - x), 1.0 / rest
    value, slope = row_log_ndtr(x)
    return value + 0.5 * x * x + HALF_LOG_2PI, slope + x


def row_log_i0e(x: float) -> tuple[float, float]:
    """Return the log of ``I_0(x) exp(-x)`` and its slope, ``I_1/I_0 - 1``."""
    if x < BESSEL_FROM:
        quarter = 0.25 * x * x
        term = 1.0
        whole = 1.0
        first = 1.0
        k = 1.0
        while k < 46.0:
            term *= quarter / (k * k)
            whole += term
            first += term / (k + 1.0)
            k += 1.0
        return math.log(whole) - x, 0.5 * x * first / whole - 1.0
    over = 1.0 / x
    part = 1.0
    total = 1.0
    slope = 0.0
    n = 1.0
    while n < 21.0:
        part *= (2.0 * n - 1.0) * (2.0 * n - 1.0) * over / (8.0 * n)
        total += part
        slope += n * part
        n += 1.0
    value = math.log(total) - 0.5 * math.log(x) - HALF_LOG_2PI
    return value, -over * (slope / total + 0.5)
