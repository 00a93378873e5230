"""From design columns and rows to matrices, and from groupings to index vectors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .columns import Coded, DesignColumn, Numeric
from .evaluation import evaluate
from .levels import spell_number
from .table import Column, Floats, Ints, Table


def evaluate_columns(columns: Sequence[DesignColumn], table: Table) -> Floats:
    """Return the matrix of design columns over the rows of a table.

    Parameters
    ----------
    columns
        The intercept may be among them.
    table
        Training rows or new ones: levels are matched by name.

    Returns
    -------
    Floats
        Rows x columns; NaN where a value is missing, or a level is none of
        those that the coding knows.
    """
    matrix = np.ones((table.rows, len(columns)), order="F")
    codes: dict[tuple[str, tuple[str, ...]], Ints] = {}
    values: dict[str, Floats] = {}
    for index, column in enumerate(columns):
        for part in column.parts:
            match part:
                case Numeric(label=label, expression=expression):
                    if label not in values:
                        values[label] = evaluate(expression, table)
                    matrix[:, index] *= values[label]
                case Coded(factor=factor, levels=levels, weights=weights):
                    place = (factor, levels)
                    if place not in codes:
                        codes[place] = recode(table.columns[factor], levels)
                    # The last weight serves the code -1.
                    matrix[:, index] *= np.array([*weights, np.nan])[codes[place]]
    return matrix


def recode(column: Column, levels: Sequence[str]) -> Ints:
    """Return a column's rows as places among levels; -1 for any other value."""
    place = {level: index for index, level in enumerate(levels)}
    names, codes = coded_values(column)
    places = [place.get(name, -1) for name in names]
    return np.array([*places, -1], dtype=np.int64)[codes]


def coded_values(column: Column) -> tuple[tuple[str, ...], Ints]:
    """Return a column as codes into names; numbers by their value, in order."""
    if not column.kind.is_number:
        return column.levels, column.values
    numbers, codes = np.unique(column.values, return_inverse=True)
    missing = np.isnan(numbers)  # one at most, and the last
    names = tuple(spell_number(number) for number in numbers[~missing].tolist())
    return names, np.where(codes < len(names), codes, -1).astype(np.int64)


def unknown_levels(
    columns: Sequence[DesignColumn], table: Table
) -> dict[str, tuple[str, ...]]:
    """Return by factor the levels of a table that the coding does not know."""
    found: dict[str, tuple[str, ...]] = {}
    for column in columns:
        for part in column.parts:
            if isinstance(part, Coded) and part.factor not in found:
                names, codes = coded_values(table.columns[part.factor])
                present = np.unique(codes[codes >= 0]).tolist()
                known = set(part.levels)
                found[part.factor] = tuple(
                    names[code] for code in present if names[code] not in known
                )
    return {factor: levels for factor, levels in found.items() if levels}


# ---- groups ------------------------------------------------------------------------


def group_levels(factors: Sequence[str], table: Table) -> tuple[str, ...]:
    """Return the levels of a grouping: the combinations that rows have.

    They are ordered by the first factor's level, then the second's, and named
    ``a1:b2``.
    """
    names, _ = _combinations(factors, table)
    return names


def group_index(factors: Sequence[str], levels: Sequence[str], table: Table) -> Ints:
    """Return each row's place among the levels; -1 for one that is not there."""
    place = {level: index for index, level in enumerate(levels)}
    names, codes = _combinations(factors, table)
    places = [place.get(name, -1) for name in names]
    return np.array([*places, -1], dtype=np.int64)[codes]


def _combinations(factors: Sequence[str], table: Table) -> tuple[tuple[str, ...], Ints]:
    """Return the names of the observed combinations, and each row's place."""
    coded = [coded_values(table.columns[factor]) for factor in factors]
    combined = np.zeros(table.rows, dtype=np.int64)
    missing = np.zeros(table.rows, dtype=np.bool_)
    used: list[tuple[str, ...]] = [()]
    for names, codes in coded:
        missing |= codes < 0
        # Renumbered after each factor, so that many factors cannot overflow.
        step = max(len(names), 1)
        keys = np.where(missing, -1, combined * step + codes)
        present, combined = np.unique(keys, return_inverse=True)
        first = 1 if len(present) and present[0] < 0 else 0
        combined = combined - first
        used = [(*used[key // step], names[key % step]) for key in present[first:]]
    several = len(factors) > 1
    labels = tuple(":".join(_escape(name, several) for name in key) for key in used)
    return labels, np.where(missing, -1, combined).astype(np.int64)


def _escape(name: str, several: bool) -> str:
    # `a:b` + `c` and `a` + `b:c` are different groups.
    return name.replace("\\", "\\\\").replace(":", "\\:") if several else name
