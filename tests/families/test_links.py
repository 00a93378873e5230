"""Links: their functions to the last digits, and densities against SciPy's."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal, localcontext
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from varying.compiler.distributions.density import arrays, python
from varying.compiler.distributions.density.links import LINKING
from varying.compiler.families import FAMILIES
from varying.compiler.families.link import (
    FITTING,
    LATENT,
    LINKS,
    POSITIVES,
    RANGES,
    REALS,
    SHARES,
    allowed,
)
from varying.compiler.families.moments import moments_of, parameter_moments
from varying.compiler.lower.links import INVERSES, WRITTEN
from varying.compiler.program.expressions import Symbol
from varying.compiler.program.interpret.density import evaluate_expression

from .decimals import DIGITS, HALF, PI, STEP, arctan, erfc
from .samples import MODERATE, SHARED
from .test_families import SCIPY as BY_LINK

Array = NDArray[Any]
POINTS = 200


def _softplus(x: Decimal) -> Decimal:
    return (1 + x.exp()).ln()


def _squareplus(x: Decimal) -> Decimal:
    return (x + (x * x + 4).sqrt()) / 2


def _cauchit(x: Decimal) -> Decimal:
    return arctan(-1 / x) / PI if x < 0 else HALF + arctan(x) / PI


def _logit(below: Decimal, above: Decimal) -> Decimal:
    return below.ln() - above.ln()


def _cloglog(x: Decimal) -> Decimal:
    rest = (-x.exp()).exp()
    return _logit(1 - rest, rest)


#: The textbook forms, in decimals.
DIGITAL: dict[str, Callable[[Decimal], Decimal]] = {
    "softplus": _softplus,
    "log_softplus": lambda x: _softplus(x).ln(),
    "squareplus": _squareplus,
    "log_squareplus": lambda x: _squareplus(x).ln(),
    "cauchit": _cauchit,
    "probit_logit": lambda x: _logit(
        erfc(-x / Decimal(2).sqrt()), erfc(x / Decimal(2).sqrt())
    ),
    "cloglog_logit": _cloglog,
    "loglog_logit": lambda x: -_cloglog(-x),
    "cauchit_logit": lambda x: _logit(_cauchit(x), _cauchit(-x)),
    "log_logit": lambda x: _logit(x.exp(), 1 - x.exp()),
}


def places(name: str) -> Array:
    rng = np.random.default_rng(7)
    half = POINTS // 2
    x = np.concatenate([rng.normal(0.0, 3.0, half), rng.uniform(-45.0, 45.0, half)])
    x = np.concatenate([x, [-1e-8, 1e-8, -1.0, 1.0, -12.0, 12.0, -30.0, 30.0]])
    # beyond it the exponential of an exponential has more digits than decimals
    ends = {"cloglog_logit": (-45.0, 5.0), "loglog_logit": (-5.0, 45.0)}
    low, high = ends.get(name, (-np.inf, np.inf))
    return x[(x > low) & (x < high)] if name != "log_logit" else -np.abs(x)


@pytest.mark.parametrize("name", LINKING)
def test_functions_have_all_digits(name: str) -> None:
    x = places(name)
    with localcontext(prec=2 * DIGITS):
        wanted, slopes = [], []
        for one in x:
            at, exact = Decimal(float(one)), DIGITAL[name]
            wanted.append(float(exact(at)))
            slopes.append(float((exact(at + STEP) - exact(at - STEP)) / (2 * STEP)))
    curve, _ = LINKING[name]
    read = arrays.curve(curve)
    kernel = python.kernel(name, curve, ("x",), ("x",))
    pairs = np.array([kernel(float(one)) for one in x])
    for found, right, most in (
        (read(x), wanted, 1e-15),
        (pairs[:, 0], wanted, 1e-15),
        (np.imag(read(x + 1e-30j)) / 1e-30, slopes, 1e-12),
        (pairs[:, 1], slopes, 1e-12),
    ):
        error = np.abs(found - right) / np.maximum(1.0, np.abs(right))
        assert error.max() < most, (name, x[error.argmax()])
    if name in ("softplus", "squareplus", "cauchit"):
        # small numbers are parameters: each has its own digits
        assert np.max(np.abs(read(x) / wanted - 1.0)) < 1e-14


def test_far_tails_are_finite() -> None:
    for name in ("probit", "cloglog", "loglog", "cauchit"):
        for x in (-700.0, -40.0, 40.0, 700.0):
            found = evaluate_expression(WRITTEN["logit"][name](Symbol("x")), {"x": x})
            assert np.isfinite(found), (name, x)
            slope = evaluate_expression(
                WRITTEN["logit"][name](Symbol("x")), {"x": np.asarray(x + 1e-30j)}
            )
            assert np.isfinite(np.imag(slope))


@pytest.mark.parametrize("name", LINKS)
def test_there_and_back(name: str) -> None:
    link = LINKS[name]
    inside = {"unit interval": (0.02, 0.5, 0.93), "above 1": (1.1, 3.0)}
    for parameter in inside.get(link.domain, (0.3, 1.7, 2.9)):
        eta = link.forward(parameter)
        assert math.isclose(link.backward(eta), parameter, rel_tol=1e-12)
        if name in INVERSES:
            value = evaluate_expression(INVERSES[name](Symbol("x")), {"x": eta})
            assert math.isclose(float(value), parameter, rel_tol=1e-12)
        for own, written in WRITTEN.items():
            low, high = RANGES[own]
            if name in written and low < parameter < high:
                value = evaluate_expression(written[name](Symbol("x")), {"x": eta})
                wanted = LINKS[own].forward(parameter)
                assert math.isclose(float(value), wanted, rel_tol=1e-9, abs_tol=1e-12)


def test_each_family_has_the_links_that_fit() -> None:
    for family in FAMILIES.values():
        own = family.links[0]
        if family.thresholds:
            continue
        assert set(family.links) <= set(WRITTEN[own]), family.name
        # a mean of any number has more links than another parameter of any number
        fitting = REALS if own == "identity" else FITTING[own]
        assert set(family.links) <= set(fitting) and own in RANGES
    assert set(SHARES) == set(WRITTEN["logit"]) and set(POSITIVES) == set(
        WRITTEN["log"]
    )
    assert all(LINKS[name].is_latent for name in LATENT)


#: SciPy's distribution of one response, by its mean.
SCIPY: dict[str, Callable[[Array, Array], Array]] = {
    "gaussian": lambda y, mu: stats.norm.logpdf(y, mu, 1.3),
    "bernoulli": lambda y, mu: stats.bernoulli.logpmf(y, mu),
    "binomial": lambda y, mu: stats.binom.logpmf(y, 9, mu),
    "beta": lambda y, mu: stats.beta.logpdf(y, 4.0 * mu, 4.0 * (1.0 - mu)),
    "poisson": lambda y, mu: stats.poisson.logpmf(y, mu),
    "negbinomial": lambda y, mu: stats.nbinom.logpmf(y, 2.5, 2.5 / (2.5 + mu)),
    "gamma": lambda y, mu: stats.gamma.logpdf(y, 2.5, scale=mu / 2.5),
    "exponential": lambda y, mu: stats.expon.logpdf(y, scale=mu),
}
BESIDE: dict[str, dict[str, Any]] = {
    "gaussian": {"sigma": np.array(1.3)},
    "binomial": {"trials": np.array(9)},
    "beta": {"phi": np.array(4.0)},
    **{name: {"shape": np.array(2.5)} for name in ("negbinomial", "gamma")},
}

#: And of families whose moments are of other things than the mean.
FURTHER: dict[str, Callable[[Array, Array], Array]] = {
    "student": lambda y, mu: stats.t.logpdf(y, 5.0, mu, 1.3),
    "laplace": lambda y, mu: stats.laplace.logpdf(y, mu, 1.3),
    "gumbel": lambda y, mu: stats.gumbel_r.logpdf(y, mu, 1.3),
    "lognormal": lambda y, mu: stats.lognorm.logpdf(y, 1.3, 0.0, np.exp(mu)),
    "weibull": lambda y, mu: stats.weibull_min.logpdf(
        y, 2.5, 0.0, mu / math.gamma(1.4)
    ),
    "inverse_gaussian": lambda y, mu: stats.invgauss.logpdf(y, mu / 2.5, 0.0, 2.5),
    "frechet": lambda y, mu: stats.invweibull.logpdf(y, 2.5, 0.0, mu / math.gamma(0.6)),
    "geometric": lambda y, mu: stats.geom.logpmf(y + 1, 1.0 / (1.0 + mu)),
    "beta_binomial": lambda y, mu: stats.betabinom.logpmf(
        y, 9, 4.0 * mu, 4.0 * (1.0 - mu)
    ),
}
BESIDE |= {
    "student": {"sigma": np.array(1.3), "nu": np.array(5.0)},
    "frechet": {"nu": np.array(2.5)},
    "beta_binomial": {"phi": np.array(4.0), "trials": np.array(9)},
    **{name: {"sigma": np.array(1.3)} for name in ("laplace", "gumbel", "lognormal")},
    **{name: {"shape": np.array(2.5)} for name in ("weibull", "inverse_gaussian")},
}
BY_SCIPY = SCIPY | FURTHER


def _by_mean(name: str) -> Callable[[Array, Array], Array]:
    """Return SciPy's density of a family that is known by its own link, not by it."""
    forward, law = LINKS[FAMILIES[name].links[0]].forward, BY_LINK[name]

    def density(y: Array, mean: Array) -> Array:
        given = {key: np.full(len(y), at[0]) for key, at in MODERATE[name].items()}
        given[FAMILIES[name].predictor] = np.array([forward(one) for one in mean])
        return np.asarray(law(y, **given))

    return density


