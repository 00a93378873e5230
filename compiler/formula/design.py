"""From design columns and rows to matrices."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..data.codes import coded_values, recode
from ..data.table import Floats, Ints, Table
from ..expressions.evaluation import evaluate
from .columns import Coded, DesignColumn, Numeric


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
