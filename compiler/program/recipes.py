"""Recipes: how the arrays of a program's slots are made.

Most are made from the rows of a table, those of the fit or new ones; what was learned
from the rows of the fit stands in them as numbers. Some are found by passes.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..formula.columns import DesignColumn, Numeric


@dataclass(frozen=True, slots=True)
class Matrix:
    """Recipe: a design matrix, one column each; minus ``means`` where centred.

    Where there is a ``basis``, its rows, the matrix is multiplied by it.
    """

    columns: tuple[DesignColumn, ...]
    means: tuple[float, ...] | None = None
    basis: tuple[tuple[float, ...], ...] | None = None


@dataclass(frozen=True, slots=True)
class Single:
    """Recipe: one column of a design, a number a row."""

    column: DesignColumn


@dataclass(frozen=True, slots=True)
class LevelIndex:
    """Recipe: the level of each row, counted from 0; factors joined by cells."""

    factors: tuple[str, ...]
    levels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MemberIndex:
    """Recipe: the levels of each row, one in each column, counted from 0."""

    columns: tuple[str, ...]
    levels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MemberWeights:
    """Recipe: how much each row has of each of its ``count`` levels.

    None: equal shares. ``scaled``: divided by their sum.
    """

    weights: tuple[Numeric, ...]
    count: int
    scaled: bool


@dataclass(frozen=True, slots=True)
class LevelPlace:
    """Recipe: the place of each row's level in their order, from 0.

    Another level than these has no place: it is no new one, as of a group.
    """

    column: str
    levels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Recipe: the response; ranks among ``categories`` if there are any."""

    column: str
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Parts:
    """Recipe: a response of several columns, a category each."""

    columns: tuple[Numeric, ...]


@dataclass(frozen=True, slots=True)
class RowValues:
    """Recipe: one number a row, from an expression over the data."""

    variable: Numeric


@dataclass(frozen=True, slots=True)
class Numbers:
    """Recipe: numbers learned from the rows of the fit, kept as they are.

    A matrix, by rows, where it says how many ``columns`` there are.
    """

    values: tuple[float, ...]
    columns: int | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """Recipe: how many rows of the data each row stands for; 1 in a plain table."""


@dataclass(frozen=True, slots=True)
class Within:
    """Recipe: the squared deviations in what each row stands for; 0 of one row."""


@dataclass(frozen=True, slots=True)
class Weights:
    """Recipe: weights of a ``Centering``, found by a pass; ``means`` over levels."""

    means: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Around:
    """Recipe: the population part in terms of effects, found by a pass."""


@dataclass(frozen=True, slots=True)
class Composed:
    """Recipe: the columns of what is sampled, made by a pass from ``of``: slots."""

    of: tuple[str, ...]


Recipe = (
    Around
    | Composed
    | Weights
    | Matrix
    | Single
    | LevelIndex
    | MemberIndex
    | MemberWeights
    | LevelPlace
    | Outcome
    | Parts
    | RowValues
    | Numbers
    | Count
    | Within
)
