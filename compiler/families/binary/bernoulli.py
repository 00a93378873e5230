"""Binary response."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data import weighted
from ...data.weighted import Counts
from ...distributions.numerics import logistic, pooled_logit
from ..family import Array, Family, Moments
from ..link import SHARES
from ..written import readings


def in_support(y: Array) -> NDArray[np.bool_]:
    """0 and 1."""
    return np.isin(y, (0, 1))


def moments(y: Array, count: Counts = None) -> Moments:
    """Logit of the share of ones; the spread of the logistic distribution."""
    rows = weighted.total(y, count)
    return Moments(pooled_logit(weighted.mean(y, count) * rows, rows), 1.0)


def density(m: Any, y: Any, eta: Any) -> Any:
    """Log mass, finite for any finite ``eta``."""
    return m.log_sigmoid((2.0 * y - 1.0) * eta)


def simulate(rng: np.random.Generator, eta: Array) -> Array:
    """Draw a response."""
    return np.asarray(rng.random(np.shape(eta)) < logistic(eta)).astype(np.int64)


def mean(eta: Array) -> Array:
    """Probability of a 1."""
    return logistic(eta)


def draw(pm: Any, pt: Any, eta: Any, size: Any) -> Any:
    """Draw 0 or 1 in a graph."""
    return pm.Bernoulli.dist(logit_p=eta, size=size)


BERNOULLI = Family(
    name="bernoulli",
    aliases=("binary", "logistic"),
    title="Bernoulli distribution",
    response="binary",
    links=SHARES,
    dpars=(),
    predictor="eta",
    support="two values: 0 and 1, FALSE and TRUE, or a factor with two levels",
    in_support=in_support,
    moments=moments,
    simulate=simulate,
    mean=mean,
    # `pm.Bernoulli(logit_p=...)` goes through the probability: whether its gradient is
    # a number beyond `eta` = 37 depends on PyTensor's rewrites
    **readings(
        "bernoulli_logit",
        density,
        ("eta",),
        draw,
        "    return pm.Bernoulli.dist(logit_p=eta, size=size)",
        "Log P(value), with a gradient in the far tails too",
        whole=True,
    ),
    doc=r"""Binary response.

.. math:: P(Y = 1 \mid \eta) = \frac{1}{1 + e^{-\eta}}

Parameters: ``eta``, the log odds (any real number). Reference: McCullagh &
Nelder (1989), chapter 4.
""",
)
