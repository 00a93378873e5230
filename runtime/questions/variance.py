"""Shares of variance: intraclass correlations, and Bayesian R squared.

An ICC is the variance of a group's effects over the total variance around the
population part, on the scale of the linear predictor: with slopes the mean over the
rows of ``z' S z`` (Johnson 2014, Methods in Ecology and Evolution 5, 944-946); the
residual variance is the family's on that scale (Nakagawa, Johnson & Schielzeth 2017,
Journal of the Royal Society Interface 14, 20170213).

R squared is that of Gelman, Goodrich, Gabry & Vehtari (2019, The American Statistician
73, 307-309): in each draw the variance over the rows of the means that the model gives
them, over itself plus the mean of the modelled residual variances.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from math import pi
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from varying.compiler.data.levels import numbers_of
from varying.compiler.families.combined.limits import base_name
from varying.compiler.program.fill import fill

from ..rows import measures
from ..rows.at_once import AtOnce

if TYPE_CHECKING:
    from varying.compiler.bind.question import Reference
    from varying.compiler.compiled import Compiled
    from varying.compiler.program.ir import Predictor

__all__ = ["LATENT", "MODELLED", "share_of_variance"]

Array = NDArray[Any]

#: Numbers of a block of rows, by draws.
_AT_ONCE = 2_000_000


def share_of_variance(
    reference: Reference, compiled: Compiled, posterior: Mapping[str, Array]
) -> Array:
    """Return the draws of ``icc(g)``, ``r2()`` or ``r2(marginal)``: chains by draws."""
    shape = next(iter(posterior.values())).shape[:2]
    draws = {
        name: values.reshape(-1, *values.shape[2:])
        for name, values in posterior.items()
    }
    with np.errstate(all="ignore"):
        if reference.kind == "icc":
            found = _icc(reference.group, compiled, draws)
        else:
            marginal = reference.group == "marginal"
            found = _r_squared(compiled, draws, marginal=marginal)
    return found.reshape(shape)


def _parts(
    compiled: Compiled, draws: Mapping[str, Array], work: int = 1
) -> Iterator[tuple[AtOnce, Array]]:
    """Yield the rows of the data in pieces, and how many each row stands for.

    ``work`` is how many numbers are made for each row and draw.
    """
    table, program = compiled.prepared.table, compiled.lowered
    counts = np.ones(table.rows) if table.counts is None else table.counts.astype(float)
    size = len(next(iter(draws.values())))
    step = max(1, _AT_ONCE // (size * work))
    for first in range(0, table.rows, step):
        places = np.arange(first, min(first + step, table.rows))
        frame = fill(program, table.take(places))
        yield AtOnce(program, frame, draws), counts[places]


# ---- intraclass correlation ----------------------------------------------------------


def _icc(wanted: str, compiled: Compiled, draws: Mapping[str, Array]) -> Array:
    bound = compiled.bound
    main = compiled.lowered.predictors[0]
    names = [grouping.name for grouping in bound.main.groupings]
    groups = [block.group for block in main.group_blocks]
    order = dict(zip(names, dict.fromkeys(groups), strict=True))
    variances = {name: np.zeros(len(next(iter(draws.values())))) for name in names}
    residual = np.zeros(len(next(iter(draws.values()))))
    total = 0.0
    for at, counts in _parts(compiled, draws):
        weights = at.weights_of_effects(main)
        for name, group in order.items():
            own = weights[group]
            variances[name] += _variance(at, main, group, own) @ counts
        spread = LATENT[base_name(bound.family.name)](
            _arguments(at, main), bound.link.name
        )
        residual += np.broadcast_to(spread, (at.size, at.rows)) @ counts
        total += counts.sum()
    own = variances.pop(wanted)
    others = sum(variances.values()) + residual
    # where its variance is infinite, as of t effects, all of it
    share = own / (own + others)
    return np.asarray(np.where(np.isinf(own) & np.isfinite(others), 1.0, share))


def _variance(at: AtOnce, main: Predictor, name: str, own: Array) -> Array:
    """Return the variance of what a group adds to each row: draws by rows.

    Of a row whose level is in a stratum, or in a known covariance, that of its level;
    of t effects that of their distribution, infinite up to two degrees of freedom.
    """
    group, size = at.program.group(name), own.shape[-1]
    matrix = at.covariance(group)
    index = next(
        at.frame[block.index] for block in main.group_blocks if block.group == name
    )
    if group.by is None:
        found = ((own @ matrix) * own).sum(axis=-1)
    else:
        found = np.empty((at.size, at.rows))
        strata = np.searchsorted(np.cumsum(group.by.levels), index, side="right")
        for number in np.unique(strata):
            rows, places = strata == number, slice(number * size, (number + 1) * size)
            part = own[:, rows]
            found[:, rows] = ((part @ matrix[:, places, places]) * part).sum(axis=-1)
    if group.relation is not None:
        found = found * np.square(at.frame[group.relation]).sum(axis=1)[index]
    if group.mixture is not None:
        df = at.vector(group.mixture.df).reshape(-1, 1)
        found = found * np.where(df > 2.0, df / (df - 2.0), np.inf)
    return np.asarray(found)


def _arguments(at: AtOnce, main: Predictor) -> dict[str, Array]:
    """Return the family's arguments of each row, draws by rows, without group effects.

    Those of vectors (thresholds) are left out.
    """
    predictors = {one.name: at.fixed(one)[..., None] for one in at.linear}
    names = {d.name for d in at.family.dpars} | {at.family.predictor, *at.family.known}
    return {name: v[..., 0] for name, v in at.arguments(predictors, names).items()}


def _student(given: Mapping[str, Array], _: str) -> Array:
    nu = given["nu"]
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.where(nu > 2.0, nu / (nu - 2.0), np.inf)
    return np.asarray(np.square(given["sigma"]) * factor)


def _logistic(given: Mapping[str, Array], link: str) -> Array:
    of_link = {"logit": pi**2 / 3.0, "probit": 1.0}
    other = pi**2 / 6.0  # of the extreme value distributions behind the others
    return np.asarray(of_link.get(link, other) / np.square(given.get("disc", 1.0)))


def _asymmetric(given: Mapping[str, Array], _: str = "") -> Array:
    q = given["quantile"]
    both = q * (1.0 - q)
    return np.asarray(np.square(given["sigma"] / both) * (1.0 - 2.0 * both))


def _exgaussian(given: Mapping[str, Array], _: str = "") -> Array:
    return np.asarray(np.square(given["sigma"]) + np.square(given["beta"]))


def _square(name: str, factor: float = 1.0) -> Callable[..., Array]:
    """Return a multiple of the square of a parameter, whatever stands beside it."""
    return lambda given, _="": np.asarray(factor * np.square(given[name]))


def _extreme(name: str) -> Callable[..., Array]:
    """Return the variance of the log of an extreme value, divided by a shape."""
    return lambda given, _: np.asarray(pi**2 / 6.0 / np.square(given[name]))


def _log_gamma(given: Mapping[str, Array], _: str) -> Array:
    from scipy.special import polygamma

    return np.asarray(polygamma(1, given["shape"]))


#: Of the residual where the linear predictor is: under the log link of what is above 0,
#: that of the log of the response.
LATENT: Mapping[str, Callable[[Mapping[str, Array], str], Array]] = {
    "gaussian": _square("sigma"),
    "lognormal": _square("sigma"),
    "shifted_lognormal": _square("sigma"),
    "student": _student,
    "skew_normal": _square("sigma"),
    "laplace": _square("sigma", 2.0),
    "asymmetric_laplace": _asymmetric,
    "exgaussian": _exgaussian,
    "gumbel": _square("sigma", pi**2 / 6.0),
    "gamma": _log_gamma,
    "exponential": lambda given, _: np.asarray(pi**2 / 6.0),
    "weibull": _extreme("shape"),
    "frechet": _extreme("nu"),
    "bernoulli": _logistic,
    "binomial": _logistic,
    "ordlogit": _logistic,
    "ordprobit": _logistic,
}


# ---- R squared -----------------------------------------------------------------------


def _r_squared(
    compiled: Compiled, draws: Mapping[str, Array], *, marginal: bool
) -> Array:
    size = len(next(iter(draws.values())))
    full, fixed = np.zeros((2, size)), np.zeros((2, size))
    residual, total = np.zeros(size), 0.0
    origin: Array | None = None
    categories = max(1, len(compiled.bound.response.categories))
    for at, counts in _parts(compiled, draws, categories):
        mean, variance = _moments(at, compiled, _with_effects(at))
        if origin is None:
            origin = mean[:, :1]  # sums of squares around a number of the same size
        residual += variance @ counts
        total += counts.sum()
        full += _sums(mean - origin, counts)
        if marginal:
            alone = {one.name: at.fixed(one)[..., None] for one in at.linear}
            fixed += _sums(_moments(at, compiled, alone)[0] - origin, counts)
    explained = _spread(full, total)
    wanted = _spread(fixed, total) if marginal else explained
    return np.asarray(wanted / (explained + residual / total))


def _sums(values: Array, counts: Array) -> Array:
    return np.stack([values @ counts, np.square(values) @ counts])


def _spread(sums: Array, total: float) -> Array:
    """Return variances over rows of what has these sums and sums of squares."""
    return np.asarray((sums[1] - np.square(sums[0]) / total) / (total - 1.0))


def _with_effects(at: AtOnce) -> dict[str, Array]:
    """Return the linear predictors of the rows with the effects of their own levels."""
    found: dict[str, Array] = {}
    for predictor in at.linear:
        eta = at.fixed(predictor)
        for block in predictor.group_blocks:
            eta = eta + at.value(block)
        found[predictor.name] = eta[..., None]
    return found


def _moments(
    at: AtOnce, compiled: Compiled, predictors: Mapping[str, Array]
) -> tuple[Array, Array]:
    """Return the mean and the variance of each row's response: draws by rows."""
    family, shape = at.family, (at.size, at.rows)
    if family.response == "ordinal":
        numbers = np.asarray(numbers_of(compiled.bound.response.categories), float)
        numbers = numbers - numbers.mean()
        both = measures.expected_numbers(at, (list(numbers), list(np.square(numbers))))
        mean, squares = np.moveaxis(both.value(at, predictors)[:, :, 0], -1, 0)
        return mean, squares - np.square(mean)
    arguments = at.arguments(predictors)
    mean = np.broadcast_to(measures.mean(at).value(at, predictors)[..., 0], shape)
    given = {name: values[..., 0] for name, values in arguments.items()}
    variance = MODELLED[base_name(family.name)](mean, given)
    return mean, np.broadcast_to(variance, shape)


