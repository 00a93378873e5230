"""The table of links: from the parameter's scale to the linear predictor's.

What a predictor is on the scale that a density is written on is in
``distributions/density/links.py`` and ``lower/links.py``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

Curve = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Link:
    """A link function ``eta = g(parameter)``.

    Attributes
    ----------
    name
        As written in ``link=``.
    formula, inverse
        The function and its inverse, for people.
    domain
        Where the parameter lives.
    forward, backward
        The function and its inverse, of a number; infinite at an end.
    scale
        Spread of the latent distribution relative to the logistic's
        (interquartile ranges); 1 for links that have none. Default priors use
        it for links that are distribution functions.
    """

    name: str
    formula: str
    inverse: str
    domain: str
    forward: Curve
    backward: Curve
    scale: float = 1.0

    def __reduce__(self) -> tuple[Callable[[str], Link], tuple[str]]:
        """Pickle the name: a link is a constant, and made of functions."""
        return _named, (self.name,)

    @property
    def is_latent(self) -> bool:
        """Whether its inverse is a distribution function."""
        return self.domain == "unit interval"

    def slope(self, parameter: float) -> float:
        """Return the derivative of the function at a parameter, of its own size."""
        step = 1e-5 * abs(parameter)
        change = self.forward(parameter + step) - self.forward(parameter - step)
        return abs(change) / (2.0 * step)

    def span(self, low: float, high: float) -> tuple[float, float]:
        """Return where predictors are whose parameter is between two bounds."""
        ends = sorted((self.forward(low), self.forward(high)))
        return ends[0], ends[1]


def _named(name: str) -> Link:
    return LINKS[name]


def _log(x: float) -> float:
    return math.log(x) if x > 0.0 else -math.inf


def _exp(x: float) -> float:
    return math.exp(x) if x < 700.0 else math.inf


def _over(x: float) -> float:
    return 1.0 / x if x else math.inf


def _normal_quantile(p: float) -> float:
    from statistics import NormalDist

    if not 0.0 < p < 1.0:
        return math.inf if p >= 1.0 else -math.inf
    return NormalDist().inv_cdf(p)


def _squareplus(x: float) -> float:
    return 0.5 * (x + math.hypot(x, 2.0))


_TABLE = (
    Link("identity", "mu", "eta", "real", lambda x: x, lambda x: x),
    Link("log", "log(mu)", "exp(eta)", "positive", _log, _exp),
    Link(
        *("logm1", "log(nu - 1)", "1 + exp(eta)", "above 1"),
        lambda x: _log(x - 1.0),
        lambda x: 1.0 + _exp(x),
    ),
    Link("inverse", "1/mu", "1/eta", "nonzero", _over, _over),
    Link(
        *("1/mu^2", "1/mu^2", "1/sqrt(eta)", "positive"),
        lambda x: _over(x * x),
        lambda x: _over(math.sqrt(max(x, 0.0))),
    ),
    Link(
        *("sqrt", "sqrt(mu)", "eta^2", "positive"),
        lambda x: math.sqrt(max(x, 0.0)),
        lambda x: x * x,
    ),
    Link(
        *("softplus", "log(exp(mu) - 1)", "log(1 + exp(eta))", "positive"),
        lambda x: x + _log(-math.expm1(-x)),
        lambda x: float(np.logaddexp(0.0, x)),
    ),
    Link(
        *("squareplus", "(mu^2 - 1)/mu", "(eta + sqrt(eta^2 + 4))/2", "positive"),
        lambda x: x - _over(x),
        _squareplus,
    ),
    Link(
        *("log1p", "log(1 + mu)", "exp(eta) - 1", "above -1"),
        lambda x: _log(1.0 + x),
        lambda x: _exp(x) - 1.0,
    ),
    Link(
        *("logit", "log(p/(1 - p))", "1/(1 + exp(-eta))", "unit interval"),
        lambda p: _log(p) - _log(1.0 - p),
        lambda x: 1.0 / (1.0 + _exp(-x)),
    ),
    Link(
        *("probit", "Phi^-1(p)", "Phi(eta)", "unit interval"),
        _normal_quantile,
        lambda x: 0.5 * math.erfc(-x / math.sqrt(2.0)),
        0.6139,
    ),
    Link(
        *("cloglog", "log(-log(1 - p))", "1 - exp(-exp(eta))", "unit interval"),
        lambda p: _log(-_log(1.0 - p)),
        lambda x: -math.expm1(-_exp(x)),
        0.7157,
    ),
    Link(
        *("loglog", "-log(-log(p))", "exp(-exp(-eta))", "unit interval"),
        lambda p: -_log(-_log(p)),
        lambda x: _exp(-_exp(-x)),
        0.7157,
    ),
    Link(
        *("cauchit", "tan(pi (p - 1/2))", "1/2 + atan(eta)/pi", "unit interval"),
        lambda p: math.tan(math.pi * (p - 0.5)) if 0.0 < p < 1.0 else _ends(p),
        lambda x: 0.5 + math.atan(x) / math.pi,
        0.9102,
    ),
    Link(
        *("tan_half", "tan(mu/2)", "2 atan(eta)", "angle"),
        lambda x: math.tan(0.5 * x),
        lambda x: 2.0 * math.atan(x),
    ),
)


def _ends(p: float) -> float:
    return math.inf if p >= 1.0 else -math.inf


LINKS: dict[str, Link] = {link.name: link for link in _TABLE}

#: What links of other packages are called here.
OTHER_LINKS: Mapping[str, str] = {
    "1/mu2": "1/mu^2",
    "inverse_squared": "1/mu^2",
    "inverse_power": "inverse",
    "reciprocal": "inverse",
    "square_root": "sqrt",
    "logistic": "logit",
    "normal": "probit",
    "probit_approx": "probit",
    "gompertz": "cloglog",
    "complementary_loglog": "cloglog",
    "cauchy": "cauchit",
}

#: Links of the mean of any number, the default first; of a mean above 0; of a
#: probability. A family has its own first, which its density is written on.
REALS = ("identity", "log", "inverse", "softplus", "squareplus")
POSITIVES = (
    *("log", "identity", "sqrt", "inverse", "1/mu^2"),
    *("softplus", "squareplus", "log1p"),
)
SHARES = ("logit", "probit", "cloglog", "loglog", "cauchit", "identity", "log")
#: Links of the threshold models: distribution functions.
LATENT = SHARES[:5]

#: Where the parameter is whose own link this is.
RANGES: Mapping[str, tuple[float, float]] = {
    "identity": (-math.inf, math.inf),
    "log": (0.0, math.inf),
    "logm1": (1.0, math.inf),
    "logit": (0.0, 1.0),
    "tan_half": (-math.pi, math.pi),
}
#: The links of a parameter, by its own.
FITTING: Mapping[str, tuple[str, ...]] = {
    "identity": ("identity",),
    "log": POSITIVES,
    "logm1": ("logm1", "identity"),
    "logit": SHARES,
    "tan_half": ("tan_half",),
}


def allowed(link: Link, own: str) -> tuple[float, float]:
    """Return between which numbers a predictor has to be.

    ``own`` is the link that a density of the parameter is written on, which is defined
    for all numbers.
    """
    low, high = RANGES[own]
    if own == "identity":
        return -math.inf, math.inf
    return link.span(low, high)
