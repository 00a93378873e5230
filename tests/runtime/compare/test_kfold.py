"""Refits without rows or groups, against formulas, and what is kept of them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import varying
from varying.compiler.program.text import program_text
from varying.runtime.compare.refit import without
from varying.runtime.compare.units import units_of

from .test_units import SMALL, fitted


def test_rows_of_a_normal_sample_have_a_formula() -> None:
    rng = np.random.default_rng(2)
    y = rng.normal(3.0, 2.0, size=30)
    fit = varying.compile("y ~ 1", pd.DataFrame({"y": y})).fit(**SMALL)  # type: ignore[arg-type]
    found = fit.kfold(k=6, seed=3, progress=False)
    assert sorted(place for one in found.folds for place in one.units) == [*range(30)]
    assert len(found.folds) == 6
    wanted = np.empty(30)
    for one in found.folds:
        rest = np.delete(y, one.units)
        scale = rest.std(ddof=1) * np.sqrt(1 + 1 / len(rest))
        for place in one.units:
            wanted[place] = stats.t(len(rest) - 1, rest.mean(), scale).logpdf(y[place])
    # the prior of the sd is not flat, and 1000 draws have their error
    np.testing.assert_allclose(found.each, wanted, atol=0.1)
    assert found.elpd == pytest.approx(found.each.sum())
    assert found.se == pytest.approx(np.sqrt(30) * found.each.std(ddof=1))
    assert "about new rows" in str(found)


def test_a_refit_learns_nothing_again() -> None:
    fit = fitted("level ~ x + (1 + x | g), family=ordlogit")
    compiled = fit._origin.compiled
    rows = units_of(compiled, "g").rows([2])
    fewer = without(compiled, rows)
    assert len(rows) == 6 and fewer.prepared.table.rows == 42
    assert fewer.prepared.rows.tolist() == [*range(12), *range(18, 48)]
    assert program_text(fewer.program) == program_text(compiled.program)
    # a model of the fewer rows has other numbers in its priors
    from .test_units import frame

    spec = "level ~ x + (1 + x | g), family=ordlogit"
    alone = varying.compile(spec, frame().drop(index=rows)).compiled
    assert alone is not None
    assert program_text(alone.program) != program_text(compiled.program)


def test_levels_in_folds_and_going_on(tmp_path: Path) -> None:
    fit, path = fitted("y ~ x + (1 | g)"), tmp_path / "folds.json"
    whole = fit.kfold(4, by="g", path=path, progress=False)
    assert whole.labels == tuple(f"s{one}" for one in range(8))
    assert {len(one.units) for one in whole.folds} == {2}
    assert (whole.groups, whole.measure) == (("g",), "density")
    plain = json.loads(path.read_text())
    last = plain["folds"].pop()
    plain["folds"][0]["elpd"] = [-1.0, -2.0]
    path.write_text(json.dumps(plain))
    again = fit.kfold(4, by="g", path=path, progress=False)
    # what was there is taken as it is, what was not is as before
    first = list(plain["folds"][0]["units"])
    assert again.each[first].tolist() == [-1.0, -2.0]
    np.testing.assert_allclose(again.each[last["units"]], last["elpd"], rtol=1e-12)
    with pytest.raises(OSError, match="of another fit, or of other folds"):
        fit.kfold(2, by="g", path=path, progress=False)
    path.write_text("x,y\n1,2\n")
    with pytest.raises(OSError, match="no file of folds"):
        fit.kfold(2, by="g", path=path, progress=False)
    assert path.read_text() == "x,y\n1,2\n"


def test_every_level_alone_is_as_importance_sampling_has_it() -> None:
    fit = fitted("y ~ x + (1 | g)")
    exact, found = fit.kfold(by="g", progress=False), fit.loo(by="g")
    assert len(exact.folds) == 8
    good = found.shapes < 0.5
    assert good.any()
    np.testing.assert_allclose(exact.each[good], found.each[good], atol=0.3)
    plain = exact.to_dict()
    assert [row["label"] for row in plain["rows"]] == list(exact.labels)
    assert plain["divergences"] == list(exact.divergences)
    assert exact.to_frame()["elpd"].sum() == pytest.approx(exact.elpd)


def test_how_many_parts() -> None:
    fit = fitted("y ~ x + (1 | g)")
    for number in (1, 9):
        with pytest.raises(ValueError, match="k is"):
            fit.kfold(number, by="g", progress=False)
