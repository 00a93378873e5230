"""Seconds of a check, a second check and a compilation, with a workspace and without.

    python benchmarks/workspace.py            # 10 MB of CSV, 5 rounds
    python benchmarks/workspace.py --mb 40

All happens in one process. Each round asks the driver, which remembers nothing, and a
new workspace, one after the other; what is shown are medians, and their ratios.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import process_time

import numpy as np

from varying.compiler.driver import Request, check, compile_spec
from varying.grammar.source import Source
from varying.runtime.workspace.workspace import Workspace

SPEC = 'data "d.csv"\ny ~ x * f + (1 + x | g)\n'
OTHER = 'data "d.csv"\ny ~ x + f + (1 | g)\n'


def write(path: Path, megabytes: float) -> None:
    """Write a file of about that size."""
    rng, rows = np.random.default_rng(1), int(megabytes * 1e6 / 27)
    x, y = rng.normal(size=rows), rng.normal(500.0, 80.0, rows)
    g, f = rng.integers(0, 200, rows), rng.integers(0, 3, rows)
    lines = (
        f"{b:.4f},{a:.4f},{'abc'[c]},s{d:03d}\n"
        for a, b, c, d in zip(x, y, f, g, strict=True)
    )
    path.write_text("y,x,f,g\n" + "".join(lines))


def seconds(call: Callable[[Request], object], request: Request) -> float:
    """Return the processor seconds of a call."""
    begun = process_time()
    call(request)
    return process_time() - begun


def main() -> None:
    """Print a table, a line an action."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mb", type=float, default=10.0)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    found: dict[str, tuple[list[float], list[float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        write(base / "d.csv", chosen.mb)
        request = Request(Source(SPEC), base=base)
        other = Request(Source(OTHER), base=base)
        for _ in range(chosen.rounds):
            here = Workspace()
            for what, stage, asked, direct in (
                ("check", here.check, request, check),
                ("check again", here.check, request, check),
                ("check another formula", here.check, other, check),
                ("compile", here.compile, request, compile_spec),
                ("compile again", here.compile, request, compile_spec),
            ):
                pair = found.setdefault(what, ([], []))
                pair[0].append(seconds(direct, asked))
                pair[1].append(seconds(stage, asked))
        print(f"{(base / 'd.csv').stat().st_size / 1e6:.1f} MB, processor seconds")
        print(f"{'':24}{'driver':>10}{'workspace':>12}{'ratio':>9}")
        for what, (driver, workspace) in found.items():
            one, two = median(driver), median(workspace)
            print(f"{what:24}{one:10.3f}{two:12.4f}{one / two:9.1f}")
        print(f"held: {here.held / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
