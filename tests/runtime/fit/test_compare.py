"""LOO where some rows are constant, and which fits may be set beside each other."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import arviz as az
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.special import logsumexp

import varying
from varying.runtime.compare.loo import Loo, efficiency, loo_of

CASES = Path(__file__).parents[2] / "references" / "cases"
SMALL = {"draws": 250, "tune": 250, "chains": 2, "seed": 4, "progress": False}


@cache
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    x = rng.normal(size=40)
    rating = np.clip(np.round(2 + x + rng.normal(size=40)), 0, 5).astype(int)
    x_some = np.where(np.arange(40) < 3, np.nan, x)
    return pd.DataFrame(
        {
            "x": x,
            "some": x_some,
            "last": x_some[::-1],
            "rating": rating,
            "y": np.exp(0.3 * x + rng.normal(size=40)),
            "n": 5 + np.arange(40) % 3,
            "m": 6 + np.arange(40) % 3,
            "word": np.where(rating > 2, "yes", "no"),
            "bit": (rating > 2).astype(int),
            "half": (rating > 2).astype(int),
            "share": (rating + 1.0) / 8.0,
        }
    )


@cache
def fitted(spec: str) -> varying.Fit:
    return varying.compile(spec, frame()).fit(**SMALL)  # type: ignore[arg-type]


RATING = "column rating: ordered(0..5)\nrating ~ x, family=ordlogit"

TIMES = "y | dec(bit) ~ x, family=wiener"

#: Two specs, and why they cannot be compared; None: they can.
PAIRS: list[tuple[str, str, str | None]] = [
    ("y ~ x", "y ~ 1", None),
    ("y ~ x", "y ~ x, family=lognormal", None),
    ("y ~ x", "y ~ x, family=student", None),
    # both are probabilities of the same numbers, though one is coded as ranks
    (RATING, "rating ~ x, family=poisson", None),
    ("bit ~ x, family=bernoulli", "bit ~ 1, family=bernoulli", None),
    # functions of one column, and whole numbers beside what is rounded to them
    ("rating/99 ~ x", "rating ~ x", None),
    ("y ~ x", "log(y) ~ x", None),
    ("rating ~ x", RATING, None),
    ("rating ~ x, family=poisson", "log(rating + 1) ~ x", None),
    ("y ~ x", "rating ~ x", "responses differ, `rating` and `y`"),
    ("y ~ x", "scale(y) ~ x", "`scale(y)` of `b` is no smooth function of `y`"),
    ("y ~ x", "y ~ some", "different rows (40 rows and 37 rows)"),
    ("y ~ some", "y ~ last", "different rows (37 rows each)"),
    # other rows too, and for this alone
    ("y ~ x", "rating ~ some", "responses differ, `rating` and `y`"),
    (
        "share ~ x, family=beta",
        "half ~ x, family=bernoulli",
        "responses differ, `half` and `share`",
    ),
    (
        "word ~ x, family=bernoulli",
        "bit ~ x, family=bernoulli",
        "responses differ, `bit` and `word`",
    ),
    (
        "rating | trials(n) ~ x, family=binomial",
        "rating | trials(m) ~ x, family=binomial",
        "`trials(...)` has other values in the same rows",
    ),
    # times with their answers, in one response and in two
    (TIMES, "y ~ x, family=lognormal\n  bit ~ x, family=bernoulli", None),
    (
        TIMES,
        "y ~ some, family=lognormal\n  bit ~ some, family=bernoulli",
        "different rows (40 and 37 rows)",
    ),
    (
        TIMES,
        "y ~ x, family=lognormal\n  half ~ x, family=bernoulli",
        "one has one response, the other 2 responses",
    ),
]


@pytest.mark.parametrize(("left", "right", "why"), PAIRS)
@pytest.mark.filterwarnings("ignore:Estimated shape parameter")
def test_what_can_be_compared(left: str, right: str, why: str | None) -> None:
    fits = {"a": fitted(left), "b": fitted(right)}
    if why is None:
        found = varying.compare(fits, method="pseudo-BMA")
        table = found.to_frame()
        assert sorted(table.index) == ["a", "b"]
        for name, fit in fits.items():
            if name not in found.measure.converted:
                assert table.loc[name, "elpd"] == pytest.approx(fit.loo().elpd)
        return
    with pytest.raises(varying.ModelError, match=r"not-comparable") as caught:
        varying.compare(fits)
    (found,) = caught.value.diagnostics
    assert "`a` and `b` cannot be compared: " in found.message
    assert why in found.message


def test_other_data_under_the_same_name() -> None:
    other = varying.compile("y ~ x", frame().assign(y=2 * frame()["y"]))
    fits = {"a": fitted("y ~ x"), "b": other.fit(**SMALL)}  # type: ignore[arg-type]
    with pytest.raises(varying.ModelError, match="has other values in the same rows"):
        varying.compare(fits)


def test_cells_and_rows() -> None:
    rows = varying.compile("bit ~ n, family=bernoulli", frame()).fit(**SMALL)  # type: ignore[arg-type]
    fits = {"a": fitted("bit ~ n, family=bernoulli"), "b": rows}
    assert len(varying.compare(fits).to_frame()) == 2


@pytest.mark.filterwarnings("ignore:Estimated shape parameter")
def test_what_compare_takes() -> None:
    fit = fitted("y ~ x")
    with pytest.raises(TypeError, match="takes fits by name"):
        varying.compare([fit, fit])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="'b' is no fit"):
        varying.compare({"a": fit, "b": fit.loo()})  # type: ignore[dict-item]
    with pytest.raises(ValueError, match="two fits or more, not 1"):
        varying.compare({"a": fit})


# ---- rows whose log likelihood does not vary -----------------------------------------


@pytest.mark.filterwarnings("ignore:Estimated shape parameter")
def test_rows_of_no_trials() -> None:
    fit = varying.compile(CASES / "loo_zero_trials" / "ztr.model").fit(**SMALL)  # type: ignore[arg-type]
    found = fit.loo()
    none = np.flatnonzero(fit._origin.rows.frame["trials"] == 0)
    assert len(none) == 4 and found.n_data_points == 40
    assert found.elpd_i.values[none].tolist() == [0.0] * 4
    assert np.isneginf(found.pareto_k.values[none]).all()
    # the others are what ArviZ says of them alone
    tree = fit.to_arviz(posterior_predictive=False)
    kept = tree["log_likelihood"].to_dataset().drop_isel(row=none)
    alone = az.loo(tree.assign({"log_likelihood": xr.DataTree(kept)}))
    rest = np.delete(np.arange(40), none)
    assert found.elpd == pytest.approx(float(alone.elpd), rel=1e-12)
    assert found.p == pytest.approx(float(alone.p), rel=1e-9)
    np.testing.assert_allclose(found.elpd_i.values[rest], alone.elpd_i, rtol=1e-12)
    assert float(alone.se) == pytest.approx(
        6 * alone.elpd_i.values.std(ddof=1), rel=1e-12
    )
    each = np.append(alone.elpd_i, [0.0] * 4)
    assert found.se == pytest.approx(np.sqrt(40) * each.std(ddof=1), rel=1e-12)
    assert "Pareto k is above" in str(found)


def made(densities: np.ndarray) -> xr.DataTree:
    """Log likelihoods of draws by rows, beside a posterior."""
    across = ("chain", "draw")
    values = densities.reshape(2, -1, densities.shape[-1])
    coords = {"row": np.arange(densities.shape[-1])}
    theta = np.random.default_rng(1).normal(size=values.shape[:2])
    return xr.DataTree.from_dict(
        {
            "posterior": xr.Dataset({"theta": (across, theta)}),
            "log_likelihood": xr.Dataset({"y": ((*across, "row"), values)}, coords),
        }
    )


def loo(tree: xr.DataTree, counts: np.ndarray | None = None) -> Loo:
    values = tree["log_likelihood"]["y"].transpose("row", "chain", "draw").values
    labels = [str(place) for place in range(len(values))]
    effective = efficiency(tree["posterior"].to_dataset())
    flat = values.reshape(len(values), -1)
    return loo_of(flat, labels, effective, measure="density", counts=counts)


@pytest.mark.parametrize("noise", [0.0, 1e-17, 1e-12])
def test_rows_that_vary_by_rounding_alone(noise: float) -> None:
    rng = np.random.default_rng(0)
    densities = -np.abs(rng.normal(size=(800, 6))) - 1.0
    densities[:, 2] = -3.0 + noise * rng.normal(size=800)
    densities[:, 4] = noise * rng.normal(size=800)
    found = loo(made(densities))
    assert found.elpd_i.values[[2, 4]] == pytest.approx([-3.0, 0.0], abs=1e-9)
    assert np.isneginf(found.pareto_k.values[[2, 4]]).all()
    assert np.isfinite(found.pareto_k.values[[0, 1, 3, 5]]).all()
    # importance sampling without smoothing is near
    plain = np.log(800) - logsumexp(-densities, axis=0)
    np.testing.assert_allclose(found.elpd_i, plain, atol=0.02)


def test_cells_of_no_trials_count() -> None:
    rng = np.random.default_rng(0)
    densities = -np.abs(rng.normal(size=(800, 4))) - 1.0
    densities[:, 1] = 0.0
    counts = np.array([2, 3, 1, 1])
    cells = loo(made(densities), counts)
    rows = loo(made(np.repeat(densities, counts, axis=1)))
    assert cells.n_data_points == 7
    assert cells.elpd == pytest.approx(rows.elpd, rel=1e-10)
    assert cells.se == pytest.approx(rows.se, rel=1e-10)
    assert cells.p == pytest.approx(rows.p, rel=1e-8)
