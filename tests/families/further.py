"""What the families without thresholds that came later are tried on, one entry each.

Parameters and responses of moderate size and far out, one set of parameters to draw
from, and the same density by SciPy. Decimals are in ``further_exact.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import special, stats

from .drawing import Array, Rng, Sample, spread


@dataclass(frozen=True, slots=True)
class Tried:
    """A family and what it is tried on.

    Attributes
    ----------
    sample
        Rows with parameters of all magnitudes, some responses far out.
    moderate
        Parameters to draw from.
    law
        SciPy's distribution, or log density, of the parameters.
    other
        What SciPy is compared at, of parameters that are not positive or any number.
    """

    sample: Callable[[Rng, int], Sample]
    moderate: Mapping[str, float]
    law: Callable[..., Any]
    other: Mapping[str, Callable[[Rng, int], Array]] = field(default_factory=dict)

    def log_density(self, y: Array, **arguments: Array) -> Array:
        """Return SciPy's log density."""
        law = self.law(**arguments)
        return np.asarray(law.logpmf(y) if hasattr(law, "logpmf") else law.logpdf(y))


def _away(rng: Rng, rows: int, most: float) -> Array:
    """Half of the distances likely ones, half up to ``most``, signs mixed."""
    off = rng.choice([-1.0, 1.0], rows) * spread(rng, rows, 1e-9, most)
    return np.where(rng.random(rows) < 0.5, rng.normal(0.0, 2.0, rows), off)


def _located(rng: Rng, rows: int, most: float) -> tuple[Array, dict[str, Array]]:
    """Return responses so many scales from the middle, and ``mu`` and ``sigma``."""
    mu, sigma = rng.normal(0.0, 1e3, rows), np.exp(rng.normal(0.0, 3.0, rows))
    return mu + sigma * _away(rng, rows, most), {"mu": mu, "sigma": sigma}


def _laplace(rng: Rng, rows: int) -> Sample:
    return Sample(*_located(rng, rows, 1e6))


def _gumbel(rng: Rng, rows: int) -> Sample:
    """Below the mode a density falls as the exponential of an exponential."""
    y, arguments = _located(rng, rows, 600.0)
    return Sample(
        np.maximum(y, arguments["mu"] - 100.0 * arguments["sigma"]), arguments
    )


def _asymmetric_laplace(rng: Rng, rows: int) -> Sample:
    y, arguments = _located(rng, rows, 1e6)
    small = spread(rng, rows, 1e-6, 0.5)
    quantile = np.where(rng.random(rows) < 0.5, small, 1.0 - small)
    return Sample(y, {**arguments, "quantile": quantile})


def _skew_normal(rng: Rng, rows: int) -> Sample:
    y, arguments = _located(rng, rows, 100.0)
    alpha = rng.choice([-1.0, 1.0], rows) * spread(rng, rows, 1e-3, 1e3)
    return Sample(y, {**arguments, "alpha": alpha})


def _exgaussian(rng: Rng, rows: int) -> Sample:
    """One part up to 10^4 times the other; up to 10^4 standard deviations out."""
    mu, sigma = rng.normal(0.0, 10.0, rows), np.exp(rng.normal(0.0, 1.0, rows))
    beta = sigma * spread(rng, rows, 1e-4, 1e4)
    wide = np.where(rng.random(rows) < 0.5, sigma, np.maximum(sigma, beta))
    y = mu + wide * _away(rng, rows, 1e4)
    return Sample(y, {"mu": mu, "sigma": sigma, "beta": beta})


def _shifted_lognormal(rng: Rng, rows: int) -> Sample:
    """From just after the shift to e^100 later."""
    mu, sigma = rng.normal(0.0, 3.0, rows), spread(rng, rows, 0.05, 20.0)
    late = np.exp(np.clip(mu + sigma * rng.normal(0.0, 5.0, rows), -10.0, 100.0))
    ndt = late * spread(rng, rows, 1e-3, 1e3)
    # the distance is a difference of floats, so it is what is left of them
    y = ndt + late
    return Sample(y, {"mu": mu, "sigma": sigma, "ndt": ndt})


def _skewed(mu: Array, sigma: Array, alpha: Array) -> Any:
    delta = alpha / np.sqrt(1.0 + alpha**2)
    omega = sigma / np.sqrt(1.0 - 2.0 / np.pi * delta**2)
    return stats.skewnorm(alpha, mu - omega * delta * np.sqrt(2.0 / np.pi), omega)


class Exgaussian:
    """Of SciPy's functions: its own distribution function takes a minute."""

    def __init__(self, mu: Array, sigma: Array, beta: Array) -> None:
        self.law = stats.exponnorm(beta / sigma, mu - beta, sigma)
        self.given = mu, sigma, beta

    def logpdf(self, y: Array) -> Array:
        return np.asarray(self.law.logpdf(np.clip(y, -1e9, 1e9)))

    def logsf(self, y: Array) -> Array:
        mu, sigma, beta = self.given
        slow = np.where(np.isneginf(y), -np.inf, self.logpdf(y) + np.log(beta))
        return np.logaddexp(stats.norm.logsf((y - mu + beta) / sigma), slow)

    def logcdf(self, y: Array) -> Array:
        """Of a difference of two normal ones over their density, below the middle."""
        mu, sigma, beta = self.given
        z = (np.clip(y, -1e9, 1e9) - mu + beta) / sigma
        low = np.minimum(z, 0.0) * -np.sqrt(0.5)
        ratio = special.erfcx(low) - special.erfcx(low + sigma / beta * np.sqrt(0.5))
        with np.errstate(all="ignore"):
            below = np.log(0.5 * ratio) - low * low
            return np.asarray(
                np.where(z < 0.0, below, np.log1p(-np.exp(self.logsf(y))))
            )


#: By name of a family.
TRIED: Mapping[str, Tried] = {
    "laplace": Tried(
        _laplace,
        {"mu": 3.0, "sigma": 0.7},
        lambda mu, sigma: stats.laplace(mu, sigma),
    ),
    "asymmetric_laplace": Tried(
        _asymmetric_laplace,
        {"mu": 3.0, "sigma": 0.7, "quantile": 0.3},
        # SciPy's kappa and scale
        lambda mu, sigma, quantile: stats.laplace_asymmetric(
            np.sqrt(quantile / (1.0 - quantile)),
            mu,
            sigma / np.sqrt(quantile * (1.0 - quantile)),
        ),
        {"quantile": lambda rng, rows: rng.uniform(0.02, 0.98, rows)},
    ),
    "skew_normal": Tried(
        _skew_normal,
        {"mu": 3.0, "sigma": 0.7, "alpha": 2.5},
        _skewed,
        {"alpha": lambda rng, rows: rng.normal(0.0, 3.0, rows)},
    ),
    "exgaussian": Tried(
        _exgaussian,
        {"mu": 3.0, "sigma": 0.7, "beta": 1.1},
        Exgaussian,
    ),
    "gumbel": Tried(
        _gumbel,
        {"mu": 3.0, "sigma": 0.7},
        lambda mu, sigma: stats.gumbel_r(mu, sigma),
    ),
    "shifted_lognormal": Tried(
        _shifted_lognormal,
        {"mu": -0.4, "sigma": 0.8, "ndt": 0.6},
        lambda mu, sigma, ndt: stats.lognorm(sigma, ndt, np.exp(mu)),
    ),
}
