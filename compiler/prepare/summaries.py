"""Rows at the end of the data that may be no observations, but sums or means."""

from __future__ import annotations

from collections.abc import Mapping

from varying.grammar.diagnostics import Sink
from varying.grammar.printer import name_text, string_text
from varying.grammar.source import Span
from varying.grammar.tree import ColumnStatement, Spec

from ..data.formats.footer import last_summaries
from ..data.table import Ints, Kind, Table


def warn_summaries(
    spec: Spec,
    data: Table,
    rows: Ints,
    used: Mapping[str, Span],
    span: Span,
    sink: Sink,
) -> None:
    """Warn of rows that are used and called a total or the like in a column.

    Also in one that no model reads: the row is used all the same.

    Parameters
    ----------
    spec
        Its ``column`` statements may say that such a level is meant.
    data
        As they were read.
    rows
        Those used, by their place in ``data``.
    used
        The columns that the models read, and where.
    span
        Of the data.
    sink
        Takes the warning.
    """
    if data.partial:
        return  # the last rows are not there
    stated = {
        name.text
        for statement in spec.statements
        if isinstance(statement, ColumnStatement)
        and (statement.type.levels is not None or statement.type.name.text == "text")
        for name in statement.columns
    }
    for name in sorted(data.columns, key=lambda name: name not in used):
        column = data.columns[name]
        if column.kind is not Kind.TEXT or name in stated:
            continue
        found = last_summaries(column, rows, runs=data.long)
        if not found:
            continue
        listed = " and ".join(f"`{level}`" for level in found)
        left_out = " & ".join(
            f"{name_text(name)} != {string_text(level)}" for level in found
        )
        several = len(found) > 1
        sink.add(
            "summary-row",
            used.get(name, span),
            f"`{name}` is {listed} in the last {'rows' if several else 'row'}, which "
            f"may be no observation{'s' if several else ''}",
            f"if {'they are' if several else 'it is'} a sum or a mean of the others, "
            f"delete it in the data, or leave it out: `where {left_out}`",
            f"if not: `column {name_text(name)}: text`",
        )
        return
