"""Positive times until something happens, more or less likely as time goes by."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ...distributions.density import arrays
from ...distributions.density.latent import LATENT
from ..family import Array, DefaultPrior, Family, SourceText, Tails
from ..link import POSITIVES
from ..written import graph
from .gamma import SHAPE, mean, moments
from .lognormal import in_support, zeros

#: The log of a cumulative hazard is of a least value.
EXTREME = LATENT["cloglog"]


def density(m: Any, y: Any, eta: Any, shape: Any) -> Any:
    """Log density, by the log of the response over its scale."""
    log_y = m.log(y)
    log_scale = eta - m.lgamma1p(1.0 / shape)
    z = shape * (log_y - log_scale)
    return m.log(shape) - log_y + z - m.exp(z)


def log_tails(m: Any, y: Any, eta: Any, shape: Any) -> tuple[Any, Any]:
    """Return the logs of the distribution function and of what is above."""
    z = shape * (m.log(y) - eta + m.lgamma1p(1.0 / shape))
    return EXTREME.below(m, z), EXTREME.above(m, z)


def simulate(rng: np.random.Generator, eta: Array, shape: Array) -> Array:
    """Draw a response; never 0, and infinite where no float is as large."""
    rows = np.broadcast_shapes(np.shape(eta), np.shape(shape))
    log_scale = eta - np.real(arrays.ARRAYS.lgamma1p(1.0 / np.asarray(shape)))
    with np.errstate(over="ignore", divide="ignore"):
        drawn = np.log(rng.standard_exponential(rows)) / shape + log_scale
        return np.asarray(np.maximum(np.exp(drawn), np.finfo(float).tiny))


def quantile(p: float, eta: Array, shape: Array) -> Array:
    """Return the value that a share of responses is at or below."""
    from scipy.special import gammaln

    power = np.log(-np.log1p(-p)) / shape
    with np.errstate(over="ignore"):
        return np.asarray(np.exp(eta - gammaln(1.0 + 1.0 / np.asarray(shape)) + power))


def _draw(pm: Any, pt: Any, eta: Any, shape: Any, size: Any) -> Any:
    eta, shape = pt.broadcast_arrays(eta, shape)
    scale = pt.exp(eta - pt.gammaln(1.0 + 1.0 / shape))
    return pm.Weibull.dist(shape, scale, size=size)


WEIBULL = Family(
    name="weibull",
    title="Weibull distribution",
    response="continuous",
    links=POSITIVES,
    dpars=(
        replace(
            SHAPE,
            meaning="shape: above 1 where the event gets likelier as time goes by",
            default=lambda m: DefaultPrior(
                "exponential",
                (("rate", 1.0),),
                "of 1/sqrt(shape): times without memory, shape 1, in the middle",
                of="inv_sqrt",
            ),
        ),
    ),
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
        """pm.Weibull(
    {name}, alpha={shape}, beta=pt.exp({eta} - pt.gammaln(1 + 1 / {shape})),
    observed={observed}, dims={dims},
)"""
    ),
    tails=Tails(
        log_tails,
        lambda pm, pt, eta, shape: pm.Weibull.dist(
            shape, pt.exp(eta - pt.gammaln(1.0 + 1.0 / shape))
        ),
        "pm.Weibull.dist(shape, pt.exp(eta - pt.gammaln(1 + 1 / shape)))",
        lowest=0.0,
    ),
    doc=r"""Positive times until something happens.

.. math:: f(y \mid \eta, k) = \frac{k}{s} \left(\frac{y}{s}\right)^{k - 1}
          e^{-(y/s)^k}, \quad s = \frac{e^{\eta}}{\Gamma(1 + 1/k)}, \quad y > 0

Parameters: ``eta``, the log of the mean (any real number); ``shape``, the :math:`k` of
the formula (positive): 1 is ``exponential``. Reference: Lawless (2003), Statistical
models and methods for lifetime data, chapter 1.
""",
)
