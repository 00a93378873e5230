"""Successes among a known number of trials."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data import weighted
from ...data.weighted import Counts
from ...distributions.density import arrays
from ...distributions.numerics import logistic, pooled_logit
from ..counts import tails
from ..counts.saddle import binomial, plain_binomial
from ..family import Array, Family, Moments
from ..link import SHARES
from ..written import graph, script


def in_support(y: Array, trials: Array) -> NDArray[np.bool_]:
    """Whole numbers from 0 to ``trials``."""
    # a count above a finite one is finite: no further test of y
    whole = np.isfinite(trials) & (y == np.floor(y)) & (trials == np.floor(trials))
    return np.asarray(whole & (y >= 0) & (y <= trials))


def moments(y: Array, count: Counts = None, *, trials: Array) -> Moments:
    """Logit of successes over trials, all rows together; spread of the logistic."""
    rows = weighted.total(y, count)
    successes = weighted.mean(y, count) * rows
    return Moments(pooled_logit(successes, weighted.mean(trials, count) * rows), 1.0)


def simulate(rng: np.random.Generator, eta: Array, trials: Array) -> Array:
    """Draw a number of successes."""
    drawn = rng.binomial(np.asarray(trials).astype(np.int64), logistic(eta))
    return np.asarray(drawn).astype(np.int64)


def mean(eta: Array, trials: Array) -> Array:
    """Mean number of successes."""
    return np.asarray(trials * logistic(eta))


def draw(pm: Any, pt: Any, eta: Any, trials: Any, size: Any) -> Any:
    """Draw successes in a graph."""
    return pm.Binomial.dist(n=pt.cast(trials, "int64"), p=pt.sigmoid(eta), size=size)


BINOMIAL = Family(
    name="binomial",
    title="binomial distribution",
    response="successes",
    links=SHARES,
    dpars=(),
    predictor="eta",
    support="successes: whole numbers from 0 to the number of trials",
    in_support=in_support,
    moments=moments,
    log_density=arrays.log_density(binomial),
    density=binomial,
    simulate=simulate,
    mean=mean,
    # the gradient of `pm.Binomial(logit_p=...)` is no number from `eta` = 37 on
    observe=graph(binomial, ("eta", "trials"), draw, whole=True),
    source=script(
        "binomial_logit",
        plain_binomial,
        ("eta", "trials"),
        """
    return pm.Binomial.dist(n=pt.cast(trials, "int64"), logit_p=eta, size=size)
""",
        "Log P(value), with a gradient in the far tails too",
        whole=True,
    ),
    tails=tails.BINOMIAL,
    doc=r"""Successes among a known number of trials.

.. math:: P(Y = y \mid \eta) = \binom{n}{y} p^y (1 - p)^{n - y}, \quad
          p = \frac{1}{1 + e^{-\eta}}, \quad y = 0, \dots, n

Parameters: ``eta``, the log odds of a success (any real number). Known of each
row: ``trials``, the :math:`n` of the formula (a whole number from 0 on), written
``y | trials(n)``. Reference: McCullagh & Nelder (1989), chapter 4;
the form of the mass is that of Loader (2000), Fast and accurate computation of
binomial probabilities.
""",
    known=("trials",),
)
