"""Archives that are what they seem, and unpack to no more than they may.

Many formats are zips (Excel's workbooks, fit files), and a zip of a few kilobytes can
unpack to terabytes, name files outside the folder, or hold one name twice, so that
two programs read different things in it. Text and R's files are packed as a whole, and
are measured while they are unpacked.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, cast

__all__ = [
    "HELD",
    "LEAST",
    "STREAMED",
    "TIMES",
    "Bound",
    "TooLarge",
    "Unsound",
    "in_bytes",
    "most_bytes",
    "open_gz",
    "sound_entries",
    "unpack",
]

#: What any file may unpack to, however small it is.
LEAST = 2**28
#: How many times its own size a file may unpack to. Deflate reaches 1,000, tables of
#: numbers seldom 20.
TIMES = 100

#: The first bit of an entry's flags: it is encrypted.
_ENCRYPTED = 1
#: Names of entries that lead out of the folder that an archive is unpacked into.
_ELSEWHERE = re.compile(r"^[/\\]|^[A-Za-z]:[/\\]|(^|[/\\])\.\.([/\\]|$)|\x00")


#: Bytes that the list of an archive's entries may have, and in how many at its end the
#: size of that list stands.
_LIST, _TAIL = 1 << 24, 66_000
#: How the end of such a list begins, and that of one beyond 4 GB.
_END, _LONG_END = b"PK\x05\x06", b"PK\x06\x06"


class Unsound(Exception):
    """An archive that is not read; the text says why, as a clause."""


class TooLarge(Unsound):
    """A file that would unpack to more than is read; the text says to how much."""


def most_bytes(size: int) -> int:
    """Return what a file of so many bytes may unpack to."""
    return max(LEAST, TIMES * size)


def sound_entries(file: IO[bytes], size: int) -> zipfile.ZipFile:
    """Open a zip of which every entry may be read.

    Parameters
    ----------
    file
        The open file.
    size
        Its size in bytes.

    Raises
    ------
    Unsound
        If it is no zip; has a name twice, or one that leads elsewhere; is encrypted;
        or says of itself that it unpacks to more than ``most_bytes``.
    """
    file.seek(max(0, size - _TAIL))
    listed = _list_size(file.read())
    if listed > _LIST:
        raise TooLarge(f"the list of its entries has {in_bytes(listed)}")
    try:
        archive = zipfile.ZipFile(file)
    except Exception as error:  # struct.error, UnicodeDecodeError, RecursionError ...
        raise Unsound("it is no zip archive, or it is cut off") from error
    seen: set[str] = set()
    total = 0
    for entry in archive.infolist():
        name = entry.filename
        if name in seen:
            raise Unsound(f"it has two entries `{name}`")
        seen.add(name)
        if _ELSEWHERE.search(name):
            raise Unsound(f"its entry `{name}` leads out of it")
        if entry.flag_bits & _ENCRYPTED:
            raise Unsound("it is encrypted")
        total += entry.file_size
    if total > most_bytes(size):
        raise TooLarge(
            f"it says that it unpacks to {total:,} bytes, and has {size:,} itself"
        )
    return archive


def _list_size(tail: bytes) -> int:
    """Return how many bytes the list of parts has; 0 if no end of it is there."""
    place = tail.rfind(_LONG_END)
    if place >= 0 and len(tail) >= place + 48:
        return int.from_bytes(tail[place + 40 : place + 48], "little")
    place = tail.rfind(_END)
    return int.from_bytes(tail[place + 12 : place + 16], "little") if place >= 0 else 0


# ---- what is packed as a whole -------------------------------------------------------

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Bound:
    """How much a file may unpack to.

    Attributes
    ----------
    most
        Bytes, whatever the file's own size.
    ratio
        Bytes for each byte of the file.
    free
        Bytes up to which nobody asks for the ratio: small files may be all zeros.
    """

    most: int
    ratio: int
    free: int

    def check(self, unpacked: int, packed: int, more: bool = False) -> None:
        """See that so many bytes may come of so many; ``more``: and of what follows.

        Raises
        ------
        TooLarge
            If they may not.
        """
        if unpacked <= self.free or (
            unpacked <= self.most and unpacked <= self.ratio * max(packed, 1)
        ):
            return
        least = "at least " if more else ""
        times = f"{unpacked / max(packed, 1):,.0f} times its size"
        limit = (
            f"no more than {in_bytes(self.most)} are read"
            if unpacked > self.most
            else f"no more than {self.ratio} times are read"
        )
        raise TooLarge(f"it unpacks to {least}{in_bytes(unpacked)}, {times}: {limit}")


#: For text, which is read as it is unpacked.
STREAMED = Bound(most=1 << 36, ratio=500, free=LEAST)
#: For what is unpacked into memory.
HELD = Bound(most=1 << 31, ratio=250, free=LEAST)


def in_bytes(count: int) -> str:
    """Return a number of bytes in words: ``1.5 GB``."""
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= size:
            return f"{count / size:,.1f} {unit}"
    return f"{count} bytes"


class _Counted(io.RawIOBase):
    """What is unpacked from a file, which is stopped where it is too much."""

    def __init__(self, packed: BinaryIO, unpacked: BinaryIO, bound: Bound) -> None:
        self._packed, self._unpacked, self._bound = packed, unpacked, bound
        self._count = 0

    def readable(self) -> bool:
        """Whether it can be read: yes."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill a buffer, and count."""
        found = self._unpacked.read(len(buffer))
        buffer[: len(found)] = found
        self._count += len(found)
        self._bound.check(self._count, self._packed.tell(), more=True)
        return len(found)

    def close(self) -> None:
        """Close both files."""
        if not self.closed:
            self._unpacked.close()
            self._packed.close()
        super().close()


