"""Fits on one measure, and what is said of their differences."""

from __future__ import annotations

from functools import cache
from typing import Any

import arviz as az
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy import integrate, stats
from scipy.special import expit, logsumexp

import varying
from varying.compiler.families import FAMILIES
from varying.compiler.families.cdf import atoms_of, log_mass_between
from varying.runtime.compare.comparison import stacking
from varying.runtime.compare.measures import (
    ComparedFit,
    NotComparable,
    common_measure,
)
from varying.runtime.rows.engine import Rows

from ...families.further import TRIED

SMALL = {"draws": 500, "tune": 400, "chains": 2, "seed": 4, "progress": False}


@cache
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(11)
    x = rng.normal(size=120)
    y = np.exp(1.5 + 0.4 * x + 0.5 * rng.normal(size=120))
    return pd.DataFrame({"x": x, "y": y, "count": np.ceil(y).astype(int)})


@cache
def fitted(spec: str) -> varying.Fit:
    return varying.compile(spec, frame()).fit(**SMALL)  # type: ignore[arg-type]


#: Parameters at which distribution functions are looked at.
ARGUMENTS: dict[str, dict[str, float]] = {
    "gaussian": {"mu": 1.0, "sigma": 2.0},
    "student": {"mu": 1.0, "sigma": 2.0, "nu": 3.0},
    "lognormal": {"mu": 0.7, "sigma": 0.6},
    "gamma": {"eta": 0.9, "shape": 2.5},
    "weibull": {"eta": 0.9, "shape": 1.7},
    "exponential": {"eta": 0.9},
    **{
        name: dict(tried.moderate)
        for name, tried in TRIED.items()
        if FAMILIES[name].tails is not None and FAMILIES[name].response == "continuous"
    },
    "beta": {"eta": 0.4, "phi": 5.0},
    "ordered_beta": {"eta": 0.4, "phi": 5.0, "cutzero": -1.5, "cutgap": 3.2},
    "zero_one_inflated_beta": {"eta": 0.4, "phi": 5.0, "zoi": 0.3, "coi": 0.4},
    "zero_inflated_beta": {"eta": 0.4, "phi": 5.0, "zi": 0.25},
    "hurdle_lognormal": {"mu": 0.7, "sigma": 0.6, "hu": 0.3},
    "hurdle_gamma": {"eta": 0.9, "shape": 2.5, "hu": 0.3},
}


@pytest.mark.parametrize("name", ARGUMENTS)
@pytest.mark.parametrize("value", [0.0, 1.0, 4.0, 9.0])
def test_masses_are_integrals_of_densities(name: str, value: float) -> None:
    family, arguments = FAMILIES[name], ARGUMENTS[name]
    given: Any = {key: np.asarray(one) for key, one in arguments.items()}

    def density(y: float) -> float:
        return float(np.exp(family.log_density(np.asarray(y), **given)))

    low, high = value - 0.5, value + 0.5
    whole = bool(family.in_support(np.array(-1.0)))
    start = low if whole else max(low, 1e-12)
    share = not family.in_support(np.array(1.5))
    stop = min(high, 1.0 - 1e-12) if share else high
    if name == "von_mises":
        # the density goes around the circle, and numbers end
        start, stop = np.clip((start, stop), -np.pi, np.pi)
    mass = 0.0
    if start < stop:
        mass = integrate.quad(density, start, stop, epsabs=1e-12, limit=200)[0]
    # values with a probability of their own
    mass += sum(density(one) for one in atoms_of(FAMILIES[name]) if low < one <= high)
    found = log_mass_between(name, np.asarray(low), np.asarray(high), given)
    assert float(np.exp(found)) == pytest.approx(mass, rel=1e-6)


