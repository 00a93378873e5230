"""Columns that name only the first row of each block, as pivot tables have them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from varying.grammar.diagnostics import Sink
from varying.grammar.printer import string_text
from varying.grammar.source import Span

from ..data.table import Column, Table

#: So many blocks at least, and this share of the rows without a value.
_FEWEST_BLOCKS, _SHARE = 3, 0.5


def check_gaps(
    names: Iterable[str], used: Mapping[str, Span], table: Table, sink: Sink
) -> set[str]:
    """Report columns that have to be filled down; return their names."""
    found: set[str] = set()
    if table.counts is not None:
        return found
    for name in names:
        column = table.columns[name]
        if not names_blocks(column):
            continue
        gaps = int(column.missing.sum())
        sink.add(
            "unfilled-column",
            used[name],
            f"`{name}` has a value in the first row of each block only, and none in "
            f"{gaps:,} of {table.rows:,} rows",
            "such rows would be left out: fill the cells down first, by "
            f"`d[{string_text(name)}] = d[{string_text(name)}].ffill()` in pandas or "
            f"`tidyr::fill(d, {name})` in R; in Excel choose the empty cells (Go To "
            "Special, Blanks), type `=` and the arrow up, and press Ctrl and Enter",
        )
        found.add(name)
    return found


def names_blocks(column: Column) -> bool:
    """Whether a column has different names, none in a row below another.

    Names are texts, or whole numbers that rise by 1.
    """
    there = np.flatnonzero(~column.missing)
    total = len(column.missing)
    if len(there) < _FEWEST_BLOCKS or total - len(there) < _SHARE * total:
        return False
    if there[0] != 0 or (np.diff(there) == 1).any():
        return False
    values = column.values[there]
    if column.kind.is_number:
        return bool((np.diff(values) == 1).all() and (values % 1 == 0).all())
    return len(np.unique(values)) == len(values)


__all__ = ["check_gaps", "names_blocks"]
