"""Angles: the normal distribution on a circle."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data.weighted import Counts
from ...distributions.density.arrays import ARRAYS
from ..between import NEVER
from ..family import Array, DefaultPrior, Dpar, Family, Moments, Tails
from ..written import readings

NAMES = ("eta", "kappa")
LOG_2PI = math.log(2.0 * math.pi)
#: A mean that is as good as opposite to 0 is taken to have this tangent of its half.
_FARTHEST = 20.0
_TURN = 2.0 * math.pi
#: Half of the angles are about so near to the mean, in standard deviations, halved.
_QUARTER = 0.337
_STEP = 1e-30
#: Steps to a quantile, at most, and a step after which none follows.
_MOST_STEPS, _NEAREST = 100, 1e-13


def in_support(y: Array) -> NDArray[np.bool_]:
    """From -pi to pi; a last digit beyond is rounding."""
    return np.asarray(np.abs(y) <= math.pi + 1e-6)


def outside(y: Array) -> tuple[str, ...]:
    """Say what else angles are measured in."""
    text = "angles are in radians, from -pi to pi"
    if (np.abs(y) <= 2.0 * math.pi + 1e-6).all():
        turned = f"ifelse(y > {math.pi}, y - {_TURN}, y)"
        return (f"{text}: of those from 0 to 2 pi, `{turned}` are the same",)
    return (f"{text}: of degrees, multiply by `0.017453292519943295`",)


def resultant(y: Array, weights: Array) -> tuple[float, float]:
    """Return the mean direction of angles, and how concentrated they are: 0 to 1."""
    weights = weights / weights.sum()
    sine, cosine = float(weights @ np.sin(y)), float(weights @ np.cos(y))
    return math.atan2(sine, cosine), math.hypot(sine, cosine)


def moments(y: Array, count: Counts = None) -> Moments:
    """Mean direction, and what the circular standard deviation is in its tangent."""
    weights = np.ones(len(y)) if count is None else np.asarray(count, dtype=float)
    direction, length = resultant(y, weights)
    middle = math.tan(0.5 * direction)
    middle = min(max(middle, -_FARTHEST), _FARTHEST)
    length = min(max(length, 0.2), 1.0 - 1e-9)
    spread = math.sqrt(-2.0 * math.log(length))
    return Moments(middle, 0.5 * (1.0 + middle * middle) * spread)


def density(m: Any, y: Any, eta: Any, kappa: Any) -> Any:
    """Log density, by the sine of half the distance from the mean."""
    sine, cosine = m.sin(0.5 * y), m.cos(0.5 * y)
    off = sine - eta * cosine
    away = 2.0 * off * off / (1.0 + eta * eta)
    return -kappa * away - LOG_2PI - m.log_i0e(kappa)


def _arc(m: Any, low: Any, high: Any, eta: Any, kappa: Any) -> tuple[Any, Any]:
    """Return the log of a probability, and whether it is of what the arc leaves.

    An arc from one angle to another that has neither the mean nor the opposite of it
    inside is one integral, and one that has both is what such an arc leaves. Any other
    one is two: those from the mean to both ends or those from the ends to its opposite,
    whichever are less; it is their sum, or what they leave.
    """
    mu = 2.0 * m.arctan(eta)
    first, length = low - mu, high - low
    turn = m.where(first < -math.pi, _TURN, m.where(first > math.pi, -_TURN, 0.0))
    first, last = first + turn, high - mu + turn
    is_below = first < 0.0
    # past the first of the two that follows, and past both
    passed = m.where(is_below, last, last - math.pi)
    has_none, has_both = passed < 0.0, passed > math.pi
    one = m.where(is_below, -first, first)
    other = m.where(is_below, last, _TURN - last)
    half = 2.0 * m.arctan(_QUARTER / m.sqrt(kappa + _QUARTER * _QUARTER))
    is_near = one + other < 2.0 * half

    def chosen(none: Any, both: Any, near: Any, far: Any) -> Any:
        two = m.where(is_near, near, far)
        return m.where(has_none, none, m.where(has_both, both, two))

    inner = m.where(is_below, -last, first)
    outer = m.where(is_below, -first, last - _TURN)
    found = m.log_arc(
        chosen(inner, outer, 0.0, one),
        chosen(length, _TURN - length, one, math.pi - one),
        kappa,
    )
    second = m.log_arc(
        chosen(0.0, 0.0, 0.0, other),
        chosen(0.0, 0.0, other, math.pi - other),
        kappa,
    )
    is_two = chosen(0.0, 0.0, 1.0, 1.0) > 0.5
    found = m.where(is_two, m.logaddexp(found, second), found)
    from_mean = m.where(is_below, 0.0, 1.0)
    return found, chosen(0.0, 1.0, from_mean, 1.0 - from_mean) > 0.5


def _cut(m: Any, y: Any) -> Any:
    """Return the nearest angle from -pi to pi."""
    return m.where(y < -math.pi, -math.pi, m.where(y > math.pi, math.pi, y))


def between(m: Any, low: Any, high: Any, eta: Any, kappa: Any) -> Any:
    """Return the log of the probability above one angle, up to another."""
    low, high = _cut(m, low), _cut(m, high)
    found, is_rest = _arc(m, low, high, eta, kappa)
    found = m.where(is_rest, m.log1mexp(-m.where(is_rest, found, -1.0)), found)
    return m.where(low < high, found, NEVER)


def log_tails(m: Any, y: Any, eta: Any, kappa: Any) -> tuple[Any, Any]:
    """Return the logs of the probabilities from -pi to an angle, and on to pi."""
    found, is_rest = _arc(m, -math.pi, _cut(m, y), eta, kappa)
    other = m.log1mexp(-found)
    below, above = m.where(is_rest, other, found), m.where(is_rest, found, other)
    return (
        m.where(y > -math.pi, m.where(y < math.pi, below, 0.0), NEVER),
        m.where(y < math.pi, m.where(y > -math.pi, above, 0.0), NEVER),
    )


def quantile(p: float, eta: Array, kappa: Array) -> Array:
    """Return the angle below which a share is, by Newton's rule for the log of a tail.

    Where it leaves what is known to have the angle inside, that is halved.
    """
    shape = np.broadcast_shapes(np.shape(eta), np.shape(kappa))
    eta, kappa = (np.broadcast_to(one, shape).ravel() * 1.0 for one in (eta, kappa))
    low, high = np.full(eta.shape, -math.pi), np.full(eta.shape, math.pi)
    at, rest = np.clip(2.0 * np.arctan(eta), -3.0, 3.0), np.arange(eta.size)
    side, sign, wanted = (0, 1.0, p) if p <= 0.5 else (1, -1.0, 1.0 - p)
    with np.errstate(all="ignore"):
        for _ in range(_MOST_STEPS):
            here, given = at[rest], (eta[rest], kappa[rest])
            log = log_tails(ARRAYS, here, *given)[side]
            off = sign * (log - math.log(wanted))
            low[rest] = below = np.where(off < 0.0, here, low[rest])
            high[rest] = above = np.where(off < 0.0, high[rest], here)
            moved = here - off * np.exp(log - density(ARRAYS, here, *given))
            inside = (moved > below) & (moved < above)
            moved = np.where(inside, moved, 0.5 * (below + above))
            at[rest] = moved
            rest = rest[np.abs(moved - here) > _NEAREST]
            if not rest.size:
                break
    return at.reshape(shape)


def mean_between(own: Sequence[Array], low: Array | None, high: Array | None) -> Array:
    """Mean direction between bounds.

    The slope of the log probability in ``kappa`` has the mean cosine, and the sine is
    the slope of the density.
    """
    eta, kappa = own
    low = np.asarray(-math.pi if low is None else low) * 1.0
    high = np.asarray(math.pi if high is None else high) * 1.0
    mu, stepped = 2.0 * np.arctan(eta), kappa + _STEP * 1j
    with np.errstate(all="ignore"):
        mass = between(ARRAYS, low, high, eta, stepped)
        cosine = 1.0 + np.imag(mass + ARRAYS.log_i0e(stepped)) / _STEP
        rise = np.sin(0.5 * (low + high) - mu) * np.sin(0.5 * (high - low))
        rise = -2.0 * kappa * rise
        heights = (density(ARRAYS, at, eta, kappa) for at in (low, high))
        first, last = (np.exp(height - np.real(mass)) for height in heights)
        sine = np.where(rise < 0.0, -first * np.expm1(rise), last * np.expm1(-rise))
    direction = mu + np.arctan2(sine / kappa, cosine)
    return np.asarray(np.remainder(direction + math.pi, _TURN) - math.pi)


def simulate(rng: np.random.Generator, eta: Array, kappa: Array) -> Array:
    """Draw an angle."""
    rows = np.broadcast_shapes(np.shape(eta), np.shape(kappa))
    return np.asarray(rng.vonmises(2.0 * np.arctan(eta), kappa, rows))


def mean(eta: Array, kappa: Array) -> Array:
    """Mean direction of the response."""
    return np.asarray(2.0 * np.arctan(eta) + 0.0 * np.asarray(kappa))


def _draw(pm: Any, pt: Any, eta: Any, kappa: Any, size: Any) -> Any:
    eta, kappa = pt.broadcast_arrays(eta, kappa)
    return pm.VonMises.dist(2.0 * pt.arctan(eta), kappa, size=size)


VON_MISES = Family(
    name="von_mises",
    aliases=("vonmises",),
    title="von Mises distribution",
    response="continuous",
    links=("tan_half",),
    known_links=("identity",),
    dpars=(
        Dpar(
            "kappa",
            link="log",
            support="positive",
            meaning="concentration: large where angles are near their mean",
            default=lambda _: DefaultPrior(
                "exponential",
                (("rate", 1.0),),
                "of 1/sqrt(kappa), near the standard deviation in radians",
                of="inv_sqrt",
            ),
            center=lambda _: -2.0 * math.log(math.log(2.0)),
        ),
    ),
    predictor="eta",
    support="angles in radians, from -pi to pi",
    in_support=in_support,
    outside=outside,
    moments=moments,
    simulate=simulate,
    mean=mean,
    average=lambda y, weights: resultant(y, weights)[0],
    quantile=quantile,
    **readings(
        "von_mises",
        density,
        NAMES,
        _draw,
        """
    eta, kappa = pt.broadcast_arrays(eta, kappa)
    return pm.VonMises.dist(2 * pt.arctan(eta), kappa, size=size)
