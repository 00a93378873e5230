"""Finding code in the text of a spec, and saying what takes its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import regex

from ..diagnostics import Sink
from ..source import Source, Span
from ..tokens import MAX_BYTES

# Whether a text may hold code at all: most specs are not looked at twice.
_HINT = regex.compile(
    r"""^[^\S\r\n]*+\(?(?:
        (?:import|from)[ \t]
      | [\p{L}_.][\p{L}\p{N}_.:$]*+\s*+(?:
            \(
          | (?:<<-|<-|=(?!=))\s*+(?:[\["'{]|[\p{L}_.][\p{L}\p{N}_.:]*+\s*+[(~+|])
          | <<?-
          | :\s*+["'{]
        )
      | f?r?["'] | [({]?[^\S\r\n]*+["'][^"'\r\n]*~
      | formula\s*:
    )""",
    regex.VERBOSE | regex.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Code:
    """A stretch of code that was found and reported.

    Attributes
    ----------
    span
        From its first word to its last.
    model
        Whether it holds a model.
    """

    span: Span
    model: bool


def find_code(source: Source, sink: Sink) -> list[Code]:
    """Report the code of R or Python in a text, and return where it stands."""
    text = source.text
    piped = "|>" in text or "%>%" in text
    if len(text) > MAX_BYTES or not (piped or _HINT.search(text)):
        return []
    from .reading import Reader

    return Reader(source, sink).run()


def without(source: Source, found: Sequence[Code]) -> Source:
    """Return a text with blanks in place of code; all else keeps its place."""
    if not found:
        return source
    text = source.text
    for code in found:
        start, end = code.span.start, code.span.end
        blank = regex.sub(r"[^\r\n]", " ", text[start:end])
        text = text[:start] + blank + text[end:]
    return Source(text, source.name)