#: All others that have a choice of links.
REST = {
    name: _by_mean(name)
    for name, family in FAMILIES.items()
    if len(family.links) > 1 and name not in BY_SCIPY and not family.thresholds
}
BY_SCIPY |= REST
BESIDE |= {
    name: {k: v for k, v in MODERATE[name].items() if k != FAMILIES[name].predictor}
    for name in REST
}


@pytest.mark.parametrize(
    ("name", "link"),
    [(name, link) for name in BY_SCIPY for link in FAMILIES[name].links],
)
def test_densities_are_those_of_scipy(name: str, link: str) -> None:
    family, rng = FAMILIES[name], np.random.default_rng(11)
    own = family.links[0]
    low, high = {"logit": (0.05, 0.95)}.get(own, (0.4, 6.0))
    mean = rng.uniform(low, high, 200)
    eta = np.array([LINKS[link].forward(one) for one in mean])
    given = evaluate_expression(WRITTEN[own][link](Symbol("x")), {"x": eta})
    arguments = {family.predictor: given, **BESIDE.get(name, {})}
    y = family.simulate(
        rng, **{k: np.broadcast_to(v, 200) for k, v in arguments.items()}
    )
    found = family.log_density(y, **arguments)
    wanted = BY_SCIPY[name](y, mean)
    assert np.max(np.abs(found - wanted) / np.maximum(1.0, np.abs(wanted))) < 1e-10


