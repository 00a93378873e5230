"""Effects of the level that a row belongs to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .block import Array
from .group_block import GroupBlock

if TYPE_CHECKING:
    from ..ir import Frame, Program


@dataclass(frozen=True, slots=True)
class GroupUse(GroupBlock):
    """Add ``sum(design * effects[index], axis=1)``; no design: one effect, times 1.

    ``positions`` are the columns of the group's effects that are used. ``stated``
    says that they are multiplied by the effects where these are stated, of a group
    that is ``moved``; the design is then about the same place.
    """

    group: str
    positions: tuple[int, ...]
    index: str
    design: str | None
    stated: bool = False

    def slots(self) -> tuple[str, ...]:
        """Return the index of the level, and the design."""
        return (self.index,) if self.design is None else (self.index, self.design)

    def with_slots(self, names: Mapping[str, str]) -> GroupUse:
        """Return the block with other slots in the place of some."""
        index, design = names.get(self.index, self.index), self.design
        if design is not None:
            design = names.get(design, design)
        return replace(self, index=index, design=design)

    @property
    def places(self) -> tuple[int, ...]:
        """Which of the group's effects it adds."""
        return self.positions

    def multipliers(
        self, frame: Frame, values: Mapping[str, Any] | None = None
    ) -> Array:
        """Return the design; without one, a 1 that all rows share."""
        return np.ones((1, 1)) if self.design is None else frame[self.design]

    def effects(self, program: Program) -> str:
        """Return the name of the effects that the design is about."""
        group = program.group(self.group)
        return group.stated if self.stated else group.effects

    def value(
        self, program: Program, frame: Frame, values: Mapping[str, Any]
    ) -> Array | float:
        """Return the sum over the effects of each row's level."""
        effects, index = values[self.effects(program)], frame[self.index]
        found: Any = 0.0
        # one effect after the other: of many draws all of them would be many numbers
        for place, position in enumerate(self.positions):
            rows = effects[..., index, position]
            if self.design is not None:
                rows = rows * frame[self.design][:, place]
            found = found + rows
        return np.asarray(found)

    def text(self, program: Program) -> str:
        """Return the effects by their index, times the design."""
        labels = program.axis(program.group(self.group).coefs).labels or ()
        which = ""
        if self.positions != tuple(range(len(labels))):
            which = f"; {', '.join(labels[place] for place in self.positions)}"
        rows = f"{self.effects(program)}[{self.index}{which}]"
        return rows if self.design is None else f"rowsum({self.design} * {rows})"

    def faults(self, program: Program) -> Iterator[str]:
        """Yield what does not fit the group."""
        groups = {group.name: group for group in program.groups}
        if self.group not in groups:
            yield f"unknown group {self.group}"
        elif self.stated and groups[self.group].moved is None:
            yield f"{self.group} is not moved"
        if self.design is None and len(self.positions) != 1:
            yield f"{self.group}: several effects need a design"
