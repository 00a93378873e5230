"""The table of families: every row complete, and its density right."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import pytest
from numpy.typing import NDArray
from pytensor.compile.mode import Mode
from pytensor.graph.rewriting.db import RewriteDatabaseQuery
from scipy import integrate, stats

from varying.compiler.backends.source.definitions import OPERATIONS
from varying.compiler.distributions import DISTRIBUTIONS
from varying.compiler.families import FAMILIES, FAMILY_SPELLINGS, PLANNED_FAMILIES
from varying.compiler.families.family import Family, Moments
from varying.compiler.families.numerics import log_logistic, log_one_minus_exp, logistic
from varying.compiler.links import LINKS

Array = NDArray[Any]
Rng = np.random.Generator

POINTS = 10_000
#: The digits that a sum of logarithms of numbers near 1 leaves must suffice.
DIGITS = 60
MODE = Mode(
    "py", RewriteDatabaseQuery(include=["fast_compile", "canonicalize", "stabilize"])
)


@dataclass(frozen=True, slots=True)
class Sample:
    """Parameters of one family to try: a set of rows that share vectors."""

    y: Array
    arguments: dict[str, Array]


def _gaussian(rng: Rng, rows: int) -> Sample:
    mu = rng.normal(0.0, 1e3, rows)
    sigma = np.exp(rng.normal(0.0, 3.0, rows))
    y = mu + sigma * rng.normal(0.0, 10.0, rows)
    return Sample(y, {"mu": mu, "sigma": sigma})


def _far(rng: Rng, rows: int) -> Array:
    """Linear predictors near 0 and out to the ends, signs mixed."""
    return rng.choice([-1.0, 1.0], rows) * np.exp(rng.uniform(-8, math.log(700), rows))


def _bernoulli(rng: Rng, rows: int) -> Sample:
    return Sample(rng.integers(0, 2, rows), {"eta": _far(rng, rows)})


def _ordlogit(rng: Rng, rows: int) -> Sample:
    """One scale with gaps from 1e-12 to 30."""
    gap = np.exp(rng.uniform(math.log(1e-12), math.log(30.0), 18))
    threshold = -40.0 + np.concatenate([[0.0], np.cumsum(gap)])
    y = rng.integers(0, len(threshold) + 1, rows)
    return Sample(y, {"eta": _far(rng, rows), "threshold": threshold, "gap": gap})


SAMPLES: Mapping[str, Callable[[Rng, int], Sample]] = {
    "gaussian": _gaussian,
    "bernoulli": _bernoulli,
    "ordlogit": _ordlogit,
}
#: What each family is held against: a log density of one row, in decimals.
EXACT: dict[str, Callable[..., Decimal]] = {}
#: And its derivative in the predictor.
SLOPE: dict[str, Callable[..., Decimal]] = {}


def exact(table: dict[str, Callable[..., Decimal]]) -> Callable[..., Any]:
    def register(call: Callable[..., Decimal]) -> Callable[..., Decimal]:
        table[call.__name__.split("_")[2]] = call
        return call

    return register


def _cdf(x: Decimal) -> Decimal:
    return 1 / (1 + (-x).exp())


@exact(EXACT)
def _density_bernoulli(y: int, eta: Decimal) -> Decimal:
    return _cdf(eta if y == 1 else -eta).ln()


@exact(SLOPE)
def _slope_bernoulli(y: int, eta: Decimal) -> Decimal:
    return y - _cdf(eta)


def _ends(
    y: int, eta: Decimal, threshold: Array, gap: Array
) -> tuple[Decimal | None, Decimal | None]:
    """Return the thresholds around a category, minus eta.

    The upper one is the lower plus the gap, as numbers: the rounded threshold
    would not tell a gap of 1e-12.
    """
    low = Decimal(float(threshold[y - 1])) - eta if y > 0 else None
    if y == len(threshold):
        return low, None
    if low is None:
        return None, Decimal(float(threshold[0])) - eta
    return low, low + Decimal(float(gap[y - 1]))


@exact(EXACT)
def _density_ordlogit(y: int, eta: Decimal, threshold: Array, gap: Array) -> Decimal:
    low, high = _ends(y, eta, threshold, gap)
    if low is None:
        assert high is not None
        return _cdf(high).ln()
    if high is None:
        return _cdf(-low).ln()
    # the difference of the two cumulative probabilities over one denominator
    a, b = high.exp(), low.exp()
    return ((a - b) / ((1 + a) * (1 + b))).ln()


@exact(SLOPE)
def _slope_ordlogit(y: int, eta: Decimal, threshold: Array, gap: Array) -> Decimal:
    low, high = _ends(y, eta, threshold, gap)
    above = Decimal(0) if high is None else _cdf(-high)
    below = Decimal(0) if low is None else _cdf(low)
    return below - above


@exact(EXACT)
def _density_gaussian(y: float, mu: Decimal, sigma: Decimal) -> Decimal:
    z = (Decimal(y) - mu) / sigma
    two_pi = 2 * Decimal("3.14159265358979323846264338327950288419716939937510582")
    return -z * z / 2 - sigma.ln() - two_pi.ln() / 2


@exact(SLOPE)
def _slope_gaussian(y: float, mu: Decimal, sigma: Decimal) -> Decimal:
    return (Decimal(y) - mu) / (sigma * sigma)


def rows_of(sample: Sample, family: Family) -> list[tuple[Any, dict[str, Any]]]:
    """Return each row's response and arguments; those of a row in decimals."""
    shared = {"threshold", "gap"}
    found = []
    for i, y in enumerate(sample.y.tolist()):
        found.append(
            (
                y,
                {
                    name: value if name in shared else Decimal(float(value[i]))
                    for name, value in sample.arguments.items()
                },
            )
        )
    return found


