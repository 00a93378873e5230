"""Families of one's own, held to what those of the language are held to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

import varying
from varying.compiler.distributions.density.arrays import ARRAYS
from varying.compiler.families import FAMILIES
from varying.compiler.families.cdf import cdf_of, log_mass_between
from varying.compiler.families.combined.limits import is_whole
from varying.compiler.families.family import Family
from varying.compiler.families.own import own_families
from varying.compiler.families.quantiles import quantile_of
from varying.runtime.interface.arguments import ArgumentError

from ..agreement.harness import compare
from ..agreement.kernels import compare_kernel, variants
from ..backends.kernel.compiled import scalar
from .own_copies import COPIES
from .samples import error
from .test_families import SCIPY
from .test_limits import MODERATE, law, sample

Array = NDArray[Any]
cases = pytest.mark.parametrize("name", list(COPIES))
#: Formulas on the values of parameters have fewer digits than those on predictors.
CLOSE = 1e-8


def own(name: str) -> str:
    return COPIES[name].name


def drawn(name: str, rows: int = 2_000) -> tuple[Array, dict[str, Array]]:
    """Responses and arguments of the family of the language."""
    family, rng = FAMILIES[name], np.random.default_rng(5)
    given: dict[str, Array] = {family.predictor: rng.normal(0.0, 1.5, rows)}
    given |= {dpar.name: np.exp(rng.normal(0.0, 1.0, rows)) for dpar in family.dpars}
    if family.known:
        given["trials"] = rng.integers(1, 60, rows) * 1.0
    return family.simulate(rng, **given), given


@cases
def test_the_density_is_that_of_scipy(name: str) -> None:
    y, given = drawn(name)
    found = FAMILIES[own(name)].log_density(y, **given)
    assert error(found, SCIPY[name](y, **given)) < CLOSE


@cases
@pytest.mark.parametrize("limits", ["", " | cens upper lb ub"])
def test_slopes_are_those_of_the_twin(name: str, limits: str) -> None:
    y, given = sample(f"{name}{limits}", np.random.default_rng(4))
    # where the formulas of users have digits
    near = np.abs(given[FAMILIES[name].predictor]) < 2.0
    y, given = y[near], {key: value[near] for key, value in given.items()}
    ours, theirs = FAMILIES[f"{own(name)}{limits}"], FAMILIES[f"{name}{limits}"]
    parameters = (theirs.predictor, *(dpar.name for dpar in theirs.dpars))
    columns = [y, *(given[one] for one in (*parameters, *theirs.known))]
    found = scalar(ours.kernel)(np.column_stack(columns).astype(float))
    assert error(found[0], theirs.log_density(y, **given)) < CLOSE
    for place, one in enumerate(parameters):
        moved = {**given, one: given[one] + 1e-30j}
        slope = np.imag(theirs.log_density(y, **moved)) / 1e-30
        assert error(found[1 + place], slope) < 1e-6, one


@cases
def test_draws_are_those_of_the_law(name: str) -> None:
    given = {key: np.full(20_000, value) for key, value in MODERATE[name].items()}
    y = np.sort(FAMILIES[own(name)].simulate(np.random.default_rng(1), **given))
    of = law(name, {key: np.asarray(value) for key, value in MODERATE[name].items()})
    for share in (0.1, 0.5, 0.9):
        at = y[int(share * len(y))]
        assert (y <= at).mean() == pytest.approx(float(of.cdf(at)), abs=0.02)


@cases
def test_probabilities_and_quantiles_are_those_of_the_twin(name: str) -> None:
    given = {key: np.asarray([value]) for key, value in MODERATE[name].items()}
    of = law(name, given)
    ours, quantile = cdf_of(COPIES[name]), quantile_of(COPIES[name])
    assert ours is not None and quantile is not None
    for share in (0.02, 0.5, 0.97):
        at = of.ppf(share)
        np.testing.assert_allclose(quantile(share, **given), at, rtol=1e-8)
        below, above = ours(at, **given)
        np.testing.assert_allclose([below, above], [of.cdf(at), of.sf(at)], rtol=1e-8)
    low, high = of.ppf(0.3), of.ppf(0.6)
    mass = np.exp(log_mass_between(own(name), low, high, given))
    np.testing.assert_allclose(mass, of.cdf(high) - of.cdf(low), rtol=1e-8)


@cases
@pytest.mark.parametrize("limits", ["lb", "ub", "lb ub"])
def test_means_between_bounds_are_those_of_the_twin(name: str, limits: str) -> None:
    bounds = {"lb": 2.0, "ub": 4.0}
    given = {key: np.asarray([value]) for key, value in MODERATE[name].items()}
    given |= {one: np.asarray([bounds[one]]) for one in limits.split()}
    # the integral of a mean that has no formula is that exact
    ours, theirs = (FAMILIES[f"{one} | {limits}"] for one in (own(name), name))
    np.testing.assert_allclose(ours.mean(**given), theirs.mean(**given), rtol=1e-6)
    each = {key: np.repeat(value, 4_000) for key, value in given.items()}
    y = ours.simulate(np.random.default_rng(2), **each)
    assert (y >= given.get("lb", -np.inf)).all() and (
        y <= given.get("ub", np.inf)
    ).all()
    sd = y.std() / np.sqrt(len(y))
    assert y.mean() == pytest.approx(float(theirs.mean(**given)[0]), abs=5.0 * sd)


#: How the link of a density leads to it, and default priors by where parameters live.
FORWARD: dict[str, Any] = {
    "identity": lambda m, x: x,
    "log": lambda m, x: m.log(x),
    "logit": lambda m, x: m.logit(x),
}
PRIORS: dict[str, Any] = {
    "positive": "exponential(1)",
    "unit": "beta(2, 2)",
    "real": "normal(0, 1)",
    "at_least_one": ("gamma(4, 0.5)", "logm1"),
}
#: Those that take a tenth of a second each are for the slow tests.
QUICK = {
    *("laplace", "exgaussian", "gen_extreme_value", "lognormal", "shifted_lognormal"),
    *("exponential", "inverse_gaussian", "frechet", "kumaraswamy", "geometric"),
    *("discrete_weibull", "hurdle_lognormal", "zero_inflated_asymmetric_laplace"),
}
CHECKED = [
    pytest.param(name, marks=() if name in QUICK else pytest.mark.slow)
    for name, family in FAMILIES.items()
    # families of users are not told answers
    if family.tails is not None
    and family.answers is None
    and family.links[0] in FORWARD
    and not family.mains
]


def copied(family: Family, **changed: Any) -> Family:
    """A family of the language, passed as a user passes one."""
    forward, tails = FORWARD[family.links[0]], family.tails
    assert family.density is not None and tails is not None
    density, whole = family.density, is_whole(family)

    def tail(side: int) -> Any:
        return lambda m, y, mu, *rest: tails.log_tails(m, y, forward(m, mu), *rest)[
            side
        ]

    plain: dict[str, Any] = {
        "link": family.links[0],
        "dpars": {dpar.name: PRIORS[dpar.support] for dpar in family.dpars},
        "response": family.response,
        "known": family.known,
        "predictor": family.predictor,
        "simulate": lambda rng, mu, *rest: family.simulate(
            rng, forward(ARRAYS, mu), *rest
        ),
        "mean": lambda mu, *rest: family.mean(forward(ARRAYS, mu), *rest),
        "log_cdf": tail(0),
        "log_sf": tail(1),
        "in_support": lambda y, *known: family.in_support(
            y, **dict(zip(family.known, known, strict=True))
        ),
    }
    if not whole:
        plain |= {"bounds": (tails.lowest, tails.highest), "atoms": tails.atoms}
    return varying.Family(
        f"copy_of_{family.name}",
        lambda m, y, mu, *rest: density(m, y, forward(m, mu), *rest),
        **plain | changed,
    )


@pytest.mark.parametrize("name", CHECKED)
def test_what_is_right_is_not_refused(name: str) -> None:
    """The checks, held to all that they are for: no family of the language fails."""
    assert copied(FAMILIES[name]).tails is not None


@pytest.mark.parametrize("name", ["hurdle_lognormal", "zero_one_inflated_beta"])
def test_values_with_a_probability_are_those_of_the_twin(name: str) -> None:
    family, (ours,) = FAMILIES[name], own_families([copied(FAMILIES[name])]).values()
    y, given = sample(f"{name} | cens lb ub", np.random.default_rng(4))
    near = np.abs(given[family.predictor]) < 2.0
    y, given = y[near], {key: value[near] for key, value in given.items()}
    found, wanted = (
        FAMILIES[f"{one} | cens lb ub"].log_density(y, **given)
        for one in (ours.name, name)
    )
    assert error(found, wanted) < CLOSE
    parameters = (family.predictor, *(dpar.name for dpar in family.dpars))
    share = {one: given[one] for one in parameters}
    both = [cdf_of(one) for one in (ours, family)]
    below, wanted = (one(np.array(0.0), **share)[0] for one in both if one is not None)
    np.testing.assert_allclose(below, wanted, rtol=1e-8)


def test_a_jump_is_the_probability_of_its_value() -> None:
    family = FAMILIES["hurdle_lognormal"]
    assert family.tails is not None
    tails = family.tails.log_tails
    # it has the density of a response of 0, and says less of it
    with pytest.raises(ArgumentError, match="`log_cdf` gives 0 the probability"):
        copied(
            family,
            log_cdf=lambda m, y, *of: m.where(
                y > 0.0, tails(m, y, *of)[0], tails(m, y, *of)[0] - 0.1
            ),
            log_sf=lambda m, y, *of: m.where(
                y > 0.0, tails(m, y, *of)[1], m.log1mexp(0.1 - tails(m, y, *of)[0])
            ),
        )


def times() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    y = rng.weibull(1.5, 30).round(3) + 0.3
    return pd.DataFrame(
        {
            "y": np.minimum(y, 1.6),
            "late": (y > 1.6).astype(int),
            "x": rng.normal(size=30).round(3),
        }
    )


def test_every_backend_has_limits_of_it(tmp_path: Path) -> None:
    times().to_csv(tmp_path / "case.csv", index=False)
    text = "y | cens(late) + trunc(lb=0.2) ~ x, family=own_weibull\n  shape ~ x"
    model = varying.compile(text, times(), families=[COPIES["weibull"]])
    assert model.compiled is not None
    _, program, frame = list(variants(model.compiled))[-1]
    assert compare_kernel(program, frame, 1) == []
    assert compare(model.compiled, tmp_path / "case.csv", 4, thorough=False) == []
