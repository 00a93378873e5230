"""Successes among trials whose chance differs from row to row."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...distributions.numerics import logistic
from ..between import weighted_mean
from ..binary.binomial import in_support, moments
from ..counts.saddle import deviance, log_some
from ..counts.tails import LOWEST, beyond_trials
from ..family import Array, Family, Tails
from ..link import SHARES
from ..written import alone_text, readings
from . import beta as betas
from .beta import PHI

_LEAST = float(np.finfo(float).tiny)
#: Below it a parameter is this one in distribution functions.
_TINY = 1e-100
#: The log of the largest that the smaller one of two tails can be.
_HALF = -0.6931471805599453


def density(m: Any, y: Any, eta: Any, phi: Any, trials: Any) -> Any:
    """Log mass; no two terms cancel, however many the trials.

    It is of a table with the rows (y, failures) and (a, b), a + b the precision: what
    its four cells are away from what the margins let expect, all by the same number.
    """
    failures, total = trials - y, trials + phi
    mu, rest = m.sigmoid(eta), m.sigmoid(-eta)
    a, b, log_phi = phi * mu, phi * rest, m.log(phi)
    log_a, log_b = log_phi + m.log_sigmoid(eta), log_phi + m.log_sigmoid(-eta)
    log_total = m.log(total)
    log_hits = m.choose(y > 0.0, lambda y: m.log(y + a), lambda _: log_a, y, (1.0, 0.0))
    log_misses = m.choose(
        failures > 0.0, lambda k: m.log(k + b), lambda _: log_b, failures, (1.0, 0.0)
    )
    more = phi * (failures * mu - y * rest) / total
    log_trials = log_some(m, trials) - log_total
    off = (
        deviance(m, y, more, log_trials + log_hits - log_some(m, y))
        + deviance(m, failures, -more, log_trials + log_misses - log_some(m, failures))
        + deviance(m, a, -more, log_phi - log_total + log_hits - log_a, tiny=True)
        + deviance(m, b, more, log_phi - log_total + log_misses - log_b, tiny=True)
    )
    left = m.gamma_remainder
    hits = left(y + a) - left(y) - left(a) + log_a - log_hits
    misses = left(failures + b) - left(failures) - left(b) + log_b - log_misses
    both = left(total) - left(trials) - left(phi) + log_phi - log_total
    return hits + misses - both - off


def log_tails(m: Any, y: Any, eta: Any, phi: Any, trials: Any) -> tuple[Any, Any]:
    """Return the logs of the distribution function and of what is above.

    Sums of probabilities, of which the smaller one is taken.
    """
    inside = y < trials
    at = m.where(inside, y, 0.0)
    a, b = (phi * m.sigmoid(x) for x in (eta, -eta))
    a, b = (m.where(one > _TINY, one, _TINY) for one in (a, b))
    below, above = m.betabinom_tails(at, a, b, trials)
    mass = density(m, at, eta, phi, trials)
    below, above = mass + below, mass + above
    is_lower = below < above
    smaller = m.where(is_lower, below, above)
    rest = m.log1mexp(-m.where(smaller < _HALF, smaller, _HALF))
    below = m.where(is_lower, below, rest)
    return beyond_trials(m, y, trials, below, m.where(is_lower, rest, above))


def _of_weighted(eta: Array, phi: Array, trials: Array) -> tuple[Array, Array, Array]:
    """Return the parameters of successes that are weighted by their number, less 1."""
    return (*betas.of_weighted(eta, phi), trials - 1.0)


def simulate(rng: np.random.Generator, eta: Array, phi: Array, trials: Array) -> Array:
    """Draw a number of successes, of a chance that is drawn."""
    a, b = (np.maximum(phi * logistic(sign * eta), _LEAST) for sign in (1.0, -1.0))
    rows = np.broadcast_shapes(np.shape(a), np.shape(trials))
    drawn = rng.binomial(np.asarray(trials).astype(np.int64), rng.beta(a, b, rows))
    return np.asarray(drawn).astype(np.int64)


def mean(eta: Array, phi: Array, trials: Array) -> Array:
    """Mean number of successes."""
    return np.asarray(trials * logistic(eta) + 0.0 * np.asarray(phi))


def draw(pm: Any, pt: Any, eta: Any, phi: Any, trials: Any, size: Any) -> Any:
    """Draw successes in a graph."""
    eta, phi, trials = pt.broadcast_arrays(eta, phi, trials)
    a, b = (pt.maximum(phi * pt.sigmoid(x), _LEAST) for x in (eta, -eta))
    chance = pm.Beta.dist(a, b, size=size)
    return pm.Binomial.dist(n=pt.cast(trials, "int64"), p=chance, size=size)


BETA_BINOMIAL = Family(
    name="beta_binomial",
    title="beta-binomial distribution",
    response="successes",
    links=SHARES,
    dpars=(PHI,),
    predictor="eta",
    support="successes: whole numbers from 0 to the number of trials",
    in_support=in_support,
    moments=moments,
    simulate=simulate,
    mean=mean,
    **readings(
        "beta_binomial_logit",
        density,
        ("eta", "phi", "trials"),
        draw,
        """
    a, b = (pt.maximum(phi * pt.sigmoid(x), 1e-300) for x in (eta, -eta))
    return pm.BetaBinomial.dist(a, b, n=pt.cast(trials, "int64"), size=size)
""",
        "Log P(value) of successes, by the log odds of their mean share",
        whole=True,
    ),
    tails=Tails(
        log_tails,
        lambda pm, pt, *given: pm.CustomDist.dist(
            *given,
            dist=lambda eta, phi, trials, size: draw(pm, pt, eta, phi, trials, size),
        ),
        "pm.CustomDist.dist(eta, phi, trials, dist=alone)",
        # of a chance that is drawn: PyMC truncates no BetaBinomial of several rows
        before=alone_text(
            "eta, phi, trials",
            """
    a, b = (pt.maximum(phi * pt.sigmoid(x), 1e-300) for x in (eta, -eta))
    chance = pm.Beta.dist(a, b, size=size)
    return pm.Binomial.dist(n=pt.cast(trials, "int64"), p=chance, size=size)
""",
        ),
        lowest=LOWEST,
        mean=weighted_mean(mean, log_tails, of_weighted=_of_weighted, whole=True),
    ),
    doc=r"""Successes among a known number of trials that vary more than binomial ones.

.. math:: P(Y = y \mid \eta, \phi) = \binom{n}{y}
          \frac{B(y + \mu\phi, n - y + (1 - \mu)\phi)}{B(\mu\phi, (1 - \mu)\phi)},
          \quad \mu = \frac{1}{1 + e^{-\eta}}, \quad y = 0, \dots, n

Parameters: ``eta``, the log odds of the mean chance (any real number); ``phi``, the
precision of the chances (positive; ``binomial`` as it grows). Known of each row:
``trials``, the :math:`n` of the formula, written ``y | trials(n)``. Reference: Johnson,
Kemp & Kotz (2005), Univariate discrete distributions, chapter 6.
""",
    known=("trials",),
)
