"""How long the command takes before it does anything, side by side.

    python benchmarks/startup.py [runs]

Each run starts every command once, in turn, so that a change in the machine's
speed hits all of them. Printed are medians in seconds and the ratio to a bare
Python.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "examples" / "ratings" / "ratings.model"

COMMANDS = {
    "python": ["-c", "pass"],
    "import varying": ["-c", "import varying"],
    "import numpy": ["-c", "import numpy"],
    "import pandas": ["-c", "import pandas"],
    "varying fmt --diff": ["-m", "varying.runtime.cli", "fmt", "--diff", EXAMPLE],
    "varying check": ["-m", "varying.runtime.cli", "check", EXAMPLE],
}


def seconds(arguments: list[object]) -> float:
    """Return the wall time of one process."""
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, *map(str, arguments)], capture_output=True, check=True
    )
    return time.perf_counter() - start


def main(runs: int = 11) -> None:
    """Time all commands in turn and print their medians."""
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(runs):
        for name, arguments in COMMANDS.items():
            times[name].append(seconds(arguments))
    bare = statistics.median(times["python"])
    for name, found in times.items():
        median = statistics.median(found)
        print(f"{name:20} {median:6.3f} s  {median / bare:6.1f} x")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
