"""Bases of smooth terms, beside those of mgcv: ``references/smooths.json``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from varying.compiler.data.frames import table_from_frame
from varying.compiler.data.spread import distinct
from varying.compiler.data.table import Table
from varying.compiler.driver import Request, compile_spec
from varying.compiler.expressions.smooth import BASES, Curves, learn_smooth
from varying.compiler.expressions.smooth import learn as learning
from varying.compiler.expressions.smooth.learn import Unsuited
from varying.compiler.formula.design import evaluate_columns
from varying.grammar.source import Source

Array = NDArray[Any]
MGCV = json.loads(
    (Path(__file__).parents[1] / "references" / "smooths.json").read_text()
)
CASES = {f"{c['data']} {c['bs']} {c['k']}": c for c in MGCV["cases"]}


def learned(x: Array, bs: str, k: int, counts: Array | None = None) -> Curves:
    return learn_smooth(x, counts, distinct(x), bs, k)


def parts(state: Curves, x: Array) -> tuple[Array, Array]:
    """The line, if there is one, and the curves."""
    table = table_of(x)
    columns = np.column_stack(state.columns(x, table))
    lines = int(state.center is not None)
    return columns[:, :lines], columns[:, lines:]


def table_of(x: Array) -> Table:
    return table_from_frame({"x": x})


def of_mgcv(case: dict[str, Any]) -> tuple[Array, Array, Array, Array]:
    """Its line and curves, on the rows and on new ones.

    What its curves have in common with the line is of the line here.
    """
    curves, new = np.array(case["random"]), np.array(case["new"])
    if "line" not in case:
        return np.empty((len(curves), 0)), curves, np.empty((len(new), 0)), new
    line, new_line = (np.array(case[of])[:, None] for of in ("line", "new_line"))
    slopes = line.T @ curves / (line.T @ line)
    return line, curves - line * slopes, new_line, new - new_line * slopes


@pytest.mark.parametrize("case", CASES)
def test_curves_have_the_prior_of_mgcvs(case: str) -> None:
    given = CASES[case]
    x, new = (np.array(MGCV[of][given["data"]], float) for of in ("data", "new"))
    state = learned(x, given["bs"], given["k"])
    (line, curves), (new_line, new_curves) = parts(state, x), parts(state, new)
    their_line, theirs, their_new_line, their_new = of_mgcv(given)
    # a product says what prior a curve has, whatever its columns
    for one, other in ((curves, theirs), (new_curves, their_new)):
        found, wanted = one @ curves.T, other @ theirs.T
        assert found == pytest.approx(wanted, abs=1e-8 * np.abs(wanted).max())
    # the line is theirs but for its unit, on new rows too
    assert line.shape == their_line.shape
    if line.shape[1]:
        ours, other = (
            np.vstack([line, new_line]),
            np.vstack([their_line, their_new_line]),
        )
        unit = np.linalg.lstsq(other, ours)[0]
        assert ours == pytest.approx(other @ unit, abs=1e-8 * np.abs(ours).max())
        assert line.T @ curves == pytest.approx(0.0, abs=1e-8 * np.abs(line).sum())


@pytest.mark.parametrize("case", CASES)
def test_a_normal_response_has_the_density_of_mgcvs(case: str) -> None:
    """With given sds; of what is left of it beside any multiple of the line."""
    given = CASES[case]
    x = np.array(MGCV["data"][given["data"]], float)
    line, curves = parts(learned(x, given["bs"], given["k"]), x)
    covariance = curves @ curves.T * 0.49 + 0.09 * np.eye(len(x)) + 1.21
    y = np.sin(np.arange(1, len(x) + 1))
    root = np.linalg.cholesky(covariance)
    half, lines = np.linalg.solve(root, y), np.linalg.solve(root, line)
    rest = half - lines @ np.linalg.lstsq(lines, half)[0]
    found = -np.log(np.diag(root)).sum() - 0.5 * rest @ rest
    found -= 0.5 * (len(x) - line.shape[1]) * np.log(2.0 * np.pi)
    found -= 0.5 * np.linalg.slogdet(lines.T @ lines)[1]
    found += 0.5 * np.linalg.slogdet(line.T @ line)[1]
    assert found == pytest.approx(given["log_density"], rel=1e-9)


@pytest.mark.parametrize("by", ["f", "o", "z"])
def test_by_levels_and_numbers_are_those_of_mgcv(by: str) -> None:
    """Of an ordered factor the first level has no curve."""
    x = np.array(MGCV["data"]["few"])
    levels = np.array([*"abc"])[np.arange(len(x)) % 3]
    columns = {"x": x, "f": levels, "o": levels, "z": np.sin(1.0 + np.arange(len(x)))}
    table = table_from_frame({**columns, "y": x})
    text = f"column o: ordered(a, b, c)\ny ~ s(x, k=6, by={by})\n"
    found = compile_spec(Request(Source(text), table))
    population, made = found.bound.population, found.prepared.table
    theirs = MGCV["by"][by]
    assert len(population.smooths) == len(theirs)
    lines = evaluate_columns(population.columns, made)
    wanted = np.column_stack([np.array(one["lines"]) for one in theirs])
    assert np.linalg.matrix_rank(np.column_stack([lines, wanted])) == lines.shape[1]
    assert lines.shape == wanted.shape
    for ours, one in zip(population.smooths, theirs, strict=True):
        curves = evaluate_columns(ours.columns, made), np.array(one["random"])
        # beside any multiple of their lines
        beside = np.array(one["lines"])
        rest = [c - beside @ np.linalg.lstsq(beside, c)[0] for c in curves]
        assert rest[0] @ rest[0].T == pytest.approx(rest[1] @ rest[1].T, abs=1e-9)


@pytest.mark.parametrize("bs", BASES)
def test_units_and_the_order_of_rows_make_no_difference(bs: str) -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(0.0, 1.0, 40).round(1)
    _, here = parts(learned(x, bs, 6), x)
    far = x * 1e9 + 1.7e18
    _, there = parts(learned(far, bs, 6), far)
    size = np.abs(here).max()
    assert there @ there.T == pytest.approx(here @ here.T, abs=1e-6 * size**2)
    order = rng.permutation(len(x))
    assert learned(x[order], bs, 6) == learned(x, bs, 6)


@pytest.mark.parametrize("bs", BASES)
def test_counts_are_rows(bs: str) -> None:
    rng = np.random.default_rng(6)
    values = np.sort(rng.uniform(0.0, 1.0, 12))
    counts = rng.integers(1, 5, 12)
    once = learned(values, bs, 5, counts)
    assert once == learned(np.repeat(values, counts), bs, 5)


def test_beyond_the_data_a_curve_goes_on() -> None:
    x = np.linspace(2.0, 9.0, 30)
    beyond = np.array([9.0, 10.0, 11.0, 13.0])
    for bs in ("tp", "ts", "cr"):
        _, curves = parts(learned(x, bs, 6), beyond)
        steps = np.diff(curves, axis=0)
        assert steps[1] == pytest.approx(steps[0], abs=1e-9)
        assert steps[2] == pytest.approx(2.0 * steps[0], abs=1e-9)
    state = learned(x, "cc", 6)
    inside = np.array([2.5, 4.0, 8.9])
    _, once = parts(state, inside)
    _, again = parts(state, inside + 3 * 7.0)
    assert again == pytest.approx(once, abs=1e-9)


def test_of_very_many_values_some_are_knots(monkeypatch: pytest.MonkeyPatch) -> None:
    most = 200
    monkeypatch.setattr(learning, "MOST_KNOTS", most)
    x = np.sort(np.random.default_rng(8).uniform(0.0, 1.0, most + 300))
    state = learned(x, "tp", 5)
    assert len(state.knots) == most
    assert (state.knots[0], state.knots[-1]) == (x[0], x[-1])
    # what is left out changes little
    monkeypatch.setattr(learning, "MOST_KNOTS", len(x))
    (_, whole), (_, some) = parts(learned(x, "tp", 5), x), parts(state, x)
    size = np.abs(whole @ whole.T).max()
    assert some @ some.T == pytest.approx(whole @ whole.T, abs=0.03 * size)


def test_values_that_are_nearly_one_are_one_knot() -> None:
    x = np.array([0.0, 1.0, 1.0 + 1e-12, 2.0, 3.0, 4.0])
    state = learned(x, "tp", 4)
    assert state.knots == (0.0, 1.0, 2.0, 3.0, 4.0)
    _, curves = parts(state, x)
    assert curves[1] == pytest.approx(curves[2], abs=1e-9)


@pytest.mark.parametrize(
    ("bs", "k", "said"),
    [
        ("tp", None, "`k=10`, the default, needs as many different values, and .* 5"),
        ("tp", 6, "`k=6` needs"),
        ("cc", 3, "`k` must be 4 or more for `bs=cc`"),
        ("tp", 2, "`k` must be 3 or more"),
    ],
)
def test_what_cannot_be(bs: str, k: int | None, said: str) -> None:
    x = np.array([1.0, 2.0, 2.0, 3.0, 4.0, 5.0])
    with pytest.raises(Unsuited, match=said):
        learn_smooth(x, None, distinct(x), bs, k)
