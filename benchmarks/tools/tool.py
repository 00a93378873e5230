"""What a tool is, and the task that its process reads."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from suite import Benchmark

__all__ = ["Task", "Tool", "now", "read_task", "tolerant", "write_own"]


@dataclass(frozen=True, slots=True)
class Task:
    """One fit that is to be timed.

    Attributes
    ----------
    folder
        Where everything goes that the fit leaves behind.
    gradient
        Whether to time the log density and its gradient, after the fit.
    """

    model: Benchmark
    folder: Path
    seed: int
    draws: int
    tune: int
    chains: int
    cores: int
    gradient: bool

    def write(self, *, coded: bool) -> Path:
        """Write it for a process to read; ``coded``: also the peers' data."""
        from inputs import peers_data
        from suite import HERE, ROOT

        path = self.folder / "task.json"
        plain = self.model.plain() | {
            "folder": str(self.folder),
            "spec": str(HERE / "models" / self.model.spec),
            "data": str(ROOT / self.model.data),
            "coded": str(peers_data(self.model)) if coded else None,
            "seed": self.seed,
            "draws": self.draws,
            "tune": self.tune,
            "chains": self.chains,
            "cores": self.cores,
            "gradient": self.gradient,
        }
        path.write_text(json.dumps(plain, indent=1), "utf-8")
        return path


@dataclass(frozen=True, slots=True)
class Tool:
    """One of the tools.

    Attributes
    ----------
    name
        Its column in the table.
    absent
        Returns why it cannot run here, or None; installs what it needs.
    command
        The process that is timed.
    after
        A process that gathers what the timed one left; None: nothing to do.
    caches
        Whether a second process gains from the first.
    coded
        Whether it reads the peers' data.
    note
        What to know when reading its column.
    """

    name: str
    absent: Callable[[], str | None]
    command: Callable[[Task, Path], list[str]]
    after: Callable[[Task, Path], list[str]] | None
    caches: bool
    coded: bool
    note: str


def read_task() -> dict[str, Any]:
    """Return the task that the command line names."""
    found: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    return found


def write_own(task: dict[str, Any], **figures: Any) -> None:
    """Write a tool's own figures: those named in ``run.py``.

    ``done`` is when the table was printed (Unix time).
    """
    path = Path(task["folder"], "own.json")
    known = json.loads(path.read_text("utf-8")) if path.exists() else {}
    path.write_text(json.dumps(known | figures), "utf-8")


@contextmanager
def tolerant(task: dict[str, Any]) -> Iterator[None]:
    """Go on if the gradient cannot be timed: the fit's figures are there."""
    try:
        yield
    except Exception as error:
        write_own(task, no_gradient=f"{type(error).__name__}: {error}")


def now() -> float:
    """Return the time that ``done`` is in."""
    return time.time()
