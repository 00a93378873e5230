"""Rows that are not those of the fit: their columns, made as those of the fit were.

What was learned from the rows of the fit (means, spline knots, levels) stands in the
steps as numbers and is used again. ``where`` is not: it says which rows a model is made
of, and a row that is asked about is asked about.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from varying.grammar.diagnostics import Sink, nearest
from varying.grammar.printer import expression_text, string_text
from varying.grammar.source import Source, Span
from varying.grammar.tree import (
    ColumnStatement,
    DataStatement,
    Expr,
    LetStatement,
    Spec,
)
from varying.grammar.walk import column_names

from ..data.alike import shown
from ..data.codes import coded_values
from ..data.table import Column, Kind, Table
from ..expressions.calls import stateful_calls
from .declared import declare
from .derive import Computation, Step, replay
from .rows import Prepared

__all__ = ["SHOWN", "Needs", "replayed", "report_new_levels", "rows_named"]

Booleans = NDArray[np.bool_]

#: Rows, levels and names that a message lists.
SHOWN = 5
_SHOWN_LEVELS = 20


@dataclass(frozen=True, slots=True)
class Needs:
    """What is needed of new rows.

    Attributes
    ----------
    expressions
        Expressions over columns, of predictors and of what else a row brings along.
    factors
        Columns that are levels among those of the fit, by those levels.
    groups
        Columns of grouping factors.
    """

    expressions: tuple[Expr, ...]
    factors: Mapping[str, tuple[str, ...]]
    groups: frozenset[str]


def replayed(
    needs: Needs,
    table: Table,
    spec: Spec,
    prepared: Prepared,
    sink: Sink,
    *,
    open_groups: bool,
    said: Mapping[str, str] = MappingProxyType({}),
) -> Table | None:
    """Return new rows with all columns that are needed of them; None after a fault.

    Parameters
    ----------
    needs
        What is needed.
    table
        The rows as they were read.
    spec, prepared
        What the model was compiled from, and its own rows.
    sink
        Takes the faults; nothing of the spec is their place.
    open_groups
        Whether a row need not have a value of its grouping factors, nor the data such
        columns.
    said
        What is added to the report of a column without values, by its name.
    """
    names, made = _needed(needs, prepared)
    others, _ = _needed(replace(needs, groups=frozenset()), prepared)
    only_groups = frozenset(names) - frozenset(others)
    missing = [name for name in names if name not in table.columns]
    for name in missing:
        if not (open_groups and name in only_groups):
            more = [said[name]] if name in said else []
            if _is_wide(spec):
                more.append(_WIDE_NOTE)
            _report_column(name, table, name in only_groups, more, sink)
    if sink.failed:
        return None
    empty = {
        name: Column(name, Kind.TEXT, np.full(table.rows, -1, dtype=np.int64))
        for name in missing
    }
    columns = {name: table.columns[name] for name in names if name not in empty}
    table = replace(
        table, columns={**columns, **empty}, functions=prepared.table.functions
    )
    table = declare(table, list(_declared(spec, columns)), sink)
    for name in columns:
        if name in table.columns:
            _check_kind(name, table, prepared.table, name in only_groups, sink)
    if sink.failed:
        return None
    needs_value = [
        name for name in columns if not (open_groups and name in only_groups)
    ]
    for name in needs_value:
        gone = table.columns[name].missing
        if gone.any():
            _report_missing(name, gone, name in only_groups, sink, said.get(name))
    if sink.failed:
        return None
    table = replay(made, table, sink)
    if sink.failed:
        return None
    for name, levels in needs.factors.items():
        _check_levels(name, levels, table, sink)
    for expression in needs.expressions:
        _check_values(expression, table, sink)
    return None if sink.failed else table


# ---- which columns -------------------------------------------------------------------


def _needed(needs: Needs, prepared: Prepared) -> tuple[list[str], list[Computation]]:
    """Return the columns of the data that are needed, and what is made of them."""
    by_column: dict[str, Computation] = {}
    by_call: dict[str, Step] = {}
    for one in prepared.computed:
        if isinstance(one, Step):
            by_column |= dict.fromkeys(one.columns, one)
            by_call[expression_text(one.call)] = one
        else:
            by_column[one.name.text] = one
    names: dict[str, None] = {}
    used: list[Computation] = []
    stack: list[Expr | str] = [
        *needs.expressions,
        *needs.factors,
        *sorted(needs.groups),
    ]
    seen: set[str] = set()
    while stack:
        node = stack.pop(0)
        if isinstance(node, str):
            if node in seen:
                continue
            seen.add(node)
            made = by_column.get(node)
            if made is None:
                if node in prepared.data.columns:
                    names[node] = None
            elif not any(made is other for other in used):
                used.append(made)
                stack.append(
                    made.expression if isinstance(made, LetStatement) else made.call
                )
            continue
        for call in stateful_calls(node):
            step = by_call.get(expression_text(call))
            if step is not None and not any(step is other for other in used):
                used.append(step)
                stack.append(step.call)
        stack += [name.text for name in column_names(node)]
    return list(names), [m for m in prepared.computed if any(m is one for one in used)]


def _declared(spec: Spec, names: Iterable[str]) -> Iterator[ColumnStatement]:
    """Yield the ``column`` statements, of the columns that are there."""
    there = set(names)
    for statement in spec.statements:
        if isinstance(statement, ColumnStatement):
            kept = tuple(name for name in statement.columns if name.text in there)
            if kept:
                yield replace(statement, columns=kept)


# ---- what is wrong with them ---------------------------------------------------------


def rows_named(rows: NDArray[np.bool_]) -> str:
    """Return rows in words, from 1: ``row 3``, ``3 rows: 3, 5, 8``."""
    places = np.flatnonzero(rows)
    shown = ", ".join(str(place + 1) for place in places[:SHOWN].tolist())
    if len(places) == 1:
        return f"row {shown}"
    return f"{len(places):,} rows: {shown}{', ...' if len(places) > SHOWN else ''}"


_GROUPS_NOTE = (
    "for rows of groups that are not known: `groups=new` (other groups of the same "
    "population), `groups=average` (the mean over such groups) or `groups=zero` "
    "(group effects of 0)"
)


def _is_wide(spec: Spec) -> bool:
    return any(isinstance(s, DataStatement) and s.wide for s in spec.statements)


_WIDE_NOTE = "new rows are long: one for each cell that `wide(...)` names"


def _report_column(
    name: str, table: Table, group: bool, more: Sequence[str], sink: Sink
) -> None:
    notes = []
    if name in table.unusable:
        reason = table.unusable[name]
        sink.add("wrong-type", _WHOLE, f"column `{name}` cannot be used", reason)
        return
    close = nearest(name, tuple(table.columns))
    if close:
        notes.append(f"did you mean `{close[0]}`?")
    else:
        listed = ", ".join(f"`{n}`" for n in (*table.columns, *table.unread)[:20])
        notes.append(f"columns: {listed}")
    notes += more
    if group:
        notes.append(_GROUPS_NOTE)
    what = "which the rows are grouped by" if group else "which the model needs"
    message = f"the new rows have no column `{name}`, {what}"
    sink.add("unknown-column", _WHOLE, message, *notes)


#: Nothing of the spec is the place of what is wrong with new rows.
_WHOLE = Span(0, 0)


def _check_kind(
    name: str, table: Table, fitted: Table, group: bool, sink: Sink
) -> None:
    """Report texts where the fit had numbers."""
    column, known = table.columns[name], fitted.columns.get(name)
    if known is None or group or not known.kind.is_number or column.kind.is_number:
        return
    there = ~column.missing
    if not there.any():
        return
    first = int(np.argmax(there))
    names, codes = coded_values(column)
    sink.add(
        "wrong-type",
        _WHOLE,
        f"`{name}` is a number in the rows of the fit, and {_KINDS[column.kind]} here",
        f"`{names[codes[first]]}` in row {first + 1}",
    )


_KINDS = {
    Kind.LOGICAL: "true or false",
    Kind.FACTOR: "a factor",
    Kind.ORDERED: "an ordered factor",
    Kind.TEXT: "a text",
}


def _report_missing(
    name: str, gone: Booleans, group: bool, sink: Sink, said: str | None = None
) -> None:
    notes = (said or "leave such rows out, or give them a value",)
    sink.add(
        "missing-value",
        _WHOLE,
        f"`{name}` has no value in {rows_named(gone)}",
        *((_GROUPS_NOTE,) if group else notes),
    )


def _check_levels(name: str, levels: Sequence[str], table: Table, sink: Sink) -> None:
    """Report levels of a predictor that the rows of the fit had not."""
    column = table.columns.get(name)
    if column is None:
        return
    names, codes = coded_values(column)
    known = set(levels)
    there = np.unique(codes[codes >= 0]).tolist()
    new = [place for place in there if names[place] not in known]
    if new:
        found = {names[place]: codes == place for place in new[:SHOWN]}
        report_new_levels(name, found, len(new), levels, sink)
    gone = codes < 0
    if gone.any() and not new:
        _report_missing(name, gone, False, sink)


def report_new_levels(
    name: str,
    found: Mapping[str, Booleans],
    count: int,
    levels: Sequence[str],
    sink: Sink,
    *,
    group: bool = False,
) -> None:
    """Report levels that rows have and the rows of the fit had not.

    Parameters
    ----------
    name
        Of the factor.
    found, count
        The first of these levels with the rows that have each, and how many there are.
    levels
        Those of the fit.
    sink
        Takes the fault.
    group
        Whether the factor groups rows: other groups may be meant.
    """
    listed = [f"`{_seen(one)}` in {rows_named(rows)}" for one, rows in found.items()]
    shown = "; ".join(listed)
    more = f"; and {count - len(found):,} more" if count > len(found) else ""
    notes = []
    for level in found:
        close = nearest(level, levels, 1)
        if close:
            notes.append(f"`{_seen(level)}`: did you mean `{_seen(close[0])}`?")
    known = ", ".join(f"`{_seen(level)}`" for level in levels[:_SHOWN_LEVELS])
    rest = ", ..." if len(levels) > _SHOWN_LEVELS else ""
    notes.append(f"the {len(levels):,} levels of the fit: {known}{rest}")
    if group:
        notes.append(_GROUPS_NOTE)
    else:
        notes.append("the model has no coefficient for another level")
    what = f"{count:,} levels" if count > 1 else "a level"
    message = f"`{name}` has {what} that the fit has not seen: {shown}{more}"
    sink.add("new-level", _WHOLE, message, *notes)


def _seen(level: str) -> str:
    """Return a level, in quotes where its blanks and signs would not be seen."""
    plain = shown(level)
    return level if level == level.strip() == plain else string_text(plain)


def _check_values(expression: Expr, table: Table, sink: Sink) -> None:
    """Report what is no number in some rows although its columns have values."""
    from ..expressions.evaluation import evaluate

    values = evaluate(expression, table)
    gone = ~np.isfinite(values)
    if not gone.any():
        return
    text = expression_text(expression)
    sink.add("infinite-value", _WHOLE, f"`{text}` is no number in {rows_named(gone)}")


def sink_of(table: Table) -> Sink:
    """Return what takes the faults of new rows: their own name is their place."""
    return Sink(Source("", table.name))
