"""Damaged and outsized texts give diagnostics, soon, and nothing else."""

from __future__ import annotations

import subprocess
import sys
import time

import numpy as np
import pytest

from varying.compiler.data.table import Column, Kind, Table
from varying.compiler.driver import Request, check
from varying.grammar import Severity, Source

from . import endurance
from .endurance import ROOT, Endured, data, endure, take


def test_the_specs_are_right_before_they_are_damaged() -> None:
    table = data()
    for spec in endurance.SPECS:
        found = check(Request(Source(spec), table))
        errors = [d.message for d in found if d.severity is Severity.ERROR]
        assert errors == [], spec


@pytest.mark.parametrize("seed", [1])
def test_damaged_texts(seed: int) -> None:
    endured = endure(1_000, seed)
    # neither harmless nor all of one kind
    assert endured.clean < 500
    assert len(endured.found) > 40


@pytest.mark.slow
def test_a_hundred_thousand_damaged_texts() -> None:
    # In a process of its own: what it holds at most is then about these texts.
    command = [sys.executable, "-m", "tests.grammar.endurance", "100000"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    count = 100_000 + len(endurance.SPECS)
    assert done.stdout.startswith(f"{count:,} texts")


def test_a_fault_of_ours_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr(endurance, "check", broken)
    with pytest.raises(KeyError):
        endure(1)
    monkeypatch.setattr(endurance, "check", lambda *_: time.sleep(0) or ())
    monkeypatch.setattr(endurance, "SECONDS", 0.0)
    with pytest.raises(AssertionError, match="0.0 s"):
        endure(1)


#: Damaged texts that once brought an exception, or were formatted to another meaning.
FOUND = (
    "let q = center([])\ndata 'x', wide(y: 'p' = (k=1))\ny ~ q",
    "prior b[f['\ufe0f']] ~ flat\ny ~ x",
    "y ~ x + a.b[1['%in%)CS+']]",
    "y ~ x %\\in% z",
    "y ~ x\n  prior b[x\n[CS+]] ~ flat",
    "where [b[x['é']]]\ny ~ x",
    "y ~ f('`'=1)",
    "y ~ x\nmeans x, scale=prob[b ..9]",
    "y ~ x\nmeans x, scale=prob[1. .. .5]",
    "y ~ x\nmeans x, scale=prob[2 + b9 .. 9]",
)


@pytest.mark.parametrize("text", FOUND, ids=ascii)
def test_texts_that_once_failed(text: str) -> None:
    take(text, data(), Endured())


# ---- outsized texts ------------------------------------------------------------------


def numbers() -> Table:
    rng = np.random.default_rng(0)
    columns = {n: Column(n, Kind.NUMERIC, rng.normal(size=300)) for n in "yabcdefgh"}
    return Table("data.csv", columns, 300)


WIDE = "(a + b + c + d + e + f + g + h)"
MARKED = "\u2069\u2066"


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("y ~ " + "*".join("a" * 499_000), {"spec-too-large"}),
        ("y ~ " + "a+" * 499_990, {"spec-too-large"}),
        ("y ~ " + "*".join("a" * 9_990), set()),
        ("y ~ " + "+".join("a" * 9_990), set()),
        ("y ~ " + "/".join("a" * 9_990), set()),
        ("y ~ " + "*".join("abcdefgh" * 1_200), {"too-many-coefficients"}),
        (f"y ~ {WIDE}^8", set()),
        (f"y ~ {WIDE}^9999", set()),
        (f"y ~ {WIDE}^99999999999999999999", set()),
        (f"y ~ {WIDE}^1e999", {"invalid-power"}),
        ("y ~ ({WIDE}^8 || a) + a".replace("{WIDE}", WIDE), {"group-per-row"}),
        ("y ~ I(a^9^9^9^9^9^9)", {"infinite-value"}),
        ("y ~ I(a*1e999)", {"infinite-value"}),
        ("y ~ I(a*" + "9" * 900_000 + ")", {"infinite-value"}),
        ("y ~ " + "(" * 100 + "a" + ")" * 100, set()),
        ("y ~ " + "(" * 101 + "a" + ")" * 101, {"nested-too-deep"}),
        ("y ~ " + "(" * 9_990 + "a" + ")" * 9_990, {"nested-too-deep"}),
        ("y ~ " + "(" * 50 + "a + b" + ")^2" * 50, set()),
        ("column a: ordered(0..99999999)\ny ~ a", {"invalid-argument"}),
        (
            "column a: ordered("
            + ", ".join(f"{i}0000..{i}9999" for i in range(1, 900))
            + ")\ny ~ a",
            {"invalid-argument"},
        ),
        (
            "column a: ordered(0..9999)\n" * 2_200 + "y ~ a",
            {"duplicate-column", "undeclared-level"},
        ),
        ("where a > 0\n" * 4_000 + "y ~ a", set()),
        ("y ~ a\n" + "  prior b ~ normal(0, 1)\n" * 2_000, {"duplicate-prior"}),
        ("y ~ " + "a" * 900_000, {"unknown-column"}),
        ("y ~ " + " + ".join(f"aa{i}" for i in range(4_000)), {"unknown-column"}),
        ("y ~ `" + "a " * 400_000 + "`", {"unknown-column"}),
        ("$@" * 400_000, {"spec-too-large", "unexpected-character"}),
        ("y ~ a #" + "\u202e" * 300_000, {"bidi-control"}),
        ("y ~ a #" + MARKED * 150_000, {"bidi-control"}),
        ("y ~ a #" + "\u202a" * 160_000 + "\u2069" * 160_000, {"bidi-control"}),
        ("y ~ a\u200b" + "+ a\u200b" * 5_000, {"invisible-character"}),
        ("“" * 300_000, {"spec-too-large", "smart-quote"}),
        ("`" * 900_000, {"unclosed-string"}),
        ("\0" * 900_000, {"unexpected-character"}),
        ("\r" * 450_000 + "\n" * 450_000 + "y ~ a", set()),
    ],
    ids=lambda value: (
        value[:24].encode("ascii", "replace").decode() if isinstance(value, str) else ""
    ),
)
def test_outsized_texts(
    text: str, rules: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # They take a second at most where nothing else runs; a loop in a loop, minutes.
    monkeypatch.setattr(endurance, "SECONDS", 5.0)
    found = take(text, numbers(), Endured())
    assert {d.rule for d in found if d.severity is Severity.ERROR} == rules
