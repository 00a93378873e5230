"""Running one process: wall time, memory, own caches."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Process", "environment", "run"]

_LAUNCH = Path(__file__).with_name("launch.py")
#: Seconds between two looks at the memory of a tree of processes.
_LOOK = 0.25


@dataclass(frozen=True, slots=True)
class Process:
    """What became of a process.

    Attributes
    ----------
    start, seconds
        When it began (Unix time) and how long it took.
    memory
        Largest resident memory in MB: of the largest process or of the whole
        tree at one time, whichever is more.
    cpu
        Seconds of processors, by all of its processes that it waited for.
    code
        Exit code; None if it was ended at the time limit.
    """

    start: float
    seconds: float
    memory: float
    cpu: float
    code: int | None


def environment(caches: Path) -> dict[str, str]:
    """Return an environment in which all caches are in one folder."""
    home = caches / "home"
    home.mkdir(parents=True, exist_ok=True)
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTENSOR", "NUMBA", "VARYING", "XDG_"))
    }
    return kept | {
        "HOME": str(home),
        "XDG_CACHE_HOME": str(caches / "xdg"),
        "XDG_DATA_HOME": str(caches / "xdg-data"),
        "NUMBA_CACHE_DIR": str(caches / "numba"),
        "PYTENSOR_FLAGS": f"base_compiledir={caches / 'pytensor'}",
        "MPLCONFIGDIR": str(caches / "matplotlib"),
        "MPLBACKEND": "Agg",
        "COLUMNS": "120",
    }


def run(
    command: Sequence[str | Path],
    folder: Path,
    caches: Path,
    limit: float,
    cwd: Path,
) -> Process:
    """Run a command; what it prints goes to ``stdout`` and ``stderr`` in a folder."""
    result = folder / "process"
    launcher = [sys.executable, "-I", "-S", _LAUNCH, result]
    with (folder / "stdout").open("wb") as out, (folder / "stderr").open("wb") as err:
        child = subprocess.Popen(
            [str(part) for part in (*launcher, *command)],
            cwd=cwd,
            env=environment(caches),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
        watch = _Watch(child.pid, time.perf_counter() + limit)
        watch.start()
        try:
            child.wait()
        except BaseException:
            _end(child.pid)
            raise
        finally:
            watch.stop()
    if watch.expired:
        return Process(0.0, limit, watch.peak / 2**20, 0.0, None)
    start, seconds, memory, cpu, code = map(float, result.read_text().split())
    return Process(start, seconds, max(memory, watch.peak / 2**20), cpu, int(code))


class _Watch(threading.Thread):
    """Look at a session's memory now and then, and end it when its time is up."""

    def __init__(self, session: int, deadline: float) -> None:
        super().__init__(daemon=True)
        self.peak = 0.0
        self.expired = False
        self._session = session
        self._deadline = deadline
        self._done = threading.Event()

    def run(self) -> None:
        while not self._done.wait(_LOOK):
            self.peak = max(self.peak, _together(self._session))
            if time.perf_counter() > self._deadline and not self.expired:
                self.expired = True
                _end(self._session)

    def stop(self) -> None:
        self._done.set()
        self.join()


def _end(session: int) -> None:
    """End all processes of a session that was started here."""
    for pid in {session, *_members(session)}:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def _members(session: int) -> list[int]:
    """Return the processes of a session: Linux only, none elsewhere."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            # After the name, which may hold blanks: state, parent, group, session.
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session:
            found.append(int(entry.name))
    return found


def _together(session: int) -> float:
    """Return the bytes of a session's processes, shared ones once; 0 for one alone."""
    members = set(_members(session)) - {session}  # the launcher
    if len(members) < 2:  # what the launcher says of it is exact
        return 0.0
    total = 0
    for pid in members:
        try:
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        sizes = [line.split()[1] for line in text.splitlines() if line[:4] == "Pss:"]
        total += int(sizes[0]) if sizes else 0
    return total * 1024.0
