"""Rows of weight 0: they are not learned from, and nothing counts them."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

import varying
from varying.runtime.compare.units import counted_rows, units_of


def data() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    rows = 40
    weight = np.where(np.arange(rows) % 4 == 0, 0.0, 1.0)
    return pd.DataFrame(
        {
            "y": rng.normal(size=rows) + 100.0 * (weight == 0.0),
            "z": rng.normal(size=rows),
            "g": rng.choice(list("abc"), rows),
            "w": weight,
        }
    )


@cache
def fitted() -> varying.Fit:
    model = varying.compile("y | weights(w) ~ g", data())
    return model.fit(draws=100, tune=150, chains=2, seed=1, progress=False)


def test_they_are_no_units_of_leave_one_out() -> None:
    compiled = varying.compile("y | weights(w) ~ g", data()).compiled
    assert compiled is not None
    units = units_of(compiled, None)
    assert units.count == 30
    assert units.labels[:3] == ("1", "2", "3")
    assert units.rows([0, 3]).tolist() == [1, 5]
    both = varying.compile("y | weights(w) ~ g\n  z ~ g", data()).compiled
    assert both is not None and counted_rows(both).all()  # the other response counts


def test_no_count_of_rows_has_them() -> None:
    fit, frame = fitted(), data()
    found = fit.loo()
    assert found.n_data_points == 30
    assert found.labels[0] == "1" and (found.each < 0.0).all()
    assert "sum over 30 rows" in str(found)
    assert len(fit.loo_pit().pit) == 30
    both = varying.compare({"one": fit, "again": fit})
    assert both.rows == 30
    assert [len(one.each) for one in both.models] == [30, 30]
    beside = fit.means("g", scale="response").to_frame()["observed"]
    there = frame[frame["w"] > 0].groupby("g")["y"].mean()
    assert beside.to_numpy() == pytest.approx(there.to_numpy())


def test_no_warning_is_about_them() -> None:
    frame = data()
    frame.loc[frame["w"] == 0.0, "y"] = 100.0
    warned = varying.compile("y ~ g", frame).diagnostics
    model = varying.compile("y | weights(w) ~ g", frame)
    assert warned and not model.diagnostics
    assert "40 rows used, 10 of them of weight 0" in str(model)
