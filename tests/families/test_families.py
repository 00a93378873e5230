"""The table of families: every row complete, and its density right."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal, localcontext
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import integrate, special, stats

from varying.compiler.backends.source.definitions import OPERATIONS
from varying.compiler.distributions.density.arrays import ARRAYS
from varying.compiler.distributions.numerics import (
    HALF_LOG_2PI,
    log_logistic,
    log_one_minus_exp,
    logistic,
)
from varying.compiler.distributions.table import DISTRIBUTIONS, SUPPORTS
from varying.compiler.families import (
    BY_RESPONSE,
    FAMILIES,
    FAMILY_SPELLINGS,
    PLANNED_FAMILIES,
    VARIANTS,
)
from varying.compiler.families.family import Moments
from varying.compiler.families.link import LINKS
from varying.compiler.lower.program import INVERSES

from . import decimals, exact, stored
from .drawing import Sample, far, spread
from .further import TRIED
from .made import MADE
from .samples import (
    MODERATE,
    SAMPLES,
    SHARED,
    density_of,
    error,
    family_of,
    known_of,
    moved_of,
    repeated,
    slope_of,
)

Array = NDArray[Any]

names = pytest.mark.parametrize("name", list(FAMILIES))
cases = pytest.mark.parametrize("case", list(SAMPLES))
made = pytest.mark.parametrize("case", [*SAMPLES, *MADE])
moves = pytest.mark.parametrize(
    "case, parameter, logarithm",
    [(case, *move) for case in (*SAMPLES, *MADE) for move in moved_of(case).items()],
)


# ---- every row is complete ---------------------------------------------------


@names
def test_a_family_lacks_nothing(name: str) -> None:
    family = FAMILIES[name]
    assert family.name == name
    for part in (
        family.log_density,
        family.log_density if family.steps is not None else family.kernel,
        family.simulate,
        family.mean,
        family.moments,
        family.in_support,
        family.observe,
    ):
        assert callable(part) and part.__doc__
    assert family.title and family.support and family.predictor
    assert family.links and set(family.links) <= set(LINKS)
    assert not set(family.links) & set(family.known_links)
    assert ".. math::" in family.doc
    dpars = [dpar.name for dpar in family.dpars]
    for word in (family.predictor, *dpars, *family.known):
        assert f"``{word}``" in family.doc, f"{word} has no line in the documentation"
    assert "Reference" in family.doc
    assert name in SAMPLES and name in exact.EXACT
    if family.rate is not None:
        assert set(family.rate) <= set(dpars) and "rate(t)" in family.doc


@names
def test_each_parameter_is_tried(name: str) -> None:
    family = FAMILIES[name]
    plain = {dpar.name for dpar in family.dpars if dpar.fixed is None}
    assert plain | set(family.known) <= set(MODERATE[name])
    for dpar in family.dpars:
        assert dpar.link in LINKS and dpar.support in SUPPORTS
        if dpar.fixed is not None:
            assert dpar.name in MODERATE[f"{name} with {dpar.name}"]
            assert dpar.name in dict(family.source.when)


@names
def test_each_parameter_has_a_proper_default_prior(name: str) -> None:
    for dpar in FAMILIES[name].dpars:
        for moments in (Moments(0.0, 1.0), Moments(-3e5, 2e4), Moments(0.1, 1e-3)):
            default = dpar.default(moments)
            row = DISTRIBUTIONS[default.distribution]
            assert row.proper and default.reason and dpar.meaning
            assert dpar.link in INVERSES
            assert [k for k, _ in default.arguments] == [a.name for a in row.arguments]
            for (_, value), argument in zip(
                default.arguments, row.arguments, strict=True
            ):
                assert argument.domain[0] < value < argument.domain[1]
            lowest = row.bounds(dict(default.arguments))[0]
            if default.lower is not None:
                lowest = default.lower
            assert lowest >= SUPPORTS[dpar.support][0]
            assert math.isfinite(dpar.center(moments))


def test_formulas_of_shapes_start_at_the_prior_medians() -> None:
    nu = FAMILIES["student"].dpars[1].center(Moments(0.0, 1.0))
    gamma = stats.gamma(2.0, scale=10.0)
    assert 1.0 + math.exp(nu) == pytest.approx(gamma.isf(gamma.sf(1.0) / 2), rel=1e-12)
    shape = FAMILIES["negbinomial"].dpars[0].center(Moments(0.0, 1.0))
    assert math.exp(-0.5 * shape) == pytest.approx(stats.expon.median(), rel=1e-12)


@cases
def test_the_moments_are_those_of_the_response(case: str) -> None:
    family, rng = FAMILIES[family_of(case)], np.random.default_rng(1)
    sample = SAMPLES[case](rng, 50)
    known: dict[str, Any] = {
        name: np.broadcast_to(value, sample.y.shape)
        for name, value in known_of(case, sample.arguments).items()
    }
    for rows in (slice(None), slice(1), [0] * 5):
        more = {name: value[rows] for name, value in known.items()}
        if family.thresholds:
            more["categories"] = 1 + int(sample.y.max())
        moments = family.moments(sample.y[rows], **more)
        assert np.isfinite(moments.m) and moments.s > 0
    assert family.in_support(sample.y, **known_of(case, sample.arguments)).all()


def test_moments_of_odd_responses() -> None:
    student = FAMILIES["student"].moments
    heavy = np.array([1.0, 2.0, 3.0, 4.0, 1e9])
    assert student(heavy) == Moments(3.0, 2.0 / 1.35)
    # most are equal: the standard deviation; all are: 1
    most = np.array([5.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0, 9.0])
    assert student(most) == Moments(5.0, float(np.std(most, ddof=1)))
    assert student(np.array([5.0, 5.0])) == Moments(5.0, 1.0)
    lognormal = FAMILIES["lognormal"].moments(np.exp([1.0, 2.0, 3.0]))
    assert (lognormal.m, lognormal.s) == (pytest.approx(2.0), pytest.approx(1.0))
    for name in ("poisson", "negbinomial", "geometric"):
        moments = FAMILIES[name].moments
        assert moments(np.array([1.0, 2.0, 6.0])) == Moments(math.log(3.0), 1.0)
        assert moments(np.zeros(10)) == Moments(math.log(0.05), 1.0)


def test_moments_of_shares_are_logits_of_the_pooled_share() -> None:
    """So ``k | trials(n)`` and ``k | rate(n)`` of rare events are one model."""
    few, trials = np.array([0.0, 1.0, 2.0, 6.0]), np.full(4, 40_000.0)
    pooled = math.log(9 / (160_000 - 9))
    binomial, bernoulli = FAMILIES["binomial"].moments, FAMILIES["bernoulli"].moments
    assert binomial(few, trials=trials).m == pytest.approx(pooled, rel=1e-12)
    rate = FAMILIES["poisson"].moments(few).m - math.log(40_000.0)
    assert binomial(few, trials=trials).m == pytest.approx(rate, abs=1e-4)
    # of no event, half of one, as for counts; the other side is the same
    none = math.log(0.5 / 159_999.5)
    assert binomial(0 * few, trials=trials).m == pytest.approx(none, rel=1e-12)
    assert binomial(trials, trials=trials).m == pytest.approx(-none, rel=1e-12)
    assert binomial(np.zeros(3), trials=np.zeros(3)) == Moments(0.0, 1.0)
    ones = np.array([1.0, 0.0, 0.0, 0.0])
    assert bernoulli(ones).m == pytest.approx(math.log(1 / 3), rel=1e-12)
    assert bernoulli(ones, np.array([5, 1, 2, 2])).m == 0.0
    # thresholds of two categories are the same; of more it is the middle one
    ordlogit = FAMILIES["ordlogit"].moments
    assert ordlogit(ones, categories=2).m == pytest.approx(math.log(3), rel=1e-12)
    ranks = np.array([0.0, 0.0, 0.0, 1.0, 2.0, 4.0])
    assert ordlogit(ranks, categories=5).m == pytest.approx(
        0.5 * (math.log(4 / 2) + math.log(5 / 1)), rel=1e-12
    )
    assert ordlogit(4.0 - ranks, categories=5).m == -ordlogit(ranks, categories=5).m


def test_what_is_no_response_is_not_in_the_support() -> None:
    odd = np.array([-1.0, 0.5, np.nan, np.inf, 7.0])
    trials = np.array([5.0, 5.0, 5.0, np.inf, 6.0])
    assert not FAMILIES["binomial"].in_support(odd, trials=trials).any()
    for name in ("poisson", "negbinomial"):
        assert FAMILIES[name].in_support(odd).tolist() == [False] * 4 + [True]
    assert not FAMILIES["lognormal"].in_support(odd[[0, 2, 3]]).any()
    assert not FAMILIES["lognormal"].in_support(np.zeros(1)).any()
    assert not FAMILIES["student"].in_support(odd[[2, 3]]).any()
    shares = np.array([-0.1, 0.0, 0.5, 1.0, np.nan])
    inside = FAMILIES["beta"].in_support(shares).tolist()
    assert inside == [False, False, True, False, False]
    for name in ("gamma", "weibull", "exponential"):
        found = FAMILIES[name].in_support(np.append(odd, 0.0)).tolist()
        assert found == [False, True, False, False, True, name == "exponential"]


def test_the_spellings_are_unique() -> None:
    spelled = [s for f in FAMILIES.values() for s in (f.name, *f.aliases)]
    spelled += [*VARIANTS, *BY_RESPONSE]
    assert len(spelled) == len(set(spelled)) == len(FAMILY_SPELLINGS)
    assert not set(PLANNED_FAMILIES) & set(FAMILY_SPELLINGS)
    assert OPERATIONS


# ---- density ---------------------------------------------------------------------


@made
def test_the_density_is_exact(case: str) -> None:
    sample = stored.sample_of(case, stored.DENSITY)
    wanted = stored.wanted(case, stored.DENSITY)
    assert error(density_of(case, sample), wanted) < 1e-10


@moves
def test_the_gradient_is_exact(case: str, parameter: str, logarithm: bool) -> None:
    """In each parameter that a formula can move, on the scale of its link."""
    sample, wanted = stored.sample_of(case, parameter), stored.wanted(case, parameter)
    assert error(slope_of(case, sample, parameter, logarithm), wanted) < 1e-10


def assert_kept(case: str, step: int) -> None:
    """Compute what is kept of each ``step``-th row."""
    for what in (stored.DENSITY, *moved_of(case)) if stored.kept(case) else ():
        sample, wanted = stored.sample_of(case, what), stored.wanted(case, what)
        places = np.arange(0, len(sample.y), step)
        found = stored.computed(case, what, stored.some(sample, places))
        assert error(found, wanted[places]) < 1e-12, what


@made
def test_what_is_kept_is_exact(case: str) -> None:
    assert_kept(case, 250)


@pytest.mark.slow
@made
def test_all_that_is_kept_is_exact(case: str) -> None:
    assert_kept(case, 1)


@cases
def test_parameters_that_all_rows_share_are_numbers(case: str) -> None:
    arguments = MODERATE[case]
    count = 7
    whole = repeated(case, count)
    y = FAMILIES[family_of(case)].simulate(np.random.default_rng(1), **whole)
    shared = {k: v if k in SHARED else v[0] for k, v in arguments.items()}
    found = density_of(case, Sample(y, shared))
    assert found.shape == (count,)
    np.testing.assert_array_equal(found, density_of(case, Sample(y, whole)))


SCIPY: Mapping[str, Any] = {
    "gaussian": lambda y, mu, sigma: stats.norm.logpdf(y, mu, sigma),
    "student": lambda y, mu, sigma, nu: stats.t.logpdf(y, nu, mu, sigma),
    "lognormal": lambda y, mu, sigma: stats.lognorm.logpdf(y, sigma, 0.0, np.exp(mu)),
    "gamma": lambda y, eta, shape: stats.gamma.logpdf(
        y, shape, 0.0, np.exp(eta) / shape
    ),
    "exponential": lambda y, eta: stats.expon.logpdf(y, 0.0, np.exp(eta)),
    "weibull": lambda y, eta, shape: stats.weibull_min.logpdf(
        y, shape, 0.0, np.exp(eta - special.gammaln(1.0 + 1.0 / shape))
    ),
    "beta": lambda y, eta, phi: stats.beta.logpdf(
        y, phi * logistic(eta), phi * logistic(-eta)
    ),
    "geometric": lambda y, eta: stats.geom.logpmf(y + 1, logistic(-eta)),
    "bernoulli": lambda y, eta: stats.logistic.logcdf(np.where(y == 1, eta, -eta)),
    "binomial": lambda y, eta, trials: stats.binom.logpmf(y, trials, logistic(eta)),
    "beta_binomial": lambda y, eta, phi, trials: stats.betabinom.logpmf(
        y, trials, phi * logistic(eta), phi * logistic(-eta)
    ),
    "poisson": lambda y, eta: stats.poisson.logpmf(y, np.exp(eta)),
    "negbinomial": lambda y, eta, shape: stats.nbinom.logpmf(
        y, shape, shape / (shape + np.exp(eta))
    ),
}


def _with_zeros(law: Any, share: Any, y: Array) -> Array:
    """Return the log of a mixture with a point at 0; ``law`` is that of the others."""
    with np.errstate(divide="ignore"):
        return np.asarray(
            np.where(
                y == 0,
                np.logaddexp(np.log(share), np.log1p(-share) + law),
                np.log1p(-share) + law,
            )
        )


def _apart(law: Any, share: Any, y: Array, none: Any = 0.0) -> Array:
    """Return the log density of zeros apart; ``none`` is the law's share."""
    some = np.log1p(-share) + law - np.log1p(-none)
    return np.asarray(np.where(y == 0, np.log(share), some))


