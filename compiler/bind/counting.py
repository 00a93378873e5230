"""Rows that count: those of weight 0 say nothing of a response, whatever it is there.

What its numbers can be, and the default priors that are made of them, are those of the
rows that count. Categories are those of all rows: which there are is no matter of how
often a row counts, and a row that was left out to be predicted has one of them.
"""

from __future__ import annotations

import numpy as np

from ..data.table import Ints, Table
from ..expressions.evaluation import evaluate
from ..formula.columns import Numeric

__all__ = ["counting", "counting_rows"]


def counting(weight: Numeric | None, table: Table) -> Table:
    """Return the rows of a table that count: those whose weight is not 0.

    All of them where none counts, which is reported by itself.

    Parameters
    ----------
    weight
        What stands in ``weights()`` beside a response; None: each row counts.
    table
        The rows.
    """
    kept = counting_rows(weight, table)
    return table if kept is None else table.take(kept)


def counting_rows(weight: Numeric | None, table: Table) -> Ints | None:
    """Return which rows count; None for all of them, as where none does."""
    if weight is None or not table.rows:
        return None
    kept = np.flatnonzero(evaluate(weight.expression, table) > 0)
    return kept if 0 < len(kept) < table.rows else None
