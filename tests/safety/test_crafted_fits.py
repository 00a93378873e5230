from __future__ import annotations

import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest
from tests.runtime.fits import made_fit

import varying
from varying.runtime.commands.outcome import FAULTS
from varying.runtime.fit.asking import ask_file

from .crafted_fits import crafted_fit_files, entries_of, zipped


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("crafted")
    good = folder / "good"
    made_fit().save(good)
    return crafted_fit_files(folder, good.read_bytes())


def test_there_are_two_hundred(files: dict[str, Path]) -> None:
    assert len(files) >= 200


def test_each_is_no_fit(files: dict[str, Path]) -> None:
    """And says so in words, without making room for what it claims to hold."""
    wrong = []
    tracemalloc.start()
    for name, path in files.items():
        try:
            varying.load(path)
            found = "read"
        except varying.ModelError as error:
            found = error.diagnostics[0].rule
            assert str(error)
        except Exception as error:
            found = repr(error)
        if found != "not-a-fit":
            wrong.append(f"{name}: {found}")
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert not wrong, "\n".join(wrong)
    assert most < 2**28


def test_none_is_asked_anything(files: dict[str, Path]) -> None:
    """Files that hold together, but for what is in them."""
    resealed = {n: path for n, path in files.items() if n.startswith("resealed")}
    assert len(resealed) > 20
    answered = []
    for name, path in resealed.items():
        try:
            ask_file(path, "quantity s = sigma", 0.95)
            answered.append(name)
        except varying.ModelError as error:
            assert error.diagnostics[0].rule == "not-a-fit", name
    assert answered == []


def test_every_byte_counts(tmp_path: Path) -> None:
    """Wherever the file is cut, and whichever byte is another."""
    good = tmp_path / "good"
    made_fit().save(good)
    raw = good.read_bytes()
    path = tmp_path / "a.fit"
    places = [*range(0, 200), *range(200, len(raw) - 400, 997)]
    places += range(len(raw) - 400, len(raw))
    read = []
    for place in places:
        for content in (
            raw[:place],
            raw[:place] + bytes([raw[place] ^ 16]) + raw[place + 1 :],
        ):
            path.write_bytes(content)
            try:
                varying.load(path)
                read.append(place)
            except varying.ModelError as error:
                assert error.diagnostics[0].rule == "not-a-fit"
    assert not read


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.fit"
    made_fit().save(path)
    entries = entries_of(path.read_bytes())
    del entries["posterior/b/c/0/0/0"]
    path.write_bytes(zipped(entries))
    with pytest.raises(varying.ModelError, match="`posterior/b/c/0/0/0` is not in it"):
        varying.load(path)


def test_the_command_says_it_in_words(files: dict[str, Path]) -> None:
    path = files["a deep root"]
    done = subprocess.run(
        [sys.executable, "-m", "varying.runtime.cli", "summary", path.name],
        cwd=path.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == FAULTS
    assert "error[not-a-fit]" in done.stderr and "Traceback" not in done.stderr
