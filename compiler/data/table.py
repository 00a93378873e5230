"""Tables: the data as Varying sees them, whatever they were read from.

A column is either numbers (float64, NaN where missing) or codes into levels
(int64, -1 where missing). Nothing else exists after this point: no pandas, no
dtype puzzles.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .custom_contrast import Custom
from .matrices import KnownMatrix
from .own_function import OwnFunction

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


_NO_CALLS: Mapping[str, tuple[str, ...]] = {}


class Kind(StrEnum):
    """What a column holds."""

    NUMERIC = "numeric"
    INTEGER = "integer"  # numbers, all whole
    LOGICAL = "logical"  # codes; levels FALSE, TRUE
    FACTOR = "factor"  # codes
    ORDERED = "ordered"  # codes; the order of the levels has a meaning
    TEXT = "text"  # codes; a factor nobody declared, levels in natural order

    @property
    def is_number(self) -> bool:
        """Whether the values are numbers, not codes."""
        return self in (Kind.NUMERIC, Kind.INTEGER)


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One column.

    Attributes
    ----------
    name
        As in the data.
    kind
        See ``Kind``.
    values
        float64 with NaN (number kinds) or int64 codes with -1 (the others).
    levels
        Names of the codes, in order; empty for number kinds.
    declared
        Whether a ``column`` statement or a categorical fixed kind and levels.
    numbers
        For levels that are numbers (``ordered(0..99)``): their values.
    contrast
        Scheme that a ``column`` statement chose, if any, or its own matrix.
    reference
        Level that ``ref=`` chose, if any.
    spelled
        Of numbers some of which have leading zeros: the cells as texts, which name
        groups. As a factor ``1`` and ``01`` are two levels.
    read_as
        Kind of what a ``column`` statement made this of: where it is a number
        kind, levels were matched by value, else by spelling.
    undeclared
        How many of the levels, the last ones, the declaration does not list. They
        stand for values of rows that ``where`` may leave out; later none is left.
    rounding
        Of numbers that were computed from others: how far off they may be. None: by
        half of their last bit, and whole numbers are exact.
    decimal
        Of texts that were cells of a file: the sign before decimals by which they are
        no numbers. None: the file says what its values are.
    grouped
        Of numbers: a cell such as `1.234` that is taken for 1234, although no cell
        shows that points part thousands.
    pointed
        Of numbers that were read by a decimal comma: whether they had points.
    """

    name: str
    kind: Kind
    values: NDArray[Any]
    levels: tuple[str, ...] = ()
    declared: bool = False
    numbers: tuple[float, ...] | None = None
    contrast: str | Custom | None = None
    reference: str | None = None
    spelled: Column | None = None
    read_as: Kind | None = None
    undeclared: int = 0
    rounding: float | None = None
    decimal: str | None = None
    grouped: str | None = None
    pointed: bool = False

    def __post_init__(self) -> None:
        wanted = np.float64 if self.kind.is_number else np.int64
        if self.values.dtype != wanted or self.values.ndim != 1:
            raise TypeError(f"{self.name}: {self.kind} holds a vector of {wanted}")
        if self.kind.is_number and self.levels:
            raise ValueError(f"{self.name}: numbers have no levels")

    @property
    def missing(self) -> NDArray[np.bool_]:
        """Rows without a value."""
        if self.kind.is_number:
            return np.isnan(self.values)
        return self.values < 0

    @property
    def known_levels(self) -> tuple[str, ...]:
        """The levels without the undeclared ones."""
        return self.levels[: len(self.levels) - self.undeclared]

    def without_undeclared(self) -> Column:
        """Return the column with its declared levels; other values are missing."""
        if not self.undeclared:
            return self
        known = self.known_levels
        numbers = None if self.numbers is None else self.numbers[: len(known)]
        values = np.where(self.values < len(known), self.values, -1)
        return replace(self, levels=known, values=values, numbers=numbers, undeclared=0)

    def take(self, rows: Ints) -> Column:
        """Return the column with these rows only."""
        spelled = None if self.spelled is None else self.spelled.take(rows)
        return replace(self, values=self.values[rows], spelled=spelled)


