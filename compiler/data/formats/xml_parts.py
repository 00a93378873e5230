"""The XML inside a workbook: what it may hold is seen before it is parsed.

An entity may stand for another file, or for a billion words. The standard of Office
files forbids the document types that entities come with (ECMA-376, part 2, 9.1.3), so a
workbook that has one is refused.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO
from xml.parsers import expat

from ..bounded import HELD, TooLarge, in_bytes, sound_entries

#: Parts that are parsed as they are read; any other is held as a whole.
_STREAMED = ("xl/worksheets/", "xl/sharedstrings")
#: Bytes of a part that is held.
_PART = 1 << 26
#: Bytes and elements of one row of a sheet, and how deep they lie in each other: 16,384
#: cells have seldom more than three each.
_ROW, _ELEMENTS, _DEPTH = 1 << 26, 500_000, 100
#: Elements around a row.
_OF_ROWS = 2
_CHUNK = 1 << 16


def check_parts(file: Path) -> None:
    """See that a workbook may be unpacked, and has no document type in it.

    Raises
    ------
    Unsound, ValueError
        If not.
    """
    size = file.stat().st_size
    with file.open("rb") as opened, sound_entries(opened, size) as packed:
        total = sum(part.file_size for part in packed.infolist())
        if total > HELD.most:
            raise TooLarge(f"it unpacks to {in_bytes(total)}")
        for part in packed.infolist():
            name = part.filename.lower()
            if not name.endswith((".xml", ".rels", ".vml")):
                continue
            if not name.startswith(_STREAMED) and part.file_size > _PART:
                large = in_bytes(part.file_size)
                raise TooLarge(f"its part {part.filename} has {large} of XML")
            with packed.open(part) as raw:
                _check_start(part.filename, raw)


class _Begun(Exception):
    """The root of a document has begun."""


def _check_start(name: str, raw: Any) -> None:
    """See that there is no document type before the root of a document."""
    parser = expat.ParserCreate()

    def refuse(*_: object) -> None:
        message = f"its part {name} has a document type, which Excel never writes"
        raise ValueError(message)

    def begun(*_: object) -> None:
        raise _Begun

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = begun
    try:
        while piece := raw.read(_CHUNK):
            parser.Parse(piece, False)
    except _Begun:
        return
    except expat.ExpatError:
        return  # who reads the part says what is wrong with it


class SheetXml:
    """The XML of a sheet, read as long as no row of it is too large.

    Rows are parsed one by one, each into more memory than its text takes; so is what
    stands before and behind them.
    """

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._elements = self._since = self._depth = 0
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        found = self._source.read(size)
        self._since += len(found)
        self._parser.Parse(found, not found)
        if self._since > _ROW:
            raise TooLarge(f"a row of it has more than {in_bytes(_ROW)}")
        return found

    def close(self) -> None:
        """Close what is read."""
        self._source.close()

    def _start(self, *_: object) -> None:
        self._depth += 1
        self._elements += 1
        if self._depth > _DEPTH:
            raise ValueError(f"more than {_DEPTH} elements of it are in each other")
        if self._elements > _ELEMENTS:
            raise TooLarge(f"a row of it has more than {_ELEMENTS:,} elements")

    def _end(self, name: str) -> None:
        self._depth -= 1
        if self._depth == _OF_ROWS and name.rpartition(":")[2] == "row":
            self._elements = self._since = 0
