"""Times that are a normal and an exponential part together."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...distributions.density.priors import ex_gaussian
from ..family import Array, DefaultPrior, Dpar, Family, Tails
from ..link import REALS
from ..written import readings
from .gaussian import in_support, moments

NAMES = ("mu", "sigma", "beta")
#: A ratio of two parts that are equal to the last digit.
TINY = 1e-300


def density(m: Any, y: Any, mu: Any, sigma: Any, beta: Any) -> Any:
    """Log density: that of the prior, whose ``mu`` is the mean of the normal part."""
    return ex_gaussian(m, y, mu - beta, sigma, beta)


def log_tails(m: Any, y: Any, mu: Any, sigma: Any, beta: Any) -> tuple[Any, Any]:
    """Return the logs of the distribution function and of what is above."""
    z = (y - mu + beta) / sigma
    rate = sigma / beta
    over = z - rate
    slow = density(m, y, mu, sigma, beta) + m.log(beta)
    # the log of the ratio of both parts, of which neither is that of a difference
    less = m.where(
        over > 0.0,
        m.log_ndtr(z) - m.log_ndtr(over) + rate * (over + 0.5 * rate),
        m.log_mills(z) - m.log_mills(over),
    )
    below = m.log_ndtr(z) + m.log1mexp(m.where(less > TINY, less, TINY))
    return below, m.logaddexp(m.log_ndtr(-z), slow)


def simulate(rng: np.random.Generator, mu: Array, sigma: Array, beta: Array) -> Array:
    """Draw a response."""
    rows = np.broadcast_shapes(*map(np.shape, (mu, sigma, beta)))
    late = np.asarray(beta) * (rng.standard_exponential(rows) - 1.0)
    return np.asarray(mu + sigma * rng.normal(size=rows) + late)


def mean(mu: Array, sigma: Array, beta: Array) -> Array:
    """Mean of the response."""
    return np.asarray(mu + 0.0 * (np.asarray(sigma) + beta))


def _draw(pm: Any, pt: Any, mu: Any, sigma: Any, beta: Any, size: Any) -> Any:
    mu, sigma, beta = pt.broadcast_arrays(mu, sigma, beta)
    return pm.ExGaussian.dist(mu - beta, sigma=sigma, nu=beta, size=size)


EXGAUSSIAN = Family(
    name="exgaussian",
    title="exponentially modified normal distribution",
    response="continuous",
    links=REALS,
    dpars=(
        Dpar(
            "sigma",
            link="log",
            support="positive",
            meaning="standard deviation of the normal part",
            # near 0 every row is a hard edge of the other parameters, where chains
            # seldom get, and stay (Chung et al. 2013: a gamma(2, .) is 0 there)
            default=lambda m: DefaultPrior(
                "gamma",
                (("alpha", 2.0), ("beta", 2.0 / m.s)),
                "mean one spread of the response, and seldom near 0, where the normal "
                "part is gone",
            ),
            center=lambda m: math.log(m.s),
            pooled=2.0,
        ),
        Dpar(
            "beta",
            link="log",
            support="positive",
            meaning="mean of the exponential part: the length of the tail of slow "
            "responses",
            default=lambda m: DefaultPrior(
                "exponential",
                (("rate", 1.0 / m.s),),
                "mean one spread of the response",
            ),
            center=lambda m: math.log(m.s),
            pooled=2.0,
        ),
    ),
    support="any number",
    in_support=in_support,
    moments=moments,
    simulate=simulate,
    mean=mean,
    **readings(
        "exgaussian",
        density,
        NAMES,
        _draw,
        """
    mu, sigma, beta = pt.broadcast_arrays(mu, sigma, beta)
    return pm.ExGaussian.dist(mu - beta, sigma=sigma, nu=beta, size=size)
""",
        "Log density of a normal and an exponential number together, of mean mu",
    ),
    tails=Tails(
        log_tails,
        lambda pm, pt, mu, sigma, beta: pm.ExGaussian.dist(
            mu - beta, sigma=sigma, nu=beta
        ),
        "pm.ExGaussian.dist(mu - beta, sigma=sigma, nu=beta)",
    ),
    doc=r"""Reaction times: a normal part, and an exponential tail of slow responses.

.. math:: f(y \mid \mu, \sigma, \beta) = \frac{1}{\beta}
          \exp\left(\frac{\sigma^2}{2\beta^2} - \frac{y - \mu + \beta}{\beta}\right)
          \Phi\left(\frac{y - \mu + \beta}{\sigma} - \frac{\sigma}{\beta}\right)

Parameters: ``mu``, the mean of the response (any real number), so that the normal part
has the mean ``mu - beta``; ``sigma``, the standard deviation of the normal part
(positive); ``beta``, the mean of the exponential part (positive). Reference: Balota &
Yap (2011), Moving beyond the mean in studies of mental chronometry, Current Directions
in Psychological Science 20, 160-166.
""",
)
