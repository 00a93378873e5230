r"""States: what calls over rows have learned, and how that is applied to rows.

A state is what a call has learned, as numbers. Applied to the rows of the fit or to
others it gives the call's columns; ``predict`` in R does the same. What learns them is
in ``learning.py``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ..data import exact
from ..data.codes import group_index, group_levels
from ..data.table import Column, Floats, Ints, Kind, Table
from .smooth.curves import Curves


@dataclass(frozen=True, slots=True)
class CallSettings:
    """The arguments of a call that are no values of rows; absent ones are not there.

    ``values`` holds numbers, flags, tuples of numbers, levels or columns to group by.
    """

    values: Mapping[str, Any]

    def get(self, name: str, default: Any = None) -> Any:
        """Return an argument, or what it is where it is not given."""
        return self.values.get(name, default)


# ---- states --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shifted:
    """``(x - center) / scale``."""

    center: float
    scale: float = 1.0

    def columns(self, x: Floats, table: Table) -> tuple[Floats, ...]:
        """Return the call's columns over rows."""
        return ((x - self.center) / self.scale,)


@dataclass(frozen=True, slots=True)
class Constant:
    """One number in every row."""

    value: float

    def columns(self, x: Floats, table: Table) -> tuple[Floats, ...]:
        """Return the call's columns over rows."""
        return (np.full(len(x), self.value),)


@dataclass(frozen=True, slots=True)
class ByGroup:
    """One number a group; ``minus`` says whether it is taken from ``x``.

    A group that was not among the rows of the fit has the number of its own rows.
    """

    statistic: str
    by: tuple[str, ...]
    levels: tuple[str, ...]
    values: tuple[float, ...]
    minus: bool

    def columns(self, x: Floats, table: Table) -> tuple[Floats, ...]:
        """Return the call's columns over rows."""
        index = group_index(self.by, self.levels, table)
        of = np.array([*self.values, np.nan])[index]
        if (index < 0).any():
            levels = group_levels(self.by, table)
            own = group_index(self.by, levels, table)
            found = by_group(self.statistic, x, own, len(levels), table)
            of = np.where(index < 0, np.array([*found, np.nan])[own], of)
        return (x - of if self.minus else of,)


@dataclass(frozen=True, slots=True)
class Ranks:
    """The rank of each different value; others lie between their neighbours'."""

    values: tuple[float, ...]
    ranks: tuple[float, ...]

    def columns(self, x: Floats, table: Table) -> tuple[Floats, ...]:
        """Return the call's columns over rows."""
        found = np.interp(x, self.values, self.ranks)
        return (np.where(np.isnan(x), np.nan, found),)


@dataclass(frozen=True, slots=True)
class Powers:
    """``x, x^2, ...``."""

    degree: int

    def columns(self, x: Floats, table: Table) -> tuple[Floats, ...]:
        """Return the call's columns over rows."""
        return tuple(x ** (power + 1) for power in range(self.degree))


@dataclass(frozen=True, slots=True)
class Orthogonal:
    r"""Orthonormal polynomials by their recursion.

    :math:`p_{j+1}(z) = (z - a_j)\, p_j(z) - (n_j / n_{j-1})\, p_{j-1}(z)`, each over
    the root of its norm :math:`n_j` (Forsythe 1957, J. SIAM 5:74), of
    :math:`z = (x - \text{origin}) / \text{unit}`: powers of seconds since 1970, or of
    1e-19, are no numbers that can be calculated with.
    """

    shifts: tuple[float, ...]
    norms: tuple[float, ...]
    origin: float = 0.0
    unit: float = 1.0

    def columns(self, x: Floats, table: Table) -> tuple[Floats, ...]:
        """Return the call's columns over rows."""
        z = (x - self.origin) / self.unit
        before, current = np.zeros_like(z), np.ones_like(z)
        found = []
        for degree, shift in enumerate(self.shifts):
            ratio = self.norms[degree] / self.norms[degree - 1] if degree else 0.0
            before, current = current, (z - shift) * current - ratio * before
            found.append(current / np.sqrt(self.norms[degree + 1]))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Spline:
    """Columns that are piecewise polynomials: B-splines times ``weights``.

    ``knots`` are all of them, the ends repeated; ``weights`` has a row a B-spline and
    a column a column. Outside the ends the outermost polynomial goes on, or, where
    ``straight``, its tangent.
    """

    knots: tuple[float, ...]
    degree: int
    weights: tuple[tuple[float, ...], ...]
    straight: bool

    def columns(self, x: Floats, table: Table) -> tuple[Floats, ...]:
        """Return the call's columns over rows."""
        from scipy.interpolate import BSpline

        curve = BSpline(np.array(self.knots), np.array(self.weights), self.degree)
        if not self.straight:
            return tuple(np.ascontiguousarray(curve(x).T))
        inside = np.clip(x, self.knots[0], self.knots[-1])
        beyond = (x - inside)[:, None]
        slope = curve(np.where(beyond[:, 0] == 0, self.knots[0], inside), nu=1)
        return tuple(np.ascontiguousarray((curve(inside) + beyond * slope).T))


