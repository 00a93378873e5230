"""The distributions a prior may name: densities, charts, truncation, LKJ."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal, localcontext
from typing import Any

import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt
import pytest
from numpy.typing import NDArray
from scipy import integrate, special, stats

from varying.compiler.backends.pymc.operations import lkj_cholesky
from varying.compiler.data.frames import table_from_frame
from varying.compiler.distributions.table import (
    DISTRIBUTIONS,
    POSITIVE,
    REAL,
    SPELLINGS,
    UNIT,
    Distribution,
)
from varying.compiler.driver import Request, compile_spec
from varying.compiler.program.expressions import Const
from varying.compiler.program.interpret.charts import from_unconstrained
from varying.compiler.program.interpret.density import cholesky
from varying.compiler.program.interpret.truncation import log_mass
from varying.compiler.program.ir import Correlation, Group, Parameter, Prior
from varying.grammar.source import Source

Array = NDArray[Any]

ROWS = list(DISTRIBUTIONS.values())
UNIVARIATE = [row for row in ROWS if row.name != "dirichlet"]
every = pytest.mark.parametrize("row", UNIVARIATE, ids=lambda row: row.name)
COUNT = 500

#: SciPy's name of a row, written here once more, apart from the table.
SCIPY: Mapping[str, Any] = {
    "normal": lambda mu, sigma: stats.norm(mu, sigma),
    "student_t": lambda nu, mu, sigma: stats.t(nu, mu, sigma),
    "cauchy": lambda mu, sigma: stats.cauchy(mu, sigma),
    "laplace": lambda mu, sigma: stats.laplace(mu, sigma),
    "logistic": lambda mu, sigma: stats.logistic(mu, sigma),
    "gumbel": lambda mu, sigma: stats.gumbel_r(mu, sigma),
    "half_normal": lambda sigma: stats.halfnorm(0, sigma),
    "half_student_t": lambda nu, sigma: _HalfT(nu, sigma),
    "half_cauchy": lambda sigma: stats.halfcauchy(0, sigma),
    "exponential": lambda rate: stats.expon(0, 1 / rate),
    "gamma": lambda alpha, beta: stats.gamma(alpha, 0, 1 / beta),
    "inverse_gamma": lambda alpha, beta: stats.invgamma(alpha, 0, beta),
    "lognormal": lambda mu, sigma: stats.lognorm(sigma, 0, np.exp(mu)),
    "weibull": lambda alpha, beta: stats.weibull_min(alpha, 0, beta),
    "beta": lambda alpha, beta: stats.beta(alpha, beta),
    "uniform": lambda lower, upper: stats.uniform(lower, upper - lower),
    "chi_squared": lambda nu: stats.chi2(nu),
    "pareto": lambda alpha, m: stats.pareto(alpha, 0, m),
    "triangular": lambda lower, c, upper: stats.triang(
        (c - lower) / (upper - lower), lower, upper - lower
    ),
    "wald": lambda mu, lam: stats.invgauss(mu / lam, 0, lam),
    "skew_normal": lambda mu, sigma, alpha: stats.skewnorm(alpha, mu, sigma),
    "skew_student_t": lambda a, b, mu, sigma: _SkewT(a, b, mu, sigma),
    "ex_gaussian": lambda mu, sigma, nu: stats.exponnorm(nu / sigma, mu, sigma),
    "asymmetric_laplace": lambda kappa, mu, rate: stats.laplace_asymmetric(
        kappa, mu, 1 / rate
    ),
    "moyal": lambda mu, sigma: stats.moyal(mu, sigma),
    "rice": lambda nu, sigma: stats.rice(nu / sigma, 0, sigma),
    "logit_normal": lambda mu, sigma: stats.johnsonsb(-mu / sigma, 1 / sigma),
    "kumaraswamy": lambda a, b: _Kumaraswamy(a, b),
    "von_mises": lambda mu, kappa: _Angles(mu, kappa),
}


class _HalfT:
    def __init__(self, nu: Array, sigma: Array) -> None:
        self.whole = stats.t(nu, 0, sigma)

    def logpdf(self, x: Array) -> Array:
        return math.log(2) + self.whole.logpdf(x)

    def ppf(self, q: Array) -> Array:
        return self.whole.ppf(0.5 + q / 2)


class _Kumaraswamy:
    """SciPy's beta of a power, as it has none of the name."""

    def __init__(self, a: Array, b: Array) -> None:
        self.a, self.power = a, stats.beta(1.0, b)

    def logpdf(self, x: Array) -> Array:
        slope = np.log(self.a) + (self.a - 1.0) * np.log(x)
        return np.asarray(self.power.logpdf(x**self.a) + slope)

    def ppf(self, q: Array) -> Array:
        return np.asarray(self.power.ppf(q) ** (1.0 / self.a))


