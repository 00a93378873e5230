"""Cells of a file are its rows: the same texts, types, faults, numbers of rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from varying.compiler.data import file as data_file
from varying.compiler.data.file import DataFile, read_data
from varying.compiler.data.plain import read_table
from varying.compiler.data.table import Column, Table
from varying.compiler.data.wanted import Wanted
from varying.grammar.diagnostics import Diagnostic, Sink
from varying.grammar.parser import parse
from varying.grammar.source import Source, Span

SPAN = Span(0, 0)


def read(
    path: Path, text: str = "b ~ .", reduce: bool | None = True, whole: bool = True
) -> tuple[Table | None, list[Diagnostic]]:
    wanted = Wanted.by(parse(Source(text), Sink(Source(text))))
    sink = Sink(Source(text))
    found = read_data(DataFile(path, reduce), wanted, sink, SPAN, whole=whole)
    return found, sink.diagnostics


def good(path: Path, text: str = "b ~ .", reduce: bool | None = True) -> Table:
    table, faults = read(path, text, reduce)
    assert faults == []
    assert table is not None
    return table


def shown(column: Column) -> list[object]:
    if column.kind.is_number:
        spelled = None if column.spelled is None else shown(column.spelled)
        values = [None if np.isnan(v) else v for v in column.values.tolist()]
        return [*zip(values, spelled or values, strict=True)]
    return [None if c < 0 else column.levels[c] for c in column.values.tolist()]


def same(whole: Table, reduced: Table) -> None:
    """See that the cells, each as often as it counts, are the rows."""
    assert reduced.counts is not None and reduced.firsts is not None
    assert whole.counts is None
    assert reduced.total == whole.rows
    assert reduced.layout == whole.layout
    assert reduced.unusable == whole.unusable
    assert set(whole.columns) == {*reduced.columns, *reduced.unread}
    rows: list[list[object]] = [[] for _ in range(whole.rows)]
    cells: list[list[object]] = [[] for _ in range(reduced.rows)]
    for name, column in reduced.columns.items():
        other = whole.columns[name]
        assert (column.kind, column.levels) == (other.kind, other.levels)
        for row, value in zip(rows, shown(other), strict=True):
            row.append(value)
        for cell, value in zip(cells, shown(column), strict=True):
            cell.append(value)
    seen: dict[str, list[int]] = {}
    for number, row in enumerate(rows):
        seen.setdefault(repr(row), []).append(number)
    counted: dict[str, list[int]] = {}
    firsts = reduced.firsts.tolist()
    assert firsts == sorted(firsts)
    for cell, count, first in zip(cells, reduced.counts.tolist(), firsts, strict=True):
        # spellings of one number may be several cells
        found = counted.setdefault(repr(cell), [0, first])
        found[0] += count
    assert counted == {key: [len(at), at[0]] for key, at in seen.items()}


#: Whether DuckDB reads it, and what it says.
TEXTS = {
    "plain": (True, "a,b\n1,x\n2,y\n1,x\n1,z\n"),
    "no last line end": (True, "a,b\n1,x\n2,y\n1,x"),
    "empty lines": (True, "\n\na,b\n1,x\n\n1,x\n\n"),
    "windows": (True, "a,b\r\n1,x\r\n\r\n1,x\r\n"),
    "old mac": (True, "a,b\r1,x\r1,x\r"),
    "mixed line ends": (False, "a,b\n1,x\r\n1,x\n"),
    "quoted": (True, 'a,b\n1,"x, y"\n"1","x, y"\n2,"""so"""\n'),
    "quoted words": (False, 'a,b\n1,"x ""y"""\n1,"x ""y"""\n'),
    "quoted lines": (True, 'a,b\n1,"x\ny"\n1,"x\r\ny"\n1,"x\ny"\n'),
    "quote inside": (True, 'a,b\n1,ab"c\n1,ab"c\n'),
    "backslash": (True, "a,b\n1,x\\\n1,\\n\n"),
    "blanks": (True, "a, b\n1, x\n1,x\n1,  x \n"),
    "blanks before quotes": (False, 'a, b\n1, "x, y"\n1,"x, y"\n'),
    "blanks in quotes": (False, 'a,b\n1," x"\n1,x\n1,""\n'),
    "tabs": (True, "a\tb\n1\t x\n1\tx\n"),
    "semicolons": (True, "a;b\n1,5;x\n1,5;x\n"),
    "bom": (True, "\ufeffa,b\n1,x\n1,x\n"),
    "missing": (True, "a,b\nNA,x\n,x\nNaN,\nNULL,null\nNA,x\n"),
    "ids": (True, "a,b\n01,x\n1,x\n001,x\n01,x\n"),
    "spellings": (True, "a,b\n1,x\n1.0,x\n1e0,x\n1,x\n"),
    "logical": (True, "a,b\nTRUE,x\nTrue,x\nFALSE,\n"),
    "long ids": (True, "a,b\n9007199254740993,x\n9007199254740992,x\n"),
    "letters": (True, "größe,b\nα,é\nα,é\n"),
    "no name": (True, ",b\n1,x\n2,x\n3,y\n"),
    "header only": (True, "a,b\n"),
    "comment": (True, "a,b\n# c,1\n# c,1\n"),
    "one column": (False, "b\n1\n\n1\n\n"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_text(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quick, text = TEXTS[name]
    path = tmp_path / "d.csv"
    path.write_bytes(text.encode())
    slow = []
    original = data_file._slowly

    def spied(*arguments: object) -> object:
        slow.append(True)
        return original(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(data_file, "_slowly", spied)
    whole = read_table(path, Sink(Source("")), SPAN)
    assert whole is not None
    same(whole, good(path))
    assert (not slow) is quick
    monkeypatch.setattr(data_file, "_quickly", lambda *_: None)
    same(whole, good(path))
    assert slow


FAULTY = {
    "short": b"a,b\n1,x\n2\n",
    "long": b"a,b\n1,x\n2,3,4\n",
    "open quote": b'a,b\n1,"x\n',
    "after a quote": b'a,b\n1,"x"y\n',
    "latin": b"a,b\n1,x\n2,caf\xe9\n",
    "late latin": b"a,b\n" + b"1,x\n" * 30_000 + b"2,caf\xe9\n",
    "empty": b"",
    "zeros": b"a,b\n\0\0\n",
    "twice": b"a,a\n1,2\n",
    "blanks": b"a b\n1 2\n",
}


@pytest.mark.parametrize("name", FAULTY)
def test_faults_are_those_of_a_small_file(name: str, tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    path.write_bytes(FAULTY[name])
    there, expected = read(path, reduce=False)
    table, found = read(path)
    assert there is table is None
    assert found == expected != []


def test_only_what_the_spec_reads(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    path.write_text("id,a,b,c,d\n1,x,1,0,5\n2,x,1,0,5\n3,y,1,9,6\n", "utf-8")
    table = good(path, "where c < 1\nlet e = log(d)\nb ~ a + e")
    assert set(table.columns) == {"a", "b", "c", "d"}
    assert table.unread == ("id",)
    assert table.counts is not None and table.counts.tolist() == [2, 1]


@pytest.mark.parametrize("name", ["a[1].csv", "it's.csv", "x=1.csv", "a*b.csv"])
def test_names_of_files(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text("a,b\n1,x\n1,x\n", "utf-8")
    assert list(good(path).columns) == ["a", "b"]
    parquet = path.with_suffix(".parquet")
    pl.DataFrame({"a": [1, 1], "b": ["x", "x"]}).write_parquet(parquet)
    assert good(parquet).rows == 1


# ---- when ----------------------------------------------------------------------------


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_file, "LARGE_ROWS", 100)


def written(folder: Path, kind: str, rows: int, cells: int) -> Path:
    data = pl.DataFrame({"a": np.arange(rows) % cells, "b": np.arange(rows) % 2})
    path = folder / f"d.{kind}"
    data.write_csv(path) if kind == "csv" else data.write_parquet(path)
    return path


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize(
    ("rows", "cells", "reduced"),
    [(80, 4, False), (200, 4, True), (200, 100, True), (200, 102, False)],
)
@pytest.mark.usefixtures("small")
def test_large_files_of_few_cells(
    kind: str, rows: int, cells: int, reduced: bool, tmp_path: Path
) -> None:
    path = written(tmp_path, kind, rows, cells)
    table = good(path, reduce=None)
    assert (table.counts is not None) is reduced
    assert table.total == rows
    assert good(path, reduce=False).counts is None
    assert good(path).counts is not None


@pytest.mark.usefixtures("small")
def test_a_check_of_text_reads_the_head(tmp_path: Path) -> None:
    """DuckDB takes its time to import."""
    table, _ = read(written(tmp_path, "csv", 200, 4), reduce=None, whole=False)
    assert table is not None and table.counts is None


def test_a_slow_reduction_gives_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_file, "LARGE_ROWS", 100)
    monkeypatch.setattr(data_file, "_ASKED", 50)
    monkeypatch.setattr(data_file, "_quickly", lambda *_: None)
    assert good(written(tmp_path, "csv", 200, 199), reduce=None).counts is None


# ---- Parquet -------------------------------------------------------------------------


def test_parquet_keeps_its_types(tmp_path: Path) -> None:
    data = pl.DataFrame(
        {
            "whole": pl.Series([1, 2, None, 1], dtype=pl.Int32),
            "number": pl.Series([1.5, float("nan"), None, 1.5], dtype=pl.Float32),
            "id": pl.Series([2**60 + 1, 2**60, None, 2**60 + 1], dtype=pl.Int64),
            "text": ["NA", "", None, "NA"],
            "01": ["01", "1", "2", "01"],
            "flag": [True, False, None, True],
            "money": pl.Series(["1.50", "2", None, "1.50"]).cast(pl.Decimal(9, 2)),
            "word": pl.Series(["u", "v", None, "u"], dtype=pl.Categorical),
            "day": pl.date_range(pl.date(2020, 1, 1), pl.date(2020, 1, 4), eager=True),
            "list": [[1], [2], [3], [1]],
            "nested": [{"x": 1, "y": {"z": 2}}] * 4,
            "none": pl.Series([None] * 4, dtype=pl.String),
            "file_row": [7, 8, 9, 7],
        }
    )
    path = tmp_path / "d.parquet"
    data.write_parquet(path)
    whole = good(path, "number ~ .", reduce=False)
    assert {name: str(c.kind) for name, c in whole.columns.items()} == {
        **{"whole": "integer", "number": "numeric", "id": "text", "text": "text"},
        **{"01": "text", "flag": "logical", "money": "numeric", "word": "text"},
        **{"none": "numeric", "file_row": "integer"},
    }
    assert [value for value, _ in shown(whole.columns["whole"])] == [1, 2, None, 1]
    assert shown(whole.columns["text"]) == ["NA", None, None, "NA"]
    assert shown(whole.columns["id"])[0] == str(2**60 + 1)
    assert set(whole.unusable) == {"day", "list", "nested"}
    assert "dates or times" in whole.unusable["day"]
    same(whole, good(path, "number ~ ."))


def test_names_of_parquet(tmp_path: Path) -> None:
    path = tmp_path / "d.parquet"
    names = ["a", "A", "u\u0308", "file_row_number", 'x"y', "struct"]
    data = pl.DataFrame({name: [i, i, i + 10] for i, name in enumerate(names)})
    data = data.with_columns(pl.struct(a=pl.lit(1)).alias("struct"))
    data.write_parquet(path)
    table = good(path, "a ~ .", reduce=False)
    assert list(table.columns) == ["a", "A", "ü", "file_row_number", 'x"y']
    for i, column in enumerate(table.columns.values()):
        assert column.values.tolist() == [i, i, i + 10]
    same(table, good(path, "a ~ ."))


@pytest.mark.parametrize("content", [b"", b"PAR1", b"a,b\n1,2\n", b"\0" * 100])
@pytest.mark.parametrize("reduce", [None, True])
def test_damaged_parquet(content: bytes, reduce: bool | None, tmp_path: Path) -> None:
    path = tmp_path / "d.parquet"
    path.write_bytes(content)
    _, (fault,) = read(path, reduce=reduce)
    assert fault.rule == "data-format"
    assert fault.message == "`d.parquet` cannot be read as Parquet"
