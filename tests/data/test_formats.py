"""One table, whatever the format of its file."""

from __future__ import annotations

import random
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import varying
from varying.compiler.data import file as data_file
from varying.compiler.data.file import DataFile, read_data
from varying.compiler.data.formats.table import FORMATS
from varying.compiler.data.frames import table_from_frame
from varying.compiler.data.options import DataOptions
from varying.compiler.data.plain import read_table
from varying.compiler.data.table import Column, Kind, Table
from varying.compiler.data.wanted import Wanted
from varying.compiler.driver import Request, check
from varying.compiler.prepare.declared import declare
from varying.grammar.diagnostics import Diagnostic, ModelError, Sink
from varying.grammar.parser import parse
from varying.grammar.source import Source, Span
from varying.grammar.tree import ColumnStatement
from varying.runtime.cli import main

from .formats import FILES, LEVELS, ROWS, WRITERS, excel, frame

SPAN = Span(0, 0)

DECLARED = """
column f: factor(z, a, unused)
column o: ordered(lo, mid, hi)
n ~ .
"""

#: What formats cannot hold: levels and their order, logical values, more than three
#: columns (haven writes no more of these rows for SAS).
UNORDERED = ("d.csv", "d.tsv", "d.txt", "d.CSV.gz", "d.xlsx")
CODED = ("d.sav", "d.zsav", "d.dta")


def read(
    path: Path, text: str = "y ~ .", **options: Any
) -> tuple[Table | None, list[Diagnostic]]:
    source = Source(text)
    sink = Sink(source)
    file = DataFile(path, None, DataOptions(**options))
    wanted = Wanted.by(parse(source, Sink(source)))
    return read_data(file, wanted, sink, SPAN), sink.diagnostics


def good(path: Path, text: str = "y ~ .", **options: Any) -> Table:
    table, said = read(path, text, **options)
    assert said == []
    assert table is not None
    return table


def written(folder: Path, name: str) -> Path:
    path = folder / name
    WRITERS[name](path)
    return path


def shown(column: Column) -> list[object]:
    if column.kind.is_number:
        return [None if np.isnan(v) else v for v in column.values.tolist()]
    return [None if c < 0 else column.levels[c] for c in column.values.tolist()]


def described(table: Table) -> dict[str, tuple[Kind, tuple[str, ...], list[object]]]:
    return {
        name.split()[0]: (column.kind, column.levels, shown(column))
        for name, column in table.columns.items()
    }


def test_every_ending_is_written() -> None:
    endings = {ending for one in FORMATS for ending in one.endings}
    there = {"." + name.lower().split(".", 1)[1] for name in WRITERS}
    assert endings - there == {".tsv.gz", ".txt.gz", ".xlsm"}


@pytest.mark.parametrize("name", WRITERS)
def test_one_table(name: str, tmp_path: Path) -> None:
    """As a frame, but for what the format cannot hold."""
    expected = described(table_from_frame(frame()))
    found = described(good(written(tmp_path, name)))
    if name in UNORDERED:
        for column in LEVELS:
            kind, levels, _ = found[column]
            assert kind is Kind.TEXT and levels == tuple(sorted(levels))
            del found[column], expected[column]
    if name in CODED:
        del expected["l"]
    if name.startswith("polars"):  # an Enum has levels, and no more
        expected["o"] = (Kind.FACTOR, *expected["o"][1:])
    if name == "d.dta":
        expected["o"] = (Kind.FACTOR, *expected["o"][1:])
    if name == "d.sas7bdat":
        expected = {key: expected[key] for key in "nit"}
    assert found == expected
    assert found["t"][1] == ("None", "s2", "s10")


@pytest.mark.parametrize("name", [name for name in WRITERS if name != "d.sas7bdat"])
def test_one_table_once_it_is_declared(name: str, tmp_path: Path) -> None:
    statements = parse(Source(DECLARED), Sink(Source(DECLARED))).statements
    columns = [s for s in statements if isinstance(s, ColumnStatement)]
    sink = Sink(Source(DECLARED))

    def declared(table: Table) -> object:
        found = described(declare(table, columns, sink))
        return {name: found[name] for name in ("n", "i", "t", "f", "o", "all", "größe")}

    assert declared(good(written(tmp_path, name))) == declared(
        table_from_frame(frame())
    )
    assert sink.diagnostics == []