class _SkewT:
    """SciPy's, whose density loses its digits far out: that is of 40 digits here."""

    def __init__(self, *given: Array) -> None:
        self.given, self.whole = given, stats.jf_skew_t(*given)

    def logpdf(self, x: Array) -> Array:
        return np.array(
            [float(_skew_t(*one)) for one in zip(x, *self.given, strict=True)]
        )

    def ppf(self, q: Array) -> Array:
        # of a share of 1 - 1e-17 it has no number
        with np.errstate(divide="ignore"):
            return np.clip(self.whole.ppf(q), -1e12, 1e12)


def _skew_t(*given: float) -> float:
    x, a, b, mu, sigma = map(Decimal, given)
    with localcontext(prec=40):
        z, whole = (x - mu) / sigma, a + b
        share = z / (whole + z * z).sqrt()
        half = Decimal("0.5")
        shape = (a + half) * (1 + share).ln() + (b + half) * (1 - share).ln()
        area = (whole - 1) * Decimal(2).ln() + half * whole.ln() + sigma.ln()
    return float(shape - area) - float(special.betaln(*given[1:3]))


class _Angles:
    """SciPy's von Mises numbers, from -pi to pi."""

    def __init__(self, mu: Array, kappa: Array) -> None:
        self.mu, self.kappa = mu, kappa

    def logpdf(self, x: Array) -> Array:
        return np.asarray(stats.vonmises(self.kappa, self.mu).logpdf(x))

    def ppf(self, q: Array) -> Array:
        return np.asarray((2.0 * q - 1.0) * math.pi)


def arguments_of(row: Distribution, rng: np.random.Generator) -> dict[str, Array]:
    if row.name == "uniform":
        lower = rng.normal(0.0, 3.0, COUNT)
        return {"lower": lower, "upper": lower + rng.uniform(0.1, 5.0, COUNT)}
    if row.name == "triangular":
        lower = rng.normal(0.0, 3.0, COUNT)
        c = lower + rng.uniform(0.1, 5.0, COUNT)
        return {"lower": lower, "c": c, "upper": c + rng.uniform(0.1, 5.0, COUNT)}
    return {
        a.name: rng.uniform(0.3, 6.0, COUNT)
        if a.domain == POSITIVE
        else rng.normal(0.0, 3.0, COUNT)
        for a in row.arguments
    }


def values_of(
    row: Distribution, arguments: Mapping[str, Array], rng: np.random.Generator
) -> Array:
    if not row.proper:
        found = rng.normal(0.0, 100.0, COUNT)
        return np.abs(found) if row.support == POSITIVE else found
    # the ends as well: quantiles down to 1e-6
    quantile = special.expit(rng.uniform(-14, 14, COUNT))
    found = np.asarray(SCIPY[row.name](**arguments).ppf(quantile))
    return np.clip(found, 1e-9, 1 - 1e-6) if row.support == UNIT else found


def error(found: Array, wanted: Array) -> float:
    assert np.isfinite(found).all() and np.isfinite(wanted).all()
    return float(np.max(np.abs(found - wanted) / np.maximum(1.0, np.abs(wanted))))


# ---- densities -----------------------------------------------------------------


@every
def test_the_density_is_that_of_scipy(row: Distribution) -> None:
    rng = np.random.default_rng(1)
    arguments = arguments_of(row, rng)
    values = values_of(row, arguments, rng)
    found = row.log_density(values, **arguments)
    assert found.shape == values.shape
    wanted = (
        np.zeros(COUNT)
        if not row.proper
        else SCIPY[row.name](**arguments).logpdf(values)
    )
    assert error(found, wanted) < 1e-10