""",
        "Log density of an angle, by the tangent of half its mean",
    ),
    tails=Tails(
        log_tails,
        lambda pm, pt, eta, kappa: pm.VonMises.dist(2.0 * pt.arctan(eta), kappa),
        "pm.VonMises.dist(2 * pt.arctan(eta), kappa)",
        lowest=-math.pi,
        highest=math.pi,
        mean=mean_between,
        between=between,
    ),
    measure="the tangent of half the response",
    doc=r"""Angles and times of day: the normal distribution on a circle.

.. math:: f(y \mid \eta, \kappa) = \frac{e^{\kappa \cos(y - \mu)}}{2\pi I_0(\kappa)},
          \quad \mu = 2 \arctan \eta, \quad -\pi \le y \le \pi

Parameters: ``eta``, the tangent of half the mean direction (any real number), which is
no angle opposite to 0: angles are best measured from where most of them are; ``kappa``,
the concentration (positive): 0 is every direction alike, and for large ones
``1/sqrt(kappa)`` is the standard deviation in radians. Where an angle is censored or
truncated, or asked about as ``prob[<1]`` does, it is a number from -pi to pi, and what
is below it begins at -pi. Reference: Fisher & Lee (1992), Regression models for an
angular response, Biometrics 48, 665-677.
""",
)
