"""Levels that can hardly be told apart, and those that can."""

from __future__ import annotations

from pathlib import Path

import pytest

from varying.compiler.data.alike import nearly_same, shown
from varying.compiler.driver import Request, check
from varying.grammar.source import Source

ALIKE = [
    ("a", "a\u200b", "U+200B"),
    ("CS-", "CS–", "EN DASH"),
    ("CS-", "CS−", "MINUS SIGN"),
    ("CS plus", "CS  plus", "blanks only"),
    ("S 1", "S\xa01", "NO-BREAK SPACE"),
    ("S1", "S 1", "blanks only"),
    ("VP1", "VP01", "zeros before a number"),
    ("CS", "\u0421S", "CYRILLIC CAPITAL LETTER ES"),
    ("Größe", "Gro\u0308ße", "U+0308"),
    ("pre", "Pre ", "case or surrounding blanks"),
    ("1", "1.0", "are one number"),
]


@pytest.mark.parametrize(("one", "other", "part"), ALIKE)
@pytest.mark.parametrize("formula", ["y ~ f", "y ~ 1 + (1 | f)"])
def test_levels_that_are_alike_are_warned_of(
    one: str, other: str, part: str, formula: str, tmp_path: Path
) -> None:
    levels = [one, other, "zz", "another"] * 6
    rows = [f"{row * 7 % 11},{level}" for row, level in enumerate(levels)]
    (tmp_path / "d.csv").write_text("\n".join(["y,f", *rows]), "utf-8")
    found = check(Request(Source(f'data "d.csv"\n{formula}'), base=tmp_path))
    (said,) = [d for d in found if d.rule == "similar-levels"]
    assert part in said.message


def test_truth_values_of_several_spellings() -> None:
    assert nearly_same(["TRUE", "T", "false", "0"]) == [["TRUE", "T"], ["false", "0"]]


@pytest.mark.parametrize(
    "levels",
    [
        ("1 12", "11 2"),
        ("v1.01", "v1.1"),
        ("µg", "mg"),
        ("CS+", "CS-"),
        ("a-b", "ab"),
        ("yes", "no"),
        ("m", "f"),
        ("10", "100"),
        ("A1", "A10"),
        ("x<0", "x>0"),
        ("да", "нет"),
    ],
)
def test_others_are_not(levels: tuple[str, ...]) -> None:
    assert nearly_same(levels) == []


def test_what_is_not_seen_is_shown() -> None:
    assert shown("a\u200b b\xa0c") == "a<U+200B> b<U+00A0>c"