@every
def test_the_density_is_that_of_pymc(row: Distribution) -> None:
    rng = np.random.default_rng(2)
    arguments = arguments_of(row, rng)
    values = values_of(row, arguments, rng)
    if row.name == "skew_student_t":
        # beyond, a difference that it takes has no digits
        far = 50.0 * arguments["sigma"]
        values = np.clip(values, arguments["mu"] - far, arguments["mu"] + far)
    keywords = {a.keyword: arguments[a.name] for a in row.arguments}
    graph = pm.logp(getattr(pm, row.pymc).dist(**keywords, size=COUNT), values)
    found = pytensor.function([], graph, mode="FAST_COMPILE")()
    # it takes the logarithm of some constants in single precision, and under erf,
    # whose log is steep in the thin tail, the root of 2
    steep = ("skew_normal", "skew_student_t", "ex_gaussian")
    close = 1e-7 if row.name in steep else 1e-8
    assert error(row.log_density(values, **arguments), found) < close


@every
def test_the_derivative_is_that_of_differences(row: Distribution) -> None:
    """The complex step must go through: no ``abs``, no comparison."""
    rng = np.random.default_rng(3)
    arguments = {k: v[:50] for k, v in arguments_of(row, rng).items()}
    values = values_of(row, arguments_of(row, np.random.default_rng(3)), rng)[:50]
    step = 1e-6 * np.minimum(1.0, np.abs(values))
    if row.support == UNIT:
        step *= 1.0 - values
    found = np.imag(row.log_density(values + 1e-30j, **arguments)) / 1e-30
    up, down = (row.log_density(values + s, **arguments) for s in (step, -step))
    wanted = (up - down) / (2 * step)
    size = np.maximum(np.abs(found), 1e-9 / step)
    assert np.max(np.abs(found - wanted) / np.maximum(size, 1.0)) < 1e-3


@every
def test_the_row_is_complete(row: Distribution) -> None:
    assert SPELLINGS[row.name] == row.name
    assert all(SPELLINGS[alias] == row.name for alias in row.aliases)
    assert hasattr(pm, row.pymc)
    assert row.location is None or row.location in [a.name for a in row.arguments]
    if row.location is not None:
        # what moves the location moves the density
        rng = np.random.default_rng(4)
        arguments = arguments_of(row, rng)
        values = values_of(row, arguments, rng)
        moved = {**arguments, row.location: arguments[row.location] + 5.0}
        left = row.log_density(values, **arguments)
        assert error(row.log_density(values + 5.0, **moved), left) < 1e-9


def test_the_dirichlet_is_that_of_scipy() -> None:
    rng = np.random.default_rng(5)
    for _ in range(20):
        alpha = rng.uniform(0.5, 5.0, 4)
        value = rng.dirichlet(alpha)
        found = DISTRIBUTIONS["dirichlet"].log_density(value, alpha=alpha)
        assert float(found) == pytest.approx(stats.dirichlet.logpdf(value, alpha))


# ---- truncation ----------------------------------------------------------------

CUT = [row for row in UNIVARIATE if row.can_be_cut]


@pytest.mark.parametrize("row", CUT, ids=lambda row: row.name)
@pytest.mark.parametrize("ends", [(0.2, 0.9), (0.2, None), (None, 0.9), (None, None)])
def test_the_mass_between_bounds(
    row: Distribution, ends: tuple[float | None, float | None]
) -> None:
    rng = np.random.default_rng(6)
    arguments = {k: float(v[0]) for k, v in arguments_of(row, rng).items()}
    chosen = SCIPY[row.name](**arguments)
    lower, upper = (None if q is None else float(chosen.ppf(q)) for q in ends)
    found = float(log_mass(row, arguments, lower, upper))
    wanted = (1.0 if ends[1] is None else ends[1]) - (ends[0] or 0.0)
    assert found == pytest.approx(math.log(wanted), abs=1e-10)
    low, high = row.bounds(arguments)
    with np.errstate(over="ignore"):
        area, _ = integrate.quad(
            lambda x: np.exp(
                float(row.log_density(np.asarray(x), **arguments)) - found
            ),
            low if lower is None else lower,
            high if upper is None else upper,
            limit=200,
        )
    assert area == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("bounds", [(10.0, 11.0), (-11.0, -10.0), (30.0, 31.0)])
