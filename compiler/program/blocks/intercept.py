"""A number that all rows share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .block import Array, Block

if TYPE_CHECKING:
    from ..ir import Frame, Program


@dataclass(frozen=True, slots=True)
class Intercept(Block):
    """Add a scalar parameter or derived quantity."""

    name: str

    def slots(self) -> tuple[str, ...]:
        """Return none."""
        return ()

    def with_slots(self, names: Mapping[str, str]) -> Intercept:
        """Return the block with other slots in the place of some."""
        return self

    def quantities(self) -> tuple[str, ...]:
        """Return the intercept."""
        return (self.name,)

    @property
    def constant(self) -> bool:
        """Whether it is one parameter that all rows share, times 1."""
        return True

    def value(
        self, program: Program, frame: Frame, values: Mapping[str, Any]
    ) -> Array | float:
        """Return the intercept."""
        found: Array = values[self.name]
        return found

    def population(self, frame: Frame) -> tuple[str, tuple[int, ...], Array] | None:
        """Return a column of ones."""
        return self.name, (0,), np.ones((1, 1))

    def text(self, program: Program) -> str:
        """Return its name."""
        return self.name
