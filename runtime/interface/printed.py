"""Texts of several lines that a notebook shows as they are, not in quotes."""

from __future__ import annotations

from typing import Any

from varying.grammar.render.safe import visible_lines

__all__ = ["Printed"]


class Printed(str):
    """A text, in every way; IPython shows its lines."""

    __slots__ = ()

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        for place, line in enumerate(visible_lines(str(self)).splitlines()):
            if place:
                printer.break_()
            printer.text(line)
