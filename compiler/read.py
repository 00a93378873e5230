"""Reading plain files into tables, with no more than csv and numpy.

What a cell means is said in ``cells``. Data frames are read in ``frames``.
"""

from __future__ import annotations

import csv
import os
import re
import stat
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from varying.grammar.diagnostics import Edit, Fix, Sink, nearest
from varying.grammar.source import Span

from .cells import column_of_cells
from .frames import NO_NAME, table_from_frame
from .table import Layout, Table

__all__ = ["read_table", "table_from_frame"]

READABLE = (".csv", ".tsv", ".txt")

#: What blanks separate, quoted or not.
_BLANKS = re.compile(r'"[^"]*"|[^\s"]+')

#: As ``head=``: no limit.
WHOLE_FILE = 10**15


class _Fault(Exception):
    """What is wrong with a file: a rule, a sentence, notes and maybe a fix."""

    def __init__(
        self,
        rule: str,
        message: str,
        notes: tuple[str, ...] = (),
        fix: Fix | None = None,
    ) -> None:
        super().__init__(message)
        self.rule, self.message, self.notes, self.fix = rule, message, notes, fix


def read_table(
    path: str | os.PathLike[str], sink: Sink, span: Span, head: int = 1_000_000
) -> Table | None:
    """Return the table in a file, or None after a fault.

    Parameters
    ----------
    path
        A ``.csv``, ``.tsv`` or ``.txt`` file in UTF-8, with a header.
    sink, span
        Take the faults: where the spec names the file.
    head
        How many rows to read at most; of a longer file the table is ``partial``.
    """
    file = Path(path)
    try:
        _check_file(file, sink, span)
        header, rows, partial, layout = _read_rows(file, head)
    except _Fault as fault:
        sink.add(fault.rule, span, fault.message, *fault.notes, fix=fault.fix)
        return None
    # zip(*rows) would make one argument of every row.
    columns = {
        name: column_of_cells(name, [row[index] for row in rows])
        for index, name in enumerate(header)
        if name
    }
    unusable = {} if all(header) else {"": NO_NAME}
    return Table(str(path), columns, len(rows), partial, unusable, layout=layout)


# ---- the file ----------------------------------------------------------------------


def _check_file(file: Path, sink: Sink, span: Span) -> None:
    try:
        mode = file.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        raise _no_such_file(file, sink, span) from None
    except (OSError, ValueError) as error:
        raise _unreadable(file, error) from None
    if not stat.S_ISREG(mode):
        what = "is a folder" if stat.S_ISDIR(mode) else "is not a plain file"
        raise _Fault("unreadable-file", f"`{file}` {what}")
    if file.suffix.lower() not in READABLE:
        ending = f"`{file.suffix}` files are" if file.suffix else "such files are"
        raise _Fault(
            "not-yet",
            f"`{file.name}`: {ending} not read by this version",
            (
                f"these are: {', '.join(READABLE)}",
                "from Python, pass a data frame: `varying.compile(spec, data=frame)`",
            ),
        )


def _unreadable(file: Path, error: Exception) -> _Fault:
    reason = getattr(error, "strerror", None) or str(error)
    return _Fault("unreadable-file", f"`{file}` cannot be read: {reason}")


def _no_such_file(file: Path, sink: Sink, span: Span) -> _Fault:
    message = f"there is no file `{file}`"
    folder = file.parent
    try:
        # Bounded: a folder may hold millions of files.
        names = [entry.name for entry in islice(os.scandir(folder), 10_000)]
    except OSError:
        return _Fault("no-such-file", message, (f"there is no folder `{folder}`",))
    close = nearest(file.name, sorted(names))
    if not close:
        where = "the working folder" if str(folder) == "." else f"`{folder}`"
        return _Fault("no-such-file", message, (f"looked in {where}",))
    # The spec's own spelling of the path, if that is what stands there.
    written = sink.source.slice(span)
    fix = None
    if file.name in written:
        before, _, after = written.rpartition(file.name)
        edit = Edit(span, before + close[0] + after)
        fix = Fix(f"replace by `{close[0]}`", (edit,))
    return _Fault("no-such-file", message, (f"did you mean `{close[0]}`?",), fix)


# ---- rows --------------------------------------------------------------------------