def _ends(law: Any, none: Any, whole: Any, inside: Any, y: Array) -> Array:
    """Return the log density with shares of 0 and of 1 apart."""
    inside = np.log(inside) + law
    return np.asarray(
        np.select([y == 0, y == 1], [np.log(none), np.log(whole)], inside)
    )


SCIPY = {
    **SCIPY,
    "zero_inflated_poisson": lambda y, eta, zi: _with_zeros(
        stats.poisson.logpmf(y, np.exp(eta)), zi, y
    ),
    "zero_inflated_negbinomial": lambda y, eta, shape, zi: _with_zeros(
        SCIPY["negbinomial"](y, eta, shape), zi, y
    ),
    "zero_inflated_binomial": lambda y, eta, zi, trials: _with_zeros(
        SCIPY["binomial"](y, eta, trials), zi, y
    ),
    "zero_inflated_beta_binomial": lambda y, eta, phi, zi, trials: _with_zeros(
        SCIPY["beta_binomial"](y, eta, phi, trials), zi, y
    ),
    "zero_inflated_beta": lambda y, eta, phi, zi: _apart(
        SCIPY["beta"](np.where(y > 0, y, 0.5), eta, phi), zi, y
    ),
    "zero_one_inflated_beta": lambda y, eta, phi, zoi, coi: _ends(
        SCIPY["beta"](np.where((y > 0) & (y < 1), y, 0.5), eta, phi),
        *(zoi * (1 - coi), zoi * coi, 1 - zoi, y),
    ),
    "ordered_beta": lambda y, eta, phi, cutgap, cutzero: _ends(
        SCIPY["beta"](np.where((y > 0) & (y < 1), y, 0.5), eta, phi),
        stats.logistic.cdf(cutzero - eta),
        stats.logistic.sf(cutzero + cutgap - eta),
        # the difference of two distribution functions
        np.sinh(cutgap / 2)
        / (2 * np.cosh((eta - cutzero) / 2) * np.cosh((eta - cutzero - cutgap) / 2)),
        y,
    ),
    "hurdle_poisson": lambda y, eta, hu: _apart(
        SCIPY["poisson"](y, eta), hu, y, np.exp(-np.exp(eta))
    ),
    "hurdle_negbinomial": lambda y, eta, shape, hu: _apart(
        SCIPY["negbinomial"](y, eta, shape),
        hu,
        y,
        stats.nbinom.pmf(0, shape, shape / (shape + np.exp(eta))),
    ),
    "hurdle_gamma": lambda y, eta, shape, hu: _apart(
        SCIPY["gamma"](np.where(y > 0, y, 1.0), eta, shape), hu, y
    ),
    "hurdle_lognormal": lambda y, mu, sigma, hu: _apart(
        SCIPY["lognormal"](np.where(y > 0, y, 1.0), mu, sigma), hu, y
    ),
    **{name: tried.log_density for name, tried in TRIED.items()},
}


