"""Positive response whose standard deviation is a share of its mean."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...data import weighted
from ...data.weighted import Counts
from ...distributions.density import arrays
from ..between import weighted_mean
from ..family import Array, DefaultPrior, Dpar, Family, Moments, SourceText, Tails
from ..link import POSITIVES
from ..written import graph
from .lognormal import in_support, zeros

#: The smallest number with all its digits: a draw is never 0.
_LEAST = float(np.finfo(float).tiny)


def density(m: Any, y: Any, eta: Any, shape: Any) -> Any:
    """Log density; no two terms cancel, however large the shape."""
    log_y = m.log(y)
    peak = m.log(shape) - m.gamma_remainder(shape)
    return peak - log_y - shape * m.exp_excess(log_y - eta)


def log_tails(m: Any, y: Any, eta: Any, shape: Any) -> tuple[Any, Any]:
    """Return the logs of the distribution function and of what is above."""
    d = m.log(y) - eta
    below, above = m.gamma_tails(shape, d)
    return below, above


def moments(y: Array, count: Counts = None) -> Moments:
    """Log of the mean."""
    return Moments(math.log(max(weighted.mean(y, count), _LEAST)), 1.0)


def simulate(rng: np.random.Generator, eta: Array, shape: Array) -> Array:
    """Draw a response; never 0, and infinite where no float is as large."""
    rows = np.broadcast_shapes(np.shape(eta), np.shape(shape))
    with np.errstate(over="ignore"):
        drawn = rng.standard_gamma(shape, rows) * np.exp(eta - np.log(shape))
    return np.asarray(np.maximum(drawn, _LEAST))


def quantile(p: float, eta: Array, shape: Array) -> Array:
    """Return the value that a share of responses is at or below."""
    from scipy.special import gammainccinv, gammaincinv

    found = gammaincinv(shape, p) if p <= 0.5 else gammainccinv(shape, 1.0 - p)
    with np.errstate(over="ignore"):
        return np.asarray(found * np.exp(eta) / shape)


def mean(eta: Array, shape: Array) -> Array:
    """Mean of the response."""
    with np.errstate(over="ignore"):
        return np.asarray(np.exp(eta) + 0.0 * np.asarray(shape))


def _draw(pm: Any, pt: Any, eta: Any, shape: Any, size: Any) -> Any:
    # one number a row, also where all rows have the same shape
    eta, shape = pt.broadcast_arrays(eta, shape)
    return pm.Gamma.dist(shape, shape / pt.exp(eta), size=size)


SHAPE = Dpar(
    "shape",
    link="log",
    support="positive",
    meaning="shape: large where responses are near their mean",
    default=lambda m: DefaultPrior(
        "exponential",
        (("rate", 1.0),),
        "of 1/sqrt(shape), the sd as a share of the mean",
        of="inv_sqrt",
    ),
    # the median of an exponential(1) is log 2
    center=lambda m: -2.0 * math.log(math.log(2.0)),
)

GAMMA = Family(
    name="gamma",
    aliases=("Gamma",),
    title="gamma distribution",
    response="continuous",
    links=POSITIVES,
    dpars=(SHAPE,),
    predictor="eta",
    support="positive numbers",
    in_support=in_support,
    outside=zeros("hurdle_gamma"),
    moments=moments,
    log_density=arrays.log_density(density),
    density=density,
    simulate=simulate,
    mean=mean,
    quantile=quantile,
    observe=graph(density, ("eta", "shape"), _draw),
    source=SourceText(
        """pm.Gamma(
    {name}, alpha={shape}, beta={shape} * pt.exp(-{eta}), observed={observed},
    dims={dims},
)"""
    ),
    tails=Tails(
        log_tails,
        lambda pm, pt, eta, shape: pm.Gamma.dist(shape, shape / pt.exp(eta)),
        "pm.Gamma.dist(shape, shape / pt.exp(eta))",
        lowest=0.0,
        mean=weighted_mean(
            mean,
            log_tails,
            of_weighted=lambda eta, shape: (eta + np.log1p(1.0 / shape), shape + 1.0),
        ),
    ),
    doc=r"""Positive response whose standard deviation grows with its mean: times,
costs, amounts of rain.

.. math:: f(y \mid \eta, k) = \frac{(k/\mu)^k}{\Gamma(k)}\, y^{k - 1} e^{-k y/\mu},
          \quad \mu = e^{\eta}, \quad y > 0

Parameters: ``eta``, the log of the mean (any real number); ``shape``, the
:math:`k` of the formula (positive): the standard deviation is the mean over the
root of it. Reference: McCullagh & Nelder (1989), chapter 8.
""",
)
