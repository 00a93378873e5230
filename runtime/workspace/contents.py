"""What is in data, as a hash: files, and tables."""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from varying.compiler.data.table import Table

__all__ = ["Content", "Contents", "table_hash"]

#: Bytes of a file from which on it is read every time: hashing takes a fifth of a
#: second by then, and of very large files a check reads the head alone.
LARGE = 1 << 28
#: Nanoseconds for which a file must have been left alone before its times tell whether
#: it has changed: a file system may give two writes the same time (FAT: 2 seconds).
SETTLED = 3_000_000_000
#: Files whose hashes are kept.
_FILES = 64
_CHUNK = 1 << 20
_SECOND = 1_000_000_000

#: Of a file: its device, number, size, and when it was written and changed.
_Stamp = tuple[int, int, int, int, int]


@dataclass(frozen=True, slots=True)
class Content:
    """What was in a file when it was looked at.

    Attributes
    ----------
    digest
        The hash of its bytes.
    stamp
        Its number, size and times: two writes while it is read show in them.
    """

    digest: str
    stamp: _Stamp


class Contents:
    """The hashes of files, computed again unless the files cannot have changed."""

    def __init__(self) -> None:
        self._known: OrderedDict[_Stamp, str] = OrderedDict()
        self._lock = Lock()

    def of(self, path: Path) -> Content | None:
        """Return what is in a file; None if it is none, or too large to hash."""
        try:
            if not stat.S_ISREG(path.stat().st_mode):
                return None  # what is read from a pipe is gone
            with path.open("rb", buffering=0) as file:
                stamp = _stamp(os.fstat(file.fileno()))
                if stamp[2] > LARGE:
                    return None
                digest = self._found(stamp)
                if digest is None:
                    settled = _settled(stamp)
                    digest = _hash(file)
                    if stamp != _stamp(os.fstat(file.fileno())):
                        return None  # it is being written
                    if settled:
                        self._keep(stamp, digest)
        except (OSError, ValueError):
            return None
        return Content(digest, stamp)

    def _found(self, stamp: _Stamp) -> str | None:
        with self._lock:
            return self._known.get(stamp)

    def _keep(self, stamp: _Stamp, digest: str) -> None:
        with self._lock:
            self._known[stamp] = digest
            while len(self._known) > _FILES:
                self._known.popitem(last=False)


def _stamp(about: os.stat_result) -> _Stamp:
    times = (about.st_mtime_ns, about.st_ctime_ns)
    return (about.st_dev, about.st_ino, about.st_size, *times)


def _settled(stamp: _Stamp) -> bool:
    """Whether another write would give a file another time.

    Not where it was written just now, nor where times are whole seconds: a file system
    that has no finer ones may be on another computer, with another clock.
    """
    times = stamp[3:]
    return time.time_ns() - max(times) > SETTLED and all(t % _SECOND for t in times)


def _hash(file: Any) -> str:
    found = hashlib.sha256()
    while chunk := file.read(_CHUNK):
        found.update(chunk)
    return found.hexdigest()


class _NoHash(Exception):
    """Something that has no content to compare by."""


def table_hash(table: Table) -> str | None:
    """Return the hash of all that a table holds; None if it holds functions."""
    found = hashlib.sha256()
    try:
        _feed(found, table)
    except _NoHash:
        return None
    return found.hexdigest()


def _feed(found: Any, value: object) -> None:
    """Add a value to a hash, with its type and length: no two give the same bytes."""
    match value:
        case None | bool() | int() | float() | str():
            text = repr(value).encode("utf-8", "surrogatepass")
            found.update(b"%s %d " % (type(value).__name__.encode(), len(text)))
            found.update(text)
        case np.ndarray() if value.dtype.kind in "fiub":
            found.update(f"array {value.dtype.str} {value.shape} ".encode())
            found.update(np.ascontiguousarray(value).data)
        case tuple() if all(type(one) is str for one in value):
            _feed(found, repr(value))
        case tuple():
            found.update(b"tuple %d " % len(value))
            for one in value:
                _feed(found, one)
        case frozenset():
            _feed(found, tuple(sorted(value)))
        case Mapping():
            found.update(b"mapping %d " % len(value))
            for key, one in value.items():
                _feed(found, key)
                _feed(found, one)
        case _ if is_dataclass(value) and not isinstance(value, type):
            found.update(f"{type(value).__qualname__} ".encode())
            for field in fields(value):
                _feed(found, getattr(value, field.name))
        case _:
            raise _NoHash