def test_turning_the_scale_around_turns_ordered_beta_around() -> None:
    sample = SAMPLES["ordered_beta"](np.random.default_rng(9), stored.POINTS)
    eta, phi, gap, zero = (
        sample.arguments[name] for name in ("eta", "phi", "cutgap", "cutzero")
    )
    # shares that are exact on both sides
    y = np.round(sample.y * 2.0**20) / 2.0**20
    density = FAMILIES["ordered_beta"].log_density
    found = density(1.0 - y, eta=-eta, phi=phi, cutgap=gap, cutzero=-(zero + gap))
    one = density(y, eta=eta, phi=phi, cutgap=gap, cutzero=zero)
    assert error(found, one) < 1e-10


@pytest.mark.parametrize("name", list(SCIPY))
def test_the_density_is_that_of_scipy(name: str) -> None:
    """Where SciPy's has digits: no huge counts and shapes, no far tails."""
    rng = np.random.default_rng(9)
    arguments = {
        key: np.exp(rng.normal(0.0, 1.0, stored.POINTS)) for key in moved_of(name)
    }
    arguments[FAMILIES[name].predictor] = rng.normal(0.0, 1.5, stored.POINTS)
    if "trials" in FAMILIES[name].known:
        arguments["trials"] = rng.integers(0, 100, stored.POINTS)
    if name == "student":
        arguments["nu"] = arguments["nu"] + 1.0
    for share in {"zi", "hu", "zoi", "coi"} & set(arguments):
        arguments[share] = rng.random(stored.POINTS)
    for other, make in (TRIED[name].other if name in TRIED else {}).items():
        arguments[other] = make(rng, stored.POINTS)
    y = FAMILIES[name].simulate(rng, **arguments)
    found = FAMILIES[name].log_density(y, **arguments)
    assert error(found, SCIPY[name](y, **arguments)) < 1e-10


