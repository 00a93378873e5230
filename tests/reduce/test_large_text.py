"""Large plain files are read as small ones are, in less time and memory."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from varying.compiler.data import duck
from varying.compiler.data import file as data_file
from varying.compiler.data import large as large_text
from varying.compiler.data.file import DataFile, read_data
from varying.compiler.data.options import DataOptions
from varying.compiler.data.table import Table
from varying.compiler.data.wanted import Wanted
from varying.grammar.diagnostics import Sink
from varying.grammar.parser import parse
from varying.grammar.source import Source, Span

from .test_reduced_files import FAULTY, TEXTS, shown

#: Beside those that cells are tried with: first rows that differ from the last ones.
LATE = {
    "text late": (True, "a,b\n" + "1,2\n" * 9 + "x,2\n"),
    "word late": (True, "a,b\n" + "1,2\n" * 9 + "NA,-\n"),
    "id late": (True, "a,b\n" + "1,2\n" * 9 + "01,2\n"),
    "long id late": (True, "a,b\n" + "1,2\n" * 9 + "9007199254740993,2\n"),
    "number late": (True, "a,b\n" + "x,NA\n" * 9 + "1,2.5\n"),
    "nothing first": (True, "a,b\n" + ",  \n" * 9 + "1,x\n"),
    "nothing at all": (True, "a,b\n" + ",NA\n" * 9),
    "logical late": (True, "a,b\n" + "1,NA\n" * 9 + "TRUE,TRUE\n"),
    "blanks around": (True, "a,b\n" + "1, NA \n 2 ,x \n" * 9),
    "wide": (True, "c,a,d,b\n" + "u,1,v,2\nw,3,v,4\n" * 9),
}


def read(path: Path, large: bool, whole: bool = True, **options: str) -> Table:
    text = "b ~ ." if "wide" not in path.name else "b ~ a"
    spec = parse(Source(text), Sink(Source(text)))
    sink = Sink(Source(text))
    file = DataFile(path, False, DataOptions(decimal=options.get("decimal", ".")))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(data_file, "_is_large", lambda _: large)
        patched.setattr(duck, "_PIECE", 4)
        found = read_data(file, Wanted.by(spec), sink, Span(0, 0), whole=whole)
    assert sink.diagnostics == []
    assert found is not None
    return found


def same(one: Table, other: Table) -> None:
    assert one.columns.keys() == other.columns.keys()
    for name, column in one.columns.items():
        again = other.columns[name]
        assert (column.kind, column.levels) == (again.kind, again.levels), name
        assert shown(column) == shown(again), name
    for field in ("rows", "partial", "unusable", "layout", "unread", "counts"):
        assert getattr(one, field) == getattr(other, field), field


@pytest.mark.parametrize("name", {**TEXTS, **LATE})
def test_rows_are_those_of_a_small_file(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"{name}.csv"
    quick, text = {**TEXTS, **LATE}[name]
    path.write_bytes(text.encode())
    small = read(path, large=False)
    large = read(path, large=True)
    same(small, large)
    monkeypatch.setattr(data_file, "read_sheet", None)
    if quick:
        same(small, read(path, large=True))


@pytest.mark.parametrize("name", FAULTY)
def test_faults_are_those_of_a_small_file(name: str, tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    path.write_bytes(FAULTY[name])
    spec = parse(Source("b ~ ."), Sink(Source("b ~ .")))
    said = []
    for large in (False, True):
        sink = Sink(Source("b ~ ."))
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(data_file, "_is_large", lambda _, large=large: large)
            file = DataFile(path, False)
            assert read_data(file, Wanted.by(spec), sink, Span(0, 0)) is None
        said.append([(d.rule, d.message, d.notes) for d in sink.diagnostics])
    assert said[0] == said[1]


@pytest.mark.parametrize("number", ["1,5", "1.234,5", "1.234", "1", "x", ""])
def test_decimal_commas(number: str, tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    path.write_text("a;b\n" + "2,5;1\n" * 9 + f"{number};2\n")
    same(read(path, False, decimal=","), read(path, True, decimal=","))


@pytest.mark.parametrize("whole", [True, False])
def test_the_head_of_a_file(
    whole: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "d.csv"
    rows = [f"{i},{'t' if i % 7 else ''},{i / 3}" for i in range(1000)]
    path.write_text("\n".join(["a,b,c", *rows]) + "\n")
    for limit in (999, 1000, 1001, 10):
        monkeypatch.setattr(data_file, "HEAD", limit)
        table = read(path, True, whole)
        assert table.rows == (1000 if whole else min(limit, 1000))
        assert table.partial is (not whole and limit < 1000)
        same(read(path, False, whole), table)
    # by bytes: a line has about ten
    monkeypatch.setattr(data_file, "HEAD", 10**6)
    monkeypatch.setattr(data_file, "HEAD_BYTES", 2000)
    table = read(path, True, whole)
    assert table.partial is not whole
    assert whole or 50 < table.rows < 200


def test_what_is_damaged_behind_the_head_is_not_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "d.csv"
    path.write_bytes(b"a,b\n" + b"1,2\n" * 200 + b"1,2,3\n" + b"1,2\n" * 200)
    monkeypatch.setattr(data_file, "HEAD", 100)
    for large in (False, True):
        table = read(path, large, whole=False)
        assert (table.rows, table.partial) == (100, True)


def test_random_files(tmp_path: Path) -> None:
    generator = random.Random(3)
    cells = ["1", "2.5", "-3e2", "NA", "", "x", "01", " y", "z ", "TRUE", "1.0", "0"]
    for number in range(60):
        chosen = generator.sample(cells, generator.randint(1, 4))
        path = tmp_path / f"{number}.csv"
        lines = ["a,b"] + [
            f"{generator.choice(chosen)},{generator.choice(chosen)}" for _ in range(30)
        ]
        path.write_text("\n".join(lines) + "\n")
        same(read(path, False), read(path, True))


#: What a process prints that reads a file for a spec: the most memory it held, in MB.
READ = """
import resource, sys
from pathlib import Path
from varying.compiler.driver import Request, {0}
from varying.grammar import Source
{0}(Request(Source('data "' + sys.argv[1] + '"\\ny ~ x + n + (1 | g)\\n')))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


