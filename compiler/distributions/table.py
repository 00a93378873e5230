"""The table of distributions that a prior may name.

Densities are written out here, normalised and analytic (a complex value gives
the derivative by complex step); the tests hold them against SciPy and PyMC.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Bounds = tuple[float, float]

REAL: Bounds = (-math.inf, math.inf)
POSITIVE: Bounds = (0.0, math.inf)
UNIT: Bounds = (0.0, 1.0)
ABOVE_ONE: Bounds = (1.0, math.inf)

#: Where a parameter of a family may live, by name.
SUPPORTS: Mapping[str, Bounds] = {
    "real": REAL,
    "positive": POSITIVE,
    "at_least_one": ABOVE_ONE,
    "unit": UNIT,
}

_HALF_LOG_2PI = 0.5 * math.log(2.0 * math.pi)


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument: its domain, its default, and PyMC's name for it."""

    name: str
    domain: Bounds = REAL
    default: float | None = None
    pymc: str | None = None

    @property
    def keyword(self) -> str:
        """The keyword of the PyMC distribution."""
        return self.pymc or self.name


@dataclass(frozen=True, slots=True)
class Distribution:
    """A distribution of the prior language.

    Attributes
    ----------
    name, aliases
        As written in a spec.
    arguments
        In the order of positional use.
    support
        Where it has mass, unless ``support_of`` computes it from the arguments.
    location
        The argument that shifts it, if there is one.
    pymc
        Name of the PyMC class.
    log_density
        Normalised log density; arguments by keyword.
    scipy
        SciPy's distribution and its frozen arguments, for ``lb=`` and ``ub=``.
    """

    name: str
    arguments: tuple[Argument, ...]
    support: Bounds
    pymc: str
    log_density: Callable[..., Array]
    location: str | None = None
    aliases: tuple[str, ...] = ()
    scipy: Callable[..., tuple[str, dict[str, Any]]] | None = None
    support_of: Callable[[Mapping[str, float]], Bounds] | None = None
    proper: bool = True

    def bounds(self, arguments: Mapping[str, float]) -> Bounds:
        """Return the support, given the arguments."""
        if self.support_of is not None:
            return self.support_of(arguments)
        return self.support


def _lgamma(x: Any) -> Array:
    found = np.asarray(np.vectorize(math.lgamma, otypes=[float])(np.real(x)))
    if not np.iscomplexobj(x):
        return found
    # of a complex step: an argument that depends on parameters
    from scipy.special import digamma

    return np.asarray(found + 1j * np.imag(x) * digamma(np.real(x)))


def _normal(value: Array, mu: Any, sigma: Any) -> Array:
    z = (value - mu) / sigma
    return np.asarray(-0.5 * z * z - np.log(sigma) - _HALF_LOG_2PI)


def _student_t(value: Array, nu: Any, mu: Any, sigma: Any) -> Array:
    z = (value - mu) / sigma
    scale = _lgamma((np.asarray(nu) + 1) / 2) - _lgamma(np.asarray(nu) / 2)
    return np.asarray(
        scale
        - 0.5 * np.log(np.asarray(nu) * math.pi)
        - np.log(sigma)
        - (np.asarray(nu) + 1) / 2 * np.log1p(z * z / nu)
    )


def _cauchy(value: Array, mu: Any, sigma: Any) -> Array:
    z = (value - mu) / sigma
    return np.asarray(-np.log(math.pi * np.asarray(sigma)) - np.log1p(z * z))


def _absolute(x: Array) -> Array:
    # |x| that stays analytic off zero: the real part decides the sign
    return np.where(np.real(x) < 0, -x, x)


def _laplace(value: Array, mu: Any, sigma: Any) -> Array:
    return np.asarray(-np.log(2.0 * np.asarray(sigma)) - _absolute(value - mu) / sigma)


def _logistic(value: Array, mu: Any, sigma: Any) -> Array:
    z = _absolute((value - mu) / sigma)
    return np.asarray(-z - np.log(sigma) - 2.0 * np.log1p(np.exp(-z)))


def _gumbel(value: Array, mu: Any, sigma: Any) -> Array:
    z = (value - mu) / sigma
    return np.asarray(-z - np.exp(-z) - np.log(sigma))


def _half(density: Callable[..., Array]) -> Callable[..., Array]:
    def half(value: Array, sigma: Any, **rest: Any) -> Array:
        whole = density(value, mu=0.0, sigma=sigma, **rest)
        return np.asarray(math.log(2.0) + whole)

    return half


def _exponential(value: Array, rate: Any) -> Array:
    return np.asarray(np.log(rate) - rate * value)


def _gamma(value: Array, alpha: Any, beta: Any) -> Array:
    return np.asarray(
        alpha * np.log(beta)
        - _lgamma(alpha)
        + (np.asarray(alpha) - 1) * np.log(value)
        - beta * value
    )


def _inverse_gamma(value: Array, alpha: Any, beta: Any) -> Array:
    return np.asarray(
        alpha * np.log(beta)
        - _lgamma(alpha)
        - (np.asarray(alpha) + 1) * np.log(value)
        - beta / value
    )


