"""Contrasts that are the user's own numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: Names of columns, and what they give to levels (levels x columns).
ContrastMatrix = tuple[tuple[str, ...], NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Custom:
    """A scheme of the user's own.

    Attributes
    ----------
    levels
        The levels that it has numbers for.
    names
        Of its columns.
    weights
        One tuple a column, with a number for each level.
    """

    levels: tuple[str, ...]
    names: tuple[str, ...]
    weights: tuple[tuple[float, ...], ...]
    has_reference = False
    has_base = False

    @property
    def name(self) -> str:
        """As users write it."""
        return "custom"

    def code(self, levels: tuple[str, ...], base: int | None = None) -> ContrastMatrix:
        """Return the columns over some of its levels."""
        rows = [self.levels.index(level) for level in levels]
        return self.names, np.array(self.weights, dtype=np.float64).T[rows]