def test_the_ordinal_mass_is_a_difference_of_scipy() -> None:
    """Where a difference of cumulative probabilities still has digits."""
    rng = np.random.default_rng(9)
    threshold = np.sort(rng.normal(0.0, 2.0, 6))
    eta, y = rng.normal(0.0, 2.0, stored.POINTS), rng.integers(0, 7, stored.POINTS)
    ends = np.concatenate([[-np.inf], threshold, [np.inf]])
    for disc in (1.0, np.exp(rng.normal(0.0, 0.5, stored.POINTS))):
        above, below = disc * (ends[y + 1] - eta), disc * (ends[y] - eta)
        mass = stats.logistic.cdf(above) - stats.logistic.cdf(below)
        found = FAMILIES["ordlogit"].log_density(
            y, eta, threshold, np.diff(threshold), disc
        )
        assert error(np.exp(found), mass) < 1e-13


def test_the_ordinal_mass_of_two_categories_is_bernoulli() -> None:
    rng = np.random.default_rng(9)
    eta, y = far(rng, stored.POINTS), rng.integers(0, 2, stored.POINTS)
    found = FAMILIES["ordlogit"].log_density(y, eta, np.array([0.3]), np.zeros(0))
    assert error(found, FAMILIES["bernoulli"].log_density(y, eta - 0.3)) < 1e-12


