"""The real command, in processes of its own."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

from . import warm

ROOT = Path(__file__).resolve().parents[2]


def varying(
    *arguments: object, cwd: Path, stdin: str = "", fresh: bool = False
) -> subprocess.CompletedProcess[str]:
    """Run the command as an installed one runs, and return what it said.

    ``fresh``: in a new interpreter, not in a copy of one that has loaded it.
    """
    words = [str(argument) for argument in arguments]
    done = None if fresh else warm.run(words, cwd, stdin)
    if done is not None:
        return done
    return subprocess.run(
        [sys.executable, "-m", "varying.runtime.cli", *words],
        cwd=cwd,
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=warm.environment(),
    )


def write_example(folder: Path) -> Path:
    """Write a spec of 30 rows in 6 groups, with its data, and return its path."""
    rng = random.Random(1)
    lines = ["y,x,g"]
    for row in range(30):
        x = rng.gauss(0, 1)
        y = 1 + 0.5 * x + 0.4 * (row % 6) + rng.gauss(0, 0.7)
        lines.append(f"{y:.4f},{x:.4f},s{row % 6 + 1}")
    lines[5] = "NA,0.1,s5"
    (folder / "small.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    spec = folder / "small.model"
    spec.write_text('data "small.csv"\n\ny ~ x + (1 | g)\n', encoding="utf-8")
    return spec
