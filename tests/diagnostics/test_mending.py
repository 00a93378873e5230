"""Fixes applied: each mends its own fault, and all of them together come to an end."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import pytest

from varying.grammar.diagnostics import Diagnostic, Edit, Fix, Severity, Sink
from varying.grammar.mending import edited, mend
from varying.grammar.parser import parse
from varying.grammar.source import Source, Span
from varying.runtime.commands.mending import mended

from .harness import Case, diagnose
from .test_rules import CASES, SINGLE, fixable

#: Without what is expected of them: a quote in a comment can end a string.
ALL = [
    replace(case, spec=re.sub(r"(?m) *# (error|warning|info): .*$", "", case.spec))
    for case in (*CASES, *SINGLE)
]


def parse_errors(text: str) -> int:
    sink = Sink(Source(text))
    parse(sink.source, sink)
    return sum(d.severity is Severity.ERROR for d in sink.diagnostics)


def moved(offset: int, edits: Sequence[Edit]) -> int:
    """Where a place is after edits; inside one, its end."""
    shift = 0
    for edit in edits:
        if edit.span.end <= offset:
            shift += len(edit.text) - (edit.span.end - edit.span.start)
        elif edit.span.start < offset:
            shift += edit.span.start + len(edit.text) - offset
    return offset + shift


# a test a case: which faults it has is found when it runs
@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_each_fix_mends_its_fault(case: Case) -> None:
    for fault in fixable(case):
        _mends(case, fault)


def _mends(case: Case, fault: Diagnostic) -> None:
    assert fault.fix is not None
    edits = fault.fix.edits
    text = edited(case.spec, edits)
    assert text != case.spec
    place = range(moved(fault.span.start, edits), moved(fault.span.end, edits) + 1)
    for left in diagnose(text, case.csv):
        at = left.span.start in place and left.span.end in place
        assert not (at and left.rule == fault.rule), (text, left)
        # what is certain leaves no other fault there, either
        error = left.severity is Severity.ERROR
        assert not (at and error and fault.fix.safe), (text, left)
    assert parse_errors(text) <= parse_errors(case.spec), text


@pytest.mark.parametrize("unsafe", [False, True], ids=["safe", "all"])
def test_all_fixes_come_to_an_end(unsafe: bool) -> None:
    changed = 0
    for case in ALL:

        def look(source: Source, case: Case = case) -> tuple[Diagnostic, ...]:
            return tuple(diagnose(source.text, case.csv))

        result = mended(Source(case.spec, "case.model"), look, unsafe=unsafe)
        again = mended(result.source, look, unsafe=unsafe)
        assert again.source.text == result.source.text, case.name
        assert again.applied == ()
        assert parse_errors(result.source.text) <= parse_errors(case.spec), case.name
        assert bool(result.applied) == (result.source.text != case.spec)
        changed += bool(result.applied)
    assert changed > (80 if unsafe else 15)


def diagnostic(source: Source, *edits: tuple[int, int, str], safe: bool) -> Diagnostic:
    fix = Fix("mend", tuple(Edit(Span(a, b), text) for a, b, text in edits), safe=safe)
    return Diagnostic("syntax", f"{edits}", source, Span(0, 1), fix=fix)


#: Edits of `0123456789`, those of a fix together; what is left of it.
TOGETHER: tuple[tuple[str, list[list[tuple[int, int, str]]], str], ...] = (
    ("one", [[(2, 4, "x")]], "01x456789"),
    ("two", [[(2, 4, "x")], [(6, 7, "yy")]], "01x45yy789"),
    ("in any order", [[(6, 7, "yy")], [(2, 4, "x")]], "01x45yy789"),
    ("overlapping: the first", [[(2, 5, "x")], [(4, 7, "y")]], "01x56789"),
    ("meeting: the first", [[(2, 4, "x")], [(4, 6, "y")]], "01x456789"),
    ("two at one place: the first", [[(3, 3, "x")], [(3, 3, "y")]], "012x3456789"),
    ("equal: once", [[(3, 3, "x")], [(3, 3, "x")]], "012x3456789"),
    ("whole or not at all", [[(2, 3, "x")], [(2, 3, "y"), (7, 8, "z")]], "01x3456789"),
    ("several places", [[(0, 1, ""), (9, 10, "")]], "12345678"),
)


@pytest.mark.parametrize(
    ("fixes", "left"), [pytest.param(*row[1:], id=row[0]) for row in TOGETHER]
)
def test_edits_together(fixes: list[list[tuple[int, int, str]]], left: str) -> None:
    source = Source("0123456789")
    found = [diagnostic(source, *edits, safe=True) for edits in fixes]
    assert mend(source, found).text == left


def test_only_safe_ones_and_of_this_text() -> None:
    source = Source("0123456789")
    unsafe = diagnostic(source, (0, 1, "x"), safe=False)
    other = diagnostic(Source("abc"), (1, 2, "y"), safe=True)
    safe = diagnostic(source, (5, 6, "z"), safe=True)
    found = (unsafe, other, safe)
    assert mend(source, found).applied == (safe,)
    assert mend(source, found, unsafe=True).text == "x1234z6789"


def test_texts_that_never_settle_end() -> None:
    source = Source("a")

    def look(text: Source) -> tuple[Diagnostic, ...]:
        return (diagnostic(text, (0, 0, "a"), safe=True),)

    assert mended(source, look).source.text == "a" * 11

    def swap(text: Source) -> tuple[Diagnostic, ...]:
        other = "b" if text.text == "a" else "a"
        return (diagnostic(text, (0, 1, other), safe=True),)

    assert len(mended(source, swap).applied) == 1


def test_lines_that_are_added_end_as_the_others() -> None:
    edits = (Edit(Span(0, 0), "let z = x\n"),)
    assert edited("y ~ x\r\n", edits) == "let z = x\r\ny ~ x\r\n"
    assert edited("y ~ x\n", edits) == "let z = x\ny ~ x\n"
