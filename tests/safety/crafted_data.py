"""Data files that are damaged, are none at all, or are made to do harm.

    python -m tests.safety.crafted_data [FOLDER]

writes them, checks a spec against each in a process whose memory is bounded, and says
what came of it. None may end in a traceback, take more than ``SECONDS`` or more than
``MEGABYTES`` beyond what the process holds: what is said of it is a diagnostic.
"""

from __future__ import annotations

import bz2
import contextlib
import gzip
import json
import lzma
import os
import random
import resource
import socket
import struct
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

#: What a file may cost, with two other processes busy beside it.
SECONDS, MEGABYTES = 20.0, 600.0

#: What every file is read for.
SPEC = 'data "{name}"\ny ~ x\n'

#: The rows of those that are odd and whole.
GOOD = "y,x\n1.5,2\n2.5,3\n3.0,5\n4.5,7\n"


@dataclass(frozen=True, slots=True)
class Crafted:
    """A file: how it is made, and the rule that must be reported of it.

    ``rule``: None where the file is whole, and is to be read as ``GOOD``.
    """

    name: str
    make: Callable[[Path], object]
    rule: str | None


def _bytes(content: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content)


def _text(content: str, encoding: str = "utf-8") -> Callable[[Path], object]:
    return _bytes(content.encode(encoding))


def _noise(size: int) -> bytes:
    return random.Random(size).randbytes(size)


# ---- plain text ----------------------------------------------------------------------

_LONG = "y,x\n" + "1.5,2\n" * 20_000
_HTML = (
    "<!DOCTYPE html>\n<html><head><title>Sign in</title></head>\n<body></body></html>\n"
)

