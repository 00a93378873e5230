"""Files to be written, looked at before the work, and other places after it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from ..files.plain_file import check_name
from ..files.whole_file import temporary
from .sizes import free_disk, in_words

__all__ = ["elsewhere", "in_the_way", "refused", "saved_elsewhere"]

#: What a probe writes: a full disk takes an empty file.
_PROBE = bytes(4096)


def refused(path: str | os.PathLike[str], needed: int = 0) -> str | None:
    """Return why a file cannot be written, as a clause; None if it seems it can.

    A link is followed: what counts is the file that it leads to, there or not.

    Parameters
    ----------
    path
        The file.
    needed
        How many bytes it will have, about.
    """
    try:
        check_name(path)
        real = Path(path).resolve()
        if real.is_symlink():
            return "its links lead back to it"
        if real.is_dir() or os.fspath(path).endswith((os.sep, "/")):
            return "it is a folder"
        if real.exists() and not real.is_file():
            return "it is not a regular file"
        if not real.parent.is_dir():
            linked = Path(path).is_symlink()
            return f"there is no folder `{(real if linked else Path(path)).parent}`"
        free = free_disk(real.parent)
        if free is not None and free < needed:
            return f"it takes {in_words(needed)}, and {in_words(free)} are free there"
        handle, name = temporary(real)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(_PROBE)
                file.flush()
                os.fsync(file.fileno())
        finally:
            os.unlink(name)
    except PermissionError:
        return f"no permission to write in `{Path(path).parent}`"
    except (OSError, ValueError, RuntimeError) as error:
        # a name that is too long or has a zero byte, links that go round, a full disk
        reason = getattr(error, "strerror", None) or str(error)
        return reason[:1].lower() + reason[1:]
    return None


def in_the_way(
    path: str | os.PathLike[str], ours: Callable[[Path], bool], kind: str
) -> str | None:
    """Return why a file is not written over, as a clause; None if it may be.

    A name that no file can have is an ``OSError``.

    ``ours`` tells files of the kind from others, such as the data or the spec, and
    ``kind`` says what the others are not: "no fit". An empty file may be.
    """
    check_name(path)
    target = Path(path)
    if target.is_file() and target.stat().st_size and not ours(target):
        return f"it is there and is {kind}; choose another name, or remove it"
    return None


def elsewhere(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield other places for a file, none of which is there yet.

    In the folder that one is in, at home, and where temporary files are.
    """
    wanted = Path(path)
    name = wanted.name.replace("\0", "")[-100:] or "rescued.fit"
    folders: list[Callable[[], Path]] = [Path.cwd, Path.home, _temporary]
    for find in folders:
        with suppress(OSError, RuntimeError):
            folder = find()
            for number in range(100):
                stem, suffix = os.path.splitext(name)
                there = folder / (f"{stem}-{number}{suffix}" if number else name)
                if not os.path.lexists(there) and there != wanted:
                    yield there
                    break


def _temporary() -> Path:
    return Path(tempfile.gettempdir())


def saved_elsewhere(
    path: str | os.PathLike[str], save: Callable[[Path], None]
) -> Path | None:
    """Save at the first other place where it can be; return it, or None."""
    for place in elsewhere(path):
        with suppress(OSError):
            save(place)
            return place
    return None
