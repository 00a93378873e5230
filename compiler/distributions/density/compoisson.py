"""Sums of terms of Conway and Maxwell's Poisson counts, with slopes.

The log of the sum of ``exp(-shape L(k))`` over the counts ``k`` from one to another,
where ``L(k) = log k! - k eta + exp(eta)`` is what a count is away from the mode ``mu``,
the exponential of ``eta``. Over all counts it is what probabilities are normalised by,
over some it is that of a tail, or of an interval. ``L`` is ``d(k) + r(k)``: the
deviance ``k log(k/mu) - k + mu``, and ``log(2 pi k)/2`` with Stirling's series.

Terms count that are at most ``DEEP`` logs below the largest one between two counts.
That is ``top``: the mode, or the end that is nearer to it. With ``D = DEEP / shape``
the deviance is ``D`` above that of ``top`` at a distance ``t`` above it, which is at
most where ``t log(top/mu) + t^2 / (2 top + 2 t/3) = D`` (Bernstein's inequality;
Newton's steps on a convex function stay above where it is so), and below it at most
where ``t log(mu/top) + t^2 / (2 top) = D``. Terms are log-concave, so what is left out
is less than 1e-15 of the sum. Between the two

* few terms are added;
* of more than ``FEW``, ``FIRST`` are added at each end that is one of the sum, and the
  rest is an integral, each side of ``top`` by Gauss's rule, with what Euler and
  Maclaurin add at such an end. Where the integral ends at a count that is left out the
  sum is that of a trapezoidal rule, whose error falls with the exponential of
  ``(pi sd)^2``.

Against sums of 50 and 60 digits both have 11 digits, and the slopes 10, for modes up to
10^8 and shapes from 0.01 to 10^4; at a shape of 0.001 they have 7 and 6. The asymptotic
series of the sum (Gaunt et al. 2019, An asymptotic expansion for the normalizing
constant of the Conway-Maxwell-Poisson distribution, Annals of the Institute of
Statistical Mathematics 71, 163-180) has fewer where modes are small.

As plain Python of the kind that the kernel backend compiles, and for arrays; scripts
and graphs have it as text (``compoisson_text.py``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..numerics import HALF_LOG_2PI, STIRLING, polynomial
from .scalars import row_gamma_remainder, row_log1p_excess, row_stirling_series

Array = NDArray[Any]

#: Terms that are as many logs below the largest one are left out.
DEEP = 40.0
#: More terms are an integral, but for so many at an end of the sum.
FEW = 128.0
FIRST = 32.0
#: Newton's steps to where the terms end.
STEPS = 5
#: No count is near a mode whose log is above it.
LARGE = 40.0
#: The log of a sum of nothing.
NOTHING = -1e30
#: What a term, its third and its fifth derivative add half a step before the first.
ENDS = (1.0 / 24.0, -7.0 / 5760.0, 31.0 / 967680.0)
POINTS = 28
_ROOTS, _WEIGHTS = np.polynomial.legendre.leggauss(POINTS)
#: Gauss's rule from 0 to 1.
NODES = tuple(0.5 * (1.0 + float(root)) for root in _ROOTS)
WEIGHTS = tuple(0.5 * float(weight) for weight in _WEIGHTS)


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


def row_com_terms(
    k: float, count: float, base: float, eta: float, shape: float, mu: float
) -> tuple[float, float, float]:
    """Return the sum of so many terms, of how far above the mode they are, and away.

    How far they are away is counted from ``base``.
    """
    total = 0.0
    above = 0.0
    away = 0.0
    more = row_away(k, eta, mu) - base
    while count > 0.0:
        part = math.exp(-shape * more)
        total += part
        above += part * (k - mu)
        away += part * more
        count -= 1.0
        k += 1.0
        more += math.log(k) - eta
    return total, above, away


def row_com_corrections(
    u: Any, log_u: Any, off: Any, more: Any, eta: Any, shape: Any
) -> tuple[Any, Any, Any]:
    """Return what Euler and Maclaurin add at a number, over the term there.

    Operators alone, no functions: of arrays it is one. ``u`` is 1 over the number plus
    1, ``off`` how far it is above the mode, ``more`` how far it is away.
    """
    # slopes of the log of a term: those of log Gamma(1 + x), by their series
    v = u * u
    a = shape * (eta + log_u + u * (0.5 + u * (1.0 - v * (0.1 - v / 21.0)) / 12.0))
    b = -shape * u * (1.0 + u * (0.5 + u * (1.0 - v * (0.2 - v / 7.0)) / 6.0))
    c = shape * v * (1.0 + u * (1.0 + u * (0.5 - v / 6.0)))
    d = -shape * v * u * (2.0 + u * (3.0 + u * 2.0))
    # derivatives of a term over it
    p2 = a * a + b
    p3 = a * a * a + 3.0 * a * b + c
    p4 = p2 * p2 + 4.0 * a * a * b + 2.0 * b * b + 4.0 * a * c + d
    p5 = a * a * a * a * a + 10.0 * a * a * a * b + 15.0 * a * b * b
    p5 += 10.0 * a * a * c + 10.0 * b * c + 5.0 * a * d
    total = ENDS[0] * a + ENDS[1] * p3 + ENDS[2] * p5
    above = off * total + ENDS[0] + ENDS[1] * 3.0 * p2 + ENDS[2] * 5.0 * p4
    # of a term times how far it is away, whose slope is -a / shape
    bent = ENDS[0] * a + ENDS[1] * (3.0 * a * (p2 + b) + c)
    bent += ENDS[2] * (5.0 * a * (p4 + d) + 10.0 * (b * p3 + c * p2))
    return total, above, more * total - bent / shape


def row_com_edge(
    at: float, base: float, eta: float, shape: float, mu: float
) -> tuple[float, float, float]:
    """Return what a sum from half a step after a number on has beside its integral."""
    more = row_away(at, eta, mu) - base
    part = math.exp(-shape * more)
    log_u = -math.log(at + 1.0)
    total, above, away = row_com_corrections(
        1.0 / (at + 1.0), log_u, at - mu, more, eta, shape
    )
    return part * total, part * above, part * away


def row_com_ends(
    eta: float, shape: float, mu: float, low: float, high: float
) -> tuple[float, float, float]:
    """Return where terms are largest, and how far below and above it they count."""
    deep = DEEP / shape
    top = max(min(mu, high), low)
    off = top - mu
    up = 0.0
    if high > top:
        steep = 0.0
        if off > 0.0:
            steep = math.log(top) - eta
        most = deep + row_deviance(top, off, eta, mu)
        bend = 1.0 + steep / 1.5
        half = steep * top - deep / 3.0
        up = (math.sqrt(half * half + 2.0 * deep * top * bend) - half) / bend
        for _ in range(STEPS):
            x = top + up
            up -= (row_deviance(x, off + up, eta, mu) - most) / (math.log(x) - eta)
    down = 0.0
    if top > low:
        steep = 0.0
        if off < 0.0:
            steep = eta - math.log(top)
        down = 2.0 * deep / (steep + math.sqrt(steep * steep + 2.0 * deep / top))
    return top, down, up


def row_com_integral(
    begin: float, end: float, base: float, eta: float, shape: float, mu: float
) -> tuple[float, float, float]:
    """Return integrals in place of sums; places are counted from the mode."""
    total = 0.0
    above = 0.0
    away = 0.0
    width = end - begin
    if width > 0.0:
        for i in range(POINTS):
            here = begin + width * NODES[i]
            x = mu + here
            far = row_deviance(x, here, eta, mu) + row_stirling_series(x)
            far += HALF_LOG_2PI + 0.5 * math.log(x) - base
            part = width * WEIGHTS[i] * math.exp(-shape * far)
            total += part
            above += part * here
            away += part * far
    return total, above, away


def row_log_com_sum(
    eta: float, shape: float, low: float, high: float
) -> tuple[float, float, float]:
    """Return the log of the sum and its slopes in ``eta`` and the shape."""
    if low > high:
        return NOTHING, 0.0, 0.0
    eta = min(eta, LARGE)
    mu = math.exp(eta)
    top, down, up = row_com_ends(eta, shape, mu, low, high)
    first = max(low, math.floor(top - down))
    last = min(high, math.ceil(top + up))
    base = row_away(max(low, min(high, math.floor(mu))), eta, mu)
    if last - first <= FEW:
        total, above, away = row_com_terms(
            first, last - first + 1.0, base, eta, shape, mu
        )
    else:
        total = 0.0
        above = 0.0
        away = 0.0
        begin = top - mu - down
        end = top - mu + up
        if first - low < FIRST:
            at = low + FIRST - 0.5
            begin = at - mu
            part, more, far = row_com_terms(low, FIRST, base, eta, shape, mu)
            added, extra, beyond = row_com_edge(at, base, eta, shape, mu)
            total += part + added
            above += more + extra
            away += far + beyond
        if high - last < FIRST:
            at = high - FIRST + 0.5
            end = at - mu
            part, more, far = row_com_terms(at + 0.5, FIRST, base, eta, shape, mu)
            added, extra, beyond = row_com_edge(at, base, eta, shape, mu)
            total += part - added
            above += more - extra
            away += far - beyond
        middle = max(begin, min(top - mu, end))
        part, more, far = row_com_integral(begin, middle, base, eta, shape, mu)
        added, extra, beyond = row_com_integral(middle, end, base, eta, shape, mu)
        total += part + added
        above += more + extra
        away += far + beyond
    return (
        math.log(total) - shape * base,
        shape * above / total,
        -base - away / total,
    )


#: Rows and terms that are computed together: arrays of them fit into a cache.
_BLOCK, _TERMS = 2_000, 40_000


def log_com_sum(
    m: Any,
    eta: Array,
    shape: Array,
    low: Array | float,
    high: Array | float,
    *,
    slopes: bool = True,
) -> tuple[Array, Array, Array]:
    """Return the log of the sum of each row, and its slopes in ``eta`` and the shape.

    ``m`` are the operations on arrays. Without ``slopes``, which take a third of the
    time, they are any numbers.
    """
    given = np.broadcast_arrays(
        *(np.asarray(one, dtype=float) for one in (eta, shape, low, high))
    )
    rows = given[0].shape
    flat = [one.ravel() for one in given]
    found = np.empty((3, flat[0].size))
    with np.errstate(all="ignore"):
        for at in range(0, flat[0].size, _BLOCK):
            block = slice(at, at + _BLOCK)
            found[:, block] = _block(m, slopes, *(one[block] for one in flat))
    value, by_eta, by_shape = found.reshape(3, *rows)
    return value, by_eta, by_shape


def _deviance(m: Any, x: Array, off: Array, eta: Array) -> Array:
    near, over = np.abs(off) < 0.5 * x, np.where(x > 0.0, x, 1.0)
    close = x * m.log1p_excess(np.where(near, -off / over, 0.0))
    return np.asarray(np.where(near, close, x * (np.log(over) - eta) - off))


def _away(m: Any, x: Array, off: Array, eta: Array) -> Array:
    return np.asarray(_deviance(m, x, off, eta) + m.gamma_remainder(x))


def ends(
    m: Any, eta: Array, shape: Array, low: Array, high: Array
) -> tuple[Array, Array, Array]:
    """Return where terms are largest, and how far below and above it they count."""
    mu, deep = np.exp(eta), DEEP / shape
    top = np.maximum(np.minimum(mu, high), low)
    off, over = top - mu, np.where(top > 0.0, top, 1.0)
    log_ratio = np.where(off == 0.0, 0.0, np.log(over) - eta)
    steep = np.where(off > 0.0, log_ratio, 0.0)
    most = deep + _deviance(m, top, off, eta)
    bend = 1.0 + steep / 1.5
    half = steep * top - deep / 3.0
    up = (np.sqrt(half * half + 2.0 * deep * top * bend) - half) / bend
    for _ in range(STEPS):
        slope = np.log(top + up) - eta
        up = up - (_deviance(m, top + up, off + up, eta) - most) / slope
    steep = np.where(off < 0.0, -log_ratio, 0.0)
    down = 2.0 * deep / (steep + np.sqrt(steep * steep + 2.0 * deep / over))
    return top, np.where(top > low, down, 0.0), np.where(high > top, up, 0.0)


def _block(
    m: Any, slopes: bool, eta: Array, shape: Array, low: Array, high: Array
) -> Array:
    eta, mu = np.minimum(eta, LARGE), np.exp(np.minimum(eta, LARGE))
    is_none = low > high
    high = np.maximum(low, high)
    top, down, up = ends(m, eta, shape, low, high)
    first = np.maximum(low, np.floor(top - down))
    last = np.minimum(high, np.ceil(top + up))
    mode = np.maximum(low, np.minimum(high, np.floor(mu)))
    base = _away(m, mode, mode - mu, eta)
    every = _Rows(m, slopes, eta, shape, mu, base)
    # of parameters that are no numbers, as other densities have it
    found = np.full((3, len(eta)), np.nan)
    few, many = last - first <= FEW, last - first > FEW
    if few.any():
        found[:, few] = every.of(few).terms(first[few], last[few] - first[few] + 1.0)
    if many.any():
        off = top - mu
        limits = first - low < FIRST, high - last < FIRST, low, high
        places = off, off - down, off + up
        found[:, many] = every.of(many).integral(
            *(one[many] for one in (*limits, *places))
        )
    value, above, away = found
    logs = np.stack(
        [np.log(value) - shape * base, shape * above / value, -base - away / value]
    )
    return np.where(is_none, np.array([[NOTHING], [0.0], [0.0]]), logs)


@dataclass(frozen=True, slots=True)
class _Rows:
    """Parameters of rows; sums of terms, of how far above the mode, and how far away.

    How far they are away is counted from ``base``. Without ``slopes`` the first alone.
    """

    m: Any
    slopes: bool
    eta: Array
    shape: Array
    mu: Array
    base: Array

    def of(self, rows: Array) -> _Rows:
        """Return some of the rows."""
        given = (self.eta, self.shape, self.mu, self.base)
        return _Rows(self.m, self.slopes, *(one[rows] for one in given))

    def _sums(self, part: Array, above: Array, away: Array) -> Array:
        total = part.sum(axis=1)
        if not self.slopes:
            return np.stack([total, total, total])
        products = (np.einsum("ij,ij->i", part, one) for one in (above, away))
        return np.stack([total, *products])

    def terms(self, first: Array, count: Array) -> Array:
        """Return the sums of so many terms."""
        found = np.empty((3, len(count)))
        start = _away(self.m, first, first - self.mu, self.eta) - self.base
        # those of as many terms together
        order, at = np.argsort(-count), 0
        while at < len(order):
            most = count[order[at]]
            rows = order[at : at + max(1, int(_TERMS / most))]
            starts = first[rows, None]
            # most begin at 0: one row of counts, and of their logs, is all of them
            k = (starts[:1] if np.ptp(starts) == 0.0 else starts) + np.arange(most)
            # of each term what it is more away than the one before it
            away = np.log(k) - self.eta[rows, None]
            away[:, 0] = start[rows]
            away = np.cumsum(away, axis=1)
            part = np.exp(-self.shape[rows, None] * away)
            if count[rows[-1]] < most:
                part[k >= (first + count)[rows, None]] = 0.0
            if self.slopes:
                away[part == 0.0] = 0.0
            found[:, rows] = self._sums(part, k - self.mu[rows, None], away)
            at += len(rows)
        return found

    def integral(
        self,
        is_first: Array,
        is_last: Array,
        low: Array,
        high: Array,
        top: Array,
        begin: Array,
        end: Array,
    ) -> Array:
        """Return the sums of many terms; places are counted from the mode."""
        found = np.zeros((3, len(low)))
        # half a step on this side of the terms that are added
        begin = np.where(is_first, low + FIRST - 0.5 - self.mu, begin)
        end = np.where(is_last, high - FIRST + 0.5 - self.mu, end)
        for ones, sign in ((is_first, 1.0), (is_last, -1.0)):
            if ones.any():
                some, count = self.of(ones), np.full(np.sum(ones), FIRST)
                at = low[ones] if sign > 0.0 else high[ones] - FIRST + 1.0
                found[:, ones] += some.terms(at, count)
                at = at + FIRST - 0.5 if sign > 0.0 else at - 0.5
                found[:, ones] += sign * some.edge(at)
        middle = np.maximum(begin, np.minimum(top, end))
        for left, right in ((begin, middle), (middle, end)):
            ones = right > left
            if ones.any():
                found[:, ones] += self.of(ones)._between(left[ones], right[ones])
        return found

    def _between(self, left: Array, right: Array) -> Array:
        """Return the integrals between two places."""
        width = (right - left)[:, None]
        off = left[:, None] + width * np.array(NODES)
        x = self.mu[:, None] + off
        away = _deviance(self.m, x, off, self.eta[:, None]) - self.base[:, None]
        # of the series, what is above 1e-16 from the first terms on
        series = polynomial(STIRLING[:4], 1.0 / (x * x)) / x
        away += HALF_LOG_2PI + 0.5 * np.log(x) + series
        part = width * np.array(WEIGHTS) * np.exp(-self.shape[:, None] * away)
        return self._sums(part, off, away)

    def edge(self, at: Array) -> Array:
        """Return what sums from half a step after a number on have beside integrals."""
        off = at - self.mu
        more = _away(self.m, at, off, self.eta) - self.base
        given = (off, more, self.eta, self.shape)
        over = row_com_corrections(1.0 / (at + 1.0), -np.log(at + 1.0), *given)
        return np.asarray(np.exp(-self.shape * more) * np.stack(over))
