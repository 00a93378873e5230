"""Numbers that are known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .block import Array, Block

if TYPE_CHECKING:
    from ..ir import Frame, Program


@dataclass(frozen=True, slots=True)
class Offset(Block):
    """Add the numbers of a slot, one a row."""

    slot: str

    def slots(self) -> tuple[str, ...]:
        """Return the slot."""
        return (self.slot,)

    def value(
        self, program: Program, frame: Frame, values: Mapping[str, Any]
    ) -> Array | float:
        """Return the numbers."""
        return frame[self.slot]

    def text(self, program: Program) -> str:
        """Return the name of the slot."""
        return self.slot
