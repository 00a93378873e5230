"""Where columns of a design come from: in the data, and in the formula."""

from __future__ import annotations

from varying.grammar.source import Span
from varying.grammar.tree import Expr
from varying.grammar.walk import column_names, smallest_with

from .columns import Coded, DesignColumn, Numeric


def columns_read(column: DesignColumn) -> frozenset[str]:
    """Return the columns of the data that a column of the design is made of."""
    found: set[str] = set()
    for part in column.parts:
        match part:
            case Coded(factor=factor):
                found.add(factor)
            case Numeric(expression=expression):
                found |= {name.text for name in column_names(expression)}
    return frozenset(found)


def place_of(column: DesignColumn, terms: Expr) -> Span:
    """Return where a column comes from: the smallest expression with all its parts."""
    return smallest_with(columns_read(column), terms).span