def error(found: Array, wanted: Array) -> float:
    """Largest relative error; absolute where the number is below 1."""
    assert np.isfinite(found).all()
    return float(np.max(np.abs(found - wanted) / np.maximum(1.0, np.abs(wanted))))


names = pytest.mark.parametrize("name", list(FAMILIES))


# ---- every row is complete ---------------------------------------------------


@names
def test_a_family_lacks_nothing(name: str) -> None:
    family = FAMILIES[name]
    assert family.name == name
    for part in (
        family.log_density,
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
    for word in (family.predictor, *(dpar.name for dpar in family.dpars)):
        assert f"``{word}``" in family.doc, f"{word} has no line in the documentation"
    assert "Reference" in family.doc
    assert name in SAMPLES and name in EXACT and name in SLOPE


@names
def test_each_parameter_has_a_proper_default_prior(name: str) -> None:
    for dpar in FAMILIES[name].dpars:
        for moments in (Moments(0.0, 1.0), Moments(-3e5, 2e4), Moments(0.1, 1e-3)):
            default = dpar.default(moments)
            row = DISTRIBUTIONS[default.distribution]
            assert row.proper and default.reason and dpar.meaning
            assert [k for k, _ in default.arguments] == [a.name for a in row.arguments]
            for (_, value), argument in zip(
                default.arguments, row.arguments, strict=True
            ):
                assert argument.domain[0] < value < argument.domain[1]
            assert row.bounds(dict(default.arguments))[0] >= 0.0


@names
def test_the_moments_are_those_of_the_response(name: str) -> None:
    family, rng = FAMILIES[name], np.random.default_rng(1)
    y = SAMPLES[name](rng, 50).y
    moments = family.moments(y)
    assert np.isfinite(moments.m) and moments.s > 0
    assert family.moments(y[:1]).s > 0
    assert family.moments(np.repeat(y[:1], 5)).s > 0
    assert family.in_support(y).all()


@names
def test_the_source_statement_has_a_field_for_each_argument(name: str) -> None:
    family = FAMILIES[name]
    arguments = SAMPLES[name](np.random.default_rng(1), 5).arguments
    fields = {key: key for key in ("name", "observed", "dims", *arguments)}
    text = family.source.statement.format(**fields)
    namespace: dict[str, Any] = {"pm": pm, "pt": pt, "np": np}
    exec(family.source.definitions, namespace)
    compile(text, name, "eval")
    for key in arguments:
        assert key in text


def test_the_spellings_are_unique() -> None:
    spelled = [s for f in FAMILIES.values() for s in (f.name, *f.aliases)]
    assert len(spelled) == len(set(spelled)) == len(FAMILY_SPELLINGS)
    assert not set(PLANNED_FAMILIES) & set(FAMILY_SPELLINGS)
    assert OPERATIONS


# ---- density ---------------------------------------------------------------------


@names
def test_the_density_is_exact(name: str) -> None:
    family = FAMILIES[name]
    sample = SAMPLES[name](np.random.default_rng(7), POINTS)
    with localcontext(prec=DIGITS):
        wanted = [float(EXACT[name](y, **a)) for y, a in rows_of(sample, family)]
    found = family.log_density(sample.y, **sample.arguments)
    assert error(found, np.array(wanted)) < 1e-10


@names
def test_the_gradient_is_exact(name: str) -> None:
    family = FAMILIES[name]
    sample = SAMPLES[name](np.random.default_rng(8), POINTS)
    with localcontext(prec=DIGITS):
        wanted = [float(SLOPE[name](y, **a)) for y, a in rows_of(sample, family)]
    moved = dict(sample.arguments)
    moved[family.predictor] = moved[family.predictor] + 1e-30j
    found = np.imag(family.log_density(sample.y, **moved)) / 1e-30
    assert error(found, np.array(wanted)) < 1e-10


def test_the_normal_density_is_that_of_scipy() -> None:
    sample = _gaussian(np.random.default_rng(9), POINTS)
    mu, sigma = sample.arguments["mu"], sample.arguments["sigma"]
    found = FAMILIES["gaussian"].log_density(sample.y, mu, sigma)
    assert error(found, stats.norm.logpdf(sample.y, mu, sigma)) < 1e-10


def test_the_bernoulli_mass_is_that_of_scipy() -> None:
    sample = _bernoulli(np.random.default_rng(9), POINTS)
    eta = sample.arguments["eta"]
    wanted = stats.logistic.logcdf(np.where(sample.y == 1, eta, -eta))
    assert error(FAMILIES["bernoulli"].log_density(sample.y, eta), wanted) < 1e-10


def test_the_ordinal_mass_is_a_difference_of_scipy() -> None:
    """Where a difference of cumulative probabilities still has digits."""
    rng = np.random.default_rng(9)
    threshold = np.sort(rng.normal(0.0, 2.0, 6))
    eta, y = rng.normal(0.0, 2.0, POINTS), rng.integers(0, 7, POINTS)
    ends = np.concatenate([[-np.inf], threshold, [np.inf]])
    mass = stats.logistic.cdf(ends[y + 1] - eta) - stats.logistic.cdf(ends[y] - eta)
    found = FAMILIES["ordlogit"].log_density(y, eta, threshold, np.diff(threshold))
    assert error(np.exp(found), mass) < 1e-13


def test_the_ordinal_mass_of_two_categories_is_bernoulli() -> None:
    rng = np.random.default_rng(9)
    eta, y = _far(rng, POINTS), rng.integers(0, 2, POINTS)
    found = FAMILIES["ordlogit"].log_density(y, eta, np.array([0.3]), np.zeros(0))
    assert error(found, FAMILIES["bernoulli"].log_density(y, eta - 0.3)) < 1e-12


@pytest.mark.parametrize("eta", [-700.0, -30.0, 0.0, 2.5, 700.0])
def test_masses_add_up_to_one(eta: float) -> None:
    one = np.array([eta])
    total = sum(np.exp(FAMILIES["bernoulli"].log_density(y, one)) for y in (0, 1))
    assert total == pytest.approx(1.0, rel=1e-14)
    gap = np.array([1e-12, 0.5, 3.0, 20.0])
    threshold = -2.0 + np.concatenate([[0.0], np.cumsum(gap)])
    total = np.exp(
        FAMILIES["ordlogit"].log_density(
            np.arange(6), np.repeat(one, 6), threshold, gap
        )
    ).sum()
    assert total == pytest.approx(1.0, rel=1e-12)


def test_the_normal_density_integrates_to_one() -> None:
    density = FAMILIES["gaussian"].log_density
    area, _ = integrate.quad(
        lambda y: float(np.exp(density(y, np.array(3.0), np.array(0.7)))),
        -np.inf,
        np.inf,
    )
    assert area == pytest.approx(1.0, rel=1e-9)


@pytest.mark.parametrize("x", [-745.0, -37.0, -1e-9, 0.0, 1e-9, 0.69, 0.7, 40.0, 745.0])
def test_the_stable_functions(x: float) -> None:
    with localcontext(prec=400):
        value = Decimal(x)
        wanted = _cdf(value)
        assert float(log_logistic(np.array(x))) == pytest.approx(
            float(wanted.ln()), rel=1e-14, abs=0
        )
        assert float(logistic(np.array(x))) == pytest.approx(float(wanted), rel=1e-13)
        if x > 0:
            found = float(log_one_minus_exp(np.array(x)))
            assert found == pytest.approx(
                float((1 - (-value).exp()).ln()), rel=1e-13, abs=0
            )


# ---- draws -------------------------------------------------------------------------

DRAWS = 40_000
MODERATE: Mapping[str, dict[str, Array]] = {
    "gaussian": {"mu": np.array([3.0]), "sigma": np.array([0.7])},
    "bernoulli": {"eta": np.array([0.6])},
    "ordlogit": {
        "eta": np.array([0.4]),
        "threshold": np.array([-1.0, 0.2, 1.7]),
        "gap": np.array([1.2, 1.5]),
    },
}


def repeated(name: str, count: int) -> dict[str, Array]:
    shared = {"threshold", "gap"}
    return {
        key: value if key in shared else np.repeat(value, count)
        for key, value in MODERATE[name].items()
    }


def assert_drawn_from(name: str, draws: Array) -> None:
    """Hold draws against the density (5 standard errors) and the mean."""
    family = FAMILIES[name]
    mean = float(family.mean(**MODERATE[name])[0])
    assert draws.mean() == pytest.approx(
        mean, abs=5 * draws.std() / math.sqrt(len(draws))
    )
    if family.response == "continuous":
        edges = np.quantile(draws, [0.05, 0.3, 0.6, 0.9])
        for edge in edges:
            wanted, _ = integrate.quad(
                lambda y: float(np.exp(family.log_density(y, **MODERATE[name]))[0]),
                -np.inf,
                edge,
            )
            share = (draws <= edge).mean()
            assert share == pytest.approx(wanted, abs=5 * 0.5 / math.sqrt(len(draws)))
        return
    for y in range(int(draws.max()) + 1):
        wanted = float(np.exp(family.log_density(np.array([y]), **MODERATE[name]))[0])
        spread = 5 * math.sqrt(wanted * (1 - wanted) / len(draws))
        assert (draws == y).mean() == pytest.approx(wanted, abs=spread)


@names
def test_simulated_responses_follow_the_density(name: str) -> None:
    rng = np.random.default_rng(3)
    draws = FAMILIES[name].simulate(rng, **repeated(name, DRAWS))
    assert draws.shape == (DRAWS,)
    assert FAMILIES[name].in_support(draws).all()
    assert_drawn_from(name, draws.astype(float))


def graph_of(name: str, arguments: Mapping[str, Array], observed: Array) -> pm.Model:
    with pm.Model(coords={"row": range(len(observed))}) as model:
        FAMILIES[name].observe(
            pm,
            pt,
            "y",
            {key: pt.as_tensor_variable(value) for key, value in arguments.items()},
            pm.Data("observed", observed, dims="row"),
            "row",
        )
    return model


@names
def test_the_graph_draws_from_the_density(name: str) -> None:
    arguments = repeated(name, DRAWS)
    observed = FAMILIES[name].simulate(np.random.default_rng(4), **arguments)
    model = graph_of(name, arguments, observed)
    draws = pm.draw(model["y"], random_seed=5, mode=MODE)
    assert draws.shape == (DRAWS,)
    assert_drawn_from(name, draws.astype(float))


@names
def test_the_graph_has_the_density_and_gradient(name: str) -> None:
    """Also in the far tails: the gradient must stay a number there."""
    family = FAMILIES[name]
    sample = SAMPLES[name](np.random.default_rng(11), 2_000)
    predictor = pt.dvector("predictor")
    arguments: dict[str, Any] = {
        key: pt.as_tensor_variable(value) for key, value in sample.arguments.items()
    }
    arguments[family.predictor] = predictor
    with pm.Model(coords={"row": range(len(sample.y))}) as model:
        family.observe(
            pm, pt, "y", arguments, pm.Data("observed", sample.y, dims="row"), "row"
        )
    density = pm.logp(model["y"], model["observed"])
    slope = pt.grad(density.sum(), predictor)
    at = sample.arguments[family.predictor]
    found, gradient = pm.compile([predictor], [density, slope], mode=MODE)(at)
    wanted = family.log_density(sample.y, **sample.arguments)
    assert error(found, wanted) < 1e-10
    moved = {**sample.arguments, family.predictor: at + 1e-30j}
    exact_slope = np.imag(family.log_density(sample.y, **moved)) / 1e-30
    assert error(gradient, exact_slope) < 1e-10


def test_a_sure_bernoulli_has_a_gradient() -> None:
    """Density and gradient in one function, as samplers compile them.

    What they share must not keep rewrites from saving the gradient beyond eta = 37.
    """
    with pm.Model(coords={"row": range(4)}) as model:
        b = pm.Normal("b", 0.0, 1.0, shape=2)
        eta = pm.Data("X", np.ones((4, 2))) @ b
        observed = pm.Data("observed", np.array([0, 1, 0, 1]), dims="row")
        FAMILIES["bernoulli"].observe(pm, pt, "y", {"eta": eta}, observed, "row")
    density = model.logp()
    slope = pt.grad(density, model.value_vars[0])
    both = pm.compile(model.value_vars, [density, slope], mode=MODE)
    np.testing.assert_allclose(both(np.array([30.0, 30.0]))[1], [-32.0, -32.0])
