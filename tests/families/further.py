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

from .drawing import Array, Rng, Sample, spread, whole


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


def _frechet(rng: Rng, rows: int) -> Sample:
    """Shapes from nearly 1 to 100."""
    rest, log_y = spread(rng, rows, 1e-3, 1e2), rng.normal(0.0, 2.0, rows)
    nu = 1.0 + rest
    z = np.where(rng.random(rows) < 0.5, rng.gumbel(size=rows), _ramp(rng, rows, 300.0))
    eta = log_y - z / nu + special.gammaln(rest / nu)
    return Sample(np.exp(log_y), {"eta": eta, "nu": nu})


def _ramp(rng: Rng, rows: int, most: float) -> Array:
    return rng.uniform(-5.0, most, rows)


def _inverse_gaussian(rng: Rng, rows: int) -> Sample:
    """Up to e^30 off; shapes up to 10^4 times a response."""
    log_y = rng.normal(0.0, 3.0, rows)
    shape = np.exp(log_y) * spread(rng, rows, 1e-4, 1e4)
    return Sample(
        np.exp(log_y), {"eta": log_y - _away(rng, rows, 30.0), "shape": shape}
    )


def _gen_extreme_value(rng: Rng, rows: int) -> Sample:
    """Shapes from 1e-12 on; not where the end is too near for the digits of ``y``."""
    xi = rng.choice([-1.0, 1.0], rows) * spread(rng, rows, 1e-12, 2.0)
    w = np.where(rng.random(rows) < 0.5, rng.gumbel(size=rows), _ramp(rng, rows, 300.0))
    w = np.where(xi * w > 50.0, 50.0 / xi, np.where(xi * w < -4.0, -4.0 / xi, w))
    mu, sigma = rng.normal(0.0, 1.0, rows), np.exp(rng.normal(0.0, 1.0, rows))
    y = mu + sigma * np.expm1(xi * w) / xi
    return Sample(y, {"mu": mu, "sigma": sigma, "xi": xi})


def _von_mises(rng: Rng, rows: int) -> Sample:
    """Means near the opposite of 0 as well; half of the angles anywhere."""
    sign, likely = rng.choice([-1.0, 1.0], rows), rng.random(rows) < 0.5
    eta = np.where(
        likely, rng.normal(0.0, 1.0, rows), sign * spread(rng, rows, 0.1, 1e3)
    )
    kappa = spread(rng, rows, 1e-6, 200.0)
    y = np.where(
        rng.random(rows) < 0.5,
        rng.vonmises(2.0 * np.arctan(eta), kappa),
        rng.uniform(-np.pi, np.pi, rows),
    )
    return Sample(y, {"eta": eta, "kappa": kappa})


def _discrete_weibull(rng: Rng, rows: int) -> Sample:
    """Counts up to 10^4 that the chance to pass is anything of."""
    y, shape = whole(rng, rows, 1e4), spread(rng, rows, 0.05, 8.0)
    passed = spread(rng, rows, 1e-8, 600.0) / np.maximum(y, 1.0) ** shape
    eta = -np.log(np.expm1(np.minimum(passed, 600.0)))
    return Sample(y, {"eta": eta, "shape": shape})


def _com_poisson(rng: Rng, rows: int) -> Sample:
    """Counts up to 10^3, half of them likely ones; few terms of the sum and many."""
    y, shape = whole(rng, rows, 1e3), spread(rng, rows, 0.1, 200.0)
    near = np.log(y + 0.5) + rng.normal(0.0, 1.0, rows) / np.sqrt(shape * (y + 1.0))
    away = np.log(y + 0.5) + rng.normal(0.0, 1.0, rows)
    eta = np.where(rng.random(rows) < 0.5, near, away)
    return Sample(y, {"eta": eta, "shape": shape})


def _kumaraswamy(rng: Rng, rows: int) -> Sample:
    """Half of the rows likely ones; shapes from 1e-3 to 1e3."""
    shape, log_u = spread(rng, rows, 1e-3, 1e3), -rng.standard_exponential(rows)
    eta = np.where(rng.random(rows) < 0.5, rng.normal(0, 2, rows), _away(rng, rows, 30))
    with np.errstate(all="ignore"):
        b = -np.log(2.0) / np.log(-np.expm1(shape * -np.logaddexp(0.0, -eta)))
        likely = np.exp(np.log(-np.expm1(log_u / b)) / shape)
    y = np.where(rng.random(rows) < 0.5, likely, rng.random(rows))
    y = np.clip(y, 1e-200, 1.0 - 2.0**-53)
    # not where the power of a response over its median is no float
    least = np.minimum(np.log(y) - 600.0 / shape, -1e-300)
    eta = np.maximum(eta, least - np.log(-np.expm1(least)))
    return Sample(y, {"eta": eta, "shape": shape})


