"""From the data as read to the rows that a spec uses.

The order of work is ``column``, row-wise ``let``, ``where`` (missing counts as
false), then rows with a missing value are dropped over the columns of all
models of the file, so that the models can be compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from varying.grammar.diagnostics import Sink
from varying.grammar.printer import expression_text, name_text
from varying.grammar.reads import columns_read, names_read
from varying.grammar.source import Span
from varying.grammar.tree import (
    ColumnStatement,
    DataStatement,
    Spec,
)

from ..data.options import data_options
from ..data.schema import Schema, schema_of
from ..data.spellings import warn_grouped
from ..data.table import Ints, Table
from ..expressions.calls import formula_expressions, stateful_calls
from ..expressions.types import report_unknown
from .conditions import computed_condition
from .declared import declare
from .derive import NO_NUMBER_NOTE, Computation, Derivation
from .gaps import check_gaps
from .left_out import Condition, report_dropped
from .own_rows import own_rows
from .responses import columns_of_responses
from .subset import Choice, choices
from .summaries import warn_summaries
from .undeclared import check_levels

Booleans = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Dropped:
    """A row that is left out, from 0, and why; of equal rows the first."""

    row: int
    reason: str
    count: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """The rows that are used.

    Attributes
    ----------
    table
        These rows, with the columns of ``let``.
    rows
        Which rows of the data they are, from 0; of a reduced table the first of
        those that each stands for.
    dropped
        The others.
    read
        How many rows of the data there were.
    schema
        Of the rows used.
    used
        Columns of which no row may lack a value: those of all models.
    data
        What was read: all rows and columns, as they were before ``column``,
        ``let`` and ``where``.
    computed, early
        The columns that were computed, in their order, with what they learned; and
        how many of them came before ``where``.
    certain
        False if the rows are not the ones meant: a ``where`` could not be
        computed, no row is left, or there are no data. What depends on the
        values is then not to be reported.
    choices
        The conditions that rows were chosen by.
    kept
        The places of the rows of each response, by its name; empty where all have all.
    whole
        Of the rows of one response: the rows of the model. See ``of``.
    """

    table: Table
    rows: Ints
    dropped: tuple[Dropped, ...]
    read: int
    schema: Schema
    used: tuple[str, ...]
    data: Table
    computed: tuple[Computation, ...] = ()
    early: int = 0
    certain: bool = True
    choices: tuple[Choice, ...] = ()
    kept: Mapping[str, Ints] = MappingProxyType({})
    whole: Table | None = None

    def of(self, response: str) -> Prepared:
        """Return the rows of one response, which most often are those of the model."""
        if response not in self.kept:
            return self
        places = self.kept[response]
        table = self.table.take(places)
        return replace(
            self,
            table=table,
            rows=self.rows[places],
            schema=schema_of(table),
            kept={},
            whole=self.table,
        )

    @property
    def every_row(self) -> Table:
        """The rows of the model, whose levels are those of its groups."""
        return self.table if self.whole is None else self.whole

    @property
    def left_out(self) -> int:
        """How many rows of the data are not used."""
        return sum(gone.count for gone in self.dropped)


_NONE: Mapping[str, tuple[str, ...]] = {}

#: What ``prepare`` is given where there are no data.
NO_DATA = Table("", {}, 0, open=True)


def prepare(
    spec: Spec, table: Table, sink: Sink, asked: frozenset[str] | None = None
) -> Prepared:
    """Return the rows that a spec uses.

    Unknown names in formulas are left to ``bind``; those in ``column``,
    ``let`` and ``where`` are reported here. A column with a fault is left out
    and is ``faulty`` in the schema, so that the rest can still be bound. Of calls
    over rows in formulas those of the models ``asked`` are reported; None: of all.
    """
    _check_data(spec, sink)
    data = table
    declared = [s for s in spec.statements if isinstance(s, ColumnStatement)]
    table = declare(table, declared, sink)
    _warn_grouped(spec, data, table, sink)
    derived = Derivation(table, sink, asked=asked)
    derived.early(spec)
    conditions, certain = _where(spec, derived, sink)
    chosen = np.ones(derived.table.rows, dtype=np.bool_)
    for condition in conditions:
        chosen &= condition.true
    own, found = own_rows(spec, derived, chosen, sink)
    certain = certain and found
    if own is not None:
        conditions.append(own.condition)
        chosen &= own.condition.true
    known = chosen if certain else None
    derived.table = check_levels(derived.table, declared, known, sink)
    derived.spoil_with()
    table = derived.table
    used = used_columns(spec, table, sink, derived.inputs)
    if not table.rows:
        if not table.open:
            sink.add("empty-data", _data_span(spec), "the data have no rows")
            table = table.without(table.columns)
        derived.table = table
        return _prepared(spec, derived, np.zeros(0, np.int64), (), used, data, False)
    missing = {name: table.columns[name].missing for name in used}
    if own is not None:
        missing = {name: own.absent(name, gone) for name, gone in missing.items()}
    undefined = _check_undefined(used, derived, chosen, sink) if certain else set()
    for name in undefined:  # its rows are at fault, not missing
        del missing[name]
    empty = _check_missing(
        used.keys() - undefined, used, missing, chosen, certain, sink
    )
    empty |= check_gaps(missing.keys() - empty, used, table, sink)
    table = table.without(empty)
    for name in empty:
        del missing[name]
    complete = chosen.copy()
    for absent in missing.values():
        complete &= ~absent
    if not complete.any():
        if certain:
            _report_empty(spec, chosen, missing, table, sink)
        every = np.arange(table.rows, dtype=np.int64)
        derived.table = table
        return _prepared(spec, derived, every, (), used, data, False)
    rows = np.flatnonzero(complete).astype(np.int64)
    if certain:
        warn_summaries(spec, data, rows, used, _data_span(spec), sink)
        report_dropped(missing, used, conditions, spec, table, sink)
        numbers = table.numbers(rows)
        infinite = _check_infinite(missing, used, table.take(rows), numbers, sink)
        infinite |= undefined
        table = table.without(infinite)
    dropped = tuple(_dropped(conditions, chosen, complete, missing, table))
    derived.table = table
    kept = {} if own is None else own.kept
    places = {name: np.flatnonzero(there[rows]) for name, there in kept.items()}
    return _prepared(spec, derived, rows, dropped, used, data, certain, places)


def _prepared(
    spec: Spec,
    derived: Derivation,
    rows: Ints,
    dropped: tuple[Dropped, ...],
    used: Iterable[str],
    data: Table,
    certain: bool,
    kept: Mapping[str, Ints] = MappingProxyType({}),
) -> Prepared:
    table, early = derived.table, len(derived.computations)
    derived.table = table.take(rows)
    derived.late(spec)
    schema = schema_of(derived.table)
    return Prepared(
        table=derived.table,
        rows=table.numbers(rows),
        dropped=dropped,
        read=table.total,
        schema=schema,
        used=tuple(used),
        data=data,
        computed=tuple(derived.computations),
        early=early,
        certain=certain,
        choices=tuple(choices(spec, spec.models)),
        kept=kept,
    )


def _data_span(spec: Spec) -> Span:
    for statement in spec.statements:
        if isinstance(statement, DataStatement):
            return statement.path.span
    return Span(0, 0)


def _check_data(spec: Spec, sink: Sink) -> None:
    first: DataStatement | None = None
    for statement in spec.statements:
        if isinstance(statement, DataStatement):
            if first is not None:
                line = sink.source.position(first.span.start).line
                sink.add(
                    "misplaced-statement",
                    statement.span,
                    "a second `data` statement: a spec has one data file",
                    f"the first is on line {line}",
                )
            first = first or statement
            data_options(statement, sink)


def _warn_grouped(spec: Spec, data: Table, table: Table, sink: Sink) -> None:
    """Warn of columns that are read whose points may part thousands or decimals."""
    if table.open:
        return
    for name in sorted(columns_read(spec, table.columns)):
        # as it was read, or as it is without its codes for missing values
        for column in (data.columns.get(name), table.columns[name]):
            if column is not None and column.grouped is not None:
                warn_grouped(column, _data_span(spec), sink)
                break


# ---- where -------------------------------------------------------------------------


def _where(spec: Spec, derived: Derivation, sink: Sink) -> tuple[list[Condition], bool]:
    """Return the conditions that were computed, and whether these are all."""
    found: list[Condition] = []
    certain = True
    chosen = np.ones(derived.table.rows, dtype=np.bool_)
    for choice in choices(spec, spec.models):
        computed = computed_condition(choice, derived, chosen, sink)
        if computed is None:
            certain = False
        else:
            found.append(computed)
            chosen = chosen & computed.true
    return found, certain


# ---- the columns that the models use -----------------------------------------------


def used_columns(
    spec: Spec,
    table: Table,
    sink: Sink,
    inputs: Mapping[str, tuple[str, ...]] = _NONE,
) -> dict[str, Span]:
    """Return the columns that any model of a spec reads, and where first.

    ``inputs`` are those that are read in place of a name that is not computed yet.
    """
    used: dict[str, Span] = {}
    computed = {name for names in table.calls.values() for name in names}
    for name in (*names_read(spec), *columns_of_responses(spec)):
        if name.text == "." and not name.quoted:
            waiting = (column for found in inputs.values() for column in found)
            for column in (*table.columns, *waiting):
                if column not in computed and column in table.columns:
                    used.setdefault(column, name.span)
        elif name.text in inputs:
            for column in inputs[name.text]:
                if column in table.columns:  # else its fault has been reported
                    used.setdefault(column, name.span)
        elif name.text in table.columns:
            used.setdefault(name.text, name.span)
        elif name.text in table.unusable:
            report_unknown(name, table, sink)
    # what earlier rows or given bounds leave without a value is missing too
    for expression, span in _calls_read(spec):
        for column in table.calls.get(expression, ()):
            used.setdefault(column, span)
    return used


def _calls_read(spec: Spec) -> Iterator[tuple[str, Span]]:
    """Yield the calls over rows in formulas, by their text."""
    for expression in formula_expressions(spec):
        for call in stateful_calls(expression):
            yield expression_text(call), call.span


# ---- rows --------------------------------------------------------------------------


def _check_undefined(
    used: dict[str, Span], derived: Derivation, chosen: Booleans, sink: Sink
) -> set[str]:
    """Report the ``let`` that are no number in a row, and return their names.

    The logarithm of -1 is not missing: a row that has it is not to be dropped.
    """
    found: set[str] = set()
    for name in used:
        rows = derived.undefined(name) & chosen if name in derived.reads else None
        if rows is None or not rows.any():
            continue
        table = derived.table
        first = table.first(rows) + 1
        where = f"row {first}" if table.count(rows) == 1 else ""
        where = where or f"{table.count(rows):,} rows, first row {first}"
        sink.add(
            "infinite-value",
            used[name],
            f"`{name}` is no number in {where}",
            NO_NUMBER_NOTE,
        )
        found.add(name)
    return found


def _check_missing(
    names: Iterable[str],
    used: dict[str, Span],
    missing: dict[str, Booleans],
    chosen: Booleans,
    certain: bool,
    sink: Sink,
) -> set[str]:
    """Report the columns without a value; return their names."""
    empty: set[str] = set()
    for name in (name for name in used if name in names):
        span = used[name]
        if missing[name].all():
            message = f"the column `{name}` has no value at all"
        elif certain and chosen.any() and missing[name][chosen].all():
            message = f"`{name}` has no value in the rows that `where` leaves"
        else:
            continue
        sink.add("all-missing", span, message)
        empty.add(name)
    return empty


def _check_infinite(
    names: Iterable[str], used: dict[str, Span], kept: Table, rows: Ints, sink: Sink
) -> set[str]:
    """Report the columns with infinite values; return their names."""
    infinities: set[str] = set()
    for name in names:
        column = kept.columns[name]
        if not column.kind.is_number:
            continue
        infinite = np.isinf(column.values)
        if infinite.any():
            count, first = kept.count(infinite), int(rows[np.argmax(infinite)]) + 1
            where = f"row {first}" if count == 1 else f"{count:,} rows, first {first}"
            message = f"`{name}` is infinite in {where}"
            notes = (f"leave such rows out: `where abs({name_text(name)}) < 1e300`",)
            sink.add("infinite-value", used[name], message, *notes)
            infinities.add(name)
    return infinities


def _report_empty(
    spec: Spec,
    chosen: Booleans,
    missing: dict[str, Booleans],
    table: Table,
    sink: Sink,
) -> None:
    if not chosen.any():
        for choice in choices(spec, spec.models):
            message = f"`{choice.word}` leaves no row"
            sink.add("empty-data", choice.span, message)
            break
        return
    notes = tuple(
        f"`{name}` is missing in {table.count(absent & chosen):,} of "
        f"{table.count(chosen):,}"
        for name, absent in missing.items()
        if absent[chosen].any()
    )
    message = "no row has a value in every column that is used"
    sink.add("empty-data", _data_span(spec), message, *notes)


def _dropped(
    conditions: Sequence[Condition],
    chosen: Booleans,
    complete: Booleans,
    missing: dict[str, Booleans],
    table: Table,
) -> Iterator[Dropped]:
    for row in np.flatnonzero(~complete).tolist():
        number = row if table.firsts is None else int(table.firsts[row])
        count = 1 if table.counts is None else int(table.counts[row])
        if not chosen[row]:
            words = next(c.choice.word for c in conditions if not c.true[row])
            yield Dropped(number, f"`{words}` is false", count)
        else:
            absent = [f"`{name}`" for name, gone in missing.items() if gone[row]]
            yield Dropped(number, f"{_joined(absent)} missing", count)


def _joined(names: Iterable[str]) -> str:
    found = list(names)
    if len(found) == 1:
        return f"{found[0]} is"
    return f"{', '.join(found[:-1])} and {found[-1]} are"