@pytest.mark.parametrize(
    ("name", "given", "law"),
    [
        ("poisson", {"eta": 0.9}, stats.poisson(np.exp(0.9))),
        ("binomial", {"eta": 0.4, "trials": 6.0}, stats.binom(6, expit(0.4))),
    ],
)
def test_masses_of_whole_numbers_are_those_of_what_is_inside(
    name: str, given: dict[str, float], law: Any
) -> None:
    low, high = np.array([-1.5, 0.4, 0.0, 2.5, 5.5]), np.array([0.5, 1.0, 1.9, 4, 9])
    arguments = {key: np.asarray(one) for key, one in given.items()}
    found = log_mass_between(name, low, high, arguments)
    np.testing.assert_allclose(np.exp(found), law.cdf(high) - law.cdf(low), rtol=1e-9)


def test_small_tails_keep_their_digits() -> None:
    given: Any = {"mu": np.asarray(0.0), "sigma": np.asarray(1.0)}
    found = log_mass_between("gaussian", np.asarray(19.5), np.asarray(20.5), given)
    wanted = stats.norm.logsf(19.5) + np.log1p(-np.exp(-20.0))
    assert float(found) == pytest.approx(wanted, rel=1e-6)


def test_a_log_in_the_formula_is_a_lognormal_family() -> None:
    found = varying.compare(
        {
            "family": fitted("y ~ x, family=lognormal"),
            "formula": fitted("log(y) ~ x"),
            "plain": fitted("y ~ x"),
        }
    )
    table = found.to_frame()
    assert table.loc["family", "elpd"] == pytest.approx(
        float(table.loc["formula", "elpd"]), abs=0.7
    )
    assert list(table.index)[-1] == "plain" and table.loc["plain", "elpd_diff"] < -10
    assert "slope of `log(y)`" in str(found) and "predicts worse than" in str(found)
    assert "predicts as well as" in str(found)
    assert found.to_dict()["measure"] == {"kind": "density", "of": "y"}


def test_whole_numbers_beside_what_is_rounded_to_them() -> None:
    normal = fitted("count ~ x")
    found = varying.compare(
        {"poisson": fitted("count ~ x, family=poisson"), "n": normal}
    )
    assert found.measure.kind == "probability"
    posterior = normal.data["posterior"].to_dataset()
    flat = posterior.stack(sample=("chain", "draw"))
    mean = flat["Intercept"].values + np.outer(frame()["x"], flat["b"].values[0])
    own = stats.norm(mean, flat["sigma"].values)
    y = frame()["count"].to_numpy()[:, None]
    mass = np.log(own.cdf(y + 0.5) - own.cdf(y - 0.5))
    # importance sampling without smoothing is near
    weights = -own.logpdf(y)
    weights -= logsumexp(weights, axis=1, keepdims=True)
    wanted = logsumexp(weights + mass, axis=1).sum()
    assert found.to_frame().loc["n", "elpd"] == pytest.approx(wanted, abs=0.3)
    assert "half below to half above" in str(found)


def test_differences_and_weights_are_those_of_arviz() -> None:
    fits = {"slope": fitted("y ~ x"), "none": fitted("y ~ 1")}
    found = varying.compare(fits).to_frame()
    wanted = az.compare(
        {name: one.loo().to_arviz() for name, one in fits.items()}, round_to="none"
    )
    assert list(found.index) == list(wanted.index)
    for mine, theirs in (
        ("elpd", "elpd"),
        ("se", "se"),
        ("p", "p"),
        ("se_diff", "dse"),
        ("weight", "weight"),
    ):
        # ArviZ divides the squares of differences by n, not by n - 1
        times = np.sqrt(120 / 119) if theirs == "dse" else 1.0
        there = times * wanted[theirs]
        np.testing.assert_allclose(found[mine], there, rtol=1e-5, atol=2e-3)
    np.testing.assert_allclose(abs(found["elpd_diff"]), abs(wanted["elpd_diff"]))


def test_weights_of_three() -> None:
    rng = np.random.default_rng(0)
    each = -np.abs(rng.normal(size=(200, 3))) * [1.0, 1.1, 3.0]
    weights = stacking(each, np.ones(200))

    def score(w: np.ndarray) -> float:
        return float(np.log(np.exp(each) @ w).sum())

    assert weights.sum() == pytest.approx(1.0)
    grid = [
        np.array([a, b, 1.0 - a - b])
        for a in np.linspace(0, 1, 41)
        for b in np.linspace(0, 1 - a, 21)
    ]
    assert score(weights) >= max(map(score, grid)) - 1e-6


