"""What counts of Conway, Maxwell and Poisson are normalised by, with slopes.

The log of the sum of ``exp(-shape L(k))`` over all counts ``k``, where
``L(k) = log k! - k eta + exp(eta)`` is what a count is away from the mode ``mu``, the
exponential of ``eta``. ``L`` is ``d(k) + r(k)``: the deviance ``k log(k/mu) - k + mu``,
and ``log(2 pi k)/2`` with Stirling's series.

Terms are at most ``DEEP`` logs below the largest one between two counts: with
``D = DEEP / shape`` the deviance is above ``D`` from
``mu + D/3 + sqrt(D^2/9 + 2 D mu)`` on (Bernstein's inequality; Newton's steps on a
convex function stay above where it is ``D``), and below ``mu - sqrt(2 D mu)``. Terms
are log-concave, so what is left out is less than 1e-15 of the sum. Between the two

* few terms are added;
* of more than ``FEW`` the first ``FIRST`` are added, if they are there, and the rest is
  an integral, each side of the mode by Gauss's rule, with what Euler and Maclaurin add
  at its start. Where the integral starts at a count that is left out the sum is that of
  a trapezoidal rule, whose error falls with the exponential of ``(pi sd)^2``.

Against sums of 50 digits both have 11 digits, and the slopes 10, for modes up to 10^8
and shapes from 0.01 to 10^4; at a shape of 0.001 they have 7 and 6. The asymptotic
series of the sum (Gaunt et al. 2019, An asymptotic expansion for the normalizing
constant of the Conway-Maxwell-Poisson distribution, Annals of the Institute of
Statistical Mathematics 71, 163-180) has fewer where modes are small.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..numerics import HALF_LOG_2PI
from .scalars import row_gamma_remainder, row_log1p_excess, row_stirling_series

Array = NDArray[Any]

#: Terms that are as many logs below the largest one are left out.
DEEP = 40.0
#: More terms are an integral; it starts half before this one.
FEW = 128.0
FIRST = 32.0
#: Newton's steps to where the terms end.
STEPS = 5
#: No count is near a mode whose log is above it.
LARGE = 40.0
#: What a term, its third and its fifth derivative add half a step before the first.
ENDS = (1.0 / 24.0, -7.0 / 5760.0, 31.0 / 967680.0)
POINTS = 28
_ROOTS, _WEIGHTS = np.polynomial.legendre.leggauss(POINTS)
#: Gauss's rule from 0 to 1.
NODES = tuple(0.5 * (1.0 + float(root)) for root in _ROOTS)
WEIGHTS = tuple(0.5 * float(weight) for weight in _WEIGHTS)


def _polygamma(x: float) -> tuple[float, float, float, float]:
    """Return digamma of a number that is not small, and its slopes, by their series."""
    u = 1.0 / x
    return (
        math.log(x) - u * (0.5 + u * (1.0 - u * u * (0.1 - u * u / 21.0)) / 12.0),
        u * (1.0 + u * (0.5 + u * (1.0 - u * u * (0.2 - u * u / 7.0)) / 6.0)),
        -u * u * (1.0 + u * (1.0 + u * (0.5 - u * u / 6.0))),
        u * u * u * (2.0 + u * (3.0 + u * 2.0)),
    )


#: Slopes of ``log Gamma(1 + x)`` half a step before ``FIRST``, from the first on.
POLYGAMMA = _polygamma(FIRST + 0.5)


def row_deviance(x: float, off: float, eta: float, mu: float) -> float:
    """Return the deviance of a number that is so far above the mode."""
    if abs(off) < 0.5 * x:
        return x * row_log1p_excess(-off / x)[0]
    if x > 0.0:
        return x * (math.log(x) - eta) - off
    return mu


def row_away(x: float, eta: float, mu: float) -> float:
    """Return how far a number is from the mode: its deviance and remainder."""
    return row_deviance(x, x - mu, eta, mu) + row_gamma_remainder(x)[0]


def row_log_com_sum(eta: float, shape: float) -> tuple[float, float, float]:
    """Return the log of the sum and its slopes in ``eta`` and the shape."""
    eta = min(eta, LARGE)
    mu = math.exp(eta)
    deep = DEEP / shape
    # both from the mode
    start = -math.sqrt(2.0 * deep * mu)
    end = deep / 3.0 + math.sqrt(deep * deep / 9.0 + 2.0 * deep * mu)
    for _ in range(STEPS):
        x = mu + end
        end -= (row_deviance(x, end, eta, mu) - deep) / (math.log(x) - eta)
    first = max(0.0, math.floor(mu + start))
    # of the mode, from which terms are counted
    mode = math.floor(mu)
    least = shape * row_away(mode, eta, mu)
    total = 0.0
    above = 0.0
    away = 0.0
    last = 0.0 + math.ceil(mu + end)
    wide = last - first > FEW
    if wide:
        first = 0.0
        last = FIRST - 1.0
    k = first
    here = row_away(k, eta, mu)
    while k <= last:
        part = math.exp(least - shape * here)
        total += part
        above += part * (k - mu)
        away += part * here
        k += 1.0
        here += math.log(k) - eta
    if wide:
        at = FIRST - 0.5
        begin = max(at - mu, start)
        middle = max(begin, 0.0)
        for side in range(2):
            left = begin if side == 0 else middle
            width = middle - begin if side == 0 else end - middle
            for i in range(POINTS):
                off = left + width * NODES[i]
                x = mu + off
                far = row_deviance(x, off, eta, mu)
                far += HALF_LOG_2PI + 0.5 * math.log(x) + row_stirling_series(x)
                part = width * WEIGHTS[i] * math.exp(least - shape * far)
                total += part
                above += part * off
                away += part * far
        # the slopes of the log of a term half a step before the first
        here = row_away(at, eta, mu)
        part = math.exp(least - shape * here)
        a = shape * (eta - POLYGAMMA[0])
        b = -shape * POLYGAMMA[1]
        c = -shape * POLYGAMMA[2]
        d = -shape * POLYGAMMA[3]
        # derivatives of a term over it
        p2 = a * a + b
        p3 = a * a * a + 3.0 * a * b + c
        p4 = p2 * p2 + 4.0 * a * a * b + 2.0 * b * b + 4.0 * a * c + d
        p5 = a * a * a * a * a + 10.0 * a * a * a * b + 15.0 * a * b * b
        p5 += 10.0 * a * a * c + 10.0 * b * c + 5.0 * a * d
        off = at - mu
        total += part * (ENDS[0] * a + ENDS[1] * p3 + ENDS[2] * p5)
        above += part * (
            ENDS[0] * (off * a + 1.0)
            + ENDS[1] * (off * p3 + 3.0 * p2)
            + ENDS[2] * (off * p5 + 5.0 * p4)
        )
        # of a term times how far it is away, whose slope is -a / shape
        away += part * (
            ENDS[0] * (here * a - a / shape)
            + ENDS[1] * (here * p3 - (3.0 * a * (p2 + b) + c) / shape)
            + ENDS[2]
            * (here * p5 - (5.0 * a * (p4 + d) + 10.0 * (b * p3 + c * p2)) / shape)
        )
    return math.log(total) - least, shape * above / total, -away / total


#: Rows that are computed together: their terms are so many numbers times as many.
_BLOCK = 10_000


def log_com_sum(m: Any, eta: Array, shape: Array) -> tuple[Array, Array, Array]:
    """Return the log of the sum of each row, and its slopes in both.

    ``m`` are the operations on arrays.
    """
    eta, shape = np.broadcast_arrays(
        np.asarray(eta, dtype=float), np.asarray(shape, dtype=float)
    )
    found = np.empty((3, eta.size))
    flat_eta, flat_shape = eta.ravel(), shape.ravel()
    with np.errstate(all="ignore"):
        for at in range(0, eta.size, _BLOCK):
            rows = slice(at, at + _BLOCK)
            found[:, rows] = _block(
                m, np.minimum(flat_eta[rows], LARGE), flat_shape[rows]
            )
    value, by_eta, by_shape = found.reshape(3, *eta.shape)
    return value, by_eta, by_shape


def _deviance(m: Any, x: Array, off: Array, eta: Array) -> Array:
    near, over = np.abs(off) < 0.5 * x, np.where(x > 0.0, x, 1.0)
    close = x * m.log1p_excess(np.where(near, -off / over, 0.0))
    return np.asarray(np.where(near, close, x * (np.log(over) - eta) - off))


def _away(m: Any, x: Array, off: Array, eta: Array) -> Array:
    return np.asarray(_deviance(m, x, off, eta) + m.gamma_remainder(x))


def ends(m: Any, eta: Array, shape: Array) -> tuple[Array, Array]:
    """Return how far from the mode terms count, below and above it."""
    mu, deep = np.exp(eta), DEEP / shape
    end = deep / 3.0 + np.sqrt(deep * deep / 9.0 + 2.0 * deep * mu)
    for _ in range(STEPS):
        slope = np.log(mu + end) - eta
        end = end - (_deviance(m, mu + end, end, eta) - deep) / slope
    return -np.sqrt(2.0 * deep * mu), end


def _block(m: Any, eta: Array, shape: Array) -> Array:
    mu = np.exp(eta)
    start, end = ends(m, eta, shape)
    first, last = np.maximum(0.0, np.floor(mu + start)), np.ceil(mu + end)
    mode = np.floor(mu)
    least = shape * _away(m, mode, mode - mu, eta)
    wide, narrow = last - first > FEW, last - first <= FEW
    # of parameters that are no numbers, as other densities have it
    found = np.full((3, len(eta)), np.nan)
    for rows, terms in ((narrow, _few), (wide, _many)):
        if rows.any():
            given = (eta, shape, mu, start, end)
            found[:, rows] = terms(m, least[rows], *(one[rows] for one in given))
    value, above, away = found
    return np.stack([np.log(value) - least, shape * above / value, -away / value])


def _added(
    m: Any,
    weight: Array | float,
    least: Array,
    x: Array,
    off: Array,
    eta: Array,
    shape: Array,
) -> Array:
    """Return the sum over terms, of how far above the mode they are, and away."""
    away = _away(m, x, off, eta[:, None])
    part = weight * np.exp(least[:, None] - shape[:, None] * away)
    return np.stack([np.sum(part * one, axis=1) for one in (1.0, off, away)])


def _few(
    m: Any, least: Array, eta: Array, shape: Array, mu: Array, start: Array, end: Array
) -> Array:
    first, last = np.maximum(0.0, np.floor(mu + start)), np.ceil(mu + end)
    k = first[:, None] + np.arange(int(np.max(last - first)) + 1.0)
    # of each term what it is more away than the one before it
    away = np.log(np.maximum(k, 1.0)) - eta[:, None]
    away[:, 0] = _away(m, first, first - mu, eta)
    away = np.cumsum(away, axis=1)
    part = np.exp(least[:, None] - shape[:, None] * away)
    part[k > last[:, None]] = 0.0
    sums = (np.sum(part * one, axis=1) for one in (1.0, k - mu[:, None], away))
    return np.stack(list(sums))


def _many(
    m: Any, least: Array, eta: Array, shape: Array, mu: Array, start: Array, end: Array
) -> Array:
    k = np.zeros((len(eta), 1)) + np.arange(FIRST)
    found = _added(m, 1.0, least, k, k - mu[:, None], eta, shape)
    begin = np.maximum(FIRST - 0.5 - mu, start)
    middle = np.maximum(begin, 0.0)
    for left, right in ((begin, middle), (middle, end)):
        width = (right - left)[:, None]
        off, weight = left[:, None] + width * np.array(NODES), width * np.array(WEIGHTS)
        found += _added(m, weight, least, mu[:, None] + off, off, eta, shape)
    at = FIRST - 0.5
    here = _away(m, at + 0.0 * mu, at - mu, eta)
    base, second, third, fourth = POLYGAMMA
    a, b, c, d = shape * (eta - base), -shape * second, -shape * third, -shape * fourth
    p2, p3 = a * a + b, a * a * a + 3.0 * a * b + c
    p4 = p2 * p2 + 4.0 * a * a * b + 2.0 * b * b + 4.0 * a * c + d
    p5 = a**5 + 10.0 * a**3 * b + 15.0 * a * b * b
    p5 += 10.0 * a * a * c + 10.0 * b * c + 5.0 * a * d
    more = (
        (a, p3, p5),
        ((at - mu) * a + 1.0, (at - mu) * p3 + 3.0 * p2, (at - mu) * p5 + 5.0 * p4),
        (
            here * a - a / shape,
            here * p3 - (3.0 * a * (p2 + b) + c) / shape,
            here * p5 - (5.0 * a * (p4 + d) + 10.0 * (b * p3 + c * p2)) / shape,
        ),
    )
    part = np.exp(least - shape * here)
    for place, three in enumerate(more):
        found[place] += part * sum(
            end * one for end, one in zip(ENDS, three, strict=True)
        )
    return found


#: The same as text, for scripts and graphs; ``log1p_excess`` and ``gamma_remainder``
#: are defined before it.
TEXT = '''def log_com_sum(eta, shape):
    """Log of the sum over counts k of exp(-shape * (log k! - k * eta + exp(eta))).

    Few terms are added; of many the first ones, and the rest is an integral by Gauss's
    rule, with what Euler and Maclaurin add at its start.
    """
    from pytensor.gradient import disconnected_grad

    eta, shape = pt.broadcast_arrays(
        *(pt.cast(one, "float64")[..., None] for one in (eta, shape))
    )
    eta = pt.minimum(eta, 40)
    mu, deep = pt.exp(eta), 40 / shape

    def deviance(x, off):
        near, some = pt.abs(off) < x / 2, pt.switch(x > 0, x, 1)
        close = x * log1p_excess(pt.switch(near, -off / some, 0))
        return pt.switch(near, close, x * (pt.log(some) - eta) - off)

    def away(x):
        return deviance(x, x - mu) + gamma_remainder(x)

    # how far from the mode terms count: no matter to the slopes of the sum
    end = deep / 3 + pt.sqrt(deep**2 / 9 + 2 * deep * mu)
    for _ in range(5):
        end = end - (deviance(mu + end, end) - deep) / (pt.log(mu + end) - eta)
    start, end = disconnected_grad(-pt.sqrt(2 * deep * mu)), disconnected_grad(end)
    first, last = pt.maximum(0, pt.floor(mu + start)), pt.ceil(mu + end)
    is_wide = last - first > 128
    place, start_at = np.arange(131), pt.switch(is_wide, 0, first)
    k = start_at + place
    seen = k <= pt.switch(is_wide, 31, last)
    least = shape * disconnected_grad(away(pt.floor(mu)))
    # of each term what it is more away than the one before it
    more = pt.switch(place > 0, pt.log(pt.maximum(k, 1)) - eta, away(start_at))
    far = pt.cumsum(more, axis=-1)
    terms = pt.exp(pt.switch(seen, least - shape * far, -np.inf))
    total = terms.sum(axis=-1, keepdims=True)
    nodes, weights = np.polynomial.legendre.leggauss(28)
    begin = pt.maximum(31.5 - disconnected_grad(mu), start)
    middle = pt.maximum(begin, 0)
    integral = 0
    for low, high in ((begin, middle), (middle, end)):
        off = low + (high - low) * (1 + nodes) / 2
        x = pt.switch(is_wide, disconnected_grad(mu) + off, 1)
        series = (1 / 12 - (1 / 360 - 1 / (1260 * x**2)) / x**2) / x
        far = deviance(x, x - mu) + pt.log(2 * np.pi * x) / 2 + series
        parts = weights * pt.exp(least - shape * far)
        integral += (high - low) / 2 * parts.sum(axis=-1, keepdims=True)
    # slopes of the log of the gamma function at 32.5, from the first on
    a = shape * (eta - 3.4657765859535945)
    b, c = -0.03124745773705363 * shape, 0.0009763242170921921 * shape
    d = -6.100537935683495e-05 * shape
    third = a**3 + 3 * a * b + c
    fifth = a**5 + 10 * a**3 * b + 15 * a * b**2 + 10 * a**2 * c + 10 * b * c
    ends = a / 24 - 7 / 5760 * third + 31 / 967680 * (fifth + 5 * a * d)
    integral += ends * pt.exp(least - shape * away(31.5 + 0 * eta))
    total = total + pt.switch(is_wide, integral, 0)
    return (pt.log(total) - least)[..., 0]
'''