def _zeros(rng: Rng, rows: int) -> Sample:
    """A third of zeros."""
    plain, small = _asymmetric_laplace(rng, rows), spread(rng, rows, 1e-6, 0.5)
    y = np.where(rng.random(rows) < 0.3, 0.0, plain.y)
    zi = np.where(rng.random(rows) < 0.5, small, 1.0 - small)
    return Sample(y, {**plain.arguments, "zi": zi})


def _wiener(rng: Rng, rows: int) -> Sample:
    """Times from 10^-3 to 30 of the square of the distance; starts near both bounds.

    To 2^-40 of the upper one, which leaves all digits of what is left, and to 1e-15.
    """
    bs, bias = np.exp(rng.normal(0.0, 1.0, rows)), rng.uniform(0.02, 0.98, rows)
    bias[::10] = spread(rng, len(bias[::10]), 1e-15, 0.1)
    bias[5::10] = 1.0 - np.exp2(-np.floor(rng.uniform(6.0, 40.0, len(bias[5::10]))))
    late = np.square(bs) * spread(rng, rows, 1e-3, 30.0)
    ndt = late * spread(rng, rows, 1e-3, 1e3)
    mu = rng.normal(0.0, 3.0, rows) / bs
    dec = rng.integers(0, 2, rows) * 1.0
    given = {"mu": mu, "bs": bs, "ndt": ndt, "bias": bias, "dec": dec}
    return Sample(ndt + late, given)


class Wiener:
    """By a hundred sines, and without drift's own terms in between."""

    def __init__(self, **given: Array) -> None:
        self.given = given

    def logpdf(self, y: Array) -> Array:
        mu, bs, ndt, bias, dec = self.given.values()
        start, drift = np.where(dec == 1, 1 - bias, bias), np.where(dec == 1, -mu, mu)
        u, total = (y - ndt) / bs**2, np.zeros(len(y))
        for k in range(1, 400):
            total += k * np.sin(k * np.pi * start) * np.exp(-0.5 * (k * np.pi) ** 2 * u)
        passage = np.log(np.pi * np.where(u > 0.04, total, 1.0))
        images = sum(
            (start + 2 * k) * np.exp(-0.5 * (start + 2 * k) ** 2 / u)
            for k in range(-3, 4)
        )
        short = np.log(images) - 0.5 * np.log(2.0 * np.pi * u**3)
        passage = np.where(u > 0.04, passage, short)
        return np.asarray(
            passage - 2.0 * np.log(bs) - drift * bs * start - 0.5 * drift**2 * (y - ndt)
        )


class DiscreteWeibull:
    """Counts, by their distribution function."""

    def __init__(self, eta: Array, shape: Array) -> None:
        self.given = special.expit(eta), shape

    def logpmf(self, y: Array) -> Array:
        q, shape = self.given
        power, later = y**shape, (y + 1.0) ** shape
        step = -np.expm1((later - power) * np.log(q))
        return np.asarray(power * np.log(q) + np.log(step))

    def logsf(self, y: Array) -> Array:
        q, shape = self.given
        later = np.maximum(np.floor(y) + 1.0, 0.0)
        return np.asarray(later**shape * np.log(q))

    def logcdf(self, y: Array) -> Array:
        return np.asarray(np.log(-np.expm1(self.logsf(y))))


#: Terms that are added at a time.
_TERMS = 50_000


