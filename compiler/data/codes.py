"""Columns as codes into levels, and rows as members of groups."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import replace

import numpy as np

from varying.grammar.spelling import spell_number

from .levels import natural_order
from .table import Column, Ints, Table


def recode(column: Column, levels: Sequence[str]) -> Ints:
    """Return a column's rows as places among levels; -1 for any other value."""
    place = {level: index for index, level in enumerate(levels)}
    names, codes = coded_values(column)
    if column.spelled is not None and not place.keys() <= {*names}:
        names, codes = coded_members(column)  # levels of a group: `007`
    places = [place.get(name, -1) for name in names]
    return np.array([*places, -1], dtype=np.int64)[codes]


def coded_values(column: Column) -> tuple[tuple[str, ...], Ints]:
    """Return a column as codes into names; numbers by their value, in order."""
    if not column.kind.is_number:
        return column.levels, column.values
    numbers, codes = np.unique(column.values, return_inverse=True)
    missing = np.isnan(numbers)  # one at most, and the last
    names = tuple(spell_number(number) for number in numbers[~missing].tolist())
    return names, np.where(codes < len(names), codes, -1).astype(np.int64)


def coded_members(column: Column) -> tuple[tuple[str, ...], Ints]:
    """Return a column as codes into names of groups: ids such as ``007`` as written.

    Where a number is written in two ways, ``7`` and ``007``, they are one group, of the
    name of the number.
    """
    return coded_values(_as_written(column))


def with_ids(table: Table, names: Container[str]) -> Table:
    """Return a table that has ids of groups, by the names of columns, as written."""
    columns = {
        name: _as_written(column) if name in names else column
        for name, column in table.columns.items()
    }
    return replace(table, columns=columns)


def _as_written(column: Column) -> Column:
    spelled = column.spelled
    if spelled is None:
        return column
    different = {float(level) for level in spelled.levels}
    return spelled if len(different) == len(spelled.levels) else column


def group_levels(factors: Sequence[str], table: Table) -> tuple[str, ...]:
    """Return the levels of a grouping: the combinations that rows have.

    They are ordered by the first factor's level, then the second's, and named
    ``a1:b2``.
    """
    names, _ = _combinations(factors, table)
    return names


def group_index(factors: Sequence[str], levels: Sequence[str], table: Table) -> Ints:
    """Return each row's place among the levels; -1 for one that is not there."""
    place = {level: index for index, level in enumerate(levels)}
    names, codes = _combinations(factors, table)
    places = [place.get(name, -1) for name in names]
    return np.array([*places, -1], dtype=np.int64)[codes]


def pooled_levels(factors: Sequence[str], table: Table) -> tuple[str, ...]:
    """Return the levels that rows have in any of several columns, each once.

    In the order of the columns where they have the same levels, else in natural order.
    """
    columns = [table.columns[factor] for factor in factors]
    coded = [coded_members(column) for column in columns]
    there = {
        names[code] for names, codes in coded for code in np.unique(codes[codes >= 0])
    }
    first, *others = (names for names, _ in coded)
    if all(names == first for names in others):
        return tuple(name for name in first if name in there)
    return natural_order(there)


def pooled_index(factors: Sequence[str], levels: Sequence[str], table: Table) -> Ints:
    """Return each row's place among the levels by each of several columns."""
    return np.column_stack([recode(table.columns[one], levels) for one in factors])


def pooled_placed(
    factors: Sequence[str], levels: Sequence[str], table: Table
) -> tuple[Ints, tuple[str, ...]]:
    """Return the same by each of several columns with the same levels."""
    place = {level: index for index, level in enumerate(levels)}
    each = []
    for factor in factors:
        names, codes = coded_members(table.columns[factor])
        names = _as_known(names, place, table.columns[factor])
        present = np.unique(codes[codes >= 0]).tolist()
        for name in (names[code] for code in present):
            place.setdefault(name, len(place))
        of = np.array([*(place.get(name, -1) for name in names), -1], dtype=np.int64)
        each.append(of[codes])
    index = np.column_stack(each)
    missing = index < 0
    nameless = int(missing.sum())
    index[missing] = len(place) + np.arange(nameless)
    return index, (*list(place)[len(levels) :], *[""] * nameless)


def placed(
    factors: Sequence[str], levels: Sequence[str], table: Table
) -> tuple[Ints, tuple[str, ...]]:
    """Return each row's place among the levels and, behind them, the new ones; these.

    A row without a value is of a level of its own, without a name.
    """
    place = {level: index for index, level in enumerate(levels)}
    names, codes = _combinations(factors, table)
    if len(factors) == 1:
        names = _as_known(names, place, table.columns[factors[0]])
    present = np.bincount(codes[codes >= 0], minlength=len(names)) > 0
    new = [
        name
        for name, there in zip(names, present.tolist(), strict=True)
        if there and name not in place
    ]
    place |= {name: len(levels) + index for index, name in enumerate(new)}
    places = np.array([*(place.get(name, -1) for name in names), -1], dtype=np.int64)
    index = places[codes]
    missing = index < 0
    count = int(missing.sum())
    index[missing] = len(place) + np.arange(count)
    return index, (*new, *[""] * count)


def _combinations(factors: Sequence[str], table: Table) -> tuple[tuple[str, ...], Ints]:
    """Return the names of the observed combinations, and each row's place."""
    coded = [coded_members(table.columns[factor]) for factor in factors]
    combined = np.zeros(table.rows, dtype=np.int64)
    missing = np.zeros(table.rows, dtype=np.bool_)
    used: list[tuple[str, ...]] = [()]
    for names, codes in coded:
        missing |= codes < 0
        # Renumbered after each factor, so that many factors cannot overflow.
        step = max(len(names), 1)
        keys = np.where(missing, -1, combined * step + codes)
        present, combined = np.unique(keys, return_inverse=True)
        first = 1 if len(present) and present[0] < 0 else 0
        combined = combined - first
        used = [(*used[key // step], names[key % step]) for key in present[first:]]
    several = len(factors) > 1
    labels = tuple(":".join(_escape(name, several) for name in key) for key in used)
    return labels, np.where(missing, -1, combined).astype(np.int64)


def _as_known(
    names: tuple[str, ...], known: Mapping[str, int], column: Column
) -> tuple[str, ...]:
    """Return the names of ids of new rows as the fit has them: ``7`` as ``007``.

    A frame of whole numbers has lost the zeros that a file has, or never had them. A
    name is another one only where the fit has the number once.
    """
    if not column.kind.is_number:
        return names
    of: dict[str, list[str]] = {}
    for level in known:
        of.setdefault(level.lstrip("0") or "0", []).append(level)
    there = {*names}
    return tuple(
        found[0]
        if name not in known
        and len(found := of.get(name.lstrip("0") or "0", [])) == 1
        and found[0] not in there
        else name
        for name in names
    )


def _escape(name: str, several: bool) -> str:
    # `a:b` + `c` and `a` + `b:c` are different groups.
    return name.replace("\\", "\\\\").replace(":", "\\:") if several else name