def test_the_ordinal_ends_stay_ends_where_the_latent_scale_is_huge() -> None:
    """An infinite threshold times a tiny ``disc`` is still infinite."""
    y, disc = np.arange(4), np.full(4, 1e-12)
    found = FAMILIES["ordlogit"].log_density(
        y, np.zeros(4), np.array([-1.0, 0.0, 2.0]), np.array([1.0, 2.0]), disc
    )
    wanted = np.log([0.5, 0.25e-12, 0.5e-12, 0.5])
    assert error(found, wanted) < 1e-10


def test_binomial_of_one_trial_is_bernoulli() -> None:
    rng = np.random.default_rng(9)
    eta, y = far(rng, stored.POINTS), rng.integers(0, 2, stored.POINTS)
    found = FAMILIES["binomial"].log_density(y, eta, np.ones(stored.POINTS))
    assert error(found, FAMILIES["bernoulli"].log_density(y, eta)) < 1e-12


def test_the_limits_of_huge_shapes() -> None:
    """Negative binomial counts become Poisson ones, Student's t the normal."""
    rng = np.random.default_rng(9)
    eta = rng.uniform(-5.0, 7.0, stored.POINTS)
    y = rng.poisson(np.exp(eta))
    found = FAMILIES["negbinomial"].log_density(y, eta, np.array(1e18))
    assert error(found, FAMILIES["poisson"].log_density(y, eta)) < 1e-12
    z = rng.normal(0.0, 3.0, stored.POINTS)
    found = FAMILIES["student"].log_density(z, np.array(0.0), np.array(2.0), 1e18)
    wanted = FAMILIES["gaussian"].log_density(z, np.array(0.0), np.array(2.0))
    assert error(found, wanted) < 1e-12


