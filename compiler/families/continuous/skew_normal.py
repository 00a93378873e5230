"""Continuous response with normal residuals that are skewed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...distributions.density.arrays import ARRAYS
from ...distributions.density.operations import ROOT_HALF
from ...distributions.numerics import HALF_LOG_2PI
from ..between import chance, log_between
from ..family import Array, DefaultPrior, Dpar, Family, Tails, residual_scale
from ..link import REALS
from ..written import alone_text, readings
from .gaussian import in_support, moments

NAMES = ("mu", "sigma", "alpha")
LOG_2 = 0.6931471805599453
#: Mean of the size of a standard normal number.
HALF = math.sqrt(2.0 / math.pi)


def _scaled(m: Any, sigma: Any, alpha: Any) -> tuple[Any, Any]:
    """Return ``delta`` and ``omega``, the scale that is no standard deviation."""
    delta = alpha / m.sqrt(1.0 + alpha * alpha)
    return delta, sigma / m.sqrt(1.0 - HALF * HALF * delta * delta)


def density(m: Any, y: Any, mu: Any, sigma: Any, alpha: Any) -> Any:
    """Log density, by mean and standard deviation."""
    delta, omega = _scaled(m, sigma, alpha)
    z = (y - mu) / omega + HALF * delta
    return LOG_2 - m.log(omega) - 0.5 * z * z - HALF_LOG_2PI + m.log_ndtr(alpha * z)


def standard_tails(m: Any, z: Any, alpha: Any) -> tuple[Any, Any]:
    """Return the logs of what is below and above a number, in its scale.

    From the centre outwards. Where the thick side is above, that is two normal tails
    less the thin one; and what is below, the number between it and its negative and
    the thin tail.
    """
    is_left = z < 0.0
    z, alpha = m.where(is_left, -z, z), m.where(is_left, -alpha, alpha)
    is_thick = alpha > 0.0
    thin = m.log_skew_tail(z, m.where(is_thick, alpha, -alpha))
    normal = LOG_2 + m.log_ndtr(-z)
    thick = normal + m.log1p(-m.exp(thin - normal))
    near = 1.0 - m.erfc(z * ROOT_HALF) + m.exp(thin)
    is_near = m.where(is_thick, near, 1.0) < 0.5
    near = m.where(is_near, near, 0.25)
    outer = m.where(is_near, m.log1p(-near), m.where(is_thick, thick, thin))
    inner = m.log1mexp(-m.where(is_near, -LOG_2, outer))
    inner = m.where(is_near, m.log(near), inner)
    return m.where(is_left, outer, inner), m.where(is_left, inner, outer)


def log_tails(m: Any, y: Any, mu: Any, sigma: Any, alpha: Any) -> tuple[Any, Any]:
    """Return the logs of the distribution function and of what is above."""
    delta, omega = _scaled(m, sigma, alpha)
    return standard_tails(m, (y - mu) / omega + HALF * delta, alpha)


def mean_between(own: Sequence[Array], low: Array | None, high: Array | None) -> Array:
    """Mean between bounds, by parts: ``-phi`` has the slope ``z phi``."""
    mu, sigma, alpha = own
    assert SKEW_NORMAL.tails is not None
    with np.errstate(all="ignore"):
        mass = chance(SKEW_NORMAL.tails, own, low, high)
        delta, omega = _scaled(ARRAYS, sigma, alpha)
        root, total = np.sqrt(1.0 + alpha * alpha), np.zeros(())
        sides: list[Any] = [None, None]
        for place, at in enumerate((low, high)):
            if at is not None:
                z = (at - mu) / omega + HALF * delta
                log = density(ARRAYS, at, mu, sigma, alpha) - mass
                height = omega * np.exp(log)
                total = total + (height if place == 0 else -height)
                sides[place] = [ARRAYS.log_ndtr(one * root) for one in (z, -z)]
        between = np.exp(np.asarray(log_between(ARRAYS, *sides)) - mass)
    return np.asarray(mu + omega * (total + HALF * delta * (between - 1.0)))


def _shape(alpha: Array) -> tuple[Array, Array]:
    """Return ``delta``, and the scale over the standard deviation."""
    alpha = np.asarray(alpha)
    delta = alpha / np.sqrt(1.0 + alpha * alpha)
    return delta, 1.0 / np.sqrt(1.0 - HALF * HALF * delta * delta)


def simulate(rng: np.random.Generator, mu: Array, sigma: Array, alpha: Array) -> Array:
    """Draw a response: a normal number and the size of another one."""
    rows = np.broadcast_shapes(*map(np.shape, (mu, sigma, alpha)))
    delta, scale = _shape(alpha)
    above, free = np.abs(rng.normal(size=rows)), rng.normal(size=rows)
    z = delta * (above - HALF) + np.sqrt(1.0 - delta * delta) * free
    return np.asarray(mu + sigma * scale * z)


def mean(mu: Array, sigma: Array, alpha: Array) -> Array:
    """Mean of the response."""
    return np.asarray(mu + 0.0 * (np.asarray(sigma) + alpha))


def _draw(pm: Any, pt: Any, mu: Any, sigma: Any, alpha: Any, size: Any) -> Any:
    mu, sigma, alpha = pt.broadcast_arrays(mu, sigma, alpha)
    delta = alpha / pt.sqrt(1.0 + alpha**2)
    omega = sigma / pt.sqrt(1.0 - HALF * HALF * delta**2)
    return pm.SkewNormal.dist(
        mu=mu - omega * HALF * delta, sigma=omega, alpha=alpha, size=size
    )


_DRAWN = """
    mu, sigma, alpha = pt.broadcast_arrays(mu, sigma, alpha)
    delta = alpha / pt.sqrt(1 + alpha**2)
    omega = sigma / pt.sqrt(1 - 2 / np.pi * delta**2)
    location = mu - omega * (2 / np.pi) ** 0.5 * delta
    return pm.SkewNormal.dist(mu=location, sigma=omega, alpha=alpha, size=size)
