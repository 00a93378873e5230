"""Wide data: one row a person becomes one row a cell of the design.

``wide(rating: "late_CS+" = (block=late, cs="CS+"), ...)`` names the columns that
hold one response and, of each, the cell that it stands for. Row ``r`` of the file
becomes the rows ``k (r - 1) + 1`` to ``k r``, one for each of its ``k`` columns in
the order in which they are named; all other columns are repeated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from varying.grammar.diagnostics import Sink, did_you_mean
from varying.grammar.printer import expression_text, name_text, string_text
from varying.grammar.reads import names_written
from varying.grammar.source import Span
from varying.grammar.spelling import spell_number
from varying.grammar.tree import (
    ColumnStatement,
    Expr,
    Name,
    Number,
    Option,
    Spec,
    String,
    Unary,
    Wide,
    WideColumn,
)
from varying.grammar.walk import unwrap

from .missing import statement_codes, take_out_of_all
from .spellings import nearly_numbers
from .table import Column, Ints, Kind, Table
from .texts import MISSING, text_column

#: The column with the numbers of the rows of the file, made where a spec names it.
ROW = "row"

#: A level as a text, or a number.
LevelValue = str | float


@dataclass(frozen=True, slots=True)
class WideLayout:
    """What a ``wide`` says, once it is known to hold together.

    Attributes
    ----------
    response
        The new column with the values.
    sources
        The columns that they come from.
    factors
        The new columns that say which cell it is, and their values by source.
    """

    response: str
    sources: tuple[str, ...]
    factors: Mapping[str, tuple[LevelValue, ...]]


def widen(wide: Wide, table: Table | None, spec: Spec, sink: Sink) -> Table | None:
    """Return the table with one row a cell; None after a fault.

    A table that is long already, as one from a fit file, is returned as it is.
    """
    layout = _layout(wide, sink)
    if table is None or layout is None:
        return None
    if table.open or table.long:
        return table
    if not _fits(wide, layout, table, sink):
        return None
    table = _without_codes(layout, table, spec, sink)
    values = _joined(wide, layout, table, sink)
    if values is None:
        return None
    count = len(layout.sources)
    # each row of the file as often as there are cells
    rows = np.repeat(np.arange(table.rows, dtype=np.int64), count)
    columns = {
        name: column.take(rows)
        for name, column in table.columns.items()
        if name not in layout.sources
    }
    for name, levels in layout.factors.items():
        columns[name] = _factor(name, levels, table.rows)
    columns[layout.response] = values
    gone = f"`wide(...)` has made it a part of `{layout.response}`"
    if ROW not in columns and reads_row(spec):
        columns[ROW] = _row_numbers(table, count)
        sink.add(
            "row-numbers",
            wide.span,
            f"`{ROW}` is the number of the row of the file that a row was made of",
        )
    return replace(
        table,
        columns=columns,
        rows=len(rows),
        unusable={**table.unusable, **dict.fromkeys(layout.sources, gone)},
        layout=None,
        long=True,
        unread=tuple(n for n in table.unread if n not in layout.sources),
        counts=None if table.counts is None else np.repeat(table.counts, count),
        firsts=None if table.firsts is None else _numbers(table.firsts, count),
    )


def reads_row(spec: Spec) -> bool:
    """Whether a spec names the numbers of the rows, so that no two are equal."""
    return ROW in names_written(spec)


def _numbers(firsts: Ints, count: int) -> Ints:
    return (firsts[:, None] * count + np.arange(count)).reshape(-1)


def _row_numbers(table: Table, count: int) -> Column:
    levels = tuple(str(number + 1) for number in range(table.rows))
    codes = np.repeat(np.arange(table.rows, dtype=np.int64), count)
    return Column(ROW, Kind.FACTOR, codes, levels, declared=True)


# ---- what is written -----------------------------------------------------------------


def _layout(wide: Wide, sink: Sink) -> WideLayout | None:
    """Return what a ``wide`` says; None if that does not hold together."""
    cells: list[dict[str, LevelValue]] = []
    good = True
    for source in wide.columns:
        cell = _cell(source, wide, sink)
        good = good and cell is not None
        cells.append(cell or {})
    sources = [source.column.text for source in wide.columns]
    for place, source in enumerate(wide.columns):
        if source.column.text in sources[:place]:
            message = f"`{source.column.text}` stands for two cells"
            note = "each column of the file stands for one"
            sink.add("wide-cells", source.column.span, message, note)
            good = False
    if not good:
        return None
    names = list(cells[0])
    seen: dict[tuple[LevelValue, ...], str] = {}
    for source, cell in zip(wide.columns, cells, strict=True):
        if set(cell) != set(names):
            _other_factors(source, cell, names, wide.columns[0], sink)
            good = False
            continue
        key = tuple(cell[name] for name in names)
        if key in seen:
            message = f"`{source.column.text}` stands for the cell of `{seen[key]}`"
            there = {name: cell[name] for name in names}
            sink.add("wide-cells", source.span, message, _cell_text(there))
            good = False
        seen.setdefault(key, source.column.text)
    if not good:
        return None
    factors = {name: tuple(cell[name] for cell in cells) for name in names}
    return WideLayout(wide.response.text, tuple(sources), factors)


def _cell(source: WideColumn, wide: Wide, sink: Sink) -> dict[str, LevelValue] | None:
    found: dict[str, LevelValue] = {}
    for option in source.cell:
        name = option.name.text
        level = _level(option.value)
        if level is None:
            text = expression_text(option.value)
            message = f"`{text}` is no level of `{name}`"
            note = "a level is a name, a number or a text in quotes"
            sink.add("invalid-argument", option.value.span, message, note)
            return None
        if level in MISSING:
            message = f"`{expression_text(option.value)}` is a missing value, no level"
            sink.add("invalid-argument", option.value.span, message)
            return None
        if name in found:
            message = f"`{name}` is given twice for `{source.column.text}`"
            sink.add("duplicate-option", option.span, message)
            return None
        if name == wide.response.text:
            message = f"`{name}` is the response and cannot be a factor of its cells"
            sink.add("duplicate-column", option.name.span, message)
            return None
        found[name] = level
    return found


def _level(value: Expr) -> LevelValue | None:
    match unwrap(value):
        case Name(text=text) | String(text=text):
            return text
        case Number(value=number):
            return number
        case Unary(operator="-", operand=Number(value=number)):
            return -number
    return None


def _other_factors(
    source: WideColumn,
    cell: Mapping[str, LevelValue],
    names: Sequence[str],
    first: WideColumn,
    sink: Sink,
) -> None:
    missing = [f"`{name}`" for name in names if name not in cell]
    further = [f"`{name}`" for name in cell if name not in names]
    notes = [
        *([f"it lacks {', '.join(missing)}"] if missing else []),
        *([f"the first has no {', '.join(further)}"] if further else []),
    ]
    text, other = source.column.text, first.column.text
    message = f"`{text}` has other factors than the first column, `{other}`"
    sink.add("wide-cells", source.span, message, *notes)


def _cell_text(cell: Mapping[str, LevelValue]) -> str:
    return ", ".join(
        f"{name}={level if isinstance(level, str) else spell_number(level)}"
        for name, level in cell.items()
    )


# ---- beside the table ----------------------------------------------------------------


def _fits(wide: Wide, layout: WideLayout, table: Table, sink: Sink) -> bool:
    """Whether the columns that are named are there, and the new ones are new."""
    good = True
    for source in wide.columns:
        name = source.column.text
        if name in table.columns:
            continue
        good = False
        if name in table.faulty:
            continue
        if name in table.unusable:
            message = f"column `{name}` cannot be used"
            note = table.unusable[name]
            sink.add("wrong-type", source.column.span, message, note)
            continue
        known = (*table.columns, *table.unread)
        spell = string_text if isinstance(source.column, String) else name_text
        notes, fix = did_you_mean(name, known, source.column.span, "columns", spell)
        message = f"`{name}` is not a column of the data"
        sink.add("unknown-column", source.column.span, message, *notes, fix=fix)
    kept = {*table.columns, *table.unusable, *table.unread} - set(layout.sources)
    for name, span in _new_names(wide):
        if name in kept:
            message = f"`{name}` exists already in the data"
            note = "give the new column a name of its own"
            sink.add("duplicate-column", span, message, note)
            good = False
    return good


def _new_names(wide: Wide) -> list[tuple[str, Span]]:
    first: tuple[Option, ...] = wide.columns[0].cell
    factors = [(option.name.text, option.name.span) for option in first]
    return [(wide.response.text, wide.response.span), *factors]


# ---- columns -------------------------------------------------------------------------


def _factor(name: str, levels: Sequence[LevelValue], rows: int) -> Column:
    """Return a column that says which cell a row is.

    Levels are in the order in which they are first named. Where all are numbers, the
    column is one of numbers.
    """
    if all(isinstance(level, float) for level in levels):
        numbers = np.array(levels, np.float64)
        whole = bool(np.all(numbers == np.floor(numbers)))
        kind = Kind.INTEGER if whole else Kind.NUMERIC
        return Column(name, kind, np.tile(numbers, rows))
    texts = [x if isinstance(x, str) else spell_number(x) for x in levels]
    order = tuple(dict.fromkeys(texts))
    codes = np.array([order.index(text) for text in texts], np.int64)
    return Column(name, Kind.FACTOR, np.tile(codes, rows), order, declared=True)


def _without_codes(layout: WideLayout, table: Table, spec: Spec, sink: Sink) -> Table:
    """Return the table without what the response's ``missing=`` names.

    That is done before the columns are joined: without its codes a column may be one of
    numbers, as the others are.
    """
    for statement in spec.statements:
        if not isinstance(statement, ColumnStatement):
            continue
        for name in statement.columns:
            if name.text != layout.response:
                continue
            # what is wrong with a statement is reported where it is applied
            codes = statement_codes(statement, Sink(spec.source)) or ()
            declared = statement.type.name.text
            kind = Kind(declared) if declared in set(Kind) else Kind.FACTOR
            columns = [table.columns[source] for source in layout.sources]
            taken = take_out_of_all(
                name.text, columns, codes, table, kind, name.span, sink
            )
            columns_of = {column.name: column for column in taken}
            return replace(table, columns={**table.columns, **columns_of})
    return table


def _joined(wide: Wide, layout: WideLayout, table: Table, sink: Sink) -> Column | None:
    """Return the columns of the responses as one; None if they do not go together."""
    sources = [table.columns[name] for name in layout.sources]
    # a column without a value has no type of its own
    filled = [column for column in sources if not column.missing.all()] or sources[:1]
    first = filled[0]
    name = layout.response
    if all(column.kind.is_number for column in filled):
        whole = all(column.kind is Kind.INTEGER for column in filled)
        kind = Kind.INTEGER if whole else Kind.NUMERIC
        values = _woven([_as_numbers(column) for column in sources])
        spelled = None
        if any(column.spelled is not None for column in sources):
            spelled = text_column(name, _woven_texts(sources), ("",))
        grouped = next((c.grouped for c in sources if c.grouped is not None), None)
        return Column(name, kind, values, spelled=spelled, grouped=grouped)
    if all(column.kind.is_number or _nearly_numbers(column) for column in filled):
        # as a column of the long file, in which a few cells are no numbers
        return _texts_as_one(name, sources)
    other = next((c for c in filled if not _alike(c, first)), None)
    if other is not None:
        place = layout.sources.index(other.name)
        message = f"`{other.name}` is {_described(other)} and `{first.name}` is "
        sink.add(
            "wrong-type",
            wide.columns[place].column.span,
            message + _described(first),
            f"both become `{name}`, which has one type",
        )
        return None
    if first.kind is Kind.TEXT:
        return _texts_as_one(name, sources)
    codes = [
        column.values if column in filled else np.full(table.rows, -1, np.int64)
        for column in sources
    ]
    return replace(first, name=name, values=_woven(codes))


def _nearly_numbers(column: Column) -> bool:
    """Whether a column holds texts for a few of its cells, or for their commas."""
    if column.kind is not Kind.TEXT or column.decimal is None:
        return False
    return nearly_numbers(column.levels)


def _texts_as_one(name: str, sources: Sequence[Column]) -> Column:
    decimal = next((c.decimal for c in sources if c.decimal is not None), None)
    column = text_column(name, _woven_texts(sources, decimal), ("",))
    return replace(column, decimal=decimal)


def _alike(column: Column, first: Column) -> bool:
    """Whether two columns of levels, one of which may hold numbers, go together."""
    if column.kind is not first.kind:
        return False
    return column.kind is Kind.TEXT or column.levels == first.levels


def _described(column: Column) -> str:
    if column.kind.is_number:
        return "numeric"
    if column.kind in (Kind.TEXT, Kind.LOGICAL):
        return str(column.kind)
    shown = ", ".join(f"`{level}`" for level in column.levels[:6])
    more = ", ..." if len(column.levels) > 6 else ""
    return f"{column.kind} ({shown}{more})"


def _as_numbers(column: Column) -> Any:
    if column.kind.is_number:
        return column.values
    return np.full(len(column.values), np.nan)


def _woven(arrays: Sequence[Any]) -> Any:
    """Return the values row by row, of each row one from every array."""
    return np.stack(arrays, axis=1).reshape(-1)


def _woven_texts(columns: Sequence[Column], decimal: str | None = None) -> list[str]:
    woven = zip(*(_texts(column, decimal) for column in columns), strict=True)
    return [text for row in woven for text in row]


def _texts(column: Column, decimal: str | None) -> list[str]:
    """Return the values as cells, with the sign before decimals that these have."""
    source = column if column.spelled is None else column.spelled
    if source.kind.is_number:
        numbers = source.values.tolist()
        texts = ["" if value != value else spell_number(value) for value in numbers]
        return [text.replace(".", decimal or ".") for text in texts]
    return ["" if code < 0 else source.levels[code] for code in source.values.tolist()]
