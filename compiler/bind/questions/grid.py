"""The grid of a model: all combinations of the levels of its factors.

Numeric predictors are at their means over the rows of the fit; what a formula makes of
them (``log(x)``, ``poly(x, 2)``) is made of these means. What depends on groups of rows
or on earlier rows (``within(x, g)``, ``lag(x)``) is at its own mean.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import prod

import numpy as np

from varying.grammar.printer import expression_text
from varying.grammar.tree import Expr, Name
from varying.grammar.walk import children

from ...data import weighted
from ...data.codes import group_levels
from ...data.table import Column, Floats, Table
from ...expressions.evaluation import evaluate
from ...expressions.functions import is_stateful
from ...expressions.stateful import ByGroup, Intervals, apply
from ...formula.columns import Coded, DesignColumn
from ...prepare.derive import Computation, Step
from ..question import CellContrast


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """One row a cell, the last factor's level varying fastest.

    Attributes
    ----------
    table
        The cells, as rows that design columns can be evaluated on.
    factors
        The levels of each factor, by its name.
    numbers
        Where the numeric predictors are, by their names.
    """

    table: Table
    factors: Mapping[str, tuple[str, ...]]
    numbers: Mapping[str, float]


def factors_of(
    columns: Iterable[DesignColumn], table: Table, made: Sequence[Computation]
) -> dict[str, tuple[str, ...]]:
    """Return the factors that design columns read, with their levels in use.

    Parameters
    ----------
    columns
        Of the population part of a formula.
    table
        The rows of the fit.
    made
        What was computed over them (``Prepared.computed``).
    """
    columns = list(columns)
    found: dict[str, tuple[str, ...]] = {}
    for column in columns:
        for part in column.parts:
            if isinstance(part, Coded):
                found.setdefault(part.factor, part.levels)
    for name in _read(columns, made)[0]:
        there = table.columns.get(name)
        if there is not None and not there.kind.is_number and name not in found:
            found[name] = group_levels((name,), table)
    return found


def _read(
    columns: Iterable[DesignColumn], made: Sequence[Computation]
) -> tuple[list[str], list[Step]]:
    """Return the columns that numeric parts read, and the calls to compute anew."""
    steps = [one for one in made if isinstance(one, Step)]
    by_column = {name: step for step in steps for name in step.columns}
    by_label = {expression_text(step.call): step for step in steps}
    names: dict[str, None] = {}
    anew: list[Step] = []
    stack: list[Expr] = [
        part.expression
        for column in columns
        for part in column.parts
        if not isinstance(part, Coded)
    ]
    seen: set[str] = set()
    while stack:
        node = stack.pop()
        label = node.text if isinstance(node, Name) else ""
        step = by_column.get(label)
        if is_stateful(node):
            label = expression_text(node)
            step = by_label.get(label)
        if step is None:
            if label:
                names[label] = None
            stack.extend(children(node))
            continue
        if label in seen:
            continue
        seen.add(label)
        if step.state is None or isinstance(step.state, ByGroup | Intervals):
            names |= dict.fromkeys(step.columns)
        else:
            anew.append(step)
            stack.append(step.value)
    return list(names), [step for step in steps if any(step is one for one in anew)]


def grid_of(
    columns: Sequence[DesignColumn], table: Table, made: Sequence[Computation]
) -> Grid:
    """Return the grid of the factors that design columns read; see ``factors_of``."""
    factors = factors_of(columns, table, made)
    sizes = [len(levels) for levels in factors.values()]
    rows = prod(sizes)
    places = np.unravel_index(np.arange(rows), sizes) if sizes else ()
    made_of: dict[str, Column] = {}
    for (name, levels), place in zip(factors.items(), places, strict=True):
        made_of[name] = _at_levels(table.columns[name], levels, place)
    for name, column in table.columns.items():
        if name not in made_of and column.kind.is_number:
            made_of[name] = _at_mean(column, rows, table)
    cells = replace(
        table, columns=made_of, rows=rows, counts=None, firsts=None, partial=False
    )
    names, anew = _read(columns, made)
    numbers = {
        name: float(made_of[name].values[0])
        for name in names
        if name in made_of and name not in factors and rows
    }
    for step in anew:
        assert step.state is not None
        x = evaluate(step.value, cells)
        found = {c.name: c for c in apply(step.state, step.columns, x, cells)}
        cells = replace(cells, columns={**cells.columns, **found})
    return Grid(cells, factors, numbers)


def _at_levels(
    column: Column,
    levels: Sequence[str],
    places: np.ndarray[tuple[int], np.dtype[np.intp]],
) -> Column:
    """Return a column that has levels at these places among some of its own."""
    if column.kind.is_number:
        values = np.array([float(level) for level in levels])[places]
        return replace(column, values=values, spelled=None)
    own = {level: code for code, level in enumerate(column.levels)}
    codes = np.array([own[level] for level in levels], dtype=np.int64)[places]
    return replace(column, values=codes, spelled=None)


def _at_mean(column: Column, rows: int, table: Table) -> Column:
    there = ~column.missing
    mean = np.nan
    if there.any():
        counts = None if table.counts is None else table.counts[there]
        mean = weighted.mean(column.values[there], counts)
    return replace(column, values=np.full(rows, mean), spelled=None)


def lines_of(contrast: CellContrast) -> tuple[str, ...]:
    """Return what the lines of a contrast are called: the levels of ``| by``."""
    if not contrast.by:
        return ("",)
    return tuple(", ".join(levels) for levels in product(*contrast.levels))


def weights_of(contrast: CellContrast, grid: Grid) -> Floats:
    """Return the weights of cells, one row a line of the contrast.

    Factors that it does not name are averaged over with equal weights.
    """
    named = {name: dict(weights) for name, weights in contrast.parts}
    found = []
    for chosen in product(*contrast.levels):
        at = dict(zip(contrast.by, chosen, strict=True))
        row = np.ones(1)
        for name, levels in grid.factors.items():
            if name in named:
                own = np.array([named[name].get(level, 0.0) for level in levels])
            elif name in at:
                own = np.array([float(level == at[name]) for level in levels])
            else:
                own = np.full(len(levels), 1.0 / len(levels))
            row = np.kron(row, own)
        found.append(row)
    return np.array(found)
