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
#: ``log(sinh(x) / x)`` as a series in ``x^2``, up to ``SERIES``: its terms are
#: (-1)^(n + 1) zeta(2n) (x / pi)^(2n) / n.
_ZETA = (
    *(1.6449340668482264, 1.0823232337111382, 1.0173430619844492, 1.0040773561979443),
    *(1.000994575127818, 1.0002460865533080, 1.0000612481350587, 1.0000152822594086),
)
SINH = tuple(
    -((-1.0) ** n) * zeta / (n * math.pi ** (2 * n)) for n, zeta in enumerate(_ZETA, 1)
)
SERIES = 0.5
_LOG_2PI = math.log(2.0 * math.pi)


def log_chance(m: Any, start: Any, rest: Any, drift: Any) -> Any:
    """Log of the probability of the lower answer, exact where it is rare.

    ``start`` is between 0 and 1, ``rest`` is ``1 - start``; ``drift`` is upward, times
    the distance of the bounds.
    """
    size = m.where(drift > 0.0, drift, -drift)
    is_small = size < SERIES

    def near(x: Any) -> Any:
        less = rest * x
        both = [polynomial(SINH, one * one) * one * one for one in (less, x)]
        return m.log(rest) - x * start + both[0] - both[1]

    def far(x: Any) -> Any:
        found = m.log1mexp(2.0 * x * rest) - m.log1mexp(2.0 * x)
        return m.where(drift > 0.0, found - 2.0 * drift * start, found)

    small = m.where(is_small, drift, 0.0)
    return m.choose(is_small, lambda _: near(small), far, size, (0.0, 1.0))


def log_tails(
    m: Any, u: Any, whole: Any, start: Any, rest: Any, drift: Any
) -> tuple[Any, Any]:
    """Return logs of the probabilities of the lower answer, by a time and after it.

    ``u`` is the time over the square of the distance, ``whole`` what ``log_chance``
    is, whose arguments the others are.
    """
    size = m.where(drift > 0.0, drift, -drift)
    is_early = u < SWITCH
    below = m.choose(
        is_early,
        lambda u: _by_images(m, u, start, rest, size) - drift * start,
        lambda u: _less(m, whole, _late(m, u, start, rest, drift)),
        u,
        (0.5 * SWITCH, 1.0),
    )
    after = m.choose(
        is_early,
        lambda u: _after(m, u, start, rest, drift, whole, below),
        lambda u: _late(m, u, start, rest, drift),
        u,
        (0.5 * SWITCH, 1.0),
    )
    return below, after


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


def _by_images(m: Any, u: Any, start: Any, rest: Any, size: Any) -> Any:
    """Return the log of what is by a short time, without the turn of the drift."""
    root = m.sqrt(u)
    pull = size * root
    logs = []
    for r in _places(start, rest):
        far = r / root
        logs.append(
            (m.log_ndtr(pull - far) - r * size, m.log_ndtr(-pull - far) + r * size)
        )
    return _alternating(m, logs, 1.0)


def _after(
    m: Any, u: Any, start: Any, rest: Any, drift: Any, whole: Any, below: Any
) -> Any:
    """Return the log of what is after a short time."""
    root = m.sqrt(u)
    size = m.where(drift > 0.0, drift, -drift)
    past = size * root - start / root
    is_past = past > PAST

    def left(past: Any) -> Any:
        pull = past + start / root
        size = pull / root
        logs = []
        for r in _places(start, rest):
            far = r / root
            logs.append(
                (m.log_ndtr(far - pull) - r * size, m.log_ndtr(-pull - far) + r * size)
            )
        return _alternating(m, logs, -1.0) - drift * start

    return m.choose(
        is_past,
        left,
        lambda _: _less(m, whole, m.where(is_past, whole - 1.0, below)),
        past,
        (PAST + 1.0, 0.0),
    )


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