class ComPoisson:
    """Counts below a number, by their sum.

    Some counts after another: an array of all terms is slower to fill than to add.
    """

    def __init__(self, eta: Array, shape: Array, below: int = 2_000) -> None:
        self.given = eta, shape
        peak = self.plain(np.floor(np.exp(np.minimum(eta, np.log(below - 1.0)))))
        total, some = np.zeros_like(peak), max(1, _TERMS // np.size(peak))
        for first in range(0, below, some):
            counts = np.arange(first, min(first + some, below), dtype=float)
            terms = self.plain(counts.reshape(-1, *[1] * np.ndim(peak)))
            total += np.exp(terms - peak).sum(axis=0)
        self.total = peak + np.log(total)

    def plain(self, y: Array) -> Array:
        eta, shape = self.given
        return np.asarray(shape * (y * eta - special.gammaln(y + 1.0)))

    def logpmf(self, y: Array) -> Array:
        return self.plain(y) - self.total

    def between(self, low: Any, high: Any, below: int = 2_000) -> Array:
        """Log of the probability above one count, up to another."""
        counts = np.arange(below, dtype=float)
        given = np.broadcast_arrays(low, high, *self.given)
        low, high, eta, shape = (np.asarray(one)[..., None] for one in given)
        terms = shape * (counts * eta - special.gammaln(counts + 1.0))
        inside = np.where((counts > low) & (counts <= high), terms, -np.inf)
        return np.asarray(special.logsumexp(inside, axis=-1) - self.total)


class Kumaraswamy:
    """Of the uniform distribution: SciPy has none."""

    def __init__(self, eta: Array, shape: Array) -> None:
        self.shape, self.rest = shape, self.log_rest(shape * special.log_expit(eta))
        self.log_b = np.log(np.log(2.0)) - np.log(-self.rest)

    @staticmethod
    def log_rest(power: Array) -> Array:
        """Log of one minus an exponential, from the side where it has digits."""
        far = np.log1p(-np.exp(np.minimum(power, -0.5)))
        return np.where(power < -0.5, far, np.log(-np.expm1(np.maximum(power, -0.5))))

    def logpdf(self, y: Array) -> Array:
        rest = self.log_rest(self.shape * np.log(y))
        first = np.log(self.shape) + self.log_b + (self.shape - 1.0) * np.log(y)
        return np.asarray(first + (np.exp(self.log_b) - 1.0) * rest)

    def logsf(self, y: Array) -> Array:
        with np.errstate(all="ignore"):
            inside = np.exp(self.log_b) * self.log_rest(self.shape * np.log(y))
        return np.where(y <= 0.0, 0.0, np.where(y >= 1.0, -np.inf, inside))

    def logcdf(self, y: Array) -> Array:
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(-np.expm1(self.logsf(y))))


class Frechet:
    """Of SciPy's, which has no log of a small probability."""

    def __init__(self, eta: Array, nu: Array) -> None:
        self.nu, self.scale = nu, np.exp(eta - special.gammaln(1.0 - 1.0 / nu))

    def logpdf(self, y: Array) -> Array:
        return np.asarray(stats.invweibull.logpdf(y, self.nu, 0.0, self.scale))

    def logcdf(self, y: Array) -> Array:
        with np.errstate(all="ignore"):
            return np.where(y > 0.0, -((np.abs(y) / self.scale) ** -self.nu), -np.inf)

    def logsf(self, y: Array) -> Array:
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(-np.expm1(self.logcdf(y))))


class WithZeros:
    """A density with zeros apart."""

    def __init__(self, zi: Array, **rest: Array) -> None:
        self.zi, self.law = zi, _asymmetric(**rest)

    def logpdf(self, y: Array) -> Array:
        some = np.log1p(-self.zi) + self.law.logpdf(y)
        return np.asarray(np.where(y == 0.0, np.log(self.zi), some))


def _asymmetric(mu: Array, sigma: Array, quantile: Array) -> Any:
    """Return SciPy's, by its kappa and scale."""
    kappa = np.sqrt(quantile / (1.0 - quantile))
    return stats.laplace_asymmetric(
        kappa, mu, sigma / np.sqrt(quantile * (1.0 - quantile))
    )


