"""What is remembered is what would be read and compiled anew."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import varying
from varying.compiler.compiled import Compiled, Outline
from varying.compiler.data import file as data_file
from varying.compiler.data.file import DataFile
from varying.compiler.data.frames import table_from_frame
from varying.compiler.driver import Request, check, compile_spec
from varying.compiler.expressions.own import own_functions
from varying.grammar.diagnostics import ModelError
from varying.grammar.source import Source
from varying.runtime.workspace import contents, workspace
from varying.runtime.workspace.contents import Contents, table_hash
from varying.runtime.workspace.store import Store, settle
from varying.runtime.workspace.workspace import Workspace

Write = Callable[..., None]

SPEC = Source('data "d.csv"\ny ~ x + (1 | g)\n', "m.model")


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(first: int = 1, name: str = "d.csv", header: str = "y,x,g") -> None:
        rows = [f"{(7 * i) % 10}.5,{(3 * i) % 9},g{i % 5}" for i in range(30)]
        text = "\n".join([header, f"{first}.5,2,g1", *rows])
        (tmp_path / name).write_text(f"{text}\n")

    written()
    return written


@pytest.fixture
def count(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, int]]:
    """Say how often texts are parsed, and files read and hashed."""
    calls = {"parse": 0, "read_data": 0, "_hash": 0}

    def counted(name: str, call: Any) -> Any:
        def counting(*given: Any, **more: Any) -> Any:
            calls[name] += 1
            return call(*given, **more)

        return counting

    for module, name in (
        (workspace, "parse"),
        (workspace, "read_data"),
        (contents, "_hash"),
    ):
        monkeypatch.setattr(module, name, counted(name, getattr(module, name)))
    yield calls


def first_y(found: Compiled | Outline) -> float:
    assert isinstance(found, Compiled)
    return float(found.prepared.table.columns["y"].values[0])


# ---- once ----------------------------------------------------------------------------


def test_check_compile_and_design_parse_and_read_once(
    write: Write, count: dict[str, int], tmp_path: Path
) -> None:
    here, request = Workspace(), Request(SPEC, base=tmp_path)
    here.check(request)
    compiled = here.compile(request)
    here.design(request)
    assert here.compile(request) is compiled
    assert here.check(request) == check(request)
    assert (count["parse"], count["read_data"]) == (1, 1)


def test_another_formula_of_the_same_columns_reads_nothing(
    write: Write, count: dict[str, int], tmp_path: Path
) -> None:
    here = Workspace()
    for formula in ("y ~ x + (1 | g)", "y ~ x * g", "\n\ny ~ g + x"):
        here.check(Request(Source(f'data "d.csv"\n{formula}\n'), base=tmp_path))
    assert (count["parse"], count["read_data"]) == (3, 1)


def test_a_file_that_was_left_alone_is_not_even_hashed(
    write: Write,
    count: dict[str, int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(contents, "SETTLED", 0)
    found, path = Contents(), tmp_path / "d.csv"
    one = found.of(path)
    assert one is not None and found.of(path) == one
    assert count["_hash"] == 1
    write(first=2)
    other = found.of(path)
    assert other is not None and other.digest != one.digest
    assert count["_hash"] == 2


def test_times_of_whole_seconds_say_nothing(
    write: Write,
    count: dict[str, int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(contents, "SETTLED", 0)
    found, path = Contents(), tmp_path / "d.csv"
    os.utime(path, (1e9, 1e9))
    found.of(path)
    found.of(path)
    assert count["_hash"] == 2


def test_a_model_and_its_fits_share_their_tapes(write: Write, tmp_path: Path) -> None:
    here = Workspace()
    compiled = here.compile(Request(SPEC, base=tmp_path))
    assert isinstance(compiled, Compiled)
    assert here.sampled(compiled) is here.sampled(compiled)
    other = compile_spec(Request(SPEC, base=tmp_path))
    assert here.sampled(other) is not here.sampled(compiled)


def test_the_interface_uses_one_workspace(
    write: Write, count: dict[str, int], tmp_path: Path
) -> None:
    path = tmp_path / "m.model"
    path.write_text(SPEC.text)
    one, two = varying.compile(path), varying.compile(path)
    assert one.compiled is two.compiled
    assert one.ir == two.ir
    assert count["read_data"] == 1


# ---- never stale ---------------------------------------------------------------------


@pytest.mark.parametrize("settled", [0, contents.SETTLED])
def test_a_file_edited_at_once_is_read_again(
    settled: int, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With as many bytes, and its time put back to what it was."""
    monkeypatch.setattr(contents, "SETTLED", settled)
    here, request = Workspace(), Request(SPEC, base=tmp_path)
    path = tmp_path / "d.csv"
    for first in (1, 2, 3, 1, 2):
        before = path.stat()
        write(first=first)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert path.stat().st_size == before.st_size
        assert first_y(here.compile(request)) == first + 0.5


