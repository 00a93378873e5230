"""The densities of priors, written once: for arguments that depend on parameters.

``distributions/table.py`` has the same densities in NumPy, and ``kernels.py`` there has
kernels for arguments that are numbers, without what these alone add. Here that is part
of them: where an argument is sampled, it matters.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ..numerics import HALF_LOG_2PI
from .operations import Density

_LOG_PI = math.log(math.pi)
_LOG_2 = math.log(2.0)


def _normal(m: Any, x: Any, mu: Any, sigma: Any) -> Any:
    z = (x - mu) / sigma
    return -0.5 * z * z - m.log(sigma) - HALF_LOG_2PI


def _lgamma(m: Any, x: Any) -> Any:
    """Log of the gamma function of a positive number."""
    return m.lgamma1p(x) - m.log(x)


def _student_t(m: Any, x: Any, nu: Any, mu: Any, sigma: Any) -> Any:
    z, half = (x - mu) / sigma, 0.5 * nu
    peak = _lgamma(m, half + 0.5) - _lgamma(m, half) - 0.5 * (m.log(nu) + _LOG_PI)
    return peak - m.log(sigma) - (half + 0.5) * m.log1p(z * z / nu)


def _cauchy(m: Any, x: Any, mu: Any, sigma: Any) -> Any:
    z = (x - mu) / sigma
    return -m.log(sigma) - _LOG_PI - m.log1p(z * z)


def _laplace(m: Any, x: Any, mu: Any, sigma: Any) -> Any:
    z = (x - mu) / sigma
    return -m.where(z > 0.0, z, -z) - m.log(sigma) - _LOG_2


def _logistic(m: Any, x: Any, mu: Any, sigma: Any) -> Any:
    z = (x - mu) / sigma
    return m.log_sigmoid(z) + m.log_sigmoid(-z) - m.log(sigma)


def _gumbel(m: Any, x: Any, mu: Any, sigma: Any) -> Any:
    z = (x - mu) / sigma
    return -z - m.exp(-z) - m.log(sigma)


def _half_normal(m: Any, x: Any, sigma: Any) -> Any:
    return _normal(m, x, 0.0, sigma) + _LOG_2


def _half_student_t(m: Any, x: Any, nu: Any, sigma: Any) -> Any:
    return _student_t(m, x, nu, 0.0, sigma) + _LOG_2


def _half_cauchy(m: Any, x: Any, sigma: Any) -> Any:
    return _cauchy(m, x, 0.0, sigma) + _LOG_2


def _exponential(m: Any, x: Any, rate: Any) -> Any:
    return m.log(rate) - rate * x


def _gamma(m: Any, x: Any, alpha: Any, beta: Any) -> Any:
    peak = alpha * m.log(beta) - _lgamma(m, alpha)
    return peak + (alpha - 1.0) * m.log(x) - beta * x


def _inverse_gamma(m: Any, x: Any, alpha: Any, beta: Any) -> Any:
    peak = alpha * m.log(beta) - _lgamma(m, alpha)
    return peak - (alpha + 1.0) * m.log(x) - beta / x


def _lognormal(m: Any, x: Any, mu: Any, sigma: Any) -> Any:
    logged = m.log(x)
    return _normal(m, logged, mu, sigma) - logged


def _weibull(m: Any, x: Any, alpha: Any, beta: Any) -> Any:
    logged = m.log(x) - m.log(beta)
    power = alpha * logged
    return m.log(alpha) - m.log(beta) + power - logged - m.exp(power)


def _beta(m: Any, x: Any, alpha: Any, beta: Any) -> Any:
    peak = _lgamma(m, alpha + beta) - _lgamma(m, alpha) - _lgamma(m, beta)
    return peak + (alpha - 1.0) * m.log(x) + (beta - 1.0) * m.log1p(-x)


def _chi_squared(m: Any, x: Any, nu: Any) -> Any:
    return _gamma(m, x, 0.5 * nu, 0.5)


def _wald(m: Any, x: Any, mu: Any, lam: Any) -> Any:
    z = (x - mu) / mu
    return 0.5 * m.log(lam) - HALF_LOG_2PI - 1.5 * m.log(x) - 0.5 * lam * z * z / x


#: By name, of rows of ``DISTRIBUTIONS`` whose support does not depend on arguments.
PRIOR_DENSITIES: Mapping[str, Density] = {
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
    "chi_squared": _chi_squared,
    "wald": _wald,
}
