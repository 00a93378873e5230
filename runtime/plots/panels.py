"""Rows of the data by a column: what each panel of a picture shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from . import PlotError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from varying.compiler.prepare import Prepared
    from varying.compiler.table import Column

__all__ = ["Panel", "panels_of"]

#: A number with more values than this is cut into quarters.
_VALUES = 12


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """Some rows, and what they have in common."""

    label: str
    rows: NDArray[np.int64]


def panels_of(prepared: Prepared, by: str) -> tuple[Panel, ...]:
    """Return the rows of each level of a column, without empty ones.

    Raises
    ------
    PlotError
        If there is no such column.
    """
    columns = prepared.table.columns
    if by not in columns:
        known = ", ".join(columns)
        raise PlotError(f"the fit has no column {by!r}; it has: {known}")
    column = columns[by]
    cut = _numbers(column) if column.kind.is_number else _levels(column)
    return tuple(panel for panel in cut if len(panel.rows))


def _levels(column: Column) -> list[Panel]:
    return [
        Panel(level, np.flatnonzero(column.values == code))
        for code, level in enumerate(column.levels)
    ]


def _numbers(column: Column) -> list[Panel]:
    values: NDArray[Any] = column.values
    known = values[~np.isnan(values)]
    distinct = np.unique(known)
    if len(distinct) <= _VALUES:
        return [
            Panel(f"{column.name} = {value:.6g}", np.flatnonzero(values == value))
            for value in distinct
        ]
    inner = np.unique(np.quantile(known, (0.25, 0.5, 0.75)))
    codes = np.where(np.isnan(values), -1, np.searchsorted(inner, values, "left"))
    found = []
    for code in range(len(inner) + 1):
        rows = np.flatnonzero(codes == code)
        if len(rows):
            low, high = values[rows].min(), values[rows].max()
            found.append(Panel(f"{column.name} {low:.3g} to {high:.3g}", rows))
    return found
