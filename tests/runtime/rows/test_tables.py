"""Predictions as tables and files: figures of each row, and all draws."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from varying.runtime.rows import engine

from .test_new import SPECS, data, fit, flat

ROWS = pd.DataFrame(
    {
        "subj": ["s1", "s2", "new, one"],
        "x": [0.5, 1.0, 2.0],
        "cond": ["ctl", "both", "drug"],
        "note": ["a", None, 'with "quotes"'],
        "count": [1, 2, 3],
        "mean": [True, False, True],
    }
)
OPTIONS: dict[str, Any] = {"groups": "new", "seed": 4}


def test_a_summary_has_the_figures_of_the_draws() -> None:
    made = fit(SPECS["shared"])
    table = made.predict(ROWS, "mean", summary=True, prob=0.8, **OPTIONS)
    draws = flat(made.predict(ROWS, "mean", **OPTIONS))
    figures = ["mean_", "sd", "median", "lower", "upper"]
    assert list(table.columns) == [*ROWS.columns, *figures]
    pd.testing.assert_frame_equal(table[ROWS.columns], ROWS)
    wanted = [
        draws.mean(0),
        draws.std(0, ddof=1),
        *np.quantile(draws, [0.5, 0.1, 0.9], 0),
    ]
    for name, values in zip(figures, wanted, strict=True):
        np.testing.assert_allclose(table[name], values, rtol=1e-12)


def test_files_have_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = fit(SPECS["shared"])
    table = made.predict(ROWS, "mean", summary=True, **OPTIONS)
    monkeypatch.setattr(
        engine.blocks, "__kwdefaults__", {"seed": None, "each": 1, "at_once": 1}
    )
    for ending, read in ((".csv", pd.read_csv), (".parquet", pd.read_parquet)):
        path = tmp_path / f"new{ending}"
        assert made.predict(ROWS, "mean", out=path, **OPTIONS) == path
        pd.testing.assert_frame_equal(read(path), table, check_dtype=ending != ".csv")
        long = tmp_path / f"long{ending}"
        made.predict(ROWS, "mean", out=long, summary=False, **OPTIONS)
        made.predict(
            ROWS, out=tmp_path / f"y{ending}", summary=False, draws=1, **OPTIONS
        )
        assert len(read(tmp_path / f"y{ending}")) == 6
        lines = read(long).set_index(["chain", "draw", "row"])["mean"]
        whole = made.predict(ROWS, "mean", **OPTIONS)
        assert lines.to_xarray().equals(whole.rename("mean"))
    path = tmp_path / "new.zarr"
    made.predict(ROWS, "mean", out=path, **OPTIONS)
    made.predict(ROWS, out=path, overwrite=True, **OPTIONS)
    drawn = xr.open_zarr(path, consolidated=False)["y"].load()
    np.testing.assert_array_equal(drawn, made.predict(ROWS, **OPTIONS))
    made.predict(ROWS, "mean", out=path, overwrite=True, **OPTIONS)
    stored = xr.open_zarr(path, consolidated=False)["mean"].load()
    np.testing.assert_array_equal(stored, whole)
    assert stored.dims == whole.dims
    assert [p.name for p in tmp_path.iterdir() if ".tmp" in p.name] == []


def test_probabilities_have_a_line_each(tmp_path: Path) -> None:
    made = fit(SPECS["ordinal"])
    table = made.predict(ROWS, "prob", summary=True, groups="average")
    shares = made.predict(ROWS, "prob", groups="average").mean(("chain", "draw"))
    assert table["category"].tolist() == [1, 2, 3, 4] * 3
    assert table["x"].tolist() == np.repeat(ROWS["x"], 4).tolist()
    np.testing.assert_allclose(table["mean_"], shares.values.ravel(), rtol=1e-12)
    path = tmp_path / "p.zarr"
    made.predict(ROWS, "prob", groups="average", out=path)
    stored = xr.open_zarr(path, consolidated=False)["prob"]
    assert stored.dims == ("chain", "draw", "row", "category")
    made.predict(ROWS, "prob", groups="average", out=tmp_path / "p.csv")
    assert len(pd.read_csv(tmp_path / "p.csv")) == 12
    # responses that are numbers
    table = made.predict(ROWS, summary=True, **OPTIONS)
    drawn = flat(made.predict(ROWS, **OPTIONS))
    np.testing.assert_allclose(table["mean_"], drawn.mean(0))


def test_quantiles_of_responses() -> None:
    made = fit(SPECS["shared"])
    drawn = flat(made.predict(ROWS, **OPTIONS))
    found = made.predict(ROWS, "quantile", quantiles=[0.1, 0.5], **OPTIONS)
    assert found.dims == ("quantile", "row")
    np.testing.assert_allclose(found, np.quantile(drawn, [0.1, 0.5], axis=0))
    ranks = fit(SPECS["ordinal"]).predict(ROWS, "quantile", **OPTIONS)
    assert set(np.unique(ranks.values)) <= {1, 2, 3, 4}
    table = made.predict(ROWS, "quantile", summary=True, **OPTIONS)
    assert list(table.columns)[-2:] == ["q75", "q97.5"]


def test_rows_of_the_fit_stand_beside_their_figures() -> None:
    made = fit(SPECS["lets"])
    table = made.predict(kind="mean", summary=True)
    assert "score" not in table.columns
    kept = data()[data()["y"] < 2].reset_index(drop=True)
    assert table["age"].tolist() == kept["age"].tolist()


def test_files_that_cannot_be_written(tmp_path: Path) -> None:
    made = fit(SPECS["shared"])
    there = tmp_path / "there.csv"
    there.write_text("mine")
    with pytest.raises(FileExistsError, match="overwrite=True"):
        made.predict(ROWS, out=there, **OPTIONS)
    assert there.read_text() == "mine"
    made.predict(ROWS, out=there, overwrite=True, **OPTIONS)
    assert there.read_text().startswith('"subj",')
    with pytest.raises(ValueError, match="ends in one of"):
        made.predict(ROWS, out=tmp_path / "new.xlsx", **OPTIONS)
    with pytest.raises(ValueError, match="quantiles go with"):
        made.predict(ROWS, quantiles=[0.5], **OPTIONS)
    with pytest.raises(ValueError, match="no table|a summary is a table"):
        made.predict(ROWS, out=tmp_path / "a.zarr", summary=True, **OPTIONS)


def test_a_frame_keeps_its_index_and_all_its_columns() -> None:
    made = fit(SPECS["shared"])
    rows = ROWS.assign(when=pd.to_datetime(["2026-01-01"] * 3)).set_index(
        pd.Index([7, 7, 9])
    )
    table = made.predict(rows, "mean", summary=True, **OPTIONS)
    pd.testing.assert_frame_equal(table[rows.columns], rows)
    plain = made.predict(ROWS, "mean", summary=True, **OPTIONS)
    assert table["sd"].tolist() == plain["sd"].tolist()
    shares = fit(SPECS["ordinal"]).predict(rows, "prob", summary=True, **OPTIONS)
    assert shares.index.tolist() == [7] * 8 + [9] * 4


def test_what_is_not_in_the_table_is_said(tmp_path: Path) -> None:
    made = fit(SPECS["shared"])
    rows = ROWS.assign(when=pd.to_datetime(["2026-01-01"] * 3))
    rows.to_parquet(tmp_path / "new.parquet")
    with pytest.warns(UserWarning, match="not in the table: `when`"):
        made.predict(tmp_path / "new.parquet", "mean", summary=True, **OPTIONS)
    with pytest.warns(UserWarning, match="3 rows have no value of `subj`"):
        made.predict(ROWS.drop(columns="subj"), "mean", **OPTIONS)