_PLAIN = (
    Crafted("empty.csv", _bytes(b""), "data-format"),
    Crafted("header_only.csv", _text("y,x\n"), "empty-data"),
    Crafted("header_without_end.csv", _text("y,x"), "empty-data"),
    Crafted("line_ends_only.csv", _text("\n\r\n\n"), "data-format"),
    Crafted("blanks_only.csv", _text("  \t \n"), "data-format"),
    Crafted("bom.csv", _text(GOOD, "utf-8-sig"), None),
    Crafted("bom_only.csv", _bytes(b"\xef\xbb\xbf"), "data-format"),
    Crafted("two_boms.csv", _bytes(b"\xef\xbb\xbf\xef\xbb\xbf" + GOOD.encode()), None),
    Crafted("utf16.csv", _text(GOOD, "utf-16"), "not-text"),
    Crafted("utf16_be.csv", _bytes(b"\xfe\xff" + GOOD.encode("utf-16-be")), "not-text"),
    Crafted("utf16_no_bom.csv", _text(GOOD, "utf-16-le"), "data-format"),
    Crafted("utf32.csv", _text(GOOD, "utf-32"), "not-text"),
    Crafted("latin1.csv", _text(GOOD + "5.5,\xe4\n", "latin-1"), "not-text"),
    Crafted("latin1_late.csv", _text(_LONG + "5.5,\xe4\n", "latin-1"), "not-text"),
    Crafted(
        "latin1_header.csv", _text("y,x,gr\xf6\xdfe\n1,2,3\n", "latin-1"), "not-text"
    ),
    Crafted("half_character.csv", _bytes(GOOD.encode() + b"5.5,\xc3"), "not-text"),
    Crafted("surrogate.csv", _bytes(GOOD.encode() + b"5.5,\xed\xa0\x80\n"), "not-text"),
    Crafted("nul.csv", _text("y,x\n1.5,2\0\n2.5,3\n"), "data-format"),
    Crafted("nul_late.csv", _text(_LONG + "1.5,2\0\n2.5,3\n"), "data-format"),
    Crafted("mixed_line_ends.csv", _text("y,x\r\n1.5,2\n2.5,3\r3.0,5\r\n4.5,7"), None),
    Crafted("old_mac.csv", _text(GOOD.replace("\n", "\r")), None),
    Crafted("no_last_line_end.csv", _text(GOOD.rstrip()), None),
    Crafted("empty_lines.csv", _text("\n\n" + GOOD.replace("\n", "\n\n")), None),
    Crafted("quoted.csv", _text('"y","x"\n"1.5","2"\n2.5,3\n3.0,"5"\n4.5,7\n'), None),
    Crafted("tabs.csv", _text(GOOD.replace(",", "\t")), None),
    Crafted("semicolons.csv", _text(GOOD.replace(",", ";")), None),
    Crafted("bars.csv", _text(GOOD.replace(",", "|")), "data-format"),
    Crafted("blanks.csv", _text(GOOD.replace(",", " ")), "data-format"),
    Crafted("said_delimiter.csv", _text("sep=,\n" + GOOD), "data-format"),
    Crafted("title_above.csv", _text("Study 1\n\n" + GOOD), "data-format"),
    Crafted("comment_above.csv", _text("# made by a program\n" + GOOD), "data-format"),
    Crafted("huge_line.csv", _text("y,x," + "z" * 30_000_000), "data-format"),
    Crafted("huge_cell.csv", _text(GOOD + "5," + "9" * 30_000_000), "data-format"),
    Crafted(
        "many_columns.csv",
        _text("y,x," + ",".join(f"c{i}" for i in range(200_000)) + "\n1,2\n"),
        "data-format",
    ),
    Crafted("commas_only.csv", _text("," * 1_000_000), "data-format"),
    Crafted("quotes_only.csv", _text('"' * 1_000_001), "data-format"),
    Crafted("short_row.csv", _text(GOOD + "5.5\n"), "data-format"),
    Crafted("long_row.csv", _text(GOOD + "5.5,6,7\n"), "data-format"),
    Crafted("long_row_late.csv", _text(_LONG + "5.5,6,7\n"), "data-format"),
    Crafted("commas_at_the_end.csv", _text("y,x\n1.5,2,\n2.5,3,\n"), "data-format"),
    Crafted("open_quote.csv", _text(GOOD + '"5.5,6\n7,8\n'), "data-format"),
    Crafted("open_quote_early.csv", _text('y,x\n"1.5,2\n' + _LONG * 40), "data-format"),
    Crafted("stray_quote.csv", _text(GOOD + '5"5,6\n'), "wrong-type"),
    Crafted("after_quote.csv", _text(GOOD + '"5"5,6\n'), "data-format"),
    Crafted("two_names.csv", _text("y,x,x\n1,2,3\n"), "duplicate-column"),
    Crafted("two_forms.csv", _text("y,\xfc,u\u0308\n1,2,3\n"), "duplicate-column"),
    Crafted("no_names.csv", _text(",,\n1,2,3\n"), "data-format"),
    Crafted("no_header.csv", _text("1.5,2\n2.5,3\n"), "unknown-column"),
    Crafted("hidden_name.csv", _text("y,\u200bx\n1.5,2\n"), "unknown-column"),
    Crafted("escapes.csv", _text("y,\x1b[31mx\n1.5,2\n"), "unknown-column"),
    Crafted("infinite.csv", _text(GOOD + "1e999,6\n"), "infinite-value"),
    Crafted("word.csv", _text(GOOD + "none,6\n"), "wrong-type"),
    Crafted("formula.csv", _text(GOOD + "=1+1,6\n"), "wrong-type"),
    Crafted("arabic_digits.csv", _text(GOOD + "\u0665,6\n"), "wrong-type"),
    Crafted("underscores.csv", _text(GOOD + "1_0,6\n"), "wrong-type"),
    Crafted("page.csv", _text(_HTML * 3), "data-format"),
    Crafted("json.csv", _text('[{"y": 1.5, "x": 2}]\n'), "data-format"),
    Crafted("pdf.csv", _bytes(b"%PDF-1.7\n" + bytes(range(256)) * 9), "data-format"),
    Crafted("workbook.csv", lambda path: _workbook(path), "data-format"),
)


# ---- compressed ----------------------------------------------------------------------


def _repeated(
    packed: bytes, times: int, before: bytes = b""
) -> Callable[[Path], object]:
    """Write a stream of packed members: each unpacks to the same."""
    return lambda path: path.write_bytes(before + packed * times)


_ROWS_10MB = b"1.5,2\n" * 1_750_000

_COMPRESSED = (
    Crafted("whole.csv.gz", _bytes(gzip.compress(GOOD.encode())), None),
    Crafted(
        "members.csv.gz",
        _bytes(gzip.compress(GOOD[:11].encode()) + gzip.compress(GOOD[11:].encode())),
        None,
    ),
    Crafted("empty.csv.gz", _bytes(b""), "data-format"),
    Crafted("nothing.csv.gz", _bytes(gzip.compress(b"")), "data-format"),
    Crafted("plain.csv.gz", _text(GOOD), "data-format"),
    Crafted("cut.csv.gz", _bytes(gzip.compress(GOOD.encode())[:-9]), "data-format"),
    Crafted("damaged.csv.gz", _bytes(b"\x1f\x8b\x08" + b"\xff" * 90), "data-format"),
    Crafted(
        "garbage_behind.csv.gz",
        _bytes(gzip.compress(GOOD.encode()) + b"xyz"),
        "data-format",
    ),
    Crafted(
        "twice.csv.gz",
        _bytes(gzip.compress(gzip.compress(GOOD.encode()))),
        "data-format",
    ),
    Crafted(
        "zeros.csv.gz",
        lambda path: _repeated(gzip.compress(bytes(10_000_000)), 1000)(path),
        "data-format",
    ),
    Crafted(
        "bomb.csv.gz",
        lambda path: _repeated(
            gzip.compress(_ROWS_10MB, 9), 1000, gzip.compress(b"y,x\n")
        )(path),
        "data-format",
    ),
    Crafted(
        "one_line.csv.gz",
        lambda path: _repeated(
            gzip.compress(b"z" * 10_000_000, 9), 200, gzip.compress(b"y,x\n1,")
        )(path),
        "data-format",
    ),
)


