"""Distribution functions of the time to the lower of two bounds, 0 and 1, with drift.

Blurton, Kesselmeier and Gondan (2012), Fast and accurate calculations for cumulative
first-passage time distributions in Wiener diffusion models, Journal of Mathematical
Psychology 56, 470-475: images of the start for short times, sines for long ones. They
are defective: at infinity the one is the probability of the lower answer.
"""

from __future__ import annotations

import math
from typing import Any

from ...distributions.numerics import polynomial

#: Of times over the square of the distance: from here on a series of sines is taken.
#: What so many terms of it leave out is below 1e-16 of all, and so it is of images.
SWITCH, SINES = 0.08, 9
#: Where the drift is so many standard deviations beyond the bound, most times are over:
#: what is left is added up by itself.
PAST = 3.0
#: ``log(sinh(x) / x)`` over ``x^2`` as a series in it, up to ``SERIES``.
SINH = (1.0 / 6.0, -1.0 / 180.0, 1.0 / 2835.0, -1.0 / 37800.0)
SERIES = 0.05
_LOG_2PI = math.log(2.0 * math.pi)


def log_chance(m: Any, start: Any, rest: Any, drift: Any) -> Any:
    """Return the log of the probability of the lower answer, exact where it is rare.

    ``start`` is between 0 and 1, ``rest`` is ``1 - start``; ``drift`` is upward, times
    the distance of the bounds.
    """
    return m.called("log_chance", None, _chance, start, rest, drift)


def log_tails(
    m: Any, u: Any, whole: Any, start: Any, rest: Any, drift: Any
) -> tuple[Any, Any]:
    """Return logs of the probabilities of the lower answer, by a time and after it.

    ``u`` is the time over the square of the distance, ``whole`` what ``log_chance``
    is, whose arguments the others are.
    """
    given = (u, whole, start, rest, drift)
    below = m.called("log_chance_by", None, _by, *given)
    return below, m.called("log_chance_after", None, _after, below, *given)


def _chance(m: Any, start: Any, rest: Any, drift: Any) -> Any:
    """Log of the probability of the lower of two bounds, 0 and 1."""
    size = m.where(drift > 0.0, drift, -drift)
    is_small = size < SERIES
    small = m.where(is_small, drift, 0.0)

    def near(_: Any) -> Any:
        less = rest * small
        both = [polynomial(SINH, one * one) * one * one for one in (less, small)]
        return m.log(rest) - small * start + both[0] - both[1]

    def far(size: Any) -> Any:
        found = m.log1mexp(2.0 * size * rest) - m.log1mexp(2.0 * size)
        return m.where(drift > 0.0, found - 2.0 * drift * start, found)

    return m.choose(is_small, near, far, size, (0.0, 1.0))


def _by(m: Any, u: Any, whole: Any, start: Any, rest: Any, drift: Any) -> Any:
    """Log of the probability of the lower bound by a time."""
    return m.choose(
        u < SWITCH,
        lambda u: _by_images(m, u, start, rest, drift),
        lambda u: _less(m, whole, _late(m, u, start, rest, drift)),
        u,
        (0.5 * SWITCH, 1.0),
    )


def _after(
    m: Any, below: Any, u: Any, whole: Any, start: Any, rest: Any, drift: Any
) -> Any:
    """Log of the probability of the lower bound after a time, by which it is below."""
    return m.choose(
        u < SWITCH,
        lambda u: _after_early(m, below, u, whole, start, rest, drift),
        lambda u: _late(m, u, start, rest, drift),
        u,
        (0.5 * SWITCH, 1.0),
    )


def _less(m: Any, whole: Any, part: Any) -> Any:
    """Return the log of what a part leaves of a whole, both given as logs."""
    gap = whole - part
    return whole + m.log1mexp(m.where(gap > 1e-300, gap, 1e-300))


def _late(m: Any, u: Any, start: Any, rest: Any, drift: Any) -> Any:
    """Return the log of what is after a long time, by sines."""
    low = start < 0.5
    angle = math.pi * m.where(low, start, rest)
    sine, cosine = m.sin(angle), m.cos(angle)
    twice = 2.0 * m.where(low, cosine, -cosine)
    square = drift * drift
    before, now, total = 0.0 * sine, sine, sine / (square + math.pi**2)
    for k in range(2, SINES + 1):
        before, now = now, twice * now - before
        decay = m.exp(-0.5 * (k * k - 1.0) * math.pi * math.pi * u)
        total = total + k * now * decay / (square + (k * math.pi) ** 2)
    leading = -drift * start - 0.5 * (square + math.pi**2) * u
    return _LOG_2PI + leading + m.log(m.where(total > 1e-300, total, 1e-300))


def _by_images(m: Any, u: Any, start: Any, rest: Any, drift: Any) -> Any:
    """Return the log of what is by a short time."""
    root = m.sqrt(u)
    size = m.where(drift > 0.0, drift, -drift)
    pull = size * root
    logs = [
        (
            m.log_ndtr(pull - r / root) - r * size,
            m.log_ndtr(-pull - r / root) + r * size,
        )
        for r in _places(start, rest)
    ]
    return _alternating(m, logs, 1.0) - drift * start


def _after_early(
    m: Any, below: Any, u: Any, whole: Any, start: Any, rest: Any, drift: Any
) -> Any:
    """Return the log of what is after a short time."""
    root = m.sqrt(u)
    past = m.where(drift > 0.0, drift, -drift) * root - start / root
    is_past = past > PAST

    def left(past: Any) -> Any:
        pull = past + start / root
        size = pull / root
        logs = [
            (
                m.log_ndtr(r / root - pull) - r * size,
                m.log_ndtr(-pull - r / root) + r * size,
            )
            for r in _places(start, rest)
        ]
        return _alternating(m, logs, -1.0) - drift * start

    def not_below(_: Any) -> Any:
        return _less(m, whole, m.where(is_past, whole - 1.0, below))

    return m.choose(is_past, left, not_below, past, (PAST + 1.0, 0.0))


def _places(start: Any, rest: Any) -> tuple[Any, ...]:
    """Return how far the bound and its images are."""
    return start, 1.0 + rest, 2.0 + start, 3.0 + rest


def _alternating(m: Any, logs: Any, sign: float) -> Any:
    """Return the log of what pairs add up to, of which every other one is taken off.

    The second of each pair has a sign.
    """
    first = logs[0][0]
    total: Any = 0.0
    turn = 1.0
    for one, other in logs:
        total = total + turn * (m.exp(one - first) + sign * m.exp(other - first))
        turn = -turn
    return first + m.log(m.where(total > 1e-300, total, 1e-300))
