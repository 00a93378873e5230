"""Levels that a spec states, of columns that are to be drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from varying.grammar.tree import ColumnStatement, LevelRange

if TYPE_CHECKING:
    from varying.grammar.tree import Spec

__all__ = ["stated_levels", "whole_numbers"]


def stated_levels(name: str, spec: Spec) -> tuple[str, ...] | None:
    """Return the levels that a ``column`` statement gives a column, if it does."""
    for one in spec.statements:
        if not isinstance(one, ColumnStatement) or one.type.levels is None:
            continue
        if name in {column.text for column in one.columns}:
            found: list[str] = []
            for level in one.type.levels:
                if isinstance(level, LevelRange):
                    found += map(str, range(level.low, level.high + 1))
                else:
                    found.append(level.text)
            return tuple(found)
    return None


def whole_numbers(levels: tuple[str, ...]) -> list[int] | None:
    """Return levels as the numbers that they are; None where one is none."""
    try:
        return [int(level) for level in levels]
    except ValueError:
        return None
