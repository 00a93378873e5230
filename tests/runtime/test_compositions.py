"""A fit of counts of several categories, from the text to what is asked of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import varying

SPEC = """cbind(car, bus, walk) ~ arm + x + (1 | g), family=dirichlet_multinomial
  mubus ~ x + (1 | g)
keep prob
"""
TRUTH = {
    "mubus.Intercept": 0.3,
    "mubus.b[x]": 1.0,
    "mubus.sd[g]": 0.3,
    "muwalk.Intercept": -0.2,
    "muwalk.b[arm[b]]": 0.5,
    "muwalk.b[x]": -0.5,
    "muwalk.sd[g]": 0.3,
    "phi": 8.0,
}
NAMES = ["car", "bus", "walk"]


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    rng = np.random.default_rng(9)
    rows = 60
    design = {
        "x": rng.normal(size=rows).round(3),
        "arm": [*"ab"] * (rows // 2),
        "g": [f"g{k % 6}" for k in range(rows)],
        "n": rng.integers(1, 20, rows),
    }
    counted = SPEC.replace(" ~ arm", " | trials(n) ~ arm", 1)
    return varying.simulate(counted, TRUTH, design, seed=4)


@pytest.fixture(scope="module")
def fit(data: pd.DataFrame) -> Any:
    model = varying.compile(SPEC, data)
    return model.fit(draws=80, tune=200, chains=2, seed=3, progress=False)


def by_hand(fit: Any, data: pd.DataFrame) -> Any:
    """Mean shares by chains, draws, rows, categories, of the draws' own names."""
    there = fit.data["posterior"]
    g = data["g"].str[1:].astype(int).to_numpy()
    x, b = data["x"].to_numpy(), (data["arm"] == "b").to_numpy()

    def of(name: str) -> Any:
        return there[name].values

    bus = of("mubus_Intercept")[..., None] + of("mubus_b")[..., :1] * x
    walk = of("muwalk_Intercept")[..., None] + of("muwalk_b") @ np.stack([b, x])
    bus = bus + of("mubus_r_g")[:, :, g, 0]
    walk = walk + of("muwalk_r_g")[:, :, g, 0]
    odds = np.exp(np.stack([np.zeros_like(bus), bus, walk], axis=-1))
    return odds / odds.sum(axis=-1, keepdims=True)


def test_simulated_counts_add_up(data: pd.DataFrame) -> None:
    assert (data[NAMES].sum(axis=1) == data["n"]).all()
    assert (data[NAMES].sum(axis=0) > 20).all()


def test_shares_means_and_likelihood_are_those_by_hand(
    fit: Any, data: pd.DataFrame
) -> None:
    expected = by_hand(fit, data)
    found = fit.predict(kind="prob")
    assert list(found.coords["category"].values) == NAMES
    assert np.allclose(found.values, expected, rtol=1e-10)
    assert np.allclose(fit.data["posterior"]["prob"].values, expected, rtol=1e-10)
    n, y = data["n"].to_numpy(), data[NAMES].to_numpy()
    mean = fit.predict(kind="mean").values
    assert np.allclose(mean, expected * n[:, None], rtol=1e-10)
    a = expected[1, 7] * float(fit.data["posterior"]["phi"].values[1, 7])
    each = zip(y, a, n, strict=True)
    own = [stats.dirichlet_multinomial.logpmf(k, b, t) for k, b, t in each]
    assert np.allclose(fit.log_likelihood().values[1, 7], own, rtol=1e-8)


def test_drawn_responses_are_counts_of_the_trials(fit: Any, data: pd.DataFrame) -> None:
    drawn = fit.predict(seed=1)
    assert drawn.dims == ("chain", "draw", "row", "category")
    assert drawn.dtype == np.int64
    assert (drawn.sum("category").values == data["n"].to_numpy()).all()
    wanted = fit.predict(kind="mean").mean(["chain", "draw"]).values
    inner = fit.predict(kind="quantile", quantiles=[0.1, 0.9], seed=1)
    expected = np.quantile(drawn.values, [0.1, 0.9], axis=(0, 1), method="inverted_cdf")
    assert inner.dims == ("quantile", "row", "category")
    assert np.array_equal(inner.values, expected)
    away = np.abs(drawn.mean(["chain", "draw"]).values - wanted)
    assert away.max() < 6 * 10.0 / np.sqrt(160)


def test_new_rows_need_counts_for_counts_alone(fit: Any, data: pd.DataFrame) -> None:
    rows = data.head(3)[["x", "arm", "g"]]
    shares = fit.predict(rows, kind="prob").values
    assert np.allclose(shares, fit.predict(kind="prob").values[:, :, :3])
    with pytest.raises(varying.ModelError, match="no column `car`"):
        fit.predict(rows, kind="mean")


def test_questions_are_of_each_category(fit: Any, data: pd.DataFrame) -> None:
    at = fit.ask("means arm, groups=zero").to_frame().reset_index()
    assert len(at) == 6
    total = at["mean"].to_numpy().reshape(2, 3).sum(axis=1)
    assert total == pytest.approx([1.0, 1.0], abs=1e-9)
    one = fit.ask("means arm, groups=zero, scale=prob[bus]").to_frame().reset_index()
    assert one["mean"].to_numpy() == pytest.approx(at["mean"].to_numpy()[1::3])
    counts = data.groupby("arm")[NAMES].sum()
    shares = counts.div(counts.sum(axis=1), axis=0)
    assert at["observed"].to_numpy() == pytest.approx(shares.to_numpy().ravel())
    odds = fit.ask("contrast arm: b - a, scale=odds[walk], groups=zero").to_frame()
    assert odds["mean"].to_numpy()[0] > 0.0
    phi = fit.ask("quantity p = 1 / (1 + phi)").to_frame().reset_index()["mean"][0]
    there = fit.data["posterior"]["phi"].values
    assert phi == pytest.approx((1.0 / (1.0 + there)).mean())


