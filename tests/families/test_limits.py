"""Censored and truncated responses: SciPy in both tails, slopes, draws, means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import special, stats

from varying.compiler.distributions.density.arrays import ARRAYS
from varying.compiler.families import FAMILIES
from varying.compiler.families.cdf import atoms_of
from varying.compiler.families.combined.limits import LIMITS, is_whole, mean_of
from varying.compiler.families.family import Family

from ..backends.kernel.compiled import scalar
from .further import TRIED
from .mixed import Mixed, between
from .samples import error

Array = NDArray[Any]
POINTS = 500
#: Times with answers have a test of their own: `test_wiener_limits.py`.
WITH_TAILS = [
    name
    for name, family in FAMILIES.items()
    if family.tails is not None and family.answers is None
]
#: Families of shares between 0 and 1.
SHARES = (
    *("beta", "kumaraswamy", "zero_inflated_beta"),
    *("zero_one_inflated_beta", "ordered_beta"),
)
COMBINED = ["cens", "cens upper", "lb", "ub", "lb ub", "cens upper lb ub"]
#: One of all limits stands for the rest: what is combined is the same for every family.
WHOLE = ["cens upper lb ub"]
#: Families that are asked for each: numbers, positive ones, and whole ones.
EACH = (
    *("gaussian", "weibull", "poisson"),
    *("zero_inflated_poisson", "hurdle_negbinomial", "ordered_beta"),
)
DRAWN = [
    (family, limits)
    for family in WITH_TAILS
    for limits in ("lb", "ub", "lb ub", "cens", "cens lb")
    if family in EACH or limits in ("lb", "ub")
]
cases = pytest.mark.parametrize(
    "name",
    [
        f"{family} | {limits}"
        for family in WITH_TAILS
        for limits in (COMBINED if family in EACH else WHOLE)
    ],
)


def law(family: str, p: Mapping[str, Array]) -> Any:
    """Return SciPy's distribution."""
    for head, share in (("zero_inflated_", "zi"), ("hurdle_", "hu")):
        if family.startswith(head):
            own = {name: value for name, value in p.items() if name != share}
            above = head == "hurdle_" and is_whole(FAMILIES[family])
            atoms = {0.0: np.log(p[share])}
            own_law = law(family.removeprefix(head), own)
            return Mixed(own_law, atoms, np.log1p(-p[share]), above)
    if family in TRIED:
        return TRIED[family].law(**{name: p[name] for name in TRIED[family].moderate})
    match family:
        case "gaussian":
            return stats.norm(p["mu"], p["sigma"])
        case "lognormal":
            return stats.lognorm(p["sigma"], 0.0, np.exp(p["mu"]))
        case "exponential":
            return stats.expon(0.0, np.exp(p["eta"]))
        case "weibull":
            scale = np.exp(p["eta"] - special.gammaln(1.0 + 1.0 / p["shape"]))
            return stats.weibull_min(p["shape"], 0.0, scale)
        case "student":
            return stats.t(p["nu"], p["mu"], p["sigma"])
        case "gamma":
            return stats.gamma(p["shape"], 0.0, np.exp(p["eta"]) / p["shape"])
        case "beta":
            share = special.expit(p["eta"])
            return stats.beta(p["phi"] * share, p["phi"] * special.expit(-p["eta"]))
        case "zero_one_inflated_beta":
            zero, one = p["zoi"] * (1.0 - p["coi"]), p["zoi"] * p["coi"]
            atoms = {0.0: np.log(zero), 1.0: np.log(one)}
            return Mixed(law("beta", dict(p)), atoms, np.log1p(-p["zoi"]))
        case "ordered_beta":
            low = p["eta"] - p["cutzero"]
            zero, one = special.expit(-low), special.expit(low - p["cutgap"])
            inside = np.log(special.expit(low) - one)
            return Mixed(
                law("beta", dict(p)), {0.0: np.log(zero), 1.0: np.log(one)}, inside
            )
        case "poisson":
            return stats.poisson(np.exp(p["eta"]))
        case "negbinomial" | "geometric":
            shape = p.get("shape", np.asarray(1.0))
            return stats.nbinom(shape, shape / (shape + np.exp(p["eta"])))
        case "beta_binomial":
            a, b = (p["phi"] * special.expit(x) for x in (p["eta"], -p["eta"]))
            return stats.betabinom(p["trials"], a, b)
        case "binomial":
            return stats.binom(p["trials"], special.expit(p["eta"]))
    raise ValueError(family)