# ---- no files ------------------------------------------------------------------------


def _socket(path: Path) -> None:
    made = socket.socket(socket.AF_UNIX)
    here = Path.cwd()
    os.chdir(path.parent)  # a socket's path may have a hundred characters
    try:
        made.bind(path.name)
    finally:
        os.chdir(here)
        made.close()


def _unreadable(path: Path) -> None:
    path.write_text(GOOD)
    path.chmod(0)


_NO_FILES = (
    Crafted("folder.csv", lambda path: path.mkdir(), "unreadable-file"),
    Crafted("folder.parquet", lambda path: path.mkdir(), "unreadable-file"),
    Crafted("folder.xlsx", lambda path: path.mkdir(), "unreadable-file"),
    Crafted("pipe.csv", lambda path: os.mkfifo(path), "unreadable-file"),
    Crafted("pipe.feather", lambda path: os.mkfifo(path), "unreadable-file"),
    Crafted("socket.csv", _socket, "unreadable-file"),
    Crafted("zero.csv", lambda path: path.symlink_to("/dev/zero"), "unreadable-file"),
    Crafted("null.csv", lambda path: path.symlink_to("/dev/null"), "unreadable-file"),
    Crafted("loop.csv", lambda path: path.symlink_to(path.name), "unreadable-file"),
    Crafted("dangling.csv", lambda path: path.symlink_to("away.csv"), "no-such-file"),
    Crafted("ending.csv.zip", _text(GOOD), "unknown-format"),
    Crafted("old.xls", _bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "unknown-format"),
    # whoever is root may read everything
    Crafted(
        "locked.csv", _unreadable, None if os.geteuid() == 0 else "unreadable-file"
    ),
)


# ---- Excel ---------------------------------------------------------------------------

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_TYPES = (
    f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType='
    '"application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.'
    'openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.'
    'openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.'
    'openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'
)
_RELS = (
    f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
    f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
)
_BOOK = (
    f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
    '<sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
_BOOK_RELS = (
    f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" '
    'Target="worksheets/sheet1.xml"/></Relationships>'
)
_NAMES = '<row r="1"><c r="A1" t="inlineStr"><is><t>y</t></is></c>'
_NAMES += '<c r="B1" t="inlineStr"><is><t>x</t></is></c></row>'
_ROW = '<row r="{0}"><c r="A{0}"><v>{1}</v></c><c r="B{0}"><v>{2}</v></c></row>'
_GOOD_ROWS = ((2, 1.5, 2), (3, 2.5, 3), (4, 3.0, 5), (5, 4.5, 7))
_CELLS = _NAMES + "".join(_ROW.format(*row) for row in _GOOD_ROWS)


def sheet(cells: str = _CELLS, before: str = "", after: str = "") -> str:
    """Return the text of a sheet: rows, and what stands before and behind them."""
    return (
        f'<worksheet xmlns="{_MAIN}">{before}<sheetData>{cells}</sheetData>{after}'
        "</worksheet>"
    )


def workbook(path: Path, parts: dict[str, str | bytes | None]) -> Path:
    """Write a workbook with parts of one's own; None leaves a part out."""
    whole: dict[str, str | bytes | None] = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": _RELS,
        "xl/workbook.xml": _HEAD + _BOOK,
        "xl/_rels/workbook.xml.rels": _BOOK_RELS,
        "xl/sharedStrings.xml": f'{_HEAD}<sst xmlns="{_MAIN}"/>',
        "xl/worksheets/sheet1.xml": _HEAD + sheet(),
        **parts,
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in whole.items():
            if content is not None:
                packed.writestr(name, content)
    return path


def _workbook(path: Path, **parts: str | bytes | None) -> None:
    names = {
        "sheet": "xl/worksheets/sheet1.xml",
        "book": "xl/workbook.xml",
        "texts": "xl/sharedStrings.xml",
        "rels": "xl/_rels/workbook.xml.rels",
        "styles": "xl/styles.xml",
    }
    workbook(path, {names[name]: content for name, content in parts.items()})


def _with(**parts: str | bytes | None) -> Callable[[Path], object]:
    return lambda path: _workbook(path, **parts)


def _of_rows(cells: str, before: str = "", after: str = "") -> Callable[[Path], object]:
    return _with(sheet=_HEAD + sheet(cells, before, after))


def _laughs(root: str) -> str:
    """Return a document type whose last entity would be a billion words."""
    lines = ['<!ENTITY a0 "ha">']
    lines += [f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 10)]
    return f"{_HEAD}<!DOCTYPE {root} [{''.join(lines)}]>\n"


