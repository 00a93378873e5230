"""Largest of many positive numbers with heavy tails."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...distributions.density import arrays
from ..family import Array, DefaultPrior, Dpar, Family, Tails
from ..link import POSITIVES
from ..written import readings
from . import gumbel
from .gamma import moments
from .lognormal import in_support, zeros

NAMES = ("eta", "nu")
#: Median of gamma(2, 0.5) above 1.
_MEDIAN_NU = 3.653684804538013


def _log_scale(m: Any, eta: Any, nu: Any) -> Any:
    """Return the log of the scale of a mean: less ``log Gamma(1 - 1/nu)``."""
    rest = nu - 1.0
    return eta - m.lgamma1p(rest / nu) + m.log(rest) - m.log(nu)


def density(m: Any, y: Any, eta: Any, nu: Any) -> Any:
    """Log density, by the log of the response over its scale."""
    log_y = m.log(y)
    z = nu * (log_y - _log_scale(m, eta, nu))
    return m.log(nu) - log_y - z - m.exp(-z)


def log_tails(m: Any, y: Any, eta: Any, nu: Any) -> tuple[Any, Any]:
    """Return the logs of the distribution function and of what is above."""
    return gumbel.log_tails(m, m.log(y), _log_scale(m, eta, nu), 1.0 / nu)


def simulate(rng: np.random.Generator, eta: Array, nu: Array) -> Array:
    """Draw a response; never 0, and infinite where no float is as large."""
    rows = np.broadcast_shapes(np.shape(eta), np.shape(nu))
    nu = np.asarray(nu, dtype=float)
    start = np.real(_log_scale(arrays.ARRAYS, np.asarray(eta, dtype=float), nu))
    with np.errstate(over="ignore"):
        drawn = np.exp(start + rng.gumbel(size=rows) / nu)
    return np.asarray(np.maximum(drawn, np.finfo(float).tiny))


def quantile(p: float, eta: Array, nu: Array) -> Array:
    """Return the value that a share of responses is at or below."""
    nu = np.asarray(nu, dtype=float)
    start = np.real(_log_scale(arrays.ARRAYS, np.asarray(eta, dtype=float), nu))
    with np.errstate(over="ignore"):
        return np.asarray(np.exp(start - np.log(-np.log(p)) / nu))


def mean(eta: Array, nu: Array) -> Array:
    """Mean of the response."""
    with np.errstate(over="ignore"):
        return np.asarray(np.exp(eta) + 0.0 * np.asarray(nu))


def _draw(pm: Any, pt: Any, eta: Any, nu: Any, size: Any) -> Any:
    eta, nu = pt.broadcast_arrays(eta, nu)
    start = eta - pt.gammaln(1.0 - 1.0 / nu)
    return pt.exp(start + pm.Gumbel.dist(0.0, 1.0, size=size) / nu)


FRECHET = Family(
    name="frechet",
    title="Fréchet distribution",
    response="continuous",
    links=POSITIVES,
    dpars=(
        Dpar(
            "nu",
            link="logm1",
            support="at_least_one",
            meaning="shape: small where the largest responses are very large",
            default=lambda _: DefaultPrior(
                "gamma",
                (("alpha", 2.0), ("beta", 0.5)),
                "from tails with hardly a mean to logs that vary by a tenth",
                lower=1.0,
            ),
            center=lambda _: math.log(_MEDIAN_NU - 1.0),
        ),
    ),
    predictor="eta",
    support="positive numbers",
    in_support=in_support,
    outside=zeros("hurdle_lognormal"),
    moments=moments,
    simulate=simulate,
    mean=mean,
    quantile=quantile,
    **readings(
        "frechet",
        density,
        NAMES,
        _draw,
        """
    eta, nu = pt.broadcast_arrays(eta, nu)
    start = eta - pt.gammaln(1 - 1 / nu)
    return pt.exp(start + pm.Gumbel.dist(0, 1, size=size) / nu)
""",
        "Log density of a Fréchet number, by the log of its mean",
    ),
    tails=Tails(
        log_tails,
        lambda pm, pt, *given: pm.CustomDist.dist(
            *given, dist=lambda eta, nu, size: _draw(pm, pt, eta, nu, size)
        ),
        """pm.CustomDist.dist(
        eta, nu,
        dist=lambda eta, nu, size: pt.exp(
            eta - pt.gammaln(1 - 1 / nu) + pm.Gumbel.dist(0, 1, size=size) / nu
        ),
    )""",
        lowest=0.0,
    ),
    doc=r"""Positive response with a heavy tail: the largest of many numbers.

.. math:: f(y \mid \eta, \nu) = \frac{\nu}{s} \left(\frac{y}{s}\right)^{-1 - \nu}
          e^{-(y/s)^{-\nu}}, \quad s = \frac{e^{\eta}}{\Gamma(1 - 1/\nu)},
          \quad y > 0

Parameters: ``eta``, the log of the mean (any real number); ``nu``, the shape (above 1,
else there is no mean): the log of the response has the standard deviation
``1.28 / nu``. Reference: Coles (2001), An introduction to statistical modeling of
extreme values, chapter 3.
""",
)
