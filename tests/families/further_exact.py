"""Densities of the families in ``further.py`` in decimals, in their textbook form."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Context, Decimal

from .decimals import HALF, PI, erfc, ln

#: Log density of one row: the response, then parameters by name.
FURTHER: dict[str, Callable[..., Decimal]] = {}
ROOT_2 = Decimal(2).sqrt(Context(prec=130))


def exact(call: Callable[..., Decimal]) -> Callable[..., Decimal]:
    FURTHER[call.__name__.removeprefix("_density_")] = call
    return call


def log_normal_cdf(x: Decimal) -> Decimal:
    if x > -30:
        return ln(erfc(-x / ROOT_2) / 2)
    # a power of ten has at most a million digits: one over Mills' ratio
    mills = -x
    for term in range(150, 0, -1):
        mills = term / mills - x
    return log_normal(x) - ln(mills)


def log_normal(z: Decimal) -> Decimal:
    return -z * z / 2 - HALF * ln(2 * PI)


@exact
def _density_laplace(y: Decimal, mu: Decimal, sigma: Decimal) -> Decimal:
    return -abs(y - mu) / sigma - ln(2 * sigma)


@exact
def _density_asymmetric_laplace(
    y: Decimal, mu: Decimal, sigma: Decimal, quantile: Decimal
) -> Decimal:
    loss = (y - mu) / sigma * (quantile - (1 if y < mu else 0))
    return ln(quantile * (1 - quantile) / sigma) - loss


@exact
def _density_skew_normal(
    y: Decimal, mu: Decimal, sigma: Decimal, alpha: Decimal
) -> Decimal:
    delta = alpha / (1 + alpha * alpha).sqrt()
    omega = sigma / (1 - 2 * delta * delta / PI).sqrt()
    z = (y - (mu - omega * delta * (2 / PI).sqrt())) / omega
    return ln(2 / omega) + log_normal(z) + log_normal_cdf(alpha * z)


@exact
def _density_exgaussian(
    y: Decimal, mu: Decimal, sigma: Decimal, beta: Decimal
) -> Decimal:
    late, rate = y - mu + beta, sigma / beta
    return (
        rate * rate / 2 - late / beta - ln(beta) + log_normal_cdf(late / sigma - rate)
    )


@exact
def _density_gumbel(y: Decimal, mu: Decimal, sigma: Decimal) -> Decimal:
    z = (y - mu) / sigma
    return -z - (-z).exp() - ln(sigma)


@exact
def _density_shifted_lognormal(
    y: Decimal, mu: Decimal, sigma: Decimal, ndt: Decimal
) -> Decimal:
    # what is left of a difference of floats is one of them
    late = Decimal(float(y) - float(ndt)) if ndt == Decimal(float(ndt)) else y - ndt
    return log_normal((ln(late) - mu) / sigma) - ln(late) - ln(sigma)
