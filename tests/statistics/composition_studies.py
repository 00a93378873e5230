"""Studies of three categories: one of them a row, counts of each, and shares.

As in ``studies``, what is drawn and how likely it is owes nothing to the compiler.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, softmax, xlogy

from .studies import LEVELS, ROWS, TRIALS, G, Named, Study, X

Array = NDArray[np.float64]
Rng = np.random.Generator

_PRIORS = """
  mub ~ x + (1 | g)
prior Intercept ~ normal(0, 1)
prior b ~ normal(0, 1)
prior sd ~ exponential(2)
"""
_PHI = "prior phi ~ lognormal(2, 0.5)\n"


def _prior(rng: Rng, size: int) -> Named:
    sd = rng.exponential(0.5, (size, 1))
    return {
        "mub_Intercept": rng.normal(0.0, 1.0, size),
        "mub_b": rng.normal(0.0, 1.0, (size, 1)),
        "mub_sd_g": sd,
        "mub_r_g": sd[:, None] * rng.normal(size=(size, LEVELS, 1)),
        "muc_Intercept": rng.normal(0.0, 1.0, size),
        "muc_b": rng.normal(0.0, 1.0, (size, 1)),
    }


def _with_phi(rng: Rng, size: int) -> Named:
    return {**_prior(rng, size), "phi": rng.lognormal(2.0, 0.5, size)}


def _with_spreads(rng: Rng, size: int) -> Named:
    return {
        **_prior(rng, size),
        "sigmab": rng.lognormal(-0.5, 0.5, size),
        "sigmac": rng.lognormal(-0.5, 0.5, size),
        # of two, LKJ(2) is this
        "lncor": 2.0 * rng.beta(2.0, 2.0, (size, 1)) - 1.0,
    }


def shares(p: Named) -> Array:
    """Return the mean share of each category: sets of parameters, rows, categories."""
    return np.asarray(softmax(odds(p), axis=-1))


def odds(p: Named) -> Array:
    """Return the predictor of each category: sets of parameters, rows, categories."""
    b = p["mub_Intercept"][:, None] + p["mub_b"][:, :1] * X
    b = b + p["mub_r_g"][:, :, 0][:, G]
    c = p["muc_Intercept"][:, None] + p["muc_b"][:, :1] * X
    return np.stack([0.0 * b, b, c], axis=-1)


def concentrations(p: Named) -> Array:
    return np.asarray(p["phi"][:, None, None] * shares(p))


def draw_shares(rng: Rng, p: Named) -> Array:
    drawn = np.array([rng.dirichlet(np.maximum(a, 1e-9)) for a in concentrations(p)[0]])
    # what underflows has no density
    drawn = np.maximum(drawn, 1e-200)
    # and none rounds to 1
    return np.minimum(drawn / drawn.sum(axis=-1, keepdims=True), 1.0 - 2.0**-53)


def draw_logs(rng: Rng, p: Named) -> Array:
    """Return shares whose logs are normal: that of c given that of b."""
    r = p["lncor"][0]
    first, second = rng.standard_normal((2, ROWS))
    away = np.stack(
        [
            np.zeros(ROWS),
            p["sigmab"] * first,
            p["sigmac"] * (r * first + np.sqrt(1.0 - r**2) * second),
        ],
        axis=-1,
    )
    drawn = softmax(odds(p)[0] + away, axis=-1)
    return np.asarray(np.clip(drawn, 1e-200, 1.0 - 2.0**-53))


def draw_counts(rng: Rng, p: Named) -> Array:
    return rng.multinomial(TRIALS.astype(int), shares(p)[0]).astype(float)


def draw_places(rng: Rng, p: Named) -> Array:
    """Return the place of the category of each row."""
    below = shares(p)[0].cumsum(axis=-1)[:, :-1]
    return np.asarray((rng.random(ROWS)[:, None] > below).sum(axis=-1), dtype=float)


def draw_varied(rng: Rng, p: Named) -> Array:
    return rng.multinomial(TRIALS.astype(int), draw_shares(rng, p)).astype(float)


def counted(y: Array, p: Named) -> Array:
    ways = gammaln(TRIALS + 1.0).sum() - gammaln(y + 1.0).sum()
    return np.asarray(ways + xlogy(y, shares(p)).sum(axis=(1, 2)))


def placed(y: Array, p: Named) -> Array:
    chance = np.take_along_axis(shares(p), y.astype(int)[None, :, None], axis=-1)
    return np.asarray(np.log(np.maximum(chance, 1e-300)).sum(axis=(1, 2)))


def varied(y: Array, p: Named) -> Array:
    a, phi = concentrations(p), p["phi"][:, None]
    ways = gammaln(TRIALS + 1.0).sum() - gammaln(y + 1.0).sum()
    whole = (gammaln(phi) - gammaln(TRIALS + phi)).sum(axis=1)
    return np.asarray(ways + whole + (gammaln(y + a) - gammaln(a)).sum(axis=(1, 2)))


def shared(y: Array, p: Named) -> Array:
    a = concentrations(p)
    peak = gammaln(p["phi"]) * ROWS - gammaln(a).sum(axis=(1, 2))
    return np.asarray(peak + ((a - 1.0) * np.log(y)).sum(axis=(1, 2)))


def logged(y: Array, p: Named) -> Array:
    logs = np.log(y) - np.log(y[:, :1])
    away = logs - odds(p)
    b = away[:, :, 1] / p["sigmab"][:, None]
    c = away[:, :, 2] / p["sigmac"][:, None]
    left = 1.0 - p["lncor"] ** 2
    squares = b**2 + (c - p["lncor"] * b) ** 2 / left
    sizes = np.log(p["sigmab"] * p["sigmac"]) + 0.5 * np.log(left[:, 0])
    whole = np.log(2.0 * np.pi) + sizes
    return np.asarray(-0.5 * squares.sum(axis=1) - ROWS * whole - np.log(y).sum())


_COUNTS = np.column_stack([TRIALS - 2.0, np.ones(ROWS), np.ones(ROWS)])
_SHARES = np.full((ROWS, 3), 1.0 / 3.0)
_COUNTED = "cbind(a, b, c) | trials(n) ~ x, family={}" + _PRIORS

COMPOSITIONS: dict[str, Study] = {
    "categorical": Study(
        "y ~ x, family=categorical" + _PRIORS,
        np.arange(ROWS) % 3.0,
        _prior,
        draw_places,
        placed,
        2.0,
    ),
    "multinomial": Study(
        _COUNTED.format("multinomial"), _COUNTS, _prior, draw_counts, counted, 2.0
    ),
    "dirichlet_multinomial": Study(
        _COUNTED.format("dirichlet_multinomial") + _PHI,
        _COUNTS,
        _with_phi,
        draw_varied,
        varied,
        2.0,
    ),
    "dirichlet": Study(
        "cbind(a, b, c) ~ x, family=dirichlet" + _PRIORS + _PHI,
        _SHARES,
        _with_phi,
        draw_shares,
        shared,
        2.0,
    ),
    "logistic_normal": Study(
        "cbind(a, b, c) ~ x, family=logistic_normal"
        + _PRIORS
        + "prior sigmab ~ lognormal(-0.5, 0.5)\nprior sigmac ~ lognormal(-0.5, 0.5)\n"
        "prior lncor ~ lkj(2)\n",
        _SHARES + np.linspace(-0.1, 0.1, ROWS)[:, None] * np.array([1.0, 0.5, -1.5]),
        _with_spreads,
        draw_logs,
        logged,
        2.0,
    ),
}
