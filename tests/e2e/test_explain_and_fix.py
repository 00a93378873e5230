"""``varying explain`` and ``varying check --fix``, in processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from varying.grammar.rules import RULES

from .command_line import ROOT

Run = Callable[..., subprocess.CompletedProcess[str]]

# ---- explain -----------------------------------------------------------------------


def test_explain_prints_the_page(run: Run) -> None:
    done = run("explain", "bare-bar")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(
        "# bare-bar\n\nA group bar `|` outside parentheses.\n"
    )
    assert "## Why it matters\n" in done.stdout
    assert "## Right\n\n```model\nrating ~ cs + (1 | subj)\n```\n" in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="it has no such terminals")
def test_explain_is_laid_out_on_a_terminal(tmp_path: Path) -> None:
    import pty

    master, slave = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "varying.runtime.cli", "explain", "bare-bar"],
        cwd=tmp_path,
        stdout=slave,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "TERM": "xterm"},
    )
    os.close(slave)
    shown = os.read(master, 100_000).decode()
    os.close(master)
    assert done.returncode == 0
    assert "\x1b[" in shown and "Why it matters" in shown
    assert "## " not in shown and "```" not in shown
    assert "rating ~ cs + (1 | subj)" in shown


def test_explain_lists_all_rules(run: Run) -> None:
    done = run("explain")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("The file itself\n  no-such-file ")
    listed = [line.split()[0] for line in done.stdout.splitlines() if line[:2] == "  "]
    assert listed == list(RULES)
    assert "  few-groups              warning  A grouping factor with" in done.stdout


@pytest.mark.parametrize(
    ("rule", "hint"),
    [
        ("unknown-colum", "did you mean `unknown-column`?"),
        ("BARE-BAR", "did you mean `bare-bar`?"),
        ("qqq", "`varying explain` lists all"),
    ],
)
def test_explain_of_no_rule(run: Run, rule: str, hint: str) -> None:
    done = run("explain", rule)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"varying: there is no rule `{rule}`: {hint}\n"


def test_check_says_how_to_see_more(run: Run, example: Path) -> None:
    example.write_text('data "small.csv"\n\ny ~ log(x + 9) + xx + (1 | gg)\n')
    done = run("check", example.name)
    # once, for the gravest, and beside the answer
    assert done.stderr.count("varying explain") == 1
    assert "\nmore about a rule: varying explain unknown-column\n" in done.stderr
    assert "varying explain" not in done.stdout
    for form in ("concise", "json"):
        assert run("check", example.name, "--format", form).stderr == ""
    assert "explain" not in run("check", "-", stdin="y ~ x\n").stderr


# ---- fixes -------------------------------------------------------------------------

#: A safe fix, and a guess that shows only when it is mended.
WRONG = 'data "small.csv"\n\ny ~ xx, family==gausian\n'
SAFE = 'data "small.csv"\n\ny ~ xx, family=gausian\n'
RIGHT = 'data "small.csv"\n\ny ~ x, family=gaussian\n'


def test_check_counts_the_fixes(run: Run, example: Path) -> None:
    example.write_text(WRONG)
    done = run("check", example.name)
    assert done.returncode == 1
    assert "\n1 fix can be applied by --fix\n" in done.stderr
    example.write_text(SAFE)
    guesses = "2 guesses at what was meant can be applied by --fix --unsafe-fixes"
    assert f"\n{guesses}\n" in run("check", example.name).stderr


def test_fix_applies_what_is_certain(run: Run, example: Path) -> None:
    example.write_text(WRONG)
    example.chmod(0o640)
    done = run("check", example.name, "--fix")
    assert done.returncode == 1
    assert example.read_text() == SAFE
    assert example.stat().st_mode & 0o777 == 0o640
    fixed = "small.model:3: fixed [double-equals]: replace by `=`\n"
    assert done.stderr.startswith(fixed)
    # what remains is the answer
    assert "error[unknown-column]" in done.stdout
    assert "error[unknown-family]" in done.stdout
    assert "double-equals" not in done.stdout
    assert sorted(p.name for p in example.parent.iterdir()) == [
        "small.csv",
        "small.model",
    ]


def test_unsafe_fixes_go_on_to_the_end(run: Run, example: Path) -> None:
    example.write_text(WRONG)
    done = run("check", example.name, "--fix", "--unsafe-fixes", "--format", "json")
    assert done.returncode == 0
    assert example.read_text() == RIGHT
    assert [
        d["rule"] for d in json.loads(done.stdout) if d["severity"] == "error"
    ] == []
    assert done.stderr.count(": fixed [") == 3
    again = run("check", example.name, "--fix", "--unsafe-fixes")
    assert (again.returncode, example.read_text()) == (0, RIGHT)
    assert "fixed" not in again.stderr


def test_diff_writes_nothing(run: Run, example: Path) -> None:
    example.write_text(WRONG)
    done = run("check", example.name, "--diff", "--unsafe-fixes")
    assert (done.returncode, example.read_text()) == (1, WRONG)
    assert "-y ~ xx, family==gausian\n+y ~ x, family=gaussian\n" in done.stdout
    assert done.stderr.count(": would fix [") == 3
    example.write_text(RIGHT)
    done = run("check", example.name, "--diff")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_fix_of_stdin_prints_the_text(run: Run) -> None:
    done = run("check", "-", "--fix", stdin="y ~ x, family==gausian\n")
    assert (done.returncode, done.stdout) == (1, "y ~ x, family=gausian\n")
    assert "error[unknown-family]" in done.stderr
    done = run("check", "-", "--fix", stdin="y ~ x\n")
    assert (done.returncode, done.stdout) == (0, "y ~ x\n")


def test_fix_keeps_line_ends_and_the_byte_order_mark(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.model"
    path.write_bytes(b"\xef\xbb\xbf# one\r\ny ~ x, family==gaussian\r\n")
    assert run("check", path.name, "--fix").returncode == 0
    assert path.read_bytes() == b"\xef\xbb\xbf# one\r\ny ~ x, family=gaussian\r\n"


def test_fix_leaves_a_good_file_untouched(run: Run, example: Path) -> None:
    before = example.stat()
    done = run("check", example.name, "--fix")
    assert (done.returncode, example.stat().st_mtime_ns) == (0, before.st_mtime_ns)
    assert example.stat().st_ino == before.st_ino


def test_usage_of_fixes(run: Run, example: Path) -> None:
    done = run("check", example.name, "--unsafe-fixes")
    assert (done.returncode, done.stdout) == (2, "")
    assert "goes with --fix or --diff" in done.stderr
    done = run("check", "none.model", "--fix", "--format", "json")
    assert done.returncode == 1
    assert [d["rule"] for d in json.loads(done.stdout)] == ["no-such-file"]
