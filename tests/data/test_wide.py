"""One row a person becomes one row a cell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import varying
from varying.compiler.data import file as data_file
from varying.compiler.data.frames import table_from_frame
from varying.compiler.data.table import Column, Kind, Table
from varying.compiler.driver import Request, check, compile_spec
from varying.grammar.diagnostics import ModelError
from varying.grammar.source import Source

WIDE: dict[str, list[Any]] = {
    "subj": ["a", "b", "c"],
    "age": [20, 30, None],
    "early_CS-": [1.5, 2, 3],
    "early_CS+": [4, 5, 6],
    "late_CS-": [7, None, 9],
    "late_CS+": [10, 11, 12],
}

CELLS = """wide(rating: "late_CS+" = (block=late, cs="CS+"),
  "late_CS-" = (block=late, cs="CS-"), "early_CS+" = (block=early, cs="CS+"),
  "early_CS-" = (block=early, cs="CS-"))"""

#: The same by hand.
LONG = pd.DataFrame(
    {
        "subj": np.repeat(["a", "b", "c"], 4),
        "age": np.repeat([20.0, 30.0, np.nan], 4),
        "block": pd.Categorical(
            ["late", "late", "early", "early"] * 3, ["late", "early"]
        ),
        "cs": pd.Categorical(["CS+", "CS-"] * 6, ["CS+", "CS-"]),
        "rating": [10, 7, 4, 1.5, 11, np.nan, 5, 2, 12, 9, 6, 3],
    }
)


def spec(model: str = "rating ~ block*cs + (1 | subj)", cells: str = CELLS) -> str:
    return f'data "w.csv", {cells}\n{model}\n'


def made(text: str, data: Any = WIDE) -> Table:
    """The table that a spec's rows are taken from."""
    return compile_spec(Request(Source(text), table_from_frame(data))).prepared.data


def shown(column: Column) -> list[object]:
    if column.kind.is_number:
        return [None if np.isnan(v) else v for v in column.values.tolist()]
    return [None if c < 0 else column.levels[c] for c in column.values.tolist()]


def test_the_long_table() -> None:
    found, expected = made(spec()), table_from_frame(LONG)
    assert list(found.columns) == ["subj", "age", "block", "cs", "rating"]
    for name, column in expected.columns.items():
        there = found.columns[name]
        assert shown(there) == shown(column), name
        assert there.levels == column.levels
        if name != "age":
            assert (there.kind, there.declared) == (column.kind, column.declared)


def test_the_model_is_that_of_the_long_data() -> None:
    by_wide = varying.compile(spec(), pd.DataFrame(WIDE))
    by_long = varying.compile("rating ~ block*cs + (1 | subj)", LONG)
    assert by_wide.design.to_dict() == by_long.design.to_dict()
    assert by_wide.ir == by_long.ir
    (said,) = (d for d in by_wide.diagnostics if d.rule == "rows-dropped")
    assert "row 6" in said.notes[0]


@pytest.mark.parametrize("name", ["w.csv", "w.xlsx", "w.parquet", "w.feather", "w.sav"])
@pytest.mark.parametrize("named", [True, False])
def test_every_format(name: str, named: bool, tmp_path: Path) -> None:
    """Named by the spec, or in its place."""
    data = pd.DataFrame(WIDE)
    cells = CELLS
    path = tmp_path / name
    if name == "w.sav":
        import pyreadstat

        data.columns = data.columns.str.replace("-", "m").str.replace("+", "p")
        for old, new in (('S-" =', 'Sm" ='), ('S+" =', 'Sp" =')):
            cells = cells.replace(old, new)
        pyreadstat.write_sav(data, str(path))
    else:
        write = {
            "w.csv": lambda: data.to_csv(path, index=False),
            "w.xlsx": lambda: data.to_excel(path, index=False),
            "w.parquet": lambda: data.to_parquet(path),
            "w.feather": lambda: data.to_feather(path),
        }
        write[name]()
    text = spec(cells=cells)
    if named:
        (tmp_path / "a.model").write_text(text.replace("w.csv", name), "utf-8")
        found = varying.compile(tmp_path / "a.model")
    else:
        found = varying.compile(text, path)
    expected = varying.compile(spec(), WIDE)
    assert found.design.to_dict() == expected.design.to_dict()


