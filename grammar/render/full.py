"""The full form, for people: message, place, the line with carets, notes, fix.

::

    error[bare-bar]: a group term stands in parentheses: write `(1 | g)`
     --> a.model:1:11
      |
    1 | y ~ x + 1 | g
      |           ^
      = note: outside parentheses a bar has no meaning here
      = fix: write `(1 | g)`
      | y ~ x + (1 | g)
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..rules import Severity
from ..source import Source, Span
from .order import by_gravity, shortened
from .safe import visible
from .together import Together, together

if TYPE_CHECKING:
    from ..diagnostics import Diagnostic, Edit, Fix

#: More than this nobody reads; the other forms list all.
MOST = 50
#: Of a longer line as much is shown around the fault.
COLUMNS = 200

_COLORS = {Severity.ERROR: "31", Severity.WARNING: "33", Severity.INFO: "36"}


def render(diagnostics: Sequence[Diagnostic], *, color: bool = False) -> str:
    """Return them, the errors first, each kind by place, with blank lines between.

    What is the same in several models is one block, which names them. Of more than
    ``MOST`` the rest are only counted.

    Parameters
    ----------
    diagnostics
        In any order, of any sources.
    color
        Whether to mark severity and carets with ANSI colours.
    """
    groups = together(by_gravity(diagnostics))
    blocks = [_block(group, color) for group in groups[:MOST]]
    if len(groups) > MOST:
        blocks.append(f"... and {len(groups) - MOST} more")
    return "\n\n".join(blocks)


def _block(group: Together, color: bool) -> str:
    diagnostic = group.first
    source, span = diagnostic.source, diagnostic.span
    start = source.position(span.start)
    paint = _COLORS[diagnostic.severity] if color else ""
    head = _painted(f"{diagnostic.severity}[{diagnostic.rule}]", paint)
    number = str(start.line)
    gutter = " " * len(number)
    lines = [
        f"{head}: {visible(shortened(diagnostic.message))}",
        f"{gutter}--> {visible(source.name)}:{start.line}:{start.column}",
    ]
    # A fault of the whole file has no line to show.
    if span.end > 0 and source.text.strip():
        line, carets = _excerpt(source, span)
        lines += [
            f"{gutter} |",
            f"{number} | {line}".rstrip(),
            f"{gutter} | {_painted(carets, paint)}",
        ]
    if group.places:
        lines.append(f"{gutter} = {visible(shortened(group.places))}")
    lines += [
        f"{gutter} = note: {visible(shortened(note))}" for note in diagnostic.notes
    ]
    if diagnostic.fix is not None:
        lines.append(f"{gutter} = fix: {visible(shortened(diagnostic.fix.title))}")
        mended = _mended(source, diagnostic.fix)
        if mended is not None:
            lines.append(f"{gutter} | {mended}")
    return "\n".join(lines)


def _painted(text: str, code: str) -> str:
    return f"\x1b[1;{code}m{text}\x1b[0m" if code else text


def _excerpt(source: Source, span: Span) -> tuple[str, str]:
    """Return the first line of a span, and carets under what it covers there."""
    start = source.position(span.start)
    line = source.line_text(start.line)
    first = min(start.column - 1, len(line))
    last = max(first, min(first + span.end - span.start, len(line)))
    line, cut = _window(line, first)
    first, last = first - cut, min(last - cut, len(line))
    padding = "".join("\t" if c == "\t" else " " * _width(c) for c in line[:first])
    carets = "^" * max(1, sum(_width(c) for c in line[first:last]))
    return visible(line, "\t"), padding + carets


def _window(line: str, place: int) -> tuple[str, int]:
    """Return a line, or what of a long one is near a place, and how much that moves."""
    if len(line) <= COLUMNS:
        return line, 0
    start = max(0, place - COLUMNS // 2)
    before = "..." if start else ""
    after = "..." if start + COLUMNS < len(line) else ""
    return before + line[start : start + COLUMNS] + after, start - len(before)


def _width(character: str) -> int:
    """Return how many columns a character takes on a terminal."""
    if character != "\t" and len(escape := visible(character)) > 1:
        return len(escape)
    if unicodedata.combining(character) or unicodedata.category(character) in (
        "Mn",
        "Me",
    ):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _mended(source: Source, fix: Fix) -> str | None:
    """Return the line as the fix leaves it, if it is one line."""
    edits = sorted(fix.edits, key=lambda edit: edit.span)
    if not edits or any("\n" in edit.text for edit in edits):
        return None
    numbers = {
        source.position(offset).line
        for edit in edits
        for offset in (edit.span.start, edit.span.end)
    }
    if len(numbers) > 1:
        return None
    number = numbers.pop()
    line = source.line_text(number)
    offset = edits[0].span.start - source.position(edits[0].span.start).column + 1
    mended, _ = _window(_applied(line, offset, edits), edits[0].span.start - offset)
    return visible(mended, "\t").rstrip()


def _applied(line: str, offset: int, edits: Sequence[Edit]) -> str:
    for edit in reversed(edits):
        start, end = edit.span.start - offset, edit.span.end - offset
        line = line[:start] + edit.text + line[end:]
    return line
