"""Compiled machines on disk: found again, never old ones, and no harm done."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from varying.compiler.backends.kernel.machine import cache
from varying.compiler.backends.kernel.machine.build import compile_machine

ROOT = Path(__file__).resolve().parents[3]
OPERATIONS = ("zero", "intercept")

#: Builds a small kernel; says what its density is and what that took.
SCRIPT = """
import json, sys
import pandas as pd
from varying.compiler.backends.kernel import build, emit
from varying.compiler.backends.kernel.machine import cache
from varying.compiler.driver import Request, compile_spec
from varying.compiler.data.frames import table_from_frame
from varying.grammar.source import Source

data = pd.DataFrame({"y": [10, 20, 20, 20, 40], "x": [1.0, 2.0, 4.0, 3.0, 5.0]})
spec = Source("y ~ x, family=poisson")
compiled = compile_spec(Request(spec, table_from_frame(data)))
tapes = emit(compiled.program, compiled.frame)
needed = (*tapes.density.operations, *tapes.draws.operations)
operations = tuple(dict.fromkeys(needed))
before = cache.compiled(operations)
kernel = build(tapes, operations)
print(json.dumps({
    "density": kernel.log_density(kernel.start)[0],
    "before": before,
    "modules": sorted({"numba", "pymc", "pytensor", "nutpie"} & set(sys.modules)),
}))
"""


def start(kept: Path, source: Path = ROOT / "src") -> subprocess.Popen[str]:
    env = {**os.environ, "VARYING_CACHE": str(kept), "PYTHONPATH": str(source)}
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def result(running: subprocess.Popen[str]) -> dict[str, Any]:
    out, err = running.communicate(timeout=120)
    assert running.returncode == 0, err
    assert err == ""
    found: dict[str, Any] = json.loads(out)
    return found


def files(kept: Path) -> list[str]:
    return [file.suffix for file in kept.iterdir()]


def test_a_second_process_compiles_nothing(tmp_path: Path) -> None:
    first, second = result(start(tmp_path)), result(start(tmp_path))
    assert (first["before"], second["before"]) == (False, True)
    assert first["density"] == second["density"]
    assert first["modules"] == second["modules"] == []
    assert files(tmp_path) == [".kernel"]


def test_two_processes_at_once(tmp_path: Path) -> None:
    one, two = start(tmp_path / "new"), start(tmp_path / "new")
    assert result(one)["density"] == result(two)["density"]
    assert files(tmp_path / "new") == [".kernel"]


#: Edits of what a machine is made of, and what the density of the data changes by.
EDITS = (
    # of four of the five rows, with means of 22; the fifth has a large count
    (
        "counts/saddle.py",
        "return y * eta - m.exp(eta) - m.lgamma1p(y)",
        "return y * eta - 2.0 * m.exp(eta) - m.lgamma1p(y)",
        -88.0,
    ),
    # called from another file
    (
        "../distributions/density/scalars.py",
        "return x - math.log1p(x), slope",
        "return x - math.log1p(x) - 2.0, slope",
        80.0,
    ),
)


def test_an_edited_family_is_another_machine(tmp_path: Path) -> None:
    """In the same cache. One that the machine has nothing of, or words, are no edit."""
    kept, source = tmp_path / "kept", tmp_path / "src"
    shutil.copytree(
        ROOT / "src" / "varying",
        source / "varying",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    families = source / "varying" / "compiler" / "families"
    before = result(start(kept, source))
    assert not before["before"]
    for file, old, new, difference in EDITS:
        edited = families / file
        text = edited.read_text("utf-8")
        assert text.count(old) == 1
        edited.write_text(text.replace(old, new), "utf-8")
        after = result(start(kept, source))
        assert after["density"] - before["density"] == pytest.approx(difference, 1e-9)
        assert not after["before"]
        edited.write_text(text, "utf-8")
    other = families / "counts" / "negbinomial.py"
    text = other.read_text("utf-8")
    assert "math.log(" in text
    other.write_text(text.replace("math.log(", "2.0 * math.log("), "utf-8")
    own = families / "counts" / "poisson.py"
    own.write_text("# a remark\n" + own.read_text("utf-8"), "utf-8")
    # and what was edited is back: the first machine is still there
    again = result(start(kept, source))
    assert again["density"] == before["density"] and again["before"]


# ---- files ---------------------------------------------------------------------------


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "kept"
    monkeypatch.setenv("VARYING_CACHE", str(folder))
    cache.machine.cache_clear()
    yield folder
    cache.machine.cache_clear()


@pytest.fixture
def compilations(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """What is compiled, as it is."""
    found: list[tuple[str, ...]] = []

    def counted(operations: tuple[str, ...]) -> bytes:
        found.append(operations)
        return compile_machine(operations)

    monkeypatch.setattr(cache, "compile_machine", counted)
    return found


def run() -> None:
    """Get the machine as a new process does, and run an empty tape."""
    cache.machine.cache_clear()
    machine = cache.machine(OPERATIONS)
    constant, words = np.array([2.5]), np.zeros(1, dtype=np.int64)
    addresses = (words.ctypes.data, constant.ctypes.data, words.ctypes.data)
    block = np.array([0, *addresses, 3, 0, 0, 0, 0], dtype=np.int64)
    value, slopes = np.empty(1), np.ones(3)
    assert machine(np.ones(3), slopes, value, block) == 0
    assert value[0] == 2.5 and not slopes.any()


def test_a_machine_is_kept(kept: Path, compilations: list[Any]) -> None:
    assert not cache.compiled(OPERATIONS)
    run()
    assert cache.compiled(OPERATIONS)
    run()
    assert compilations == [OPERATIONS]
    assert files(kept) == [".kernel"]


def test_other_operations_are_another_machine(kept: Path) -> None:
    orders = [OPERATIONS, OPERATIONS[::-1], (*OPERATIONS, "offset")]
    assert len({cache.key(operations) for operations in orders}) == 3


def with_head(code: bytes) -> bytes:
    return hashlib.sha256(code).hexdigest().encode() + b"\n" + code


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "cut": lambda whole: whole[: len(whole) // 2],
    "without its head": lambda whole: whole.partition(b"\n")[2],
    "one bit": lambda whole: whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:],
    "something else": lambda _: b"PK\x03\x04" * 100,
    "a head alone": lambda _: with_head(b""),
    "no object code": lambda _: with_head(b"words " * 50),
}


@pytest.mark.parametrize("damage", list(DAMAGES))
def test_a_damaged_file_is_made_anew(
    damage: str, kept: Path, compilations: list[Any]
) -> None:
    run()
    (file,) = kept.iterdir()
    whole = file.read_bytes()
    file.write_bytes(DAMAGES[damage](whole))
    run()
    assert len(compilations) == 2
    assert file.read_bytes() == whole
    run()
    assert len(compilations) == 2


def test_a_folder_in_the_place_of_a_file(kept: Path, compilations: list[Any]) -> None:
    run()
    (file,) = kept.iterdir()
    file.unlink()
    file.mkdir()
    run()
    run()
    assert len(compilations) == 3
    assert list(kept.iterdir()) == [file]


def test_a_folder_that_cannot_be_made(kept: Path, compilations: list[Any]) -> None:
    kept.write_text("a file")
    run()
    run()
    assert len(compilations) == 2
    assert kept.read_text() == "a file"


def test_a_folder_that_cannot_be_written(
    kept: Path, compilations: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    # not by its mode: an administrator may write everywhere
    monkeypatch.setattr(os, "replace", refused)
    run()
    run()
    assert len(compilations) == 2
    assert list(kept.iterdir()) == []


def test_the_default_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VARYING_CACHE", raising=False)
    found = cache.folder()
    assert found.parts[-2:] == ("varying", "kernels") or found.name == "kernels"
    monkeypatch.setenv("VARYING_CACHE", "")
    assert cache.folder() == found