@pytest.mark.parametrize(
    ("levels", "kind", "spelled", "values"),
    [
        (("late", "early"), Kind.FACTOR, ("late", "early"), ["late", "early"]),
        (('"2"', '"1"'), Kind.FACTOR, ("2", "1"), ["2", "1"]),
        (("a", "1"), Kind.FACTOR, ("a", "1"), ["a", "1"]),
        (("2", "-1"), Kind.INTEGER, (), [2, -1]),
        (("2", "1.5"), Kind.NUMERIC, (), [2, 1.5]),
    ],
)
def test_levels(
    levels: tuple[str, str], kind: Kind, spelled: tuple[str, ...], values: list[object]
) -> None:
    cells = f"wide(y: a = (x={levels[0]}), b = (x={levels[1]}))"
    column = made(spec("y ~ x", cells), {"a": [1.0], "b": [2.5]}).columns["x"]
    assert (column.kind, column.levels) == (kind, spelled)
    assert shown(column) == values


NA = None


@pytest.mark.parametrize(
    ("data", "kind", "levels", "values"),
    [
        ({"a": [1, 2], "b": [3, NA]}, Kind.INTEGER, (), [1, 3, 2, NA]),
        ({"a": [1, 2], "b": [0.5, 1]}, Kind.NUMERIC, (), [1, 0.5, 2, 1]),
        (
            {"a": ["y", "x"], "b": ["z", ""]},
            Kind.TEXT,
            ("x", "y", "z"),
            list("yzx") + [NA],
        ),
        ({"a": ["y", "x"], "b": [NA, NA]}, Kind.TEXT, ("x", "y"), ["y", NA, "x", NA]),
        ({"a": [NA, NA], "b": [1, 2]}, Kind.INTEGER, (), [NA, 1, NA, 2]),
        (
            {"a": [True, False], "b": [NA, True]},
            Kind.LOGICAL,
            ("FALSE", "TRUE"),
            ["TRUE", NA, "FALSE", "TRUE"],
        ),
        (
            {
                "a": pd.Series(
                    pd.Categorical(["y", "x"], ["y", "x", "u"], ordered=True)
                ),
                "b": pd.Series(
                    pd.Categorical(["u", NA], ["y", "x", "u"], ordered=True)
                ),
            },
            Kind.ORDERED,
            ("y", "x", "u"),
            ["y", "u", "x", NA],
        ),
    ],
)
def test_kinds_of_responses(
    data: dict[str, Any], kind: Kind, levels: tuple[str, ...], values: list[object]
) -> None:
    cells = "wide(y: a = (x=1), b = (x=2))"
    source = Source(spec("x ~ 1", cells))
    table = compile_spec(Request(source, table_from_frame(data))).prepared.data
    column = table.columns["y"]
    assert (column.kind, column.levels) == (kind, levels)
    assert shown(column) == values


def test_ids_with_leading_zeros(tmp_path: Path) -> None:
    (tmp_path / "w.csv").write_text("a,b\n01,1\n2,02\n", "utf-8")
    text = spec("x ~ 1\n", "wide(y: a = (x=1), b = (x=2))")
    text = text.replace("x ~ 1", "column y: factor\nx ~ y")
    table = compile_spec(Request(Source(text), base=tmp_path)).prepared.table
    assert shown(table.columns["y"]) == ["01", "1", "2", "02"]


# ---- the numbers of rows -------------------------------------------------------------


def test_numbers_of_rows_where_a_spec_asks_for_them() -> None:
    found = varying.compile(spec("rating ~ cs + (1 | row)"), WIDE)
    assert "row-numbers" in [d.rule for d in found.diagnostics]
    (group,) = found.design.to_dict()["groups"]
    assert group["levels"] == ["1", "2", "3"]
    assert group["index"] == [0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2]
    assert "row" not in made(spec("rating ~ .")).columns
    own = {**WIDE, "row": ["x", "y", "x"]}
    there = made(spec("rating ~ row"), own).columns["row"]
    assert shown(there) == list("xxxxyyyyxxxx")