def _lognormal(value: Array, mu: Any, sigma: Any) -> Array:
    logged = np.log(value)
    return _normal(logged, mu, sigma) - logged


def _weibull(value: Array, alpha: Any, beta: Any) -> Array:
    alpha, z = np.asarray(alpha), np.log(value) - np.log(beta)
    return np.asarray(
        np.log(alpha) - np.log(beta) + (alpha - 1) * z - np.exp(alpha * z)
    )


def _beta(value: Array, alpha: Any, beta: Any) -> Array:
    alpha, beta = np.asarray(alpha), np.asarray(beta)
    constant = _lgamma(alpha + beta) - _lgamma(alpha) - _lgamma(beta)
    return np.asarray(
        constant + (alpha - 1) * np.log(value) + (beta - 1) * np.log1p(-value)
    )


def _uniform(value: Array, lower: Any, upper: Any) -> Array:
    return np.asarray(-np.log(np.asarray(upper) - lower) + 0.0 * value)


def _chi_squared(value: Array, nu: Any) -> Array:
    return _gamma(value, np.asarray(nu) / 2, np.asarray(0.5))


def _pareto(value: Array, alpha: Any, m: Any) -> Array:
    alpha = np.asarray(alpha)
    return np.asarray(
        np.log(alpha) + alpha * np.log(m) - (alpha + 1) * np.log(value) + 0.0
    )


def _triangular(value: Array, lower: Any, c: Any, upper: Any) -> Array:
    lower, c, upper = np.asarray(lower), np.asarray(c), np.asarray(upper)
    left = np.real(value) < c
    side = np.where(left, value - lower, upper - value)
    length = np.where(left, c - lower, upper - c)
    return np.asarray(
        math.log(2.0) + np.log(side) - np.log(length) - np.log(upper - lower)
    )


def _wald(value: Array, mu: Any, lam: Any) -> Array:
    mu = np.asarray(mu)
    z = (value - mu) / mu
    return np.asarray(
        0.5 * np.log(lam)
        - _HALF_LOG_2PI
        - 1.5 * np.log(value)
        - 0.5 * lam * z * z / value
    )


def _flat(value: Array) -> Array:
    return np.asarray(0.0 * value)


def _dirichlet(value: Array, alpha: Any) -> Array:
    alpha = np.broadcast_to(np.asarray(alpha, dtype=float), np.shape(value))
    constant = math.lgamma(float(alpha.sum())) - _lgamma(alpha).sum()
    return np.asarray(constant + ((alpha - 1) * np.log(value)).sum())


_MU = Argument("mu", default=0.0)
_SIGMA = Argument("sigma", POSITIVE, 1.0)
_NU = Argument("nu", POSITIVE)


def _loc_scale(name: str) -> Callable[..., tuple[str, dict[str, Any]]]:
    def frozen(**arguments: Any) -> tuple[str, dict[str, Any]]:
        found = {"loc": arguments.get("mu", 0.0), "scale": arguments["sigma"]}
        if "nu" in arguments:
            found["df"] = arguments["nu"]
        return name, found

    return frozen


