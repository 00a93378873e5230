"""Distribution functions of latent variables: logs of both tails, and of gaps.

``between(m, a, b, width)`` is ``log(F(a) - F(b))`` with ``a - b`` given exactly, as
``width``: the difference of two numbers that are nearly equal would have lost it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..numerics import HALF_LOG_2PI
from .links import LINKING

#: Up to such a gap, in units in which the density changes by 1, it is a series.
_NARROW = 0.1
_CAUCHIT = LINKING["cauchit"][0]
#: Above it, the exponential of a number is taken to be that of it.
_LARGEST = 700.0


@dataclass(frozen=True, slots=True)
class Latent:
    """A distribution function ``F``: ``log F(x)``, ``log(1 - F(x))``, gaps."""

    below: Callable[[Any, Any], Any]
    above: Callable[[Any, Any], Any]
    between: Callable[[Any, Any, Any, Any], Any]


def _exp(m: Any, x: Any) -> Any:
    return m.exp(m.where(x < _LARGEST, x, _LARGEST))


def _logit_between(m: Any, a: Any, b: Any, width: Any) -> Any:
    return m.log_sigmoid(a) + m.log_sigmoid(-b) + m.log1mexp(width)


def _probit_between(m: Any, a: Any, b: Any, width: Any) -> Any:
    middle = 0.5 * (a + b)
    square = middle * middle

    def narrow(gap: Any) -> Any:
        # the integral of exp(-middle s - s^2/2) over the gap, by powers of its half
        t = 0.25 * gap * gap
        second = (square * square - 6.0 * square + 3.0) / 120.0
        third = (((square - 15.0) * square + 45.0) * square - 15.0) / 5040.0
        inside = t * ((square - 1.0) / 6.0 + t * (second + t * third))
        return m.log(gap) - HALF_LOG_2PI - 0.5 * square + m.log1p(inside)

    def wide(_: Any) -> Any:
        # on the side where the distribution function is small
        over = m.where(middle < 0.0, a, -b)
        under = m.where(middle < 0.0, b, -a)
        larger = m.log_ndtr(over)
        return larger + m.log1mexp(larger - m.log_ndtr(under))

    near = width * (1.0 + m.abs(middle)) < _NARROW
    return m.choose(near, narrow, wide, width, (_NARROW, 1.0))


def _cloglog_below(m: Any, x: Any) -> Any:
    return m.choose(
        x < -30.0,
        lambda low: low - 0.5 * m.exp(low),
        lambda high: m.log1mexp(_exp(m, high)),
        x,
        (-30.0, 0.0),
    )


def _cloglog_between(m: Any, a: Any, b: Any, width: Any) -> Any:
    low = _exp(m, b)
    # log of low (exp(width) - 1): of small numbers there is no exponential
    log_risen = b + width + m.log1mexp(width)
    rest = m.choose(
        log_risen < -30.0,
        lambda small: small - 0.5 * m.exp(small),
        lambda some: m.log1mexp(_exp(m, some)),
        log_risen,
        (-30.0, 0.0),
    )
    return rest - low


def _loglog_between(m: Any, a: Any, b: Any, width: Any) -> Any:
    return _cloglog_between(m, -b, -a, width)


def _cauchit_between(m: Any, a: Any, b: Any, width: Any) -> Any:
    # the angle between the two, whose tangent is width / (1 + a b)
    across = 1.0 + a * b
    angle = m.choose(
        m.abs(across) < width,
        lambda near: 0.5 * math.pi - m.arctan(near / width),
        lambda far: m.where(far < 0.0, math.pi, 0.0) + m.arctan(width / far),
        across,
        (0.0, 1.0),
    )
    return m.log(angle) - math.log(math.pi)


LATENT: Mapping[str, Latent] = {
    "logit": Latent(
        lambda m, x: m.log_sigmoid(x), lambda m, x: m.log_sigmoid(-x), _logit_between
    ),
    "probit": Latent(
        lambda m, x: m.log_ndtr(x), lambda m, x: m.log_ndtr(-x), _probit_between
    ),
    "cloglog": Latent(_cloglog_below, lambda m, x: -_exp(m, x), _cloglog_between),
    "loglog": Latent(
        lambda m, x: -_exp(m, -x), lambda m, x: _cloglog_below(m, -x), _loglog_between
    ),
    "cauchit": Latent(
        lambda m, x: m.log(_CAUCHIT(m, x)),
        lambda m, x: m.log(_CAUCHIT(m, -x)),
        _cauchit_between,
    ),
}


def category(
    m: Any, link: str, first: Any, last: Any, a: Any, b: Any, width: Any
) -> Any:
    """Return the log probability of a category between two thresholds.

    Parameters
    ----------
    first, last
        Whether it is the lowest, and whether it is the highest: it then has no lower,
        or no upper threshold.
    a, b
        The upper and the lower one, less the predictor; any number where there is none.
    width
        ``a - b``; positive, any number where there is none.
    """
    latent = LATENT[link]
    inside = m.where(first, latent.below(m, a), latent.between(m, a, b, width))
    return m.where(last, latent.above(m, b), inside)
