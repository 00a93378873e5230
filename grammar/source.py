"""Source text and places in it.

Offsets count code points of the original text, from 0, end exclusive.
Lines and columns, as shown to people and in JSON, count from 1; a tab is one
column.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field

import regex

# "\r\n" is one line end: the line starts after the "\n".
_LINE_END = regex.compile(r"\r\n|\n|\r")


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open range ``[start, end)`` of code points of one source text."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise ValueError(f"not a span: {self.start}..{self.end}")

    def to(self, other: Span) -> Span:
        """Return the smallest span that covers this one and ``other``."""
        return Span(min(self.start, other.start), max(self.end, other.end))


@dataclass(frozen=True, slots=True)
class Position:
    """A place as people name it: line and column, both from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Source:
    """A text and the name it is known by (a path, ``-`` or ``<string>``)."""

    text: str
    name: str = "<string>"
    _starts: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        starts = (match.end() for match in _LINE_END.finditer(self.text))
        object.__setattr__(self, "_starts", (0, *starts))

    def position(self, offset: int) -> Position:
        """Return the line and column of an offset (the text's end included)."""
        line = bisect_right(self._starts, offset) - 1
        return Position(line + 1, offset - self._starts[line] + 1)

    def line_text(self, line: int) -> str:
        """Return the text of a line (from 1) without its line end."""
        start = self._starts[line - 1]
        end = self._starts[line] if line < len(self._starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")

    def slice(self, span: Span) -> str:
        """Return the text that a span covers."""
        return self.text[span.start : span.end]