class SkewNormal:
    """Of SciPy's density: its own tails have few digits far out.

    Away from the mean in pieces that get longer; the other tail is what that leaves.
    """

    def __init__(self, mu: Array, sigma: Array, alpha: Array) -> None:
        delta = alpha / np.sqrt(1.0 + alpha**2)
        self.omega = sigma / np.sqrt(1.0 - 2.0 / np.pi * delta**2)
        mean = self.omega * delta * np.sqrt(2.0 / np.pi)
        self.alpha, self.location, self.mean = alpha, mu - mean, mu

    def logpdf(self, y: Array) -> Array:
        z = (y - self.location) / self.omega
        height = stats.norm.logpdf(z) + special.log_ndtr(self.alpha * z)
        return np.asarray(np.log(2.0 / self.omega) + height)

    def tail(self, y: Array, sign: float) -> Array:
        nodes, weights = np.polynomial.legendre.leggauss(16)
        ends = np.concatenate([[0.0], 2.0 ** np.arange(-16.0, 7.0)])
        width = np.diff(ends)[:, None]
        away = (ends[:-1, None] + width * (1.0 + nodes) / 2.0).ravel()
        log_weight = np.log(width * weights / 2.0).ravel()
        side = np.where(y > self.mean, 1.0, -1.0)
        y = np.clip(y, -1e9, 1e9)
        parts = [
            self.logpdf(y + side * step * self.omega) + weight
            for step, weight in zip(away, log_weight, strict=True)
        ]
        found = special.logsumexp(parts, axis=0) + np.log(self.omega)
        return np.where(side == sign, found, np.log1p(-np.exp(found)))

    def logcdf(self, y: Array) -> Array:
        return self.tail(y, -1.0)

    def logsf(self, y: Array) -> Array:
        return self.tail(y, 1.0)


class Angles:
    """Of SciPy's density, as an integral between two angles."""

    def __init__(self, eta: Array, kappa: Array) -> None:
        self.law = stats.vonmises(kappa, 2.0 * np.arctan(eta))

    def logpdf(self, y: Array) -> Array:
        return np.asarray(self.law.logpdf(y))

    def between(self, low: Array, high: Array) -> Array:
        """Return the log of a probability."""
        low, high = (np.clip(one, -np.pi, np.pi) for one in (low, high))
        nodes, weights = np.polynomial.legendre.leggauss(150)
        half = (high - low) / 2.0
        parts = [
            self.law.logpdf((low + high) / 2.0 + half * node) + np.log(weight)
            for node, weight in zip(nodes, weights, strict=True)
        ]
        with np.errstate(divide="ignore"):
            return np.asarray(special.logsumexp(parts, axis=0) + np.log(half))


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
        _asymmetric,
        {"quantile": lambda rng, rows: rng.uniform(0.02, 0.98, rows)},
    ),
    "skew_normal": Tried(
        _skew_normal,
        {"mu": 3.0, "sigma": 0.7, "alpha": 2.5},
        SkewNormal,
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
    "inverse_gaussian": Tried(
        _inverse_gaussian,
        {"eta": 0.4, "shape": 2.6},
        lambda eta, shape: stats.invgauss(np.exp(eta) / shape, 0.0, shape),
    ),
    "frechet": Tried(
        _frechet,
        {"eta": 0.4, "nu": 3.5},
        Frechet,
        {"nu": lambda rng, rows: 1.1 + rng.exponential(3.0, rows)},
    ),
    "gen_extreme_value": Tried(
        _gen_extreme_value,
        {"mu": 3.0, "sigma": 0.7, "xi": 0.15},
        lambda mu, sigma, xi: stats.genextreme(-xi, mu, sigma),
        {"xi": lambda rng, rows: rng.normal(0.0, 0.3, rows)},
    ),
    "von_mises": Tried(
        _von_mises,
        {"eta": 0.2, "kappa": 15.0},
        Angles,
    ),
    "com_poisson": Tried(_com_poisson, {"eta": 0.9, "shape": 1.8}, ComPoisson),
    "kumaraswamy": Tried(_kumaraswamy, {"eta": 0.3, "shape": 2.2}, Kumaraswamy),
    "discrete_weibull": Tried(
        _discrete_weibull,
        {"eta": 0.9, "shape": 1.4},
        DiscreteWeibull,
        {"shape": lambda rng, rows: rng.uniform(0.7, 3.0, rows)},
    ),
    "zero_inflated_asymmetric_laplace": Tried(
        _zeros,
        {"mu": 3.0, "sigma": 0.7, "quantile": 0.3, "zi": 0.3},
        WithZeros,
        {
            "quantile": lambda rng, rows: rng.uniform(0.02, 0.98, rows),
            "zi": lambda rng, rows: rng.uniform(0.02, 0.98, rows),
        },
    ),
    "wiener": Tried(
        _wiener,
        {"mu": 0.8, "bs": 1.3, "ndt": 0.2, "bias": 0.4, "dec": 1.0},
        Wiener,
        {
            "bias": lambda rng, rows: rng.uniform(0.1, 0.9, rows),
            "dec": lambda rng, rows: rng.integers(0, 2, rows) * 1.0,
        },
    ),
}