def test_a_file_moved_into_its_place_is_read(write: Write, tmp_path: Path) -> None:
    here, request = Workspace(), Request(SPEC, base=tmp_path)
    assert first_y(here.compile(request)) == 1.5
    write(first=2, name="other.csv")
    os.replace(tmp_path / "other.csv", tmp_path / "d.csv")
    assert first_y(here.compile(request)) == 2.5


def test_a_file_written_while_it_is_read_is_not_remembered(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, request = Workspace(), Request(SPEC, base=tmp_path)
    original = workspace.read_data
    at = {"before": 0, "after": 0}

    def slowly(*given: Any, **more: Any) -> Any:
        if at["before"]:
            write(first=at["before"])
        table = original(*given, **more)
        if at["after"]:
            write(first=at["after"])
        return table

    monkeypatch.setattr(workspace, "read_data", slowly)
    at["before"] = 2  # hashed with 1, read with 2
    assert first_y(here.compile(request)) == 2.5
    at |= {"before": 0}
    write(first=1)
    assert first_y(here.compile(request)) == 1.5
    write(first=3)
    at["after"] = 4  # read with 3, and then another
    assert first_y(here.compile(request)) == 3.5
    at["after"] = 0
    assert first_y(here.compile(request)) == 4.5


def test_a_file_that_appears_or_goes_is_seen(tmp_path: Path, write: Write) -> None:
    here, request = Workspace(), Request(SPEC, base=tmp_path)
    assert here.check(request) == check(request)
    (tmp_path / "d.csv").unlink()
    (gone,) = here.check(request)
    assert gone.rule == "no-such-file"
    write(first=2)
    assert first_y(here.compile(request)) == 2.5


def test_a_frame_changed_in_place_is_another() -> None:
    here, source = Workspace(), Source("y ~ x")
    values = np.array([1.0, 2.0, 4.0, 3.0, 7.0, 5.0])
    frame = pd.DataFrame({"y": values, "x": np.arange(6.0), "unread": list("abcdef")})

    def compiled() -> Compiled | Outline:
        return here.compile(Request(source, table_from_frame(frame)))

    first = compiled()
    assert compiled() is first
    frame.loc[0, "y"] = 9.0
    assert first_y(compiled()) == 9.0
    frame.loc[0, "y"] = 1.0
    assert first_y(compiled()) == 1.0 and first_y(first) == 1.0
    arrays = {"y": values.copy(), "x": np.arange(6.0)}
    for number in (1.0, 8.0, 1.0):
        arrays["y"][0] = number
        made = varying.compile("y ~ x", arrays).compiled
        assert made is not None and first_y(made) == number
    assert arrays["y"].flags.writeable


def test_functions_of_the_callers_are_called_each_time(
    write: Write, count: dict[str, int], tmp_path: Path
) -> None:
    here, factor = Workspace(), [2.0]
    source = Source('data "d.csv"\nlet z = own(x)\ny ~ z\n')

    def own(x: Any) -> Any:
        return factor[0] * x

    for number in (2.0, 3.0, 2.0):
        factor[0] = number
        request = Request(source, None, tmp_path, functions=own_functions({"own": own}))
        made = here.compile(request)
        assert isinstance(made, Compiled)
        table = made.prepared.table
        z, x = (table.columns[name].values for name in "zx")
        np.testing.assert_array_equal(z, number * x)
    assert (count["parse"], count["read_data"]) == (1, 1)


def test_what_is_shared_cannot_be_changed(write: Write, tmp_path: Path) -> None:
    found = Workspace().compile(Request(SPEC, base=tmp_path))
    assert isinstance(found, Compiled)
    arrays = [c.values for c in found.prepared.table.columns.values()]
    for array in (*arrays, *found.frame.arrays.values()):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


#: Texts with faults and without, whose places differ.
TEXTS = (
    "y ~ x + (1 | g)",
    "# a comment\ny ~ x + (1 | g)",
    "y ~ z",
    "y ~ lgo(x) + (1 | g)\n  prior b ~ nromal(0, 1)",
    "column g: factor(g0, g1)\ny ~ g",
    "column x: numeric, missing=[2]\ny ~ x",
    "y ~ .",
    "y ~ (",
    "let w = x / 2\nwhere w > 1\ny ~ w + (1 | g)",
    "model a: y ~ x\nmodel b: y ~ 1",
)
HEADS = (
    'data "d.csv"',
    'data "d.csv", decimal=","',
    'data "d.csv", labels=true',
    'data "d.csv", sheet=2',
    'data "no.csv"',
    "",
)


def outcome(stage: Callable[[Request], Any], request: Request) -> Any:
    """Return what comes of a request, as far as it can be compared."""
    try:
        found = stage(request)
    except ModelError as error:
        return error.diagnostics
    if not isinstance(found, Compiled):
        return found.diagnostics if isinstance(found, Outline) else found
    arrays = {name: array.tolist() for name, array in found.frame.arrays.items()}
    return found.diagnostics, found.program, repr(arrays)


def test_any_order_of_edits_and_questions_is_as_without(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each answer is that of a driver that remembers nothing."""
    monkeypatch.setattr(contents, "SETTLED", 0)
    here, rng = Workspace(400_000), np.random.default_rng(5)
    headers = ("y,x,g", "y,z,g", "y,x,x")
    for _ in range(250):
        if rng.random() < 0.3:
            write(int(rng.integers(1, 4)), header=headers[int(rng.integers(3))])
        head = HEADS[int(rng.integers(len(HEADS)))]
        text = TEXTS[int(rng.integers(len(TEXTS)))]
        table = None
        if rng.random() < 0.3:
            table = DataFile(tmp_path / "d.csv", [None, True][int(rng.integers(2))])
        model = [None, "a"][int(rng.random() < 0.2)]
        source = Source(f"{head}\n{text}\n", "m.model")
        request = Request(source, table, tmp_path, model)
        stage = ("check", "compile")[int(rng.integers(2))]
        direct = check if stage == "check" else workspace.compile_or_outline
        assert outcome(getattr(here, stage), request) == outcome(direct, request)


def test_the_head_of_a_long_file_is_not_taken_for_the_file(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_file, "HEAD", 10)
    here, request = Workspace(), Request(SPEC, base=tmp_path)
    here.check(request)
    for _ in range(2):
        found = here.compile(request)
        assert isinstance(found, Compiled) and found.prepared.read == 31
    assert here.check(request) == check(request)


def test_what_is_read_from_a_pipe_is_left_in_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert Contents().of(tmp_path / "pipe") is None
    assert Contents().of(tmp_path) is None
    assert Contents().of(tmp_path / "none") is None


# ---- bounds --------------------------------------------------------------------------


def test_no_more_is_held_than_may_be(write: Write, tmp_path: Path) -> None:
    here = Workspace(100_000)
    for number in range(40):
        source = Source(f'data "d.csv"\ny ~ x + I(x / {number + 2}) * g\n')
        here.compile(Request(source, base=tmp_path))
        assert here.held <= 100_000
    assert here.held > 0
    here.clear()
    assert here.held == 0


def test_those_used_last_are_kept() -> None:
    store = Store(100)
    store.keep("a", 1, 40)
    store.keep("b", 2, 40)
    assert store.get("a") == 1
    store.keep("c", 3, 40)
    assert [store.get(key) for key in "abc"] == [1, None, 3]
    store.keep("d", 4, 101)
    assert store.get("d") is None and store.held == 80
    store.keep("a", 5, 10)
    assert store.get("a") == 5 and store.held == 50


def test_what_a_table_holds_is_counted(write: Write, tmp_path: Path) -> None:
    table = table_from_frame({"x": np.arange(1000.0), "g": ["a", "b"] * 500})
    assert 16_000 < settle(table) < 20_000


def test_tables_that_differ_have_other_hashes() -> None:
    tables = [
        {"x": [1.0, 2.0]},
        {"x": [1.0, 3.0]},
        {"y": [1.0, 2.0]},
        {"x": [1.0, None]},
        {"x": ["1", "2"]},
        {"x": ["a", "b"]},
        {"x": ["b", "a"]},
        {"x": ["a", "ba"]},
        {"x": [1.0, 2.0], "y": [1.0, 2.0]},
        {"x": pd.Categorical(["a", "b"])},
        {"x": pd.Categorical(["a", "b"], ["a", "b", "c"])},
        {"x": pd.Categorical(["a", "b"], ordered=True)},
        {"x": [True, False]},
        {"x": [1.5, float("inf")]},
    ]
    frames = [table_from_frame(pd.DataFrame(data)) for data in tables]
    found = [table_hash(frame) for frame in frames]
    assert len(set(found)) == len(tables)
    again = [table_from_frame(pd.DataFrame(data)) for data in tables]
    assert found == [table_hash(frame) for frame in again]


def test_threads_get_what_they_ask_for(tmp_path: Path, write: Write) -> None:
    here, wanted = Workspace(200_000), range(1, 9)
    for number in wanted:
        write(first=number, name=f"d{number}.csv")

    def asked(turn: int) -> bool:
        number = 1 + turn % 8
        source = Source(f'data "d{number}.csv"\ny ~ x + (1 | g)\n')
        found = here.compile(Request(source, base=tmp_path))
        return first_y(found) == number + 0.5

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(asked, range(64)))
    assert here.held <= 200_000


def test_a_second_look_costs_little(tmp_path: Path) -> None:
    """Of a file that takes a while to read."""
    rows = [f"{i % 97}.25,{i % 89},g{i % 50}" for i in range(60_000)]
    (tmp_path / "d.csv").write_text("\n".join(["y,x,g", *rows]) + "\n")
    here, request, seconds = Workspace(), Request(SPEC, base=tmp_path), []
    for _ in range(2):
        begun = time.process_time()
        here.check(request)
        seconds.append(time.process_time() - begun)
    assert seconds[1] < seconds[0] / 3
