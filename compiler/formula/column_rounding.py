"""How far off the columns of a design may be."""

from __future__ import annotations

import numpy as np

from ..data.spread import UNIT, rounding_of
from ..data.table import Table
from ..expressions.evaluation import evaluate
from ..expressions.rounding import rounding
from .columns import Coded, DesignColumn, Numeric


def column_rounding(column: DesignColumn, table: Table) -> float:
    """Return how far off the values of a column of a design may be."""
    whole, off = 1.0, 0.0
    for part in column.parts:
        match part:
            case Coded(weights=weights):
                of = np.array(weights)
                size, error = float(np.max(np.abs(of))), rounding_of(of)
            case Numeric(expression=expression):
                values = evaluate(expression, table)
                size = float(np.max(np.abs(values), initial=0.0))
                known = rounding(expression, table)
                error = rounding_of(values) if known is None else known
        off = off * size + whole * error
        whole *= size
    return off + (UNIT * whole if off else 0.0)
