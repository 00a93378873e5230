r"""Literate tests of diagnostics: Markdown with specs and what is said of them.

A ``model`` block is a spec. What is expected stands in a comment on the line of the
fault::

    y ~ blok  # error: [unknown-column] "no column `blok`"

and, where a comment cannot stand or the exact place matters, below the block, in code
points from 1, end exclusive::

    error 1:5-1:9 [unknown-column] "no column `blok`"

The text in quotes is part of the message, of a note or of the fix's title. A ``csv``
block above the ``model`` block, under the same heading, is its data. What is found
and not expected fails the test, infos aside; a block that expects nothing is clean.
What must not be there although it is an info is said below the block: ``no [rule]``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import regex

from varying.compiler.data.plain import read_table
from varying.compiler.data.table import Table
from varying.compiler.driver import Request, check
from varying.grammar import Diagnostic, Severity, Sink, Source, parse
from varying.grammar.source import Span

_KIND = r"(?P<severity>error|warning|info)"
_RULE = r"""\[(?P<rule>[a-z-]+)\](?:[ ]"(?P<text>.*?)"(?=\s*(?:$|\#)))?"""
_IN_LINE = regex.compile(rf"\#[ ]{_KIND}:[ ]{_RULE}", regex.VERBOSE)
_ABSENT = regex.compile(r"no \[(?P<rule>[a-z-]+)\]")
_BELOW = regex.compile(
    rf"""{_KIND}[ ]
    (?P<line>\d+):(?P<column>\d+)-(?P<end_line>\d+):(?P<end_column>\d+)[ ]{_RULE}""",
    regex.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Expected:
    """One diagnostic that must be there; ``place`` is a line or all four numbers."""

    severity: str
    rule: str
    text: str
    place: tuple[int, ...]

    def matches(self, found: Diagnostic) -> bool:
        start = found.source.position(found.span.start)
        end = found.source.position(found.span.end)
        place = (start.line, start.column, end.line, end.column)
        said = [found.message, *found.notes, found.fix.title if found.fix else ""]
        return (
            found.severity == self.severity
            and found.rule == self.rule
            and place[: len(self.place)] == self.place
            and any(self.text in text for text in said)
        )


@dataclass(slots=True)
class Case:
    """A spec of a Markdown file, its data, and what is expected of them."""

    name: str
    spec: str
    csv: str | None
    expected: list[Expected] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)


@cache
def diagnose(spec_text: str, csv_text: str | None = None) -> tuple[Diagnostic, ...]:
    """Return all that is found in a spec; without data it is parsed and no more."""
    source = Source(spec_text, "case.model")
    if csv_text is not None:
        return check(Request(source, table_of(csv_text)))
    sink = Sink(source)
    parse(source, sink)
    return sink.sorted()


@cache
def table_of(csv_text: str) -> Table:
    """Return the table that a file of this text would give."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "data.csv")
        path.write_text(csv_text, "utf-8")
        sink = Sink(Source(""))
        table = read_table(path, sink, Span(0, 0))
    sink.raise_errors()
    assert table is not None
    return table


def cases(path: Path) -> Iterator[Case]:
    """Yield the cases of a Markdown file."""
    heading, number = path.stem, 0
    csv: str | None = None
    case: Case | None = None
    language: str | None = None
    block: list[str] = []
    for line_number, line in enumerate(path.read_text("utf-8").split("\n"), 1):
        if language is not None:
            if line.rstrip() != "```":
                block.append(line)
                continue
            text = "\n".join(block)
            if language == "csv":
                csv = text + "\n"
            elif language == "model":
                number += 1
                case = Case(f"{heading} {number}", text, csv, _in_lines(block))
                yield case
            language = None
        elif line.startswith("```"):
            language, block = line[3:].strip(), []
        elif line.startswith("#"):
            heading, number, csv, case = line.lstrip("# "), 0, None, None
        elif found := _BELOW.fullmatch(line.rstrip()):
            if case is None:
                raise ValueError(f"{path.name}:{line_number}: no block above")
            groups = ("line", "column", "end_line", "end_column")
            place = tuple(int(found[group]) for group in groups)
            case.expected.append(_expected(found, place))
        elif absent := _ABSENT.fullmatch(line.rstrip()):
            if case is None:
                raise ValueError(f"{path.name}:{line_number}: no block above")
            case.absent.append(absent["rule"])
        elif regex.match(rf"{_KIND}\b.*\[", line):
            raise ValueError(f"{path.name}:{line_number}: not an expectation: {line}")


def _in_lines(block: list[str]) -> list[Expected]:
    return [
        _expected(found, (number,))
        for number, line in enumerate(block, 1)
        for found in _IN_LINE.finditer(line)
    ]


def _expected(found: regex.Match[str], place: tuple[int, ...]) -> Expected:
    return Expected(found["severity"], found["rule"], found["text"] or "", place)


def differences(case: Case, found: Sequence[Diagnostic]) -> list[str]:
    """Return what was found and not expected, and what was expected and not found.

    One diagnostic may meet several expectations: its line's, and one of its place.
    """
    wrong = [
        f"not found: {expected}"
        for expected in case.expected
        if not any(expected.matches(diagnostic) for diagnostic in found)
    ]
    wrong += [f"found: {d.rule}" for d in found if d.rule in case.absent]
    for diagnostic in found:
        known = any(expected.matches(diagnostic) for expected in case.expected)
        if not known and diagnostic.severity is not Severity.INFO:
            start = diagnostic.source.position(diagnostic.span.start)
            end = diagnostic.source.position(diagnostic.span.end)
            wrong.append(
                f"not expected: {diagnostic.severity} {start.line}:{start.column}-"
                f'{end.line}:{end.column} [{diagnostic.rule}] "{diagnostic.message}"'
            )
    return wrong