@pytest.mark.slow
@pytest.mark.parametrize("what", ["check", "compile_spec"])
def test_memory_beside_parquet(what: str, tmp_path: Path) -> None:
    """Four columns of 120, of 400,000 rows: the others are not kept."""
    import pyarrow as pa
    from pyarrow import csv, parquet

    rng, rows = np.random.default_rng(1), 400_000
    columns = {
        "y": rng.normal(size=rows).round(4),
        "x": rng.normal(size=rows).round(3),
        "g": np.array([f"g{i}" for i in rng.integers(0, 500, rows)]),
        "n": rng.integers(0, 1000, rows),
        **{f"c{i}": rng.integers(0, 10**6, rows) for i in range(116)},
    }
    table = pa.table(columns)
    csv.write_csv(table, tmp_path / "d.csv", csv.WriteOptions(quoting_style="none"))
    parquet.write_table(table, tmp_path / "d.parquet")
    most = {}
    for name in ("d.csv", "d.parquet"):
        command = [sys.executable, "-c", READ.format(what), str(tmp_path / name)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        most[name] = float(done.stdout)
    assert most["d.csv"] <= 1.5 * most["d.parquet"], most


def test_large_text_is_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "d.csv"
    path.write_text("a,b\n" + "1,2\n" * 50)
    monkeypatch.setattr(data_file, "read_large", lambda *_: None)
    called = []
    monkeypatch.setattr(
        large_text, "text_rows", lambda *_: called.append(True) or iter(())
    )
    same(read(path, False), read(path, True))
    assert called == []
