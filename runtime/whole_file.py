"""Writing a file whole or not at all."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

__all__ = ["replacing"]


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
    target = Path(path).resolve()
    if target.exists() and not target.is_file():
        # A folder, or a device: renaming onto /dev/null would abolish it.
        raise OSError(errno.EINVAL, "not a regular file", os.fspath(path))
    if not target.parent.is_dir():
        reason = f"there is no folder `{target.parent}`"
        raise FileNotFoundError(errno.ENOENT, reason, os.fspath(path))
    try:
        handle, name = tempfile.mkstemp(
            prefix=f".{target.name[:50]}.", suffix=".tmp", dir=target.parent
        )
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
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise


def _mode(target: Path) -> int:
    """Return the permissions of the file, or those that a new one would have."""
    with suppress(OSError):
        return target.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
