"""Plain values out of JSON that somebody else may have written.

JSON says nothing of types: a text in a number's place would be seen where it is used,
far from the file. These return the value, or raise ``TypeError`` or ``ValueError``.
"""

from __future__ import annotations

import math
from typing import Any

__all__ = ["length", "listed", "number", "text", "texts", "whole"]


def text(value: Any) -> str:
    """Return a text."""
    if type(value) is not str:
        raise TypeError(f"{value!r:.40} is no text")
    if not value.isascii():
        value.encode()  # half of a character, as JSON can spell it, is a ValueError
    return value


def whole(value: Any) -> int:
    """Return a whole number from 0 that an array can be as long as."""
    if type(value) is not int:
        raise TypeError(f"{value!r:.40} is no whole number")
    if not 0 <= value < 2**64:
        raise ValueError(f"{value!s:.40} is out of range")
    return value


def number(value: Any) -> float:
    """Return a number; Python's JSON has such as are not finite as well."""
    if type(value) not in (int, float):
        raise TypeError(f"{value!r:.40} is no number")
    try:
        return float(value)
    except OverflowError as error:
        raise ValueError("a number is out of range") from error


def length(value: Any) -> float:
    """Return a finite number from 0, such as one of seconds."""
    found = number(value)
    if not 0.0 <= found < math.inf:
        raise ValueError(f"{found} is out of range")
    return found


def listed(value: Any, kind: type = object) -> tuple[Any, ...]:
    """Return the members of a list, all of one kind."""
    if type(value) is not list or not all(isinstance(one, kind) for one in value):
        raise TypeError(f"{value!r:.40} is no such list")
    return tuple(value)


def texts(value: Any) -> tuple[str, ...]:
    """Return the texts of a list."""
    return tuple(map(text, listed(value)))
