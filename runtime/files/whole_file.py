"""Writing a file whole or not at all."""

from __future__ import annotations

import errno
import os
import platform
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from .plain_file import check_name

__all__ = ["replacing", "temporary"]

_ENDING = ".tmp"
#: In seconds.
_DAY = 86_400.0


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a file that takes the place of ``path`` when all has been written.

    A link stays a link: the file it points to is replaced.

    Raises
    ------
    OSError
        If that cannot be done; then nothing is left behind, and a file that
        was there before is unchanged.
    """
    check_name(path)
    target = Path(path).resolve()
    if target.exists() and not target.is_file():
        # A folder, or a device: renaming onto /dev/null would abolish it.
        raise OSError(errno.EINVAL, "not a regular file", os.fspath(path))
    if not target.parent.is_dir():
        reason = f"there is no folder `{target.parent}`"
        raise FileNotFoundError(errno.ENOENT, reason, os.fspath(path))
    _sweep(target)
    try:
        handle, name = temporary(target)
    except OSError as error:
        # It names a temporary file that nobody asked for.
        raise OSError(error.errno, error.strerror, os.fspath(path)) from None
    try:
        with os.fdopen(handle, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, _mode(target))
        os.replace(name, target)
    except BaseException as error:
        with suppress(OSError):
            os.unlink(name)
        if isinstance(error, OSError) and error.filename in (None, name):
            raise OSError(error.errno, error.strerror, os.fspath(path)) from error
        raise


def temporary(target: Path) -> tuple[int, str]:
    """Make a file beside another, to be renamed to it; return its handle and name.

    Its name says which process of which machine makes it, so that a later one can
    tell what is left over.
    """
    prefix = f"{_beginning(target)}{_machine()}-{os.getpid()}."
    return tempfile.mkstemp(prefix=prefix, suffix=_ENDING, dir=target.parent)


def _beginning(target: Path) -> str:
    return f".{target.name[:50]}."


def _machine() -> str:
    return sha256(platform.node().encode()).hexdigest()[:8]


def _sweep(target: Path) -> None:
    """Remove what processes left that were killed while they wrote this file.

    A file of another machine, in a folder that is shared, is left alone for a day.
    """
    beginning = _beginning(target)
    pattern = re.compile(
        re.escape(beginning) + r"(?:([0-9a-f]{8})-(\d+)\.)?[a-z0-9_]{8}\.tmp"
    )
    with suppress(OSError):
        for entry in os.scandir(target.parent):
            found = pattern.fullmatch(entry.name)
            if found is None:
                continue
            with suppress(OSError):
                here = found[1] == _machine() and not _runs(int(found[2]))
                old = time.time() - entry.stat(follow_symlinks=False).st_mtime > _DAY
                if here or old:
                    os.unlink(entry.path)


def _runs(process: int) -> bool:
    """Whether there is such a process; if nobody knows, yes."""
    if os.name == "nt":  # a signal of 0 would end it there
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def _mode(target: Path) -> int:
    """Return the permissions of the file, or those that a new one would have."""
    with suppress(OSError):
        return target.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
