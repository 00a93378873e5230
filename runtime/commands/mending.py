"""Fixes applied to a spec, round by round, and how that is said and written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from varying.grammar.diagnostics import Diagnostic
from varying.grammar.mending import mend
from varying.grammar.source import Source

from .terminal import note

__all__ = ["Result", "mended", "say_fixed", "write"]

#: A fix may show the next fault of its line; texts that never settle end here.
_ROUNDS = 10
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Result:
    """A text with fixes applied, what was fixed, and what is still wrong with it.

    The places of ``applied`` are those in the text of its round.
    """

    source: Source
    applied: tuple[Diagnostic, ...]
    left: tuple[Diagnostic, ...]


def mended(
    source: Source,
    look: Callable[[Source], tuple[Diagnostic, ...]],
    *,
    unsafe: bool = False,
) -> Result:
    """Apply fixes until there is none left, or for ten rounds.

    Parameters
    ----------
    source
        The text.
    look
        Says what is wrong with a text.
    unsafe
        Whether to apply those fixes, too, that may not be what was meant.
    """
    found = look(source)
    applied: tuple[Diagnostic, ...] = ()
    seen = {source.text}
    for _ in range(_ROUNDS):
        once = mend(source, found, unsafe=unsafe)
        if once.text in seen:
            break
        seen.add(once.text)
        source = Source(once.text, source.name)
        applied += once.applied
        found = look(source)
    return Result(source, applied, found)


def say_fixed(file: str, applied: Sequence[Diagnostic], *, would: bool = False) -> None:
    """Say to stderr what was fixed, or would be."""
    for found in applied:
        assert found.fix is not None
        line = found.source.position(found.span.start).line
        word = "would fix" if would else "fixed"
        note(f"{file}:{line}: {word} [{found.rule}]: {found.fix.title}")


def write(file: str, text: str) -> None:
    """Write a spec whole or not at all; a byte order mark stays where one was."""
    from ..files.whole_file import replacing

    with Path(file).open("rb") as old:
        mark = old.read(len(_BOM)) == _BOM
    with replacing(file) as out:
        out.write((_BOM if mark else b"") + text.encode())
