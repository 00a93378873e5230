"""The densities of ``distributions.py`` for one number, with their slopes.

Each kernel is given a value and the arguments of its distribution, in the order of
the table, and returns the log density and its slope in the value, both up to what
arguments alone add. Where a location varies with other parameters, it is taken off
the value before, and the slope in it is minus the one in the value.

Kernels are in the plain Python that ``backends/kernel/translate.py`` compiles:
``math`` and each other.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

#: Log density and slope.
Pair = tuple[float, float]


def _normal(value: float, mu: float, sigma: float) -> Pair:
    z = (value - mu) / sigma
    return -0.5 * z * z, -z / sigma


def _student_t(value: float, nu: float, mu: float, sigma: float) -> Pair:
    z = (value - mu) / sigma
    square = z * z
    density = -0.5 * (nu + 1.0) * math.log1p(square / nu)
    return density, -(nu + 1.0) * z / (nu + square) / sigma


def _cauchy(value: float, mu: float, sigma: float) -> Pair:
    return _student_t(value, 1.0, mu, sigma)


def _laplace(value: float, mu: float, sigma: float) -> Pair:
    z = (value - mu) / sigma
    if z < 0.0:
        return z, 1.0 / sigma
    return -z, -1.0 / sigma


def _logistic(value: float, mu: float, sigma: float) -> Pair:
    z = (value - mu) / sigma
    t = math.exp(-abs(z))
    slope = (1.0 - t) / (1.0 + t) / sigma
    return -abs(z) - 2.0 * math.log1p(t), slope if z < 0.0 else -slope


def _gumbel(value: float, mu: float, sigma: float) -> Pair:
    z = (value - mu) / sigma
    t = math.exp(-z)
    return -z - t, (t - 1.0) / sigma


def _half_normal(value: float, sigma: float) -> Pair:
    return _normal(value, 0.0, sigma)


def _half_student_t(value: float, nu: float, sigma: float) -> Pair:
    return _student_t(value, nu, 0.0, sigma)


def _half_cauchy(value: float, sigma: float) -> Pair:
    return _student_t(value, 1.0, 0.0, sigma)


def _exponential(value: float, rate: float) -> Pair:
    return -rate * value, -rate


def _gamma(value: float, alpha: float, beta: float) -> Pair:
    more = alpha - 1.0
    return more * math.log(value) - beta * value, more / value - beta


def _inverse_gamma(value: float, alpha: float, beta: float) -> Pair:
    more, part = alpha + 1.0, beta / value
    return -more * math.log(value) - part, (part - more) / value


def _lognormal(value: float, mu: float, sigma: float) -> Pair:
    logged = math.log(value)
    z = (logged - mu) / sigma
    return -0.5 * z * z - logged, -(z / sigma + 1.0) / value


def _weibull(value: float, alpha: float, beta: float) -> Pair:
    logged, more = math.log(value / beta), alpha - 1.0
    power = math.exp(alpha * logged)
    return more * logged - power, (more - alpha * power) / value


def _beta(value: float, alpha: float, beta: float) -> Pair:
    a, b = alpha - 1.0, beta - 1.0
    density = a * math.log(value) + b * math.log1p(-value)
    return density, a / value - b / (1.0 - value)


def _uniform(value: float, lower: float, upper: float) -> Pair:
    return 0.0, 0.0


def _chi_squared(value: float, nu: float) -> Pair:
    return _gamma(value, 0.5 * nu, 0.5)


def _pareto(value: float, alpha: float, m: float) -> Pair:
    more = alpha + 1.0
    return -more * math.log(value), -more / value


def _triangular(value: float, lower: float, c: float, upper: float) -> Pair:
    if value < c:
        side = value - lower
        return math.log(side / (c - lower)), 1.0 / side
    side = upper - value
    return math.log(side / (upper - c)), -1.0 / side


def _wald(value: float, mu: float, lam: float) -> Pair:
    z = (value - mu) / mu
    part = 0.5 * lam * z / value
    slope = -1.5 / value - part * (1.0 / mu + 1.0 / value)
    return -1.5 * math.log(value) - part * z, slope


def _flat(value: float) -> Pair:
    return 0.0, 0.0


def _dirichlet(value: float, alpha: float) -> Pair:
    more = alpha - 1.0
    return more * math.log(value), more / value


#: By name, for every row of ``DISTRIBUTIONS``. Dirichlet: of one element.
PRIOR_KERNELS: Mapping[str, Callable[..., Pair]] = {
    "normal": _normal,
    "student_t": _student_t,
    "cauchy": _cauchy,
    "laplace": _laplace,
    "logistic": _logistic,
    "gumbel": _gumbel,
    "half_normal": _half_normal,
    "half_student_t": _half_student_t,
    "half_cauchy": _half_cauchy,
    "exponential": _exponential,
    "gamma": _gamma,
    "inverse_gamma": _inverse_gamma,
    "lognormal": _lognormal,
    "weibull": _weibull,
    "beta": _beta,
    "uniform": _uniform,
    "chi_squared": _chi_squared,
    "pareto": _pareto,
    "triangular": _triangular,
    "wald": _wald,
    "flat": _flat,
    "dirichlet": _dirichlet,
}