@dataclass(frozen=True, slots=True)
class Intervals:
    """The intervals of ``cut``: bounds in rising order and a level between two."""

    bounds: tuple[float, ...]
    levels: tuple[str, ...]
    right: bool
    lowest: bool

    def codes(self, x: Floats) -> Ints:
        """Return each row's interval, from 0; -1 outside the bounds."""
        bounds = np.array(self.bounds)
        side: Literal["left", "right"] = "left" if self.right else "right"
        codes = np.searchsorted(bounds, x, side=side).astype(np.int64) - 1
        if self.lowest:  # the outermost bound belongs to its interval
            outermost = bounds[0] if self.right else bounds[-1]
            codes = np.where(
                x == outermost, 0 if self.right else len(bounds) - 2, codes
            )
        outside = np.isnan(x) | (codes < 0) | (codes >= len(self.levels))
        return np.where(outside, -1, codes).astype(np.int64)


State = (
    Shifted
    | Constant
    | ByGroup
    | Ranks
    | Powers
    | Orthogonal
    | Spline
    | Curves
    | Intervals
)


def apply(state: State, names: Sequence[str], x: Floats, table: Table) -> list[Column]:
    """Return the columns of a call over the rows of a table, by these names."""
    if isinstance(state, Intervals):
        codes = state.codes(x)
        return [Column(names[0], Kind.FACTOR, codes, state.levels, declared=True)]
    found = state.columns(x, table)
    return [
        Column(name, Kind.NUMERIC, np.asarray(values, dtype=np.float64))
        for name, values in zip(names, found, strict=True)
    ]


def width(state: State) -> int:
    """Return how many columns a call gives."""
    match state:
        case Orthogonal(shifts=shifts):
            return len(shifts)
        case Powers(degree=degree):
            return degree
        case Spline(weights=weights):
            return len(weights[0])
        case Curves():
            return state.width
        case _:
            return 1


def by_group(statistic: str, x: Floats, index: Ints, size: int, table: Table) -> Floats:
    """Return a statistic of each group's values; NaN where it has none."""
    there = ~np.isnan(x) & (index >= 0)
    values, places = x[there], index[there]
    if statistic == "mean":
        counts = None if table.counts is None else table.counts[there]
        return exact.group_means(values, places, size, counts)
    found = np.full(size, np.inf if statistic == "min" else -np.inf)
    ufunc = np.minimum if statistic == "min" else np.maximum
    ufunc.at(found, places, values)
    return np.where(np.isinf(found), np.nan, found)


# ---- earlier rows --------------------------------------------------------------------


def lagged(column: Column, settings: CallSettings, table: Table) -> Column:
    """Return what a column holds some rows earlier, within groups, in an order."""
    steps = int(settings.get("n", 1))
    by = settings.get("by")
    keys: list[Any] = [np.arange(table.rows)]
    for name in reversed(settings.get("order") or ()):
        of = table.columns[name]
        values = of.values.astype(np.float64)
        keys.append(np.where(of.missing, np.inf, values))
    index = np.zeros(table.rows, dtype=np.int64)
    if by:
        index = group_index(by, group_levels(by, table), table)
    keys.append(index)
    order = np.lexsort(keys)
    source = np.full(table.rows, -1, dtype=np.int64)
    later, earlier = order[steps:], order[: max(len(order) - steps, 0)]
    same = (index[later] == index[earlier]) & (index[later] >= 0)
    for name in settings.get("order") or ():
        # a row without its place in the order is before and after none
        gone = table.columns[name].missing
        same &= ~gone[later] & ~gone[earlier]
    source[later[same]] = earlier[same]
    if column.kind.is_number:
        values = np.append(column.values, np.nan)[source]
        return Column("", Kind.NUMERIC, values, rounding=column.rounding)
    if column.kind is Kind.ORDERED and column.numbers is not None:
        # a rating of earlier on is a number: its hundred categories are no factor
        values = np.array([*column.numbers, np.nan])[column.values]
        return Column("", Kind.NUMERIC, np.append(values, np.nan)[source])
    codes = np.append(column.values, -1)[source]
    return Column(
        "",
        column.kind,
        codes.astype(np.int64),
        column.levels,
        declared=column.declared,
        numbers=column.numbers,
        read_as=column.read_as,
    )