"""

SKEW_NORMAL = Family(
    name="skew_normal",
    title="skew normal distribution",
    response="continuous",
    links=REALS,
    dpars=(
        residual_scale("residual standard deviation"),
        Dpar(
            "alpha",
            link="identity",
            support="real",
            meaning="skewness: 0 is the normal distribution, above it the tail is up",
            default=lambda _: DefaultPrior(
                "normal",
                (("mu", 0.0), ("sigma", 4.0)),
                "skewed either way, hardly or nearly as half a normal distribution",
            ),
            center=lambda _: 0.0,
            spread=2.0,
        ),
    ),
    support="any number",
    in_support=in_support,
    moments=moments,
    simulate=simulate,
    mean=mean,
    tails=Tails(
        log_tails,
        lambda pm, pt, mu, sigma, alpha: _draw(pm, pt, mu, sigma, alpha, None),
        "alone(mu, sigma, alpha, None)",
        mean=mean_between,
        before=alone_text("mu, sigma, alpha", _DRAWN),
    ),
    **readings(
        "skew_normal",
        density,
        NAMES,
        _draw,
        _DRAWN,
        "Log density of a skew normal response, by mean and standard deviation",
    ),
    doc=r"""Continuous response with a longer tail on one side.

.. math:: f(y \mid \mu, \sigma, \alpha) = \frac{2}{\omega}\, \phi(z)\, \Phi(\alpha z),
          \quad z = \frac{y - \xi}{\omega}, \quad
          \omega = \frac{\sigma}{\sqrt{1 - 2\delta^2/\pi}}, \quad
          \xi = \mu - \omega\delta\sqrt{2/\pi}, \quad
          \delta = \frac{\alpha}{\sqrt{1 + \alpha^2}}

Parameters: ``mu``, the mean (any real number); ``sigma``, the standard deviation
(positive); ``alpha``, the skewness (any real number). It is less skewed than times and
amounts are, whose families are those of positive numbers. Reference: Azzalini
(1985), A class of distributions which includes the normal ones, Scandinavian Journal of
Statistics 12, 171-178.
""",
)
