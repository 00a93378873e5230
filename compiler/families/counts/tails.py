"""Distribution functions of counts, and their means between two bounds.

A Poisson count is at most y where a gamma variable of shape y + 1 is above its mean; a
binomial or negative binomial one where a beta variable is (Johnson, Kemp & Kotz, 2005,
Univariate discrete distributions, chapters 3 to 5).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...distributions.numerics import LARGEST_MEAN, logistic
from ..between import NEVER, weighted_mean
from ..family import Tails

#: Between it and 0 there is no count.
LOWEST = -1.0 + 1e-9


def poisson(m: Any, y: Any, eta: Any) -> tuple[Any, Any]:
    """Return the logs of the distribution function and of what is above."""
    shape = y + 1.0
    d = eta - m.log(shape)
    below, above = m.gamma_tails(shape, d)
    return above, below


def negbinomial(m: Any, y: Any, eta: Any, shape: Any) -> tuple[Any, Any]:
    """Return the logs of the distribution function and of what is above."""
    odds = m.log(shape) - eta
    below, above = m.beta_tails(shape, y + 1.0, odds)
    return below, above


def geometric(m: Any, y: Any, eta: Any) -> tuple[Any, Any]:
    """Return the logs of the distribution function and of what is above."""
    above = (y + 1.0) * m.log_sigmoid(eta)
    return m.log1mexp(-above), above


def binomial(m: Any, y: Any, eta: Any, trials: Any) -> tuple[Any, Any]:
    """Return the logs of the distribution function and of what is above."""
    failures = m.where(y < trials, trials - y, 1.0)
    return beyond_trials(m, y, trials, *m.beta_tails(failures, y + 1.0, -eta))


def beyond_trials(
    m: Any, y: Any, trials: Any, below: Any, above: Any
) -> tuple[Any, Any]:
    """Return both tails, where no trial is left too: nothing is above."""
    inside = y < trials
    # less and less, so that what is between two such numbers is one too
    beyond = NEVER * (1.0 + m.where(inside, 0.0, y - trials))
    return m.where(inside, below, 0.0), m.where(inside, above, beyond)


def _mean(eta: Any, *others: Any) -> Any:
    return np.exp(eta) + 0.0 * sum(others)


POISSON = Tails(
    poisson,
    lambda pm, pt, eta: pm.Poisson.dist(pt.minimum(pt.exp(eta), LARGEST_MEAN)),
    "pm.Poisson.dist(pt.exp(eta))",
    lowest=LOWEST,
    mean=weighted_mean(_mean, poisson, of_weighted=lambda eta: (eta,), whole=True),
)

NEGBINOMIAL = Tails(
    negbinomial,
    lambda pm, pt, eta, shape: pm.NegativeBinomial.dist(
        mu=pt.minimum(pt.exp(eta), LARGEST_MEAN), alpha=shape
    ),
    "pm.NegativeBinomial.dist(mu=pt.exp(eta), alpha=shape)",
    lowest=LOWEST,
    mean=weighted_mean(
        _mean,
        negbinomial,
        of_weighted=lambda eta, shape: (eta + np.log1p(1.0 / shape), shape + 1.0),
        whole=True,
    ),
)

GEOMETRIC = Tails(
    geometric,
    lambda pm, pt, eta: pm.NegativeBinomial.dist(
        mu=pt.minimum(pt.exp(eta), LARGEST_MEAN), alpha=1.0
    ),
    "pm.NegativeBinomial.dist(mu=pt.exp(eta), alpha=1)",
    lowest=LOWEST,
    mean=weighted_mean(
        _mean,
        geometric,
        negbinomial,
        of_weighted=lambda eta: (eta + np.log(2.0), 2.0 + 0.0 * eta),
        whole=True,
    ),
)

BINOMIAL = Tails(
    binomial,
    lambda pm, pt, eta, trials: pm.Binomial.dist(
        n=pt.cast(trials, "int64"), p=pt.sigmoid(eta)
    ),
    'pm.Binomial.dist(n=pt.cast(trials, "int64"), p=pt.sigmoid(eta))',
    lowest=LOWEST,
    mean=weighted_mean(
        lambda eta, trials: trials * logistic(eta),
        binomial,
        of_weighted=lambda eta, trials: (eta, trials - 1.0),
        whole=True,
    ),
)