#: SciPy's distribution around a threshold, by the link.
CURVES = {
    "logit": stats.logistic,
    "probit": stats.norm,
    "cloglog": stats.gumbel_l,
    "loglog": stats.gumbel_r,
    "cauchit": stats.cauchy,
}


def _cut(below: Array, passed: Array) -> Array:
    return np.asarray(np.diff(below, prepend=0.0, append=1.0))


def _stopped(below: Array, passed: Array) -> Array:
    return np.append(below, 1.0) * np.cumprod(np.append(1.0, 1.0 - below))


def _continued(below: Array, passed: Array) -> Array:
    return np.append(1.0 - passed, 1.0) * np.cumprod(np.append(1.0, passed))


def _adjacent(below: Array, passed: Array) -> Array:
    steps = len(passed)
    each = [
        np.prod(passed[:rank]) * np.prod(1.0 - passed[rank:])
        for rank in range(steps + 1)
    ]
    return np.asarray(each) / np.sum(each)


#: Masses of the categories: of distribution functions at thresholds, less the predictor
#: and turned around.
ORDINAL: dict[str, Callable[[Array, Array], Array]] = {
    "ordlogit": _cut,
    "hurdle_cumulative": lambda *given: np.append(0.3, 0.7 * _cut(*given)),
    "zero_inflated_cumulative": lambda *given: (
        0.7 * _cut(*given) + np.array([0.3, 0.0, 0.0, 0.0])
    ),
    "sratio": _stopped,
    "cratio": _continued,
    "acat": _adjacent,
}


