"""Every rule is provoked by a test beside this one, and every fix mends."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from varying.grammar.diagnostics import Diagnostic, Severity
from varying.grammar.rules import RULES

from .harness import Case, cases, diagnose
from .test_files import DATA, SPECS
from .test_wrong_specs import DATA as TABLE
from .test_wrong_specs import WRONG

FOLDER = Path(__file__).parent
CASES = [case for path in sorted(FOLDER.glob("*.md")) for case in list(cases(path))]
SINGLE = [
    Case(wrong.spec, wrong.spec, TABLE)
    for wrong in WRONG
    if not wrong.spec.startswith("data")
]

#: Provoked elsewhere, and where.
ELSEWHERE = {
    "improper-prior": "tests/runtime: a draw from a flat prior",
    "needs-truth": "tests/runtime/studies: data without a value",
    "truth-value": "tests/runtime/studies: values that cannot be",
    "sampling-failed": "tests/runtime: a sampler that cannot start",
    "other-model": "tests/e2e/test_interrupts.py",
    "not-enough-memory": "tests/runtime/sampling/test_sizes.py",
    "family-file": "tests/families/test_own_files.py",
    "function-failed": "tests/expressions/test_own_functions.py",
    "no-kernel": "tests/runtime: a distribution without its kernel",
    "not-a-fit": "tests/runtime/fit/test_store.py: damaged files",
    "no-family": "tests/runtime/suggest/test_suggest.py",
    "not-comparable": "tests/runtime/fit/test_compare.py",
    "new-level": "tests/runtime/rows/test_new.py",
    "missing-value": "tests/runtime/rows/test_new.py",
    "missing-extra": "tests/data/test_formats.py: a package that is not there",
    "first-sheet": "tests/data/test_formats.py: a workbook",
    "hidden-rows": "tests/data/test_excel.py",
    "thousands-point": "tests/data/test_cell_words.py",
    "partial-labels": "tests/data/test_formats.py: files of SPSS and R",
    "rows-reduced": "tests/reduce: an info about large files",
}
#: Named in the tests of files by themselves, not in their tables.
IN_FILES = {
    "unreadable-file",
    "unknown-format",
    "no-such-file",
    "ambiguous-model",
    "unknown-model",
    "needs-data",
    "partial-data",
}


def test_every_rule_is_provoked() -> None:
    provoked = {expected.rule for case in CASES for expected in case.expected}
    provoked |= {wrong.rule for wrong in WRONG}
    provoked |= {row[2] for row in DATA} | {row[2] for row in SPECS}
    text = "".join(path.read_text("utf-8") for path in FOLDER.glob("test_[fw]*.py"))
    assert all(f'"{rule}"' in text for rule in IN_FILES)
    provoked |= IN_FILES
    assert provoked <= set(RULES)
    assert set(RULES) - provoked == set(ELSEWHERE)


def mended(text: str, diagnostic: Diagnostic) -> str:
    assert diagnostic.fix is not None
    for edit in sorted(diagnostic.fix.edits, key=lambda e: e.span)[::-1]:
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return text


def errors(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    return [d for d in found if d.severity is Severity.ERROR]


def fixable(case: Case) -> list[Diagnostic]:
    return [d for d in diagnose(case.spec, case.csv) if d.fix is not None]


# a test a case: which faults it has is found when it runs
@pytest.mark.parametrize("case", [*CASES, *SINGLE], ids=lambda case: case.name)
def test_each_fix_mends(case: Case) -> None:
    for fault in fixable(case):
        found = [case.spec, mended(case.spec, fault)]
        before, after = (
            [d for d in diagnose(text, case.csv) if d.severity is fault.severity]
            for text in found
        )
        messages = [[d.message for d in found] for found in (before, after)]
        assert messages[1].count(fault.message) < messages[0].count(fault.message)
        if case in SINGLE and len(before) == 1 and fault.rule != "second-formula":
            assert after == []


def test_many_have_a_fix() -> None:
    assert sum(len(fixable(case)) for case in (*CASES, *SINGLE)) > 80
