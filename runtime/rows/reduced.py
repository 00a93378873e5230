"""Reduced tables: rows that stand for several of the data, counted, in words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from varying.compiler.data.table import Table
    from varying.compiler.program.ir import Program

__all__ = ["for_drawing", "rows_and_cells", "rows_text", "sampled", "split"]

#: Rows that are drawn in place of the cells of a reduced table.
MOST_DRAWN = 20_000


def rows_text(table: Table) -> str:
    """Return how many rows a table has, and how many cells if it is reduced."""
    if table.counts is None:
        return f"{table.rows} rows"
    return rows_and_cells(table.total, table.rows)


def rows_and_cells(rows: int, cells: int) -> str:
    """Return how many rows are how many cells: ``10,000,000 rows in 2,800 cells``."""
    return f"{rows:,} rows in {cells:,} cell{'s' if cells != 1 else ''}"


def for_drawing(program: Program) -> Program:
    """Return the program in which each row is one row, however often it counts.

    Counts and weights say how much data a row is, not what it may be.
    """
    changed = [replace(one, count=None, weight=None) for one in program.likelihoods]
    gone = {n for one in program.likelihoods for n in (one.count, one.weight)}
    slots = tuple(slot for slot in program.slots if slot.name not in gone)
    return replace(program, slots=slots, likelihoods=tuple(changed))


def split(table: Table, most: int = MOST_DRAWN) -> Table:
    """Return a reduced table with large cells split into several of equal counts.

    A draw for a whole cell would stand for thousands of rows: a data set drawn
    cell by cell varies more than one drawn row by row. Of the rows that there may
    be, each cell has a share like its count, and one at least.
    """
    counts = table.counts
    if counts is None:
        return table
    parts = np.clip(counts * most // counts.sum(), 1, counts)
    index = np.repeat(np.arange(table.rows), parts)
    starts = np.cumsum(parts) - parts
    place = np.arange(len(index)) - starts[index]
    size, rest = np.divmod(counts, parts)
    return replace(table.take(index), counts=size[index] + (place < rest[index]))


def sampled(counts: NDArray[np.int64], most: int = MOST_DRAWN) -> NDArray[np.int64]:
    """Return cells of so many rows, each as often as its rows are in a sample.

    The sample takes every k-th row of the data, cell by cell, so that all of it are
    worth the same.
    """
    ends = np.cumsum(counts)
    rows = min(most, int(ends[-1]))
    places = (2 * np.arange(rows, dtype=np.float64) + 1) * (ends[-1] / (2 * rows))
    found = np.searchsorted(ends, np.floor(places), side="right")
    return np.asarray(found, dtype=np.int64)