_OUTSIDE = f'{_HEAD}<!DOCTYPE worksheet [<!ENTITY e SYSTEM "file:///etc/passwd">]>\n'
_LAUGH = '<row r="6"><c r="A6" t="inlineStr"><is><t>&a9;</t></is></c></row>'
_READ = '<row r="6"><c r="A6" t="inlineStr"><is><t>&e;</t></is></c></row>'


def _many_parts(path: Path) -> None:
    _workbook(path)
    with zipfile.ZipFile(path, "a") as packed:
        for number in range(20_000):
            packed.writestr(f"xl/media/{number}.bin", b"")


def _wide_bomb(path: Path) -> None:
    """Write a sheet of 300 MB of blanks, and 0.3 MB packed."""
    workbook(
        path, {"xl/worksheets/sheet1.xml": _HEAD + sheet(_CELLS + " " * 300_000_000)}
    )


def _lying_sizes(path: Path) -> None:
    """Write a sheet that is said to be 4 GB less one byte."""
    _workbook(path)
    raw = bytearray(path.read_bytes())
    for place in range(len(raw) - 4):
        if raw[place : place + 4] == b"PK\x01\x02":
            raw[place + 24 : place + 28] = struct.pack("<I", 0xFFFFFFFE)
    path.write_bytes(raw)


def _cut(maker: Callable[[Path], object], part: float) -> Callable[[Path], object]:
    def make(path: Path) -> None:
        maker(path)
        raw = path.read_bytes()
        path.write_bytes(raw[: int(len(raw) * part)])

    return make


