"""Answers of a design: ``dec(answer)`` is drawn together with its response."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from varying.grammar.source import Source
from varying.grammar.tree import Call, ColumnStatement, Name
from varying.grammar.walk import column_names, postorder, unwrap

from .faults import undrawable

if TYPE_CHECKING:
    from varying.compiler.data.table import Column, Table
    from varying.compiler.prepare.responses import Written
    from varying.grammar.tree import Spec

__all__ = ["Companion", "answered", "column_beside", "stand_in_answers"]


@dataclass(frozen=True, slots=True)
class Companion:
    """A column that is drawn together with times, and what messages say of it.

    Attributes
    ----------
    term, example
        What it is given to beside the response, and a term with a column.
    drawn
        A clause that says what is drawn.
    what
        What the column holds, in a word or a few.
    """

    term: str
    example: str
    drawn: str
    what: str


_ANSWERS = Companion(
    term="dec",
    example="dec(answer)",
    drawn="answers are drawn together with their times, into a column",
    what="answers",
)


def stand_in_answers(
    one: Written, written: Sequence[Written], spec: Spec, table: Table, source: Source
) -> Iterator[Column]:
    """Yield a column of 0 and 1 in place of the answers of a response.

    Raises
    ------
    ModelError
        If nothing can be drawn in its place.
    """
    from varying.compiler.data.table import Column, Kind

    for node in postorder(one.formula.response):
        if not isinstance(node, Call) or node.function.text != _ANSWERS.term:
            continue
        if len(node.arguments) != 1:
            continue  # what is wrong with it is said where it is bound
        name = column_beside(node, _ANSWERS, written, spec, source)
        yield Column(name, Kind.INTEGER, np.arange(table.rows) % 2.0)


def column_beside(
    call: Call, what: Companion, written: Sequence[Written], spec: Spec, source: Source
) -> str:
    """Return the name of a column that is to be drawn together with times.

    Raises
    ------
    ModelError
        If nothing can be drawn in its place.
    """
    column = unwrap(call.arguments[0].value) if len(call.arguments) == 1 else call
    if not isinstance(column, Name):
        raise undrawable(
            source,
            column.span,
            what.drawn,
            f"name one: `{what.example}`, which will be 0 and 1",
            rule="not-yet",
        )
    declared = [s for s in spec.statements if isinstance(s, ColumnStatement)]
    if any(column.text in {c.text for c in s.columns} for s in declared):
        raise undrawable(
            source,
            column.span,
            f"`{column.text}` is drawn, as 0 and 1, and a `column` statement says "
            "what it is",
            "leave that out of the spec that draws",
            rule="not-yet",
        )
    for name in _predictors(written):
        if name.text == column.text:
            raise undrawable(
                source,
                name.span,
                f"`{column.text}` is drawn together with the times, and stands in a "
                "formula",
                f"data are drawn of models that do not predict from {what.what}",
                rule="not-yet",
            )
    return column.text


def _predictors(written: Sequence[Written]) -> Iterator[Name]:
    for one in written:
        for formula in (one.formula, *(part.formula for part in one.parts)):
            yield from column_names(formula.terms)


def answered(stand_in: Column, values: NDArray[Any]) -> Column:
    """Return drawn answers as a column like the one that stood for them."""
    return replace(stand_in, values=np.asarray(values, dtype=np.float64))
