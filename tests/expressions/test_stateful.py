"""Functions that learn from rows: as R's, over other rows, by groups, by lags."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from varying.compiler.backends.pymc import emit as to_graph
from varying.compiler.backends.source import emit
from varying.compiler.data.frames import table_from_frame
from varying.compiler.data.table import Column, Kind, Table
from varying.compiler.driver import Request, compile_spec
from varying.compiler.prepare.derive import replay
from varying.compiler.prepare.rows import Prepared, prepare
from varying.compiler.program.fill import fill
from varying.grammar.diagnostics import Diagnostic, Sink
from varying.grammar.parser import parse
from varying.grammar.source import Source

FILE = Path(__file__).parents[1] / "references" / "stateful.json"
R = json.loads(FILE.read_text(encoding="utf-8"))
X, NEW = np.array(R["x"]), np.array(R["new"])
NAN = float("nan")


def prepared(text: str, **data: Any) -> tuple[Prepared, list[Diagnostic]]:
    source = Source(text)
    sink = Sink(source)
    return prepare(parse(source, sink), table_from_frame(data), sink), sink.diagnostics


def learned(text: str, **data: Any) -> Prepared:
    found, diagnostics = prepared(text, **data)
    assert [d for d in diagnostics if d.severity == "error"] == []
    return found


def columns_of(table: Table, call: str) -> list[Column]:
    return [table.columns[name] for name in table.calls[call]]


# ---- as R --------------------------------------------------------------------------


@pytest.mark.parametrize("call", R["columns"])
def test_columns_as_in_r(call: str) -> None:
    expected = R["columns"][call]
    rows = learned(f"y ~ {call}", y=np.ones(12), x=X)
    np.testing.assert_allclose(
        [column.values for column in columns_of(rows.table, call)],
        expected["fit"],
        rtol=0,
        atol=1e-12,
    )
    sink = Sink(Source(""))
    other = replay(rows.computed, table_from_frame({"x": NEW}), sink)
    np.testing.assert_allclose(
        [column.values for column in columns_of(other, call)],
        expected["new"],
        rtol=1e-11,
        atol=1e-11,
    )


@pytest.mark.parametrize("call", R["cuts"])
def test_cut_as_in_r(call: str) -> None:
    levels, codes = R["cuts"][call]["levels"], R["cuts"][call]["codes"]
    codes = [None if code == "NA" else code for code in codes]
    rows = learned(f"y ~ {call}", y=np.ones(12), x=X)
    (column,) = columns_of(rows.table, call)
    kept = [code - 1 for code in codes if code is not None]
    assert (list(column.levels), column.values.tolist()) == (levels, kept)
    # outside the bounds a row has no interval, and is left out by name
    reasons = {f"`{call}` is missing"} if len(kept) < 12 else set()
    assert {gone.reason for gone in rows.dropped} == reasons
    assert len(rows.dropped) == 12 - len(kept)


def test_rank_as_in_r() -> None:
    rows = learned("y ~ rank(x)", y=np.ones(5), x=np.array(R["ranks"]["x"], float))
    (column,) = columns_of(rows.table, "rank(x)")
    assert column.values.tolist() == R["ranks"]["rank"]
    # 1 has rank 1.5, 2 has 3.5, 5 has 5; others lie between, or at the ends
    other = replay(
        rows.computed, table_from_frame({"x": [0.0, 1.5, 9.0]}), Sink(Source(""))
    )
    assert columns_of(other, "rank(x)")[0].values.tolist() == [1.5, 2.5, 5.0]


# ---- by groups ---------------------------------------------------------------------

GROUPS = {
    "y": np.arange(6.0),
    "x": [1.0, 3.0, 10.0, 20.0, 30.0, 7.0],
    "g": ["a", "a", "b", "b", "b", "c"],
    "h": [1, 2, 1, 2, 2, 1],
}


@pytest.mark.parametrize(
    ("call", "fit", "other"),
    [
        ("mean(x)", [71 / 6] * 6, [71 / 6] * 4),
        ("min(x)", [1.0] * 6, [1.0] * 4),
        ("mean(x, by = g)", [2, 2, 20, 20, 20, 7], [2, 20, 105, 105]),
        ("between(x, g)", [2, 2, 20, 20, 20, 7], [2, 20, 105, 105]),
        ("within(x, g)", [-1, 1, -10, 0, 10, 0], [98, 80, -5, 5]),
        ("min(x, by = g)", [1, 1, 10, 10, 10, 7], [1, 10, 100, 100]),
        ("max(x, by = g)", [3, 3, 30, 30, 30, 7], [3, 30, 110, 110]),
        ("mean(x, by = g:h)", [1, 3, 10, 25, 25, 7], [1, 25, 100, 110]),
        ("mean(x, by = h)", [6, 53 / 3, 6, 53 / 3, 53 / 3, 6], [6, 53 / 3, 6, 53 / 3]),
    ],
)
def test_groups(call: str, fit: list[float], other: list[float]) -> None:
    rows = learned(f"y ~ {call}", **GROUPS)
    (column,) = columns_of(rows.table, call)
    np.testing.assert_allclose(column.values, fit, rtol=1e-14)
    # the groups of the fit keep their means; `d` is new and has that of its rows
    new = {"x": [100.0, 100, 100, 110], "g": ["a", "b", "d", "d"], "h": [1, 2, 1, 2]}
    again = replay(rows.computed, table_from_frame(new), Sink(Source("")))
    np.testing.assert_allclose(columns_of(again, call)[0].values, other, rtol=1e-14)


def test_cells_count_as_often_as_they_are_there() -> None:
    calls = "scale(x) + center(x) + rank(x) + poly(x, 2) + ns(x, df=3) + mean(x, by=g)"
    calls += " + bs(x, df=5) + scale(x, center=FALSE)"
    x, g = np.array([1.0, 2, 4, 8, 9]), np.array(["a", "a", "b", "b", "a"])
    counts = np.array([3, 1, 2, 5, 4])
    spec = parse(Source(f"y ~ {calls}"))
    cells = table_from_frame({"y": np.ones(5), "x": x, "g": g})
    firsts = np.cumsum(counts) - counts
    cells = Table("", cells.columns, 5, counts=counts, firsts=firsts)
    whole = table_from_frame(
        {"y": np.ones(15), "x": np.repeat(x, counts), "g": np.repeat(g, counts)}
    )
    few, many = (prepare(spec, t, Sink(spec.source)).table for t in (cells, whole))
    assert few.calls == many.calls and len(few.calls) == 8
    for name in (name for names in few.calls.values() for name in names):
        expanded = np.repeat(few.columns[name].values, counts)
        np.testing.assert_allclose(expanded, many.columns[name].values, atol=1e-12)


# ---- earlier rows ------------------------------------------------------------------

TRIALS = {
    "y": np.arange(8.0),
    "x": [1.0, 2, 3, 4, 5, 6, 7, NAN],
    "f": ["u", "v", "u", "v", "u", "v", "u", "v"],
    "s": ["a", "a", "a", "b", "b", "b", "b", "b"],
    "t": [3, 1, 2, 1, 2, 3, 4, 5],
}


@pytest.mark.parametrize(
    ("call", "rows", "values"),
    [
        ("lag(x)", [1, 2, 3, 4, 5, 6, 7], [1, 2, 3, 4, 5, 6, 7]),
        ("lag(x, by = s)", [1, 2, 4, 5, 6, 7], [1, 2, 4, 5, 6, 7]),
        ("lag(x, by = s, order = t)", [0, 2, 4, 5, 6, 7], [3, 2, 4, 5, 6, 7]),
        ("lag(x, by = s, n = 2)", [2, 5, 6, 7], [1, 4, 5, 6]),
        ("lag(x^2, n = 1)", [1, 2, 3, 4, 5, 6, 7], [1, 4, 9, 16, 25, 36, 49]),
    ],
)
def test_lag(call: str, rows: list[int], values: list[float]) -> None:
    found = learned(f"y ~ {call}", **{**TRIALS, "x": [1.0, 2, 3, 4, 5, 6, 7, 8]})
    assert found.rows.tolist() == rows
    assert columns_of(found.table, call)[0].values.tolist() == values
    assert {gone.reason for gone in found.dropped} == {f"`{call}` is missing"}


def test_lag_sees_rows_that_where_leaves_out() -> None:
    found = learned("where t > 1\ny ~ lag(x, by=s, order=t)", **TRIALS)
    assert found.rows.tolist() == [0, 2, 4, 5, 6]
    (column,) = columns_of(found.table, "lag(x, by = s, order = t)")
    assert column.values.tolist() == [3, 2, 4, 5, 6]


def test_lag_of_a_factor_is_one() -> None:
    found = learned("where lag(f) == 'u'\ny ~ lag(f)", **TRIALS)
    (column,) = columns_of(found.table, "lag(f)")
    assert (column.kind, column.levels) == (Kind.TEXT, ("u", "v"))
    assert found.rows.tolist() == [1, 3, 5, 7] and set(column.values.tolist()) == {0}


# ---- let ---------------------------------------------------------------------------


def test_lets_wait_for_the_rows_of_the_fit() -> None:
    text = """
        let twice = 2 * x
        let z = scale(twice)
        let z2 = z^2
        let high = z > 0
        where x < 7
        y ~ z2 + high
    """
    found = learned(text, **TRIALS)
    x = np.arange(1.0, 7)
    z = (x - 3.5) / np.std(x, ddof=1)
    np.testing.assert_allclose(found.table.columns["z2"].values, z**2)
    assert found.table.columns["high"].kind is Kind.LOGICAL
    assert set(found.used) == {"y", "twice"}


def test_rows_are_dropped_for_what_a_waiting_let_reads() -> None:
    found = learned("let z = center(x)\ny ~ z", **TRIALS)
    assert [(gone.row, gone.reason) for gone in found.dropped] == [
        (7, "`x` is missing")
    ]
    assert found.table.columns["z"].values.tolist() == [-3, -2, -1, 0, 1, 2, 3]


def test_a_let_can_be_a_factor() -> None:
    text = "let k = factor(t)\nlet r = relevel(s, ref=b)\nlet c = cut(t, [0, 2, 9])"
    found = learned(f"{text}\ny ~ k + r + c", **TRIALS)
    columns = found.table.columns
    assert columns["k"].levels == ("1", "2", "3", "4", "5")
    assert columns["r"].levels == ("b", "a")
    assert columns["c"].levels == ("(0,2]", "(2,9]")


def test_a_dot_is_not_what_calls_gave() -> None:
    spec = Source("y ~ . + scale(x)")
    table = table_from_frame({"y": np.arange(9.0), "x": np.arange(9.0) ** 2})
    compiled = compile_spec(Request(spec, table))
    names = [column.name for column in compiled.bound.population.columns]
    assert names == ["x", "scale(x)"]


def test_a_column_that_is_called_like_a_call() -> None:
    data = {"y": np.arange(4.0), "x": [1.0, 2, 3, 5], "scale(x)": [7.0, 7, 8, 9]}
    found = learned("y ~ scale(x) + `scale(x)`", **data)
    assert found.table.columns["scale(x)"].values.tolist() == [7, 7, 8, 9]
    (column,) = columns_of(found.table, "scale(x)")
    assert column.values.mean() == pytest.approx(0, abs=1e-15)


# ---- to the end --------------------------------------------------------------------

SPEC = """
    data "d.csv"
    let z = scale(log(x))
    let band = cut(x, 3)
    let half = factor(h, levels=[2, 1], labels=["second", "first"])
    let prev = center(lag(x, by=g, order=t))
    where t < 40
    y ~ half + prev + poly(x, 2)*g + z + band + lag(x, by=g, order=t)
      + (1 + within(x, g) | g)
