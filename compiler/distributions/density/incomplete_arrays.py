"""The regularised incomplete gamma and beta functions of arrays, with slopes.

As ``incomplete_scalars.py`` computes them, for all rows together.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..numerics import log_logistic, log_one_minus_exp, logistic
from .incomplete_scalars import (
    DEEP,
    LARGEST,
    LARGEST_SHARE,
    LEAST,
    NODES,
    SERIES_BELOW,
    SMALLEST_SHARE,
    WEIGHTS,
)
from .operations import Operations

Array = NDArray[Any]
#: What a tail is: its log, and the slopes of that.
Tail = list[Array]
_STEP = 1e-30


def _with_slope(function: Callable[[Array], Array], x: Array) -> tuple[Array, Array]:
    """Return a function and its slope."""
    found = function(x + 1j * _STEP)
    return found.real, found.imag / _STEP


def _flat(*given: Array) -> list[Array]:
    """Return numbers as rows, of one length."""
    return [one.astype(float).reshape(-1) for one in np.broadcast_arrays(*given)]


def gamma_tails(m: Operations, a: Array, d: Array) -> tuple[Tail, Tail]:
    """Return ``log P(a, x)`` and ``log Q(a, x)``, ``x = a exp(d)``; slopes in both."""
    shape = np.broadcast_shapes(np.shape(a), np.shape(d))
    a, d = _flat(a, d)
    with np.errstate(all="ignore"):
        d = np.minimum(d, LARGEST)
        x = a * np.exp(d)
        is_series = (a < SERIES_BELOW) & ((d < 0.0) | (x < 1.0))
        is_lower = (d < 0.0) | is_series
        lack, by_lack = _with_slope(m.gamma_remainder, a)
        excess = m.exp_excess(d)
        # of the density of the logarithm of the variable
        tail = np.log(a) - a * excess - lack
        by_a = 1.0 / a - excess - by_lack
        more, by_more, by_d = np.empty((3, *a.shape))
        near, far = is_series, ~is_series
        more[near], by_more[near], by_d[near] = _gamma_series(a[near], d[near], x[near])
        more[far], by_more[far], by_d[far] = _gamma_integral(
            m, a[far], d[far], x[far], is_lower[far]
        )
        return _both(tail + more, [by_a + by_more], by_d, is_lower, shape)


def _gamma_series(a: Array, d: Array, x: Array) -> tuple[Array, Array, Array]:
    total, term = np.ones_like(a), np.ones_like(a)
    lost, behind, passed = np.zeros_like(a), np.zeros_like(a), 0.0
    while (term > SMALLEST_SHARE * total).any():
        passed += 1.0
        step = 1.0 / (a + passed)
        term = term * x * step
        behind = behind + step
        total = total + term
        lost += term * (behind - passed / a)
    return np.log(total / a), -lost / total - 1.0 / a, a / total


def _gamma_integral(
    m: Operations, a: Array, d: Array, x: Array, is_lower: Array
) -> tuple[Array, Array, Array]:
    slope, sign = np.abs(a * np.expm1(d)), np.where(is_lower, -1.0, 1.0)
    end = 2.0 * DEEP / (slope + np.sqrt(slope * slope + 2.0 * DEEP * x))
    for _ in range(3):
        further = (DEEP - slope * end - x * m.exp_excess(-end)) / (
            slope - x * np.expm1(-end)
        )
        short = np.minimum(end, np.log1p((DEEP + a * end) / x))
        end = np.where(is_lower, end + further, short)
    total, lost = np.zeros_like(a), np.zeros_like(a)
    for node, weight in zip(NODES, WEIGHTS, strict=True):
        at = end * node
        depth = slope * at + x * m.exp_excess(sign * at)
        part = weight * np.exp(-depth)
        total += part
        lost += part * depth
    return np.log(total * end), -lost / (total * a), 1.0 / (total * end)


def beta_tails(m: Operations, a: Array, b: Array, u: Array) -> tuple[Tail, Tail]:
    """Return the logs of ``I_x(a, b)`` and ``1 - I_x(a, b)``, and slopes of each.

    ``u`` is the log odds of ``x``.
    """
    shape = np.broadcast_shapes(np.shape(a), np.shape(b), np.shape(u))
    a, b, u = _flat(a, b, u)
    with np.errstate(all="ignore"):
        log_p, log_q, p, q = (
            *(log_logistic(u), log_logistic(-u)),
            *(logistic(u), logistic(-u)),
        )
        n, gap = a + b, a * q - b * p
        log_n = np.log(n)
        lacks = [_with_slope(m.gamma_remainder, one) for one in (a, b, n)]
        # of the density of the log odds of the variable
        tail = np.log(a) + np.log(b) - log_n
        tail = tail - lacks[0][0] - lacks[1][0] + lacks[2][0]
        slopes = []
        for one, log, share, lack, sign in (
            (a, log_p, p, lacks[0][1], -1.0),
            (b, log_q, q, lacks[1][1], 1.0),
        ):
            tail = tail - _deviance(m, one, n * share, log_n + log)
            off = sign * gap / one
            close = np.abs(off) < 0.5
            by = np.where(
                close, np.log1p(np.where(close, off, 0.0)), log + log_n - np.log(one)
            )
            slopes.append(by + lacks[2][1] - lack + 1.0 / one - 1.0 / n)
        is_lower = gap >= 0.0
        first, share = np.where(is_lower, a, b), np.where(is_lower, p, q)
        rest = np.where(is_lower, q, p)
        is_series = first < SERIES_BELOW
        other = (is_series & (share > LARGEST_SHARE)) | (
            ~is_series & (n - first < SERIES_BELOW) & (n * rest < 1.0)
        )
        is_series, is_lower = is_series | other, is_lower ^ other
        first, share = np.where(is_lower, a, b), np.where(is_lower, p, q)
        rest = np.where(is_lower, q, p)
        found = np.empty((4, *a.shape))
        for rows, parts in ((is_series, _beta_series), (~is_series, _beta_integral)):
            given = (first, n, share, rest, np.abs(gap))
            found[:, rows] = parts(m, *(one[rows] for one in given))
        more, by_first, by_second, by_u = found
        slopes[0] = slopes[0] + np.where(is_lower, by_first, by_second)
        slopes[1] = slopes[1] + np.where(is_lower, by_second, by_first)
        return _both(tail + more, slopes, by_u, is_lower, shape)


def _beta_series(
    m: Operations, first: Array, n: Array, share: Array, rest: Array, slope: Array
) -> tuple[Array, ...]:
    total, term = np.ones_like(n), np.ones_like(n)
    above, below, by_first, by_second = np.zeros((4, *n.shape))
    passed = 0.0
    while (term > SMALLEST_SHARE * total).any():
        step = 1.0 / (first + 1.0 + passed)
        above = above + 1.0 / (n + passed)
        below = below + step
        term = term * (n + passed) * step * share
        passed += 1.0
        total = total + term
        by_first += term * (above - below)
        by_second += term * above
    return (
        np.log(total / first),
        by_first / total - 1.0 / first,
        by_second / total,
        first / total,
    )


def _beta_integral(
    m: Operations, first: Array, n: Array, share: Array, rest: Array, slope: Array
) -> tuple[Array, ...]:
    small = share < 0.5
    sign = np.where(small, -1.0, 1.0)
    change = np.where(small, share, rest)

    def depth(at: Array) -> tuple[Array, Array, Array]:
        moved = change * np.expm1(sign * at)
        logged = np.log1p(moved)
        bend = change * m.exp_excess(sign * at) - m.log1p_excess(moved)
        less = np.where(small, 0.0, at) - logged
        return slope * at + n * bend, share * np.exp(less - at), less

    end = slope + np.sqrt(slope * slope + 2.0 * DEEP * n * share * rest)
    end = 2.0 * DEEP / end
    for _ in range(4):
        down, away, _less = depth(end)
        end = end + (DEEP - down) / (first - n * away)
    total, by_first, by_second = np.zeros((3, *n.shape))
    for node, weight in zip(NODES, WEIGHTS, strict=True):
        at = end * node
        down, _away, less = depth(at)
        part = weight * np.exp(-down)
        total += part
        by_first -= part * (at - less)
        by_second += part * less
    whole = total * end
    return np.log(whole), by_first / total, by_second / total, 1.0 / whole


def _deviance(m: Operations, k: Array, expected: Array, log_expected: Array) -> Array:
    """Return ``k log(k/m) + m - k``, a number against an expected one, both above 0."""
    more = expected - k
    near = np.abs(more) < 0.5 * k
    close = k * m.exp_excess(np.log1p(np.where(near, more, 0.0) / k))
    return np.asarray(np.where(near, close, more - k * (log_expected - np.log(k))))


def _both(
    tail: Array,
    slopes: list[Array],
    by_place: Array,
    is_lower: Array,
    shape: tuple[int, ...],
) -> tuple[Tail, Tail]:
    """Return the lower and the upper tail, of the one that was computed."""
    tail = np.minimum(tail, -LEAST)
    rest = log_one_minus_exp(-tail)
    ratio = np.exp(tail - rest)
    by_place = np.where(is_lower, by_place, -by_place)
    own = [tail, *slopes, by_place]
    other = [rest, *(-ratio * one for one in (*slopes, by_place))]
    lower = [np.where(is_lower, x, y) for x, y in zip(own, other, strict=True)]
    upper = [np.where(is_lower, y, x) for x, y in zip(own, other, strict=True)]
    return [x.reshape(shape) for x in lower], [x.reshape(shape) for x in upper]
