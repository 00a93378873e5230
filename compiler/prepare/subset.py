"""``y | subset(keep)``: which rows a model has of those that ``where`` leaves.

A condition that stands beside the response of a model, or alike beside all of its
responses, is about the rows of that model alone: it has rows of its own, as with
``rows=own``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from varying.grammar.diagnostics import Sink
from varying.grammar.printer import expression_text
from varying.grammar.source import Span
from varying.grammar.tree import Call, Expr, ModelStatement, Spec, WhereStatement
from varying.grammar.walk import beside

from ..data.table import Table
from .responses import responses_of

__all__ = ["SUBSET", "Choice", "check_subset", "choices", "subset_of", "subsets"]

#: How the term is called.
SUBSET = "subset"


@dataclass(frozen=True, slots=True)
class Choice:
    """A condition that rows are chosen by, its statement or term, and which it is."""

    condition: Expr
    span: Span
    word: Literal["where", "subset"]


def choices(spec: Spec, models: Iterable[ModelStatement]) -> Iterator[Choice]:
    """Yield the conditions that rows of some models of a spec are chosen by."""
    for statement in spec.statements:
        if isinstance(statement, WhereStatement):
            yield Choice(statement.condition, statement.span, "where")
    for model in models:
        call = subset_of(model)
        if call is not None:
            yield Choice(call.arguments[0].value, call.span, "subset")


def subset_of(model: ModelStatement) -> Call | None:
    """Return the condition on the rows of a whole model; None: there is none.

    Nor is there one if responses have different ones.
    """
    calls = subsets(model)
    texts = {None if call is None else expression_text(call) for call in calls}
    return calls[0] if calls and len(texts) == 1 else None


def subsets(model: ModelStatement) -> tuple[Call | None, ...]:
    """Return the condition on the rows of each response; None: it has none."""
    return tuple(
        next(
            (
                call
                for call in beside(one.formula.response)
                if isinstance(call, Call)
                and call.function.text == SUBSET
                # another number of arguments is reported where it is bound
                and len(call.arguments) == 1
                and call.arguments[0].keyword is None
            ),
            None,
        )
        for one in responses_of(model).written
    )


def check_subset(
    choice: Choice,
    values: NDArray[np.float64],
    before: NDArray[np.bool_],
    table: Table,
    sink: Sink,
) -> bool:
    """Report rows of which a condition does not say whether they are kept.

    Parameters
    ----------
    choice, values
        The condition, and what it is in each row.
    before
        The rows that ``where`` leaves.
    table
        All rows.
    sink
        Takes the faults.
    """
    text = expression_text(choice.condition)
    unknown = np.isnan(values) & before
    if unknown.any():
        sink.add(
            "invalid-response-term",
            choice.condition.span,
            f"`{text}` has no value in {_rows(unknown, table)}",
            "`subset` has to know of each row whether it is kept: write what a gap "
            "means, or leave such rows out by `where`",
        )
        return False
    other = ~np.isin(values, (0.0, 1.0)) & before
    if other.any():
        sink.add(
            "invalid-response-term",
            choice.condition.span,
            f"`{text}` is neither 0 nor 1 in {_rows(other, table)}",
            f"rows are kept where a condition is true: `subset({text} > 0)`",
        )
        return False
    return True


def _rows(found: NDArray[np.bool_], table: Table) -> str:
    count, first = table.count(found), table.first(found) + 1
    return f"row {first}" if count == 1 else f"{count:,} rows, first row {first}"
