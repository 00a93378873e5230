"""Counts whose variance is their mean."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data import weighted
from ...data.weighted import Counts
from ...distributions.density import arrays
from ...distributions.numerics import LARGEST_MEAN
from ..family import Array, Family, Moments, SourceText
from ..link import POSITIVES
from ..written import graph
from . import tails
from .saddle import plain_poisson, poisson


def in_support(y: Array) -> NDArray[np.bool_]:
    """Whole numbers from 0 on."""
    return np.asarray(np.isfinite(y) & (y >= 0) & (y == np.floor(y)))


def moments(y: Array, count: Counts = None) -> Moments:
    """Log of the mean count.

    Where all counts are 0, half an event in all rows together: as far below one
    event as the data can tell.
    """
    least = 0.5 / weighted.total(y, count)
    return Moments(float(np.log(max(weighted.mean(y, count), least))), 1.0)


def simulate(rng: np.random.Generator, eta: Array) -> Array:
    """Draw a count; of a mean of 10^15 where it is larger."""
    # beyond it the generator has no number that fits
    mu = np.exp(np.minimum(eta, np.log(LARGEST_MEAN)))
    return np.asarray(rng.poisson(mu)).astype(np.int64)


def mean(eta: Array) -> Array:
    """Mean count."""
    with np.errstate(over="ignore"):
        return np.asarray(np.exp(eta))


def draw(pm: Any, pt: Any, eta: Any, size: Any) -> Any:
    """Draw a count in a graph.

    ``pm.Poisson`` cannot be drawn from where a prior makes the mean larger than 10^18.
    """
    return pm.Poisson.dist(pt.minimum(pt.exp(eta), LARGEST_MEAN), size=size)


POISSON = Family(
    name="poisson",
    title="Poisson distribution",
    response="count",
    links=POSITIVES,
    dpars=(),
    predictor="eta",
    support="counts: whole numbers, 0 among them",
    in_support=in_support,
    moments=moments,
    log_density=arrays.log_density(poisson),
    density=poisson,
    simulate=simulate,
    mean=mean,
    # four times as fast as a graph of both forms, and 1e-10 apart at counts of 10^5
    observe=graph(plain_poisson, ("eta",), draw, whole=True),
    source=SourceText(
        "pm.Poisson({name}, mu=pt.exp({eta}), observed={observed}, dims={dims})"
    ),
    tails=tails.POISSON,
    doc=r"""Counts of independent events.

.. math:: P(Y = y \mid \eta) = \frac{e^{y\eta - e^{\eta}}}{y!},
          \quad y = 0, 1, 2, \dots

Parameters: ``eta``, the log of the mean count (any real number), which is the
variance too. With ``y | rate(t)`` the mean is ``t exp(eta)``: ``eta`` is then
the log of the events per unit of ``t``. Reference: McCullagh & Nelder (1989),
chapter 6.
""",
    rate=(),
)
