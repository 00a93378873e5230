"""Reading plain files into tables, with no more than csv and numpy.

What a cell means is said in ``texts``. Data frames are read in ``frames``, other
formats in ``formats``, Parquet and what is too large for this in ``file``.
"""

from __future__ import annotations

import csv
import os
import re
import stat
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from gzip import BadGzipFile
from io import TextIOWrapper
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO

from varying.grammar.diagnostics import Edit, Fix, Sink, nearest
from varying.grammar.source import Span

from .bounded import TooLarge, open_gz
from .formats.table import ending_of, format_of
from .found import EVERY, FileFault, Reads, normal_name
from .table import FileLayout, Table
from .texts import column_of_cells, missing_spellings
from .values import NO_NAME

__all__ = [
    "FileFault",
    "PlainFile",
    "check_file",
    "open_sheet",
    "read_sheet",
    "read_table",
]

#: What blanks separate, quoted or not.
_BLANKS = re.compile(r'"[^"]*"|[^\s"]+')

#: Line numbers and fields.
Records = Iterator[tuple[int, list[str]]]

#: As ``head=``: no limit.
WHOLE_FILE = 10**15
#: Rows that a check is content with.
HEAD = 1_000_000
#: Lines that a title may have.
_TITLES = 20
#: Characters that a line may have: 16,384 columns of a thousand.
_LINE = 1 << 24


def read_table(
    path: str | os.PathLike[str], sink: Sink, span: Span, head: int = HEAD
) -> Table | None:
    """Return the table in a file, or None after a fault.

    Parameters
    ----------
    path
        A ``.csv``, ``.tsv`` or ``.txt`` file in UTF-8, with a header; with a further
        ``.gz`` if it is compressed.
    sink, span
        Take the faults: where the spec names the file.
    head
        How many rows to read at most; of a longer file the table is ``partial``.
    """
    file = Path(path)
    try:
        check_file(file, sink, span)
        return read_sheet(file, head)
    except FileFault as fault:
        fault.report(sink, span)
        return None


def read_sheet(
    file: Path,
    head: int = WHOLE_FILE,
    decimal: str = ".",
    reads: Reads = EVERY,
) -> Table:
    """Return the table in a plain file that is there; ``head`` as ``read_table``.

    ``reads`` chooses from the columns that are in it.

    Raises
    ------
    FileFault
        If it is no table.
    """
    with open_sheet(file) as sheet:
        read = reads([name for name in sheet.header if name])
        wanted = {i: name for i, name in enumerate(sheet.header) if name in read}
        cells: list[list[str]] = [[] for _ in wanted]
        # a column at a time: most of the fields of a wide file are not kept
        takes = [(i, column.append) for i, column in zip(wanted, cells, strict=True)]
        rows = 0
        for fields in islice(sheet.rows, head):
            rows += 1
            for index, take in takes:
                take(fields[index])
        # faults of a row beyond the head are not looked for
        more = next(sheet.records, None) is not None
    columns, missing = {}, set[str]()
    for name in wanted.values():
        column = cells.pop(0)
        missing |= missing_spellings(column)
        columns[name] = column_of_cells(name, column, decimal)
    unusable = {} if all(sheet.header) else {"": NO_NAME}
    layout = replace(sheet.layout, decimal=decimal, missing=tuple(sorted(missing)))
    unread = tuple(name for name in sheet.header if name and name not in read)
    return Table(str(file), columns, rows, more, unusable, layout=layout, unread=unread)


# ---- the file ----------------------------------------------------------------------


def check_file(file: Path, sink: Sink, span: Span) -> None:
    """See that there is a file, of an ending that is read; see ``read_table``.

    Raises
    ------
    FileFault
        If not.
    """
    try:
        mode = file.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        raise _no_such_file(file, sink, span) from None
    except (OSError, ValueError) as error:
        raise _unreadable(file, error) from None
    if not stat.S_ISREG(mode):
        what = "is a folder" if stat.S_ISDIR(mode) else "is not a plain file"
        raise FileFault("unreadable-file", f"`{file}` {what}")
    format_of(file)


def _unreadable(file: Path, error: Exception) -> FileFault:
    reason = getattr(error, "strerror", None) or str(error)
    if isinstance(error, ValueError):  # a NUL, or half of a character
        reason = "no file can have such a name"
    return FileFault("unreadable-file", f"`{file}` cannot be read: {reason}")