_DIMENSION = '<dimension ref="A1:A2"/>'
_EXCEL = (
    Crafted("whole.xlsx", _with(), None),
    Crafted("empty.xlsx", _bytes(b""), "data-format"),
    Crafted("text.xlsx", _text(GOOD), "data-format"),
    Crafted("garbage.xlsx", _bytes(b"PK\x03\x04" + _noise(900)), "data-format"),
    Crafted("cut.xlsx", _cut(_with(), 0.6), "data-format"),
    Crafted("locked.xlsx", _bytes(b"\xd0\xcf\x11\xe0" + bytes(4096)), "data-format"),
    Crafted("other_zip.xlsx", lambda path: _zip(path, {"a.txt": "a"}), "data-format"),
    Crafted("no_book.xlsx", _with(book=None), "data-format"),
    Crafted("no_sheet.xlsx", _with(sheet=None), "data-format"),
    Crafted("no_rels.xlsx", _with(rels=None), "data-format"),
    Crafted(
        "no_sheets.xlsx",
        _with(book=_BOOK.split("<sheet ")[0] + "</sheets></workbook>"),
        "data-format",
    ),
    Crafted("no_rows.xlsx", _of_rows(""), "data-format"),
    Crafted("only_names.xlsx", _of_rows(_NAMES), "empty-data"),
    Crafted("wrong_dimension.xlsx", _of_rows(_CELLS, _DIMENSION), None),
    Crafted(
        "huge_dimension.xlsx",
        _of_rows(_CELLS, '<dimension ref="A1:XFD1048576"/>'),
        None,
    ),
    Crafted(
        "odd_dimension.xlsx", _of_rows(_CELLS, '<dimension ref="nonsense"/>'), None
    ),
    Crafted(
        "no_places.xlsx",
        _of_rows(_CELLS.replace(' r="A2"', "").replace(' r="B2"', "")),
        None,
    ),
    Crafted(
        "row_beyond.xlsx",
        _of_rows(_CELLS + _ROW.format(1_048_577, 1, 2)),
        "data-format",
    ),
    Crafted(
        "row_far_beyond.xlsx",
        _of_rows(_CELLS + _ROW.format(10**12, 1, 2)),
        "data-format",
    ),
    Crafted("row_zero.xlsx", _of_rows(_CELLS + _ROW.format(0, 1, 2)), "data-format"),
    Crafted("row_twice.xlsx", _of_rows(_CELLS + _ROW.format(3, 1, 2)), "data-format"),
    Crafted(
        "row_of_words.xlsx", _of_rows(_CELLS + _ROW.format("six", 1, 2)), "data-format"
    ),
    Crafted(
        "row_of_fractions.xlsx",
        _of_rows(_CELLS + _ROW.format(5.5, 1, 2)),
        "data-format",
    ),
    Crafted(
        "column_beyond.xlsx",
        _of_rows(_CELLS + '<row r="6"><c r="XFE6"><v>1</v></c></row>'),
        "data-format",
    ),
    Crafted(
        "column_far_beyond.xlsx",
        _of_rows(_CELLS + '<row r="6"><c r="ZZZZZZ6"><v>1</v></c></row>'),
        "data-format",
    ),
    Crafted(
        "row_of_megabytes.xlsx",
        _of_rows(_CELLS + '<row r="6">' + "<c/>" * 10_000_000 + "</row>"),
        "data-format",
    ),
    Crafted(
        "no_such_text.xlsx",
        _of_rows(_CELLS + '<row r="6"><c r="A6" t="s"><v>7</v></c></row>'),
        "data-format",
    ),
    Crafted(
        "error.xlsx",
        _of_rows(_CELLS + '<row r="6"><c r="A6" t="e"><v>#DIV/0!</v></c></row>'),
        "wrong-type",
    ),
    Crafted(
        "no_result.xlsx",
        _of_rows(
            _CELLS + '<row r="6"><c r="A6"><f>1+1</f></c><c r="B6"><v>1</v></c></row>'
        ),
        "wrong-type",
    ),
    Crafted(
        "merged.xlsx",
        _of_rows(
            _CELLS, after='<mergeCells count="1"><mergeCell ref="A2:A3"/></mergeCells>'
        ),
        "wrong-type",
    ),
    Crafted(
        "merged_everything.xlsx",
        _of_rows(
            _CELLS,
            after='<mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>',
        ),
        "wrong-type",
    ),
    Crafted(
        "title.xlsx",
        _of_rows(
            '<row r="1"><c r="A1" t="inlineStr"><is><t>Study</t></is></c></row>'
            + _CELLS.replace('r="1"', 'r="7"').replace('1"', '7"')
        ),
        "data-format",
    ),
    Crafted(
        "laughs.xlsx",
        _with(sheet=_laughs("worksheet") + sheet(_CELLS + _LAUGH)),
        "data-format",
    ),
    Crafted(
        "laughs_book.xlsx",
        _with(book=_laughs("workbook") + _BOOK.replace("Sheet1", "&a9;")),
        "data-format",
    ),
    Crafted(
        "laughs_texts.xlsx",
        _with(texts=f'{_laughs("sst")}<sst xmlns="{_MAIN}"><si><t>&a9;</t></si></sst>'),
        "data-format",
    ),
    Crafted(
        "outside.xlsx", _with(sheet=_OUTSIDE + sheet(_CELLS + _READ)), "data-format"
    ),
    Crafted(
        "laughs_utf16.xlsx",
        _with(
            sheet=(_laughs("worksheet") + sheet(_CELLS + _LAUGH))
            .replace("UTF-8", "UTF-16")
            .encode("utf-16")
        ),
        "data-format",
    ),
    Crafted(
        "deep.xlsx",
        _of_rows(_CELLS + "<a>" * 1_000_000 + "</a>" * 1_000_000),
        "data-format",
    ),
    Crafted("no_xml.xlsx", _with(sheet="y,x\n1,2\n"), "data-format"),
    Crafted("open_xml.xlsx", _with(sheet=sheet()[:-30]), "data-format"),
    Crafted(
        "styles.xlsx",
        _with(styles="<styleSheet>" + "<a/>" * 40_000_000 + "</styleSheet>"),
        "data-format",
    ),
    Crafted("many_parts.xlsx", _many_parts, None),
    Crafted("bomb.xlsx", _wide_bomb, "data-format"),
    Crafted("lying.xlsx", _lying_sizes, "data-format"),
)


def _zip(path: Path, parts: dict[str, str]) -> None:
    with zipfile.ZipFile(path, "w") as packed:
        for name, content in parts.items():
            packed.writestr(name, content)


# ---- Parquet, Arrow ------------------------------------------------------------------


def _table() -> object:
    import pyarrow as pa

    return pa.table({"y": [1.5, 2.5, 3.0, 4.5], "x": [2, 3, 5, 7]})


