"""What is done with a reduced file after it is compiled: as with all its rows."""

from __future__ import annotations

import pickle
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import get_args

import arviz as az
import numpy as np
import polars as pl
import pytest
import xarray as xr

import varying
from varying.compiler.families.family import ResponseKind
from varying.runtime.fit.fit import Fit
from varying.runtime.fit.provenance import describe_data
from varying.runtime.look.prior_check import check_prior
from varying.runtime.model import Model
from varying.runtime.rows.reduced import sampled, split
from varying.runtime.rows.replicates import Replicates

from ..runtime.fits import settings

CHAINS, DRAWS, ROWS, DIFFERENT = 2, 150, 240, 90
pytestmark = pytest.mark.filterwarnings("ignore:Estimated shape parameter")
HEAD = "column k: ordered(0..4)\nwhere x < 2\n"
SPECS = {
    "ordlogit": "k ~ a + (1 | g), family=ordlogit",
    "gaussian": "y ~ a + x + (1 | g)\n  sigma ~ a",
    "poisson": "count ~ a + (1 | g), family=poisson",
    "binomial": "hits | trials(n) ~ a + (1 | g), family=binomial",
    "bernoulli": "w ~ a + x, family=bernoulli",
}
PRIORS = "\n  prior b ~ normal(0, 0.3)\n"


@cache
def data_path() -> Path:
    rng = np.random.default_rng(4)
    n = rng.integers(1, 4, DIFFERENT)
    data = pl.DataFrame(
        {
            "g": [f"p{i}" for i in rng.integers(0, 5, DIFFERENT)],
            "a": [f"level {i}" for i in rng.integers(0, 2, DIFFERENT)],
            "x": rng.integers(0, 5, DIFFERENT) / 2,
            "y": rng.integers(0, 4, DIFFERENT) * 1.5,
            "k": rng.integers(0, 5, DIFFERENT),
            "count": rng.poisson(1.5, DIFFERENT),
            "n": n,
            "hits": rng.binomial(n, 0.5),
            "w": rng.integers(0, 2, DIFFERENT),
        }
    )
    data = data[rng.integers(0, DIFFERENT, ROWS).tolist()]
    data = data.with_columns(pl.Series("other", np.arange(ROWS)))
    path = Path(mkdtemp()) / "d.csv"
    data.write_csv(path)
    return path


@cache
def models(name: str) -> tuple[Model, Model]:
    """All rows, and cells."""
    text = HEAD + SPECS[name] + PRIORS
    whole = varying.compile(text, data_path(), reduce=False)
    return whole, varying.compile(text, data_path(), reduce=True)


def fit_of(model: Model, drawn: xr.DataTree) -> Fit:
    """Return a fit whose posterior are draws from the priors."""
    prior = drawn["prior"].to_dataset()
    sample = ("chain", "draw")
    values = {
        name: ((*sample, *v.dims[2:]), v.values.reshape(CHAINS, DRAWS, *v.shape[2:]))
        for name, v in prior.data_vars.items()
    }
    coords = {name: c.values for name, c in prior.coords.items() if name not in sample}
    coords |= {"chain": np.arange(CHAINS), "draw": np.arange(DRAWS)}
    flat = np.zeros((CHAINS, DRAWS))
    statistics = xr.Dataset(
        {
            "diverging": (sample, flat.astype(bool)),
            "reached_max_treedepth": (sample, flat.astype(bool)),
            "energy": (sample, np.random.default_rng(1).normal(size=flat.shape)),
            "n_steps": (sample, flat + 7),
        }
    )
    groups = {"posterior": xr.Dataset(values, coords), "sample_stats": statistics}
    tree = xr.DataTree.from_dict(groups)
    return model._fitted(tree, settings(draws=DRAWS, chains=CHAINS), 1.0)


@cache
def fits(name: str) -> tuple[Fit, Fit]:
    """Fits of both with the same draws."""
    whole, reduced = models(name)
    drawn = whole.prior_predictive(CHAINS * DRAWS, seed=3)
    return fit_of(whole, drawn), fit_of(reduced, drawn)


