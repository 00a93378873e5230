"""Largest of many numbers: a long tail above."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...data import weighted
from ...data.weighted import Counts
from ...distributions.density import arrays
from ...distributions.density.latent import LATENT
from ..family import Array, DefaultPrior, Dpar, Family, Moments, SourceText, Tails
from ..link import REALS
from ..written import graph
from .gaussian import in_support

#: Euler's constant: the mean is so many scales above the mode.
EULER = 0.5772156649015329
#: The standard deviation in scales.
SPREAD = math.pi / math.sqrt(6.0)
#: Of what is turned around: the distribution function of least values.
EXTREME = LATENT["cloglog"]


def moments(y: Array, count: Counts = None) -> Moments:
    """Mode and standard deviation that a response with this mean and spread has."""
    spread = weighted.sd(y, count)
    spread = spread if spread > 0 else 1.0
    return Moments(weighted.mean(y, count) - EULER * spread / SPREAD, spread)


def density(m: Any, y: Any, mu: Any, sigma: Any) -> Any:
    """Log density, by the distance from the mode in scales."""
    z = (y - mu) / sigma
    return -z - m.exp(-z) - m.log(sigma)


def log_tails(m: Any, y: Any, mu: Any, sigma: Any) -> tuple[Any, Any]:
    """Return the logs of the distribution function and of what is above."""
    low = (mu - y) / sigma
    return EXTREME.above(m, low), EXTREME.below(m, low)


def simulate(rng: np.random.Generator, mu: Array, sigma: Array) -> Array:
    """Draw a response."""
    return np.asarray(rng.gumbel(mu, sigma))


def quantile(p: float, mu: Array, sigma: Array) -> Array:
    """Return the value that a share of responses is at or below."""
    return np.asarray(mu - np.asarray(sigma) * np.log(-np.log(p)))


def mean(mu: Array, sigma: Array) -> Array:
    """Mean of the response, above its mode."""
    return np.asarray(mu + EULER * np.asarray(sigma))


def scale(meaning: str) -> Dpar:
    """Return ``sigma`` of a distribution of largest values."""
    return Dpar(
        "sigma",
        link="log",
        support="positive",
        meaning=meaning,
        default=lambda m: DefaultPrior(
            "exponential",
            (("rate", SPREAD / m.s),),
            "mean the scale that the spread of the response would be of",
        ),
        center=lambda m: math.log(m.s / SPREAD),
        pooled=2.0,
    )


GUMBEL = Family(
    name="gumbel",
    title="Gumbel distribution",
    response="continuous",
    links=REALS,
    dpars=(scale("residual scale: the standard deviation over 1.28"),),
    support="any number",
    in_support=in_support,
    moments=moments,
    log_density=arrays.log_density(density),
    density=density,
    simulate=simulate,
    mean=mean,
    quantile=quantile,
    observe=graph(
        density,
        ("mu", "sigma"),
        lambda pm, pt, mu, sigma, size: pm.Gumbel.dist(mu, sigma, size=size),
    ),
    source=SourceText(
        """pm.Gumbel(
    {name}, mu={mu}, beta={sigma}, observed={observed}, dims={dims}
)"""
    ),
    tails=Tails(
        log_tails,
        lambda pm, pt, mu, sigma: pm.Gumbel.dist(mu, sigma),
        "pm.Gumbel.dist(mu, sigma)",
    ),
    doc=r"""Continuous response with a long tail above: the largest of many numbers.

.. math:: f(y \mid \mu, \sigma) = \frac{1}{\sigma} \exp(-z - e^{-z}), \quad
          z = \frac{y - \mu}{\sigma}

Parameters: ``mu``, the mode (any real number): the mean is ``mu + 0.577 sigma``;
``sigma``, the scale (positive): the standard deviation is ``1.283 sigma``. It is
``gen_extreme_value`` with ``xi`` = 0. Reference: Coles (2001), An introduction to
statistical modeling of extreme values, chapter 3.
""",
)