def test_the_mass_in_a_far_tail(bounds: tuple[float, float]) -> None:
    found = log_mass(DISTRIBUTIONS["normal"], {"mu": 0.0, "sigma": 1.0}, *bounds)
    near = min(map(abs, bounds))
    area, _ = integrate.quad(
        lambda t: math.exp(-near * t - 0.5 * t * t), 0.0, 1.0, epsabs=0
    )
    wanted = -0.5 * near**2 - 0.5 * math.log(2 * math.pi) + math.log(area)
    assert float(found) == pytest.approx(wanted, rel=1e-10)


# ---- charts ----------------------------------------------------------------------

_PRIOR = Prior("normal", (("mu", Const(0.0)), ("sigma", Const(1.0))))
CHARTS: Mapping[str, Parameter] = {
    "real": Parameter("p", ("a",), _PRIOR),
    "positive": Parameter("p", ("a",), _PRIOR, bounds=POSITIVE),
    "above": Parameter("p", ("a",), _PRIOR, bounds=(-2.5, math.inf)),
    "below": Parameter("p", ("a",), _PRIOR, bounds=(-math.inf, 3.0)),
    "unit": Parameter("p", ("a",), _PRIOR, bounds=(0.0, 1.0)),
    "interval": Parameter("p", ("a",), _PRIOR, bounds=(-2.0, 5.0)),
    "ordered": Parameter("p", ("a",), _PRIOR, "ordered"),
    "simplex": Parameter("p", ("a",), _PRIOR, "simplex"),
}


@pytest.mark.parametrize("name", list(CHARTS))
@pytest.mark.parametrize("size", [1, 2, 5])
def test_the_jacobian_of_a_chart(name: str, size: int) -> None:
    parameter, rng = CHARTS[name], np.random.default_rng(size)
    x = rng.normal(0.0, 1.5, size)
    value, jacobian = from_unconstrained(parameter, x)
    low, high = parameter.bounds
    assert (value >= low).all() and (value <= high).all()
    if name == "ordered":
        assert (np.diff(value) > 0).all()
    if name == "simplex":
        assert len(value) == size + 1 and value.sum() == pytest.approx(1.0)
    columns = []
    for place in range(size):
        moved = x.astype(complex)
        moved[place] += 1e-30j
        columns.append(np.imag(from_unconstrained(parameter, moved)[0])[:size] / 1e-30)
    sign, wanted = np.linalg.slogdet(np.column_stack(columns))
    assert sign == (-1.0 if name == "below" and size % 2 else 1.0)
    assert float(np.real(jacobian)) == pytest.approx(wanted, abs=1e-10)


@pytest.mark.parametrize("name", list(CHARTS))
def test_a_chart_reaches_far_and_stays_finite(name: str) -> None:
    for x in (-600.0, -40.0, 40.0, 600.0):
        value, jacobian = from_unconstrained(CHARTS[name], np.array([x, 0.5]))
        assert np.isfinite(value).all() or name == "ordered"
        assert np.isfinite(jacobian)


# ---- correlations ----------------------------------------------------------------


def group_of(size: int) -> Group:
    pairs = Correlation("pcor", tuple(range(size)))
    return Group("g", "g", "g_coef", "sd_g", (pairs,), "r_g", "z_g", "cor_g")


def correlations(partial: Array, size: int) -> Array:
    factor = cholesky(group_of(size), {"pcor": partial}, size)
    return np.asarray(factor @ factor.T)


def lkj_parameter(size: int, eta: float) -> Parameter:
    """Return the prior that the compiler itself gives to the partial correlations."""
    rng = np.random.default_rng(1)
    data: dict[str, Any] = {f"x{i}": rng.normal(size=30) for i in range(1, size)}
    data["y"] = rng.normal(size=30)
    data["g"] = [f"g{i % 6}" for i in range(30)]
    terms = " + ".join(["1", *(f"x{i}" for i in range(1, size))])
    text = f"y ~ 1 + ({terms} | g)\n  prior cor[g] ~ lkj({eta})"
    program = compile_spec(Request(Source(text), table_from_frame(data))).program
    return program.parameter("pcor_g")


