"""Signals while `fit` runs: what is drawn is kept, and a second one ends all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import varying
from varying.runtime.commands.outcome import FAULTS, INTERRUPTED, OK, USAGE

from .command_line import varying as command
from .command_line import write_example

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")

SAMPLING = "sampling"


def started(folder: Path, *arguments: object) -> subprocess.Popen[str]:
    words = [sys.executable, "-m", "varying.runtime.cli", "fit", *map(str, arguments)]
    return subprocess.Popen(
        words,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Ctrl-C reaches a program whose parent has not switched it off
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


def until_sampling(process: subprocess.Popen[str]) -> str:
    """Wait until it says that it samples."""
    assert process.stderr is not None
    said = ""
    while SAMPLING not in said:
        line = process.stderr.readline()
        assert line, f"it ended: {said}"
        said += line
    return said


def interrupted(
    folder: Path, number: signal.Signals, wait: float, *arguments: object
) -> tuple[int, str, str]:
    """Interrupt a fit so many seconds after sampling began; return how it ended."""
    process = started(folder, *arguments)
    said = until_sampling(process)
    time.sleep(wait)
    process.send_signal(number)
    out, err = process.communicate(timeout=120)
    return process.returncode, out, said + err


def with_draws(
    folder: Path, number: signal.Signals, *arguments: object
) -> tuple[int, str, str]:
    """Interrupt a fit that has drawn: later where other processes are in its way."""
    for wait in (0.5, 2.0, 8.0):
        found = interrupted(folder, number, wait, *arguments)
        if "there are no draws to keep" not in found[2]:
            break
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that takes its time: the first fit compiles its kernel."""
    place = tmp_path_factory.mktemp("interrupts")
    write_example(place)
    done = command("fit", "small.model", "--draws", 5, "--out", "first.fit", cwd=place)
    assert done.returncode == OK
    (place / "first.fit").unlink()
    return place


@pytest.fixture(scope="module")
def partial(folder: Path) -> tuple[Path, str, str]:
    """A fit that Ctrl-C stopped, and what was said."""
    long = ("--draws", 200_000, "--tune", 50, "--chains", 2, "--seed", 5)
    code, out, err = with_draws(
        folder, signal.SIGINT, "small.model", *long, "--out", "partial.fit"
    )
    assert code == INTERRUPTED, err
    return folder / "partial.fit", out, err


def test_what_is_drawn_is_kept(partial: tuple[Path, str, str]) -> None:
    path, out, err = partial
    assert "what is drawn is kept" in err and "saved as partial.fit" in err
    assert "A partial fit, stopped after " in out and "of 200000 draws" in out
    fit = varying.load(path)
    chains, draws = fit.provenance.drawn
    assert fit.partial and 0 < draws < 200_000
    assert dict(fit.data["posterior"].sizes)["draw"] == draws
    assert fit.verdict.sentences[0].startswith("A partial fit, stopped ")
    assert "--resume" in fit.verdict.sentences[-1]
    sampling = fit.summary().to_dict()["sampling"]
    assert sampling["partial"] is True
    assert (sampling["chains"], sampling["draws"]) == (chains, draws)
    assert f"{chains} x {draws} draws" in repr(fit)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_other_signals_are_the_same(number: signal.Signals, folder: Path) -> None:
    long = ("--draws", 200_000, "--tune", 50, "--chains", 2, "--out", "term.fit")
    code, out, err = with_draws(folder, number, "small.model", *long)
    assert code == INTERRUPTED and "A partial fit" in out
    assert varying.load(folder / "term.fit").partial


#: A third signal, while the program ends that two have ended.
ENDING = """
import os, signal, sys
from varying.runtime.interface.interrupts import ignore_signals, take_signals
take_signals()
try:
    os.kill(os.getpid(), signal.{name})
    signal.pause()
except KeyboardInterrupt:
    ignore_signals()
    os.kill(os.getpid(), signal.{name})
    sys.exit(130)
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_program_that_ends_is_not_disturbed(name: str) -> None:
    """Python would end by SIGINT, whatever the signal was."""
    words = [sys.executable, "-c", ENDING.format(name=name)]
    found = subprocess.run(
        words,
        check=False,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert found.returncode == INTERRUPTED


def test_an_interrupt_in_generated_code_has_its_exit_code(tmp_path: Path) -> None:
    """Python would end by SIGINT, where a library runs code that it made of a text."""
    text = """
from varying.runtime import cli

def stopped(prog_name):
    exec("raise KeyboardInterrupt")