def test_they_are_reduced() -> None:
    for name in SPECS:
        whole, reduced = (model.compiled for model in models(name))
        assert whole is not None and reduced is not None
        assert reduced.prepared.table.rows < 0.9 * whole.prepared.table.rows


def test_it_is_said() -> None:
    model = models("ordlogit")[1]
    assert model.compiled is not None
    table = model.compiled.prepared.table
    text = (
        f"{table.total} rows in {table.rows} cells used, {ROWS - table.total} dropped"
    )
    assert text in repr(model)
    assert f"info[rows-reduced]: {ROWS} rows of the data are " in repr(model)
    assert text in repr(model.design)
    plain = model.design.to_dict()
    assert (
        sum(plain["counts"])
        == table.total
        == ROWS - sum(gone["count"] for gone in plain["dropped"])
    )
    assert "count times" in model.ir
    fit = fits("ordlogit")[1]
    said = f"{table.total} rows in {table.rows} cells"
    summary = fit.summary()
    for shown in (repr(summary), summary.to_markdown()):
        assert said in shown.splitlines()
    assert summary.to_dict()["data"] == {"rows": table.total, "cells": table.rows}
    assert "data" not in fits("ordlogit")[0].summary().to_dict()


@pytest.mark.parametrize("name", SPECS)
def test_predictions_are_by_cell(name: str) -> None:
    whole, reduced = fits(name)
    for kind in ("eta", "response"):
        rows = whole.predict(kind)
        cells = reduced.predict(kind, seed=1)
        count = "count_" if name == "poisson" else "count"
        assert int(cells[count].sum()) == rows.sizes["row"]
        cells.to_dataset()
        if kind == "eta":
            some = rows.sel(row=cells["row"])
            np.testing.assert_allclose(cells, some, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", SPECS)
def test_loo_is_that_of_all_rows(name: str) -> None:
    whole, reduced = (fit.loo() for fit in fits(name))
    for value in ("elpd", "se", "p"):
        there, here = getattr(whole, value), getattr(reduced, value)
        assert here == pytest.approx(there, rel=1e-9), value
    assert reduced.n_data_points == whole.n_data_points
    assert np.sort(reduced.elpd_i) == pytest.approx(np.sort(whole.elpd_i), rel=1e-9)
    shapes = (np.sort(one.pareto_k.values) for one in (reduced, whole))
    np.testing.assert_allclose(*shapes, rtol=1e-6, equal_nan=True)
    if name == "ordlogit":
        assert "Pareto k" in str(reduced)


def test_models_of_one_file_can_be_compared() -> None:
    text = HEAD + "model one: y ~ a + x\n\nmodel two: y ~ a\n"
    found = []
    for reduce in (False, True):
        elpds = {}
        for name in ("one", "two"):
            model = varying.compile(text, data_path(), model=name, reduce=reduce)
            elpds[name] = (
                fit_of(model, model.prior_predictive(300, seed=3)).loo().to_arviz()
            )
        found.append(az.compare(elpds, method="pseudo-BMA"))
    # draws from the priors do not depend on the rows
    for column in ("elpd", "p"):
        assert found[1][column].tolist() == pytest.approx(found[0][column].tolist())


@pytest.mark.parametrize("name", SPECS)
def test_the_prior_check_weighs(name: str) -> None:
    whole, reduced = (model.prior_check(200, seed=2) for model in models(name))
    for there, here in zip(whole, reduced, strict=True):
        assert here.name == there.name
        assert here.observed == pytest.approx(there.observed, rel=1e-12)
        size = max(float(np.ptp(there.values)), 1e-9)
        assert abs(np.mean(here.values) - np.mean(there.values)) < 0.25 * size
    reduced.plot()


@pytest.mark.parametrize("kind", get_args(ResponseKind))
def test_statistics_count_rows(kind: ResponseKind) -> None:
    rng = np.random.default_rng(6)
    counts = rng.integers(1, 9, 12)
    categories = tuple("abcd"[: {"ordinal": 4, "nominal": 4, "binary": 2}.get(kind, 0)])
    top = len(categories) or 6
    observed, drawn = rng.integers(0, top, 12), rng.integers(0, top, (40, 12))
    if kind == "continuous":
        drawn = drawn - 0.5 * rng.integers(0, 2, drawn.shape)
    if kind == "composition":
        observed, drawn = (rng.random((*one.shape, 3)) for one in (observed, drawn))
        categories = tuple("abc")
    trials = np.maximum(observed, 5) if kind == "successes" else None
    cells = Replicates("y", kind, observed, drawn, categories, trials, counts)
    rows = replace(cells.take(np.repeat(np.arange(12), counts)), counts=None)
    for here, there in zip(check_prior(cells, 1), check_prior(rows, 1), strict=True):
        assert here.observed == pytest.approx(there.observed, rel=1e-12)
        assert here.values == pytest.approx(there.values, rel=1e-12)
        assert here.text == there.text
    even = cells.even
    assert even.counts is None
    assert np.sort(even.observed, 0).tolist() == np.sort(rows.observed, 0).tolist()


def test_pictures(tmp_path: Path) -> None:
    fit = fits("ordlogit")[1]
    for by in (None, "g", "x"):
        picture = fit.plot("ppc", by=by, draws=20)
        assert any("rows in" in note for note in picture.notes)
        picture.save(tmp_path / "a.png")


def test_round_trip(tmp_path: Path) -> None:
    for name in ("ordlogit", "gaussian"):
        fit = fits(name)[1]
        fit.save(tmp_path / "a.fit")
        loaded = varying.load(tmp_path / "a.fit")
        assert loaded.provenance == fit.provenance
        assert loaded.provenance.data.cells is not None
        assert loaded.provenance.data.rows == loaded.predict("eta")["count"].sum()
        assert loaded.predict(seed=1).identical(fit.predict(seed=1))
        assert loaded.loo().elpd == fit.loo().elpd
        assert (
            pickle.loads(pickle.dumps(loaded))
            .predict("eta")
            .identical(fit.predict("eta"))
        )


def test_the_hash_covers_the_counts() -> None:
    compiled = models("ordlogit")[1].compiled
    assert compiled is not None
    table, used = compiled.prepared.table, compiled.prepared.used
    assert table.counts is not None
    other = replace(table, counts=table.counts + 1)
    assert describe_data(table, used).sha256 != describe_data(other, used).sha256


def test_priors_are_drawn_by_cell() -> None:
    drawn = models("poisson")[1].prior_predictive(20, seed=1)
    assert models("poisson")[1].compiled is not None
    table = models("poisson")[1].compiled.prepared.table  # type: ignore[union-attr]
    assert drawn["prior_predictive"].to_dataset()["count"].sizes["row"] == table.rows


# ---- rows for cells ------------------------------------------------------------------


@pytest.mark.parametrize("most", [1, 30, 150, 10_000])
def test_split_keeps_the_rows(most: int) -> None:
    compiled = models("ordlogit")[1].compiled
    assert compiled is not None
    table = compiled.prepared.table
    found = split(table, most)
    assert found.counts is not None and found.firsts is not None
    assert found.counts.min() >= 1
    assert found.rows <= most + table.rows
    assert found.total == table.total
    again = {first: 0 for first in found.firsts.tolist()}
    for first, count in zip(found.firsts.tolist(), found.counts.tolist(), strict=True):
        again[first] += count
    assert table.firsts is not None and table.counts is not None
    assert again == dict(zip(table.firsts.tolist(), table.counts.tolist(), strict=True))
    if most == 10_000:
        assert found.counts.max() == 1


def test_samples_are_even() -> None:
    counts = np.array([1, 10, 1000, 3, 100_000])
    assert np.bincount(sampled(np.array([3, 1, 2]))).tolist() == [3, 1, 2]
    found = np.bincount(sampled(counts, 1000), minlength=5)
    assert found.sum() == 1000
    assert np.abs(found - counts * 1000 / counts.sum()).max() <= 1
