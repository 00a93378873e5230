"""Values that no declared level stands for: found once the rows are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from varying.grammar.diagnostics import Edit, Fix, Sink, nearest
from varying.grammar.printer import name_text, string_text
from varying.grammar.spelling import spell_number
from varying.grammar.tree import ColumnStatement, Level, LevelRange

from ..data.levels import level_spelled
from ..data.missing import statement_codes
from ..data.spellings import MISSING_NOTE, folded, looks_missing, missing_codes
from ..data.table import Column, Ints, Table
from ..data.texts import WITH_COMMA, parse_numbers

#: Undeclared values of a column that are reported each by itself.
_MOST_SHOWN = 10


def check_levels(
    table: Table,
    statements: Sequence[ColumnStatement],
    chosen: NDArray[np.bool_] | None,
    sink: Sink,
) -> Table:
    """Report values that no declared level stands for, in the rows chosen.

    The columns then have their declared levels only; one with a fault is left
    out. Without ``chosen`` the rows are not known, and only levels are reported
    that no row has and that seem to be misspelt.
    """
    columns = dict(table.columns)
    faulty: set[str] = set()
    by_name: dict[str, ColumnStatement] = {}
    for statement in statements:
        for declared in statement.columns:
            by_name.setdefault(declared.text, statement)
    for name, column in table.columns.items():
        if not column.undeclared:
            continue
        columns[name] = column.without_undeclared()
        codes = column.values if chosen is None else np.where(chosen, column.values, -1)
        if codes.max(initial=-1) < len(column.known_levels):
            continue
        if chosen is not None:
            faulty.add(name)
        if name in by_name:  # else it is a copy by `let`
            statement = by_name[name]
            _report_undeclared(column, codes, statement, table, chosen is None, sink)
    return replace(table, columns=columns).without(faulty)


def _report_undeclared(
    column: Column,
    codes: Ints,
    statement: ColumnStatement,
    table: Table,
    only_misspelt: bool,
    sink: Sink,
) -> None:
    declared = column.known_levels
    counts = np.bincount(codes[codes >= 0], minlength=len(column.levels))
    spans = {
        text: item.span
        for item in statement.type.levels or ()
        for text, _ in listed_levels(item)
    }
    others = [
        (code, column.levels[code])
        for code in range(len(declared), len(column.levels))
        if counts[code]
    ]
    more = len(others) - _MOST_SHOWN if len(others) > _MOST_SHOWN + 1 else 0
    if more and not only_misspelt:
        sink.add(
            "undeclared-level",
            statement.type.span,
            f"`{column.name}` has {more:,} more values that are no declared level",
        )
    others = others[: len(others) - more]
    # a number is near to others, and no misspelling of them
    numbers = all(np.isfinite(level_value(level)) for level in declared)
    close: dict[str, Sequence[str]] = {
        name: ()
        if numbers or np.isfinite(level_value(name))
        else nearest(name, declared, limit=1)
        for _, name in others
    }
    ranges = {i.span for i in statement.type.levels or () if isinstance(i, LevelRange)}
    for code, name in others:
        there = codes == code
        near = close[name][0] if close[name] else None
        span = statement.type.span if near is None else spans[near]
        several = [other for other in close.values() if other and other[0] == near]
        fix = None
        # A level that no row has is the misspelling, of one value.
        alone = near is not None and len(several) == 1 and span not in ranges
        if near is not None and alone and not counts[declared.index(near)]:
            fix = Fix(f"replace by `{name}`", (Edit(span, level_spelled(name)),))
        if only_misspelt and fix is None:
            continue
        notes = []
        shown = name if len(name) <= 60 else f"{name[:57]}..."
        if near is not None and folded(near) == folded(name):
            shown = string_text(shown)
            notes.append(
                f"it differs from `{string_text(near)}` in case or blanks only"
                + ("" if fix else ": make them equal in the data")
            )
        left_out = f"where {name_text(column.name)} != {_literal(name)}"
        given = statement_codes(statement, Sink(sink.source)) or ()
        listed = [
            string_text(c) if isinstance(c, str) else spell_number(c) for c in given
        ]
        missing = f"`missing=[{', '.join([*listed, _literal(name)])}]`"
        say = missing if listed else f"add {missing} to the statement"
        if looks_missing(name):
            fix = None
            notes.append(
                f"`{name}` looks like a missing value: {missing}"
                if listed
                else MISSING_NOTE.format(name)
            )
            notes.append(f"or leave these rows out: `{left_out}`")
        elif _is_code(name, declared):
            notes.append(f"`{name}` looks like a code for a missing value: {say}")
            notes.append(f"or leave these rows out: `{left_out}`")
        elif numbers and WITH_COMMA.fullmatch(name):
            notes.append(
                "it is a number with a comma, and none of the levels: mend it in the "
                f"data, or leave these rows out: `{left_out}`"
            )
        elif numbers and not np.isfinite(level_value(name)):
            notes.append(
                f"it is no number, as the levels are: if its value is missing, {say}"
            )
            notes.append(f"or leave these rows out: `{left_out}`")
        else:
            notes.append(f"add it to the levels, or leave these rows out: `{left_out}`")
        if table.long:
            notes.append("rows are those that `wide(...)` makes: one for each cell")
        sink.add(
            "undeclared-level",
            span,
            f"`{column.name}` has the value `{shown}` in "
            f"{rows_text(table.count(there), table.first(there))}, which is no "
            "declared level",
            *notes,
            fix=fix,
        )


def _is_code(level: str, declared: Sequence[str]) -> bool:
    """Whether a value looks like a code for a missing one among numbers."""
    value = level_value(level)
    known = [level_value(other) for other in declared]
    if not all(number.is_integer() for number in (value, *known)):
        return False
    return int(value) in missing_codes(sorted({int(n) for n in (value, *known)}))


def _literal(level: str) -> str:
    """Return a level as a condition names it."""
    number = level_value(level)
    by_value = np.isfinite(number) and spell_number(number) == level
    return level if by_value else string_text(level)


def rows_text(count: int, first: int) -> str:
    """Return how many rows, and the first of them (from 0), in words."""
    if count == 1:
        return f"row {first + 1}"
    return f"{count:,} rows (the first is row {first + 1})"


def level_value(level: str) -> float:
    """Return the number that a level spells, or NaN."""
    return (parse_numbers([level]) or {}).get(level, float("nan"))


def listed_levels(item: Level | LevelRange) -> Sequence[tuple[str, float | None]]:
    """Return the levels that an item of a list stands for, with their numbers."""
    if isinstance(item, LevelRange):
        return [(str(n), float(n)) for n in range(item.low, item.high + 1)]
    number = parse_numbers([item.text]) if item.number else None
    return [(item.text, number[item.text] if number else None)]
