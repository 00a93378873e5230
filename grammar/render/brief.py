"""Two lines a diagnostic, for what is in passing: message with its line, and a note.

The rest is said by the full form, which ``varying check`` prints.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .order import by_gravity, shortened
from .safe import visible
from .together import Together, together

if TYPE_CHECKING:
    from ..diagnostics import Diagnostic


def render(diagnostics: Sequence[Diagnostic]) -> str:
    """Return them, the graver first, without a line end after the last."""
    return "\n".join(_lines(found) for found in together(by_gravity(diagnostics)))


def _lines(group: Together) -> str:
    found = group.first
    where = ""
    if found.span.end > 0:
        where = f" (line {found.source.position(found.span.start).line})"
    lines = [f"{found.severity}[{found.rule}]: {shortened(found.message)}{where}"]
    if found.notes:
        lines.append(f"  {shortened(found.notes[0])}")
    elif found.fix is not None:
        lines.append(f"  fix: {shortened(found.fix.title)}")
    return "\n".join(visible(line) for line in lines)
