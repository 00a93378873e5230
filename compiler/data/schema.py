"""The schema: what is known of the columns once the rows are forgotten.

``bind`` works on it, so that a spec can be checked against a data set that is
described and not at hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from varying.grammar.spelling import spell_number

from .custom_contrast import Custom
from .own_function import OwnFunction
from .table import Column, Kind, Table

# Beyond this many distinct values a numeric column cannot become a factor:
# it would exceed the number of coefficients that a formula may have.
MOST_NUMBERS = 10_000


@dataclass(frozen=True, slots=True)
class ColumnInfo:
    """What is known of one column.

    Attributes
    ----------
    name, kind
        As in the table.
    levels
        Levels that the rows have, in order; empty for number kinds.
    declared_levels
        All levels, those without a row among them.
    minimum, maximum
        Range of the values; of ``numbers`` for levels that are numbers. None
        where there is no number.
    whole
        Whether all numbers are whole.
    distinct
        How many different values there are; None if that is not known.
    numbers
        Number kinds: the different values in order, if not more than 10,000.
        Otherwise the values of ``declared_levels``, if these are numbers.
    declared
        Whether a ``column`` statement or a categorical fixed the levels.
    contrast, reference
        As chosen by a ``column`` statement.
    stated
        Whether there is a ``column`` statement for it.
    merged
        Two spellings, such as ``1`` and ``01``, that are one number.
    decimal
        As in the table.
    """

    name: str
    kind: Kind
    levels: tuple[str, ...] = ()
    declared_levels: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    whole: bool = False
    distinct: int | None = None
    numbers: tuple[float, ...] | None = None
    declared: bool = False
    contrast: str | Custom | None = None
    reference: str | None = None
    stated: bool = False
    merged: tuple[str, str] | None = None
    decimal: str | None = None

    @property
    def as_levels(self) -> tuple[str, ...]:
        """Levels in use, or the different numbers spelled as such."""
        if self.kind.is_number:
            return tuple(spell_number(number) for number in self.numbers or ())
        return self.levels


@dataclass(frozen=True, slots=True)
class Schema:
    """The columns by name, and how many rows they have.

    ``unusable``, ``faulty``, ``open``, ``unread``, ``calls``, ``functions`` and
    ``made_of`` are those of the table.
    """

    columns: Mapping[str, ColumnInfo]
    rows: int
    unusable: Mapping[str, str] = field(default_factory=dict)
    faulty: frozenset[str] = frozenset()
    open: bool = False
    unread: tuple[str, ...] = ()
    calls: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    functions: Mapping[str, OwnFunction] = field(default_factory=dict)
    made_of: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names in the order of the data, without those of calls."""
        computed = {name for names in self.calls.values() for name in names}
        return tuple(name for name in self.columns if name not in computed)


def schema_of(table: Table) -> Schema:
    """Return the schema of a table."""
    columns = {name: _info(column) for name, column in table.columns.items()}
    return Schema(
        columns,
        table.total,
        table.unusable,
        table.faulty,
        table.open,
        table.unread,
        table.calls,
        table.functions,
        table.made_of,
    )


def _info(column: Column) -> ColumnInfo:
    present = column.values[~column.missing]
    if not column.kind.is_number:
        used = np.bincount(present, minlength=len(column.levels)) > 0
        levels = tuple(level for level, u in zip(column.levels, used, strict=True) if u)
        values = column.numbers or ()
        return ColumnInfo(
            name=column.name,
            kind=column.kind,
            levels=levels,
            declared_levels=column.levels,
            minimum=min(values, default=None),
            maximum=max(values, default=None),
            whole=bool(values) and all(value.is_integer() for value in values),
            distinct=len(levels),
            numbers=column.numbers,
            declared=column.declared,
            contrast=column.contrast,
            reference=column.reference,
            stated=column.read_as is not None,
            decimal=column.decimal,
        )
    numbers = np.unique(present)
    some = len(numbers) > 0
    return ColumnInfo(
        name=column.name,
        kind=column.kind,
        minimum=float(numbers[0]) if some else None,
        maximum=float(numbers[-1]) if some else None,
        whole=some and bool(np.all(numbers == np.floor(numbers))),
        distinct=len(numbers),
        numbers=tuple(numbers.tolist()) if len(numbers) <= MOST_NUMBERS else None,
        declared=column.declared,
        stated=column.read_as is not None,
        merged=_merged(column),
    )


def _merged(column: Column) -> tuple[str, str] | None:
    """Return two spellings in the rows that are one number."""
    spelled = column.spelled
    if spelled is None:
        return None
    seen: dict[float, str] = {}
    used = np.bincount(spelled.values[spelled.values >= 0], minlength=1) > 0
    for level, there in zip(spelled.levels, used.tolist(), strict=False):
        if there and seen.setdefault(float(level), level) != level:
            return seen[float(level)], level
    return None
