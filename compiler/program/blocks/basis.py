"""Curves whose coefficients are normal: the part of a smooth that is penalised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .block import Array, Block, element

if TYPE_CHECKING:
    from ..ir import Frame, Program


@dataclass(frozen=True, slots=True)
class Basis(Block):
    """Add ``design @ (scales[place] * weights)``.

    Attributes
    ----------
    design
        The curves at the rows.
    weights
        A standard normal for each.
    scales, place
        The vector of standard deviations of coefficients, and which of them it is.
    """

    design: str
    weights: str
    scales: str
    place: int

    def slots(self) -> tuple[str, ...]:
        """Return the design."""
        return (self.design,)

    def with_slots(self, names: Mapping[str, str]) -> Basis:
        """Return the block with other slots in the place of some."""
        return replace(self, design=names.get(self.design, self.design))

    def quantities(self) -> tuple[str, ...]:
        """Return the weights and the scales."""
        return (self.weights, self.scales)

    def standard_normals(self) -> tuple[str, ...]:
        """Return the weights."""
        return (self.weights,)

    def value(
        self, program: Program, frame: Frame, values: Mapping[str, Any]
    ) -> Array | float:
        """Return the sum of the curves."""
        weights, design = np.asarray(values[self.weights]), frame[self.design]
        weights = element(values[self.scales], self.place) * weights
        found: Array = design @ weights if weights.ndim == 1 else weights @ design.T
        return found

    def text(self, program: Program) -> str:
        """Return the product."""
        return f"{self.design} @ ({self.scales}[{self.place}] * {self.weights})"
