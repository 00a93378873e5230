"""Distribution functions of continuous families: probabilities of intervals.

A family with a distribution function is one entry of ``CDFS``: from its parameters by
name to the probabilities up to and above a value; or it has ``tails``, by which it can
be censored. Some have mass at single values (``ATOMS``). A density of a number that was
rounded is no probability of it; that of the interval that is rounded to it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..distributions.density import arrays
from .between import NEAR, Inside, chance, log_between
from .combined.limits import base_name, is_whole
from .family import Family

__all__ = [
    "CDFS",
    "atoms_of",
    "cdf_of",
    "ends_of",
    "log_mass_between",
    "without_cdf",
]

Array = NDArray[Any]
TailLogs = tuple[Array, Array]


def _normal(z: Array) -> TailLogs:
    from scipy.special import ndtr

    return ndtr(z), ndtr(-z)


def _gaussian(y: Array, mu: Array, sigma: Array) -> TailLogs:
    return _normal((y - mu) / sigma)


def _student(y: Array, mu: Array, sigma: Array, nu: Array) -> TailLogs:
    from scipy.special import stdtr

    z = (y - mu) / sigma
    return stdtr(nu, z), stdtr(nu, -z)


def _lognormal(y: Array, mu: Array, sigma: Array) -> TailLogs:
    return _normal((_log(y) - mu) / sigma)


def _gamma(y: Array, eta: Array, shape: Array) -> TailLogs:
    from scipy.special import gammainc, gammaincc

    x = shape * np.exp(_log(y) - eta)
    return gammainc(shape, x), gammaincc(shape, x)


def _weibull(y: Array, eta: Array, shape: Array) -> TailLogs:
    from scipy.special import gammaln

    z = np.exp(shape * (_log(y) - eta + gammaln(1.0 + 1.0 / shape)))
    return -np.expm1(-z), np.exp(-z)


def _exponential(y: Array, eta: Array) -> TailLogs:
    z = np.exp(_log(y) - eta)
    return -np.expm1(-z), np.exp(-z)


def _log(y: Array) -> Array:
    """Return logs; of what is not above 0, where no mass is, minus infinity."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(y > 0.0, np.log(y), -np.inf)


def _skew_normal(y: Array, mu: Array, sigma: Array, alpha: Array) -> TailLogs:
    """Return the tails of a skew normal response, by Owen's T (Azzalini 1985).

    Quicker than its ``log_tails``. The thin tail is a difference, without digits: it is
    taken from there.
    """
    from scipy.special import ndtr, owens_t

    y, mu, sigma, alpha = np.broadcast_arrays(y, mu, sigma, alpha)
    delta = alpha / np.sqrt(1.0 + alpha * alpha)
    shift = np.sqrt(2.0 / np.pi) * delta
    z = (y - mu) / sigma * np.sqrt(1.0 - shift * shift) + shift
    between = 2.0 * owens_t(z, alpha)
    below, above = np.array(ndtr(z) - between), np.array(ndtr(-z) + between)
    for tail, at, skew in ((below, z, alpha), (above, -z, -alpha)):
        thin = (tail < 1e-3) & (at < 0.0) & (skew > 0.0)
        tail[thin] = np.exp(arrays.ARRAYS.log_skew_tail(-at[thin], skew[thin]))
    return below, above


def _com_poisson(y: Array, eta: Array, shape: Array) -> TailLogs:
    """Return the tails of a Conway-Maxwell-Poisson count: sums of both sides.

    Quicker than its ``log_tails``, which is of one side and of all counts.
    """
    y = np.floor(y)
    low = arrays.ARRAYS.log_com_sum(eta, shape, 0.0, y)
    high = arrays.ARRAYS.log_com_sum(eta, shape, np.maximum(y + 1.0, 0.0), inf)
    high = np.where(y == inf, -inf, high)  # no count is above it
    every = np.logaddexp(low, high)
    return np.exp(low - every), np.exp(high - every)


