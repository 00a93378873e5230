"""``mm(g, h)``: rows that belong to several levels of one grouping factor.

The levels of the columns are pooled: a child who was in the schools ``g`` and ``h`` has
the effects of both, each with its weight (Browne, Goldstein & Rasbash 2001).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from varying.grammar.diagnostics import Sink
from varying.grammar.printer import expression_text, name_text

from ..data.table import Table
from ..expressions.evaluation import evaluate
from ..formula.columns import Numeric
from ..formula.group_options import MembersText
from ..prepare.rows import Prepared
from .response_terms import as_number

#: Rows that a message lists.
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Membership:
    """The levels that a row belongs to, and how much.

    Attributes
    ----------
    columns
        Each names one level of a row.
    weights
        A number a row for each column; none: equal weights.
    scaled
        Whether the weights of a row are divided by their sum.
    """

    columns: tuple[str, ...]
    weights: tuple[Numeric, ...] = ()
    scaled: bool = True

    @property
    def name(self) -> str:
        """What the grouping factor is called; as brms does: ``mmgh``."""
        return f"mm{''.join(self.columns)}"

    @property
    def text(self) -> str:
        """How it is written, without its weights: ``mm(g, h)``."""
        return f"mm({', '.join(map(name_text, self.columns))})"


def bind_membership(
    written: MembersText, prepared: Prepared, sink: Sink
) -> Membership | None:
    """Return what ``mm()`` says, its columns being known; None after a fault."""
    schema, table = prepared.schema, prepared.table
    weights = []
    for weight in written.weights:
        if not as_number(weight, "weights=", schema, sink):
            return None
        weights.append(Numeric(expression_text(weight), weight))
    made = Membership(
        tuple(column.text for column in written.columns), tuple(weights), written.scaled
    )
    if weights and table.rows and not schema.open:
        numbers = _numbers(made.weights, table)
        if not _sound(numbers, made, written, prepared, sink):
            return None
    return made


def membership_weights(
    weights: Sequence[Numeric], count: int, scaled: bool, table: Table
) -> NDArray[Any]:
    """Return the weight of each of ``count`` levels of each row, (rows, count)."""
    if not weights:
        found = np.ones((table.rows, count))
    else:
        found = _numbers(weights, table)
    # equal weights are shares in any case
    if scaled or not weights:
        found = found / found.sum(axis=1, keepdims=True)
    return found


def _numbers(weights: Sequence[Numeric], table: Table) -> NDArray[Any]:
    each = [
        np.broadcast_to(evaluate(one.expression, table), (table.rows,))
        for one in weights
    ]
    return np.column_stack(each).astype(np.float64)


def _sound(
    numbers: NDArray[Any],
    made: Membership,
    written: MembersText,
    prepared: Prepared,
    sink: Sink,
) -> bool:
    """Whether weights are numbers, and shares where they are scaled."""
    span = written.weights[0].span.to(written.weights[-1].span)
    faults = [(~np.isfinite(numbers).all(axis=1), "that are no finite numbers")]
    notes: tuple[str, ...] = ()
    if made.scaled:
        faults.append(((numbers < 0.0).any(axis=1), "below 0"))
        faults.append((numbers.sum(axis=1) == 0.0, "that are all 0"))
        notes = ("they are divided by their sum, unless `scale=FALSE`",)
    for at_fault, what in faults:
        rows = np.flatnonzero(at_fault)
        if len(rows):
            shown = prepared.rows[rows[:_SHOWN]] + 1
            more = ", ..." if len(rows) > _SHOWN else ""
            sink.add(
                "invalid-argument",
                span,
                f"rows have weights {what}: {', '.join(map(str, shown))}{more}",
                *notes,
            )
            return False
    return True
