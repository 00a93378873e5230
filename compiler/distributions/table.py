"""The table of distributions that a prior may name.

Their densities are in ``density/priors.py``, normalised and analytic (a complex value
gives the derivative by complex step); the tests hold them against SciPy and PyMC.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .density.arrays import log_density
from .density.priors import PRIOR_DENSITIES

Array = NDArray[Any]
Bounds = tuple[float, float]

REAL: Bounds = (-math.inf, math.inf)
POSITIVE: Bounds = (0.0, math.inf)
UNIT: Bounds = (0.0, 1.0)
ABOVE_ONE: Bounds = (1.0, math.inf)
ANGLES: Bounds = (-math.pi, math.pi)

#: Where a parameter of a family may live, by name.
SUPPORTS: Mapping[str, Bounds] = {
    "real": REAL,
    "positive": POSITIVE,
    "at_least_one": ABOVE_ONE,
    "unit": UNIT,
}


@dataclass(frozen=True, slots=True)
class DistributionArgument:
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
    scipy
        SciPy's distribution and its frozen arguments.
    cut
        Whether PyMC has its distribution function, which ``lb=`` and ``ub=`` need.
    bounded
        Whether PyMC has a transform by its bounds; else a program names it.
    """

    name: str
    arguments: tuple[DistributionArgument, ...]
    support: Bounds
    pymc: str
    location: str | None = None
    aliases: tuple[str, ...] = ()
    scipy: Callable[..., tuple[str, dict[str, Any]]] | None = None
    support_of: Callable[[Mapping[str, float]], Bounds] | None = None
    proper: bool = True
    cut: bool = True
    bounded: bool = True

    @property
    def can_be_cut(self) -> bool:
        """Whether it takes ``lb=`` and ``ub=``."""
        return self.cut and self.scipy is not None

    def log_density(self, value: Any, **arguments: Any) -> Array:
        """Return the normalised log density; arguments by keyword."""
        if self.name == "dirichlet":
            return _dirichlet(value, **arguments)
        names = [one.name for one in self.arguments]
        with np.errstate(divide="ignore", invalid="ignore"):
            return log_density(PRIOR_DENSITIES[self.name], names)(value, **arguments)

    def bounds(self, arguments: Mapping[str, float]) -> Bounds:
        """Return the support, given the arguments."""
        if self.support_of is not None:
            return self.support_of(arguments)
        return self.support


def _dirichlet(value: Array, alpha: Any) -> Array:
    alpha = np.broadcast_to(np.asarray(alpha, dtype=float), np.shape(value))
    constant = math.lgamma(float(alpha.sum())) - sum(map(math.lgamma, alpha.ravel()))
    return np.asarray(constant + ((alpha - 1) * np.log(value)).sum())


