"""``varying plot`` and ``varying prior``: files, sentences, exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from varying.runtime import cli

from ..runtime.fits import made_fit

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def fit(tmp_path: Path) -> Path:
    path = tmp_path / "made.fit"
    made_fit().save(path)
    return path


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Run the command in this process, in the folder of the fit."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object) -> int:
        monkeypatch.setattr(sys, "argv", ["varying", *map(str, arguments)])
        return cli._guarded()

    return call


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_plot_writes_a_picture(run: Run, fit: Path, tmp_path: Path) -> None:
    done = run("plot", "trace", "made.fit")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "saved as made.trace.png\n"
    assert (tmp_path / "made.trace.png").read_bytes().startswith(b"\x89PNG")


def test_ppc_of_a_loaded_fit(
    inside: Callable[..., int], fit: Path, tmp_path: Path
) -> None:
    assert inside("plot", "ppc", "made.fit", "--by", "g", "--out", "a.svg") == 0
    assert files(tmp_path) == ["a.svg", "made.fit"]


@pytest.mark.parametrize("kind", ["forest", "pairs"])
def test_var(inside: Callable[..., int], fit: Path, tmp_path: Path, kind: str) -> None:
    names = ("--var", "b", "--var", "sd_g")
    assert inside("plot", kind, "made.fit", *names, "--out", "a.pdf") == 0
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")


def test_what_is_left_out_is_said(
    inside: Callable[..., int], fit: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [f"r_g[{level}, x]" for level in ("s1", "s2")]
    assert (
        inside("plot", "pairs", "made.fit", "--var", names[0], "--var", names[1]) == 0
    )
    assert capsys.readouterr().err == "saved as made.pairs.png\n"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("pie", "made.fit"), 2, "'pie'"),
        (("trace", "made.fit", "--out", "a.jpg"), 2, "ends in .png, .pdf, .svg"),
        (("trace", "made.fit", "--var", "q"), 2, "no parameter is called 'q'"),
        (("trace", "made.fit", "--by", "g"), 2, "trace has no option 'by'"),
        (("ppc", "made.fit", "--response", "q"), 2, "--response is the name of"),
        (("ppc", "made.fit", "--by", "q"), 2, "no column 'q'"),
        (("ppc", "made.fit", "--seed", 2**64), 2, "seed is below 2^64"),
        (("trace", "none.fit"), 1, "there is no file `none.fit`"),
        (("trace", "other.txt"), 1, "is not a fit of Varying"),
        (("trace", "made.fit", "--out", "no/a.png"), 3, "there is no folder `no`"),
    ],
)
def test_refused(
    inside: Callable[..., int],
    fit: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    code: int,
    words: str,
) -> None:
    (tmp_path / "other.txt").write_text("y ~ x\n")
    assert inside("plot", *arguments) == code
    said = capsys.readouterr()
    assert words in said.err
    assert said.out == ""
    assert files(tmp_path) == ["made.fit", "other.txt"]


@pytest.mark.parametrize("name", ["a.png", "a.pdf", "a.svg"])
def test_only_a_picture_of_ours_is_replaced(
    inside: Callable[..., int],
    fit: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
) -> None:
    from matplotlib.figure import Figure

    target = tmp_path / name
    arguments = ("plot", "forest", "made.fit", "--var", "b", "--out", name)
    assert inside(*arguments) == 0
    assert inside(*arguments) == 0  # its own
    ours = target.read_bytes()
    Figure((1, 1)).savefig(target)  # another's
    other = {"a.png": "b.svg", "a.svg": "b.pdf", "a.pdf": "b.png"}[name]
    assert inside(*arguments[:-1], other) == 0
    for content in (
        target.read_bytes(),
        b"y,x\n1,2\n",
        (tmp_path / other).read_bytes(),
    ):
        target.write_bytes(content)
        capsys.readouterr()
        assert inside(*arguments) == 3
        assert (
            f"`{name}` is not written: it is there and is no" in capsys.readouterr().err
        )
        assert target.read_bytes() == content
    target.write_bytes(b"")
    assert inside(*arguments) == 0
    assert target.read_bytes() == ours


def test_prior_replaces_no_data(
    inside: Callable[..., int], example: Path, tmp_path: Path
) -> None:
    (tmp_path / "small.png").write_text("y,x\n1,2\n")
    assert inside("prior", "small.model", "--draws", 9, "--out", "small.png") == 3
    assert (tmp_path / "small.png").read_text() == "y,x\n1,2\n"


def test_by_twice(inside: Callable[..., int], fit: Path, tmp_path: Path) -> None:
    arguments = ("plot", "ppc", "made.fit", "--by", "g", "--by", "x", "--out", "a.svg")
    assert inside(*arguments) == 0
    assert files(tmp_path) == ["a.svg", "made.fit"]


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (("plot", "ppc", "made.fit", "--seed", "1", "--seed=2"), "--seed"),
        (("plot", "ppc", "made.fit", "--out", "a.png", "--out", "b.png"), "--out"),
        (("check", "a.model", "--data", "a.csv", "--data", "b.csv"), "--data"),
        (("show", "priors", "a.model", "--model", "a", "--model", "b"), "--model"),
    ],
)
def test_an_option_of_one_value_is_given_once(
    inside: Callable[..., int],
    fit: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    option: str,
) -> None:
    assert inside(*arguments) == 2
    assert f"{option} is given more than once" in capsys.readouterr().err
    assert files(tmp_path) == ["made.fit"]


def test_without_matplotlib(
    inside: Callable[..., int],
    fit: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert inside("plot", "trace", "made.fit") == 3
    assert 'pip install "varying[plots]"' in capsys.readouterr().err


def test_prior_says_and_draws(run: Run, example: Path, tmp_path: Path) -> None:
    arguments = ("--draws", 80, "--seed", 5, "--out", "p.png")
    done = run("prior", "small.model", *arguments)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 4
    assert all(line.startswith("95 % of prior data sets have ") for line in lines)
    assert all("(in your data: " in line for line in lines)
    assert "80 prior data sets, seed 5" in done.stderr
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")


def test_prior_of_several_responses(
    inside: Callable[..., int], example: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("two.csv").write_text("y,z,x\n1,2,1\n3,1,2\n2,5,4\n4,4,3\n6,2,6\n")
    Path("two.model").write_text('data "two.csv"\ny ~ x\n  z ~ x\n')
    arguments = ("prior", "two.model", "--draws", 30, "--seed", 2)
    assert inside(*arguments) == 0
    said = capsys.readouterr().out
    assert [line for line in said.splitlines() if line.endswith(":")] == ["y:", "z:"]
    assert inside(*arguments, "--response", "z") == 0
    assert said.endswith("z:\n" + capsys.readouterr().out)
    assert inside(*arguments, "--format", "json") == 0
    found = json.loads(capsys.readouterr().out)
    assert [one["response"]["name"] for one in found] == ["y", "z"]
    assert inside(*arguments, "--response", "q") == 2
    assert "--response is the name of a response" in capsys.readouterr().err
    assert inside(*arguments, "--out", "p.png") == 2
    assert "choose one by --response: 'y', 'z'" in capsys.readouterr().err
    assert not Path("p.png").exists()


def test_prior_json_and_seed(
    inside: Callable[..., int], example: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("prior", "small.model", "--draws", 30, "--format", "json")
    assert inside(*arguments) == 0
    said = capsys.readouterr()
    found = json.loads(said.out)
    assert f"seed {found['seed']}" in said.err
    assert inside(*arguments, "--seed", found["seed"]) == 0
    assert json.loads(capsys.readouterr().out) == found


def test_fewer_draws_than_asked_for_are_said(
    inside: Callable[..., int], fit: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert inside("plot", "ppc", "made.fit", "--draws", 100_000) == 0
    assert capsys.readouterr().err == (
        "the fit has 1,000 draws: a data set of each, not 100,000\n"
        "saved as made.ppc.png\n"
    )


def test_prior_refuses_before_the_work(
    inside: Callable[..., int], example: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert inside("prior", "small.model", "--out", "a.gif") == 2
    assert "ends in .png, .pdf, .svg" in capsys.readouterr().err
    assert inside("prior", "small.model", "--seed", 2**64) == 2
    assert "seed is below 2^64" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["ppc", "cells", "shrinkage", "effects"])
def test_a_response_that_is_none(
    inside: Callable[..., int],
    fit: Path,
    kind: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert inside("plot", kind, "made.fit", "--response", "z") == 2
    assert "internal" not in capsys.readouterr().err


def test_a_summary_is_written_for_a_paper_and_for_a_file(
    fit: Path, inside: Callable[..., int], capfd: pytest.CaptureFixture[str]
) -> None:
    assert inside("summary", fit.name, "--format", "csv", "--prob", "0.9") == 0
    said = capfd.readouterr()
    assert said.out.startswith("kind,name,coord,mean,") and "chains" not in said.out
    verdict = made_fit().verdict.sentences
    assert said.err.splitlines() == list(verdict)
    lower = next(
        row.lower for row in made_fit().summary(prob=0.9).to_frame().itertuples()
    )
    assert f",{lower}," in said.out.splitlines()[1]
    assert inside("summary", fit.name, "--format", "latex") == 0
    assert r"\toprule" in capfd.readouterr().out
    assert inside("summary", fit.name, "--prob", "90") == 2
    assert inside("ask", fit.name, "slope x", "--out", "a.tex") == 2
    assert "`--format latex > a.tex`" in capfd.readouterr().err