@pytest.mark.parametrize("name", [name for name in WRITERS if name not in CODED])
def test_names_of_columns(name: str, tmp_path: Path) -> None:
    """Blanks and other scripts; those of SPSS and Stata have no blanks."""
    if name != "d.sas7bdat":
        assert list(good(written(tmp_path, name)).columns) == list(ROWS)


def test_a_model_of_a_file_is_that_of_a_frame(tmp_path: Path) -> None:
    data = {"y": [1.0, 2.5, 3.0, 2.0], "f": ["b", "a", "b", "a"]}
    one = pd.DataFrame(data).astype({"f": pd.CategoricalDtype(["b", "a"])})
    one.to_feather(tmp_path / "d.feather")
    by_frame = varying.compile("y ~ f", one)
    by_file = varying.compile("y ~ f", tmp_path / "d.feather")
    assert by_file.design.to_dict() == by_frame.design.to_dict()
    assert "f[a]" in str(by_file.design.to_dict())


# ---- formats that are not there ------------------------------------------------------


@pytest.mark.parametrize("name", ["d.xls", "d", "d.gz", "d.json.gz", "d.por", ".csv"])
def test_formats_that_are_not_read(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"a\n1\n")
    table, (fault,) = read(tmp_path / name)
    assert table is None and fault.rule == "unknown-format"
    for one in FORMATS:
        assert all(ending in fault.notes[-2] for ending in one.endings)
    assert ("save it as" in fault.notes[0]) is (name in ("d.xls", "d.por"))