@pytest.mark.parametrize("eta", [-700.0, -30.0, 0.0, 2.5, 700.0])
def test_masses_add_up_to_one(eta: float) -> None:
    one = np.array([eta])
    total = sum(np.exp(FAMILIES["bernoulli"].log_density(y, one)) for y in (0, 1))
    assert total == pytest.approx(1.0, rel=1e-14)
    gap = np.array([1e-12, 0.5, 3.0, 20.0])
    threshold = -2.0 + np.concatenate([[0.0], np.cumsum(gap)])
    for disc in (1.0, np.full(6, 0.3)):
        masses = FAMILIES["ordlogit"].log_density(
            np.arange(6), np.repeat(one, 6), threshold, gap, disc
        )
        assert np.exp(masses).sum() == pytest.approx(1.0, rel=1e-12)
    for trials in (0, 1, 40, 3_000):
        masses = FAMILIES["binomial"].log_density(
            np.arange(trials + 1), one, np.array(trials)
        )
        assert np.exp(masses).sum() == pytest.approx(1.0, rel=1e-11)


@pytest.mark.parametrize("eta", [-700.0, -3.0, 0.0, 2.5, 7.0])
def test_masses_of_counts_add_up_to_one(eta: float) -> None:
    y = np.arange(60_000)
    one = np.array([eta])
    masses = FAMILIES["poisson"].log_density(y, one)
    assert np.exp(masses).sum() == pytest.approx(1.0, rel=1e-11)
    for shape in (0.8, 9.9, 10.1, 1e6, 1e13):
        masses = FAMILIES["negbinomial"].log_density(y, one, np.array(shape))
        assert np.exp(masses).sum() == pytest.approx(1.0, rel=1e-11)


@pytest.mark.parametrize("name", ["gamma", "exponential", "weibull", "beta"])
def test_positive_densities_have_their_mass_and_mean(name: str) -> None:
    family, arguments = FAMILIES[name], MODERATE[name]

    def density(y: float) -> float:
        return float(np.exp(family.log_density(np.array(y), **arguments))[0])

    top = 1.0 if name == "beta" else 200.0
    total, _ = integrate.quad(density, 0.0, top, points=[0.1, 0.5], limit=200)
    mean, _ = integrate.quad(
        lambda y: y * density(y), 0.0, top, points=[0.1, 0.5], limit=200
    )
    assert total == pytest.approx(1.0, rel=1e-8)
    assert mean == pytest.approx(float(family.mean(**arguments)[0]), rel=1e-8)


@pytest.mark.parametrize("name", ["gaussian", "student", "lognormal"])
def test_densities_integrate_to_one(name: str) -> None:
    """Over two halves, from the median outwards."""
    family, arguments = FAMILIES[name], MODERATE[name]

    def density(y: float) -> float:
        return float(np.exp(family.log_density(np.array(y), **arguments))[0])

    positive = name == "lognormal"
    middle = math.exp(arguments["mu"][0]) if positive else arguments["mu"][0]
    below, _ = integrate.quad(density, 0.0 if positive else -np.inf, middle)
    above, _ = integrate.quad(density, middle, np.inf)
    assert below == pytest.approx(0.5, rel=1e-8)
    assert above == pytest.approx(0.5, rel=1e-8)


