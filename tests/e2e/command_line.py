"""The real command, in processes of its own."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def varying(
    *arguments: object, cwd: Path, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run the command as an installed one runs, and return what it said."""
    return subprocess.run(
        [sys.executable, "-m", "varying.runtime.cli", *map(str, arguments)],
        cwd=cwd,
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONUTF8": "1"},
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
