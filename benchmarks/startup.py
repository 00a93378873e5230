"""How long the command takes beside sampling, side by side.

    python benchmarks/startup.py [runs] [checkout]

Each run starts every command once, in turn, so that a change in the machine's
speed hits all of them. Printed are medians: seconds, those of the processor (a busy
machine changes them less), the ratio of the seconds to `import numpy`, and the most
memory a process had. With another checkout of the repository, each command is run
from there as well, right beside.

Each command runs once before, to compile what is imported to bytecode, as installing
a wheel does, and the kernel of the model. The bytecode is kept in a folder of the
benchmark's own, so that neither a setting that none be written nor what is left from
earlier runs makes a difference.

Of ``varying fit`` the seconds that it says it sampled for are left out; what it
imports while it samples is in the processor's seconds, and so is the sampling itself.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "examples" / "ratings" / "ratings.model"
VARYING = ["-m", "varying.runtime.cli"]

NUMPY = "import numpy"
COMMANDS = {
    "python": ["-c", "pass"],
    "import varying": ["-c", "import varying"],
    NUMPY: ["-c", "import numpy"],
    "import pandas": ["-c", "import pandas"],
    "varying fmt --diff": [*VARYING, "fmt", "--diff", EXAMPLE],
    "varying check": [*VARYING, "check", EXAMPLE],
    "varying show priors": [*VARYING, "show", "priors", EXAMPLE],
    "varying fit": [*VARYING, "fit", EXAMPLE, "--seed", "1", "--out", "r.fit"],
    "varying summary": [*VARYING, "summary", "r.fit"],
}


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process took: seconds outside sampling, of the processor, bytes."""

    seconds: float
    processor: float
    memory: int


def cost(arguments: list[object], folder: Path, tree: Path | None = None) -> Cost:
    """Return what a process of Python takes, with the code of a checkout if named."""
    said = folder / "said"
    environment = dict(os.environ, PYTHONPYCACHEPREFIX=str(folder / "bytecode"))
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    if tree is not None:
        environment["PYTHONPATH"] = str(tree / "src")
    with said.open("w+", encoding="utf-8") as file:
        start = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, *map(str, arguments)],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=file,
            env=environment,
        )
        _, status, used = os.wait4(process.pid, 0)
        elapsed = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    text = said.read_text("utf-8")
    if process.returncode:
        raise SystemExit(text)
    sampled = re.search(r"sampled in ([\d.]+) s", text)
    elapsed -= float(sampled[1]) if sampled else 0.0
    unit = 1 if sys.platform == "darwin" else 1024
    return Cost(elapsed, used.ru_utime + used.ru_stime, used.ru_maxrss * unit)


def main(runs: int = 11, other: str | None = None) -> None:
    """Time all commands in turn and print their medians."""
    trees: dict[str, Path | None] = {"": None}
    if other is not None:
        trees[" (other)"] = Path(other).resolve()
    costs: dict[str, list[Cost]] = {}
    with tempfile.TemporaryDirectory() as name:
        folders = {}
        for label, tree in trees.items():
            # a fit file is read by the version that wrote it
            folders[label] = Path(name, f"of{len(folders)}")
            folders[label].mkdir()
            for arguments in COMMANDS.values():
                cost(arguments, folders[label], tree)
        for _ in range(runs):
            for command, arguments in COMMANDS.items():
                for label, tree in trees.items():
                    if tree is not None and "varying" not in command:
                        continue
                    found = cost(arguments, folders[label], tree)
                    costs.setdefault(f"{command}{label}", []).append(found)
    numpy = statistics.median(found.seconds for found in costs[NUMPY])
    for command, each in costs.items():
        seconds = statistics.median(found.seconds for found in each)
        processor = statistics.median(found.processor for found in each)
        memory = statistics.median(found.memory for found in each)
        print(
            f"{command:27} {seconds:6.3f} s  {processor:6.3f} s processor"
            f"  {seconds / numpy:6.1f} x  {memory / 1e6:5.0f} MB"
        )


if __name__ == "__main__":
    main(*(int(word) if word.isdecimal() else word for word in sys.argv[1:]))
