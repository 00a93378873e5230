"""Applying fixes: one text from another, edits that do not touch each other.

``varying check --fix`` does it round by round, for a mended line may show its next
fault; ``mend`` is one round.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .diagnostics import Diagnostic, Edit
from .source import Source

__all__ = ["Mended", "edited", "mend"]


@dataclass(frozen=True, slots=True)
class Mended:
    """A text with fixes applied, and the diagnostics whose fixes these are.

    The places of ``applied`` are those in the text before.
    """

    text: str
    applied: tuple[Diagnostic, ...]


def mend(
    source: Source, diagnostics: Sequence[Diagnostic], *, unsafe: bool = False
) -> Mended:
    """Return the text of a source with fixes applied.

    Parameters
    ----------
    source
        The text; diagnostics of other sources are passed over.
    diagnostics
        What was found in it, in the order in which fixes are preferred.
    unsafe
        Whether to apply those fixes, too, that may not be what was meant.

    Notes
    -----
    A fix is applied whole or not at all, and not if one of its edits touches another's.
    Fixes that are equal are applied once.
    """
    taken: list[Edit] = []
    applied = []
    for found in diagnostics:
        fix = found.fix
        if fix is None or found.source != source or not (fix.safe or unsafe):
            continue
        if all(edit in taken for edit in fix.edits):
            continue
        if any(_touch(edit, other) for edit in fix.edits for other in taken):
            continue
        taken += fix.edits
        applied.append(found)
    return Mended(edited(source.text, taken), tuple(applied))


def edited(text: str, edits: Sequence[Edit]) -> str:
    """Return a text after edits that do not overlap; it keeps its line ends."""
    line_end = "\r\n" if "\r\n" in text else "\n"
    for edit in sorted(edits, key=lambda edit: edit.span, reverse=True):
        new = edit.text.replace("\n", line_end)
        text = text[: edit.span.start] + new + text[edit.span.end :]
    return text


def _touch(one: Edit, other: Edit) -> bool:
    """Whether two edits overlap, or meet: then their order would matter."""
    return one.span.start <= other.span.end and other.span.start <= one.span.end