"""


def test_script_and_graph_agree(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    rows = "\n".join(
        f"{y:.4f},{x:.4f},{'uvw'[row % 3]},{7 * row % 48},{row % 2 + 1}"
        for row, (y, x) in enumerate(rng.uniform(1, 9, (48, 2)))
    )
    (tmp_path / "d.csv").write_text(f"y,x,g,t,h\n{rows}\n")
    compiled = compile_spec(Request(Source(SPEC), base=tmp_path))
    script: dict[str, Any] = {"__name__": "script"}
    exec(emit(compiled), script)
    model = script["build"](script["read"](tmp_path / "d.csv"))
    graph = to_graph(compiled.program, compiled.frame)
    point = graph.initial_point()
    point = {name: value + 0.1 for name, value in point.items()}
    expected, found = (
        float(m.compile_logp(mode="FAST_COMPILE")(point)) for m in (graph, model)
    )
    assert found == pytest.approx(expected, rel=1e-9)


def test_slots_of_other_rows_have_what_was_learned() -> None:
    data = {"y": np.arange(12.0), "x": X, "g": ["a", "b"] * 6}
    spec = Source("y ~ scale(x)*g + ns(x, df=3)")
    compiled = compile_spec(Request(spec, table_from_frame(data)))
    half = table_from_frame({"y": np.zeros(6), "x": X[:6], "g": ["a", "b"] * 3})
    other = replay(compiled.prepared.computed, half, Sink(Source("")))
    table = compiled.prepared.table
    whole, part = (fill(compiled.lowered, t) for t in (table, other))
    name = "X"
    np.testing.assert_array_equal(part["b_basis"], whole["b_basis"])
    np.testing.assert_allclose(part.arrays[name], whole.arrays[name][:6], atol=1e-12)


def test_texts_are_spelled_otherwise() -> None:
    """As R's ``toupper(trimws(x))``: levels that are spelled alike are one."""
    ids = ["p1", "P1 ", " p2", "P2", "p3", "p1"]
    found = learned("let p = toupper(trimws(id))\ny ~ p", y=np.arange(6.0), id=ids)
    column = found.table.columns["p"]
    assert [column.levels[code] for code in column.values.tolist()] == [
        *("P1", "P1", "P2", "P2", "P3", "P1")
    ]
    assert len(column.levels) == 3