def log_constant(size: int, eta: float) -> float:
    """Log of the LKJ density's constant (Lewandowski et al. 2009, eq. 16)."""
    total = 0.0
    for k in range(1, size):
        a = eta + (size - k - 1) / 2
        total += (2 * (eta - 1) + size - k) * (size - k) * math.log(2)
        total += (size - k) * float(special.betaln(a, a))
    return -total


@pytest.mark.parametrize("eta", [0.7, 1.0, 2.0, 4.5])
@pytest.mark.parametrize("size", [2, 3, 4])
def test_partial_correlations_give_lkj(size: int, eta: float) -> None:
    """The priors on partial correlations, through the Jacobian, are LKJ."""
    prior = lkj_parameter(size, eta).prior
    rng = np.random.default_rng(size)
    count = size * (size - 1) // 2
    below = np.tril_indices(size, -1)
    arguments = {
        name: np.asarray(value.value)
        for name, value in prior.arguments
        if isinstance(value, Const)
    }
    assert set(arguments) == {"alpha", "beta"}
    for _ in range(20):
        p = rng.uniform(0.05, 0.95, count)
        mine = DISTRIBUTIONS["beta"].log_density(p, **arguments).sum()
        matrix = correlations(p, size)
        np.testing.assert_allclose(np.diagonal(matrix), 1.0)
        columns = []
        for place in range(count):
            moved = p.astype(complex)
            moved[place] += 1e-30j
            columns.append(np.imag(correlations(moved, size)[below]) / 1e-30)
        jacobian = np.linalg.slogdet(np.column_stack(columns))[1]
        wanted = log_constant(size, eta)
        wanted += (eta - 1) * np.linalg.slogdet(matrix)[1] + jacobian
        assert mine == pytest.approx(wanted, abs=1e-10)


def test_the_constant_of_two_correlations() -> None:
    """By quadrature: nothing of the vine in it."""
    for eta in (0.7, 1.0, 3.0):
        area, _ = integrate.quad(lambda r: (1 - r * r) ** (eta - 1), -1, 1)  # noqa: B023
        assert log_constant(2, eta) == pytest.approx(-math.log(area), abs=1e-6)


@pytest.mark.parametrize("size", [2, 3, 4, 6])
def test_the_graph_has_the_same_factor(size: int) -> None:
    partial = np.random.default_rng(size).uniform(0.02, 0.98, size * (size - 1) // 2)
    wanted = cholesky(group_of(size), {"pcor": partial}, size)
    found = lkj_cholesky(pt.as_tensor_variable(partial), size).eval(mode="FAST_COMPILE")
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-14)
    assert (np.diagonal(wanted) > 0).all()


@pytest.mark.parametrize(("size", "eta"), [(2, 1.0), (3, 2.0), (4, 0.8)])
def test_the_variance_of_prior_correlations(size: int, eta: float) -> None:
    """Every correlation is Beta(a, a) on (-1, 1): its variance is 1 / (2a + 1)."""
    parameter = lkj_parameter(size, eta)
    alpha = dict(parameter.prior.arguments)["alpha"]
    assert isinstance(alpha, Const)
    draws, rng = 20_000, np.random.default_rng(1)
    partial = rng.beta(alpha.value, alpha.value, (draws, size * (size - 1) // 2))
    found = np.array([correlations(p, size) for p in partial])
    a = eta - 1 + size / 2
    for i, k in zip(*np.tril_indices(size, -1), strict=True):
        squares = found[:, i, k] ** 2
        spread = 5 * squares.std() / math.sqrt(draws)
        assert squares.mean() == pytest.approx(1 / (2 * a + 1), abs=spread)
        assert abs(found[:, i, k].mean()) < 5 * math.sqrt(1 / (2 * a + 1) / draws)


def test_only_distributions_of_the_whole_line_are_moved() -> None:
    """What shifts with the predictors' means lives on the whole line."""
    for row in ROWS:
        assert row.location is None or row.support == REAL
