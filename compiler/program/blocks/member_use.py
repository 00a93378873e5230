"""Effects of the several levels that a row belongs to, weighted."""

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
class MemberUse(GroupBlock):
    """Add ``sum_m weights[m] sum(design * effects[index[m]])``.

    Attributes
    ----------
    group, positions
        The group, and which of its effects are used.
    index, weights
        The slots of the levels of each row, and of the weights of these.
    design
        What the effects are multiplied by; None: one effect, times 1.
    """

    group: str
    positions: tuple[int, ...]
    index: str
    weights: str
    design: str | None

    def slots(self) -> tuple[str, ...]:
        """Return the levels, their weights, and the design."""
        known = (self.index, self.weights)
        return known if self.design is None else (*known, self.design)

    def with_slots(self, names: Mapping[str, str]) -> MemberUse:
        """Return the block with other slots in the place of some."""
        index, weights, design = (
            None if one is None else names.get(one, one)
            for one in (self.index, self.weights, self.design)
        )
        assert index is not None and weights is not None
        return replace(self, index=index, weights=weights, design=design)

    @property
    def places(self) -> tuple[int, ...]:
        """Which of the group's effects it adds."""
        return self.positions

    @property
    def members(self) -> str:
        """The slot of the weights."""
        return self.weights

    def multipliers(
        self, frame: Frame, values: Mapping[str, Any] | None = None
    ) -> Array:
        """Return the design; without one, a 1 that all rows share."""
        return np.ones((1, 1)) if self.design is None else frame[self.design]

    def value(
        self, program: Program, frame: Frame, values: Mapping[str, Any]
    ) -> Array | float:
        """Return the weighted sum over the levels of each row."""
        effects = values[program.group(self.group).effects]
        index, weights = frame[self.index], frame[self.weights]
        found: Any = 0.0
        for place, position in enumerate(self.positions):
            pooled: Any = 0.0
            for member in range(index.shape[1]):
                own = effects[..., index[:, member], position]
                pooled = pooled + weights[:, member] * own
            if self.design is not None:
                pooled = pooled * frame[self.design][:, place]
            found = found + pooled
        return np.asarray(found)

    def text(self, program: Program) -> str:
        """Return the effects by their levels, times weights and design."""
        group = program.group(self.group)
        labels = program.axis(group.coefs).labels or ()
        which = ""
        if self.positions != tuple(range(len(labels))):
            which = f"; {', '.join(labels[place] for place in self.positions)}"
        text = f"{self.weights} * {group.effects}[{self.index}{which}]"
        return f"rowsum({text if self.design is None else f'{self.design} * {text}'})"

    def faults(self, program: Program) -> Iterator[str]:
        """Yield what does not fit the group."""
        if self.group not in {group.name for group in program.groups}:
            yield f"unknown group {self.group}"
        if self.design is None and len(self.positions) != 1:
            yield f"{self.group}: several effects need a design"
        levels, weights = (program.slot(one) for one in (self.index, self.weights))
        if levels.axes != weights.axes or len(levels.axes) != 2:
            yield f"{self.group}: a weight for each level of a row"
