"""Rows that are alike are computed once, and are as they would be by themselves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from varying.runtime.rows import tables
from varying.runtime.rows.alike import alike
from varying.runtime.rows.new import new_rows, read_rows

from .test_new import SPECS, data, fit

#: Rows of four kinds; the last two differ in nothing but their levels.
KINDS = data().iloc[[0, 20, 31, 31]].drop(columns=["y", "rating", "k"])
KINDS = KINDS.assign(subj=["s1", "s6", "s1", "s2"], arm=["a", "b", "a", "a"])
OPTIONS: dict[str, dict[str, Any]] = {
    "fitted": {},
    "new": {"groups": "new", "seed": 2},
    "zero": {"groups": "zero"},
    "average": {"groups": "average"},
}


def _many(groups: str) -> tuple[pd.DataFrame, Any]:
    which = np.random.default_rng(1).permutation(np.repeat(np.arange(4), 5))
    kinds = KINDS
    if groups == "new":  # the stranger is one in all rows
        kinds = kinds.assign(subj=["s1", "stranger", "s1", "s2"])
    return kinds.iloc[which].reset_index(drop=True), which


@pytest.mark.parametrize("groups", OPTIONS)
@pytest.mark.parametrize("name", ["shared", "ordinal", "strata", "members"])
def test_they_are_as_they_would_be_by_themselves(
    name: str, groups: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, (rows, _) = fit(SPECS[name]), _many(groups)
    kinds = ("eta", "prob") if name == "ordinal" else ("eta", "mean")
    for kind in kinds:
        options = {"kind": kind, **OPTIONS[groups]}
        each = made.predict(rows, **options)
        table = made.predict(rows, summary=True, **options)
        with monkeypatch.context() as patch:
            patch.setattr("varying.runtime.rows.predict.alike", lambda *_: None)
            every = made.predict(rows, **options)
            whole = made.predict(rows, summary=True, **options)
        assert list(each.coords) == list(every.coords)
        np.testing.assert_allclose(each, every, rtol=1e-6, atol=1e-9)
        pd.testing.assert_frame_equal(table, whole, rtol=1e-6, atol=1e-9)


def test_what_is_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    made = fit(SPECS["shared"])
    rows, which = _many("fitted")
    compiled = made._origin.compiled
    (found,) = new_rows(compiled, read_rows(rows, compiled), "fitted").each
    same = alike(found)
    assert same is not None and len(same.first) == 4
    np.testing.assert_array_equal(same.first, np.unique(same.first))
    for kind in range(4):
        assert len(set(same.which[which == kind])) == 1
    # new groups: the last two kinds are one
    averaged = alike(found, {})
    assert averaged is not None and len(averaged.first) == 3
    assert alike(found.some(np.unique(same.first))) is None
    # some at a time, the same table
    table = made.predict(rows, "mean", summary=True)
    monkeypatch.setattr(tables, "_LINES", 3)
    pd.testing.assert_frame_equal(made.predict(rows, "mean", summary=True), table)
