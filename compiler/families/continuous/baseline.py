"""Baseline hazards: M-splines, which are densities, and I-splines, their integrals.

Reference: Ramsay (1988), Monotone regression splines in action, Statistical Science 3,
425-441.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

#: Of the polynomials of a hazard: cubic, as brms's.
DEGREE = 3
#: Halvings, and steps of Newton among them, until a time is found.
_STEPS = 60


@dataclass(frozen=True)
class Baseline:
    """Splines between knots.

    Attributes
    ----------
    knots
        In rising order; before the first and after the last there is no hazard.
    """

    knots: tuple[float, ...]

    @property
    def size(self) -> int:
        """How many splines there are."""
        return len(self.knots) - 1 + DEGREE

    @cached_property
    def pieces(self) -> tuple[Array, Array]:
        """Polynomials of M-splines and of I-splines.

        By interval, spline and power of the distance from the interval's first knot.
        """
        knots = np.asarray(self.knots)
        widths = np.diff(knots)
        ends = [knots[0]] * DEGREE, [knots[-1]] * DEGREE
        t = np.concatenate([ends[0], knots, ends[1]])
        hazards = np.zeros((len(widths), self.size, DEGREE + 1))
        sums = np.zeros((len(widths), self.size, DEGREE + 2))
        for piece, first in enumerate(knots[:-1]):
            hazards[piece] = _m_splines(t, piece, first)
            sums[piece, :, 1:] = hazards[piece] / np.arange(1.0, DEGREE + 2.0)
            if piece:
                powers = widths[piece - 1] ** np.arange(DEGREE + 2.0)
                sums[piece, :, 0] = sums[piece - 1] @ powers
        return hazards, sums

    def hazard(self, m: Any, y: Any, coefs: Sequence[Any]) -> Any:
        """Return the baseline hazard at a time, over operations."""
        return self._sum(m, y, coefs, self.pieces[0], 0.0)

    def cumulative(self, m: Any, y: Any, coefs: Sequence[Any]) -> Any:
        """Return the baseline hazard up to a time, over operations."""
        return self._sum(m, y, coefs, self.pieces[1], 1.0)

    def inverse(self, total: Array, coefs: Sequence[Array]) -> Array:
        """Return when the baseline hazard adds up to a number; at most the last knot.

        The interval is that whose ends are around the number; in there by Newton's
        steps, and by halves where they would leave it.
        """
        knots, sums = np.asarray(self.knots), self.pieces[1]
        total = np.broadcast_to(
            total, np.broadcast_shapes(*map(np.shape, (total, *coefs)))
        )

        def added(numbers: Iterable[Any]) -> Array:
            """Return the sum over splines of what each has."""
            terms = (coef * one for coef, one in zip(coefs, numbers, strict=True))
            return np.asarray(sum(terms, np.zeros(())))

        # one knot and one power at a time: there may be many draws of many rows
        piece = np.zeros(total.shape, dtype=int)
        for start in sums[1:, :, 0]:
            piece += total >= added(start)
        # by rising powers of the distance from the knot before
        own = [added([one[piece] for one in of.T]) for of in np.moveaxis(sums, 2, 0)]
        widths = np.diff(knots)
        low, high = np.zeros(total.shape), widths[piece]
        at = 0.5 * high
        for _ in range(_STEPS):
            less, slope = own[-1], np.zeros_like(at)
            for coef in own[-2::-1]:
                slope = slope * at + less
                less = less * at + coef
            less = less - total
            low, high = np.where(less < 0.0, at, low), np.where(less < 0.0, high, at)
            with np.errstate(all="ignore"):
                step = at - less / slope
            inside = (step >= low) & (step <= high)
            new = np.where(inside, step, 0.5 * (low + high))
            done = (np.abs(new - at) <= 1e-13 * knots[-1]) | (total >= 1.0)
            at = new
            if done.all():
                break
        return np.asarray(np.where(total < 1.0, knots[piece] + at, knots[-1]))

    def _sum(
        self, m: Any, y: Any, coefs: Sequence[Any], pieces: Array, beyond: float
    ) -> Any:
        """Return the sum of splines, each a column of the data times a coefficient."""
        total: Any = None
        last = len(pieces) - 1
        for place, coef in enumerate(coefs):
            inside = _polynomial(pieces[last, place], y - self.knots[last])
            value = m.where(y > self.knots[-1], beyond, inside)
            for piece in range(last - 1, -1, -1):
                inside = _polynomial(pieces[piece, place], y - self.knots[piece])
                value = m.where(y < self.knots[piece + 1], inside, value)
            term = coef * m.where(y < self.knots[0], 0.0, value)
            total = term if total is None else total + term
        return total


def _polynomial(coefs: Array, x: Any) -> Any:
    """Return a polynomial, its coefficients by rising powers."""
    total: Any = float(coefs[-1])
    for one in coefs[-2::-1]:
        total = total * x + float(one)
    return total


def _m_splines(t: Array, piece: int, first: float) -> Array:
    """Return the polynomials of all M-splines in one interval.

    By the recursion of B-splines (de Boor 1978), of which M-splines are multiples.
    """
    count = len(t) - DEGREE - 1
    own = piece + DEGREE
    # of degree 0: 1 in the interval
    found = {own: np.array([1.0])}
    for degree in range(1, DEGREE + 1):
        above: dict[int, Array] = {}
        for i in range(own - degree, own + 1):
            whole = np.zeros(degree + 1)
            if i in found and t[i + degree] > t[i]:
                rising = np.array([first - t[i], 1.0]) / (t[i + degree] - t[i])
                whole += np.convolve(found[i], rising)
            if i + 1 in found and t[i + degree + 1] > t[i + 1]:
                width = t[i + degree + 1] - t[i + 1]
                falling = np.array([t[i + degree + 1] - first, -1.0]) / width
                whole += np.convolve(found[i + 1], falling)
            above[i] = whole
        found = above
    splines = np.zeros((count, DEGREE + 1))
    for i, whole in found.items():
        splines[i] = whole * (DEGREE + 1.0) / (t[i + DEGREE + 1] - t[i])
    return splines
