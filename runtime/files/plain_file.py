"""Opening files to be read: a pipe that nobody writes to would never end."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

__all__ = ["check_name", "open_plain"]

#: What a shell hands over, as by ``<(...)``: somebody writes to it.
_HANDED = ("/dev/stdin", "/dev/fd/", "/proc/self/fd/")


def check_name(path: str | os.PathLike[str]) -> None:
    """Refuse a name that no file can have, in the way of one that cannot be opened.

    Raises
    ------
    OSError
        If it has a NUL, or half of a character.
    """
    try:
        named = b"\0" not in os.fsencode(path)
    except UnicodeEncodeError:
        named = False
    if not named:
        raise OSError(errno.EINVAL, "no file can have such a name", os.fspath(path))


def open_plain(path: str | os.PathLike[str]) -> BinaryIO:
    """Open a plain file, or what a shell hands over, to be read.

    Raises
    ------
    OSError
        If it cannot be read, or is a named pipe, a socket or a device.
    """
    check_name(path)
    mode = os.stat(path).st_mode
    # a folder is told by opening it
    plain = stat.S_ISREG(mode) or stat.S_ISDIR(mode)
    if not plain and not os.fspath(path).startswith(_HANDED):
        raise OSError(errno.EINVAL, "it is no plain file", os.fspath(path))
    return Path(path).open("rb")
