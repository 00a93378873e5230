"""Diagnostics that say the same of several models or places: one block names them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..rules import Severity

if TYPE_CHECKING:
    from ..diagnostics import Diagnostic


@dataclass(frozen=True, slots=True)
class Together:
    """The first of some diagnostics that differ in their places and models only."""

    first: Diagnostic
    others: tuple[Diagnostic, ...] = ()

    @property
    def places(self) -> str:
        """Which models it is in, and where else; empty if the first place says it."""
        lines: dict[str, list[int]] = {}
        for found in (self.first, *self.others):
            line = found.source.position(found.span.start).line
            for model in found.models or ("",):
                of = lines.setdefault(model, [])
                if line != self._line and line not in of:
                    of.append(line)
        if list(lines) == [""]:
            return f"also: {_lines(lines[''])}" if lines[""] else ""
        lines.pop("", None)
        if len(lines) == 1 and not any(lines.values()):
            return ""
        named = [
            f"`{model}`" + (f" ({_lines(of)})" if of else "")
            for model, of in lines.items()
        ]
        return f"{'model' if len(named) == 1 else 'models'}: {', '.join(named)}"

    @property
    def _line(self) -> int:
        return self.first.source.position(self.first.span.start).line


def _lines(numbers: Sequence[int]) -> str:
    word = "line" if len(numbers) == 1 else "lines"
    return f"{word} {', '.join(map(str, numbers))}"


def together(diagnostics: Sequence[Diagnostic]) -> list[Together]:
    """Return them in their order, those that say the same with the first of them.

    Errors that are not about models are each mended at their place, and stay apart.
    """
    found: dict[object, list[Diagnostic]] = {}
    for place, one in enumerate(diagnostics):
        title = None if one.fix is None else one.fix.title
        apart = None
        if one.severity is Severity.ERROR and not one.models:
            apart = place
        key = (one.source.name, one.rule, one.message, one.notes, title, apart)
        found.setdefault(key, []).append(one)
    return [Together(first, tuple(others)) for first, *others in found.values()]
