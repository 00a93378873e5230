"""The command on a file of more than a million rows, from a few cells."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from varying.compiler.data.file import LARGE_ROWS

from ..e2e.command_line import varying

ROWS = LARGE_ROWS + 24
SPEC = "column k: ordered(0..2)\nwhere a != 3\nk ~ a + (1 | g), family=ordlogit\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the same rows as Parquet and as text, each named by a spec."""
    found = tmp_path_factory.mktemp("large")
    number = pl.int_range(ROWS, eager=True)
    data = pl.DataFrame(
        {"k": number // 7 % 3, "a": number % 4, "g": number % 5, "id": number}
    )
    data.write_parquet(found / "large.parquet")
    data.write_csv(found / "large.csv")
    for kind in ("parquet", "csv"):
        text = f'data "large.{kind}"\n{SPEC}'
        (found / f"{kind}.model").write_text(text, "utf-8")
    (found / "bare.model").write_text(SPEC, "utf-8")
    return found


CALLS = {
    "parquet": ("parquet.model",),
    "csv": ("csv.model",),
    "given": ("bare.model", "--data", "large.parquet"),
}


@pytest.mark.parametrize("name", CALLS)
def test_show_design(name: str, folder: Path) -> None:
    done = varying("show", "design", *CALLS[name], "--format", "json", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert f"{ROWS:,} rows of the data are 60 cells" in done.stderr
    design = json.loads(done.stdout)
    assert len(design["rows"]) == len(design["counts"]) == 45
    dropped = sum(gone["count"] for gone in design["dropped"])
    assert sum(design["counts"]) + dropped == ROWS
    assert dropped == ROWS // 4


def test_check(folder: Path) -> None:
    """Parquet is read whole, of text the head, without DuckDB."""
    done = varying("check", "parquet.model", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "info[rows-reduced]" in done.stdout
    assert "partial-data" not in done.stdout
    done = varying("check", "csv.model", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "only the first 1,000,000 rows" in done.stdout


def test_prior(folder: Path) -> None:
    done = varying("prior", "parquet.model", "--draws", 50, "--seed", 1, cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "(in your data: 33 %" in done.stdout


def test_little_memory(folder: Path) -> None:
    """A hundred megabytes for Python and its libraries, and nothing by row."""
    script = (
        "import resource, sys, varying\n"
        "varying.compile('csv.model')\n"
        "assert 'pymc' not in sys.modules and 'pandas' not in sys.modules\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)\n"
    )
    # a process starts with the peak of the one that it was forked from: a small one
    small = "import subprocess, sys; subprocess.run([sys.executable, *sys.argv[1:]])"
    done = subprocess.run(
        [sys.executable, "-c", small, "-c", script],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 250