def _hurdle(above: Callable[..., TailLogs]) -> Callable[..., TailLogs]:
    def mixed(y: Array, hu: Array, **rest: Array) -> TailLogs:
        below, over = above(y, **rest)
        zero = np.where(np.asarray(y) >= 0.0, hu, 0.0)
        upper = np.where(np.asarray(y) >= 0.0, (1.0 - hu) * over, 1.0)
        return zero + (1.0 - hu) * below, upper

    return mixed


def _beta(y: Array, eta: Array, phi: Array) -> TailLogs:
    from scipy.special import betainc, expit

    at = np.clip(y, 0.0, 1.0)
    a, b = phi * expit(eta), phi * expit(-eta)
    return betainc(a, b, at), betainc(b, a, 1.0 - at)


def _ended(
    y: Array, none: Array, whole: Array, inside: Array, eta: Array, phi: Array
) -> TailLogs:
    """Return the tails of shares with chances of 0 and of 1."""
    below, above = _beta(y, eta, phi)
    from_zero, from_one = np.asarray(y) >= 0.0, np.asarray(y) >= 1.0
    lower = np.where(from_zero, none + inside * below, 0.0)
    upper = np.where(from_one, 0.0, whole)
    return (
        lower + np.where(from_one, whole, 0.0),
        upper + np.where(from_zero, inside * above, inside + none),
    )


def _zero_one_inflated_beta(
    y: Array, eta: Array, phi: Array, zoi: Array, coi: Array
) -> TailLogs:
    return _ended(y, zoi * (1.0 - coi), zoi * coi, 1.0 - zoi, eta, phi)


def _zero_inflated_beta(y: Array, eta: Array, phi: Array, zi: Array) -> TailLogs:
    return _ended(y, zi, 0.0 * zi, 1.0 - zi, eta, phi)


def _ordered_beta(
    y: Array, eta: Array, phi: Array, cutgap: Array, cutzero: Array
) -> TailLogs:
    from scipy.special import expit

    low = eta - cutzero
    high = low - cutgap
    inside = expit(low) * expit(-high) * -np.expm1(-cutgap)
    return _ended(y, expit(-low), expit(high), inside, eta, phi)


def _wiener(
    y: Array, mu: Array, bs: Array, ndt: Array, bias: Array, dec: Array
) -> TailLogs:
    """Return the tails of a time, given its answer."""
    from .continuous.wiener import log_of_answer, log_tails

    given = [np.asarray(one, dtype=float) for one in (mu, bs, ndt, bias, dec)]
    whole = log_of_answer(arrays.ARRAYS, *given)
    low, high = log_tails(arrays.ARRAYS, np.asarray(y, dtype=float), *given)
    return np.exp(low - whole), np.exp(high - whole)


#: The families that have a distribution function here.
CDFS: Mapping[str, Callable[..., TailLogs]] = {
    "gaussian": _gaussian,
    "student": _student,
    "skew_normal": _skew_normal,
    "com_poisson": _com_poisson,
    "lognormal": _lognormal,
    "gamma": _gamma,
    "weibull": _weibull,
    "exponential": _exponential,
    "beta": _beta,
    "ordered_beta": _ordered_beta,
    "zero_one_inflated_beta": _zero_one_inflated_beta,
    "zero_inflated_beta": _zero_inflated_beta,
    "hurdle_lognormal": _hurdle(_lognormal),
    "hurdle_gamma": _hurdle(_gamma),
    "wiener": _wiener,
}


def atoms_of(family: Family) -> tuple[float, ...]:
    """Return the values that a continuous response has with a probability each.

    Of the response without limits.
    """
    from . import FAMILIES

    tails = FAMILIES[base_name(family.name)].tails
    return () if tails is None else tails.atoms


def ends_of(family: Family) -> tuple[float, float]:
    """Return the numbers below and above which a continuous response never is.

    Of the response without limits.
    """
    from . import FAMILIES

    if family.components:
        ends = [ends_of(one) for one in family.components]
        return min(low for low, _ in ends), max(high for _, high in ends)
    tails = FAMILIES[base_name(family.name)].tails
    return (-inf, inf) if tails is None else (tails.lowest, tails.highest)


