"""The data of a spec: the file that it names, or what is given in its place."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from varying.grammar.diagnostics import Sink
from varying.grammar.source import Source, Span
from varying.grammar.tree import DataStatement, Spec

from ..data.file import DataFile
from ..data.options import DataOptions, data_options
from ..data.table import Table
from ..data.wanted import Wanted
from ..data.wide import reads_row, widen
from ..expressions.calls import reads_order
from .request import Request


def data_statement(spec: Spec) -> DataStatement | None:
    """Return the first ``data`` statement of a spec."""
    found = [s for s in spec.statements if isinstance(s, DataStatement)]
    return found[0] if found else None


def data_of(spec: Spec, request: Request, sink: Sink, whole: bool) -> Table | None:
    """Return the data of a spec; None if there are none, or after a fault.

    Parameters
    ----------
    spec
        Names the file, says how it is read and whether its rows are wide.
    request
        May have data, or another file, in the place of that file.
    sink
        Takes the faults.
    whole
        As in ``read_data``.
    """
    table, reduce, read = request.table, request.reduce, request.reader.read
    wanted = Wanted.by(spec)
    statement = data_statement(spec)
    options = DataOptions() if statement is None else data_options(statement, sink)
    wide = None if statement is None else statement.wide
    if reads_order(spec) or (wide is not None and reads_row(spec)):
        reduce = False  # equal rows differ in their places
    if isinstance(table, DataFile):
        # nothing of the spec is the place of what is wrong with it
        own = Sink(Source("", str(table.path)))
        kept = False if reduce is False else table.reduce
        other = DataFile(table.path, kept, replace(options, given=()))
        table = read(other, wanted, own, Span(0, 0), whole=whole)
        own.raise_errors()
        for said in own.diagnostics:
            sink.add(said.rule, Span(0, 0), said.message, *said.notes)
    elif table is None and statement is not None:
        path = request.beside(Path(statement.path.text))
        file = DataFile(path, reduce, options)
        table = read(file, wanted, sink, statement.path.span, whole=whole)
        if table is not None and table.layout is not None:
            # a script names the file as the spec does
            layout = replace(table.layout, path=statement.path.text)
            table = replace(table, layout=layout)
    if wide is not None:
        table = widen(wide, table, spec, sink)
    if table is not None and table.counts is not None:
        sink.add(
            "rows-reduced",
            Span(0, 0) if statement is None else statement.path.span,
            f"{table.total:,} rows of the data are {table.rows:,} cells",
            "rows that are equal in all columns that the spec reads are one, counted "
            "as often; predictions are by cell",
        )
    return table
