"""Data files: which way each is read.

A small plain file is read as it is. Of a large one, and of a large Parquet file,
rows that are equal in all columns that the spec reads become one, with a count: a
2 x 2 design has a few thousand different rows, however many there are. What is
learned from the rows, and the density, are those of all rows. All that a spec can
say is row by row; a term that needs the rows in their order would have to switch
this off.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np

from varying.grammar.diagnostics import Sink
from varying.grammar.source import Span

from .bounded import TooLarge
from .duck import ParquetFile, TooManyCells, connected, text_cells, usable
from .formats.arrow import parquet_categories
from .formats.footer import check_last_rows
from .formats.header import LOOKED_AT, check_first_rows, check_names_below
from .formats.table import PARQUET, TEXT, Format, ending_of, format_of, read_found
from .found import FileFault, Reads, normal_name, one_line
from .large import read_large
from .missing import coded_as_missing
from .options import DataOptions
from .plain import (
    DAMAGED,
    HEAD,
    WHOLE_FILE,
    PlainFile,
    check_file,
    open_bytes,
    open_sheet,
    read_sheet,
)
from .table import Column, Kind, Table
from .texts import column_of_cells, missing_spellings
from .values import NO_NAME, UnusableColumn, column_of_values, type_unusable
from .wanted import Wanted

#: A file is large from so many rows on: read one by one they take more than a second
#: and 0.2 GB, and as cells a tenth of it.
LARGE_ROWS = 1_000_000
#: A plain file is large from so many bytes on, too, however long its lines are.
LARGE_BYTES = 64_000_000
#: Of a file of fewer bytes all columns are read.
SMALL_BYTES = 4_000_000
#: Bytes of a plain file that a check is content with, where ``HEAD`` rows have more.
HEAD_BYTES = 1 << 31
#: More cells than this part of the rows, and the rows are kept.
MOST_CELLS = 0.5
#: How often a slow reduction asks whether it is of any use, and what is none.
_ASKED, _HOPELESS = 1_000_000, 0.9
#: Bytes looked at in one go.
_CHUNK = 1 << 24


@dataclass(frozen=True, slots=True)
class DataFile:
    """A data file that is named and not yet read: the spec says which columns.

    Attributes
    ----------
    path
        Where it is.
    reduce
        Whether equal rows become one; None: if the file is large and it pays. Plain
        text and Parquet only.
    options
        Of the ``data`` statement.
    """

    path: Path
    reduce: bool | None = None
    options: DataOptions = field(default_factory=DataOptions)


def read_data(
    file: DataFile, wanted: Wanted, sink: Sink, span: Span, *, whole: bool = True
) -> Table | None:
    """Return the table in a data file, or None after a fault.

    Parameters
    ----------
    file
        In one of the formats of ``files/formats.py``.
    wanted
        What the spec reads.
    sink, span
        Take the faults: where the file is named.
    whole
        Otherwise the head of a very long plain or Parquet file will do.
    """
    path = file.path
    try:
        check_file(path, sink, span)
        format_ = format_of(path)
        _check_options(file, format_, sink)
        if format_ is PARQUET:
            return _parquet(file, wanted, whole)
        if format_ is not TEXT:
            return _found(file, format_, wanted, sink, span)
        return _text(file, wanted, whole)
    except FileFault as fault:
        # a sheet or an object that is not there is a fault of the option
        fault.report(sink, span, file.options.given)
        return None


def same_for_all(file: DataFile, table: Table) -> bool:
    """Whether a table that was read is what a check reads as well as what a fit does.

    Of a very long file a check reads the head, and only a fit reduces a large one.
    """
    plain = format_of(file.path) is TEXT
    return not table.partial and not (plain and _is_large(file.path))


def _check_options(file: DataFile, format_: Format, sink: Sink) -> None:
    """Report options that a format does not have."""
    for option in file.options.given:
        name = option.name.text
        if name not in format_.options:
            sink.add(
                "unknown-option",
                option.name.span,
                f"`{name}` is no option of `{file.path.name}`, which is {format_.name}",
            )


def _found(
    file: DataFile, format_: Format, wanted: Wanted, sink: Sink, span: Span
) -> Table:
    """Return the table in a file that is neither plain text nor Parquet."""
    codes = wanted.codes
    found = read_found(
        file.path,
        format_,
        file.options,
        _reads(file.path, wanted),
        lambda name, code: coded_as_missing(codes.get(name, ()), code),
    )
    columns: dict[str, Column] = {}
    unusable: dict[str, str] = {}
    unread = [normal_name(written) for written in found.unread]
    listed = Counter([*(normal_name(written) for written, _ in found.columns), *unread])
    for name, count in listed.items():
        if name and count > 1:
            message = f"`{file.path.name}` has two columns named `{name}`"
            raise FileFault("duplicate-column", message)
    for written, column in found.columns:
        name = normal_name(written)
        if not name:
            unusable[""] = NO_NAME
        elif isinstance(column, str):
            unusable[name] = column
        else:
            columns[name] = replace(column, name=name)
    if not any(listed):
        message = f"no column of `{file.path.name}` has a name"
        raise FileFault("data-format", message)
    read = wanted.among(columns)
    for remark in found.remarks:
        if remark.column is None or remark.column in read:
            sink.add(remark.rule, span, remark.message, *remark.notes)
    return Table(
        str(file.path), columns, found.rows, unusable=unusable, unread=tuple(unread)
    )


def _reads(path: Path, wanted: Wanted) -> Reads:
    """Return which columns of a file are read."""
    every = _size(path) < SMALL_BYTES
    return Reads(wanted.among, every, wanted.otherwise)


def _most(file: DataFile) -> float:
    """Return as many of the rows as there may be cells."""
    return 1.0 if file.reduce else MOST_CELLS


def _is_large(path: Path) -> bool:
    """Whether a plain file has many rows, as far as its first lines tell."""
    try:
        size = _size(path)
    except OSError:
        return False
    return size >= LARGE_BYTES or size / _line_bytes(path) >= LARGE_ROWS


def _size(path: Path) -> int:
    """Return how many bytes a plain file has, or would have, were it not compressed."""
    size = path.stat().st_size
    if not ending_of(path).endswith(".gz") or size < 4:
        return size
    with path.open("rb") as raw:
        raw.seek(-4, 2)
        # gzip keeps it modulo 2^32
        return max(size, int.from_bytes(raw.read(4), "little"))


# ---- plain text ----------------------------------------------------------------------


def _text(file: DataFile, wanted: Wanted, whole: bool) -> Table:
    """Return the table in a plain file, or its head, if its header is one row."""
    reads = _reads(file.path, wanted)
    with open_sheet(file.path) as sheet:
        for number, row in enumerate(islice(sheet.rows, LOOKED_AT), 1):
            place = f"row {number} below the header of `{file.path.name}`"
            cells = [normal_name(cell) for cell in row]
            check_names_below(sheet.header, cells, reads, place, "the first line")
    table = _plain(file, wanted, whole)
    where, nameless = f"`{file.path.name}`", "" in table.unusable
    check_first_rows(where, table.columns, table.firsts, nameless)
    if table.counts is None and not table.partial:
        check_last_rows(where, table.columns)
    return table


def _plain(file: DataFile, wanted: Wanted, whole: bool) -> Table:
    """Return what is in a plain file, or in its head."""
    path, decimal, large = file.path, file.options.decimal, _is_large(file.path)
    if file.reduce or (file.reduce is None and whole and large):
        reduced = _reduced_text(file, wanted)
        if reduced is not None:
            return reduced

    reads = _reads(path, wanted)
    head = WHOLE_FILE if whole else _head(path)
    if large:
        quoted: bool | None = None
        with suppress(OSError, TooLarge, *DAMAGED):  # the careful way says what it is
            # a head is looked at a little further than it is read
            quoted = _quotes(path, None if whole else 2 * HEAD_BYTES)
        if quoted is not None:
            found = read_large(path, decimal, reads, head, quoted)
            if found is not None:
                return found
    return read_sheet(path, head, decimal, reads)


def _head(path: Path) -> int:
    """Return how many rows of a file a check reads."""
    return max(1, min(HEAD, int(HEAD_BYTES / _line_bytes(path))))


def _line_bytes(path: Path) -> float:
    """Return how many bytes a line has, as far as the first ones tell."""
    with suppress(OSError, TooLarge, *DAMAGED), open_bytes(path) as raw:
        start = raw.read(65_536)
        return max(len(start) / max(1, start.count(b"\n")), 1.0)
    return 1.0


def _reduced_text(file: DataFile, wanted: Wanted) -> Table | None:
    """Return a plain file as cells; None if they would be too many."""
    path = file.path
    with open_sheet(path) as sheet:
        read = wanted.among([name for name in sheet.header if name])
        places = [i for i, name in enumerate(sheet.header) if name in read]
        if not places:
            return None
        most = _most(file)
        try:
            found = _quickly(path, sheet, places, most)
        except TooManyCells:
            return None
        if found is None:
            found = _slowly(sheet, places, most)
    if found is None:
        return None
    texts, counts, firsts = found
    names = [sheet.header[i] for i in places]
    columns = {
        name: column_of_cells(name, cells, file.options.decimal)
        for name, cells in zip(names, texts, strict=True)
    }
    missing = sorted({m for cells in texts for m in missing_spellings(cells)})
    return Table(
        str(path),
        columns,
        len(counts),
        unusable={} if all(sheet.header) else {"": NO_NAME},
        layout=replace(
            sheet.layout, decimal=file.options.decimal, missing=tuple(missing)
        ),
        unread=tuple(name for name in sheet.header if name and name not in read),
        counts=np.array(counts, dtype=np.int64),
        firsts=np.array(firsts, dtype=np.int64),
    )


#: The texts of each column, how often each row is there, the number of the first.
_Found = tuple[Sequence[Sequence[str]], Sequence[int], Sequence[int]]


def _quickly(
    path: Path, sheet: PlainFile, wanted: Sequence[int], most: float
) -> _Found | None:
    """Count rows by DuckDB; None where it may see other cells than ``csv`` does."""
    if len(sheet.header) == 1:
        return None  # an empty line is a missing value there
    quoted = _quotes(path)
    if quoted is None:
        return None
    layout, width = sheet.layout, len(sheet.header)
    found = text_cells(path, layout.delimiter, width, wanted, most)
    if found is None:
        return None
    texts = [column.tolist() for column in found.columns]
    if sheet.layout.delimiter != "\t":
        # `csv` skips blanks before a field, but not those inside of quotes
        blank = any(cell.startswith(" ") for cells in texts for cell in cells)
        if blank and quoted:
            return None
        if blank:
            texts = [[cell.lstrip(" ") for cell in cells] for cells in texts]
    return texts, found.counts.tolist(), found.firsts.tolist()


def _quotes(path: Path, most: int | None = None) -> bool | None:
    """Return whether a file has quotes; None if it is to be read with more care.

    That is, if it is not UTF-8 or a blank stands before a quote. ``most``: as many
    bytes of it are looked at.
    """
    from codecs import getincrementaldecoder

    decoder = getincrementaldecoder("utf-8")()
    quoted, last, seen = False, b"", 0
    with open_bytes(path) as raw:
        while (most is None or seen < most) and (chunk := raw.read(_CHUNK)):
            seen += len(chunk)
            if b"\0" in chunk or b' "' in last + chunk[:1] or b' "' in chunk:
                return None
            quoted = quoted or b'"' in chunk
            last = chunk[-1:]
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                return None
    return quoted


def _slowly(sheet: PlainFile, wanted: Sequence[int], most: float) -> _Found | None:
    """Count rows one by one; None if too many differ."""
    of: Callable[[list[str]], Any] = itemgetter(*wanted)
    places: dict[Any, int] = {}
    counts: list[int] = []
    firsts: list[int] = []
    for number, fields in enumerate(sheet.rows):
        place = places.setdefault(of(fields), len(counts))
        if place < len(counts):
            counts[place] += 1
            continue
        counts.append(1)
        firsts.append(number)
        if number > _ASKED and len(counts) > max(most, _HOPELESS) * (number + 1):
            return None
    if len(counts) > most * sum(counts):
        return None
    keys = list(places)
    if len(wanted) == 1:
        return [keys], counts, firsts
    texts = [[key[i] for key in keys] for i in range(len(wanted))]
    return texts, counts, firsts


# ---- Parquet -------------------------------------------------------------------------


def _parquet(file: DataFile, wanted: Wanted, whole: bool) -> Table:
    """Return the table in a Parquet file."""
    import duckdb

    try:
        with connected(file.path) as (connection, path):
            return _parquet_table(file, ParquetFile(connection, path), wanted, whole)
    except duckdb.Error as error:
        reason = str(error).strip().splitlines()[0]
        message = f"`{file.path.name}` cannot be read as Parquet"
        raise FileFault("data-format", message, (reason,)) from None
    except OSError as error:
        reason = error.strerror or str(error)
        message = f"`{file.path}` cannot be read: {reason}"
        raise FileFault("unreadable-file", message) from None


def _parquet_table(
    file: DataFile, opened: ParquetFile, wanted: Wanted, whole: bool
) -> Table:
    listed = [column.name for column in opened.columns]
    for name in listed:
        if name and listed.count(name) > 1:
            message = f"`{file.path.name}` has two columns named `{name}`"
            raise FileFault("duplicate-column", message)
    unusable = {c.name: type_unusable(c.type) for c in opened.columns if not usable(c)}
    if "" in listed:
        unusable[""] = NO_NAME
    there = [column for column in opened.columns if column.name not in unusable]
    read = wanted.among([column.name for column in there])
    named = [column for column in there if column.name in read]
    unread = tuple(column.name for column in there if column.name not in read)
    name, large = str(file.path), opened.rows >= LARGE_ROWS
    if named and (file.reduce or (file.reduce is None and large)):
        with suppress(TooManyCells):
            cells = opened.cells(named, _most(file))
            columns = _columns(file.path, named, cells.columns, unusable)
            return Table(
                name,
                columns,
                len(cells.counts),
                unusable=unusable,
                unread=unread,
                counts=cells.counts,
                firsts=cells.firsts,
            )
    head = HEAD if not whole and opened.rows > HEAD else None
    rows = opened.rows if head is None else head
    chosen = named if large else there
    columns = _columns(file.path, chosen, opened.values(chosen, head), unusable)
    partial = head is not None
    table = Table(name, columns, rows, partial, unusable)
    return replace(table, unread=unread) if large else table


def _columns(
    path: Path, wanted: Sequence[Any], values: Sequence[Any], unusable: dict[str, str]
) -> dict[str, Column]:
    """Return columns from values; why one is of no use goes into ``unusable``."""
    columns: dict[str, Column] = {}
    for column, array in zip(wanted, values, strict=True):
        try:
            columns[column.name] = column_of_values(column.name, array)
        except UnusableColumn as reason:
            unusable[column.name] = str(reason)
    for written, (levels, kind) in parquet_categories(path).items():
        name = one_line(written)
        if name in columns:
            columns[name] = _in_order(columns[name], levels, kind)
    return columns


def _in_order(column: Column, levels: Sequence[str | None], kind: Kind) -> Column:
    """Return a column of texts as the categories that they are, if they all are."""
    order = [level for level in levels if level is not None]
    place = {level: index for index, level in enumerate(order)}
    empty = not column.levels and column.missing.all()
    if "" in place or not (empty or set(column.levels) <= set(place)):
        return column
    codes = np.array([*(place[level] for level in column.levels), -1], np.int64)
    values = np.full(len(column.values), -1) if empty else codes[column.values]
    return Column(
        column.name, kind, values.astype(np.int64), tuple(order), declared=True
    )
