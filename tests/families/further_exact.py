"""Densities of the families in ``further.py`` in decimals, in their textbook form."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Context, Decimal
from functools import cache

from .decimals import HALF, PI, arctan, erfc, ln, log_gamma

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


@exact
def _density_inverse_gaussian(y: Decimal, eta: Decimal, shape: Decimal) -> Decimal:
    mu = eta.exp()
    return (ln(shape) - ln(2 * PI) - 3 * ln(y)) / 2 - shape * (y - mu) ** 2 / (
        2 * mu * mu * y
    )


@exact
def _density_frechet(y: Decimal, eta: Decimal, nu: Decimal) -> Decimal:
    z = nu * (ln(y) - eta + log_gamma(1 - 1 / nu))
    return ln(nu) - ln(y) - z - (-z).exp()


@exact
def _density_gen_extreme_value(
    y: Decimal, mu: Decimal, sigma: Decimal, xi: Decimal
) -> Decimal:
    w = ln(1 + xi * (y - mu) / sigma) / xi
    return -(1 + xi) * w - (-w).exp() - ln(sigma)


def cosine(x: Decimal) -> Decimal:
    term, total, n = Decimal(1), Decimal(0), 0
    while abs(term) > Decimal("1e-70"):
        total += term
        n += 2
        term *= -x * x / (n * (n - 1))
    return total


def log_i0(x: Decimal) -> Decimal:
    """Its series, whose terms are all positive."""
    term, total, k = Decimal(1), Decimal(0), 0
    while term > total * Decimal("1e-62"):
        total += term
        k += 1
        term *= x * x / (4 * k * k)
    return ln(total)


@exact
def _density_von_mises(y: Decimal, eta: Decimal, kappa: Decimal) -> Decimal:
    sign = -1 if eta < 0 else 1
    away = y - 2 * sign * arctan(abs(eta))
    return kappa * cosine(away) - ln(2 * PI) - log_i0(kappa)


@exact
def _density_discrete_weibull(y: Decimal, eta: Decimal, shape: Decimal) -> Decimal:
    t = (-eta).exp()
    # of a small number the sum with 1 leaves too few digits for slopes
    log_q = -ln(1 + t) if t > Decimal("1e-15") else -t * (1 - t / 2 + t * t / 3)
    passed = (shape * ln(y)).exp() if y > 0 else Decimal(0)
    later = (shape * ln(y + 1)).exp()
    return passed * log_q + ln(1 - ((later - passed) * log_q).exp())


@exact
def _density_com_poisson(y: Decimal, eta: Decimal, shape: Decimal) -> Decimal:
    """By the sum, from its largest term downwards and upwards."""
    start = int(eta.exp())
    away = _plain(start, eta)
    total = Decimal(0)
    for step in (1, -1):
        k, here = start, Decimal(1)
        while k >= 0 and here > Decimal("1e-35"):
            total += here if step == 1 or k < start else 0
            ratio = shape * (log_of(k + 1 if step == 1 else k) - eta)
            k += step
            here *= (-step * ratio).exp() if k >= 0 else 0
    return shape * (_plain(int(y), eta) - away) - ln(total)


def _plain(k: int, eta: Decimal) -> Decimal:
    return k * eta - log_gamma(Decimal(k + 1))


@cache
def log_of(k: int) -> Decimal:
    return Decimal(k).ln(Context(prec=70)) if k else Decimal(0)


@exact
def _density_kumaraswamy(y: Decimal, eta: Decimal, shape: Decimal) -> Decimal:
    log_mu = -ln(1 + (-eta).exp())
    power, at = (shape * ln(y)).exp(), (shape * log_mu).exp()
    b = -ln(Decimal(2)) / log_rest(at)
    return ln(shape) + ln(b) + (shape - 1) * ln(y) + (b - 1) * log_rest(power)


def log_rest(x: Decimal) -> Decimal:
    """Log of 1 - x, of small numbers by its series."""
    return ln(1 - x) if x > Decimal("1e-20") else -x * (1 + x / 2 + x * x / 3)


@exact
def _density_zero_inflated_asymmetric_laplace(
    y: Decimal, mu: Decimal, sigma: Decimal, quantile: Decimal, zi: Decimal
) -> Decimal:
    if y == 0:
        return ln(zi)
    return ln(1 - zi) + _density_asymmetric_laplace(y, mu, sigma, quantile)


@exact
def _density_wiener(
    y: Decimal, mu: Decimal, bs: Decimal, ndt: Decimal, bias: Decimal, dec: Decimal
) -> Decimal:
    """By the series of sines, of short times by that of images."""
    late = Decimal(float(y) - float(ndt)) if ndt == Decimal(float(ndt)) else y - ndt
    start, drift = (1 - bias, -mu) if dec == 1 else (bias, mu)
    u = late / (bs * bs)
    total = Decimal(0)
    if u > HALF:
        for k in range(1, 30):
            sine = cosine(PI / 2 - k * PI * start)
            total += k * sine * (-(k * k - 1) * PI * PI * u / 2).exp()
        passage = ln(PI * total) - PI * PI * u / 2
    else:
        for k in range(-12, 13):
            total += (start + 2 * k) * (-2 * k * (k + start) / u).exp()
        passage = (
            ln(total) - start * start / (2 * u) - 3 * ln(u) / 2 - HALF * ln(2 * PI)
        )
    return passage - 2 * ln(bs) - drift * bs * start - drift * drift * late / 2
