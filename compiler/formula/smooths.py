"""What smooth terms are over rows."""

from __future__ import annotations

from ..data import weighted
from ..data.table import Floats, Table
from .columns import SmoothColumns
from .design import evaluate_columns


def typical_size(smooth: SmoothColumns, table: Table) -> float:
    """Return how far a curve is from its straight line at an sd of 1.

    The root of the mean square over rows of the sd of its value.
    """
    columns: Floats = evaluate_columns(smooth.columns, table)
    squares = (columns**2).sum(axis=1)
    return float(weighted.mean(squares, table.counts) ** 0.5)
