"""New rows whose numbers are outside those of the fit, where a model extrapolates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from varying.compiler.bind.bound import known_columns
from varying.compiler.bind.questions.grid import FAR, numbers_read

if TYPE_CHECKING:
    from varying.compiler.compiled import Compiled
    from varying.compiler.data.table import Table

__all__ = ["Outside", "outside_of"]


@dataclass(frozen=True, slots=True)
class Outside:
    """A column with numbers outside the range of the fit.

    Attributes
    ----------
    name
        The column.
    low, high
        The range in the rows of the fit.
    rows
        How many new rows are outside.
    least, most
        The range in the new rows.
    """

    name: str
    low: float
    high: float
    rows: int
    least: float
    most: float

    def __str__(self) -> str:
        number = "1 new row is" if self.rows == 1 else f"{self.rows:,} new rows are"
        return (
            f"`{self.name}` is {self.low:.5g} to {self.high:.5g} in the rows of the "
            f"fit, and {number} outside ({self.least:.5g} to {self.most:.5g}): what is "
            "predicted there extrapolates the model"
        )


def outside_of(compiled: Compiled, new: Table) -> Iterator[Outside]:
    """Yield the columns whose numbers in new rows are outside those of the fit.

    Parameters
    ----------
    compiled
        The model.
    new
        The rows as they were read.
    """
    there = compiled.prepared.table
    for name in _numbers_of(compiled):
        if name not in new.columns or not new.columns[name].kind.is_number:
            continue
        column, other = there.columns[name], new.columns[name]
        own = column.values[~column.missing]
        values = other.values[~other.missing]
        if not len(own) or not len(values):
            continue
        low, high = float(own.min()), float(own.max())
        far = FAR * (high - low)
        outside = (values < low - far) | (values > high + far)
        if outside.any():
            least, most = float(values.min()), float(values.max())
            yield Outside(name, low, high, int(np.count_nonzero(outside)), least, most)


def _numbers_of(compiled: Compiled) -> tuple[str, ...]:
    """Return the numeric columns that predictors are made of, each once."""
    prepared = compiled.prepared
    found: dict[str, None] = {}
    for one in compiled.each:
        columns = [c for part in one.bound.predictors for c in part.population.effects]
        columns += [
            c for p in one.bound.predictors for g in p.groupings for c in g.columns
        ]
        columns += one.bound.population.by_threshold
        columns += known_columns(one.bound.bodies)
        found |= dict.fromkeys(numbers_read(columns, prepared.table, prepared.computed))
    return tuple(found)