def _read_rows(
    file: Path, head: int
) -> tuple[list[str], list[list[str]], bool, Layout]:
    try:
        with file.open("rb") as raw:
            start = raw.read(65_536)
        _check_text(file, start)
        with file.open(encoding="utf-8-sig", newline="") as text:
            header = text.readline()
            delimiter = _delimiter(file, header)
            if delimiter not in header:
                _check_blanks(file, header, text.readline())
            text.seek(0)
            return _parse(file, _rows(file, text, delimiter), head, delimiter)
    except UnicodeDecodeError:
        raise _not_text(file) from None
    except OSError as error:
        raise _unreadable(file, error) from None


def _check_text(file: Path, start: bytes) -> None:
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        notes = ("it looks like UTF-16: save it as UTF-8",)
        raise _Fault("not-text", f"`{file.name}` is not UTF-8 text", notes)
    if b"\0" in start:
        notes = ("a table is plain text: export it as CSV",)
        raise _Fault("data-format", f"`{file.name}` is a binary file", notes)
    if not start.strip(b"\xef\xbb\xbf \t\r\n"):
        raise _Fault("data-format", f"`{file.name}` is empty")


def _not_text(file: Path) -> _Fault:
    """Return the fault of a file that is not UTF-8, with the first bad line."""
    place = ""
    with file.open("rb") as raw:
        for number, line in enumerate(raw, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                byte = line[error.start]
                place = f"line {number} holds the byte 0x{byte:02X}; "
                break
    return _Fault(
        "not-text",
        f"`{file.name}` is not UTF-8 text",
        (f"{place}it may be Latin-1 or Windows-1252: save it as UTF-8",),
    )


def _delimiter(file: Path, header: str) -> str:
    """Return what separates the columns: what the header has most of."""
    quoted = False
    counts = dict.fromkeys("\t,;" if file.suffix.lower() == ".tsv" else ",;\t", 0)
    for character in header:
        if character == '"':
            quoted = not quoted
        elif not quoted and character in counts:
            counts[character] += 1
    return max(counts, key=lambda delimiter: counts[delimiter])  # the first of equals


def _check_blanks(file: Path, header: str, line: str) -> None:
    """Report columns that blanks separate; R's row names have no name above them."""
    names, fields = (_BLANKS.findall(text) for text in (header, line))
    if len(names) > 1 and len(fields) in (len(names), len(names) + 1):
        raise _Fault(
            "data-format",
            f"the columns of `{file.name}` are separated by blanks",
            (
                "use commas or tabs; in R: "
                f'`write.csv(data, "{file.stem}.csv", row.names = FALSE)`',
            ),
        )


Rows = Iterator[tuple[int, list[str]]]


def _rows(file: Path, text: Iterator[str], delimiter: str) -> Rows:
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
            raise _Fault("data-format", message, notes) from None
        yield first, fields


def _parse(
    file: Path, rows: Rows, head: int, delimiter: str
) -> tuple[list[str], list[list[str]], bool, Layout]:
    layout = Layout(str(file), delimiter)
    header: list[str] = []
    found: list[list[str]] = []
    for line, fields in rows:
        if not fields:  # an empty line
            if len(header) != 1:
                continue
            # In a file with one column it is a missing value.
            fields = [""]
        if not header:
            header = _header(file, fields)
            layout = Layout(str(file), delimiter, tidy=header == fields)
            continue
        if len(found) == head:
            return header, found, True, layout
        if len(fields) != len(header):
            raise _Fault(
                "data-format",
                f"line {line} of `{file.name}` has {_count(fields)} and the header "
                f"{_count(header)}",
                (f"it is row {len(found) + 1} of the data",),
            )
        found.append(fields)
    return header, found, False, layout


def _count(fields: Sequence[str]) -> str:
    return "1 field" if len(fields) == 1 else f"{len(fields)} fields"


def _header(file: Path, fields: Sequence[str]) -> list[str]:
    # Names are compared in NFC, as those of a spec are.
    names = [unicodedata.normalize("NFC", field.strip()) for field in fields]
    if not any(names):
        raise _Fault("data-format", f"no column of `{file.name}` has a name")
    for index, name in enumerate(names):
        if name and name in names[:index]:
            raise _Fault(
                "duplicate-column",
                f"`{file.name}` has two columns named `{name}`",
                (f"they are columns {names.index(name) + 1} and {index + 1}",),
            )
    return names
