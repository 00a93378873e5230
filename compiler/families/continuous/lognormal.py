"""Positive response whose logarithm is normal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data import weighted
from ...data.spread import UNIT, rounding_of
from ...data.weighted import Counts
from ...distributions.density import arrays
from ...distributions.density.latent import LATENT
from ...distributions.density.priors import lognormal
from ..family import (
    Array,
    Family,
    Moments,
    Pooled,
    SourceText,
    Tails,
    residual_scale,
)
from .gaussian import deviations
from .gaussian import log_tails as normal_log_tails
from .gaussian import quantile as normal_quantile


def in_support(y: Array) -> NDArray[np.bool_]:
    """Positive and finite."""
    return np.asarray(np.isfinite(y) & (y > 0))


def zeros(hurdle: str) -> Callable[[Array], tuple[str, ...]]:
    """Return what is said of zeros: the family that has them, and what they may be."""

    def outside(y: Array) -> tuple[str, ...]:
        none = int((y == 0.0).sum())
        if none < len(y):
            return ()
        return (
            f"all {none} are 0: `family={hurdle}` is for positive numbers and zeros"
            if none > 1
            else f"it is a 0: `family={hurdle}` is for positive numbers and zeros",
            "if 0 stands for what was too small to be measured, `cens` says so: "
            "`y | cens(c)`, with the smallest number that can be measured in its place",
        )

    return outside


def moments(y: Array, count: Counts = None) -> Moments:
    """Mean and standard deviation of the response's logarithm."""
    logged = np.log(y)
    # a logarithm changes by the response's relative rounding
    spread = weighted.sd(logged, count, max(UNIT, rounding_of(logged)))
    return Moments(weighted.mean(logged, count), spread if spread > 0 else 1.0)


def log_tails(m: Any, y: Any, mu: Any, sigma: Any) -> tuple[Any, Any]:
    """Return the logs of the distribution function and of what is above."""
    return normal_log_tails(m, m.log(y), mu, sigma)


def between(m: Any, low: Any, high: Any, mu: Any, sigma: Any) -> Any:
    """Return the log of the probability between two numbers."""
    start, end = m.log(low), m.log(high)
    # of numbers near each other the logs have no difference
    is_near = high < 2.0 * low
    ratio = m.where(is_near, high - low, 0.0) / m.where(is_near, low, 1.0)
    width = m.where(is_near, m.log1p(ratio), end - start)
    a, b = (end - mu) / sigma, (start - mu) / sigma
    return LATENT["probit"].between(m, a, b, width / sigma)


def simulate(rng: np.random.Generator, mu: Array, sigma: Array) -> Array:
    """Draw a response; infinite where no float is as large."""
    return np.asarray(rng.lognormal(mu, sigma))


def quantile(p: float, mu: Array, sigma: Array) -> Array:
    """Return the value that a share of responses is at or below."""
    with np.errstate(over="ignore"):
        return np.exp(normal_quantile(p, mu, sigma))


def mean(mu: Array, sigma: Array) -> Array:
    """Mean of the response, larger than its median ``exp(mu)``."""
    with np.errstate(over="ignore"):
        return np.asarray(np.exp(mu + 0.5 * np.square(sigma)))


def observe(
    pm: Any, pt: Any, name: str, arguments: Mapping[str, Any], observed: Any, dims: str
) -> Any:
    """``pm.LogNormal``."""
    return pm.LogNormal(
        name, arguments["mu"], arguments["sigma"], observed=observed, dims=dims
    )


LOGNORMAL = Family(
    name="lognormal",
    title="lognormal distribution",
    response="continuous",
    links=("identity", "inverse"),
    dpars=(
        residual_scale(
            "residual standard deviation of the log response", "the log of the response"
        ),
    ),
    support="positive numbers",
    in_support=in_support,
    outside=zeros("hurdle_lognormal"),
    moments=moments,
    log_density=arrays.log_density(lognormal),
    density=lognormal,
    simulate=simulate,
    mean=mean,
    quantile=quantile,
    observe=observe,
    source=SourceText(
        """pm.LogNormal(
    {name}, mu={mu}, sigma={sigma}, observed={observed}, dims={dims}
)"""
    ),
    measure="the log of the response",
    normal=True,
    doc=r"""Positive response whose logarithm is normal: times, sizes, incomes.

.. math:: f(y \mid \mu, \sigma) = \frac{1}{y\,\sigma\sqrt{2\pi}}
          \exp\left(-\frac{(\log y - \mu)^2}{2\sigma^2}\right), \quad y > 0

Parameters: ``mu``, the mean of the log response (any real number), so that the
median is ``exp(mu)`` and the mean ``exp(mu + sigma^2/2)``; ``sigma``, the
standard deviation of the log response (positive). Reference: Limpert, Stahel &
Abbt (2001), Log-normal distributions across the sciences, BioScience 51,
341-352.
""",
    tails=Tails(
        log_tails,
        lambda pm, pt, mu, sigma: pm.LogNormal.dist(mu, sigma),
        "pm.LogNormal.dist(mu, sigma)",
        lowest=0.0,
        between=between,
    ),
    pooled=Pooled(lognormal, deviations, logged=True),
)