@pytest.mark.parametrize(
    "name", [n for n in WRITERS if n.rsplit(".")[-1] not in ("csv", "tsv", "txt", "gz")]
)
def test_what_reads_a_format_may_not_be_installed(
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = written(tmp_path, name)
    format_ = next(one for one in FORMATS if path.name.lower().endswith(one.endings))
    if format_.module is None:
        assert format_.extra is None
        return
    # Python's own way to say that a module is not there
    monkeypatch.setitem(sys.modules, format_.module, None)
    spec = tmp_path / "a.model"
    spec.write_text(f'data "{name}"\nn ~ i + t\n', "utf-8")
    (fault,) = check(Request(Source(spec.read_text("utf-8")), base=tmp_path))
    assert fault.rule == "missing-extra"
    assert f'pip install "varying[{format_.extra}]"' in fault.notes[-1]
    for command in (["check", str(spec)], ["show", "ir", str(spec)]):
        monkeypatch.setattr(sys, "argv", ["varying", *command])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 3
    said = capsys.readouterr()
    assert "Traceback" not in said.out + said.err


# ---- damage --------------------------------------------------------------------------

BINARY = [name for name in WRITERS if not name.endswith((".csv", ".tsv", ".txt"))]


@pytest.mark.parametrize("name", BINARY)
def test_damaged_files(name: str, tmp_path: Path) -> None:
    """Whatever is cut off: all of it is read, or a fault is said in one line."""
    path = written(tmp_path, name)
    whole, raw = described(good(path)), path.read_bytes()
    random.seed(1)
    cuts = sorted({0, 1, 6, len(raw) - 1, *random.sample(range(len(raw)), 40)})
    others = [b"a,b\n1,2\n", b"\0" * 500, b"\xff" * 500]
    for content in [*(raw[:cut] for cut in cuts), *others]:
        path.write_bytes(content)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            table, said = read(path)
        if table is not None:
            assert described(table) == whole
            continue
        (fault,) = said
        assert fault.rule == "data-format", fault
        assert path.name in fault.message
        assert all("\n" not in note for note in fault.notes)
    assert table is None


# ---- labels --------------------------------------------------------------------------


def labelled(path: Path, values: list[Any], **options: Any) -> Path:
    import pyreadstat

    writer = pyreadstat.write_sav if path.suffix == ".sav" else pyreadstat.write_dta
    writer(pd.DataFrame({"x": values}), str(path), **options)
    return path


YES_NO = {1: "no", 0: "yes", 9: "refused"}


@pytest.mark.parametrize(
    ("values", "options", "kind", "levels", "rules"),
    [
        ([1, 0, 9], {}, Kind.FACTOR, ("yes", "no", "refused"), []),
        ([1, 0, 0], {}, Kind.FACTOR, ("yes", "no", "refused"), []),
        (
            [1, 0, 9],
            {"missing_ranges": {"x": [9]}},
            Kind.FACTOR,
            ("yes", "no"),
            ["missing-codes"],
        ),
        (
            [1, 0, 9],
            {"missing_ranges": {"x": [{"lo": 5, "hi": 99}]}},
            Kind.FACTOR,
            ("yes", "no"),
            ["missing-codes"],
        ),
        (
            [1, 0, 9],
            {"variable_measure": {"x": "ordinal"}},
            Kind.ORDERED,
            ("yes", "no", "refused"),
            [],
        ),
        ([1, 0, 2], {}, Kind.INTEGER, (), ["partial-labels"]),
        ([1, 0.5, 2], {}, Kind.NUMERIC, (), ["partial-labels"]),
        (
            [1, 0, 1],
            {"variable_value_labels": {"x": {0: "no", 1: "no"}}},
            Kind.INTEGER,
            (),
            ["partial-labels"],
        ),
        (
            [30, 40, 99],
            {
                "variable_value_labels": {"x": {99: "refused"}},
                "missing_ranges": {"x": [99]},
            },
            Kind.INTEGER,
            (),
            ["missing-codes"],
        ),
        (
            ["f", "m", ""],
            {"variable_value_labels": {"x": {"m": "male", "f": "female"}}},
            Kind.FACTOR,
            ("female", "male"),
            [],
        ),
        (
            ["NA", "b", "None"],
            {"variable_value_labels": {}},
            Kind.TEXT,
            ("b", "None"),
            [],
        ),
    ],
)
def test_labels_of_spss(
    values: list[Any],
    options: dict[str, Any],
    kind: Kind,
    levels: tuple[str, ...],
    rules: list[str],
    tmp_path: Path,
) -> None:
    given = {"variable_value_labels": {"x": YES_NO}, **options}
    path = labelled(tmp_path / "d.sav", values, **given)
    table, said = read(path)
    assert table is not None
    column = table.columns["x"]
    assert (column.kind, column.levels) == (kind, levels)
    assert column.declared is (kind not in (Kind.INTEGER, Kind.NUMERIC, Kind.TEXT))
    assert [found.rule for found in said] == rules
    assert all(found.severity == "info" for found in said)
    # nothing is said of a column that the spec does not read
    assert read(path, "y ~ 1")[1] == []


def test_missing_codes_are_counted(tmp_path: Path) -> None:
    path = labelled(
        tmp_path / "d.sav",
        [1, 0, 9, 9, 8, None],
        variable_value_labels={"x": YES_NO},
        missing_ranges={"x": [8, 9]},
    )
    _, (found,) = read(path)
    assert found.message.startswith("3 values are missing in `x` by codes")
    assert found.notes == ("`8`: 1", "`9` (refused): 2")


def test_codes_instead_of_labels(tmp_path: Path) -> None:
    path = labelled(
        tmp_path / "d.sav",
        [1, 0, 9],
        variable_value_labels={"x": YES_NO},
        missing_ranges={"x": [9]},
    )
    table, _ = read(path, labels=False)
    assert table is not None
    assert table.columns["x"].kind is Kind.INTEGER
    assert shown(table.columns["x"]) == [1, 0, None]


def test_missing_codes_of_the_spec(tmp_path: Path) -> None:
    """A code with a label is taken out with it, before levels are made."""
    path = labelled(
        tmp_path / "d.sav", [1, 0, 9, 9, None], variable_value_labels={"x": YES_NO}
    )
    text = "column x: factor, missing=[9]\ny ~ x"
    table, (found,) = read(path, text)
    assert table is not None
    assert table.columns["x"].levels == ("yes", "no")
    assert shown(table.columns["x"]) == ["no", "yes", None, None, None]
    assert found.rule == "missing-codes" and found.notes == ("`9` (refused): 2",)
    # by its label, once it is a level
    data = {"x": ["no", "yes", "refused"] * 3, "y": np.arange(9.0)}
    text = 'column x: factor, missing=["refused"]\ny ~ x'
    by_frame = varying.compile(text, data)
    assert [d.rule for d in by_frame.diagnostics] == ["missing-codes", "rows-dropped"]
    assert by_frame.diagnostics[0].notes == ("`refused`: 3",)


def test_missing_codes_of_stata(tmp_path: Path) -> None:
    path = labelled(
        tmp_path / "d.dta",
        [1, 0, "a", "b"],
        variable_value_labels={"x": {0: "no", 1: "yes"}},
        missing_user_values={"x": ["a", "b"]},
    )
    table, (found,) = read(path)
    assert table is not None
    assert shown(table.columns["x"]) == ["yes", "no", None, None]
    assert found.notes == ("`.a`: 1", "`.b`: 1")


def test_two_columns_of_one_name(tmp_path: Path) -> None:
    import pyarrow as pa
    from pyarrow import feather, parquet

    for names in (["a", "a"], ["u\u0308", "ü"]):
        table = pa.table([pa.array([1]), pa.array([2])], names=names)
        feather.write_feather(table, str(tmp_path / "d.feather"))
        parquet.write_table(table, str(tmp_path / "d.parquet"))
        for name in ("d.feather", "d.parquet"):
            found, (fault,) = read(tmp_path / name)
            assert found is None and fault.rule == "duplicate-column", names


def test_what_appeared_first_is_no_order(tmp_path: Path) -> None:
    """Categories of Polars, and of an Arrow table whose writer says nothing."""
    import polars as pl
    import pyarrow as pa
    from pyarrow import feather

    one = pl.DataFrame({"x": pl.Series(["b", "a", None], dtype=pl.Categorical)})
    one.write_ipc(tmp_path / "d.feather")
    one.write_parquet(tmp_path / "d.parquet")
    bare = pa.table({"x": pa.array(["b", "a", None]).dictionary_encode()})
    feather.write_feather(bare, str(tmp_path / "d.arrow"))
    for name in ("d.feather", "d.parquet", "d.arrow"):
        column = good(tmp_path / name).columns["x"]
        assert (column.kind, column.levels) == (Kind.TEXT, ("a", "b")), name


def test_categories_of_a_file_in_pieces(tmp_path: Path) -> None:
    """More levels than the first piece has, or than its numbers can count."""
    many = [f"k{i}" for i in range(300)][::-1]
    data = pd.DataFrame({"x": pd.Categorical(many + [None], many), "y": 1.0})
    data.to_feather(tmp_path / "d.feather", chunksize=50)
    data.to_parquet(tmp_path / "d.parquet", row_group_size=50)
    small = data[data["x"].isin(many[:120]) | data["x"].isna()].copy()
    small["x"] = small["x"].cat.remove_unused_categories()
    small.to_feather(tmp_path / "small.feather")
    for name, levels in (
        ("d.feather", 300),
        ("d.parquet", 300),
        ("small.feather", 120),
    ):
        column = good(tmp_path / name).columns["x"]
        assert (column.kind, column.levels) == (Kind.FACTOR, tuple(many[:levels]))
        assert shown(column) == [*many[:levels], None]


def test_dates_cannot_be_used(tmp_path: Path) -> None:
    when = pd.to_datetime(["2020-01-01", "2020-01-02"])
    one = pd.DataFrame({"x": [1.0, 2.0], "day": when})
    import pyreadstat

    pyreadstat.write_sav(one, str(tmp_path / "d.sav"))
    pyreadstat.write_dta(one, str(tmp_path / "d.dta"))
    one.to_feather(tmp_path / "d.feather")
    one.to_parquet(tmp_path / "d.parquet")
    one.to_excel(tmp_path / "d.xlsx", index=False)
    for name in ("d.sav", "d.dta", "d.feather", "d.parquet", "d.xlsx"):
        table = good(tmp_path / name)
        assert list(table.columns) == ["x"]
        assert "dates or times" in table.unusable["day"]


# ---- R -------------------------------------------------------------------------------


def test_objects_of_r() -> None:
    table, said = read(FILES / "odd.rds")
    assert table is not None
    assert described(table) == {
        "x": (Kind.INTEGER, (), [1, 2]),
        # R has a missing text, so this one is a level
        "text": (Kind.TEXT, ("NA",), ["NA", None]),
        "named": (Kind.INTEGER, (), [1, None]),
        "as_is": (Kind.LOGICAL, ("FALSE", "TRUE"), ["TRUE", "FALSE"]),
        "labelled": (Kind.FACTOR, ("no", "yes"), ["yes", None]),
        "some": (Kind.INTEGER, (), [1, 2]),
    }
    assert [found.rule for found in said] == ["missing-codes", "partial-labels"]
    assert {name: reason.split(" (")[0] for name, reason in table.unusable.items()} == {
        "day": "it holds dates or times",
        "time": "it holds dates or times",
        "list": "it is a list",
        "matrix": "it is a matrix",
        "complex": "it is complex numbers",
    }


@pytest.mark.parametrize(
    ("name", "options", "rule", "part"),
    [
        ("list.rds", {}, "data-format", "holds a list, not a data frame"),
        ("none.rda", {}, "data-format", "holds no data frame"),
        ("two.RData", {}, "data-format", "holds 2 data frames"),
        ("two.RData", {"object": "row"}, "invalid-argument", "no object `row`"),
        (
            "two.RData",
            {"object": "other"},
            "invalid-argument",
            "is numbers, not a data",
        ),
    ],
)
def test_data_frames_of_r(
    name: str, options: dict[str, Any], rule: str, part: str
) -> None:
    table, (fault,) = read(FILES / name, **options)
    assert table is None
    assert fault.rule == rule and part in fault.message


def test_a_data_frame_is_chosen() -> None:
    assert good(FILES / "two.RData", object="rows").rows == 4
    assert good(FILES / "two.RData", object="second").rows == 2


# ---- Excel ---------------------------------------------------------------------------


def workbook(path: Path, rows: list[list[Any]], *more: str) -> Path:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    for title in more:
        book.create_sheet(title).append(["only", title])
    book.save(path)
    return path


@pytest.mark.parametrize(
    ("cells", "kind", "values"),
    [
        ([1, 2, None], Kind.INTEGER, [1, 2, None]),
        ([1, "NA", "NaN"], Kind.INTEGER, [1, None, None]),
        ([1.0, "2", 3], Kind.INTEGER, [1, 2, 3]),
        ([0.1, 1e20, -1], Kind.NUMERIC, [0.1, 1e20, -1]),
        ([True, False, None], Kind.LOGICAL, ["TRUE", "FALSE", None]),
        (["None", "null", 1], Kind.TEXT, ["None", "null", "1"]),
    ],
)
def test_cells_of_excel(
    cells: list[Any], kind: Kind, values: list[object], tmp_path: Path
) -> None:
    rows = [["id", "x"], *([i, cell] for i, cell in enumerate(cells))]
    column = good(workbook(tmp_path / "d.xlsx", rows)).columns["x"]
    assert column.kind is kind and shown(column) == values


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("#N/A", "cell B3 holds the error #N/A"),
        ("=1+1", "the formula in cell B3 has no value"),
    ],
)
def test_cells_without_a_value(cell: str, reason: str, tmp_path: Path) -> None:
    rows = [["id", "x"], [1, 2], [2, cell]]
    table = good(workbook(tmp_path / "d.xlsx", rows))
    assert reason in table.unusable["x"]
    assert list(table.columns) == ["id"]


