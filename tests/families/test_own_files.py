"""Families of one's own from a file: in Python, in the command, in other processes."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import varying
from varying.compiler.families.own import own_families

from ..e2e.command_line import varying as command

LASTING = """import varying
print("families")
from beside import MEAN

lasting = varying.Family(
    "lasting",
    lambda m, y, mu: -y / mu - m.log(mu),
    link="log",
    simulate=lambda rng, mu: rng.exponential(mu),
    mean=lambda mu: MEAN * mu,
    log_cdf=lambda m, y, mu: m.log1mexp(y / mu),
    log_sf=lambda m, y, mu: -y / mu,
    bounds=(0, float("inf")),
)
another = 3
"""
SPEC = 'data "times.csv"\ny ~ x, family=lasting\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a spec, its data and its family."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"y": rng.exponential(1.0, 30), "x": np.arange(30) % 2})
    frame.to_csv(tmp_path / "times.csv", index=False)
    (tmp_path / "families.py").write_text(LASTING)
    (tmp_path / "beside.py").write_text("MEAN = 1.0\n")
    (tmp_path / "times.model").write_text(SPEC)
    return tmp_path


def test_the_command_runs_a_file_that_is_named_and_no_other(folder: Path) -> None:
    named = ("--families", "families.py")
    alone = command("check", "times.model", cwd=folder)
    assert alone.returncode == 1 and "`--families FILE.py`" in alone.stdout
    done = command("check", "times.model", *named, "--format", "json", cwd=folder)
    assert done.returncode == 0 and done.stdout.strip() == "[]", done.stdout
    shown = command("show", "design", "times.model", *named, cwd=folder)
    assert shown.returncode == 0
    short = ("--draws", 40, "--tune", 60, "--chains", 2, "--seed", 1, "--quiet")
    done = command("fit", "times.model", *named, *short, cwd=folder)
    assert done.returncode == 0, done.stderr
    asked = ("ask", "times.fit", "means x, x=0, scale=prob[>1]")
    without = command(*asked, cwd=folder)
    assert without.returncode == 1 and "--families FILE.py" in without.stderr
    assert command("summary", "times.fit", cwd=folder).returncode == 0
    for verb in (asked, ("predict", "times.fit"), ("loo", "times.fit")):
        done = command(*verb, *named, cwd=folder)
        assert done.returncode == 0, done.stderr
    twice = command("check", "times.model", *named, *named, cwd=folder)
    assert twice.returncode == 2 and "two are called 'lasting'" in twice.stderr


@pytest.mark.parametrize(
    ("text", "said", "at"),
    [
        ("x = 1\n", "makes no family of your own", 1),
        (LASTING + LASTING.replace("lasting =", "two ="), "two families that are", 1),
        ("x = 1\nprint(y)\n", "NameError: name 'y' is not defined", 2),
        ("x = 1\n\ny = (2\n", "SyntaxError", 3),
        ("x = 1\nraise SystemExit(3)\n", "SystemExit: 3", 2),
        (LASTING.replace("MEAN * mu", "2 * mu"), "`mean` says", 5),
    ],
)
def test_what_is_wrong_with_a_file_is_said_at_its_line(
    folder: Path, text: str, said: str, at: int
) -> None:
    path = folder / "families.py"
    path.write_text(text)
    with pytest.raises(varying.ModelError) as caught:
        varying.compile(SPEC, families=path)
    (found,) = caught.value.diagnostics
    assert found.rule == "family-file" and said in found.message
    assert found.source.position(found.span.start).line == at
    with pytest.raises(varying.ModelError, match="no-such-file"):
        varying.compile(SPEC, families=folder / "none.py")
    for no_file in (folder, "/dev/zero", "a\0b"):
        with pytest.raises(varying.ModelError, match="unreadable-file"):
            varying.compile(SPEC, families=no_file)


def test_a_file_is_run_once_and_again_when_it_changed(folder: Path) -> None:
    path = folder / "families.py"
    one, again = (own_families(path)["lasting"] for _ in range(2))
    assert one is again and one.home == (str(path), "lasting")
    path.write_text(LASTING + "# changed\n")
    assert own_families([path])["lasting"] is not one


def test_a_model_finds_its_family_in_another_process(folder: Path) -> None:
    text = "y | cens(late) ~ x, family=mixture(lasting, lognormal)"
    frame = pd.read_csv(folder / "times.csv").assign(late=0)
    model = varying.compile(text, frame, families=str(folder / "families.py"))
    assert model.compiled is not None
    (folder / "model.pickle").write_bytes(pickle.dumps(model.compiled.lowered))
    code = (
        "import pickle; from pathlib import Path\n"
        "program = pickle.loads(Path('model.pickle').read_bytes())\n"
        "print(program.likelihoods[0].family.components[0].home[1])"
    )
    words = [sys.executable, "-c", code]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True)
    assert done.stdout.split() == ["families", "lasting"], done.stderr
    (folder / "families.py").write_text(
        LASTING.replace('link="log"', 'link="softplus", domain="positive"')
    )
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True)
    assert "is not the family that the model was compiled with" in done.stderr


def test_a_record_by_itself_goes_to_no_other_process(folder: Path) -> None:
    alone = varying.Family(
        "lasting2",
        lambda m, y, mu: -y / mu - m.log(mu),
        link="log",
        simulate=lambda rng, mu: rng.exponential(mu),
        mean=lambda mu: mu,
    )
    frame = pd.read_csv(folder / "times.csv")
    model = varying.compile("y ~ x, family=lasting2", frame, families=alone)
    assert model.compiled is not None
    with pytest.raises(pickle.PicklingError, match=r"families='FILE\.py'"):
        pickle.dumps(model.compiled.lowered)
