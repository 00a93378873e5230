"""Codes for missing values that ``column`` statements name: ``missing=[-99, "."]``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from varying.grammar.diagnostics import Sink
from varying.grammar.printer import expression_text
from varying.grammar.source import Span
from varying.grammar.spelling import spell_number
from varying.grammar.tree import (
    ColumnStatement,
    DataStatement,
    Expr,
    ListExpr,
    Name,
    Number,
    Spec,
    String,
    Unary,
)
from varying.grammar.walk import unwrap

from .table import Column, Kind, Table
from .texts import column_of_cells, parse_numbers

#: A code: a number, which is found by its value, or a text.
MissingCode = float | str


def read_codes(value: Expr, sink: Sink) -> tuple[MissingCode, ...] | None:
    """Return the codes of ``missing=``; None after a fault."""
    listed = unwrap(value)
    items = listed.items if isinstance(listed, ListExpr) else (value,)
    found = [_code(item) for item in items]
    for item, code in zip(items, found, strict=True):
        if code is None:
            message = f"`{expression_text(item)}` is no code for a missing value"
            note = 'codes are numbers and texts: `missing=[-99, "refused"]`'
            sink.add("invalid-argument", item.span, message, note)
            return None
    return tuple(code for code in found if code is not None)


def _code(item: Expr) -> MissingCode | None:
    match unwrap(item):
        case Name(text=text) | String(text=text):
            return text
        case Number(value=number):
            return number
        case Unary(operator="-", operand=Number(value=number)):
            return -number
        case Unary(operator="+", operand=Number(value=number)):
            return number
    return None


def codes_of(spec: Spec) -> Mapping[str, tuple[MissingCode, ...]]:
    """Return the codes for missing values of each column, as far as they are right.

    Those of a response that ``wide(...)`` makes are codes of the columns that it is
    made of.
    """
    found: dict[str, tuple[MissingCode, ...]] = {}
    for statement in spec.statements:
        if isinstance(statement, ColumnStatement):
            codes = statement_codes(statement, Sink(spec.source))
            found |= {name.text: codes for name in statement.columns if codes}
    for statement in spec.statements:
        if isinstance(statement, DataStatement) and statement.wide is not None:
            codes = found.get(statement.wide.response.text, ())
            sources = [source.column.text for source in statement.wide.columns]
            found |= {name: codes for name in sources if codes}
    return found


def statement_codes(
    statement: ColumnStatement, sink: Sink
) -> tuple[MissingCode, ...] | None:
    """Return the codes of a ``column`` statement; None after a fault."""
    for option in statement.options:
        if option.name.text == "missing":
            return read_codes(option.value, sink)
    return ()


def take_out(
    column: Column,
    codes: Sequence[MissingCode],
    table: Table,
    kind: Kind,
    span: Span,
    sink: Sink,
) -> Column:
    """Return a column of a table with nothing in the place of its codes.

    Parameters
    ----------
    column, table
        The column as it was read, and what it is part of.
    codes
        Of missing values.
    kind
        What the column is declared to be.
    span, sink
        Take the note that says how often each code is there.
    """
    (found,) = take_out_of_all(column.name, [column], codes, table, kind, span, sink)
    return found


def take_out_of_all(
    name: str,
    columns: Sequence[Column],
    codes: Sequence[MissingCode],
    table: Table,
    kind: Kind,
    span: Span,
    sink: Sink,
) -> Sequence[Column]:
    """Return columns of which one of a name is made without its codes; as ``take_out``.

    The note counts what all of them have.
    """
    if not codes:
        return columns
    found = [_taken(column, codes) for column in columns]
    count = sum(table.count(one.gone) for one in found)
    if not count:
        return columns
    notes = [
        f"`{_spelled(code)}`: {sum(table.count(one.by_code[n]) for one in found):,}"
        for n, code in enumerate(codes)
    ]
    values = "1 value is" if count == 1 else f"{count:,} values are"
    message = f"{values} missing in `{name}` by the codes that are declared"
    sink.add("missing-codes", span, message, *notes)
    pairs = zip(columns, found, strict=True)
    return [_read_again(column, one.gone, kind) for column, one in pairs]


@dataclass(frozen=True, slots=True)
class _Taken:
    """The rows that hold a code, and those of each code."""

    gone: NDArray[np.bool_]
    by_code: Sequence[NDArray[np.bool_]]


def _taken(column: Column, codes: Sequence[MissingCode]) -> _Taken:
    by_code = [_where(column, code) for code in codes]
    return _Taken(np.any(by_code, axis=0), by_code)


def _read_again(column: Column, gone: NDArray[np.bool_], kind: Kind) -> Column:
    """Return a column without some of its values: the others may be numbers."""
    if not gone.any():
        return column
    found = _without(column, gone)
    if found.kind is not Kind.TEXT or kind is Kind.TEXT:
        return found
    if column.decimal is None and not kind.is_number:
        return found  # the file says that they are texts
    # as if the file had left these cells empty
    texts = np.array([*found.levels, ""], dtype=object)[found.values].tolist()
    return column_of_cells(column.name, texts, column.decimal or ".")


def _where(column: Column, code: MissingCode) -> NDArray[np.bool_]:
    number = _number(code)
    if column.kind.is_number:
        by_value = column.values == number
        return np.asarray(by_value, dtype=np.bool_)
    found = []
    for place, level in enumerate(column.levels):
        if isinstance(code, str):
            same = level.strip() == code.strip()
        elif column.numbers is not None:
            same = column.numbers[place] == code
        else:
            same = _number(level) == code
        if same:
            found.append(place)
    return np.isin(column.values, found)


def _number(code: MissingCode) -> float:
    if isinstance(code, str):
        return (parse_numbers([code]) or {}).get(code, float("nan"))
    return code


def _without(column: Column, gone: NDArray[np.bool_]) -> Column:
    """Return a column without some of its values, and without levels of no row."""
    spelled = None if column.spelled is None else _without(column.spelled, gone)
    if column.kind.is_number:
        values = np.where(gone, np.nan, column.values)
        return replace(column, values=values, spelled=spelled)
    lost = set(np.unique(column.values[gone]).tolist())
    if column.kind is Kind.LOGICAL:
        return replace(column, values=np.where(gone, -1, column.values))
    kept = [place for place in range(len(column.levels)) if place not in lost]
    place_of = np.full(len(column.levels) + 1, -1, dtype=np.int64)
    place_of[kept] = np.arange(len(kept))
    numbers = column.numbers
    return replace(
        column,
        values=place_of[column.values],
        levels=tuple(column.levels[place] for place in kept),
        numbers=None if numbers is None else tuple(numbers[place] for place in kept),
    )


def _spelled(code: MissingCode) -> str:
    return code if isinstance(code, str) else spell_number(code)


def coded_as_missing(codes: Sequence[MissingCode], value: object) -> bool:
    """Whether a code of a file that has labels is one of those declared."""
    return any(_same(code, value) for code in codes)


def _same(code: MissingCode, value: object) -> bool:
    if isinstance(value, str):
        return value.strip() == (code if isinstance(code, str) else _spelled(code))
    return isinstance(value, int | float) and value == _number(code)


def script_codes(spec: Spec) -> Iterator[tuple[str, list[str], list[float]]]:
    """Yield columns with their codes that are texts, and those that are numbers."""
    for name, codes in codes_of(spec).items():
        texts = [code for code in codes if isinstance(code, str)]
        yield name, texts, [code for code in codes if not isinstance(code, str)]
