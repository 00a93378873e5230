"""A fit of responses with rows of their own says of each what it has."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import varying

SPEC = """y | subset(a) ~ x + (1 |p| g)
  z | subset(b) ~ x + (1 |p| g), family=poisson
slope s = x, response=z, scale=response
"""


def data() -> pd.DataFrame:
    rng = np.random.default_rng(8)
    a, b = np.arange(40) % 3 != 0, np.arange(40) > 14
    return pd.DataFrame(
        {
            "x": rng.normal(size=40),
            "g": [f"g{k % 5}" for k in range(40)],
            "y": np.where(a, rng.normal(size=40), np.nan),
            "z": np.where(b, rng.poisson(3.0, 40), np.nan),
            "a": a,
            "b": b,
        }
    )


@pytest.fixture(scope="module")
def fit() -> varying.Fit:
    model = varying.compile(SPEC, data())
    return model.fit(draws=40, tune=50, chains=1, seed=1, progress=False)


def test_rows_of_each(fit: varying.Fit) -> None:
    frame = data()
    for name, kept in (("y", frame["a"]), ("z", frame["b"])):
        rows = np.flatnonzero(kept)
        mean = fit.predict(kind="mean", response=name)
        assert mean["row"].values.tolist() == rows.tolist()
        density = fit.log_likelihood(name).values
        at = frame[name].to_numpy()[rows]
        if name == "y":
            sigma = fit.data["posterior"]["y_sigma"].values[..., None]
            expected = stats.norm.logpdf(at, mean, sigma)
        else:
            expected = stats.poisson.logpmf(at, mean)
        np.testing.assert_allclose(density, expected, rtol=1e-9)
        assert fit.loo(response=name).elpd_i.size == len(rows)


def test_no_row_has_all_of_them(fit: varying.Fit) -> None:
    for ask in (fit.log_likelihood, fit.loo, fit.kfold):
        with pytest.raises(ValueError, match="rows of their own"):
            ask()
    with pytest.raises(ValueError, match="not fitted again.*: leave out refit="):
        fit.loo(response="y", refit=True)
    with pytest.raises(ValueError, match="not fitted again.*leaves rows out of this"):
        fit.kfold(response="y")
    with pytest.raises(varying.ModelError, match="no form in a PyMC script"):
        _ = varying.compile(SPEC, data()).source


def test_arviz_has_both(fit: varying.Fit, tmp_path: Path) -> None:
    frame = data()
    tree = fit.to_arviz(seed=1)
    for group in ("observed_data", "log_likelihood", "posterior_predictive"):
        assert tree[group].sizes["y_row"] == frame["a"].sum()
        assert tree[group].sizes["z_row"] == frame["b"].sum()
    fit.save(tmp_path / "own.nc")
    again = varying.load(tmp_path / "own.nc")
    np.testing.assert_array_equal(
        again.predict(kind="mean", response="z"), fit.predict(kind="mean", response="z")
    )