def test_a_large_file_is_reduced_unless_its_rows_are_numbered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_file, "LARGE_ROWS", 100)
    many = pd.DataFrame({"a": np.arange(400) % 3, "b": np.arange(400) % 2, "z": 1.0})
    many["id"] = np.arange(400)
    many.to_csv(tmp_path / "w.csv", index=False)
    many.to_parquet(tmp_path / "w.parquet")
    cells = "wide(y: a = (x=u), b = (x=v))"
    for name in ("w.csv", "w.parquet"):
        for model, rows in (("y ~ x", 12), ("y ~ x + (1 | row)", 800)):
            text = spec(model, cells).replace("w.csv", name)
            table = compile_spec(Request(Source(text), base=tmp_path)).prepared.data
            assert (table.rows, table.total) == (rows, 800)
        text = spec("y ~ x", cells).replace("w.csv", name)
        whole = compile_spec(
            Request(Source(text), base=tmp_path, reduce=False)
        ).prepared
        cells_ = compile_spec(Request(Source(text), base=tmp_path)).prepared
        assert cells_.table.counts is not None
        y, x = (cells_.table.columns[c].values for c in "yx")
        assert np.sum(y * cells_.table.counts) == whole.table.columns["y"].values.sum()
        assert np.sum(x * cells_.table.counts) == 400
        assert np.all(np.diff(cells_.rows) > 0)


# ---- afterwards ----------------------------------------------------------------------


def test_a_fit_knows_its_long_data(tmp_path: Path) -> None:
    model = varying.compile(spec("rating ~ cs"), WIDE)
    fit = model.fit(draws=50, tune=100, chains=2, seed=1)
    fit.save(tmp_path / "w.fit")
    again = varying.load(tmp_path / "w.fit")
    assert again.predict().sizes["row"] == 11
    assert again.predict(seed=1).equals(fit.predict(seed=1))


def test_no_script(tmp_path: Path) -> None:
    model = varying.compile(spec(), WIDE)
    with pytest.raises(ModelError) as caught:
        _ = model.source
    (fault,) = caught.value.diagnostics
    assert fault.rule == "not-yet" and "wide" in fault.message


def test_other_faults_are_said_beside_those_of_wide() -> None:
    text = spec("rating ~ lgo(age)", 'wide(rating: "late" = (b=1), "late_CS-" = (b=2))')
    found = check(Request(Source(text), table_from_frame(WIDE)))
    assert [d.rule for d in found] == ["unknown-column", "unknown-function"]
    assert found[0].fix is not None and '"late_' in found[0].fix.edits[0].text


def test_without_data_the_cells_are_checked() -> None:
    text = spec(cells='wide(rating: "a" = (b=x), "c" = (b=x))')
    rules = [d.rule for d in check(Request(Source(text), base=Path("/nowhere")))]
    assert rules == ["no-such-file", "wide-cells"]


def test_a_frame_takes_the_place_of_any_file() -> None:
    frame = table_from_frame({"a": [1.5, 2.5], "b": [0.5, 3.5]})
    text = 'data "any", wide(y: a = (t=1), b = (t=2))\ny ~ t'
    model = compile_spec(Request(Source(text), frame))
    assert model.prepared.table.columns["y"].values.tolist() == [1.5, 0.5, 2.5, 3.5]


def test_a_last_row_called_a_mean_is_one_in_a_wide_file_too(tmp_path: Path) -> None:
    rows = ["id,a,b", *(f"p{n},{n},{n * 3 % 7}" for n in range(1, 8)), "Mittelwert,3,4"]
    (tmp_path / "d.csv").write_text("\n".join(rows), "utf-8")
    text = 'data "d.csv", wide(y: a = (t=a), b = (t=b))\ncolumn y: ordered(0..5)\n'
    found = check(
        Request(Source(text.replace("0..5", "0..9") + "y ~ t"), base=tmp_path)
    )
    (said,) = [one for one in found if one.rule == "summary-row"]
    assert "`Mittelwert` in the last row" in said.message
    found = check(Request(Source(text + "y ~ t"), base=tmp_path))
    notes = [one.notes for one in found if one.rule == "undeclared-level"]
    assert notes and all("one for each cell" in note[-1] for note in notes)