def test_pictures_are_drawn_and_what_there_is_not_is_said(
    fit: Any, tmp_path: Path
) -> None:
    for kind in ("ppc", "cells", "effects"):
        fit.plot(kind).save(tmp_path / f"{kind}.png")
    fit.plot("ppc", by="arm").save(tmp_path / "by.png")
    with pytest.raises(ValueError, match="no mean to shrink"):
        fit.plot("shrinkage")
    with pytest.raises(ValueError, match="loo_pit is of one number a row"):
        fit.loo_pit()
    with pytest.raises(ValueError, match="dpar is one of 'mubus', 'muwalk'"):
        fit.predict(kind="eta")


def test_a_stored_fit_says_the_same(fit: Any, tmp_path: Path) -> None:
    fit.save(tmp_path / "a.fit")
    again = varying.load(tmp_path / "a.fit")
    assert str(again.summary()) == str(fit.summary())
    one, other = again.predict(seed=2), fit.predict(seed=2)
    assert np.array_equal(one.values, other.values)
    assert str(again.loo()) == str(fit.loo())
    assert "log probability of what" in str(fit.loo())


def test_fits_of_other_columns_are_not_compared(fit: Any, data: pd.DataFrame) -> None:
    model = varying.compile("cbind(car, bus) ~ x, family=multinomial", data)
    other = model.fit(draws=20, tune=50, chains=2, seed=1, progress=False)
    with pytest.raises(varying.ModelError, match="cannot be compared"):
        varying.compare({"a": fit, "b": other})


def test_prior_data_sets_have_all_columns(data: pd.DataFrame) -> None:
    check = varying.compile(SPEC, data).prior_check(draws=30, seed=1)
    names = [one.name for one in check.statements]
    assert names == ["share_reference", "share_commonest", "rows_of_one"]
    reference = check.statements[0]
    share = data["car"].sum() / data["n"].sum()
    assert reference.observed == pytest.approx(share)
    assert 0.0 <= reference.lower < reference.upper <= 1.0


def test_a_fit_of_logs_of_shares() -> None:
    """Its correlation, likelihood and means, of the draws' own names."""
    spec = "cbind(car, bus, walk) ~ x, family=logistic_normal\n  sigmawalk ~ x"
    truth = {"mubus.Intercept": 0.3, "mubus.b[x]": 0.6, "muwalk.Intercept": -0.2,
             "muwalk.b[x]": -0.4, "sigmabus": 0.5, "sigmawalk.Intercept": -0.7,
             "sigmawalk.b[x]": 0.2, "lncor": 0.8}  # fmt: skip
    x = np.linspace(-1.0, 1.0, 200).round(2)
    with pytest.raises(varying.ModelError, match="no correlation matrix"):
        varying.simulate(spec, {**truth, "lncor": 1.2}, {"x": x}, seed=1)
    data = varying.simulate(spec, truth, {"x": x}, seed=1)
    fit = varying.compile(spec, data).fit(
        draws=50, tune=200, chains=2, seed=3, progress=False
    )
    asked = fit.ask("quantity r = lncor[walk, bus]\ntest t = lncor > 0").to_frame()
    there = fit.data["posterior"]
    r = there["lncor"].values[..., 0]
    assert asked["mean"].to_numpy()[0] == pytest.approx(r.mean())
    assert abs(r.mean() - 0.8) < 0.1
    shares = data[NAMES].to_numpy()
    logs = np.log(shares[:, 1:] / shares[:, :1])
    chain, draw, row = 1, 7, 150
    own = {name: there[name].values[chain, draw] for name in there.data_vars}
    mean = [own[f"{of}_Intercept"] + own[f"{of}_b"][0] * x[row]
            for of in ("mubus", "muwalk")]  # fmt: skip
    wide = np.exp(own["sigmawalk_Intercept"] + own["sigmawalk_b"][0] * x[row])
    sds, both = np.array([own["sigmabus"], wide]), float(own["lncor"][0])
    covariance = np.outer(sds, sds) * np.array([[1.0, both], [both, 1.0]])
    of_logs = stats.multivariate_normal(mean, covariance)
    density = of_logs.logpdf(logs[row]) - np.log(shares[row]).sum()
    found = fit.log_likelihood().values[chain, draw, row]
    assert found == pytest.approx(density, rel=1e-9)
    assert "log density of what" in str(fit.loo())  # and no probability
    drawn = of_logs.rvs(100_000, random_state=1)
    odds = np.exp(np.column_stack([np.zeros(len(drawn)), drawn]))
    expected = (odds / odds.sum(axis=1, keepdims=True)).mean(axis=0)
    for kind in ("mean", "prob"):
        found = fit.predict(kind=kind).values[chain, draw, row]
        assert found == pytest.approx(expected, abs=0.003)
