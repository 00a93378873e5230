"""An effect of the level that a row belongs to, times what holds parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..expressions import Symbol, Take
from .block import Array
from .group_block import GroupBlock

if TYPE_CHECKING:
    from ..ir import Frame, Program


@dataclass(frozen=True, slots=True)
class GroupProduct(GroupBlock):
    """Add ``effects[index, position]`` times the elements of a vector of parameters.

    Attributes
    ----------
    group, position
        The group, and which of its effects it is.
    index
        The slot of each row's level.
    factor
        The vector, and the slot that points into it.
    typical
        The vector at typical values of the parameters.
    """

    group: str
    position: int
    index: str
    factor: Take
    typical: tuple[float, ...]

    def slots(self) -> tuple[str, ...]:
        """Return both indices."""
        return self.index, self.factor.index

    def with_slots(self, names: Mapping[str, str]) -> GroupProduct:
        """Return the block with other slots in the place of some."""
        index = names.get(self.factor.index, self.factor.index)
        return replace(
            self,
            index=names.get(self.index, self.index),
            factor=replace(self.factor, index=index),
        )

    def quantities(self) -> tuple[str, ...]:
        """Return the vector."""
        return (self.vector,)

    @property
    def places(self) -> tuple[int, ...]:
        """Which of the group's effects it adds."""
        return (self.position,)

    @property
    def vector(self) -> str:
        """The name of the vector."""
        assert isinstance(self.factor.vector, Symbol)
        return self.factor.vector.name

    def multipliers(
        self, frame: Frame, values: Mapping[str, Any] | None = None
    ) -> Array:
        """Return the element of each row."""
        vector = np.asarray(self.typical if values is None else values[self.vector])
        return vector[..., frame[self.factor.index]][..., None]

    def value(
        self, program: Program, frame: Frame, values: Mapping[str, Any]
    ) -> Array | float:
        """Return the product."""
        effects = values[program.group(self.group).effects]
        column = values[self.vector][..., frame[self.factor.index]]
        return np.asarray(effects[..., frame[self.index], self.position] * column)

    def text(self, program: Program) -> str:
        """Return the effect by its index, times the element."""
        group = program.group(self.group)
        label = (program.axis(group.coefs).labels or ())[self.position]
        effect = f"{group.effects}[{self.index}; {label}]"
        return f"{effect} * {self.vector}[{self.factor.index}]"

    def faults(self, program: Program) -> Iterator[str]:
        """Yield what does not fit the group."""
        if self.group not in {group.name for group in program.groups}:
            yield f"unknown group {self.group}"
        if not isinstance(self.factor.vector, Symbol):
            yield "a factor is taken from what has no name"