_TABLE = (
    Distribution(
        "normal",
        (_MU, _SIGMA),
        REAL,
        "Normal",
        _normal,
        location="mu",
        aliases=("gaussian",),
        scipy=_loc_scale("norm"),
    ),
    Distribution(
        "student_t",
        (_NU, _MU, _SIGMA),
        REAL,
        "StudentT",
        _student_t,
        location="mu",
        aliases=("student", "t"),
        scipy=_loc_scale("t"),
    ),
    Distribution(
        "cauchy",
        (
            Argument("mu", default=0.0, pymc="alpha"),
            Argument("sigma", POSITIVE, 1.0, pymc="beta"),
        ),
        REAL,
        "Cauchy",
        _cauchy,
        location="mu",
        scipy=_loc_scale("cauchy"),
    ),
    Distribution(
        "laplace",
        (_MU, Argument("sigma", POSITIVE, 1.0, pymc="b")),
        REAL,
        "Laplace",
        _laplace,
        location="mu",
        aliases=("double_exponential",),
        scipy=_loc_scale("laplace"),
    ),
    Distribution(
        "logistic",
        (_MU, Argument("sigma", POSITIVE, 1.0, pymc="s")),
        REAL,
        "Logistic",
        _logistic,
        location="mu",
        scipy=_loc_scale("logistic"),
    ),
    Distribution(
        "gumbel",
        (_MU, Argument("sigma", POSITIVE, 1.0, pymc="beta")),
        REAL,
        "Gumbel",
        _gumbel,
        location="mu",
        scipy=_loc_scale("gumbel_r"),
    ),
    Distribution(
        "half_normal",
        (_SIGMA,),
        POSITIVE,
        "HalfNormal",
        _half(_normal),
        aliases=("halfnormal",),
        scipy=_loc_scale("halfnorm"),
    ),
    Distribution(
        "half_student_t",
        (_NU, _SIGMA),
        POSITIVE,
        "HalfStudentT",
        _half(_student_t),
        aliases=("half_t",),
    ),
    Distribution(
        "half_cauchy",
        (Argument("sigma", POSITIVE, 1.0, pymc="beta"),),
        POSITIVE,
        "HalfCauchy",
        _half(_cauchy),
        aliases=("halfcauchy",),
        scipy=_loc_scale("halfcauchy"),
    ),
    Distribution(
        "exponential",
        (Argument("rate", POSITIVE, 1.0, pymc="lam"),),
        POSITIVE,
        "Exponential",
        _exponential,
        scipy=lambda rate: ("expon", {"scale": 1.0 / np.asarray(rate)}),
    ),
    Distribution(
        "gamma",
        (Argument("alpha", POSITIVE), Argument("beta", POSITIVE)),
        POSITIVE,
        "Gamma",
        _gamma,
        scipy=lambda alpha, beta: ("gamma", {"a": alpha, "scale": 1.0 / beta}),
    ),
    Distribution(
        "inverse_gamma",
        (Argument("alpha", POSITIVE), Argument("beta", POSITIVE)),
        POSITIVE,
        "InverseGamma",
        _inverse_gamma,
        aliases=("inv_gamma",),
        scipy=lambda alpha, beta: ("invgamma", {"a": alpha, "scale": beta}),
    ),
    Distribution(
        "lognormal",
        (_MU, _SIGMA),
        POSITIVE,
        "LogNormal",
        _lognormal,
        scipy=lambda mu, sigma: ("lognorm", {"s": sigma, "scale": np.exp(mu)}),
    ),
    Distribution(
        "weibull",
        (Argument("alpha", POSITIVE), Argument("beta", POSITIVE)),
        POSITIVE,
        "Weibull",
        _weibull,
        scipy=lambda alpha, beta: ("weibull_min", {"c": alpha, "scale": beta}),
    ),
    Distribution(
        "beta",
        (Argument("alpha", POSITIVE), Argument("beta", POSITIVE)),
        UNIT,
        "Beta",
        _beta,
        scipy=lambda alpha, beta: ("beta", {"a": alpha, "b": beta}),
    ),
    Distribution(
        "uniform",
        (Argument("lower"), Argument("upper")),
        REAL,
        "Uniform",
        _uniform,
        support_of=lambda a: (a["lower"], a["upper"]),
        scipy=lambda lower, upper: (
            "uniform",
            {"loc": lower, "scale": np.asarray(upper) - lower},
        ),
    ),
    Distribution(
        "chi_squared",
        (_NU,),
        POSITIVE,
        "ChiSquared",
        _chi_squared,
        aliases=("chisquared", "chi2"),
        scipy=lambda nu: ("chi2", {"df": nu}),
    ),
    Distribution(
        "pareto",
        (Argument("alpha", POSITIVE), Argument("m", POSITIVE)),
        POSITIVE,
        "Pareto",
        _pareto,
        support_of=lambda a: (a["m"], math.inf),
        scipy=lambda alpha, m: ("pareto", {"b": alpha, "scale": m}),
    ),
    Distribution(
        "triangular",
        (Argument("lower"), Argument("c"), Argument("upper")),
        REAL,
        "Triangular",
        _triangular,
        support_of=lambda a: (a["lower"], a["upper"]),
        scipy=lambda lower, c, upper: (
            "triang",
            {
                "c": (np.asarray(c) - lower) / (np.asarray(upper) - lower),
                "loc": lower,
                "scale": np.asarray(upper) - lower,
            },
        ),
    ),
    Distribution(
        "wald",
        (Argument("mu", POSITIVE), Argument("lam", POSITIVE)),
        POSITIVE,
        "Wald",
        _wald,
        aliases=("inverse_gaussian",),
        scipy=lambda mu, lam: (
            "invgauss",
            {"mu": np.asarray(mu) / lam, "scale": lam},
        ),
    ),
    Distribution("flat", (), REAL, "Flat", _flat, proper=False),
    Distribution(
        "dirichlet",
        (Argument("alpha", POSITIVE, pymc="a"),),
        UNIT,
        "Dirichlet",
        _dirichlet,
    ),
)

DISTRIBUTIONS: dict[str, Distribution] = {d.name: d for d in _TABLE}

#: Names that mean a row of the table, aliases included.
SPELLINGS: dict[str, str] = {
    spelling: d.name for d in _TABLE for spelling in (d.name, *d.aliases)
}

#: Distributions of PyMC that this version does not compile.
PLANNED: tuple[str, ...] = (
    *("asymmetric_laplace", "ex_gaussian", "half_flat", "interpolated"),
    *("kumaraswamy", "logit_normal", "moyal", "polya_gamma", "rice", "skew_normal"),
    *("skew_student_t", "truncated_normal", "von_mises"),
)

#: Priors of the language that are not distributions of one number.
SPECIAL: dict[str, str] = {
    "lkj": "correlations of group-level effects",
    "r2d2": "population-level effects, jointly",
    "horseshoe": "population-level effects, jointly",
}
