"""Regression of a quantile: a Laplace distribution with unequal sides."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..family import Array, DefaultPrior, Dpar, Family, Tails, residual_scale
from ..link import REALS
from ..written import readings
from .gaussian import in_support
from .laplace import log_two_sided
from .student import moments

NAMES = ("mu", "sigma", "quantile")


def density(m: Any, y: Any, mu: Any, sigma: Any, quantile: Any) -> Any:
    """Log density: the check function of quantile regression."""
    z = (y - mu) / sigma
    loss = m.where(z < 0.0, -(1.0 - quantile) * z, quantile * z)
    return m.log(quantile) + m.log1p(-quantile) - m.log(sigma) - loss


def log_tails(m: Any, y: Any, mu: Any, sigma: Any, quantile: Any) -> tuple[Any, Any]:
    """Return the logs of the distribution function and of what is above."""
    z, rest = (y - mu) / sigma, 1.0 - quantile
    below, above = m.log(quantile), m.log1p(-quantile)
    low = m.choose(
        z < 0.0,
        lambda at: below + rest * at,
        lambda at: m.log1p(-rest * m.exp(-quantile * at)),
        z,
        (0.0, 0.0),
    )
    high = m.choose(
        z < 0.0,
        lambda at: m.log1p(-quantile * m.exp(rest * at)),
        lambda at: above - quantile * at,
        z,
        (0.0, 0.0),
    )
    return low, high


def between(m: Any, low: Any, high: Any, mu: Any, sigma: Any, quantile: Any) -> Any:
    """Return the log of the probability between two numbers."""
    a, b = (low - mu) / sigma, (high - mu) / sigma
    return log_two_sided(m, a, b, (high - low) / sigma, quantile)


def simulate(
    rng: np.random.Generator, mu: Array, sigma: Array, quantile: Array
) -> Array:
    """Draw a response: an exponential number less another one."""
    rows = np.broadcast_shapes(*map(np.shape, (mu, sigma, quantile)))
    high, low = (rng.standard_exponential(rows) for _ in range(2))
    quantile = np.asarray(quantile)
    return np.asarray(mu + sigma * (high / quantile - low / (1.0 - quantile)))


def quantile_of(p: float, mu: Array, sigma: Array, quantile: Array) -> Array:
    """Return the value that a share of responses is at or below."""
    quantile = np.asarray(quantile, dtype=float)
    low = np.log(p / quantile) / (1.0 - quantile)
    high = -(np.log1p(-p) - np.log1p(-quantile)) / quantile
    return np.asarray(mu + sigma * np.where(p < quantile, low, high))


def mean(mu: Array, sigma: Array, quantile: Array) -> Array:
    """Mean of the response."""
    quantile = np.asarray(quantile)
    shift = (1.0 - 2.0 * quantile) / (quantile * (1.0 - quantile))
    return np.asarray(mu + sigma * shift)


def draw(pm: Any, pt: Any, mu: Any, sigma: Any, quantile: Any, size: Any) -> Any:
    """Return draws in a graph; PyMC's `b` is a rate, of both sides together."""
    mu, sigma, quantile = pt.broadcast_arrays(mu, sigma, quantile)
    rate = pt.sqrt(quantile * (1.0 - quantile)) / sigma
    return pm.AsymmetricLaplace.dist(mu=mu, b=rate, q=quantile, size=size)


QUANTILE = Dpar(
    "quantile",
    link="logit",
    support="unit",
    meaning="which quantile `mu` is",
    default=lambda _: DefaultPrior(
        "beta",
        (("alpha", 2.0), ("beta", 2.0)),
        "skewed either way; `prior quantile = 0.9` is a regression of that quantile",
    ),
    center=lambda _: 0.0,
)

ASYMMETRIC_LAPLACE = Family(
    name="asymmetric_laplace",
    aliases=("asym_laplace",),
    title="asymmetric Laplace distribution",
    response="continuous",
    links=REALS,
    dpars=(residual_scale("residual scale"), QUANTILE),
    support="any number",
    in_support=in_support,
    moments=moments,
    simulate=simulate,
    mean=mean,
    quantile=quantile_of,
    **readings(
        "asymmetric_laplace",
        density,
        NAMES,
        draw,
        """
    mu, sigma, quantile = pt.broadcast_arrays(mu, sigma, quantile)
    rate = pt.sqrt(quantile * (1 - quantile)) / sigma
    return pm.AsymmetricLaplace.dist(mu=mu, b=rate, q=quantile, size=size)
""",
        "Log density whose mode is the given quantile",
    ),
    tails=Tails(
        log_tails,
        lambda pm, pt, mu, sigma, quantile: pm.AsymmetricLaplace.dist(
            mu=mu, b=pt.sqrt(quantile * (1.0 - quantile)) / sigma, q=quantile
        ),
        "pm.AsymmetricLaplace.dist(\n        mu=mu, q=quantile, "
        "b=pt.sqrt(quantile * (1 - quantile)) / sigma,\n    )",
        between=between,
    ),
    doc=r"""Regression of a quantile: what is above and below costs unequally.

.. math:: f(y \mid \mu, \sigma, q) = \frac{q (1 - q)}{\sigma}
          \exp\left(-z\,(q - 1_{z < 0})\right), \quad
          z = \frac{y - \mu}{\sigma}

Parameters: ``mu``, the quantile (any real number); ``sigma``, the scale (positive);
``quantile``, the :math:`q` of the formula, which share of responses is below ``mu``
(between 0 and 1): ``prior quantile = 0.9`` fixes it. Hardly any response is distributed
so: the estimate is that of a quantile, its interval is no probability. Reference: Yu &
Moyeed (2001), Bayesian quantile regression, Statistics & Probability Letters 54,
437-447.
""",
)
