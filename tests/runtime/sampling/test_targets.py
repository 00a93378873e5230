from __future__ import annotations

import errno
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from varying.runtime.files import whole_file
from varying.runtime.files.whole_file import replacing
from varying.runtime.sampling import targets
from varying.runtime.sampling.targets import refused, saved_elsewhere

pytestmark = pytest.mark.skipif(os.name == "nt", reason="links of POSIX")


def link(folder: Path, to: str) -> str:
    (folder / "link").symlink_to(to)
    return "link"


def file(folder: Path) -> str:
    (folder / "old.fit").write_bytes(b"x")
    return link(folder, "old.fit")


def pipe(folder: Path) -> str:
    os.mkfifo(folder / "pipe")
    return link(folder, "pipe")


TARGETS: list[tuple[Callable[[Path], str], str | None]] = [
    (lambda folder: "new.fit", None),
    (file, None),
    (lambda folder: link(folder, "not/there.fit"), "there is no folder"),
    (lambda folder: link(folder, "."), "it is a folder"),
    (lambda folder: link(folder, "/dev/null"), "it is not a regular file"),
    (pipe, "it is not a regular file"),
    (lambda folder: link(folder, "link"), "links"),
    (lambda folder: link(folder, "new.fit"), None),
    (lambda folder: "none/a.fit", "there is no folder"),
    (lambda folder: "new/", "it is a folder"),
    (lambda folder: ".", "it is a folder"),
    (lambda folder: "a" * 300, "long"),
    (lambda folder: "a\0b", "no file can have such a name"),
]


@pytest.mark.parametrize(("make", "reason"), TARGETS)
def test_targets(
    make: Callable[[Path], str], reason: str | None, tmp_path: Path
) -> None:
    name = make(tmp_path)
    before = sorted(tmp_path.iterdir())
    found = refused(f"{tmp_path}/{name}")
    assert (found is None) if reason is None else (found and reason in found), found
    assert sorted(tmp_path.iterdir()) == before


def test_more_than_the_disk_has(tmp_path: Path) -> None:
    found = refused(tmp_path / "a.fit", 10**18)
    assert found is not None and found.startswith("it takes 1.0 EB, and ")


def test_a_full_disk(tmp_path: Path) -> None:
    """Where files may not grow, as on a disk that is full."""
    code = (
        "import resource, signal\n"
        "from varying.runtime.sampling.targets import refused\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        "print(refused('a.fit'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "too large" in done.stdout
    assert not list(tmp_path.iterdir())


def test_another_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here, home = tmp_path / "here", tmp_path / "home"
    here.mkdir()
    home.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setattr(Path, "home", lambda: home)
    (here / "a.fit").write_bytes(b"somebody's")

    def save(path: Path) -> None:
        path.write_bytes(b"draws")

    gone = tmp_path / "gone" / "a.fit"
    assert saved_elsewhere(gone, save) == here / "a-0.fit".replace("0", "1")
    assert (here / "a.fit").read_bytes() == b"somebody's"

    def full(path: Path) -> None:
        if path.parent == here:
            raise OSError(errno.ENOSPC, "No space left on device")
        save(path)

    assert saved_elsewhere(gone, full) == home / "a.fit"

    def never(path: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    assert saved_elsewhere(gone, never) is None


def leftover(folder: Path, process: int, machine: str | None = None) -> Path:
    node = platform.node() if machine is None else machine
    name = sha256(node.encode()).hexdigest()[:8]
    path = folder / f".a.fit.{name}-{process}.abcdefgh.tmp"
    path.write_bytes(b"half")
    return path


def test_leftovers_are_swept(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"],
        capture_output=True,
        text=True,
        check=True,
    )
    dead = leftover(tmp_path, int(ended.stdout))
    alive = leftover(tmp_path, os.getpid())
    other = leftover(tmp_path, int(ended.stdout), "another machine")
    theirs = tmp_path / ".a.fit.notes.tmp"
    theirs.write_bytes(b"no file of ours")
    old = tmp_path / ".a.fit.abcdefg_.tmp"
    old.write_bytes(b"of the version before")
    yesterday = time.time() - 2 * 86_400
    os.utime(old, (yesterday, yesterday))
    with replacing(tmp_path / "a.fit") as out:
        out.write(b"whole")
    there = sorted(tmp_path.iterdir())
    assert there == sorted([alive, other, theirs, tmp_path / "a.fit"])
    os.utime(other, (yesterday, yesterday))
    with replacing(tmp_path / "a.fit") as out:
        out.write(b"whole")
    assert dead not in tmp_path.iterdir() and other not in tmp_path.iterdir()


def test_a_killed_save_leaves_what_the_next_one_sweeps(tmp_path: Path) -> None:
    code = (
        "import os, signal; from varying.runtime.files.whole_file import replacing\n"
        "with replacing('a.fit') as out:\n"
        "    out.write(b'half'); out.flush(); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=False)
    assert len(list(tmp_path.iterdir())) == 1
    with replacing(tmp_path / "a.fit") as out:
        out.write(b"whole")
    assert [path.name for path in tmp_path.iterdir()] == ["a.fit"]


def test_names_are_kept_short() -> None:
    assert len(whole_file._beginning(Path("a" * 250))) < 60
    assert targets.refused("/dev/full") == "it is not a regular file"
