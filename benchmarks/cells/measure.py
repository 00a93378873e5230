"""Seconds and memory from a large file to a compiled model, as cells.

    python benchmarks/cells/measure.py                    # the files that are there
    python benchmarks/cells/measure.py --rows 1e7 --format csv --fit

Each file is read in a process of its own. ``read`` is the reduction, ``compile`` all
else; ``peak`` is the largest memory of the process, in MB, with Python and what it
imports. With ``--fit`` it is sampled as well (4 chains of 1000 + 1000 draws).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

from make import FOLDER, path_of, write

#: What is run for each file: one line of JSON.
PROGRAM = '''
import json, resource, sys
from time import perf_counter

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

start = perf_counter()
import varying
from varying.compiler.data import file as data_file

path, fit = sys.argv[1], sys.argv[2] == "fit"
spec = """column rating: ordered(0..6)
rating ~ a*b + (1 + a*b | subj), family=ordlogit"""
read = {}

def timed(original):
    def reading(*arguments):
        begin = perf_counter()
        table = original(*arguments)
        read["seconds"] = perf_counter() - begin
        return table

    return reading

data_file._text = timed(data_file._text)
data_file._parquet = timed(data_file._parquet)
model = varying.compile(spec, path)
table = model.compiled.prepared.table
found = {
    "rows": table.total, "cells": table.rows, "read": read["seconds"],
    "compile": perf_counter() - start - read["seconds"], "peak": peak(),
}
if fit:
    begin = perf_counter()
    model.fit(seed=1, progress=False)
    found |= {"fit": perf_counter() - begin, "peak_fit": peak()}
print(json.dumps(found))
'''


def measure(path: Path, fit: bool) -> dict[str, float]:
    """Compile a model on a file in a process of its own; return what it took."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(path), "fit" if fit else "compile"],
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Print a table, a line a file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=float)
    parser.add_argument("--format", choices=("parquet", "csv"), default="parquet")
    parser.add_argument("--fit", action="store_true")
    chosen = parser.parse_args()
    if chosen.rows is None:
        paths = sorted(FOLDER.glob("ratings-*"), key=lambda path: path.stat().st_size)
    else:
        write(int(chosen.rows), chosen.format)
        paths = [path_of(int(chosen.rows), chosen.format)]
    print("| file | MB | rows | cells | read s | compile s | peak MB | fit s |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    for path in paths:
        size = path.stat().st_size / 1e6
        one = measure(path, chosen.fit)
        fit = f"{one['fit']:.1f}" if "fit" in one else ""
        peak = one.get("peak_fit", one["peak"])
        print(
            f"| {path.name} | {size:,.0f} | {one['rows']:,} | {one['cells']:,} | "
            f"{one['read']:.1f} | {one['compile']:.1f} | {peak:,.0f} | {fit} |"
        )


if __name__ == "__main__":
    main()
