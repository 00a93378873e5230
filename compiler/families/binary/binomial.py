"""Successes among a known number of trials."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data import weighted
from ...data.weighted import Counts
from ...distributions import tensors
from ...distributions.numerics import (
    HALF_LOG_2PI,
    deviance,
    factorial_remainder,
    log_logistic,
    logistic,
    pooled_logit,
)
from ...distributions.scalars import (
    FEW,
    row_deviance,
    row_logistic,
    row_stirling_series,
)
from ..family import Array, Family, Moments, SourceText
from ..link import SHARES


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


def log_density(y: Array, eta: Array, trials: Array) -> Array:
    """Log mass of each row, finite for any finite ``eta``.

    Loader's (2000) saddle-point form: the log of ``trials`` over ``y`` and those
    of the probabilities would cancel where there are many trials.
    """
    eta, failures = np.asarray(eta), trials - np.asarray(y)
    # no trials: both counts are 0 then, and this is multiplied by none
    log_trials = np.log(np.maximum(trials, 1))
    return np.asarray(
        factorial_remainder(trials)
        - factorial_remainder(y)
        - factorial_remainder(failures)
        - deviance(y, trials * logistic(eta), log_trials + log_logistic(eta))
        - deviance(failures, trials * logistic(-eta), log_trials + log_logistic(-eta))
    )


def kernel(y: float, eta: float, trials: float) -> tuple[float, float]:
    """Log mass of one row and its slope in ``eta``."""
    failures = trials - y
    log_p, log_q, p, q = row_logistic(eta)
    slope = y * q - failures * p
    few = min(y, failures)
    if few <= FEW:
        ways = 1.0
        passed = 0.0
        while passed < few:
            ways *= (trials - passed) / (passed + 1.0)
            passed += 1.0
        return math.log(ways) + y * log_p + failures * log_q, slope
    log_trials = math.log(trials)
    density = (
        0.5 * math.log(trials / (y * failures))
        - HALF_LOG_2PI
        + row_stirling_series(trials)
        - row_stirling_series(y)
        - row_stirling_series(failures)
        - row_deviance(y, trials * p, log_trials + log_p)
        - row_deviance(failures, trials * q, log_trials + log_q)
    )
    return density, slope


def simulate(rng: np.random.Generator, eta: Array, trials: Array) -> Array:
    """Draw a number of successes."""
    drawn = rng.binomial(np.asarray(trials).astype(np.int64), logistic(eta))
    return np.asarray(drawn).astype(np.int64)


def mean(eta: Array, trials: Array) -> Array:
    """Mean number of successes."""
    return np.asarray(trials * logistic(eta))


def observe(
    pm: Any, pt: Any, name: str, arguments: Mapping[str, Any], observed: Any, dims: str
) -> Any:
    """Return a ``pm.CustomDist``: binomial draws, the density above.

    The gradient of ``pm.Binomial(logit_p=...)`` is no number from ``eta`` = 37
    on, and its log gammas of a million trials cancel.
    """

    def logp(value: Any, eta: Any, trials: Any) -> Any:
        failures, log_trials = trials - value, pt.log(pt.maximum(trials, 1))

        def far(count: Any, eta: Any) -> Any:
            expected = trials * pt.sigmoid(eta)
            return tensors.deviance(pt, count, expected, log_trials - pt.softplus(-eta))

        return (
            tensors.factorial_remainder(pt, trials)
            - tensors.factorial_remainder(pt, value)
            - tensors.factorial_remainder(pt, failures)
            - far(value, eta)
            - far(failures, -eta)
        )

    def draw(eta: Any, trials: Any, size: Any) -> Any:
        trials = pt.cast(trials, "int64")
        return pm.Binomial.dist(n=trials, p=pt.sigmoid(eta), size=size)

    parameters = [arguments["eta"], arguments["trials"]]
    return tensors.whole_numbers(
        pm, name, parameters, logp, draw, observed=observed, dims=dims
    )


_DEFINITIONS = '''
def binomial_logit_logp(value, eta, trials):
    """Log P(value), with a gradient in the far tails too."""
    return (
        pt.gammaln(trials + 1)
        - pt.gammaln(value + 1)
        - pt.gammaln(trials - value + 1)
        - value * pt.softplus(-eta)
        - (trials - value) * pt.softplus(eta)
    )


def binomial_logit_draw(eta, trials, size):
    """Draw a number of successes."""
    return pm.Binomial.dist(n=pt.cast(trials, "int64"), logit_p=eta, size=size)
'''


BINOMIAL = Family(
    name="binomial",
    aliases=(),
    title="binomial distribution",
    response="successes",
    links=SHARES,
    known_links=(),
    dpars=(),
    predictor="eta",
    thresholds=False,
    support="successes: whole numbers from 0 to the number of trials",
    in_support=in_support,
    moments=moments,
    log_density=log_density,
    by_hand=kernel,
    simulate=simulate,
    mean=mean,
    observe=observe,
    source=SourceText(
        """pm.CustomDist(
    {name}, {eta}, {trials}, logp=binomial_logit_logp, dist=binomial_logit_draw,
    dtype="int64", observed={observed}, dims={dims},
)""",
        helpers=_DEFINITIONS,
    ),
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
