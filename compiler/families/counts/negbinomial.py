"""Counts that vary more than Poisson counts."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...distributions.density import arrays
from ...distributions.numerics import LARGEST_MEAN
from ..family import Array, DefaultPrior, Dpar, Family
from ..link import POSITIVES
from ..written import graph, script
from . import tails
from .poisson import in_support, moments
from .saddle import negbinomial, plain_negbinomial

#: Where ``exp`` is still finite; a mean beyond it takes the branch of large ones.
_LARGEST = 700.0


def simulate(rng: np.random.Generator, eta: Array, shape: Array) -> Array:
    """Draw a count: Poisson, with a mean that is drawn from a gamma distribution.

    Means are cut at 10^15: beyond it the generator has no number that fits.
    """
    rows = np.broadcast_shapes(np.shape(eta), np.shape(shape))
    relative = rng.standard_gamma(shape, rows)
    with np.errstate(over="ignore"):
        mu = relative * np.exp(np.minimum(eta - np.log(shape), _LARGEST))
    return np.asarray(rng.poisson(np.minimum(mu, LARGEST_MEAN))).astype(np.int64)


def mean(eta: Array, shape: Array) -> Array:
    """Mean count."""
    with np.errstate(over="ignore"):
        return np.asarray(np.exp(eta) + 0.0 * np.asarray(shape))


def draw(pm: Any, pt: Any, eta: Any, shape: Any, size: Any) -> Any:
    """Draw a count in a graph."""
    # one gamma number a row, also where all rows have the same shape
    eta, shape = pt.broadcast_arrays(eta, shape)
    relative = pm.Gamma.dist(shape, 1.0, size=size)
    mu = relative * pt.exp(pt.minimum(eta - pt.log(shape), _LARGEST))
    return pm.Poisson.dist(pt.minimum(mu, LARGEST_MEAN), size=size)


NEGBINOMIAL = Family(
    name="negbinomial",
    aliases=("negativebinomial", "negative_binomial", "nbinom2"),
    title="negative binomial distribution",
    response="count",
    links=POSITIVES,
    dpars=(
        Dpar(
            "shape",
            link="log",
            support="positive",
            meaning="shape: small where counts vary much more than Poisson ones",
            default=lambda m: DefaultPrior(
                "exponential",
                (("rate", 1.0),),
                "of 1/sqrt(shape), the extra relative sd: the simpler Poisson at its "
                "mode",
                of="inv_sqrt",
                times=m.exposure,
            ),
            # the median of an exponential(1) is log 2
            center=lambda m: -2.0 * math.log(math.log(2.0)) - math.log(m.exposure),
        ),
    ),
    predictor="eta",
    support="counts: whole numbers, 0 among them",
    in_support=in_support,
    moments=moments,
    log_density=arrays.log_density(negbinomial),
    density=negbinomial,
    simulate=simulate,
    mean=mean,
    # `pm.NegativeBinomial` subtracts log gammas: 1e-7 is lost at `shape` = 10^8
    observe=graph(negbinomial, ("eta", "shape"), draw, whole=True),
    source=script(
        "negbinomial_log",
        plain_negbinomial,
        ("eta", "shape"),
        """
    eta, shape = pt.broadcast_arrays(eta, shape)
    mu = pt.exp(eta) / shape * pm.Gamma.dist(shape, 1.0, size=size)
    # a prior can ask for means that no whole number fits
    return pm.Poisson.dist(pt.minimum(mu, 1e15), size=size)
""",
        "Log P(value), with a gradient in the far tails too",
        whole=True,
    ),
    tails=tails.NEGBINOMIAL,
    doc=r"""Counts that vary more than Poisson counts.

.. math:: P(Y = y \mid \eta, \phi) =
          \frac{\Gamma(y + \phi)}{\Gamma(\phi)\,y!}
          \left(\frac{\phi}{\phi + \mu}\right)^{\phi}
          \left(\frac{\mu}{\phi + \mu}\right)^{y}, \quad \mu = e^{\eta},
          \quad y = 0, 1, 2, \dots

Parameters: ``eta``, the log of the mean count (any real number); ``shape``, the
:math:`\phi` of the formula (positive): the variance is ``mu + mu^2/shape``, so
that counts are Poisson as it grows. With ``y | rate(t)`` the mean is
``t exp(eta)`` and the shape ``t shape``: the sum of the counts of ``t`` units.
Reference: Cameron & Trivedi (2013), chapter 3 (NB2); the form of the mass is
that of Loader (2000), Fast and accurate computation of binomial probabilities.
""",
    rate=("shape",),
)