cli.app = stopped
cli.main()
"""
    (tmp_path / "stopped.py").write_text(text, "utf-8")
    words = [sys.executable, "-m", "stopped"]
    found = subprocess.run(words, check=False, cwd=tmp_path, capture_output=True)
    assert (found.returncode, found.stderr) == (INTERRUPTED, b"interrupted\n")


def test_a_terminal_that_is_closed(folder: Path) -> None:
    """What is drawn is kept, though nothing more can be written there."""
    import pty

    words = ["fit", "small.model", "--draws", "2000000", "--tune", "50"]
    words += ["--chains", "2", "--out", "closed.fit"]
    process, terminal = pty.fork()
    if not process:
        os.chdir(folder)
        os.execv(sys.executable, [sys.executable, "-m", "varying.runtime.cli", *words])
    said = b""
    while b"left" not in said:
        said += os.read(terminal, 1000)
    time.sleep(0.5)
    os.close(terminal)
    _, status = os.waitpid(process, 0)
    assert os.waitstatus_to_exitcode(status) == INTERRUPTED
    assert varying.load(folder / "closed.fit").partial


def test_while_tuning_there_is_nothing_to_keep(folder: Path) -> None:
    long = ("--draws", 10, "--tune", 10_000_000, "--chains", 2, "--out", "none.fit")
    code, out, err = interrupted(folder, signal.SIGINT, 0.3, "small.model", *long)
    assert code == INTERRUPTED and not out
    assert "there are no draws to keep" in err and "Traceback" not in err
    assert not (folder / "none.fit").exists()


def test_before_sampling_it_ends_at_once(folder: Path) -> None:
    process = started(folder, "small.model", "--out", "early.fit")
    time.sleep(0.15)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    # Python itself may have been starting, and is not ours to catch
    assert process.returncode in (INTERRUPTED, -signal.SIGINT, 1) and not out
    assert not (folder / "early.fit").exists()


def test_twice_ends_at_once(folder: Path) -> None:
    """The second one comes while figures are made of a million draws."""
    long = ("--draws", 1_000_000, "--tune", 50, "--chains", 2, "--out", "twice.fit")
    process = started(folder, "small.model", *long)
    until_sampling(process)
    time.sleep(3)
    process.send_signal(signal.SIGINT)
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == INTERRUPTED and "Traceback" not in err
    assert not [p for p in folder.iterdir() if "twice" in p.name]


def test_resume_goes_on(partial: tuple[Path, str, str], folder: Path) -> None:
    before = varying.load(partial[0])
    chains, draws = before.provenance.drawn
    done = command(
        *("fit", "--resume", "partial.fit", "--draws", draws + 100),
        *("--out", "more.fit"),
        cwd=folder,
    )
    assert done.returncode == OK, done.stderr
    after = varying.load(folder / "more.fit")
    assert not after.partial and after.provenance.drawn == (2, draws + 100)
    assert "partial" not in after.verdict.sentences[0]
    for name in ("b", "r_g", "sigma"):
        old = before.data["posterior"].to_dataset()[name]
        new = after.data["posterior"].to_dataset()[name]
        assert new.isel(chain=slice(chains), draw=slice(draws)).identical(old)
        assert new.sizes["draw"] == draws + 100
    last = after.provenance.runs[chains - 2 :][-1]
    assert len(after.provenance.runs) in (2, 3)
    assert last.seed != before.seed and after.seed == before.seed
    assert any(run.continued for run in after.provenance.runs)
    # its file is that of the fit, unless another is named
    again = command("fit", "--resume", "more.fit", "--draws", draws + 150, cwd=folder)
    assert again.returncode == OK
    assert varying.load(folder / "more.fit").provenance.drawn == (2, draws + 150)


def test_only_the_same_model_and_data(
    partial: tuple[Path, str, str], folder: Path
) -> None:
    same = (folder / "small.model").read_text("utf-8")
    draws = varying.load(partial[0]).provenance.drawn[1] + 10
    wanted = ("--resume", "partial.fit", "--draws", draws, "--out", "o.fit")
    (folder / "noted.model").write_text("# a note\n" + same, "utf-8")
    assert command("fit", "noted.model", *wanted, cwd=folder).returncode == OK
    (folder / "other.model").write_text(f"{same}prior sigma ~ gamma(2, 1)\n", "utf-8")
    done = command("fit", "other.model", *wanted, cwd=folder)
    assert done.returncode == FAULTS and "error[other-model]" in done.stderr
    assert "another model" in done.stderr
    rows = (folder / "small.csv").read_text("utf-8").splitlines()
    (folder / "fewer.csv").write_text("\n".join(rows[:-1]) + "\n", "utf-8")
    done = command("fit", "small.model", "--data", "fewer.csv", *wanted, cwd=folder)
    assert done.returncode == FAULTS and "other data" in done.stderr


def test_arguments_that_do_not_go_together(
    partial: tuple[Path, str, str], folder: Path
) -> None:
    for more in (("--seed", 1), ("--chains", 3), ("--target-accept", 0.9)):
        done = command("fit", "--resume", "partial.fit", *more, cwd=folder)
        assert done.returncode == USAGE and more[0] in done.stderr
    assert command("fit", cwd=folder).returncode == USAGE
    done = command("fit", "--resume", "partial.fit", "--draws", 1, cwd=folder)
    assert done.returncode == USAGE and "how many there are to be" in done.stderr
