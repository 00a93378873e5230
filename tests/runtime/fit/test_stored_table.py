from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from zarr.storage import MemoryStore

from varying.compiler.data.frames import table_from_frame
from varying.compiler.data.plain import read_table
from varying.compiler.data.table import Column, Kind, Table
from varying.compiler.driver import Request, compile_spec
from varying.grammar.diagnostics import Sink
from varying.grammar.parser import parse
from varying.grammar.source import Source, Span
from varying.runtime.files.arrays import groups_of
from varying.runtime.fit.provenance import describe_data
from varying.runtime.fit.stored_table import columns_named, from_group, to_dataset


def through_zarr(table: Table) -> Table:
    buffers: dict[str, Any] = {}
    store = MemoryStore(buffers)
    tree = xr.DataTree.from_dict({"data": to_dataset(table)})
    tree.to_zarr(store, zarr_format=3, consolidated=False)
    entries = {name: buffer.to_bytes() for name, buffer in buffers.items()}
    return from_group(groups_of(entries, 2**20)["data"])


def assert_equal(first: Column | None, second: Column | None) -> None:
    if first is None or second is None:
        assert first is second
        return
    for field in fields(Column):
        a, b = getattr(first, field.name), getattr(second, field.name)
        if field.name == "values":
            assert a.dtype == b.dtype
            np.testing.assert_array_equal(a, b)
        elif field.name == "spelled":
            assert_equal(a, b)
        else:
            assert a == b and type(a) is type(b), field.name


#: A value other than the default in each field.
FULL = Column(
    "a/b c",
    Kind.ORDERED,
    np.array([0, -1, 2, 1]),
    levels=("1.5", "ü", '"'),
    declared=True,
    numbers=(1.5, 0.1 + 0.2, float("inf")),
    contrast="sum",
    reference="ü",
    spelled=Column("a/b c", Kind.TEXT, np.array([1, 1, -1, 0]), ("01", "1")),
    read_as=Kind.INTEGER,
    undeclared=1,
    rounding=0.5,
    decimal=",",
    grouped="1.234",
    pointed=True,
)


def test_every_field_comes_back() -> None:
    blank = Column("", Kind.FACTOR, np.zeros(4, np.int64))
    for field in fields(Column):
        if field.name not in ("name", "values"):
            assert getattr(FULL, field.name) != getattr(blank, field.name), field.name
    numbers = Column("x", Kind.NUMERIC, np.array([np.nan, -0.0, 1e-300, np.inf]))
    table = Table("file.csv", {c.name: c for c in (FULL, numbers)}, 4)
    found = through_zarr(table)
    assert (found.name, found.rows) == ("file.csv", 4)
    assert list(found.columns) == ["a/b c", "x"]
    for name, column in table.columns.items():
        assert_equal(found.columns[name], column)


def test_files_and_frames_come_back(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,x,t,l\n01,1.5,a,TRUE\n1,NA,,FALSE\n10,3,b,NA\n", "utf-8")
    read = read_table(path, Sink(Source("")), Span(0, 0))
    assert read is not None and read.columns["id"].spelled is not None
    frame = table_from_frame(
        pd.DataFrame(
            {
                "c": pd.Categorical(["b", "a", None], ["b", "a", "unseen"]),
                "i": pd.array([1, None, 3], dtype="Int64"),
                "s": ["x", None, "y"],
                "b": [True, False, True],
            }
        )
    )
    for table in (read, frame):
        found = through_zarr(table)
        for name, column in table.columns.items():
            assert_equal(found.columns[name], column)


DATA = pd.DataFrame(
    {
        "y": [1.0, 2.5, 3.0, None, 5.0, 7.0, 6.5, 8.0],
        "my x": [0.1, 0.2, 0.9, 0.4, 0.5, 0.6, 0.7, 1.5],
        "g": ["a", "b", "a", "b", "a", "b", "b", "a"],
        "keep": [1, 1, 1, 1, 0, 1, 1, 1],
        "z": [None, 1, 2, 3, 4, 5, 6, 7],
        "declared": list("uvuvuvuv"),
        "offset": [1.0, 2, 3, 4, 5, 6, 7, 9],
        "other": [1.0, 4, 9, 1, 5, 6, 7, 9],
    }
)
SPEC = """
column declared: factor(u, v)
let w = log(`my x`) + 1
where keep == 1
model first: y ~ w + g
model second: y ~ z
"""


def test_only_what_the_text_names_is_kept() -> None:
    source = Source(SPEC)
    table = table_from_frame(DATA)
    kept = columns_named(parse(source, Sink(source)), table)
    assert list(kept.columns) == ["y", "my x", "g", "keep", "z", "declared"]
    assert not kept.faulty
    every = columns_named(parse(Source("y ~ ."), Sink(Source(""))), table)
    assert list(every.columns) == list(DATA.columns)


NAMES = """
column a: factor(u, v)
let w = log(x)
where q == TRUE | x > 0
k | rate(t) ~ w + C(a, sum) + offset(log(o)) + (1 + x | g), family=negbinomial
  shape ~ 1 + z
  prior Intercept ~ normal(0, 1)
  prior b ~ normal(0, 2)
  prior shape.b[z] ~ normal(0, 3)
"""


def test_names_that_are_no_columns_are_not_kept() -> None:
    """A function, a parameter, a scheme: whatever the data call theirs.

    What stands left of an indented formula is kept: it may be a response.
    """
    read = ["k", "t", "x", "a", "o", "g", "z", "q", "TRUE", "shape"]
    others = ["rate", "log", "C", "sum", "offset", "family"]
    others += ["negbinomial", "Intercept", "b", "normal", "factor", "w_", "u"]
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({name: rng.random(40) + 1 for name in (*read, *others)})
    frame["k"] = rng.integers(0, 9, 40)
    frame["a"], frame["g"] = rng.choice(["u", "v"], 40), rng.choice(list("pqrs"), 40)
    source = Source(NAMES)
    made = compile_spec(Request(source, table_from_frame(frame)))
    kept = columns_named(made.spec, made.prepared.data)
    assert set(kept.columns) == set(read)
    again = compile_spec(Request(source, through_zarr(kept)))
    assert again.lowered == made.lowered and again.program == made.program
    assert again.prepared.used == made.prepared.used
    first, second = (
        describe_data(one.prepared.table, one.prepared.used) for one in (made, again)
    )
    assert first == second
    # only said, and only where there is such a column
    assert "parameter-not-column" in {d.rule for d in made.diagnostics}


@pytest.mark.parametrize("model", ["first", "second"])
def test_what_is_kept_compiles_to_the_same(model: str) -> None:
    source = Source(SPEC)
    made = compile_spec(Request(source, table_from_frame(DATA), model=model))
    kept = through_zarr(columns_named(made.spec, made.prepared.data))
    again = compile_spec(Request(source, kept, model=model))
    # row 0 lacks `z`, which only the other model uses; row 4 is not chosen
    assert again.prepared.rows.tolist() == [1, 2, 5, 6, 7]
    assert again.prepared.dropped == made.prepared.dropped
    assert again.lowered == made.lowered and again.program == made.program
    assert again.frame.arrays.keys() == made.frame.arrays.keys()
    for name, array in made.frame.arrays.items():
        np.testing.assert_array_equal(again.frame[name], array)
    first, second = (
        describe_data(one.prepared.table, one.prepared.used) for one in (made, again)
    )
    assert first.sha256 == second.sha256
