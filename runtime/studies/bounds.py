"""Responses of a design that is truncated: what stands for them is between bounds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from varying.compiler.bind.response_terms.reading import arguments_of
from varying.compiler.data.table import Kind
from varying.compiler.expressions.evaluation import evaluate
from varying.grammar.diagnostics import Sink
from varying.grammar.tree import Call
from varying.grammar.walk import column_names, postorder

if TYPE_CHECKING:
    from varying.compiler.data.table import Column, Table
    from varying.compiler.families.family import Tails
    from varying.grammar.source import Source
    from varying.grammar.tree import Expr

__all__ = ["between_bounds"]

_TERM, _BOUNDS = "trunc", ("lb", "ub")


def between_bounds(
    column: Column, response: Expr, tails: Tails | None, table: Table, source: Source
) -> Column:
    """Return a column whose numbers a truncated response could have.

    Those that already are between the bounds stay as they are. Bounds that are no
    columns of the design are passed over.

    Parameters
    ----------
    column
        What stands for the response.
    response
        The left side of its formula.
    tails
        Between which numbers the family is.
    table, source
        The design, and the spec.
    """
    limits = _limits(response, table, source)
    if not limits or tails is None:
        return column
    low = limits.get("lb", np.full(table.rows, tails.lowest))
    high = limits.get("ub", np.full(table.rows, tails.highest))
    own = column.values
    if column.kind is Kind.INTEGER:
        return replace(column, values=np.clip(own, low, high))
    low = np.where(np.isfinite(low), low, high - 1.0)
    high = np.where(np.isfinite(high), high, low + 1.0)
    place = (np.arange(table.rows) + 1.0) / (table.rows + 1.0)
    is_out = (own < low) | (own > high)
    return replace(column, values=np.where(is_out, low + place * (high - low), own))


def _limits(
    response: Expr, table: Table, source: Source
) -> dict[str, NDArray[np.float64]]:
    """Return the bounds that are known of each row, by name."""
    # what is wrong with them, the compiler says
    sink = Sink(source)
    found: dict[str, NDArray[np.float64]] = {}
    for node in postorder(response):
        if not (isinstance(node, Call) and node.function.text == _TERM):
            continue
        for name, bound in (arguments_of(node, _BOUNDS, sink) or {}).items():
            read = [table.columns.get(one.text) for one in column_names(bound)]
            if all(one is not None and one.kind.is_number for one in read):
                at = np.asarray(evaluate(bound, table), dtype=np.float64)
                found[name] = np.broadcast_to(at, table.rows)
    return found
