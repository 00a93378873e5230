"""Rows of a summary: one number each."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from .statistics import Statistics


@dataclass(frozen=True, slots=True)
class StatisticsRow:
    """One number: the parameter, the labels of the element, its statistics."""

    name: str
    coord: str
    statistics: Statistics

    @property
    def label(self) -> str:
        """Name and labels together: ``b[block[late]]``."""
        return f"{self.name}[{self.coord}]" if self.coord else self.name

    def to_dict(self) -> dict[str, Any]:
        """Return the row as plain values; what is not known or infinite is None."""
        found = {key: _finite(value) for key, value in asdict(self.statistics).items()}
        return {"name": self.name, "coord": self.coord, **found}


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