@dataclass(frozen=True, slots=True)
class FileLayout:
    """How a file is laid out: its path, and what separates its columns.

    ``tidy`` is false where the header has blanks around its names, or spells them
    in another form of Unicode. ``missing`` are cells without a value that are not
    spelled as usual, such as blanks.
    """

    path: str
    delimiter: str = ","
    decimal: str = "."
    tidy: bool = True
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Columns of equal length, in their order in the data.

    ``name`` is the file they came from, or a word for a data frame. ``partial``
    is true where only the head of a large file was read. ``unusable`` says of
    columns that cannot be used (dates, lists, mixtures) why, by name. ``faulty``
    are names whose fault has been reported: nothing more is said of them. An
    ``open`` table stands for data that are not there: it may have any column.
    ``layout`` is that of the file; None for a data frame. ``unread`` are columns
    of the file that the spec does not name.

    A table may be reduced: rows that are equal are one, a cell. ``counts`` has how
    many rows of the data each stands for, ``firsts`` the number of the first of
    them, from 0, in rising order. None: every row is there.

    ``long`` is true of data from which a ``wide(...)`` has made its rows already.

    ``calls`` are calls that have been computed over the rows, by their text, with the
    names of the columns that they gave; ``functions`` are the caller's own;
    ``made_of`` has the columns that each ``let`` is computed from in the end;
    ``matrices`` are known beside the data, by name, or by path in quotes.
    """

    name: str
    columns: Mapping[str, Column]
    rows: int
    partial: bool = False
    unusable: Mapping[str, str] = field(default_factory=dict)
    faulty: frozenset[str] = frozenset()
    open: bool = False
    layout: FileLayout | None = None
    unread: tuple[str, ...] = ()
    counts: Ints | None = None
    firsts: Ints | None = None
    long: bool = False
    calls: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    functions: Mapping[str, OwnFunction] = field(default_factory=dict)
    made_of: Mapping[str, frozenset[str]] = field(default_factory=dict)
    matrices: Mapping[str, KnownMatrix] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for column in self.columns.values():
            if len(column.values) != self.rows:
                raise ValueError(f"{column.name} has not {self.rows} rows")
        if (self.counts is None) != (self.firsts is None):
            raise ValueError("counts and firsts go together")
        for numbers in (self.counts, self.firsts):
            if numbers is not None and numbers.shape != (self.rows,):
                raise ValueError(f"not {self.rows} counts and firsts")

    @property
    def total(self) -> int:
        """How many rows of the data the rows stand for."""
        return self.rows if self.counts is None else int(self.counts.sum())

    def count(self, chosen: NDArray[np.bool_]) -> int:
        """Return how many rows of the data some rows stand for."""
        if self.counts is None:
            return int(chosen.sum())
        return int(self.counts[chosen].sum())

    def first(self, chosen: NDArray[np.bool_]) -> int:
        """Return the number in the data, from 0, of the first of some rows."""
        place = int(np.argmax(chosen))
        return place if self.firsts is None else int(self.firsts[place])

    def numbers(self, rows: Ints) -> Ints:
        """Return the numbers in the data, from 0, of rows, or of their first ones."""
        return rows if self.firsts is None else self.firsts[rows]

    def adding(
        self,
        columns: Iterable[Column],
        calls: Mapping[str, tuple[str, ...]] = _NO_CALLS,
    ) -> Table:
        """Return the table with further columns, and with the calls that gave them."""
        return replace(
            self,
            columns={**self.columns, **{column.name: column for column in columns}},
            calls={**self.calls, **calls},
        )

    def without(self, names: Iterable[str]) -> Table:
        """Return the table without columns that a reported fault has spoilt."""
        spoilt = frozenset(names)
        kept = {name: c for name, c in self.columns.items() if name not in spoilt}
        # a call that gave one of them is spoilt with it
        lost = {text for text, names in self.calls.items() if spoilt & {*names}}
        calls = {text: n for text, n in self.calls.items() if text not in lost}
        return replace(
            self, columns=kept, faulty=self.faulty | spoilt | lost, calls=calls
        )

    def take(self, rows: Ints) -> Table:
        """Return the table with these rows only."""
        kept = {name: column.take(rows) for name, column in self.columns.items()}
        counts = None if self.counts is None else self.counts[rows]
        firsts = None if self.firsts is None else self.firsts[rows]
        return replace(self, columns=kept, rows=len(rows), counts=counts, firsts=firsts)