def test_empty_rows_and_columns_of_excel(tmp_path: Path) -> None:
    rows = [[None], [" a ", None, "b"], [1, None, 2], [], [3, None, None, None]]
    table = good(workbook(tmp_path / "d.xlsx", rows))
    assert described(table) == {
        "a": (Kind.INTEGER, (), [1, 3]),
        "b": (Kind.INTEGER, (), [2, None]),
    }
    assert not table.unusable


@pytest.mark.parametrize(
    ("rows", "rule", "part"),
    [
        ([["a", "a"], [1, 2]], "duplicate-column", "two columns named `a`"),
        ([["u\u0308", "ü "], [1, 2]], "duplicate-column", "two columns named `ü`"),
        ([], "data-format", "is empty"),
        ([[None, " "], [1, 2]], "data-format", "no column of `d.xlsx` has a name"),
    ],
)
def test_faulty_workbooks(
    rows: list[list[Any]], rule: str, part: str, tmp_path: Path
) -> None:
    table, (fault,) = read(workbook(tmp_path / "d.xlsx", rows))
    assert table is None
    assert fault.rule == rule and part in fault.message


def test_a_value_without_a_name_above_it(tmp_path: Path) -> None:
    table = good(workbook(tmp_path / "d.xlsx", [["a"], [1, 2]]))
    assert table.unusable == {"": "it has no name"}


