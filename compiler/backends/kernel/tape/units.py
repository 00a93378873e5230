"""The distinct rows of a predictor: it is computed once for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....passes.merge_cells import find_cells
from ....program.ir import Frame, Predictor

#: Units must be fewer than this share of the rows to be worth the look-up.
WORTH = 0.7


@dataclass(frozen=True, slots=True, eq=False)
class DistinctRows:
    """Distinct rows of what a predictor is made of.

    Attributes
    ----------
    index
        The unit of each row.
    length
        Number of units.
    """

    index: NDArray[np.int64]
    length: int
    _first: NDArray[np.int64]
    _arrays: Mapping[str, NDArray[Any]]

    def take(self, slot: str) -> NDArray[Any]:
        """Return a slot's array, a row for each unit."""
        return np.ascontiguousarray(self._arrays[slot][self._first])


def units(predictor: Predictor, frame: Frame) -> DistinctRows | None:
    """Return the units of a predictor; None if they are hardly fewer than rows."""
    if predictor.body is not None:
        return None  # it is made of others, by rows
    names = [name for block in predictor.blocks for name in block.slots()]
    rows = frame.lengths[predictor.rows]
    arrays = {name: frame[name] for name in names}
    found = find_cells(list(arrays.values()), rows)
    if not len(found.first) < WORTH * rows:
        return None
    return DistinctRows(
        found.of.astype(np.int64), len(found.first), found.first, arrays
    )