def sample(name: str, rng: np.random.Generator) -> tuple[Array, dict[str, Array]]:
    """Return responses and arguments, some far out in a tail."""
    base, _, limits = name.partition(" | ")
    family = FAMILIES[base]
    p: dict[str, Array] = {family.predictor: rng.normal(0.0, 1.0, POINTS)}
    for dpar in family.dpars:
        p[dpar.name] = np.exp(rng.normal(0.3, 0.5, POINTS))
        if dpar.support == "unit":
            p[dpar.name] = rng.uniform(0.02, 0.98, POINTS)
    for other, make in (TRIED[base].other if base in TRIED else {}).items():
        p[other] = make(rng, POINTS)
    # their logs: from the distribution's own, and 30 sds or e^3 off
    z = rng.normal(0.0, 1.0, POINTS) * np.where(rng.random(POINTS) < 0.3, 10.0, 1.0)
    points = p[family.predictor] + p.get("sigma", 1.0) * z
    wide = np.exp(rng.normal(0.0, 1.0, POINTS))
    whole = is_whole(family)
    if family.known:
        p["trials"] = np.floor(np.exp(rng.uniform(1.0, 6.0, POINTS)))
        points = np.clip(special.expit(points), 0.02, 0.9) * p["trials"]
    elif base == "von_mises":
        points = rng.uniform(-3.1, 3.1, POINTS)
        wide = (3.14 - points) * rng.uniform(0.05, 0.9, POINTS)
    elif base in SHARES:
        points = special.expit(np.clip(points, -12.0, 5.0))
        wide = (1.0 - points) * rng.uniform(0.05, 0.9, POINTS)
    elif family.tails is not None and family.tails.lowest > -2.0:
        points = p.get("ndt", 0.0) + np.exp(np.clip(points, -5.0, 5.0))
    # one may end where no float is far, below the other's mode there is nothing
    if base in ("gen_extreme_value", "frechet"):
        points = family.simulate(rng, **p)
    if whole:
        points, wide = np.floor(points) + 1.0, np.ceil(wide)
        points = np.minimum(points, p.get("trials", np.inf))
    atoms = family.tails.atoms if family.tails is not None else ()
    if whole and {"zi", "hu"} & {*p}:
        atoms = (0.0,)
    for value in () if whole and "lb" in limits else atoms:
        points = np.where(rng.random(POINTS) < 0.2, value, points)
        wide = np.where(points == 1.0, 0.0, wide) if 1.0 in atoms else wide
    beyond = 0.0 if base in SHARES else np.abs(points) + 1.0
    found = {
        "cens": rng.integers(-1, 3 if "upper" in limits else 2, POINTS) * 1.0,
        "upper": points + wide,
        "lb": points - 0.5 * beyond * rng.random(POINTS),
        "ub": points + wide + beyond * rng.random(POINTS),
    }
    if family.tails is not None and family.tails.lowest > -2.0:
        found["lb"] = points * rng.uniform(0.01, 0.95, POINTS)
    if whole:
        found |= {"lb": np.ceil(found["lb"]), "ub": np.ceil(found["ub"])}
    if base == "von_mises":
        found["lb"] = points - (points + 3.14) * rng.random(POINTS)
        found["ub"] = found["upper"] + (3.14 - found["upper"]) * rng.random(POINTS)
    if 1.0 in atoms:
        found["cens"] = np.where(points == 1.0, 0.0, found["cens"])
    if family.known:
        # nothing is above all trials
        found["cens"] = np.where(points >= p["trials"], 0.0, found["cens"])
        p = {**p, "trials": p["trials"] + 0.0}
    return points, {**p, **{one: found[one] for one in limits.split()}}


def expected(name: str, y: Array, arguments: dict[str, Array]) -> Array:
    base, _, limits = name.partition(" | ")
    of = law(base, arguments)
    low, high = arguments.get("lb", -np.inf), arguments.get("ub", np.inf)
    whole = is_whole(FAMILIES[base])
    # a bound is among what is seen
    low = low - 1.0 if whole else np.where(low == 0.0, -1e-300, low)
    found = of.logpmf(y) if whole else of.logpdf(y)
    if "cens" in limits:
        status, upper = arguments["cens"], arguments.get("upper", y + 1.0)
        found = np.select(
            [status == -1, status == 1, status == 2],
            [between(of, low, y), between(of, y, high), between(of, y, upper)],
            found,
        )
    with np.errstate(invalid="ignore"):
        return np.asarray(found - between(of, low, high))


@cases
def test_the_density_is_that_of_scipy(name: str) -> None:
    y, arguments = sample(name, np.random.default_rng(3))
    found, wanted = (
        FAMILIES[name].log_density(y, **arguments),
        expected(name, y, arguments),
    )
    # where SciPy's own tails have digits
    good = np.isfinite(wanted)
    assert good.mean() > (0.9 if name.startswith("inverse") else 0.95)
    assert error(found[good], wanted[good]) < 1e-10
    assert np.isfinite(found).all()


