"""A function of the caller's, which comes with the data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class OwnFunction:
    """One function.

    Attributes
    ----------
    name
        As a spec calls it.
    parameters
        Names of its arguments in order; they may be given by keyword.
    required
        How many of them must be given.
    compute
        Takes one float array a column, all of one length, and returns one array of
        that length, row by row.
    """

    name: str
    parameters: tuple[str, ...]
    required: int
    compute: Callable[..., Any]
