"""Numbers that are known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
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

    def with_slots(self, names: Mapping[str, str]) -> Offset:
        """Return the block with other slots in the place of some."""
        return replace(self, slot=names.get(self.slot, self.slot))

    def value(
        self, program: Program, frame: Frame, values: Mapping[str, Any]
    ) -> Array | float:
        """Return the numbers."""
        return frame[self.slot]

    def text(self, program: Program) -> str:
        """Return the name of the slot."""
        return self.slot