@pytest.mark.parametrize("family", ["gaussian", "lognormal"])
def test_bounds_near_each_other_have_a_probability(family: str) -> None:
    """Of a residual sd of 10^12 tails differ in their 12th digit; here none is lost.

    The density is nearly even between bounds so near: its height is that of the middle.
    """
    low, high, mu, sigma = 1.0, 4.0, 3e11, 1e12
    given = np.asarray([mu]), np.asarray([sigma]), np.asarray([low]), np.asarray([high])
    y = np.asarray([2.0])
    found = FAMILIES[f"{family} | lb ub"].log_density(y, *given)
    middle = stats.norm.logpdf(mu, scale=sigma)
    width = np.log(high - low if family == "gaussian" else np.log(high / low))
    own = FAMILIES[family].log_density(y, *given[:2])
    assert found == pytest.approx(own - middle - width, abs=1e-8)


def test_times_far_below_their_scale_have_a_probability() -> None:
    # of a shape of 1000 the hazard at 0.2 is exp(-1609), less than any float
    tails, shape = FAMILIES["weibull"].tails, np.array([2.0, 40.0, 1000.0])
    assert tails is not None
    eta = special.gammaln(1.0 + 1.0 / shape)
    below, above = tails.log_tails(ARRAYS, 0.2, eta, shape)
    # log(1 - exp(-h)) is log h - h/2 for a small hazard h, here up to h^2/24
    hazard = 0.2**shape
    wanted = shape * np.log(0.2) - 0.5 * hazard + hazard**2 / 24.0
    np.testing.assert_allclose(below, wanted, rtol=1e-8)
    np.testing.assert_allclose(above, -hazard, rtol=1e-12)


@cases
def test_the_kernel_has_the_density_and_its_slopes(name: str) -> None:
    y, arguments = sample(name, np.random.default_rng(4))
    family = FAMILIES[name]
    parameters = [family.predictor, *(dpar.name for dpar in family.dpars)]
    columns = [y, *(arguments[one] for one in (*parameters, *family.known))]
    assert len(columns) == family.kernel.__code__.co_argcount
    found = scalar(family.kernel)(np.column_stack(columns).astype(float))
    assert error(found[0], family.log_density(y, **arguments)) < 1e-11
    for place, one in enumerate(parameters):
        moved = {**arguments, one: arguments[one] + 1e-30j}
        slope = np.imag(family.log_density(y, **moved)) / 1e-30
        assert error(found[1 + place], slope) < 1e-9, one


MODERATE: dict[str, dict[str, float]] = {
    "gaussian": {"mu": 1.0, "sigma": 2.0},
    "lognormal": {"mu": 0.4, "sigma": 0.7},
    "exponential": {"eta": 0.7},
    "weibull": {"eta": 0.7, "shape": 1.7},
    **{name: dict(TRIED[name].moderate) for name in WITH_TAILS if name in TRIED},
    "student": {"mu": 1.0, "sigma": 2.0, "nu": 7.0},
    "gamma": {"eta": 0.7, "shape": 1.7},
    "beta": {"eta": 0.3, "phi": 4.0},
    "poisson": {"eta": 0.7},
    "negbinomial": {"eta": 0.7, "shape": 1.7},
    "geometric": {"eta": 0.7},
    "binomial": {"eta": -1.0, "trials": 40.0},
    "beta_binomial": {"eta": -1.0, "phi": 6.0, "trials": 40.0},
}
#: With zeros, and ones, that have a chance of their own.
MODERATE = {
    **{
        f"{head}{name}": {**values, share: 0.3}
        for head, share in (("zero_inflated_", "zi"), ("hurdle_", "hu"))
        for name, values in MODERATE.items()
    },
    **MODERATE,
    "zero_one_inflated_beta": {"eta": 0.3, "phi": 4.0, "zoi": 0.3, "coi": 0.6},
    "ordered_beta": {"eta": 0.3, "phi": 4.0, "cutgap": 2.0, "cutzero": -1.0},
}


