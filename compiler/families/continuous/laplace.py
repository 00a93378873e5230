"""Continuous response whose residuals are exponential on both sides."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...distributions.density import arrays
from ..family import Array, Family, SourceText, Tails, residual_scale
from ..link import REALS
from ..written import graph
from .gaussian import in_support
from .student import moments

LOG_2 = 0.6931471805599453


def density(m: Any, y: Any, mu: Any, sigma: Any) -> Any:
    """Log density, by the distance from the centre in scales."""
    z = (y - mu) / sigma
    return m.where(z < 0.0, z, -z) - m.log(sigma) - LOG_2


def log_tails(m: Any, y: Any, mu: Any, sigma: Any) -> tuple[Any, Any]:
    """Return the logs of the distribution function and of what is above."""
    z = (y - mu) / sigma

    def tail(z: Any) -> Any:
        return m.choose(
            z < 0.0,
            lambda low: low - LOG_2,
            lambda high: m.log1p(-0.5 * m.exp(-high)),
            z,
            (0.0, 0.0),
        )

    return tail(z), tail(-z)


def log_two_sided(m: Any, low: Any, high: Any, width: Any, share: Any) -> Any:
    """Return the log of the probability between two numbers on either side of 0.

    ``share`` is below 0, where probabilities fall by ``1 - share``, above it they do by
    ``share``. Nothing is lost where the two are near each other.
    """
    rest = 1.0 - share
    below = m.log(share) + rest * high + m.log1mexp(rest * width)
    above = m.log(rest) - share * low + m.log1mexp(share * width)
    start, end = m.where(low < 0.0, low, -1.0), m.where(high > 0.0, high, 1.0)
    both = -share * m.expm1(rest * start) - rest * m.expm1(-share * end)
    return m.where(high > 0.0, m.where(low < 0.0, m.log(both), above), below)


def between(m: Any, low: Any, high: Any, mu: Any, sigma: Any) -> Any:
    """Return the log of the probability between two numbers."""
    a, b = 2.0 * (low - mu) / sigma, 2.0 * (high - mu) / sigma
    return log_two_sided(m, a, b, 2.0 * (high - low) / sigma, 0.5)


def simulate(rng: np.random.Generator, mu: Array, sigma: Array) -> Array:
    """Draw a response."""
    return np.asarray(rng.laplace(mu, sigma))


def quantile(p: float, mu: Array, sigma: Array) -> Array:
    """Return the value that a share of responses is at or below."""
    z = np.log(2.0 * p) if p < 0.5 else -np.log(2.0 * (1.0 - p))
    return np.asarray(mu + np.asarray(sigma) * z)


def mean(mu: Array, sigma: Array) -> Array:
    """Mean of the response, its median as well."""
    return np.asarray(mu + 0.0 * np.asarray(sigma))


LAPLACE = Family(
    name="laplace",
    aliases=("double_exponential",),
    title="Laplace distribution",
    response="continuous",
    links=REALS,
    dpars=(residual_scale("residual scale: the mean distance from the median"),),
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
        lambda pm, pt, mu, sigma, size: pm.Laplace.dist(mu, sigma, size=size),
    ),
    source=SourceText(
        """pm.Laplace(
    {name}, mu={mu}, b={sigma}, observed={observed}, dims={dims}
)"""
    ),
    tails=Tails(
        log_tails,
        lambda pm, pt, mu, sigma: pm.Laplace.dist(mu, sigma),
        "pm.Laplace.dist(mu, sigma)",
        between=between,
    ),
    doc=r"""Continuous response with a sharp middle and heavier tails than normal ones.

.. math:: f(y \mid \mu, \sigma) = \frac{1}{2\sigma}
          \exp\left(-\frac{|y - \mu|}{\sigma}\right)

Parameters: ``mu``, the mean and median (any real number), fitted as in a regression of
least absolute deviations; ``sigma``, the scale (positive), the mean distance from the
median: the standard deviation is larger by the root of 2. Reference: Kotz, Kozubowski &
Podgórski (2001), The Laplace distribution and generalizations, chapter 2.
""",
)
