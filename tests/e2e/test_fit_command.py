from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import varying as package

from .command_line import ROOT, varying, write_example

pytestmark = pytest.mark.slow

SAMPLING = ("--draws", 100, "--tune", 200, "--chains", 2, "--seed", 11)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("fit")
    write_example(place)
    return place


@pytest.fixture(scope="session")
def fitted(folder: Path) -> subprocess.CompletedProcess[str]:
    """One fit for all tests: compiling it takes most of the time."""
    return varying("fit", "small.model", *SAMPLING, "--out", "a.result", cwd=folder)


def test_fit_prints_the_table_and_saves(
    fitted: subprocess.CompletedProcess[str], folder: Path
) -> None:
    assert fitted.returncode == 0
    assert "sd_g" in fitted.stdout
    assert "R-hat" in fitted.stdout
    # 200 draws are too few, and it says so; that is no failure.
    assert "effective sample size" in fitted.stdout
    assert "sampling 2 chains" in fitted.stderr
    assert "sampled in " in fitted.stderr
    assert "saved as a.result" in fitted.stderr
    assert sorted(p.name for p in folder.iterdir()) == [
        "a.result",
        "small.csv",
        "small.model",
    ]


def test_it_says_the_warnings_of_its_model_in_two_lines(folder: Path) -> None:
    spec = 'data "small.csv"\n' + "".join(
        f"model {name}: y ~ x + (1 | few)\n" for name in "abc"
    )
    rows = (folder / "small.csv").read_text("utf-8").splitlines()
    extra = [f"{row},{'few' if n == 0 else n % 3}" for n, row in enumerate(rows)]
    (folder / "few.csv").write_text("\n".join(extra) + "\n", "utf-8")
    (folder / "few.model").write_text(spec.replace("small", "few"), "utf-8")
    done = varying(
        *("fit", "few.model", "--model", "b", "--quiet", "--out", "b.few", *SAMPLING),
        cwd=folder,
    )
    for name in ("few.csv", "few.model", "b.few"):
        (folder / name).unlink()
    lines = done.stderr.splitlines()
    assert lines[:2] == [
        "warning[few-groups]: the grouping factor `few` has 3 levels (line 3)",
        "  a standard deviation over so few is mostly its prior",
    ]
    assert lines[-1] == "more about them: varying check few.model"
    assert done.stderr.count("few-groups") == 1


def test_summary_json(fitted: subprocess.CompletedProcess[str], folder: Path) -> None:
    done = varying("summary", "a.result", "--format", "json", cwd=folder)
    assert done.returncode == 0
    found = json.loads(done.stdout)
    names = [(row["name"], row["coord"]) for row in found["parameters"]]
    assert names == [
        ("Intercept", ""),
        ("b", "x"),
        ("sd_g", "Intercept"),
        ("sigma", ""),
    ]
    sampling = found["sampling"]
    assert (sampling["draws"], sampling["tune"], sampling["chains"]) == (100, 200, 2)
    assert sampling["sampler"] == "nutpie"
    assert sampling["verdict"]["sentences"]
    whole = varying("summary", "a.result", "--format", "json", "--all", cwd=folder)
    effects = [r for r in json.loads(whole.stdout)["parameters"] if r["name"] == "r_g"]
    assert [row["coord"] for row in effects][0] == "s1, Intercept"
    markdown = varying("summary", "a.result", "--format", "markdown", cwd=folder)
    assert markdown.stdout.startswith("`y ~ x + (1 | g)`\n\n| parameter |")
    assert sampling["verdict"]["sentences"][-1] in markdown.stdout


