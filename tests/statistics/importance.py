"""The posterior of a small ordinal model, computed without any part of Varying.

``rating ~ temp + contact + (1 | judge)`` on the wine ratings (Randall 1989), a
cumulative logit, with the priors of ``SPEC``. The judges' effects are integrated
by Gauss-Hermite quadrature; the seven parameters that remain are drawn from a
multivariate t around the mode and weighted. All that it shares with the package
is the data file and the model as it stands in a textbook.
"""

from __future__ import annotations

import csv
import math

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.optimize import minimize
from scipy.special import expit

from .marginal import REFERENCES
from .sampling import Estimate

Array = NDArray[np.float64]

SPEC = """\
data "wine.csv"
column rating: ordered(1..5)
column temp: factor(cold, warm)
column contact: factor(no, yes)
column judge: factor
rating ~ temp + contact + (1 | judge), family=ordlogit
prior b ~ normal(0, 3)
prior threshold ~ normal(0, 5)
prior sd ~ exponential(1)
"""

NAMES = (
    "b[temp[warm]]",
    "b[contact[yes]]",
    "threshold[1|2]",
    "threshold[2|3]",
    "threshold[3|4]",
    "threshold[4|5]",
    "sd_judge[Intercept]",
)

NODES, WEIGHTS = np.polynomial.hermite.hermgauss(40)


def counts() -> Array:
    """Return how often each judge gave each rating in each of the four cells."""
    table = np.zeros((9, 2, 2, 5))
    with (REFERENCES / "wine.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            warm, contact = row["temp"] == "warm", row["contact"] == "yes"
            place = (int(row["judge"]) - 1, int(warm), int(contact))
            table[(*place, int(row["rating"]) - 1)] += 1
    return table


COUNTS = counts()


def reported(x: Array) -> Array:
    """Return parameters from coordinates: logs of the gaps and of the sd."""
    thresholds = np.cumsum(
        np.concatenate([x[:, 2:3], np.exp(x[:, 3:6])], axis=1), axis=1
    )
    return np.concatenate([x[:, :2], thresholds, np.exp(x[:, 6:])], axis=1)


def log_posterior(x: Array) -> Array:
    """Return the log density of points (S, 7), up to a constant."""
    parameters = reported(x)
    b, thresholds, sd = parameters[:, :2], parameters[:, 2:6], parameters[:, 6]
    prior = stats.norm(0, 3).logpdf(b).sum(axis=1)
    prior += stats.norm(0, 5).logpdf(thresholds).sum(axis=1)
    prior += stats.expon().logpdf(sd) + x[:, 3:].sum(axis=1)
    fixed = np.stack(
        [0 * b[:, 0], b[:, 1], b[:, 0], b[:, 0] + b[:, 1]], axis=1
    ).reshape(-1, 2, 2)
    effects = math.sqrt(2.0) * sd[:, None] * NODES  # (S, Q)
    eta = fixed[:, :, :, None] + effects[:, None, None, :]
    below = expit(thresholds[:, None, None, None, :] - eta[..., None])
    ends = [np.zeros_like(below[..., :1]), below, np.ones_like(below[..., :1])]
    log_p = np.log(np.maximum(np.diff(np.concatenate(ends, axis=-1)), 1e-300))
    judges = np.einsum("jtck,stcqk->sjq", COUNTS, log_p, optimize=True)
    integrals = np.log(WEIGHTS / math.sqrt(math.pi)) + judges
    return np.asarray(prior + np.logaddexp.reduce(integrals, axis=2).sum(axis=1))


def posterior(draws: int = 20_000, seed: int = 1) -> dict[str, Estimate]:
    """Return the posterior means with their Monte Carlo errors."""

    def minus(x: Array) -> float:
        return -float(log_posterior(x[None])[0])

    start = np.array([2.5, 1.5, -1.5, 1.0, 1.0, 0.5, 0.0])
    mode = minimize(minus, start, method="BFGS")
    proposal = stats.multivariate_t(mode.x, 1.3 * mode.hess_inv, df=6)
    x = proposal.rvs(draws, random_state=np.random.default_rng(seed))
    pieces = [log_posterior(piece) for piece in np.array_split(x, draws // 500)]
    log_weights = np.concatenate(pieces) - proposal.logpdf(x)
    weights = np.exp(log_weights - log_weights.max())
    weights /= weights.sum()
    if 1 / (weights**2).sum() < 0.3 * draws:
        raise AssertionError("the proposal does not fit the posterior")
    values = reported(x)
    means = weights @ values
    away = values - means
    sds = np.sqrt(weights @ away**2)
    errors = np.sqrt(weights**2 @ away**2)
    return {
        name: Estimate(float(mean), float(sd), float(error))
        for name, mean, sd, error in zip(NAMES, means, sds, errors, strict=True)
    }