def _no_such_file(file: Path, sink: Sink, span: Span) -> FileFault:
    message = f"there is no file `{file}`"
    folder = file.parent
    try:
        # Bounded: a folder may hold millions of files.
        names = [entry.name for entry in islice(os.scandir(folder), 10_000)]
    except OSError:
        return FileFault("no-such-file", message, (f"there is no folder `{folder}`",))
    close = nearest(file.name, sorted(names))
    if not close:
        where = "the working folder" if str(folder) == "." else f"`{folder}`"
        return FileFault("no-such-file", message, (f"looked in {where}",))
    # The spec's own spelling of the path, if that is what stands there.
    written = sink.source.slice(span)
    fix = None
    if file.name in written:
        before, _, after = written.rpartition(file.name)
        edit = Edit(span, before + close[0] + after)
        fix = Fix(f"replace by `{close[0]}`", (edit,))
    return FileFault("no-such-file", message, (f"did you mean `{close[0]}`?",), fix)


# ---- rows --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PlainFile:
    """An open plain file.

    Attributes
    ----------
    header
        Names of the columns; a column without one has an empty name.
    layout
        How the file is laid out.
    rows
        The fields of each row, as many as there are names.
    records
        What the rows are made of: line numbers and fields.
    """

    header: list[str]
    layout: FileLayout
    rows: Iterator[list[str]]
    records: Records


@contextmanager
def open_sheet(file: Path) -> Iterator[PlainFile]:
    """Open a plain file and read its header.

    Raises
    ------
    FileFault
        If it is no table, while it is opened or while its rows are taken.
    """
    try:
        with open_bytes(file) as raw:
            start = raw.read(65_536)
        _check_text(file, start)
        with (
            open_bytes(file) as raw,
            TextIOWrapper(raw, "utf-8-sig", newline="") as text,
        ):
            first, second = text.readline(_LINE), text.readline(_LINE)
            delimiter = _delimiter(file, first)
            _check_separated(file, first, second, delimiter)
            lines = chain(
                filter(None, (first, second)), iter(partial(text.readline, _LINE), "")
            )
            records = _records(file, _lines(file, lines), delimiter)
            fields: list[str] = next((found for _, found in records if found), [])
            header = _header(file, fields) if fields else []
            layout = FileLayout(str(file), delimiter, tidy=header == fields)
            filled = _filled(records, header)
            yield PlainFile(header, layout, _checked(file, filled, header), filled)
    except UnicodeDecodeError:
        raise _not_text(file) from None
    except TooLarge as error:
        message = f"`{file.name}` is not unpacked"
        raise FileFault("data-format", message, (str(error),)) from None
    except DAMAGED as error:
        message = f"`{file.name}` cannot be read as a compressed file"
        raise FileFault("data-format", message, (str(error),)) from None
    except OSError as error:
        raise _unreadable(file, error) from None


#: What a damaged compressed file raises.
DAMAGED = (BadGzipFile, EOFError, zlib.error)


def open_bytes(file: Path) -> BinaryIO:
    """Return an open file, of one that is compressed what is inside."""
    if ending_of(file).endswith(".gz"):
        return open_gz(file)
    return file.open("rb")


#: How files begin that are no text, and what they are.
_BINARY = {
    b"PK\x03\x04": "it begins as a workbook does: name it `.xlsx`, if it is one",
    b"\xd0\xcf\x11\xe0": "it begins as an old workbook does: save it as CSV",
    b"PAR1": "it begins as Parquet does: name it `.parquet`, if it is that",
    b"\x1f\x8b": "it is compressed, once more than its name says",
}
#: How texts begin that are no tables.
_OTHERS = {
    **{b"<!doctype": "a page of the web", b"<html": "a page of the web"},
    **{b"<?xml": "XML", b'{"': "JSON", b'[{"': "JSON", b"[[": "JSON"},
}


def _check_text(file: Path, start: bytes) -> None:
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        notes = ("it looks like UTF-16: save it as UTF-8",)
        raise FileFault("not-text", f"`{file.name}` is not UTF-8 text", notes)
    if b"\0" in start:
        note = next(
            (said for mark, said in _BINARY.items() if start.startswith(mark)),
            "a table is plain text: export it as CSV",
        )
        raise FileFault("data-format", f"`{file.name}` is a binary file", (note,))
    begun = start.lstrip(b"\xef\xbb\xbf \t\r\n")[:20].lower()
    for mark, what in _OTHERS.items():
        if begun.startswith(mark):
            raise FileFault("data-format", f"`{file.name}` is {what}, and no table")
    if not start.strip(b"\xef\xbb\xbf \t\r\n"):
        raise FileFault("data-format", f"`{file.name}` is empty")