@pytest.mark.parametrize("x", [-745.0, -37.0, -1e-9, 0.0, 1e-9, 0.69, 0.7, 40.0, 745.0])
def test_the_stable_functions(x: float) -> None:
    with localcontext(prec=400):
        value = Decimal(x)
        wanted = decimals.cdf(value)
        assert float(log_logistic(np.array(x))) == pytest.approx(
            float(wanted.ln()), rel=1e-14, abs=0
        )
        assert float(logistic(np.array(x))) == pytest.approx(float(wanted), rel=1e-13)
        if x > 0:
            found = float(log_one_minus_exp(np.array(x)))
            assert found == pytest.approx(
                float((1 - (-value).exp()).ln()), rel=1e-13, abs=0
            )


def test_the_decimal_logarithm() -> None:
    rng = np.random.default_rng(12)
    with localcontext(prec=decimals.DIGITS):
        numbers = [Decimal(x) for x in spread(rng, 3_000, 1e-320, 1e308).tolist()]
        numbers += [1 + Decimal(x) for x in spread(rng, 500, 1e-50, 1.0).tolist()]
        numbers += [Decimal("1e-400"), Decimal("1e400"), Decimal(1)]
        for x in numbers:
            wanted = x.ln()
            assert abs(decimals.ln(x) - wanted) <= Decimal("1e-57") * max(
                1, abs(wanted)
            )


def test_the_decimal_log_gamma() -> None:
    with localcontext(prec=decimals.DIGITS):
        for x in (1e-6, 0.3, 1.0, 2.5, 59.9, 60.1, 1e4, 1e9):
            found = float(decimals.log_gamma(Decimal(x)))
            assert found == pytest.approx(math.lgamma(x), rel=1e-14, abs=1e-15)
        product = sum((Decimal(i).ln() for i in range(2, 31)), Decimal(0))
        assert abs(decimals.log_gamma(Decimal(31)) - product) < Decimal("1e-55")


def test_functions_of_small_differences() -> None:
    rng = np.random.default_rng(3)
    x = spread(rng, 2_000, 1e-12, 50.0)
    signed = np.concatenate([x, -x])
    with localcontext(prec=decimals.DIGITS):
        numbers = [Decimal(v) for v in signed.tolist()]
        excess = np.array([float(v.exp() - 1 - v) for v in numbers])
        ratio = np.array([float((1 + v).ln() / v) for v in numbers[: len(x)]])
        less = np.array([float(v - (1 + v).ln()) for v in numbers[: len(x)]])
        wanted = []
        for v in numbers[: len(x)]:
            formula = (v - decimals.HALF) * v.ln() - v + (2 * decimals.PI).ln() / 2
            wanted.append(float(decimals.log_gamma(v) - formula))
    np.testing.assert_allclose(ARRAYS.exp_excess(signed), excess, rtol=1e-14)
    np.testing.assert_allclose(ARRAYS.log1p_ratio(x), ratio, rtol=1e-14)
    lacking = ARRAYS.gamma_remainder(x) - 0.5 * np.log(x) - HALF_LOG_2PI
    np.testing.assert_allclose(lacking, wanted, rtol=0, atol=3e-14)
    np.testing.assert_allclose(ARRAYS.log1p_excess(x), less, rtol=3e-14)
    with localcontext(prec=decimals.DIGITS):
        logs = np.array([float(decimals.log_gamma(1 + v)) for v in numbers[: len(x)]])
    off = np.abs(ARRAYS.lgamma1p(x) - logs) / np.maximum(np.abs(logs), 1e-2)
    assert off.max() < 1e-12 and (off[x < 0.03] < 1e-14).all()
    relative = np.abs(ARRAYS.lgamma1p(x[:1]) / logs[:1] - 1.0)
    assert relative.max() < 1e-14
