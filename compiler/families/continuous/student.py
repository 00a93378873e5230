"""Continuous response with heavy tails: Student's t."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...data import weighted
from ...data.spread import is_constant
from ...data.weighted import Counts
from ...distributions.density import arrays
from ...distributions.density.operations import LOG_2
from ...distributions.density.priors import student_t
from ..between import log_between
from ..family import (
    Array,
    DefaultPrior,
    Dpar,
    Family,
    Moments,
    SourceText,
    Tails,
    residual_scale,
)
from ..link import REALS
from ..written import graph
from .gaussian import in_support

#: Of gamma(2, 0.1) above 1: S(x) = (1 + x/10) exp(-x/10) is half of S(1) there.
_MEDIAN_NU = 16.85824910926511
#: Nothing is nearer to the centre in distribution functions.
_TINY = 1e-140


def moments(y: Array, count: Counts = None) -> Moments:
    """Median and interquartile range, which outliers do not move.

    1.35 is the interquartile range of a standard normal variable. Where half
    of the responses are equal it is 0, and the standard deviation has its place.
    """
    low, middle, high = weighted.quantiles(y, [0.25, 0.5, 0.75], count)
    spread = float(high - low) / 1.35
    if is_constant(np.array([low, high])):
        spread = weighted.sd(y, count)
    return Moments(float(middle), spread if spread > 0 else 1.0)


def density(m: Any, y: Any, mu: Any, sigma: Any, nu: Any) -> Any:
    """Return the log density over operations."""
    return student_t(m, y, nu, mu, sigma)


def log_tails(m: Any, y: Any, mu: Any, sigma: Any, nu: Any) -> tuple[Any, Any]:
    """Return the logs of the distribution function and of what is above.

    Half of how often a beta variable is below ``nu / (nu + z^2)``.
    """
    z = (y - mu) / sigma
    size = m.where(z < 0.0, -z, z)
    odds = m.log(nu) - 2.0 * m.log(m.where(size > _TINY, size, _TINY))
    outer = m.beta_tails(0.5 * nu, 0.5, odds)[0] - LOG_2
    inner = m.log1mexp(-outer)
    is_below = z < 0.0
    return m.where(is_below, outer, inner), m.where(is_below, inner, outer)


def mean_between(own: Sequence[Array], low: Array | None, high: Array | None) -> Array:
    """Mean between bounds: ``(nu + z^2) f(z) / (1 - nu)`` has the slope ``z f(z)``."""
    mu, sigma, nu = own
    m = arrays.ARRAYS
    with np.errstate(all="ignore"):
        total: Array = np.zeros(())
        sides: list[Any] = [None, None]
        for place, at in enumerate((low, high)):
            if at is not None:
                z = (at - mu) / sigma
                height = np.exp(density(m, z, 0.0, 1.0 + 0.0 * nu, nu))
                weight = (nu + z * z) * height / (nu - 1.0)
                total = total + (weight if place == 0 else -weight)
                sides[place] = log_tails(m, np.asarray(at, dtype=float), mu, sigma, nu)
        shift = total * np.exp(-np.asarray(log_between(m, *sides)))
    return np.asarray(mu + sigma * shift)


def simulate(rng: np.random.Generator, mu: Array, sigma: Array, nu: Array) -> Array:
    """Draw a response."""
    shape = np.broadcast_shapes(np.shape(mu), np.shape(sigma), np.shape(nu))
    return np.asarray(mu + sigma * rng.standard_t(nu, shape))


def quantile(p: float, mu: Array, sigma: Array, nu: Array) -> Array:
    """Return the value that a share of responses is at or below."""
    from scipy.special import stdtrit

    return np.asarray(mu + sigma * stdtrit(nu, p))


def mean(mu: Array, sigma: Array, nu: Array) -> Array:
    """Mean of the response; there is one where ``nu`` is above 1."""
    return np.asarray(mu + 0.0 * (np.asarray(sigma) + nu))


def _draw(pm: Any, pt: Any, mu: Any, sigma: Any, nu: Any, size: Any) -> Any:
    return pm.StudentT.dist(nu=nu, mu=mu, sigma=sigma, size=size)


STUDENT = Family(
    name="student",
    aliases=("student_t", "t"),
    title="Student's t distribution",
    response="continuous",
    links=REALS,
    dpars=(
        residual_scale("residual scale"),
        Dpar(
            "nu",
            link="logm1",
            support="at_least_one",
            meaning="degrees of freedom: small where outliers are common",
            default=lambda m: DefaultPrior(
                "gamma",
                (("alpha", 2.0), ("beta", 0.1)),
                "from heavy tails to nearly normal ones (Juárez & Steel 2010)",
                lower=1.0,
            ),
            center=lambda m: math.log(_MEDIAN_NU - 1.0),
        ),
    ),
    support="any number",
    in_support=in_support,
    moments=moments,
    log_density=arrays.log_density(density),
    density=density,
    simulate=simulate,
    mean=mean,
    quantile=quantile,
    # `pm.StudentT` subtracts the log gammas: 1e-7 is lost at `nu` = 10^8
    observe=graph(density, ("mu", "sigma", "nu"), _draw),
    source=SourceText(
        """pm.StudentT(
    {name}, nu={nu}, mu={mu}, sigma={sigma}, observed={observed}, dims={dims}
)"""
    ),
    tails=Tails(
        log_tails,
        lambda pm, pt, mu, sigma, nu: pm.StudentT.dist(nu=nu, mu=mu, sigma=sigma),
        "pm.StudentT.dist(nu=nu, mu=mu, sigma=sigma)",
        mean=mean_between,
    ),
    doc=r"""Continuous response with heavy tails, for data with outliers.

.. math:: f(y \mid \mu, \sigma, \nu) =
          \frac{\Gamma(\frac{\nu + 1}{2})}
               {\Gamma(\frac{\nu}{2})\,\sigma\sqrt{\nu\pi}}
          \left(1 + \frac{(y - \mu)^2}{\nu\sigma^2}\right)^{-\frac{\nu + 1}{2}}

Parameters: ``mu``, the centre (any real number); ``sigma``, the scale
(positive), not the standard deviation, which is larger by
``sqrt(nu / (nu - 2))``; ``nu``, the degrees of freedom (at least 1; a normal
distribution as it grows). Reference: Lange, Little & Taylor (1989), Robust
statistical modeling using the t distribution, JASA 84, 881-896.
""",
)