def open_gz(file: Path, bound: Bound = STREAMED) -> BinaryIO:
    """Return an open file with what a ``.gz`` file holds.

    Reading it raises ``TooLarge`` where that is too much.
    """
    packed = file.open("rb")
    stream = cast(BinaryIO, gzip.GzipFile(fileobj=packed, mode="rb"))
    return io.BufferedReader(_Counted(packed, stream, bound), _CHUNK)


def unpack(file: Path, bound: Bound = HELD) -> bytes:
    """Return what is in a file, unpacked if it is packed by gzip, bzip2 or xz.

    Raises
    ------
    TooLarge
        If that is too much, or packed a second time.
    """
    packed = file.open("rb")
    with _opened(packed) as stream:
        if stream is None:
            bound.check(file.stat().st_size, file.stat().st_size)
            return packed.read()
        found = bytearray()
        while piece := stream.read(_CHUNK):
            found += piece
            bound.check(len(found), packed.tell(), more=True)
    if _packed_by(found[:6]):
        raise TooLarge("it is packed more than once")
    return bytes(found)


def _packed_by(start: bytes | bytearray) -> str | None:
    if start.startswith(b"\x1f\x8b"):
        return "gzip"
    if start.startswith(b"BZh"):
        return "bzip2"
    return "xz" if start.startswith(b"\xfd7zXZ\x00") else None


@contextmanager
def _opened(packed: BinaryIO) -> Iterator[BinaryIO | None]:
    """Yield what unpacks an open file, None if it is not packed; close both."""
    with packed:
        kind = _packed_by(packed.read(6))
        packed.seek(0)
        stream: BinaryIO | None = None
        if kind == "gzip":
            stream = cast(BinaryIO, gzip.GzipFile(fileobj=packed, mode="rb"))
        elif kind == "bzip2":
            stream = cast(BinaryIO, bz2.BZ2File(packed))
        elif kind == "xz":
            stream = cast(BinaryIO, lzma.LZMAFile(packed))
        yield stream
