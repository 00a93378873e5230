"""The order in which diagnostics are shown, and how long a sentence may be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..rules import Severity

if TYPE_CHECKING:
    from ..diagnostics import Diagnostic

#: Of a sentence: a name in it may be as long as a file.
LONGEST = 1000


def by_place(diagnostics: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Return them by file, in the order in which the files come up, then by place."""
    files: dict[str, int] = {}
    for diagnostic in diagnostics:
        files.setdefault(diagnostic.source.name, len(files))
    return sorted(
        diagnostics,
        key=lambda d: (files[d.source.name], d.span.start, d.span.end, d.rule),
    )


def by_gravity(diagnostics: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Return the errors, then the warnings, then the notes, each by place."""
    ranks = list(Severity)
    return sorted(by_place(diagnostics), key=lambda d: ranks.index(d.severity))


def shortened(text: str) -> str:
    """Leave out the middle of what is too long to be read."""
    return text if len(text) <= LONGEST else f"{text[:200]} ... {text[-200:]}"
