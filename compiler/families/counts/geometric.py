"""Counts of failures before the first success."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...distributions.numerics import LARGEST_MEAN
from ..family import Array, Family
from ..link import POSITIVES
from ..written import readings
from . import tails
from .poisson import in_support, mean, moments

_LARGEST = 700.0


def density(m: Any, y: Any, eta: Any) -> Any:
    """Log mass, finite for any finite ``eta``."""
    return y * m.log_sigmoid(eta) + m.log_sigmoid(-eta)


def simulate(rng: np.random.Generator, eta: Array) -> Array:
    """Draw a count: Poisson, of a mean that is drawn; at most of 10^15."""
    relative = rng.standard_exponential(np.shape(eta))
    mu = np.minimum(relative * np.exp(np.minimum(eta, _LARGEST)), LARGEST_MEAN)
    return np.asarray(rng.poisson(mu)).astype(np.int64)


def _draw(pm: Any, pt: Any, eta: Any, size: Any) -> Any:
    mu = pm.Exponential.dist(1.0, size=size) * pt.exp(pt.minimum(eta, _LARGEST))
    return pm.Poisson.dist(pt.minimum(mu, LARGEST_MEAN), size=size)


GEOMETRIC = Family(
    name="geometric",
    title="geometric distribution",
    response="count",
    links=POSITIVES,
    dpars=(),
    predictor="eta",
    support="counts: whole numbers, 0 among them",
    in_support=in_support,
    moments=moments,
    simulate=simulate,
    mean=mean,
    **readings(
        "geometric_log",
        density,
        ("eta",),
        _draw,
        """
    mu = pm.Exponential.dist(1.0, size=size) * pt.exp(eta)
    # a prior can ask for means that no whole number fits
    return pm.Poisson.dist(pt.minimum(mu, 1e15), size=size)
""",
        "Log P(value) of a geometric count, by the log of its mean",
        whole=True,
    ),
    rate=(),
    exposed=("negbinomial", "shape"),
    tails=tails.GEOMETRIC,
    doc=r"""Counts of failures before the first success: ``negbinomial`` of shape 1.

.. math:: P(Y = y \mid \eta) = (1 - p)^y\, p, \quad p = \frac{1}{1 + e^{\eta}},
          \quad y = 0, 1, 2, \dots

Parameters: ``eta``, the log of the mean count (any real number). With ``y | rate(t)``
a count is the sum of those of ``t`` units: ``negbinomial`` of shape ``t``. Reference:
Johnson, Kemp & Kotz (2005), Univariate discrete distributions, chapter 5.
""",
)
