"""Finding code in the text of a spec, and saying what takes its place."""

from __future__ import annotations

from collections.abc import Sequence

import regex

from ..diagnostics import Sink
from ..source import Source
from ..tokens import MAX_BYTES
from .code import Code, Parse

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
      | contrasts[ \t]*+\(
    )""",
    regex.VERBOSE | regex.MULTILINE,
)


def find_code(source: Source, sink: Sink, parse: Parse) -> list[Code]:
    """Report the code of R or Python in a text, and return where it stands.

    ``parse`` reads a spec: what code is rewritten to must be one.
    """
    text = source.text
    piped = "|>" in text or "%>%" in text
    if len(text) > MAX_BYTES or not (piped or _HINT.search(text)):
        return []
    from .reading import ForeignReader

    return ForeignReader(source, sink, parse).run()


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
