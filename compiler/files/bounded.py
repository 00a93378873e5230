"""Zip archives that are what they seem, and unpack to no more than they may.

Many formats are zips (Excel's workbooks, fit files), and a zip of a few kilobytes can
unpack to terabytes, name files outside the folder, or hold one name twice, so that
two programs read different things in it.
"""

from __future__ import annotations

import re
import zipfile
from typing import IO

__all__ = ["LEAST", "TIMES", "Unsound", "most_bytes", "sound_entries"]

#: What any file may unpack to, however small it is.
LEAST = 2**28
#: How many times its own size a file may unpack to. Deflate reaches 1,000, tables of
#: numbers seldom 20.
TIMES = 100

#: The first bit of an entry's flags: it is encrypted.
_ENCRYPTED = 1
#: Names of entries that lead out of the folder that an archive is unpacked into.
_ELSEWHERE = re.compile(r"^[/\\]|^[A-Za-z]:[/\\]|(^|[/\\])\.\.([/\\]|$)|\x00")


class Unsound(Exception):
    """An archive that is not read; the text says why, as a clause."""


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
        raise Unsound(
            f"it says that it unpacks to {total:,} bytes, and has {size:,} itself"
        )
    return archive