@pytest.mark.parametrize("link", CURVES)
@pytest.mark.parametrize("name", ORDINAL)
def test_masses_of_categories_are_those_of_scipy(name: str, link: str) -> None:
    family, given = FAMILIES[name].with_link(link), dict(MODERATE[name])
    assert set(FAMILIES[name].links) == set(CURVES)
    for eta in (-1.1, 0.0, 0.4, 1.7):
        at, cdf = given["threshold"] - eta, CURVES[link].cdf
        wanted = ORDINAL[name](cdf(at), cdf(-at))
        y = np.arange(len(wanted))
        many = {k: v if k in SHARED else np.repeat(v, len(y)) for k, v in given.items()}
        found = family.log_density(y, **{**many, "eta": np.full(len(y), eta)})
        assert np.allclose(np.exp(found), wanted, rtol=1e-10), (name, link, eta)


def test_each_choice_of_a_link_is_compared() -> None:
    several = {name for name, one in FAMILIES.items() if len(one.links) > 1}
    assert several == {
        *(name for name in BY_SCIPY if len(FAMILIES[name].links) > 1),
        *ORDINAL,
    }


@pytest.mark.parametrize(
    ("name", "link"), [(n, link) for n in SCIPY for link in FAMILIES[n].links]
)
def test_moments_are_those_of_the_link(name: str, link: str) -> None:
    family, rng = FAMILIES[name], np.random.default_rng(5)
    share = name in ("bernoulli", "beta", "binomial")
    y = {
        "bernoulli": rng.random(400) < 0.2,
        "binomial": rng.binomial(9, 0.2, 400),
        "beta": rng.beta(0.8, 3.2, 400),
    }.get(name, rng.gamma(3.0, 1.0, 400)) * 1.0
    known: Any = {"trials": np.full(400, 9)} if name == "binomial" else {}
    found = moments_of(family, link, y, **known)
    mean = y.mean() / (9.0 if known else 1.0)
    assert math.isclose(found.m, LINKS[link].forward(mean), rel_tol=0.02, abs_tol=0.02)
    low, high = allowed(LINKS[link], family.links[0])
    assert low < found.m - 2.4 * found.s and found.m + 2.4 * found.s < high
    if LINKS[link].is_latent:
        assert found.s == LINKS[link].scale
    elif link == "log" and not share:
        assert found.s == 1.0


def test_parameters_on_other_links_are_where_they_are() -> None:
    family = FAMILIES["gaussian"]
    sigma, moments = family.dpars[0], family.moments(np.array([1.0, 3.0, 8.0]))
    center, unit = parameter_moments(sigma, "log", moments)
    assert (center, unit) == (math.log(moments.s), 1.0)
    at, unit = parameter_moments(sigma, "identity", moments)
    # about a quarter of it: 2.5 units are half of the way to 0
    assert math.isclose(at, moments.s) and math.isclose(unit, moments.s / 5.0)
    at, unit = parameter_moments(sigma, "softplus", moments)
    assert math.isclose(at, LINKS["softplus"].forward(moments.s))
    assert math.isclose(unit, LINKS["softplus"].slope(moments.s) * moments.s)