def _not_text(file: Path) -> FileFault:
    """Return the fault of a file that is not UTF-8, with the first bad line."""
    place = ""
    with open_bytes(file) as raw:
        for number, line in enumerate(iter(partial(raw.readline, _LINE), b""), 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                byte = line[error.start]
                place = f"line {number} holds the byte 0x{byte:02X}; "
                break
    return FileFault(
        "not-text",
        f"`{file.name}` is not UTF-8 text",
        (f"{place}it may be Latin-1 or Windows-1252: save it as UTF-8",),
    )


def _delimiter(file: Path, header: str) -> str:
    """Return what separates the columns: what the header has most of."""
    quoted = False
    counts = dict.fromkeys("\t,;" if ending_of(file).startswith(".tsv") else ",;\t", 0)
    for character in header:
        if character == '"':
            quoted = not quoted
        elif not quoted and character in counts:
            counts[character] += 1
    return max(counts, key=lambda delimiter: counts[delimiter])  # the first of equals


def _check_separated(file: Path, header: str, line: str, delimiter: str) -> None:
    """Report columns that something else separates, as far as the first lines tell.

    R's row names, where blanks separate, have no name above them.
    """
    if header.casefold().startswith("sep="):
        raise FileFault(
            "data-format",
            f"the first line of `{file.name}`, `{header.strip()[:20]}`, is no header",
            ("Excel alone knows it as the sign between columns: delete the line",),
        )
    if delimiter in header:
        return
    if "|" in header and header.count("|") == line.count("|"):
        raise FileFault(
            "data-format",
            f"the columns of `{file.name}` are separated by `|`",
            ("use commas, semicolons or tabs",),
        )
    names, fields = (_BLANKS.findall(text) for text in (header, line))
    if len(names) > 1 and len(fields) in (len(names), len(names) + 1):
        raise FileFault(
            "data-format",
            f"the columns of `{file.name}` are separated by blanks",
            (
                "use commas or tabs; in R: "
                f'`write.csv(data, "{file.stem}.csv", row.names = FALSE)`',
            ),
        )


def _lines(file: Path, lines: Iterable[str]) -> Iterator[str]:
    """Yield the lines, as long as they are those of a table."""
    for number, line in enumerate(lines, 1):
        if len(line) >= _LINE:
            message = f"`{file.name}` is not a table"
            note = f"line {number} has {_LINE:,} characters or more"
            raise FileFault("data-format", message, (note,))
        if "\0" in line:
            message = f"`{file.name}` is a binary file, or is damaged"
            note = f"line {number} holds a zero byte, which no text has"
            raise FileFault("data-format", message, (note,))
        yield line


def _records(file: Path, text: Iterator[str], delimiter: str) -> Records:
    """Yield line numbers and fields."""
    reader = csv.reader(
        text, delimiter=delimiter, skipinitialspace=delimiter != "\t", strict=True
    )
    while True:
        first = reader.line_num + 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            notes = (f"line {first}: {error}", 'is a quote `"` left open there?')
            message = f"`{file.name}` is not a table"
            raise FileFault("data-format", message, notes) from None
        yield first, fields


def _filled(records: Records, header: Sequence[str]) -> Records:
    """Leave out empty lines; in a file with one column each is a missing value."""
    for line, fields in records:
        if fields:
            yield line, fields
        elif len(header) == 1:
            yield line, [""]


def _checked(
    file: Path, records: Records, header: Sequence[str]
) -> Iterator[list[str]]:
    """Yield the fields of the rows, if they are as many as the names."""
    for row, (line, fields) in enumerate(records, 1):
        if len(fields) != len(header):
            note = f"it is row {row} of the data"
            if len(fields) == len(header) + 1 and not fields[-1]:
                note = (
                    "the line ends in a sign between columns, and the header does not"
                )
            elif len(fields) > len(header) == 1 and row < _TITLES:
                note = f"if line {line} is the header, delete what stands above it"
            raise FileFault(
                "data-format",
                f"line {line} of `{file.name}` has {_count(fields)} and the header "
                f"{_count(header)}",
                (note,),
            )
        yield fields


def _count(fields: Sequence[str]) -> str:
    return "1 field" if len(fields) == 1 else f"{len(fields)} fields"


def _header(file: Path, fields: Sequence[str]) -> list[str]:
    names = [normal_name(field) for field in fields]
    # of a file that was put together, the mark before the text may be there twice
    names[0] = names[0].lstrip("\ufeff")
    if not any(names):
        raise FileFault("data-format", f"no column of `{file.name}` has a name")
    places: dict[str, int] = {}
    for index, name in enumerate(names):
        if name and name in places:
            raise FileFault(
                "duplicate-column",
                f"`{file.name}` has two columns named `{name}`",
                (f"they are columns {places[name] + 1} and {index + 1}",),
            )
        places[name] = index
    return names