@cache
def grouped(spec: str) -> varying.Fit:
    rng = np.random.default_rng(5)
    g = np.repeat(np.arange(10), 8)
    x = rng.normal(size=80)
    y = np.exp(0.3 + 0.5 * x + 0.7 * rng.normal(size=10)[g] + 0.4 * rng.normal(size=80))
    data = pd.DataFrame({"g": g, "x": x, "y": y, "count": np.ceil(y).astype(int)})
    data["arm"] = np.where(g % 2 == 0, "b", "a")
    return varying.compile(spec, data).fit(**SMALL)  # type: ignore[arg-type]


def test_levels_in_another_order_are_the_same_levels() -> None:
    """Those of `gr(g, by=)` stand stratum by stratum."""
    fits = {
        "x": grouped("log(y) ~ x + (1 | g)"),
        "strata": grouped("log(y) ~ x + (1 | gr(g, by=arm))"),
    }
    alone = {name: fit.loo(by="g") for name, fit in fits.items()}
    assert alone["x"].labels != alone["strata"].labels
    found = varying.compare(fits, by="g")
    strata = next(one for one in found.models if one.name == "strata")
    own = dict(zip(alone["strata"].labels, alone["strata"].each, strict=True))
    assert strata.each.tolist() == [own[label] for label in alone["x"].labels]


def test_by_whole_levels() -> None:
    one, other = grouped("log(y) ~ x + (1 | g)"), grouped("log(y) ~ 1 + (1 | g)")
    found = varying.compare({"x": one, "none": other}, by="g")
    table = found.to_frame()
    assert list(table.index) == ["x", "none"] and found.rows == 10
    for name, fit in (("x", one), ("none", other)):
        assert table.loc[name, "elpd"] == pytest.approx(fit.loo(by="g").elpd)
    assert "new levels of `g`" in str(found) and found.to_dict()["by"] == "g"
    # what a log is on the scale of the column: the slopes of all rows of a level
    plain = grouped("y ~ x + (1 | g), family=lognormal")
    found = varying.compare({"log": one, "family": plain}, by="g")
    elpd = found.to_frame()["elpd"]
    assert elpd["log"] == pytest.approx(elpd["family"], abs=1.0)
    exact = varying.compare(
        {"x": one, "none": other}, by="g", refit=True, progress=False
    )
    assert all(model.bad == 0 for model in exact.models)
    fits = {
        "a": grouped("count ~ x + (1 | g)"),
        "b": grouped("count ~ x + (1 | g), family=poisson"),
    }
    assert varying.compare(fits).measure.kind == "probability"
    with pytest.raises(varying.ModelError, match="no measure in common by `g`"):
        varying.compare(fits, by="g")


def test_zeros_apart_are_no_density() -> None:
    data = frame().assign(z=np.where(np.arange(120) < 20, 0.0, frame()["y"]))
    fits = {
        name: varying.compile(spec, data).fit(**SMALL)  # type: ignore[arg-type]
        for name, spec in (
            ("apart", "z ~ x, family=hurdle_lognormal"),
            ("not", "z ~ x"),
        )
    }
    with pytest.raises(
        varying.ModelError, match="gives some values, such as 0, a prob"
    ):
        varying.compare(fits)


def test_times_with_their_answers_are_not_times_alone() -> None:
    data = frame().assign(a=np.arange(120) % 2)
    specs = {
        "both": "y | dec(a) ~ x, family=wiener",
        "times": "y ~ x, family=lognormal",
    }
    subjects = []
    for name, spec in specs.items():
        compiled = varying.compile(spec, data).compiled
        subjects.append(
            ComparedFit(name, compiled, Rows.given(compiled)[0], xr.Dataset())
        )
    with pytest.raises(NotComparable, match="times alone"):
        common_measure(subjects)
    assert common_measure(subjects[:1]).kind == "density"
