"""Answers of a design: ``dec(answer)`` is drawn together with its response."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from varying.grammar.printer import expression_text, name_text
from varying.grammar.source import Source, Span
from varying.grammar.tree import Call, ColumnStatement, Expr, LetStatement, Name
from varying.grammar.walk import column_names, postorder, unwrap

from .faults import undrawable
from .stated import stated_levels, whole_numbers

if TYPE_CHECKING:
    from varying.compiler.data.table import Column, Table
    from varying.compiler.prepare.responses import Written
    from varying.grammar.tree import Spec

__all__ = ["DrawnAnswers", "Companion", "answers_of", "column_beside"]

#: How many answers there are.
_TWO = 2


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


@dataclass(frozen=True, slots=True)
class DrawnAnswers:
    """What the answers of a response are drawn into.

    Attributes
    ----------
    column
        A column with values that they could have, each as often.
    values
        The two of them.
    span
        What is between the brackets of ``dec``.
    """

    column: Column
    values: tuple[float, float]
    span: Span

    def in_order(
        self, told: NDArray[Any], values: NDArray[Any], source: Source
    ) -> DrawnAnswers:
        """Return the same with the value of the lower answer first.

        Parameters
        ----------
        told
            By row which answer the model takes it to be of, 0 or 1.
        values
            The rows of the column.
        source
            The spec.

        Raises
        ------
        ModelError
            If the values are not of one answer each.
        """
        upper = values == self.values[1]
        if np.array_equal(told, upper):
            return self
        if np.array_equal(told, ~upper):
            return replace(self, values=self.values[::-1])
        raise undrawable(
            source,
            self.span,
            f"answers are drawn into `{self.column.name}`, whose two values "
            f"{' and '.join(map(self._shown, self.values))} are not one of each answer",
            "one of them is to be 1 (upper) and the other 0 (lower)",
        )

    def _shown(self, value: float) -> str:
        levels = self.column.levels
        return f"`{levels[int(value)]}`" if levels else f"{value:g}"

    def drawn(self, answers: NDArray[Any]) -> Column:
        """Return answers, 0 or 1, as the column that they are drawn into."""
        there = self.column
        values = np.where(answers == 1.0, self.values[1], self.values[0])
        return replace(there, values=values.astype(there.values.dtype))


def answers_of(
    one: Written, written: Sequence[Written], spec: Spec, table: Table, source: Source
) -> DrawnAnswers | None:
    """Return what the answers of a response are drawn into; None: it has none.

    Raises
    ------
    ModelError
        If it is no single column, or nothing says what its values are.
    """
    for node in postorder(one.formula.response):
        if not isinstance(node, Call) or node.function.text != _ANSWERS.term:
            continue
        if len(node.arguments) != 1:
            continue  # what is wrong with it is said where it is bound
        value = unwrap(node.arguments[0].value)
        lets = {s.name.text: s for s in spec.statements if isinstance(s, LetStatement)}
        read = _columns_read(value, lets)
        if len(read) != 1:
            of = " and ".join(f"`{name}`" for name in read) or "no column"
            raise undrawable(
                source,
                value.span,
                f"{_ANSWERS.drawn}, and `{expression_text(value)}` reads {of}",
                f'name one: `{_ANSWERS.example}`, or `dec(answer == "right")`',
                rule="not-yet",
            )
        (name,) = read
        made = [let for let in lets if name in _columns_read(lets[let].name, lets)]
        _check_predictors({name, *made}, _ANSWERS, written, source)
        column, values = _two_values(name, value, spec, table, source)
        return DrawnAnswers(column, values, value.span)
    return None


def _columns_read(node: Expr, lets: Mapping[str, LetStatement]) -> tuple[str, ...]:
    """Return the columns that an expression reads, by way of ``let`` too."""
    found: dict[str, None] = {}
    seen: set[str] = set()
    stack = [node]
    while stack:
        for name in column_names(stack.pop()):
            if name.text not in lets:
                found[name.text] = None
            elif name.text not in seen:
                seen.add(name.text)
                stack.append(lets[name.text].expression)
    return tuple(found)


def _two_values(
    name: str, value: Expr, spec: Spec, table: Table, source: Source
) -> tuple[Column, tuple[float, float]]:
    """Return a column with values that answers could have, and the two of them.

    They are those that are declared; where more is written than the name of a column,
    those of the design; else 0 and 1.
    """
    from varying.compiler.data.table import Column, Kind

    rows = np.arange(table.rows) % 2
    stated = stated_levels(name, spec)
    there = table.columns.get(name)
    if stated is not None and len(stated) == _TWO:
        numbers = whole_numbers(stated)
        if numbers is None:
            return Column(name, Kind.TEXT, rows, stated), (0.0, 1.0)
        chosen = np.array(numbers, dtype=np.float64)[rows]
        return Column(name, Kind.INTEGER, chosen), (float(numbers[0]), numbers[1])
    if stated is None and isinstance(value, Name) and value.text == name:
        return Column(name, Kind.INTEGER, rows.astype(np.float64)), (0.0, 1.0)
    if stated is None and there is not None:
        own = np.unique(there.values[~there.missing])
        if len(own) == _TWO:
            chosen = own[rows]
            return replace(there, values=chosen), (float(own[0]), float(own[1]))
    said = f"nothing says which two values `{name}` has, into which answers are drawn"
    if stated is not None:
        said = f"answers are two, and `{name}` is declared with {len(stated)} levels"
    raise undrawable(
        source,
        value.span,
        said,
        f"declare them: `column {name_text(name)}: factor(wrong, right)`, with yours",
    )


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
    _check_predictors({column.text}, what, written, source)
    return column.text


def _check_predictors(
    drawn: Collection[str], what: Companion, written: Sequence[Written], source: Source
) -> None:
    """Refuse to predict from columns that are drawn together with times."""
    for name in _predictors(written):
        if name.text in drawn:
            raise undrawable(
                source,
                name.span,
                f"`{name.text}` is drawn together with the times, and stands in a "
                "formula",
                f"data are drawn of models that do not predict from {what.what}",
                rule="not-yet",
            )


def _predictors(written: Sequence[Written]) -> Iterator[Name]:
    for one in written:
        for formula in (one.formula, *(part.formula for part in one.parts)):
            yield from column_names(formula.terms)
