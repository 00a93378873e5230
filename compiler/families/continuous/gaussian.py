"""Normal response."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data import weighted
from ...data.weighted import Counts
from ...distributions.density import arrays
from ...distributions.density.latent import LATENT
from ...distributions.density.priors import normal
from ...distributions.numerics import HALF_LOG_2PI
from ..family import (
    Array,
    Family,
    Moments,
    Pooled,
    SourceText,
    Tails,
    residual_scale,
)
from ..link import REALS


def in_support(y: Array) -> NDArray[np.bool_]:
    """Any finite number."""
    return np.isfinite(y)


def moments(y: Array, count: Counts = None) -> Moments:
    """Mean and standard deviation of the response."""
    spread = weighted.sd(y, count)
    return Moments(weighted.mean(y, count), spread if spread > 0 else 1.0)


def deviations(within: Any, mu: Any, sigma: Any) -> Any:
    """Return what deviations from their mean add to the density of a cell's mean."""
    return -0.5 * within / sigma / sigma


def log_tails(m: Any, y: Any, mu: Any, sigma: Any) -> tuple[Any, Any]:
    """Return the logs of the distribution function and of what is above."""
    z = (y - mu) / sigma
    return m.log_ndtr(z), m.log_ndtr(-z)


def between(m: Any, low: Any, high: Any, mu: Any, sigma: Any) -> Any:
    """Return the log of the probability between two numbers.

    Of bounds that are near each other beside ``sigma`` the tails have no difference.
    """
    a, b = (high - mu) / sigma, (low - mu) / sigma
    return LATENT["probit"].between(m, a, b, (high - low) / sigma)


def mean_between(own: Sequence[Array], low: Array | None, high: Array | None) -> Array:
    """Mean between bounds: ``mu + sigma (phi(a) - phi(b)) / (Phi(b) - Phi(a))``."""
    mu, sigma = own
    nothing = np.zeros(()) - np.inf
    m = arrays.ARRAYS
    a, b = (None if at is None else (at - mu) / sigma for at in (low, high))
    with np.errstate(all="ignore"):
        heights = [
            nothing if z is None else -0.5 * z * z - HALF_LOG_2PI for z in (a, b)
        ]
        if b is None:
            assert a is not None
            whole = m.log_ndtr(-a)
        elif a is None:
            whole = m.log_ndtr(b)
        else:
            # on the side where both are below the middle
            left = np.where(a > 0.0, -b, a)
            right = np.where(a > 0.0, -a, b)
            larger = m.log_ndtr(right)
            whole = larger + m.log1mexp(larger - m.log_ndtr(left))
        shift = np.exp(heights[0] - whole) - np.exp(heights[1] - whole)
    return np.asarray(mu + sigma * shift)


def simulate(rng: np.random.Generator, mu: Array, sigma: Array) -> Array:
    """Draw a response."""
    return np.asarray(rng.normal(mu, sigma))


def quantile(p: float, mu: Array, sigma: Array) -> Array:
    """Return the value that a share of responses is at or below."""
    from scipy.special import ndtri

    return np.asarray(mu + sigma * ndtri(p))


def mean(mu: Array, sigma: Array) -> Array:
    """Mean of the response."""
    return np.asarray(mu + 0.0 * np.asarray(sigma))


def observe(
    pm: Any, pt: Any, name: str, arguments: Mapping[str, Any], observed: Any, dims: str
) -> Any:
    """``pm.Normal``."""
    return pm.Normal(
        name, arguments["mu"], arguments["sigma"], observed=observed, dims=dims
    )


GAUSSIAN = Family(
    name="gaussian",
    aliases=("normal",),
    title="normal distribution",
    response="continuous",
    links=REALS,
    dpars=(residual_scale("residual standard deviation"),),
    support="any number",
    in_support=in_support,
    moments=moments,
    log_density=arrays.log_density(normal),
    density=normal,
    simulate=simulate,
    mean=mean,
    quantile=quantile,
    observe=observe,
    source=SourceText(
        "pm.Normal({name}, mu={mu}, sigma={sigma}, observed={observed}, dims={dims})"
    ),
    normal=True,
    tails=Tails(
        log_tails,
        lambda pm, pt, mu, sigma: pm.Normal.dist(mu, sigma),
        "pm.Normal.dist(mu, sigma)",
        between=between,
        mean=mean_between,
    ),
    doc=r"""Normal response.

.. math:: f(y \mid \mu, \sigma) = \frac{1}{\sigma\sqrt{2\pi}}
          \exp\left(-\frac{(y - \mu)^2}{2\sigma^2}\right)

Parameters: ``mu``, the mean (any real number); ``sigma``, the residual standard
deviation (positive). Reference: Gelman & Hill (2007), chapters 3 and 12.
""",
    pooled=Pooled(normal, deviations),
)
