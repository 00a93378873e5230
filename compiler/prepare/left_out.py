"""Which rows of the data are not used: by ``where``, and for lack of a value."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from varying.grammar.diagnostics import Sink
from varying.grammar.printer import expression_text
from varying.grammar.source import Span
from varying.grammar.tree import Call, Expr, Name, Spec
from varying.grammar.walk import beside, column_names, unwrap

from ..data.table import Kind, Table
from .responses import responses_of
from .subset import Choice
from .undeclared import rows_text

__all__ = ["Condition", "report_dropped"]

Booleans = NDArray[np.bool_]

#: Rows named in a message.
SHOWN = 5


@dataclass(frozen=True, slots=True, eq=False)
class Condition:
    """A condition, the rows where it is true, and those where it has no value."""

    choice: Choice
    true: Booleans
    unknown: Booleans


def report_dropped(
    missing: Mapping[str, Booleans],
    used: Mapping[str, Span],
    conditions: Sequence[Condition],
    spec: Spec,
    table: Table,
    sink: Sink,
) -> None:
    """Say how many rows are left out, by which ``where`` and by which columns."""
    chosen = np.ones(table.rows, dtype=np.bool_)
    notes: list[str] = []
    span: Span | None = None
    for condition in conditions:
        out = ~condition.true
        if out.any():
            notes.append(_by_condition(condition, table, sink))
            span = span or condition.choice.span
        chosen &= condition.true
    by_where = table.count(~chosen)
    absent = {name: gone & chosen for name, gone in missing.items()}
    absent = {name: gone for name, gone in absent.items() if gone.any()}
    gaps = [f"`{name}` in {_listed(gone, table)}" for name, gone in absent.items()]
    if gaps:
        # the first one, for what is said in brief has one note
        notes.insert(0, "; ".join(gaps).replace("` in ", "` is missing in ", 1))
    if span is None and not absent:
        return
    incomplete = np.zeros(table.rows, dtype=np.bool_)
    for gone in absent.values():
        incomplete |= gone
    count = table.count(incomplete)
    if absent and len(spec.models) > 1:
        notes.append("they are left out of all models of the file, to compare them")
    notes += _without_answer(spec, absent, table)
    verb = "is" if count == 1 else "are"
    message = (
        f"{count:,} of {table.total:,} rows {verb} left out because a value is missing"
    )
    if by_where:
        words = _chosen_by(conditions)
        message = (
            f"{table.total - by_where - count:,} of {table.total:,} rows are used: "
            f"{words} out {by_where:,}"
        )
        message += f", and {count:,} {verb} without a value" if count else ""
    place = next((used[name] for name in absent), span)
    assert place is not None
    sink.add("rows-dropped", place, message, *notes)


def _without_answer(spec: Spec, absent: Collection[str], table: Table) -> Iterator[str]:
    """Say how rows stay in which no answer came in time: they have none.

    What ``dec`` holds of a censored row says nothing, so that it may be anything.
    """
    for model in spec.models:
        for one in responses_of(model).written:
            terms = {
                call.function.text: call.arguments[0].value
                for call in beside(one.formula.response)
                if isinstance(call, Call) and call.arguments
            }
            if "dec" not in terms or "cens" not in terms:
                continue
            read = [name.text for name in column_names(terms["dec"])]
            if set(read).isdisjoint(absent):
                continue
            answer, status = (expression_text(terms[of]) for of in ("dec", "cens"))
            written = f"`let given = ifelse({status}, 0, {answer})` and `dec(given)`"
            if any(_is_of_words(terms[of], table) for of in ("dec", "cens")):
                written = "write one of the two into the data"  # `ifelse` has none
            yield (
                "a trial in which no answer came in time stays in if its answer is "
                f"any, which says nothing: {written}"
            )


def _is_of_words(value: Expr, table: Table) -> bool:
    """Whether a column stands there, alone, that has words."""
    node = unwrap(value)
    column = table.columns.get(node.text) if isinstance(node, Name) else None
    kind = None if column is None else column.kind
    return kind is not None and not (kind.is_number or kind is Kind.LOGICAL)


def _chosen_by(conditions: Sequence[Condition]) -> str:
    """Return what leaves out rows, with its verb."""
    there = dict.fromkeys(
        f"`{one.choice.word}`" for one in conditions if not one.true.all()
    )
    return f"{' and '.join(there)} {'leaves' if len(there) == 1 else 'leave'}"


def _by_condition(condition: Condition, table: Table, sink: Sink) -> str:
    """Say how many rows a ``where`` leaves out, and how many for lack of a value."""
    choice = condition.choice
    text = " ".join(sink.source.slice(choice.span).split())
    note = f"`{text}` leaves out {_rows(table.count(~condition.true))}"
    unknown = table.count(condition.unknown)
    if not unknown:
        return note
    names = dict.fromkeys(name.text for name in column_names(choice.condition))
    lacking = [
        f"`{name}`"
        for name in names
        if name in table.columns
        and (table.columns[name].missing & condition.unknown).any()
    ]
    what = " or ".join(lacking) or "its value"
    return f"{note}, {unknown:,} of them because {what} is missing"


def _rows(count: int) -> str:
    """Return a number of rows in words."""
    return "1 row" if count == 1 else f"{count:,} rows"


def _listed(absent: Booleans, table: Table) -> str:
    if table.counts is not None:
        return rows_text(table.count(absent), table.first(absent))
    rows = np.flatnonzero(absent)
    shown = ", ".join(str(row + 1) for row in rows[:SHOWN].tolist())
    if len(rows) == 1:
        return f"row {shown}"
    return f"{len(rows):,} rows: {shown}{', ...' if len(rows) > SHOWN else ''}"
