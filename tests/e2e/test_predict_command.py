"""``varying predict``, as it is called."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from ..runtime.fits import made_fit

Run = Callable[..., subprocess.CompletedProcess[str]]


def test_predict(run: Run, tmp_path: Path) -> None:
    made_fit().save(tmp_path / "y.fit")
    (tmp_path / "new.csv").write_text("g,x,note\ns1,0,a\ns9,1,b|c\n", "utf-8")
    args = ("predict", "y.fit", "--data", "new.csv", "--kind", "mean")
    unknown = run(*args)
    assert unknown.returncode == 1 and unknown.stdout == ""
    assert "error[new-level]: `g` has a level that the fit" in unknown.stderr
    done = run(*args, "--groups", "new", "--seed", "3")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[:5] == ["g", "x", "note", "mean", "sd"]
    assert done.stderr == "2 lines, seed 3\n"
    found = json.loads(run(*args, "--groups", "average", "--format", "json").stdout)
    assert found["interval"] == {"kind": "eti", "prob": 0.95}
    assert [row["note"] for row in found["rows"]] == ["a", "b|c"]
    assert found["rows"][0]["mean"] == pytest.approx(100.0, abs=0.2)
    markdown = run(*args, "--groups", "population", "--format", "markdown").stdout
    assert "b\\|c" in markdown
    out = run(*args, "--groups", "new", "--seed", "3", "--out", "p.csv")
    assert out.returncode == 0 and out.stderr == "saved as p.csv, seed 3\n"
    table = pd.read_csv(tmp_path / "p.csv")
    assert table["g"].tolist() == ["s1", "s9"]
    again = run(*args, "--out", "p.csv")
    assert again.returncode == 3 and "--force" in again.stderr
    wrong = run("predict", "y.fit", "--groups", "new")
    assert wrong.returncode == 2 and "--groups new is for rows" in wrong.stderr
    wrong = run("predict", "y.fit", "--quantiles", "a")
    assert wrong.returncode == 2 and "such as 0.1,0.9" in wrong.stderr
