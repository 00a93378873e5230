"""The regularised incomplete gamma and beta functions of one number, with slopes.

Both logs come together: of what is below and of what is above. The smaller one is
computed, and the other one is what it leaves. In the logarithm, or the log odds, of
the variable both densities are log-concave, so that one rule serves far out and near
the middle: Gauss's, from the point to where nothing is left. Small parameters, whose
tails are long, take the power series, all of whose terms are positive. Slopes in the
parameters are means over the tail, and lose no digits either (Gil, Segura & Temme,
2007, Numerical methods for special functions, chapters 5 and 8, for series and
quadrature).

Plain Python of the kind that the kernel backend compiles.
"""

from __future__ import annotations

import math

import numpy as np

from ..numerics import HALF_LOG_2PI
from .scalars import (
    row_exp_excess,
    row_gamma_remainder,
    row_log1mexp,
    row_log1p_excess,
    row_logistic,
    row_stirling,
)

#: Below it a parameter takes the power series.
SERIES_BELOW = 16.0
#: Beyond it in the direction of 1 the power series would be long.
LARGEST_SHARE = 0.75
#: Where the density is as many logs lower than where it starts, nothing is left.
DEEP = 38.0
#: Terms of a series are left out where they are a smaller share of it.
SMALLEST_SHARE = 1e-17
#: What is no different from 1 is less than it by so much.
LEAST = 1e-300
#: Logarithms of ratios are cut here, where their exponentials are numbers.
LARGEST = 600.0
POINTS = 28
_ROOTS, _WEIGHTS = np.polynomial.legendre.leggauss(POINTS)
#: Gauss's rule from 0 to 1.
NODES = tuple(0.5 * (1.0 + float(root)) for root in _ROOTS)
WEIGHTS = tuple(0.5 * float(weight) for weight in _WEIGHTS)


def row_gamma_tails(
    a: float, d: float
) -> tuple[float, float, float, float, float, float]:
    """Return ``log P(a, x)``, ``log Q(a, x)`` and the slopes of each in both.

    ``x = a exp(d)``: at large ``a`` all that matters is how far ``x`` is from it.
    """
    d = min(d, LARGEST)
    x = a * math.exp(d)
    lack, by_lack = row_gamma_remainder(a)
    excess, grown = row_exp_excess(d)
    # of the density of the logarithm of the variable
    tail = math.log(a) - a * excess - lack
    by_a = 1.0 / a - excess - by_lack
    by_d = 0.0
    is_lower = d < 0.0 or (x < 1.0 and a < SERIES_BELOW)
    total = 0.0
    lost = 0.0
    if is_lower and a < SERIES_BELOW:
        total = 1.0
        term = 1.0
        passed = 0.0
        behind = 0.0
        while term > SMALLEST_SHARE * total:
            passed += 1.0
            step = 1.0 / (a + passed)
            term *= x * step
            behind += step
            total += term
            lost += term * (behind - passed / a)
        tail += math.log(total / a)
        by_a -= lost / total + 1.0 / a
        by_d = a / total
    else:
        slope = abs(a * grown)
        end = 2.0 * DEEP / (slope + math.sqrt(slope * slope + 2.0 * DEEP * x))
        sign = -1.0 if is_lower else 1.0
        for _ in range(3):
            if is_lower:
                bend, less = row_exp_excess(-end)
                end += (DEEP - slope * end - x * bend) / (slope - x * less)
            else:
                end = min(end, math.log1p((DEEP + a * end) / x))
        for i in range(POINTS):
            at = end * NODES[i]
            depth = slope * at + x * row_exp_excess(sign * at)[0]
            part = WEIGHTS[i] * math.exp(-depth)
            total += part
            lost += part * depth
        tail += math.log(total * end)
        by_a -= lost / (total * a)
        by_d = 1.0 / (total * end)
    tail = min(tail, -LEAST)
    other = row_log1mexp(-tail)[0]
    ratio = math.exp(tail - other)
    if is_lower:
        return tail, other, by_a, by_d, -ratio * by_a, -ratio * by_d
    return other, tail, -ratio * by_a, ratio * by_d, by_a, -by_d