def cdf_of(family: Family) -> Callable[..., TailLogs] | None:
    """Return the probabilities up to and above a value; None: there is no function.

    Of the response without limits. The value comes first, parameters by name.
    """
    from . import FAMILIES

    if family.components:
        return _mixed(family)
    name = base_name(family.name)
    if name in CDFS:
        return CDFS[name]
    tails = FAMILIES[name].tails
    if tails is None:
        return None
    of = FAMILIES[name]
    order = (of.predictor, *(dpar.name for dpar in of.dpars), *of.known)

    def both(y: Array, **given: Array) -> TailLogs:
        own = [given[name] for name in order]
        # between whole numbers as many are below as at the last one
        y = np.floor(y) if is_whole(of) else y
        inside, ends = np.asarray(y) > tails.lowest, np.asarray(y) >= tails.highest
        inside = inside | np.isin(y, tails.atoms)
        at = np.where(inside & ~ends, y, 0.5)  # a number inside, of every family
        low, high = tails.log_tails(arrays.ARRAYS, at, *own)
        below, above = np.where(ends, 1.0, np.exp(low)), np.where(ends, 0, np.exp(high))
        return np.where(inside, below, 0.0), np.where(inside, above, 1.0)

    return both


def without_cdf(family: Family) -> str:
    """Return how a family of the caller's gets a distribution function.

    Empty: it has one, or none is the caller's to give.
    """
    lack = [
        one.shown
        for one in family.components or (family,)
        if one.own and one.tails is None
    ]
    if not lack:
        return ""
    return (
        f"`varying.Family({lack[0]!r}, ..., log_cdf=..., log_sf=...)` gives it a "
        "distribution function"
    )


def _mixed(family: Family) -> Callable[..., TailLogs] | None:
    """Return the probabilities of a mixture: those of its components, by their shares.

    None: one of them has no distribution function.
    """
    each = [found for one in family.components if (found := cdf_of(one)) is not None]
    if len(each) < len(family.components):
        return None

    def both(y: Array, **given: Array) -> TailLogs:
        assert family.split is not None
        below: Any = 0.0
        above: Any = 0.0
        for tails, (share, own) in zip(each, family.split(**given), strict=True):
            low, high = tails(y, **own)
            below, above = below + share * low, above + share * high
        return below, above

    return both


def log_mass_between(
    family: str, low: Array, high: Array, arguments: Mapping[str, Array]
) -> Array:
    """Return the log probability of ``low < y <= high``.

    Of a response that comes with an answer, of both. By the smaller tail; of ends that
    are near each other, by the density between.

    Parameters
    ----------
    family
        The name of one that has a distribution function.
    low, high
        Ends, which may be infinite; they broadcast with the arguments.
    arguments
        What the family's functions take.
    """
    from . import FAMILIES

    of = FAMILIES[family]
    if of.answers is not None and of.tails is not None:
        # with the answer, as densities are
        names = (of.predictor, *(dpar.name for dpar in of.dpars), *of.known)
        return chance(of.tails, [arguments[name] for name in names], low, high)
    tails = cdf_of(of)
    assert tails is not None
    with np.errstate(all="ignore"):
        below_low, above_low = tails(low, **arguments)
        below_high, above_high = tails(high, **arguments)
        mass = np.where(below_low > 0.5, above_low - above_high, below_high - below_low)
        found = np.asarray(np.log(np.maximum(mass, 0.0)))
        # a value with a probability of its own may be between them
        if atoms_of(of) or is_whole(of):
            return found
        tail = np.minimum(above_low, below_high)
        near = (mass < NEAR * tail) & np.isfinite(low) & np.isfinite(high)
        if not near.any():
            return found
        start = np.log(below_low), np.log(above_low)
        end = np.log(below_high), np.log(above_high)
        density = Inside(lambda y: of.log_density(y, **arguments), low, high, low)
        return np.where(near, log_between(arrays.ARRAYS, start, end, density), found)
