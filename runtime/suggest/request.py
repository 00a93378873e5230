"""What ``suggest`` is asked, against the data: columns, trials, tops of scales."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from varying.compiler.data.spellings import (
    comma_note,
    looks_missing,
    stray_texts,
    with_comma,
)
from varying.compiler.data.table import Column, Kind, Table
from varying.compiler.data.texts import parse_numbers
from varying.grammar.diagnostics import ModelError, Sink, nearest
from varying.grammar.source import Source, Span

from ..compare.report import in_words
from ..interface.arguments import ArgumentError, given

__all__ = ["SuggestRequest", "Odd", "numbers_but_for_a_few"]

#: Cells that are named in a sentence.
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Odd:
    """A text in a column of numbers, and the rows of the data that have it, from 1."""

    text: str
    rows: tuple[int, ...]
    count: int

    def __str__(self) -> str:
        if not self.rows:
            return f"`{self.text}` ({self.count:,} times)"
        rows = ", ".join(map(str, self.rows[:SHOWN]))
        more = ", ..." if self.count > SHOWN else ""
        return f"`{self.text}` (row{'s' if self.count > 1 else ''} {rows}{more})"


@dataclass(frozen=True, slots=True)
class SuggestRequest:
    """The data that are asked of, and where faults are said to be."""

    table: Table
    source: Source

    def fault(self, rule: str, message: str, *notes: str) -> ModelError:
        """Return the error that says what is wrong with what is asked."""
        sink = Sink(self.source)
        sink.add(rule, Span(0, len(self.source.text)), message, *notes)
        return ModelError(tuple(sink.diagnostics))

    def column(self, name: Any, what: str) -> Column:
        """Return a column by its name."""
        if not isinstance(name, str):
            raise ArgumentError(f"{what} is the name of a column, not {given(name)}")
        known = self.table.columns
        if name in known:
            return known[name]
        near = nearest(name, list(known))
        notes = [f"did you mean `{near[0]}`?"] if near else []
        if name in self.table.unusable:
            message = f"column `{name}` cannot be used"
            raise self.fault("wrong-type", message, self.table.unusable[name])
        notes.append(f"columns are {in_words([f'`{one}`' for one in known])}")
        raise self.fault("unknown-column", f"there is no column `{name}`", *notes)

    def group(self, by: str | None, response: str) -> None:
        """Check the column of people or groups."""
        if by is None:
            return
        self.column(by, "by")
        if by == response:
            raise ArgumentError(f"by is the response itself, {by!r}: it groups nothing")

    def top(self, top: float | None, response: Column) -> None:
        """Check the top of a scale."""
        if top is None:
            return
        if isinstance(top, bool) or not isinstance(top, int | float):
            raise ArgumentError(f"top is a number, not {given(top)}")
        if not np.isfinite(top) or top != np.floor(top):
            raise ArgumentError(f"top is a whole number, not {top!r}")
        values = _values(response)
        if values is None or (values != np.floor(values)).any():
            raise self.fault(
                "wrong-type",
                f"`{response.name}` has no whole numbers, and a top is that of a "
                "scale of them",
            )
        if len(values) and values.max() > top:
            raise self.fault(
                "invalid-argument",
                f"`{response.name}` holds {values.max():g}, which is beyond the top "
                f"{top:g}",
            )

    def trials(self, trials: Any, response: Column) -> str | None:
        """Return what stands in ``trials(...)``: a column or a number."""
        if trials is None:
            return None
        number = _number(trials, self.table)
        values = _values(response)
        if values is None or ((values != np.floor(values)) | (values < 0)).any():
            raise self.fault(
                "wrong-type",
                f"`{response.name}` does not count successes: these are whole numbers "
                "from 0 on",
            )
        if number is None:
            column = self.column(trials, "trials")
            if trials == response.name:
                raise ArgumentError(f"trials is the response itself, {trials!r}")
            of = _values(column, missing=True)
            if of is None or ((of != np.floor(of)) | (of < 0))[~np.isnan(of)].any():
                raise self.fault(
                    "wrong-type",
                    f"`{trials}` holds no numbers of trials: these are whole numbers, "
                    "0 or more",
                )
            most: Any = of
        else:
            most = np.full(self.table.rows, float(number))
        counts = _values(response, missing=True)
        assert counts is not None  # as above
        above = counts > most
        if above.any():
            row = int(np.argmax(above))
            raise self.fault(
                "invalid-argument",
                f"`{response.name}` is {counts[row]:g} of {most[row]:g} trials in row "
                f"{int(self.table.numbers(np.array([row]))[0]) + 1}",
                "no more can succeed than are tried",
            )
        return trials if number is None else str(number)


def _number(trials: Any, table: Table) -> int | None:
    """Return a number of trials that is the same in all rows; None: a column."""
    if isinstance(trials, str) and trials.strip().isdecimal():
        trials = trials if trials in table.columns else int(trials)
    if isinstance(trials, bool) or not isinstance(trials, int):
        return None
    if trials < 1:
        raise ArgumentError(f"trials is 1 or more, not {trials}")
    return trials


def _values(column: Column, *, missing: bool = False) -> NDArray[Any] | None:
    """Return the numbers of a column; None if it has none."""
    if column.kind.is_number:
        values = np.asarray(column.values, dtype=float)
    elif column.numbers is not None:
        codes = np.asarray(column.values)
        known = np.asarray(column.numbers, dtype=float)[np.maximum(codes, 0)]
        values = np.where(codes < 0, np.nan, known)
    else:
        return None
    return values if missing else values[~np.isnan(values)]


def numbers_but_for_a_few(
    asked: SuggestRequest, column: Column
) -> tuple[Column, list[Odd]]:
    """Return a column of texts as numbers, if nearly all are, and what are none.

    Words for a missing value count as neither.
    """
    levels = column.levels
    if column.kind is not Kind.TEXT or column.declared:
        return column, []
    if with_comma(levels) is not None:
        notes = comma_note(levels, column.decimal)
        message = f"`{column.name}` has numbers with commas, and is no number so far"
        raise asked.fault("wrong-type", message, *notes)
    odd = {text for text in levels if parse_numbers([text]) is None}
    words = {text for text in odd if looks_missing(text)}
    if not odd or len(odd) == len(levels) or (odd != words and not stray_texts(levels)):
        return column, []
    parsed = parse_numbers([text for text in levels if text not in odd]) or {}
    known = np.array([parsed.get(text, np.nan) for text in levels])
    codes = np.asarray(column.values)
    values = np.where(codes < 0, np.nan, known[np.maximum(codes, 0)])
    there = values[~np.isnan(values)]
    kind = Kind.INTEGER if (there == np.floor(there)).all() else Kind.NUMERIC
    found = []
    for text in sorted(odd):
        rows_of = codes == levels.index(text)
        places = np.flatnonzero(rows_of)
        merged = asked.table.counts is not None
        rows = () if merged else tuple(int(place) + 1 for place in places[:SHOWN])
        found.append(Odd(text, rows, asked.table.count(rows_of)))
    found.sort(key=lambda one: one.rows)
    numbers = replace(column, kind=kind, values=values, levels=(), numbers=None)
    return numbers, found