def row_beta_tails(
    a: float, b: float, u: float
) -> tuple[float, float, float, float, float, float, float, float]:
    """Return the logs of ``I_x(a, b)`` and ``1 - I_x(a, b)``, and slopes of each.

    ``u`` is the log odds of ``x``.
    """
    log_p, log_q, p, q = row_logistic(u)
    n = a + b
    log_a, log_b, log_n = math.log(a), math.log(b), math.log(n)
    lack_a, by_lack_a = row_stirling(a)
    lack_b, by_lack_b = row_stirling(b)
    lack_n, by_lack_n = row_stirling(n)
    gap = a * q - b * p
    # of the density of the log odds of the variable (Loader 2000)
    tail = 0.5 * (log_a + log_b - log_n) - HALF_LOG_2PI - (lack_a + lack_b - lack_n)
    tail -= row_deviance(a, n * p, log_n + log_p)
    tail -= row_deviance(b, n * q, log_n + log_q)
    by_a = by_lack_n - by_lack_a + 0.5 / a - 0.5 / n
    by_b = by_lack_n - by_lack_b + 0.5 / b - 0.5 / n
    by_a += math.log1p(-gap / a) if abs(gap) < 0.5 * a else log_p + log_n - log_a
    by_b += math.log1p(gap / b) if abs(gap) < 0.5 * b else log_q + log_n - log_b
    by_u = 0.0
    is_lower = gap >= 0.0
    first = a if is_lower else b
    share = p if is_lower else q
    is_series = first < SERIES_BELOW
    if (is_series and share > LARGEST_SHARE) or (
        not is_series and n - first < SERIES_BELOW and n * (q if is_lower else p) < 1.0
    ):
        # the other tail, though it is the larger one: its series is short
        is_series = True
        is_lower = not is_lower
        first = a if is_lower else b
        share = p if is_lower else q
    rest = q if is_lower else p
    total = 0.0
    by_first = 0.0
    by_second = 0.0
    if is_series:
        total = 1.0
        term = 1.0
        above = 0.0
        below = 0.0
        passed = 0.0
        while term > SMALLEST_SHARE * total:
            step = 1.0 / (first + 1.0 + passed)
            above += 1.0 / (n + passed)
            below += step
            term *= (n + passed) * step * share
            passed += 1.0
            total += term
            by_first += term * (above - below)
            by_second += term * above
        tail += math.log(total / first)
        by_first = by_first / total - 1.0 / first
        by_second /= total
        by_u = first / total
    else:
        slope = abs(gap)
        bend = n * share * rest
        end = 2.0 * DEEP / (slope + math.sqrt(slope * slope + 2.0 * DEEP * bend))
        for _ in range(4):
            depth, away, _less = row_beta_depth(end, slope, n, share, rest)
            end += (DEEP - depth) / (first - n * away)
        for i in range(POINTS):
            at = end * NODES[i]
            depth, _share, less = row_beta_depth(at, slope, n, share, rest)
            part = WEIGHTS[i] * math.exp(-depth)
            total += part
            by_first -= part * (at - less)
            by_second += part * less
        by_first /= total
        by_second /= total
        total *= end
        tail += math.log(total)
        by_u = 1.0 / total
    by_a += by_first if is_lower else by_second
    by_b += by_second if is_lower else by_first
    tail = min(tail, -LEAST)
    other = row_log1mexp(-tail)[0]
    ratio = math.exp(tail - other)
    if is_lower:
        return (
            tail,
            other,
            by_a,
            by_b,
            by_u,
            -ratio * by_a,
            -ratio * by_b,
            -ratio * by_u,
        )
    return other, tail, -ratio * by_a, -ratio * by_b, ratio * by_u, by_a, by_b, -by_u


def row_beta_depth(
    at: float, slope: float, n: float, share: float, rest: float
) -> tuple[float, float, float]:
    """Return how far a density is down, the share there, and minus a logarithm.

    Of log odds that are ``at`` lower than where the share is ``share``: the log density
    is down by the first, and ``log(1 - share)`` is up by the last.
    """
    if share < 0.5:
        bend, shrunk = row_exp_excess(-at)
        less = share * shrunk
        logged = math.log1p(less)
        depth = slope * at + n * (share * bend - row_log1p_excess(less)[0])
        return depth, share * (1.0 + shrunk) / (1.0 + less), -logged
    bend, grown = row_exp_excess(at)
    more = rest * grown
    logged = math.log1p(more)
    depth = slope * at + n * (rest * bend - row_log1p_excess(more)[0])
    return depth, share / (1.0 + more), at - logged


def row_deviance(k: float, expected: float, log_expected: float) -> float:
    """Return ``k log(k/m) + m - k``, a number against an expected one, both above 0."""
    more = expected - k
    if abs(more) < 0.5 * k:
        return more - k * math.log1p(more / k)
    return k * (math.log(k) - log_expected) + more
