"""One line a diagnostic: ``file:line:column: severity[rule] message``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .order import by_place, shortened
from .safe import visible

if TYPE_CHECKING:
    from ..diagnostics import Diagnostic


def render(diagnostics: Sequence[Diagnostic]) -> str:
    """Return the lines, by place, without a line end after the last."""
    return "\n".join(_line(diagnostic) for diagnostic in by_place(diagnostics))


def _line(diagnostic: Diagnostic) -> str:
    start = diagnostic.source.position(diagnostic.span.start)
    return visible(
        f"{diagnostic.source.name}:{start.line}:{start.column}: "
        f"{diagnostic.severity}[{diagnostic.rule}] {shortened(diagnostic.message)}"
    )
