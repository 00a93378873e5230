"""Plain files with many rows, by DuckDB: the columns that are read, and no others.

The rows come in pieces. A number is kept as a number, a text once and then as its
place, so that what is held is what the table holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from .duck import text_rows
from .found import Reads
from .plain import open_sheet
from .table import Column, Floats, Ints, Kind, Table
from .texts import (
    LEADING_ZERO,
    column_of_cells,
    has_fraction,
    is_missing,
    missing_spellings,
    parse_numbers,
    with_point,
)
from .values import NO_NAME


def read_large(
    path: Path, decimal: str, reads: Reads, head: int, quoted: bool
) -> Table | None:
    """Return the table in a plain file; None where it is to be read with more care.

    Parameters
    ----------
    path
        UTF-8 with a header.
    decimal
        The sign before decimals.
    reads
        Which of the columns in it are read.
    head
        How many rows to read at most; of a longer file the table is ``partial``.
    quoted
        Whether there are quotes in it.
    """
    with open_sheet(path) as sheet:
        header, layout = sheet.header, sheet.layout
    read = reads([name for name in header if name])
    wanted = [i for i, name in enumerate(header) if name in read]
    if not wanted or len(header) == 1:
        return None  # in a file of one column an empty line is a missing value
    makers: dict[int, _Numbers | _Texts] = {i: _Numbers(decimal) for i in wanted}
    rows = 0
    missing: set[str] = set()
    # a column that turns out to hold texts late is read a second time
    left, first = list(wanted), True
    while left:
        late = []
        count = 0
        for piece in text_rows(path, layout.delimiter, len(header), left, head + 1):
            if piece is None:
                return None
            number = min(len(piece), head - count)
            columns = zip(*piece[:number], strict=True)
            for i, cells in zip(left, columns, strict=False):
                maker = makers[i]
                missing |= missing_spellings(cells)
                if maker.add(cells):
                    continue
                if isinstance(maker, _Numbers) and not maker.pieces:
                    makers[i] = _Texts(decimal, [*cells])
                elif i not in late:
                    late.append(i)
            count += len(piece)
        rows, partial = min(count, head), count > head
        if not first and late:
            return None
        makers |= {i: _Texts(decimal) for i in late}
        left, first = late, False
    if layout.delimiter != "\t":
        if quoted and any(cell.startswith(" ") for cell in missing):
            return None
        missing = {*missing_spellings(cell.lstrip(" ") for cell in missing)}
    made: dict[str, Column] = {}
    for i in wanted:
        column = makers.pop(i).column(header[i], layout.delimiter, quoted)
        if column is None or len(column.values) != rows:
            return None
        made[header[i]] = column
    return Table(
        str(path),
        made,
        rows,
        partial,
        {} if all(header) else {"": NO_NAME},
        layout=replace(layout, decimal=decimal, missing=tuple(sorted(missing))),
        unread=tuple(name for name in header if name and name not in read),
    )


class _Numbers:
    """A column of numbers, as long as it is one."""

    def __init__(self, decimal: str) -> None:
        self._decimal = decimal
        self._whole, self._any = True, False
        self.pieces: list[Floats] = []

    def add(self, cells: Sequence[str]) -> bool:
        """Take some cells; whether they are numbers, without leading zeros."""
        if self._decimal == ",":
            if any("." in cell for cell in cells):
                return False  # what a point does is known from all cells
            plain, _ = with_point(cells)
            if plain is cells and not all(map(is_missing, cells)):
                return False
            cells = plain
        different = dict.fromkeys(cells)
        absent = [text for text in different if is_missing(text)]
        for text in absent:
            del different[text]
        numbers = parse_numbers(different)
        if numbers is None or any(map(LEADING_ZERO.fullmatch, different)):
            return False
        self._any = self._any or bool(different)
        self._whole = self._whole and not any(map(has_fraction, different))
        of = dict.fromkeys(absent, np.nan) | numbers
        self.pieces.append(
            np.fromiter((of[cell] for cell in cells), np.float64, len(cells))
        )
        return True

    def column(self, name: str, delimiter: str, quoted: bool) -> Column | None:
        """Return the column."""
        kind = Kind.INTEGER if self._whole and self._any else Kind.NUMERIC
        return Column(name, kind, np.concatenate([np.zeros(0), *self.pieces]))


class _Texts:
    """A column of other cells: each text once, and its place in every row."""

    def __init__(self, decimal: str, cells: Sequence[str] = ()) -> None:
        self._decimal = decimal
        self._places: dict[str, int] = {}
        self._pieces: list[Ints] = [np.zeros(0, np.int64)]
        self.add(cells)

    def add(self, cells: Sequence[str]) -> bool:
        """Take some cells."""
        places = self._places
        for text in dict.fromkeys(cells):
            places.setdefault(text, len(places))
        found = np.fromiter((places[text] for text in cells), np.int64, len(cells))
        self._pieces.append(found)
        return True

    def column(self, name: str, delimiter: str, quoted: bool) -> Column | None:
        """Return the column; None where blanks inside of quotes may matter."""
        texts = list(self._places)
        if delimiter != "\t" and any(text.startswith(" ") for text in texts):
            if quoted:
                return None
            # `csv` skips blanks before a field
            texts = [text.lstrip(" ") for text in texts]
        column = column_of_cells(name, texts, self._decimal)
        return column.take(np.concatenate(self._pieces))