def test_the_name_of_an_index_is_known() -> None:
    data = pd.DataFrame({"g": ["a", "b"], "h": [1, 2], "y": [1.5, 2.5]})
    table = table_from_frame(data.set_index(["g", "h"]))
    assert list(table.columns) == ["y"] and set(table.unusable) == {"g", "h"}
    assert "reset_index()" in table.unusable["g"]
    assert not table_from_frame(data.set_index("g", drop=False)).unusable


def test_names_of_two_lines_are_written_on_one(tmp_path: Path) -> None:
    book = workbook(tmp_path / "d.xlsx", [["y \n(ms)", "x"], [1, 2]])
    text = tmp_path / "d.csv"
    text.write_text('"y\r\n(ms)",x\n1,2\n', newline="")
    data = pd.DataFrame({"y\n(ms)": [1.0], "x": [2.0]})
    data.to_parquet(tmp_path / "d.parquet")
    for table in (
        *(good(path, "`y (ms)` ~ x") for path in (book, text, tmp_path / "d.parquet")),
        table_from_frame(data),
    ):
        assert list(table.columns) == ["y (ms)", "x"]


def test_sheets(tmp_path: Path) -> None:
    path = workbook(tmp_path / "d.xlsx", [["a"], [1]], "Later", "3")
    table, (said,) = read(path)
    assert table is not None and list(table.columns) == ["a"]
    assert said.rule == "first-sheet" and "`Later`, `3`" in said.notes[0]
    assert good(path, sheet=1).rows == 1
    assert list(good(path, sheet=2).columns) == ["only", "Later"]
    assert list(good(path, sheet="3").columns) == ["only", "3"]
    for sheet, part in ((4, "no sheet 4"), ("later", "no sheet `later`")):
        _, (fault,) = read(path, sheet=sheet)
        assert fault.rule == "invalid-argument" and part in fault.message