@pytest.mark.parametrize(("base", "limits"), DRAWN)
@pytest.mark.parametrize("far", [False, True])
def test_draws_and_means_are_those_between_the_bounds(
    base: str, limits: str, far: bool
) -> None:
    """Also where hardly any draw would be between them."""
    bounds = {"lb": 0.8, "ub": 3.5}
    if far:
        near = MODERATE[base].get("ndt", 0.0) + 0.02
        bounds = {"lb": 18.0, "ub": near if "lb" not in limits else 19.0}
    whole = is_whole(FAMILIES[base])
    if whole:
        bounds = {"lb": 25.0 if far else 2.0, "ub": 4.0}
        if far:
            bounds["ub"] = 28.0 if "lb" in limits else 1.0
    if base in SHARES:
        bounds = {"lb": 0.999, "ub": 0.9995} if far else {"lb": 0.3, "ub": 0.8}
        if far and "lb" not in limits:
            bounds["ub"] = 1e-4
    if base == "von_mises":
        bounds = {"lb": 0.8, "ub": 2.0}
        if far:
            bounds = {"lb": 2.8, "ub": 3.0 if "lb" in limits else -2.8}
    known = {name: bounds.get(name, 0.0) for name in limits.split()}
    family: Family = FAMILIES[f"{base} | {limits}"]
    draws = 4_000
    given = {**MODERATE[base], **known}
    each = {name: np.full(draws, value) for name, value in given.items()}
    drawn = family.simulate(np.random.default_rng(1), **each)
    assert drawn.shape == (draws,)
    low, high = known.get("lb", -np.inf), known.get("ub", np.inf)
    assert ((drawn >= low) & (drawn <= high)).all()
    of = law(base, {name: np.asarray(x) for name, x in MODERATE[base].items()})
    edges = np.quantile(drawn, [0.1, 0.5, 0.9])
    start = low - 1.0 if whole else low
    every = float(between(of, start, high))
    for edge in edges:
        wanted = np.exp(float(between(of, start, edge)) - every)
        share = (drawn <= edge).mean()
        assert wanted == pytest.approx(share, abs=5 * 0.5 / np.sqrt(draws))
    mean = float(family.mean(**{name: np.asarray([x]) for name, x in given.items()})[0])
    # where nearly all of them are 0 or 1 draws are all the same
    spread = max(drawn.std(), 1e-6)
    assert drawn.mean() == pytest.approx(mean, abs=5 * spread / np.sqrt(draws))


def test_a_family_with_limits_is_no_name_of_its_own() -> None:
    assert "gaussian | cens" not in FAMILIES and len(list(FAMILIES)) == len(FAMILIES)
    assert FAMILIES["gaussian | cens"] is FAMILIES["gaussian | cens"]
    assert set(FAMILIES["gaussian | cens lb"].known) <= set(LIMITS)
    for name in ("gaussian | ", "bernoulli | cens", "none | cens"):
        with pytest.raises(KeyError):
            FAMILIES[name]


@pytest.mark.parametrize("name", [n for n in WITH_TAILS if n in MODERATE])
def test_values_that_are_drawn_again_and_again_are_known(name: str) -> None:
    """Of numbers: those that have a probability of their own."""
    family = FAMILIES[name]
    if family.response != "continuous":
        assert family.tails is not None and family.tails.atoms == ()
        return
    given = {key: np.full(300, value) for key, value in MODERATE[name].items()}
    drawn = family.simulate(np.random.default_rng(2), **given)
    values, counts = np.unique(drawn, return_counts=True)
    assert tuple(values[counts > 5].tolist()) == atoms_of(family)


@pytest.mark.parametrize(
    ("low", "high"),
    [(0.2, None), (None, 0.8), (0.2, 0.8), (0.2, 1.0 - 1e-10), (None, 1.0 - 1e-10)],
)
@pytest.mark.parametrize(
    ("a", "b"), [(0.5, 0.12), (0.12, 0.5), (0.05, 0.05), (3.0, 2.0)]
)
def test_the_mean_beside_a_pole(
    a: float, b: float, low: float | None, high: float | None
) -> None:
    """It is a / (a + b) I(a + 1, b) / I(a, b), I from the one bound to the other."""
    own = [np.array([np.log(a / b)]), np.array([a + b])]
    ends = [None if one is None else np.array([one]) for one in (low, high)]
    tails = FAMILIES["beta"].tails
    assert tails is not None
    mean = float(mean_of(tails)(own, *ends)[0])
    start, end = 0.0 if low is None else low, 1.0 if high is None else high

    def inside(a: float) -> float:
        return float(special.betainc(a, b, end) - special.betainc(a, b, start))

    assert mean == pytest.approx(a / (a + b) * inside(a + 1.0) / inside(a), rel=1e-8)


@pytest.mark.parametrize("shape", [0.01, 0.1, 3.0])
def test_the_mean_of_a_gamma_below_a_bound(shape: float) -> None:
    tails = FAMILIES["gamma"].tails
    assert tails is not None
    own = [np.array([np.log(1.5)]), np.array([shape])]
    mean = float(mean_of(tails)(own, None, np.array([2.0]))[0])
    at = 2.0 * shape / 1.5
    wanted = 1.5 * special.gammainc(shape + 1.0, at) / special.gammainc(shape, at)
    assert mean == pytest.approx(wanted, rel=1e-8)
