"""An error in a notebook: its text, and the line of the caller's, and no more."""

from __future__ import annotations

import linecache
import traceback

from .safe import visible

__all__ = ["short_traceback"]

_OURS = __name__.partition(".")[0]


def short_traceback(error: BaseException, text: str) -> list[str]:
    """Return what IPython is to show in place of a traceback through this package.

    Parameters
    ----------
    error
        The error.
    text
        What it says, in lines.
    """
    lines = text.split("\n")
    place = _called(error)
    return lines if place is None else [*lines, "", place]


def _called(error: BaseException) -> str | None:
    """Return the last line outside of this package that led to an error."""
    found: tuple[str, int] | None = None
    for frame, line in traceback.walk_tb(error.__traceback__):
        if frame.f_globals.get("__name__", "").partition(".")[0] == _OURS:
            break
        found = frame.f_code.co_filename, line
    if found is None:
        return None
    source = visible(linecache.getline(*found).strip())
    return f"called in line {found[1]}: {source}" if source else None
