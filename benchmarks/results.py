"""The file of results: one record for each model and tool."""

from __future__ import annotations

import json
import math
import os
import platform
import statistics
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from draws import COMPARED
from suite import WORK

__all__ = ["FILE", "Results", "Record", "least", "middle"]

FILE = WORK / "results.json"

#: Keys: model, tool, status (``ok``, ``failed``, ``absent``, ``too long``), reason,
#: settings, backend (what sampled Varying's), gradient (microseconds), no_gradient
#: (why there is none), versions, figures (of the last run) and runs.
#: Of a run: cold, seconds, compile, sampling, outside (seconds less sampling), memory
#: (MB), cpu (seconds of processors, with what hands the draws over), load (of the
#: machine at the end), divergences, ess (the least of b, sd, cor), ess_of, ess_rate,
#: rhat (the largest of b, sd, cor), ess_intercept.
Record = dict[str, Any]


class Results:
    """Records by model and tool, written whenever one is added."""

    def __init__(self, path: Path = FILE) -> None:
        self._path = path
        self.machine: dict[str, Any] = _machine()
        self.records: dict[tuple[str, str], Record] = {}
        self._read()

    def _read(self) -> None:
        if self._path.exists():
            plain = json.loads(self._path.read_text("utf-8"))
            self.machine = plain["machine"]
            for record in plain["records"]:
                self.records[record["model"], record["tool"]] = record

    def get(self, model: str, tool: str) -> Record | None:
        """Return the record, if there is one."""
        return self.records.get((model, tool))

    def add(self, record: Record) -> None:
        """Put a record in the place of its predecessor, and write the file."""
        self._read()  # another process may have written it
        self.records[record["model"], record["tool"]] = record
        self.machine = _machine()
        plain = {"machine": self.machine, "records": list(self.records.values())}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        part = self._path.with_suffix(".part")
        part.write_text(json.dumps(plain, indent=1) + "\n", "utf-8")
        part.replace(self._path)


def _machine() -> dict[str, Any]:
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = info.read_text("utf-8").splitlines()
        cpu = next((x.split(":")[1].strip() for x in lines if "model name" in x), cpu)
    return {"cpu": cpu, "cores": os.cpu_count(), "python": platform.python_version()}


def middle(record: Record | None, key: str, *, cold: bool = False) -> float | None:
    """Return the median of a figure over the cold or the warm runs of a record.

    A tool without caches has no warm runs: then it is the same as cold.
    """
    runs = [run for run in (record or {}).get("runs", ()) if run["cold"] == cold]
    runs = runs or (record or {}).get("runs", [])
    found = [run[key] for run in runs if run.get(key) is not None]
    return statistics.median(found) if found else None


def least(
    figures: dict[str, dict[str, float | None]], kinds: Iterable[str] = COMPARED
) -> tuple[float | None, str]:
    """Return the least effective size among some kinds, and whose it is."""
    chosen = {
        name: found["ess"]
        for name, found in figures.items()
        if name.partition("|")[0] in kinds and found["ess"] is not None
    }
    sizes = {name: size for name, size in chosen.items() if math.isfinite(size)}
    if not sizes:
        return None, ""
    name = min(sizes, key=lambda name: sizes[name])
    return sizes[name], name.partition("|")[2]
