"""The densities of the table of distributions, each written once over operations.

Those of responses that are the same distribution in the same parameters are these too.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ..numerics import HALF_LOG_2PI
from .operations import DensityFunction

_LOG_PI = math.log(math.pi)
_LOG_2 = math.log(2.0)


def normal(m: Any, x: Any, mu: Any, sigma: Any) -> Any:
    """Return the log density of a normal distribution."""
    z = (x - mu) / sigma
    return -0.5 * m.square(z) - m.log(sigma) - HALF_LOG_2PI


def _lgamma(m: Any, x: Any) -> Any:
    """Log of the gamma function of a positive number."""
    return m.lgamma1p(x) - m.log(x)


def student_t(m: Any, x: Any, nu: Any, mu: Any, sigma: Any) -> Any:
    """Return the log density of Student's t, exact in the limit of huge ``nu`` too.

    A difference of the two log gammas would lose all digits there, and so would
    the derivative of ``log(1 + z^2/nu)`` in ``nu``. ``z^2`` must not overflow:
    up to 10^150 scales from the centre.
    """
    square = m.square((x - mu) / sigma)
    ratio = square / nu
    # far out the slope of ``log(1 + x)/x`` is 0 to all digits, and is multiplied by
    # what has overflowed
    is_far = ratio > 1.0
    tail = m.where(
        is_far,
        nu * m.log1p(m.where(is_far, ratio, 1.0)),
        square * m.log1p_ratio(m.where(is_far, 1.0, ratio)),
    )
    return (
        m.half_rising(0.5 * nu)
        - HALF_LOG_2PI
        - m.log(sigma)
        - 0.5 * (1.0 + 1.0 / nu) * tail
    )


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
    return normal(m, x, 0.0, sigma) + _LOG_2


def _half_student_t(m: Any, x: Any, nu: Any, sigma: Any) -> Any:
    return student_t(m, x, nu, 0.0, sigma) + _LOG_2


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


def lognormal(m: Any, x: Any, mu: Any, sigma: Any) -> Any:
    """Return the log density of a number whose log is normal."""
    logged = m.log(x)
    return normal(m, logged, mu, sigma) - logged


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


def _uniform(m: Any, x: Any, lower: Any, upper: Any) -> Any:
    return 0.0 * x - m.log(upper - lower)


def _pareto(m: Any, x: Any, alpha: Any, least: Any) -> Any:
    return m.log(alpha) + alpha * m.log(least) - (alpha + 1.0) * m.log(x)


def _triangular(m: Any, x: Any, lower: Any, c: Any, upper: Any) -> Any:
    side = m.where(x < c, x - lower, upper - x)
    length = m.where(x < c, c - lower, upper - c)
    return _LOG_2 + m.log(side) - m.log(length) - m.log(upper - lower)


def _skew_normal(m: Any, x: Any, mu: Any, sigma: Any, alpha: Any) -> Any:
    return normal(m, x, mu, sigma) + _LOG_2 + m.log_ndtr(alpha * (x - mu) / sigma)


def _skew_student_t(m: Any, x: Any, a: Any, b: Any, mu: Any, sigma: Any) -> Any:
    """Jones & Faddy (2003), of whose factors neither is a difference far out."""
    z, whole = (x - mu) / sigma, a + b
    is_above = z > 0.0
    size = m.where(is_above, z, -z)
    root = m.sqrt(whole + m.square(size))
    large = m.log1p(size / root)
    small = m.log(whole) - m.log(root) - m.log(root + size)
    peak = _lgamma(m, whole) - _lgamma(m, a) - _lgamma(m, b)
    peak = peak - (whole - 1.0) * _LOG_2 - 0.5 * m.log(whole) - m.log(sigma)
    up, down = m.where(is_above, large, small), m.where(is_above, small, large)
    return peak + (a + 0.5) * up + (b + 0.5) * down


def ex_gaussian(m: Any, x: Any, mu: Any, sigma: Any, nu: Any) -> Any:
    """Return the log density of a normal number and an exponential one of mean ``nu``.

    On either side by what does not cancel there.
    """
    z, rate = (x - mu) / sigma, sigma / nu
    over = z - rate
    slow = m.choose(
        over > 0.0,
        lambda at: -rate * (at + 0.5 * rate) + m.log_ndtr(at),
        lambda at: m.log_mills(at) - 0.5 * z * z - HALF_LOG_2PI,
        over,
        (0.0, 0.0),
    )
    return slow - m.log(nu)


def _asymmetric_laplace(m: Any, x: Any, kappa: Any, mu: Any, rate: Any) -> Any:
    away = rate * (x - mu)
    loss = m.where(away > 0.0, kappa * away, -away / kappa)
    return m.log(rate) - m.log(kappa + 1.0 / kappa) - loss


def _moyal(m: Any, x: Any, mu: Any, sigma: Any) -> Any:
    z = (x - mu) / sigma
    return -0.5 * (z + m.exp(-z)) - m.log(sigma) - HALF_LOG_2PI


def _rice(m: Any, x: Any, nu: Any, sigma: Any) -> Any:
    z, far = x / sigma, nu / sigma
    bessel = m.log_i0e(z * far)
    return m.log(z) - m.log(sigma) - 0.5 * m.square(z - far) + bessel


def _logit_normal(m: Any, x: Any, mu: Any, sigma: Any) -> Any:
    low, high = m.log(x), m.log1p(-x)
    return normal(m, low - high, mu, sigma) - low - high


def _kumaraswamy(m: Any, x: Any, a: Any, b: Any) -> Any:
    logged = m.log(x)
    rest = m.log1mexp(-a * logged)
    return m.log(a) + m.log(b) + (a - 1.0) * logged + (b - 1.0) * rest


def _von_mises(m: Any, x: Any, mu: Any, kappa: Any) -> Any:
    sine = m.sin(0.5 * (x - mu))
    return -2.0 * kappa * m.square(sine) - _LOG_2 - _LOG_PI - m.log_i0e(kappa)


def _flat(m: Any, x: Any) -> Any:
    return 0.0 * x


def _dirichlet(m: Any, x: Any, alpha: Any) -> Any:
    return (alpha - 1.0) * m.log(x)


#: By name, of all rows of ``DISTRIBUTIONS``; of ``dirichlet`` what an element adds.
PRIOR_DENSITIES: Mapping[str, DensityFunction] = {
    "normal": normal,
    "student_t": student_t,
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
    "lognormal": lognormal,
    "weibull": _weibull,
    "beta": _beta,
    "chi_squared": _chi_squared,
    "wald": _wald,
    "uniform": _uniform,
    "pareto": _pareto,
    "triangular": _triangular,
    "skew_normal": _skew_normal,
    "skew_student_t": _skew_student_t,
    "ex_gaussian": ex_gaussian,
    "asymmetric_laplace": _asymmetric_laplace,
    "moyal": _moyal,
    "rice": _rice,
    "logit_normal": _logit_normal,
    "kumaraswamy": _kumaraswamy,
    "von_mises": _von_mises,
    "flat": _flat,
    "half_flat": _flat,
    "dirichlet": _dirichlet,
}
