"""Predictions as tables: the figures of each row beside its columns, or each draw."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from varying.compiler.data.table import Column, Kind

from ..interface.arguments import ArgumentError
from .categories import numbers_of
from .engine import Draws

if TYPE_CHECKING:
    from varying.compiler.data.table import Table

    from .predict import RowComputation

__all__ = ["TableColumns", "draw_lines", "row_columns", "summary_lines"]

Array = NDArray[Any]

#: Columns of one block, by name.
TableColumns = Mapping[str, Array]
#: Rows of a block where they are all known.
_LINES = 10_000


@dataclass(frozen=True, slots=True)
class TableStatistics:
    """Which figures a table has.

    Attributes
    ----------
    prob
        Mass of the equal-tailed interval.
    quantiles
        Of each row, in place of the other figures; none: those.
    discrete
        Whether quantiles are values that there are, and not between two of them.
    """

    prob: float = 0.95
    quantiles: tuple[float, ...] = ()
    discrete: bool = False


def row_columns(table: Table, place: slice) -> dict[str, Array]:
    """Return the columns of some rows as they were read; None where there is no value.

    Numbers stay numbers, and levels are their names.
    """
    return {name: _values(one, place) for name, one in table.columns.items()}


def _values(column: Column, place: slice) -> Array:
    values, missing = column.values[place], column.missing[place]
    if column.kind is Kind.NUMERIC:
        return values
    if column.kind is Kind.INTEGER:
        return values if missing.any() else values.astype(np.int64)
    if column.kind is Kind.LOGICAL:
        names: list[Any] = [False, True, None]
    else:
        names = [*column.levels, None]
    if column.kind is Kind.LOGICAL and not missing.any():
        return np.asarray(values == 1)
    found: Array = np.array(names, dtype=object)[values]
    return found


def numbers_for(one: RowComputation) -> Array | None:
    """Return the numbers that ranks stand for, if what is computed are ranks.

    Raises
    ------
    ValueError
        If the categories are no numbers: nothing can be said of the mean of names.
    """
    rows = one.rows
    if not one.is_response or not rows.ranks:
        return None
    found = numbers_of(rows.categories)
    if found is None:
        raise ArgumentError(
            f"the categories of `{rows.title}` are no numbers, so responses have no "
            "mean and no quantiles; kind='prob' gives the probability of each"
        )
    return np.array(found, dtype=np.float64)


def summary_lines(
    one: RowComputation,
    draws: Draws,
    columns: TableStatistics,
    beside: Table | None,
    taken: Sequence[str] = (),
) -> Iterator[tuple[slice, TableColumns]]:
    """Yield the figures of each row, block by block, beside the row's columns.

    Of probabilities there is a line for each category of each row. ``taken`` are names
    that figures cannot have.
    """
    taken = taken if beside is None else tuple(beside.columns)
    names = free_names(figure_names(one, columns), taken)
    for place, figures in _every_figure(one, draws, columns):
        count = place.stop - place.start
        found: dict[str, Array] = {}
        if beside is not None:
            known = row_columns(beside, place)
            found = {name: np.repeat(v, one.several) for name, v in known.items()}
        for name, labels in one.more.items():
            found[names[name]] = np.tile(np.asarray(labels, dtype=object), count)
        for name, array in figures.items():
            found[names[name]] = array
        yield place, found


def _every_figure(
    one: RowComputation, draws: Draws, columns: TableStatistics
) -> Iterator[tuple[slice, TableColumns]]:
    """Yield the figures of some rows: what else there is of each, row by row.

    Those of rows that are alike are computed once. The first of each kind are in the
    order of the rows, so that rows can be given out up to the first that is not known.
    """
    numbers, same = numbers_for(one), one.alike()
    count, several = len(one.rows.labels), one.several
    whole: dict[str, Array] = {}
    done = 0
    for place, values in (one if same is None else one.some(same.first)).each(draws):
        if numbers is not None:
            values = numbers[values]
        figures = _figures(values.reshape(len(values), -1), columns)
        if same is None:
            yield place, figures
            continue
        for name, each in figures.items():
            if name not in whole:
                whole[name] = np.empty((len(same.first), several), each.dtype)
            whole[name][place] = each.reshape(-1, several)
        stop = count if place.stop == len(same.first) else int(same.first[place.stop])
        for first in range(done, stop, _LINES):
            part = slice(first, min(first + _LINES, stop))
            kinds = same.which[part]
            yield part, {name: each[kinds].ravel() for name, each in whole.items()}
        done = stop


def figure_names(one: RowComputation, columns: TableStatistics) -> list[str]:
    """Return what the columns of figures are called."""
    if columns.quantiles:
        return [*one.more, *(_quantile_name(q) for q in columns.quantiles)]
    return [*one.more, "mean", "sd", "median", "lower", "upper"]


def free_names(names: Sequence[str], taken: Sequence[str]) -> dict[str, str]:
    """Return names by what they are wanted to be: with an underscore if taken."""
    found: dict[str, str] = {}
    for name in names:
        free = name
        while free in taken or free in found.values():
            free += "_"
        found[name] = free
    return found


def _quantile_name(probability: float) -> str:
    return f"q{100.0 * probability:g}"


def _figures(values: Array, columns: TableStatistics) -> dict[str, Array]:
    """Return the figures of each column of draws."""
    # by numbers, then draws: NumPy sorts these with the processor's vectors
    ordered = np.array(values.T, order="C")
    ordered.sort(axis=1)
    if columns.quantiles:
        method: Any = "inverted_cdf" if columns.discrete else "linear"
        found = np.quantile(ordered, columns.quantiles, axis=1, method=method)
        names = [_quantile_name(q) for q in columns.quantiles]
        return dict(zip(names, found, strict=True))
    tail = (1.0 - columns.prob) / 2.0
    lower, median, upper = np.quantile(ordered, [tail, 0.5, 1.0 - tail], axis=1)
    mean = ordered.mean(axis=1)
    sd = ordered.std(axis=1, ddof=1) if ordered.shape[1] > 1 else np.zeros(len(mean))
    return {"mean": mean, "sd": sd, "median": median, "lower": lower, "upper": upper}


def draw_lines(
    one: RowComputation, draws: Draws
) -> Iterator[tuple[slice, TableColumns]]:
    """Yield each draw of each row as a line: row, chain, draw, the value."""
    names = free_names([*one.more, one.name], ("row", "chain", "draw"))
    coords, labels = draws.coords, one.rows.labels
    chain = np.repeat(coords["chain"], draws.length)
    draw = np.tile(coords["draw"], draws.chains)
    ranks = one.is_response and one.rows.ranks
    numbers = numbers_of(one.rows.categories) if ranks else None
    for place, values in one.each(draws):
        if numbers is not None:
            values = np.array(numbers)[values]
        by_row = np.moveaxis(values, 0, -1)  # rows, what else there is, draws
        each, several = by_row.shape[0], int(np.prod(by_row.shape[1:-1]))
        found: dict[str, Array] = {
            "row": np.repeat(labels[place], several * len(chain)),
            "chain": np.tile(chain, each * several),
            "draw": np.tile(draw, each * several),
        }
        for name, known in one.more.items():
            repeated = np.repeat(np.asarray(known, dtype=object), len(chain))
            found[names[name]] = np.tile(repeated, each)
        found[names[one.name]] = np.ascontiguousarray(by_row).reshape(-1)
        yield place, found