_MU = DistributionArgument("mu", default=0.0)
_SIGMA = DistributionArgument("sigma", POSITIVE, 1.0)
_NU = DistributionArgument("nu", POSITIVE)


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
        location="mu",
        aliases=("gaussian",),
        scipy=_loc_scale("norm"),
    ),
    Distribution(
        "student_t",
        (_NU, _MU, _SIGMA),
        REAL,
        "StudentT",
        location="mu",
        aliases=("student", "t"),
        scipy=_loc_scale("t"),
    ),
    Distribution(
        "cauchy",
        (
            DistributionArgument("mu", default=0.0, pymc="alpha"),
            DistributionArgument("sigma", POSITIVE, 1.0, pymc="beta"),
        ),
        REAL,
        "Cauchy",
        location="mu",
        scipy=_loc_scale("cauchy"),
    ),
    Distribution(
        "laplace",
        (_MU, DistributionArgument("sigma", POSITIVE, 1.0, pymc="b")),
        REAL,
        "Laplace",
        location="mu",
        aliases=("double_exponential",),
        scipy=_loc_scale("laplace"),
    ),
    Distribution(
        "logistic",
        (_MU, DistributionArgument("sigma", POSITIVE, 1.0, pymc="s")),
        REAL,
        "Logistic",
        location="mu",
        scipy=_loc_scale("logistic"),
    ),
    Distribution(
        "gumbel",
        (_MU, DistributionArgument("sigma", POSITIVE, 1.0, pymc="beta")),
        REAL,
        "Gumbel",
        location="mu",
        scipy=_loc_scale("gumbel_r"),
    ),
    Distribution(
        "half_normal",
        (_SIGMA,),
        POSITIVE,
        "HalfNormal",
        aliases=("halfnormal",),
        scipy=_loc_scale("halfnorm"),
    ),
    Distribution(
        "half_student_t",
        (_NU, _SIGMA),
        POSITIVE,
        "HalfStudentT",
        aliases=("half_t",),
    ),
    Distribution(
        "half_cauchy",
        (DistributionArgument("sigma", POSITIVE, 1.0, pymc="beta"),),
        POSITIVE,
        "HalfCauchy",
        aliases=("halfcauchy",),
        scipy=_loc_scale("halfcauchy"),
    ),
    Distribution(
        "exponential",
        (DistributionArgument("rate", POSITIVE, 1.0, pymc="lam"),),
        POSITIVE,
        "Exponential",
        scipy=lambda rate: ("expon", {"scale": 1.0 / np.asarray(rate)}),
    ),
    Distribution(
        "gamma",
        (
            DistributionArgument("alpha", POSITIVE),
            DistributionArgument("beta", POSITIVE),
        ),
        POSITIVE,
        "Gamma",
        scipy=lambda alpha, beta: ("gamma", {"a": alpha, "scale": 1.0 / beta}),
    ),
    Distribution(
        "inverse_gamma",
        (
            DistributionArgument("alpha", POSITIVE),
            DistributionArgument("beta", POSITIVE),
        ),
        POSITIVE,
        "InverseGamma",
        aliases=("inv_gamma",),
        scipy=lambda alpha, beta: ("invgamma", {"a": alpha, "scale": beta}),
    ),
    Distribution(
        "lognormal",
        (_MU, _SIGMA),
        POSITIVE,
        "LogNormal",
        scipy=lambda mu, sigma: ("lognorm", {"s": sigma, "scale": np.exp(mu)}),
    ),
    Distribution(
        "weibull",
        (
            DistributionArgument("alpha", POSITIVE),
            DistributionArgument("beta", POSITIVE),
        ),
        POSITIVE,
        "Weibull",
        scipy=lambda alpha, beta: ("weibull_min", {"c": alpha, "scale": beta}),
    ),
    Distribution(
        "beta",
        (
            DistributionArgument("alpha", POSITIVE),
            DistributionArgument("beta", POSITIVE),
        ),
        UNIT,
        "Beta",
        scipy=lambda alpha, beta: ("beta", {"a": alpha, "b": beta}),
    ),
    Distribution(
        "uniform",
        (DistributionArgument("lower"), DistributionArgument("upper")),
        REAL,
        "Uniform",
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
        aliases=("chisquared", "chi2"),
        scipy=lambda nu: ("chi2", {"df": nu}),
    ),
    Distribution(
        "pareto",
        (DistributionArgument("alpha", POSITIVE), DistributionArgument("m", POSITIVE)),
        POSITIVE,
        "Pareto",
        support_of=lambda a: (a["m"], math.inf),
        scipy=lambda alpha, m: ("pareto", {"b": alpha, "scale": m}),
    ),
    Distribution(
        "triangular",
        (
            DistributionArgument("lower"),
            DistributionArgument("c"),
            DistributionArgument("upper"),
        ),
        REAL,
        "Triangular",
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
        (DistributionArgument("mu", POSITIVE), DistributionArgument("lam", POSITIVE)),
        POSITIVE,
        "Wald",
        aliases=("inverse_gaussian",),
        scipy=lambda mu, lam: (
            "invgauss",
            {"mu": np.asarray(mu) / lam, "scale": lam},
        ),
    ),
    Distribution(
        "skew_normal",
        (_MU, _SIGMA, DistributionArgument("alpha")),
        REAL,
        "SkewNormal",
        location="mu",
        scipy=lambda mu, sigma, alpha: (
            "skewnorm",
            {"a": alpha, "loc": mu, "scale": sigma},
        ),
        cut=False,
    ),
    Distribution(
        "skew_student_t",
        (
            DistributionArgument("a", POSITIVE),
            DistributionArgument("b", POSITIVE),
            _MU,
            _SIGMA,
        ),
        REAL,
        "SkewStudentT",
        location="mu",
        scipy=lambda a, b, mu, sigma: (
            "jf_skew_t",
            {"a": a, "b": b, "loc": mu, "scale": sigma},
        ),
        # PyMC's, of 6.4, is no number between bounds
        cut=False,
    ),
    Distribution(
        "ex_gaussian",
        (_MU, _SIGMA, _NU),
        REAL,
        "ExGaussian",
        location="mu",
        aliases=("exgaussian",),
        scipy=lambda mu, sigma, nu: (
            "exponnorm",
            {"K": np.asarray(nu) / sigma, "loc": mu, "scale": sigma},
        ),
    ),
    Distribution(
        "asymmetric_laplace",
        (
            DistributionArgument("kappa", POSITIVE),
            _MU,
            DistributionArgument("rate", POSITIVE, 1.0, pymc="b"),
        ),
        REAL,
        "AsymmetricLaplace",
        location="mu",
        scipy=lambda kappa, mu, rate: (
            "laplace_asymmetric",
            {"kappa": kappa, "loc": mu, "scale": 1.0 / np.asarray(rate)},
        ),
        cut=False,
    ),
    Distribution(
        "moyal",
        (_MU, _SIGMA),
        REAL,
        "Moyal",
        location="mu",
        scipy=_loc_scale("moyal"),
    ),
    Distribution(
        "rice",
        (_NU, _SIGMA),
        POSITIVE,
        "Rice",
        scipy=lambda nu, sigma: (
            "rice",
            {"b": np.asarray(nu) / sigma, "scale": sigma},
        ),
        cut=False,
    ),
    Distribution(
        "logit_normal",
        (_MU, _SIGMA),
        UNIT,
        "LogitNormal",
        scipy=lambda mu, sigma: (
            "johnsonsb",
            {"a": -np.asarray(mu) / sigma, "b": 1.0 / np.asarray(sigma)},
        ),
        bounded=False,
    ),
    Distribution(
        "kumaraswamy",
        (DistributionArgument("a", POSITIVE), DistributionArgument("b", POSITIVE)),
        UNIT,
        "Kumaraswamy",
    ),
    Distribution(
        "von_mises",
        (_MU, DistributionArgument("kappa", POSITIVE, 1.0)),
        ANGLES,
        "VonMises",
        aliases=("vonmises",),
        bounded=False,
    ),
    Distribution("flat", (), REAL, "Flat", proper=False),
    Distribution("half_flat", (), POSITIVE, "HalfFlat", proper=False),
    Distribution(
        "dirichlet",
        (DistributionArgument("alpha", POSITIVE, pymc="a"),),
        UNIT,
        "Dirichlet",
    ),
)

DISTRIBUTIONS: dict[str, Distribution] = {d.name: d for d in _TABLE}

#: Names that mean a row of the table, aliases included.
SPELLINGS: dict[str, str] = {
    spelling: d.name for d in _TABLE for spelling in (d.name, *d.aliases)
}

#: Distributions of PyMC that this version does not compile.
PLANNED: tuple[str, ...] = ("interpolated", "polya_gamma")

#: Priors of the language that are not distributions of one number.
SPECIAL: dict[str, str] = {
    "lkj": "correlations of group-level effects",
    "r2d2": "population-level effects, jointly",
    "horseshoe": "population-level effects, jointly",
}