def test_the_file_in_python(
    fitted: subprocess.CompletedProcess[str], folder: Path
) -> None:
    fit = package.load(folder / "a.result")
    assert fit.seed == 11
    assert "y ~ x + (1 | g)" in fit.spec
    # what was only sampled in is no result
    groups = {"posterior", "unconstrained", "sample_stats", "observed_data"}
    assert set(fit.data.children) == groups
    # Row 4 of the file lacks `y`.
    rows = fit.data["observed_data"].coords["row"].values.tolist()
    assert rows == [row for row in range(30) if row != 4]
    posterior = fit.data["posterior"]
    assert posterior["b"].dims == ("chain", "draw", "coef")
    assert posterior["r_g"].dims == ("chain", "draw", "g", "g_coef")
    for group in fit.data.children.values():
        assert all(v.dtype != object for v in group.data_vars.values())
    assert {"diverging", "energy", "n_steps", "tree_depth"} <= set(
        fit.data["sample_stats"].data_vars
    )
    assert len(fit.provenance.data.sha256) == 64
    assert [column[0] for column in fit.provenance.data.columns] == ["g", "x", "y"]


def test_the_backend_is_chosen_and_stored(
    fitted: subprocess.CompletedProcess[str], folder: Path
) -> None:
    by_default = package.load(folder / "a.result")
    assert by_default.provenance.settings.backend == "kernel"
    done = varying(
        "fit", "small.model", *SAMPLING, "--backend", "graph", "--out", "b.result",
        cwd=folder,
    )  # fmt: skip
    assert done.returncode == 0
    assert "compiled in " in done.stderr
    fit = package.load(folder / "b.result")
    assert fit.provenance.settings.backend == "graph"
    assert set(by_default.data["posterior"].data_vars) <= set(
        fit.data["posterior"].data_vars
    )
    (folder / "b.result").unlink()


@pytest.mark.parametrize("sampler", ["nutpie", "pymc"])
def test_the_same_seed_gives_the_same_draws(folder: Path, sampler: str) -> None:
    import numpy as np

    draws = []
    for cores in (1, 2):
        name = f"{sampler}-{cores}.fit"
        program = (
            "import varying\n"
            "if __name__ == '__main__':\n"
            "    model = varying.compile('small.model')\n"
            "    model.fit(draws=50, tune=100, chains=2, seed=3, progress=False,\n"
            f"        sampler={sampler!r}, cores={cores}).save({name!r})\n"
        )
        (folder / "program.py").write_text(program)
        done = subprocess.run(
            [sys.executable, "program.py"],
            cwd=folder,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout == ""
        draws.append(package.load(folder / name).data["posterior"])
        (folder / "program.py").unlink()
        (folder / name).unlink()
    np.testing.assert_array_equal(draws[0]["b"], draws[1]["b"])
    np.testing.assert_array_equal(draws[0]["r_g"], draws[1]["r_g"])


def test_quiet_and_the_default_path(folder: Path) -> None:
    done = varying(
        "fit", "small.model", *SAMPLING, "--quiet", "--sampler", "pymc", cwd=folder
    )
    assert done.returncode == 0
    assert "sampling" not in done.stderr
    (folder / "small.fit").unlink()


def test_prior_predictive(folder: Path) -> None:
    spec = (folder / "small.model").read_text().splitlines()[-1]
    model = package.compile(spec, folder / "small.csv")
    first = model.prior_predictive(20, seed=5)
    again = package.compile(spec, folder / "small.csv").prior_predictive(20, seed=5)
    assert first["prior_predictive"]["y"].shape == (1, 20, 29)
    assert first["prior_predictive"].equals(again["prior_predictive"])
    flat = package.compile(f"{spec}\nprior b ~ flat()", folder / "small.csv")
    with pytest.raises(package.ModelError, match="improper-prior"):
        flat.prior_predictive()


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_an_interrupt_while_it_tunes(folder: Path) -> None:
    running = subprocess.Popen(
        [
            *(sys.executable, "-m", "varying.runtime.cli", "fit", "small.model"),
            *("--draws", "10", "--tune", "5000000", "--out", "never.fit"),
        ],
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )
    assert running.stderr is not None
    for line in running.stderr:
        if line.startswith("sampling"):
            break
    time.sleep(1.0)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "Traceback" not in said
    assert not list(folder.glob("*never*"))