# ---- options and faults in a spec ----------------------------------------------------

OPTIONS: tuple[tuple[str, str, str], ...] = (
    ('data "d.xlsx", shet=2', "unknown-option", "shet"),
    ('data "d.xlsx", sheet=0', "invalid-argument", "0"),
    ('data "d.xlsx", sheet=[1]', "invalid-argument", "[1]"),
    ('data "d.xlsx", sheet="B"', "invalid-argument", 'sheet="B"'),
    ('data "d.xlsx", sheet=1, sheet=2', "duplicate-option", "sheet=2"),
    ('data "d.xlsx", labels=perhaps', "invalid-argument", "perhaps"),
    ('data "d.xlsx", object="d"', "unknown-option", "object"),
    ('data "d.csv", sheet=1', "unknown-option", "sheet"),
)


@pytest.mark.parametrize(("statement", "rule", "place"), OPTIONS)
def test_options(statement: str, rule: str, place: str, tmp_path: Path) -> None:
    excel(tmp_path / "d.xlsx")
    written(tmp_path, "d.csv")
    text = f"{statement}\nn ~ i\n"
    found = [
        d for d in check(Request(Source(text), base=tmp_path)) if d.severity == "error"
    ]
    assert [(d.rule, d.source.slice(d.span)) for d in found] == [(rule, place)]


