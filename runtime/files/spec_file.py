"""Reading a spec's text."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from varying.grammar.diagnostics import nearest
from varying.grammar.source import Source

from ..interface.faults import file_fault
from .plain_file import open_plain

if TYPE_CHECKING:
    from varying.grammar.diagnostics import ModelError

__all__ = ["MOST_BYTES", "decode", "read_source", "unreadable"]

#: A spec is written by hand; a longer file is something else.
MOST_BYTES = 1_000_000


def read_source(path: str | os.PathLike[str]) -> Source:
    """Read a spec.

    Raises
    ------
    ModelError
        If there is no such file, it cannot be read, or is no text.
    """
    name = os.fspath(path)
    try:
        with open_plain(path) as file:
            raw = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        close = nearest(Path(path).name, _neighbours(Path(path)))
        notes = [f"did you mean `{Path(path).parent / close[0]}`?"] if close else []
        raise file_fault(
            name, "no-such-file", f"there is no file `{name}`", *notes
        ) from None
    except OSError as error:
        raise unreadable(name, error) from error
    return decode(raw, name)


def unreadable(name: str, error: OSError) -> ModelError:
    """Return the error for a file that exists and cannot be read."""
    if isinstance(error, IsADirectoryError):
        return file_fault(name, "unreadable-file", f"`{name}` is a folder, and no file")
    reason = (error.strerror or str(error)).lower()
    return file_fault(name, "unreadable-file", f"`{name}` cannot be read: {reason}")


def decode(raw: bytes, name: str) -> Source:
    """Return the text of a spec's bytes; a byte order mark is not part of it."""
    if len(raw) > MOST_BYTES:
        raise file_fault(
            name,
            "spec-too-large",
            f"`{name}` is larger than 1 MB, too large for a spec",
        )
    try:
        return Source(raw.decode("utf-8-sig"), name)
    except UnicodeDecodeError as error:
        raise file_fault(
            name,
            "not-text",
            f"`{name}` is not UTF-8 text: byte {error.start + 1} cannot be read",
            "save the file with the encoding UTF-8",
        ) from None


def _neighbours(path: Path) -> list[str]:
    try:
        return sorted(entry.name for entry in path.parent.iterdir())
    except OSError:
        return []
