"""Families of one's own, held to what those of the language are held to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

import varying
from varying.compiler.families import FAMILIES
from varying.compiler.families.cdf import cdf_of, log_mass_between
from varying.compiler.families.quantiles import quantile_of

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