def test_remarks_on_another_file(tmp_path: Path) -> None:
    """Of ``--data``: its remarks have no place in the spec."""
    path = labelled(
        tmp_path / "d.sav", [1.0, 2.0, 4.0, 99.0], missing_ranges={"x": [99]}
    )
    found = varying.compile("x ~ 1", path)
    assert [d.rule for d in found.diagnostics] == ["missing-codes", "rows-dropped"]


def test_options_are_for_the_file_that_takes_the_place(tmp_path: Path) -> None:
    path = workbook(tmp_path / "d.xlsx", [["y"], [1], [2], [4]], "Later")
    found = varying.compile('data "other.xlsx", sheet=1\ny ~ 1', path)
    assert found.diagnostics == ()
    with pytest.raises(ModelError, match="not a column"):
        varying.compile('data "other.xlsx", sheet=2\ny ~ 1', path)


def test_a_script_says_what_it_reads(tmp_path: Path) -> None:
    written(tmp_path, "d.feather")
    (tmp_path / "a.model").write_text('data "d.feather"\nn ~ l\n', "utf-8")
    source = varying.compile(tmp_path / "a.model").source
    assert "# The data came from d.feather: write them as data.csv" in source


def test_the_script_of_compressed_text(tmp_path: Path) -> None:
    path = written(tmp_path, "d.CSV.gz")
    (tmp_path / "a.model").write_text('data "d.CSV.gz"\nn ~ l\n', "utf-8")
    script: dict[str, Any] = {"__name__": "script"}
    exec(varying.compile(tmp_path / "a.model").source, script)
    assert script["read"](path)["n"].tolist() == [1.5, -2.0, 0.25]


def test_compressed_text_of_many_rows(tmp_path: Path) -> None:
    import gzip

    text = "a,b\n" + "1,x\n2,y\n1,x\n" * 1000
    (tmp_path / "d.csv").write_text(text, "utf-8")
    (tmp_path / "d.csv.gz").write_bytes(gzip.compress(text.encode()))
    found = []
    for name in ("d.csv", "d.csv.gz"):
        source = Source("b ~ a")
        wanted = Wanted.by(parse(source, Sink(source)))
        sink = Sink(source)
        for reduce in (True, False):
            table = read_data(DataFile(tmp_path / name, reduce), wanted, sink, SPAN)
            assert table is not None and table.total == 3000
            found.append((table.rows, described(table)))
        assert read_table(tmp_path / name, sink, SPAN, head=5) is not None
        assert sink.diagnostics == []
    assert found[:2] == found[2:]


@pytest.mark.parametrize(
    "name", ["d.csv", "d.xlsx", "d.feather", "d.sav", "d.dta", "d.parquet"]
)
def test_columns_of_larger_files_that_nobody_names(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, name)
    small = good(path, "n ~ i")
    monkeypatch.setattr(data_file, "SMALL_BYTES", 0)
    table = good(path, "n ~ i")
    if name != "d.parquet":
        assert list(table.columns) == ["n", "i"]
        assert {*table.columns, *table.unread} == {*small.columns}
    for column in "ni":
        assert shown(table.columns[column]) == shown(small.columns[column])
    assert good(path, "n ~ .").columns.keys() == small.columns.keys()
    # a misspelt name is near to one that is not read
    with pytest.raises(ModelError, match="did you mean `all`"):
        varying.compile("n ~ i + al", path)
    assert good(path, "n ~ 1").rows == 4
