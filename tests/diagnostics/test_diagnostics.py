"""Every Markdown file beside this one: specs, and what is said of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from .harness import Case, cases, diagnose, differences

FILES = sorted(Path(__file__).parent.glob("*.md"))
# All of a file is read before its first case is run: expectations stand below blocks.
CASES = [(path, case) for path in FILES for case in list(cases(path))]


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, id=f"{path.stem}: {case.name}") for path, case in CASES],
)
def test_diagnostics(case: Case) -> None:
    assert differences(case, diagnose(case.spec, case.csv)) == []


def test_the_harness_can_fail() -> None:
    found = diagnose("y ~ a b")
    assert len(differences(Case("clean", "y ~ a b", None), found)) == 1


def test_fixes_mend_what_they_are_for() -> None:
    """Applied, a safe fix leaves a text without the fault, and brings no new one."""
    mended = 0
    for _, case in CASES:
        before = diagnose(case.spec, case.csv)
        for diagnostic in before:
            if diagnostic.fix is None or not diagnostic.fix.safe:
                continue
            text = case.spec
            for edit in sorted(diagnostic.fix.edits, key=lambda e: e.span)[::-1]:
                text = text[: edit.span.start] + edit.text + text[edit.span.end :]
            after = diagnose(text, case.csv)
            same = [
                [d.message for d in found].count(diagnostic.message)
                for found in (before, after)
            ]
            assert len(after) <= len(before), (case.name, text)
            assert same[1] < same[0], (case.name, text)
            mended += 1
    assert mended > 10