def _parquet(path: Path) -> None:
    from pyarrow import parquet

    parquet.write_table(_table(), path)


def _feather(path: Path) -> None:
    from pyarrow import feather

    feather.write_feather(_table(), str(path))


def _stream(path: Path) -> None:
    import pyarrow as pa

    table = pa.table({"y": [1.5, 2.5, 3.0, 4.5], "x": [2, 3, 5, 7]})
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as w:
        w.write_table(table)


def _twice_named(path: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    columns = [pa.array([1.0]), pa.array([2.0])]
    parquet.write_table(pa.table(columns, names=["x", "x"]), path)


def _flipped(maker: Callable[[Path], object], step: int) -> Callable[[Path], object]:
    """Change every so many bytes of a file."""

    def make(path: Path) -> None:
        maker(path)
        raw = bytearray(path.read_bytes())
        for place in range(8, len(raw) - 8, step):
            raw[place] ^= 0x5A
        path.write_bytes(raw)

    return make


_MAGIC = b"PAR1"
_ARROW = (
    Crafted("whole.parquet", _parquet, None),
    Crafted("empty.parquet", _bytes(b""), "data-format"),
    Crafted("text.parquet", _text(GOOD), "data-format"),
    Crafted("magic.parquet", _bytes(_MAGIC), "data-format"),
    Crafted("magics.parquet", _bytes(_MAGIC + _MAGIC), "data-format"),
    Crafted("garbage.parquet", _bytes(_MAGIC + _noise(900) + _MAGIC), "data-format"),
    Crafted("cut.parquet", _cut(_parquet, 0.7), "data-format"),
    Crafted("flipped.parquet", _flipped(_parquet, 7), "data-format"),
    Crafted(
        "footer.parquet",
        _bytes(_MAGIC + bytes(64) + struct.pack("<I", 0x7FFFFFFF) + _MAGIC),
        "data-format",
    ),
    Crafted("two_names.parquet", _twice_named, "duplicate-column"),
    Crafted("whole.feather", _feather, None),
    Crafted("empty.feather", _bytes(b""), "data-format"),
    Crafted("text.feather", _text(GOOD), "data-format"),
    Crafted("magic.feather", _bytes(b"ARROW1\0\0"), "data-format"),
    Crafted("cut.feather", _cut(_feather, 0.7), "data-format"),
    Crafted("flipped.feather", _flipped(_feather, 5), "data-format"),
    Crafted(
        "length.arrow",
        _bytes(b"\xff\xff\xff\xff" + struct.pack("<I", 0x7FFFFFF0) + bytes(64)),
        "data-format",
    ),
    Crafted("garbage.arrow", _bytes(b"FEA1" + _noise(200) + b"FEA1"), "data-format"),
    Crafted("cut.arrow", _cut(_stream, 0.3), "data-format"),
)


# ---- SPSS, Stata, SAS ----------------------------------------------------------------


def _coded(path: Path) -> None:
    import pandas as pd
    import pyreadstat

    frame = pd.DataFrame({"y": [1.5, 2.5, 3.0, 4.5], "x": [2.0, 3.0, 5.0, 7.0]})
    if path.suffix == ".dta":
        pyreadstat.write_dta(frame, str(path))
    else:
        pyreadstat.write_sav(frame, str(path), row_compress=path.suffix == ".zsav")


def _many_rows(path: Path) -> None:
    """Write a file that claims 2^31 - 1 rows, or as many as its format can."""
    _coded(path)
    raw = bytearray(path.read_bytes())
    if path.suffix == ".dta":
        place = raw.index(b"<N>") + 3
        raw[place : place + 8] = struct.pack("<Q", 2**40)
    else:
        raw[80:84] = struct.pack("<i", 2**31 - 1)
    path.write_bytes(raw)


_STATISTICAL = (
    Crafted("whole.sav", _coded, None),
    Crafted("whole.zsav", _coded, None),
    Crafted("whole.dta", _coded, None),
    *(
        Crafted(f"{name}{ending}", make, "data-format")
        for ending in (".sav", ".zsav", ".dta", ".sas7bdat")
        for name, make in (
            ("empty", _bytes(b"")),
            ("text", _text(GOOD)),
            ("garbage", _bytes(b"$FL2@(#) SPSS" + _noise(900))),
        )
    ),
    *(
        Crafted(f"{name}{ending}", make, "data-format")
        for ending in (".sav", ".zsav", ".dta")
        for name, make in (
            ("cut", _cut(_coded, 0.8)),
            ("cut_early", _cut(_coded, 0.3)),
            ("many_rows", _many_rows),
        )
    ),
)


# ---- R -------------------------------------------------------------------------------

_R = b"X\n" + struct.pack(">iii", 2, 0x030600, 0x020300)
_R3 = (
    b"X\n"
    + struct.pack(">iii", 3, 0x030600, 0x030500)
    + struct.pack(">i", 5)
    + b"UTF-8"
)


def _symbol(name: bytes) -> bytes:
    return struct.pack(">iii", 1, 0x00040009, len(name)) + name


def _sequence(length: float) -> bytes:
    """Return a sequence that R keeps as its length, its start and its step."""
    listed = struct.pack(">i", 0x2) + _symbol(b"compact_intseq")
    listed += struct.pack(">i", 0x2) + _symbol(b"base")
    listed += struct.pack(">i", 0x2) + struct.pack(">iii", 13, 1, 13)
    listed += struct.pack(">i", 254)
    state = struct.pack(">iiddd", 14, 3, length, 1.0, 1.0)
    return struct.pack(">i", 238) + listed + state + struct.pack(">i", 254)


def _framed(column: bytes, rows: int) -> bytes:
    """Return a data frame of one column, `x`."""
    flags = struct.pack(">ii", 19 | 0x100 | 0x200, 1)
    text = struct.pack(">ii", 0x00040009, 1) + b"x"
    names = struct.pack(">i", 0x402) + _symbol(b"names")
    names += struct.pack(">ii", 16, 1) + text
    classes = struct.pack(">i", 0x402) + _symbol(b"class") + struct.pack(">ii", 16, 1)
    classes += struct.pack(">ii", 0x00040009, 10) + b"data.frame"
    numbers = struct.pack(">i", 0x402) + _symbol(b"row.names")
    numbers += struct.pack(">iiii", 13, 2, -(2**31), -rows)
    return flags + column + names + classes + numbers + struct.pack(">i", 254)


_ZEROS = bytes(10_000_000)
_OF_R = (
    *(
        Crafted(f"{name}{ending}", make, "data-format")
        for ending in (".rds", ".RData")
        for name, make in (
            ("empty", _bytes(b"")),
            ("text", _text(GOOD)),
            ("garbage", _bytes(gzip.compress(_R + _noise(900)))),
            ("header", _bytes(gzip.compress(b"RDX2\n" + _R))),
            ("cut", _bytes(gzip.compress(_R + bytes(900))[:-8])),
        )
    ),
    Crafted(
        "length.rds", _bytes(_R + struct.pack(">ii", 14, 2**31 - 1)), "data-format"
    ),
    Crafted("list.rds", _bytes(_R + struct.pack(">ii", 19, 2**31 - 1)), "data-format"),
    Crafted(
        "letters.rds", _text("A\n2\n197888\n131840\n14\n2147483647\n1\n"), "data-format"
    ),
    Crafted(
        "deep.rds", _bytes(_R + struct.pack(">ii", 19, 1) * 200_000), "data-format"
    ),
    Crafted("pairs.rds", _bytes(_R + struct.pack(">i", 2) * 200_000), "data-format"),
    Crafted(
        "sequence.rds", _bytes(_R3 + _framed(_sequence(3e9), 2**31 - 1)), "data-format"
    ),
    Crafted(
        "bomb.rds",
        lambda path: _repeated(
            gzip.compress(_ZEROS),
            500,
            gzip.compress(_R + struct.pack(">ii", 14, 2**30)),
        )(path),
        "data-format",
    ),
    Crafted(
        "bomb_bz2.rds",
        lambda path: _repeated(bz2.compress(_ZEROS), 500, bz2.compress(_R))(path),
        "data-format",
    ),
    Crafted(
        "bomb_xz.RData",
        lambda path: _repeated(lzma.compress(_ZEROS), 500, lzma.compress(_R))(path),
        "data-format",
    ),
    Crafted(
        "nested.rds",
        lambda path: path.write_bytes(_nested(gzip.compress(bytes(50_000_000)))),
        "data-format",
    ),
)


def _nested(packed: bytes) -> bytes:
    for _ in range(300):
        packed = gzip.compress(packed)
    return packed


CRAFTED = (*_PLAIN, *_COMPRESSED, *_NO_FILES, *_EXCEL, *_ARROW, *_STATISTICAL, *_OF_R)


def crafted_data_files(folder: Path) -> list[Path]:
    """Write all crafted files into a folder and return them."""
    paths = []
    for one in CRAFTED:
        path = folder / one.name
        one.make(path)
        paths.append(path)
    return paths


# ---- what comes of them --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was said of a file, and what it cost.

    Attributes
    ----------
    name
        Of the file.
    rules
        Of the errors.
    rows
        The values of ``y`` and ``x`` where the file was read; else None.
    failed
        The exception that came out, if one did.
    seconds, megabytes
        How long it took, and by how much the most memory ever held grew.
    """

    name: str
    rules: tuple[str, ...]
    rows: list[list[float]] | None
    failed: str | None
    seconds: float
    megabytes: float


def taken(path: Path) -> Outcome:
    """Check the spec against a file, in this process."""
    import time

    from varying.compiler.driver import Request, check, compile_spec
    from varying.grammar import ModelError, Source
    from varying.grammar.render import FORMATS

    source = Source(SPEC.format(name=path.name), "a.model")
    begun, held = time.perf_counter(), _begin()
    rules: tuple[str, ...] = ()
    rows, failed = None, None
    try:
        found = check(Request(source, base=path.parent))
        for render in FORMATS.values():
            render(found)
        rules = tuple(sorted({d.rule for d in found if d.severity == "error"}))
        if not rules:
            try:
                table = compile_spec(Request(source, base=path.parent)).prepared.table
                columns = [table.columns[name].values.tolist() for name in "yx"]
                rows = [list(row) for row in zip(*columns, strict=True)]
            except ModelError as error:
                rules = tuple(sorted({d.rule for d in error.diagnostics}))
    except BaseException as error:
        failed = f"{type(error).__name__}: {error}"
    return Outcome(
        path.name, rules, rows, failed, time.perf_counter() - begun, _held() - held
    )


def _begin() -> float:
    """Forget, where the system can, the most memory held so far; return what is."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    return _held()


def _held() -> float:
    """Return the most memory that this process held, in MB."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def outcomes(paths: list[Path]) -> list[Outcome]:
    """Check the files in another process, and return what came of each.

    One that stops the process is said to have failed, and the next ones follow.
    """
    found: list[Outcome] = []
    while len(found) < len(paths):
        left = paths[len(found) :]
        command = [sys.executable, "-m", "tests.safety.crafted_data", "--take"]
        done = subprocess.Popen(
            [*command, *map(str, left)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
        )
        said, complained = done.communicate()
        lines = [json.loads(line) for line in said.splitlines()]
        found += [Outcome(**line) for line in lines]
        if len(lines) < len(left):
            name = left[len(lines)].name
            why = f"the process ended with {done.returncode}: {complained[-300:]}"
            found.append(Outcome(name, (), None, why, SECONDS, 0.0))
    return found


def fault_of(one: Crafted, outcome: Outcome) -> str | None:
    """Return what is wrong with an outcome; None if it is as it must be."""
    if outcome.failed is not None:
        return outcome.failed
    if outcome.seconds > SECONDS:
        return f"it took {outcome.seconds:.1f} s"
    if outcome.megabytes > MEGABYTES:
        return f"it took {outcome.megabytes:.0f} MB"
    if one.rule is not None and one.rule not in outcome.rules:
        return f"{one.rule} is not among {list(outcome.rules)}"
    if one.rule is None:
        lines = GOOD.splitlines()[1:]
        good = [[float(cell) for cell in line.split(",")] for line in lines]
        if outcome.rules or [list(row) for row in outcome.rows or ()] != good:
            return f"it is whole: {list(outcome.rules)}, {outcome.rows}"
    return None


def _take(paths: list[str]) -> None:
    import signal
    from dataclasses import asdict

    # beyond it Python says MemoryError, and the machine is left alone
    resource.setrlimit(resource.RLIMIT_AS, (12 << 30, 12 << 30))
    taken(Path(__file__))  # imports
    for path in paths:
        signal.alarm(int(3 * SECONDS))
        print(json.dumps(asdict(taken(Path(path)))), flush=True)


def main(arguments: list[str]) -> int:
    """Write the files into a folder, check them, and print a line for each."""
    if arguments[:1] == ["--take"]:
        _take(arguments[1:])
        return 0
    with tempfile.TemporaryDirectory() as made:
        folder = Path(arguments[0]) if arguments else Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        faults = 0
        found = outcomes(crafted_data_files(folder))
        for one, outcome in zip(CRAFTED, found, strict=True):
            fault = fault_of(one, outcome)
            faults += fault is not None
            said = ", ".join(outcome.rules) or (
                "read" if not outcome.failed else "failed"
            )
            cost = f"{outcome.seconds:6.2f} s {outcome.megabytes:6.0f} MB"
            print(f"{one.name:28} {cost}  {said}{f'  WRONG: {fault}' if fault else ''}")
        print(f"{len(found)} files, {faults} wrong")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
