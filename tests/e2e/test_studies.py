"""``varying simulate`` and ``varying design``, as they are called."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]

TRUTH = "Intercept = 1\nb[x] = 1\nsd[g, Intercept] = 0.5\nsigma = 1\n"


@pytest.fixture
def study(tmp_path: Path) -> Path:
    (tmp_path / "y.model").write_text("y ~ x + (1 | g)\n", "utf-8")
    (tmp_path / "truth.txt").write_text(TRUTH, "utf-8")
    (tmp_path / "d.csv").write_text("g,x\na,0\na,1\nb,0\nb,1\nc,0\nc,1\n", "utf-8")
    return tmp_path


def test_simulate(run: Run, study: Path) -> None:
    args = ("simulate", "y.model", "--truth", "truth.txt", "--data", "d.csv")
    done = run(*args, "--seed", "1")
    assert done.returncode == 0
    assert done.stdout.splitlines()[0] == "g,x,y"
    assert len(done.stdout.splitlines()) == 7
    assert done.stderr.endswith("6 rows, seed 1\n")
    out = run(*args, "--sets", "2", "--seed", "1", "--out", "two.csv")
    assert out.returncode == 0 and out.stdout == ""
    lines = (study / "two.csv").read_text("utf-8").splitlines()
    assert lines[0] == "g,x,y,set" and len(lines) == 13
    again = run(*args, "--out", "two.csv")
    assert again.returncode == 3 and "--force" in again.stderr
    assert run(*args, "--out", "two.csv", "--force").returncode == 0
    assert run(*args, "--out", "two.txt").returncode == 2
    (study / "truth.txt").write_text("Intercept = 1\n", "utf-8")
    faulty = run(*args)
    assert faulty.returncode == 1
    assert "needs-truth" in faulty.stderr + faulty.stdout


def test_design(run: Run, study: Path) -> None:
    args = ("design", "y.model", "--truth", "truth.txt", "--data", "d.csv")
    more = ("--runs", "1", "--draws", "60", "--seed", "2", "--cores", "2", "--quiet")
    done = run(*args, "--people", "3,5", *more, "--format", "json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert [row["people"] for row in found["rows"]] == [3, 5]
    assert {row["label"] for row in found["rows"]} == {"b[x]"}
    assert [row["truth"] for row in found["rows"]] == [1.0, 1.0]
    wrong = run(*args, "--people", "ten")
    assert wrong.returncode == 2 and "such as 10,20,40" in wrong.stderr
