"""What smooth terms are over rows."""

from __future__ import annotations

from ..data import weighted
from ..data.table import Floats, Table
from .columns import SmoothColumns
from .design import evaluate_columns


def typical_size(smooth: SmoothColumns, table: Table) -> float:
    """Return how far a curve is from its straight line at an sd of 1.

    The root of the mean square over rows of the sd of its value; of a curve of one
    level, over the rows of that.
    """
    columns: Floats = evaluate_columns(smooth.columns, table)
    squares = (columns**2).sum(axis=1)
    there = squares > 0.0
    counts = None if table.counts is None else table.counts[there]
    return float(weighted.mean(squares[there], counts) ** 0.5)
