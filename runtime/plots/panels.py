"""Rows of the data by a column: what each panel of a picture shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from varying.compiler.data.spread import distinct
from varying.grammar.printer import name_text

from ..interface.arguments import given
from . import PlotError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from varying.compiler.data.table import Column

    from ..fit.origin import Origin

__all__ = ["Panel", "columns_by", "panels_of"]

#: A number with more values than this is cut into quarters.
_VALUES = 12


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """Some rows, and what they have in common.

    Attributes
    ----------
    label
        What that is.
    rows
        Their places among the rows of the fit.
    missing
        Whether it is that they have no value.
    """

    label: str
    rows: NDArray[np.intp]
    missing: bool = False


def panels_of(
    origin: Origin, by: str | Sequence[str], chosen: NDArray[Any] | None = None
) -> tuple[Panel, ...]:
    """Return the rows of each level of a column, without empty ones.

    Of several columns, those of each combination of their levels.

    The columns are those that the fit file holds, and those of ``let``. A number
    with many values is cut into quarters, unless it is a grouping factor of the
    model. Rows without a value are the last panel. ``chosen`` are the rows to show,
    by their places in the table; None: all.

    Raises
    ------
    PlotError
        If there is no such column.
    """
    names = columns_by(by)
    found = list(_of_one(origin, names[0], chosen))
    for name in names[1:]:
        found = [
            Panel(f"{one.label}, {other.label}", rows, one.missing or other.missing)
            for one in found
            for other in _of_one(origin, name, chosen)
            if len(rows := np.intersect1d(one.rows, other.rows))
        ]
    # those without a value come last, as of one column
    return tuple(sorted(found, key=lambda panel: panel.missing))


def columns_by(by: object) -> tuple[str, ...]:
    """Return the columns that are asked for, each once.

    Raises
    ------
    PlotError
        If they are no names.
    """
    names = (by,) if isinstance(by, str) else by
    if isinstance(names, Sequence) and not isinstance(names, bytes) and names:
        found = tuple(dict.fromkeys(names))
        if all(isinstance(name, str) for name in found):
            return found
    raise PlotError(f"by is the name of a column, or a list of names, not {given(by)}")


def _of_one(origin: Origin, by: str, chosen: NDArray[Any] | None) -> tuple[Panel, ...]:
    prepared = origin.compiled.prepared
    left_out = prepared.data.columns.keys() - origin.table.columns.keys()
    columns = {n: c for n, c in prepared.table.columns.items() if n not in left_out}
    if by not in columns:
        known = ", ".join(columns)
        raise PlotError(
            f"the fit has no column {by!r}; it has: {known} (to have another column "
            "of the data in it, name it in the spec, such as "
            f"`column {name_text(by)}: integer`, and fit again)"
        )
    column = columns[by] if chosen is None else columns[by].take(chosen)
    grouping = by in _factors(origin)
    if not column.kind.is_number:
        found = _levels(column)
    else:
        found = _numbers(column, all_values=grouping)
    absent = np.flatnonzero(column.missing)
    if len(absent):
        found.append(Panel(f"{by} missing", absent, missing=True))
    return tuple(found)


def _factors(origin: Origin) -> set[str]:
    """Return the columns that the model has grouping factors of."""
    parts = origin.compiled.joint.predictors
    groupings = (grouping for part in parts for grouping in part.groupings)
    return {factor for grouping in groupings for factor in grouping.factors}


def _levels(column: Column) -> list[Panel]:
    return _panels(column.values, column.levels)


def _numbers(column: Column, *, all_values: bool = False) -> list[Panel]:
    values: NDArray[Any] = column.values
    known = values[~column.missing]
    found = distinct(known, column.rounding)
    if all_values or len(found) <= _VALUES:
        places = np.searchsorted(found, values, "right") - 1
        codes = np.where(column.missing, -1, places)
        return _panels(codes, [f"{column.name} = {value:.6g}" for value in found])
    inner = np.unique(np.quantile(known, (0.25, 0.5, 0.75)))
    codes = np.where(column.missing, -1, np.searchsorted(inner, values, "left"))
    labels = []
    for code in range(len(inner) + 1):
        part = values[codes == code]
        low, high = (part.min(), part.max()) if len(part) else (np.nan, np.nan)
        labels.append(f"{column.name} {low:.3g} to {high:.3g}")
    return _panels(codes, labels)


def _panels(codes: NDArray[Any], labels: Sequence[str]) -> list[Panel]:
    """Return the rows of each code that there is, from 0; a code below is none."""
    order = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[order], np.arange(len(labels)))
    parts = np.split(order, starts)[1:]
    return [
        Panel(label, rows) for label, rows in zip(labels, parts, strict=True)
        if len(rows)
    ]  # fmt: skip