def _squares_over_mean(given: Mapping[str, Array], name: str, sign: float) -> Array:
    """Return the mean of the square over the square of the mean, less 1.

    Of what is a power ``sign / shape`` of an exponential variable: infinite where the
    power has no such mean.
    """
    from scipy.special import gammaln

    power = sign / given[name]
    ratio = gammaln(1.0 + 2.0 * power) - 2.0 * gammaln(1.0 + power)
    return np.asarray(np.where(power > -0.5, np.expm1(ratio), np.inf))


def _inflated(mean: Array, given: Mapping[str, Array], beside: Array) -> Array:
    """Return the variance of counts with more zeros.

    ``beside`` is what the counts have beside their mean, over its square.
    """
    share = (given["zi"] + beside) / (1.0 - given["zi"])
    return np.asarray(mean + np.square(mean) * share)


MODELLED: Mapping[str, Callable[[Array, Mapping[str, Array]], Array]] = {
    "gaussian": lambda mean, given: np.square(given["sigma"]),
    "student": lambda mean, given: _student(given, ""),
    "skew_normal": lambda mean, given: np.square(given["sigma"]),
    "laplace": lambda mean, given: 2.0 * np.square(given["sigma"]),
    "asymmetric_laplace": lambda mean, given: _asymmetric(given),
    "exgaussian": lambda mean, given: _exgaussian(given),
    "gumbel": lambda mean, given: np.square(given["sigma"]) * (pi**2 / 6.0),
    "shifted_lognormal": lambda mean, given: (
        np.square(mean - given["ndt"]) * np.expm1(given["sigma"] ** 2)
    ),
    "inverse_gaussian": lambda mean, given: mean**3 / given["shape"],
    "weibull": lambda mean, given: (
        np.square(mean) * _squares_over_mean(given, "shape", 1.0)
    ),
    "frechet": lambda mean, given: (
        np.square(mean) * _squares_over_mean(given, "nu", -1.0)
    ),
    "beta_binomial": lambda mean, given: (
        mean
        * (1.0 - mean / given["trials"])
        * (1.0 + (given["trials"] - 1.0) / (1.0 + given["phi"]))
    ),
    "zero_inflated_poisson": lambda mean, given: _inflated(
        mean, given, np.asarray(0.0)
    ),
    "zero_inflated_negbinomial": lambda mean, given: _inflated(
        mean, given, 1.0 / given["shape"]
    ),
    "lognormal": lambda mean, given: np.square(mean) * np.expm1(given["sigma"] ** 2),
    "gamma": lambda mean, given: np.square(mean) / given["shape"],
    "exponential": lambda mean, given: np.square(mean),
    "beta": lambda mean, given: mean * (1.0 - mean) / (1.0 + given["phi"]),
    "bernoulli": lambda mean, given: mean * (1.0 - mean),
    "binomial": lambda mean, given: mean * (1.0 - mean / given["trials"]),
    "poisson": lambda mean, given: mean,
    "negbinomial": lambda mean, given: mean + np.square(mean) / given["shape"],
    "geometric": lambda mean, given: mean + np.square(mean),
}
