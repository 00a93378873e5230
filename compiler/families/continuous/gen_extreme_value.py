"""Largest of many numbers, whatever their tails."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..family import Array, DefaultPrior, Dpar, Family, Tails
from ..link import REALS
from ..written import readings
from .gaussian import in_support
from .gumbel import EXTREME, moments, scale

NAMES = ("mu", "sigma", "xi")
#: Nearly all of the prior is between -0.5 and 0.5.
XI = 0.2


def _standard(m: Any, y: Any, mu: Any, sigma: Any, xi: Any) -> tuple[Any, Any]:
    """Return the number on Gumbel's scale, and whether there is one."""
    z = (y - mu) / sigma
    inside = xi * z > -1.0
    return z * m.log1p_ratio(m.where(inside, xi * z, 0.0)), inside


def density(m: Any, y: Any, mu: Any, sigma: Any, xi: Any) -> Any:
    """Log density, minus infinity beyond the end of the distribution."""
    w, inside = _standard(m, y, mu, sigma, xi)
    found = -(1.0 + xi) * w - m.exp(-w) - m.log(sigma)
    return m.where(inside, found, -math.inf)


def log_tails(m: Any, y: Any, mu: Any, sigma: Any, xi: Any) -> tuple[Any, Any]:
    """Return the logs of the distribution function and of what is above."""
    w, inside = _standard(m, y, mu, sigma, xi)
    low = m.where(inside, -w, 0.0)
    below, above = EXTREME.above(m, low), EXTREME.below(m, low)
    # beyond its end all is below where the end is above, and above where it is below
    return (
        m.where(inside, below, m.where(xi < 0.0, 0.0, -math.inf)),
        m.where(inside, above, m.where(xi < 0.0, -math.inf, 0.0)),
    )


def _from_gumbel(g: Array, mu: Array, sigma: Array, xi: Array) -> Array:
    """Return responses of numbers on Gumbel's scale."""
    xi = np.asarray(xi, dtype=float)
    flat = np.abs(xi * g) < 1e-12
    with np.errstate(over="ignore"):
        z = np.where(flat, g, np.expm1(xi * g) / np.where(xi == 0.0, 1.0, xi))
        return np.asarray(mu + sigma * z)


def simulate(rng: np.random.Generator, mu: Array, sigma: Array, xi: Array) -> Array:
    """Draw a response; infinite where no float is as large."""
    rows = np.broadcast_shapes(*map(np.shape, (mu, sigma, xi)))
    return _from_gumbel(rng.gumbel(size=rows), mu, sigma, xi)


def quantile(p: float, mu: Array, sigma: Array, xi: Array) -> Array:
    """Return the value that a share of responses is at or below."""
    return _from_gumbel(np.asarray(-np.log(-np.log(p))), mu, sigma, xi)


def mean(mu: Array, sigma: Array, xi: Array) -> Array:
    """Mean of the response; infinite from ``xi`` = 1 on."""
    from scipy import special

    xi = np.asarray(xi, dtype=float)
    some = np.where((np.abs(xi) < 1e-5) | (xi >= 1.0), 0.5, xi)
    g = (special.gamma(1.0 - some) - 1.0) / some
    # Euler's constant, and the slope at 0
    g = np.where(np.abs(xi) < 1e-5, 0.5772156649015329 + 0.9890559953279726 * xi, g)
    return np.asarray(mu + np.asarray(sigma) * np.where(xi < 1.0, g, np.inf))


def _draw(pm: Any, pt: Any, mu: Any, sigma: Any, xi: Any, size: Any) -> Any:
    mu, sigma, xi = pt.broadcast_arrays(mu, sigma, xi)
    g = pm.Gumbel.dist(0.0, 1.0, size=size)
    shape = pt.switch(pt.abs(xi) < 1e-12, 1e-12, xi)
    return mu + sigma * pt.expm1(shape * g) / shape


GEN_EXTREME_VALUE = Family(
    name="gen_extreme_value",
    aliases=("gev",),
    title="generalized extreme value distribution",
    response="continuous",
    links=REALS,
    dpars=(
        scale("residual scale"),
        Dpar(
            "xi",
            link="identity",
            support="real",
            meaning="shape: above 0 the tail is heavy, below 0 the distribution ends",
            default=lambda _: DefaultPrior(
                "normal",
                (("mu", 0.0), ("sigma", XI)),
                "around the Gumbel distribution; seldom so heavy that there is no "
                "variance, nor with an end in sight",
                lower=-0.5,
            ),
            center=lambda _: 0.0,
            spread=XI,
        ),
    ),
    support="any number",
    in_support=in_support,
    moments=moments,
    simulate=simulate,
    mean=mean,
    quantile=quantile,
    **readings(
        "gen_extreme_value",
        density,
        NAMES,
        _draw,
        """
    mu, sigma, xi = pt.broadcast_arrays(mu, sigma, xi)
    g = pm.Gumbel.dist(0, 1, size=size)
    shape = pt.switch(pt.abs(xi) < 1e-12, 1e-12, xi)
    return mu + sigma * pt.expm1(shape * g) / shape
""",
        "Log density of a largest value",
    ),
    tails=Tails(
        log_tails,
        lambda pm, pt, *given: pm.CustomDist.dist(
            *given,
            dist=lambda mu, sigma, xi, size: _draw(pm, pt, mu, sigma, xi, size),
        ),
        """pm.CustomDist.dist(
        mu, sigma, xi,
        dist=lambda mu, sigma, xi, size: (
            mu + sigma * pt.expm1(xi * pm.Gumbel.dist(0, 1, size=size)) / xi
        ),
    )""",
    ),
    doc=r"""Largest of many numbers, such as floods of a year.

.. math:: f(y \mid \mu, \sigma, \xi) = \frac{1}{\sigma}\, t^{1 + \xi} e^{-t}, \quad
          t = (1 + \xi z)^{-1/\xi}, \quad z = \frac{y - \mu}{\sigma}, \quad \xi z > -1

Parameters: ``mu``, the location (any real number); ``sigma``, the scale (positive);
``xi``, the shape (any real number): 0 is ``gumbel``, above it the tail is heavy, below
it there is an end at ``mu - sigma / xi``. In brms ``xi`` is scaled to where the data
are possible; here it is the parameter itself, and its default prior is above -0.5,
where likelihoods have no spikes. Reference: Coles (2001), An introduction to
statistical modeling of extreme values, chapter 3.
""",
)
