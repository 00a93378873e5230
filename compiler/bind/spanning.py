"""Columns that add up to an intercept which a formula leaves out."""

from __future__ import annotations

from collections.abc import Sequence

from ..formula.columns import Coded, DesignColumn
from .bound import BoundPredictor


def spanning_columns(part: BoundPredictor) -> tuple[int, ...]:
    """Return the columns that add up to the missing intercept, if any."""
    population = part.population
    if population.intercept or population.centered or part.fixed:
        return ()
    return spanning(population.columns)


def spanning(columns: Sequence[DesignColumn]) -> tuple[int, ...]:
    """Return the columns of the first term that has one for each level or cell."""
    if any(column.is_intercept for column in columns):
        return ()
    for column in columns:
        if all(isinstance(one, Coded) and one.dummy for one in column.parts):
            same = [one.term == column.term for one in columns]
            return tuple(place for place, found in enumerate(same) if found)
    return ()
