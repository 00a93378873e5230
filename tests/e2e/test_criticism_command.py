"""``loo``, ``kfold`` and ``compare``, as they are typed."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from .command_line import varying, write_example

Run = Callable[..., subprocess.CompletedProcess[str]]
FAST = ("--draws", 200, "--tune", 300, "--chains", 2, "--seed", 1, "--quiet")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run the command in a folder with two fits of the same rows."""
    folder = tmp_path_factory.mktemp("fits")
    example = write_example(folder)
    text = example.read_text("utf-8")
    example.write_text(text.replace("y ~ x + (1 | g)", "model a: y ~ x + (1 | g)"))
    with example.open("a") as file:
        file.write("\nmodel b: y ~ 1 + (1 | g)\n")

    def call(*arguments: object) -> subprocess.CompletedProcess[str]:
        return varying(*arguments, cwd=folder)

    for name in "ab":
        made = call("fit", example, "--model", name, "--out", f"{name}.fit", *FAST)
        assert made.returncode == 0, made.stderr
    return call


def plain(run: Run, *words: Any) -> Any:
    found = run(*words, "--format", "json")
    assert found.returncode == 0, found.stderr
    return json.loads(found.stdout)


def test_what_is_left_out(run: Run) -> None:
    rows = plain(run, "loo", "a.fit")
    assert (rows["by"], rows["units"], rows["measure"]) == (None, 29, "density")
    assert {"elpd", "se", "p", "good_k", "bad", "rows", "notes"} <= rows.keys()
    levels = plain(run, "loo", "a.fit", "--by", "g")
    assert [row["label"] for row in levels["rows"]] == [f"s{i}" for i in range(1, 7)]
    assert levels["integrated"] == ["g"]
    shown = run("loo", "a.fit", "--by", "g")
    assert "new levels of `g`" in shown.stdout
    assert run("loo", "a.fit", "--format", "markdown").stdout.startswith("**Leave-one")
    wrong = run("loo", "a.fit", "--by", "q")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "grouping factors of the model: 'g'" in wrong.stderr


def test_folds(run: Run) -> None:
    words = ("kfold", "a.fit", "--by", "g", "--k", 3, "--out", "folds.json")
    found = plain(run, *words)
    assert (found["folds"], found["units"], len(found["divergences"])) == (3, 6, 3)
    again = run(*words)
    # nothing is done again
    assert again.returncode == 0 and again.stderr == ""
    other = run("kfold", "b.fit", "--by", "g", "--k", 3, "--out", "folds.json")
    assert other.returncode == 3 and "of another fit" in other.stderr
    assert run("kfold", "a.fit", "--k", 1).returncode == 2


def test_which_is_better(run: Run) -> None:
    found = plain(run, "compare", "a.fit", "b.fit")
    assert [one["name"] for one in found["models"]] == ["a", "b"]
    assert found["models"][1]["elpd_diff"] < 0 < found["models"][1]["se_diff"]
    assert found["measure"] == {"kind": "density", "of": "y"}
    shown = run("compare", "a.fit", "b.fit").stdout
    assert "`b` predicts" in shown and "29 rows are few" in shown
    assert run("compare", "a.fit", "a.fit").returncode == 2


def test_priors_and_calibration(run: Run) -> None:
    found = plain(run, "sensitivity", "a.fit")
    names = {(one["name"], one["coord"]) for one in found["parameters"]}
    assert {("b", "x"), ("sd_g", "Intercept"), ("sigma", "")} <= names
    assert "effects of `g`" in run("sensitivity", "a.fit").stdout
    shares = plain(run, "loo", "a.fit", "--pit")
    assert len(shares["shares"]) == 10 and len(shares["rows"]) == 29
    assert run("loo", "a.fit", "--pit", "--by", "g").returncode == 2


def test_pooling(run: Run) -> None:
    words = (
        "pool",
        "small.model",
        "--model",
        "a",
        "--draws",
        200,
        "--tune",
        300,
        "--chains",
        2,
        "--seed",
        1,
    )
    found = plain(run, *words, "--out", "three")
    assert found["by"] == "g" and [*found["specs"]] == ["complete", "none", "partial"]
    assert {one["level"] for one in found["levels"]} == {f"s{i}" for i in range(1, 7)}
    assert plain(run, "compare", "three.none.fit", "three.partial.fit")["rows"] == 29
    wrong = run("pool", "small.model", "--model", "a", "--by", "q")
    assert wrong.returncode == 2 and "there is: 'g'" in wrong.stderr
