"""Columns times coefficients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .block import Array, Block

if TYPE_CHECKING:
    from ..ir import Frame, Program


@dataclass(frozen=True, slots=True)
class Linear(Block):
    """Add ``design @ coefs``."""

    coefs: str
    design: str

    def slots(self) -> tuple[str, ...]:
        """Return the design."""
        return (self.design,)

    def with_slots(self, names: Mapping[str, str]) -> Linear:
        """Return the block with other slots in the place of some."""
        return replace(self, design=names.get(self.design, self.design))

    def quantities(self) -> tuple[str, ...]:
        """Return the coefficients."""
        return (self.coefs,)

    def value(
        self, program: Program, frame: Frame, values: Mapping[str, Any]
    ) -> Array | float:
        """Return ``design @ coefs``."""
        coefs, design = np.asarray(values[self.coefs]), frame[self.design]
        found: Array = design @ coefs if coefs.ndim == 1 else coefs @ design.T
        return found

    def population(self, frame: Frame) -> tuple[str, tuple[int, ...], Array] | None:
        """Return the design."""
        design: Array = frame[self.design]
        return self.coefs, tuple(range(design.shape[1])), design

    def text(self, program: Program) -> str:
        """Return the product."""
        return f"{self.design} @ {self.coefs}"
