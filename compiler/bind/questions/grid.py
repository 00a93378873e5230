"""The grid of a model: all combinations of the levels of its factors.

Numeric predictors are at their means over the rows of the fit; what a formula makes of
them (``log(x)``, ``poly(x, 2)``) is made of these means. What depends on groups of rows
or on earlier rows (``within(x, g)``, ``lag(x)``) is at its own mean.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from math import prod

import numpy as np

from varying.grammar.printer import expression_text, name_text
from varying.grammar.tree import Expr, Name
from varying.grammar.walk import children

from ...data import weighted
from ...data.codes import group_levels, recode
from ...data.table import Column, Floats, Table
from ...expressions.evaluation import evaluate
from ...expressions.functions import is_stateful
from ...expressions.stateful import ByGroup, Intervals, apply
from ...formula.columns import Coded, DesignColumn
from ...prepare.derive import Computation, Step
from ..question import CellQuestion, DesignCell

#: A number is far from the data where it is beyond them by this share of their range.
FAR = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class ReferenceGrid:
    """Cells, each of one row or of several: the last factor varies fastest.

    Attributes
    ----------
    table
        The cells, as rows that design columns can be evaluated on.
    factors
        The levels of each factor, by its name; of numeric predictors that are at
        given values these, as they are spelled.
    numbers
        Where the other numeric predictors are, by their names.
    shares
        What each row counts in its cell: rows of a cell stand together. They add up
        to 1, or to 0 where a slope is taken.
    seen
        How many rows of the data each cell stands for, as far as its factors say.
    """

    table: Table
    factors: Mapping[str, tuple[str, ...]]
    numbers: Mapping[str, float]
    shares: Floats
    seen: Floats


@dataclass(frozen=True, slots=True)
class PredictorShift:
    """A numeric predictor that is moved in each cell, by steps that have weights."""

    name: str
    steps: tuple[float, ...]
    weights: tuple[float, ...]


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


def numbers_read(
    columns: Iterable[DesignColumn], table: Table, made: Sequence[Computation]
) -> tuple[str, ...]:
    """Return the numeric predictors that design columns read, which may be moved."""
    columns = list(columns)
    factors = factors_of(columns, table, made)
    own = {name for one in made if isinstance(one, Step) for name in one.columns}
    return tuple(
        name
        for name in _read(columns, made)[0]
        if name in table.columns
        and table.columns[name].kind.is_number
        and name not in factors
        and name not in own
    )


def grid_of(
    columns: Sequence[DesignColumn],
    table: Table,
    made: Sequence[Computation],
    at: Mapping[str, tuple[str, ...]] = {},
    shift: PredictorShift | None = None,
) -> ReferenceGrid:
    """Return the grid of the factors that design columns read; see ``factors_of``.

    Parameters
    ----------
    columns, table, made
        As in ``factors_of``.
    at
        Values of numeric predictors, as they are spelled.
    shift
        A predictor that is moved in each cell.
    """
    factors = {**factors_of(columns, table, made), **at}
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
    seen = _seen({n: v for n, v in factors.items() if n not in at}, factors, table)
    cells, shares = _moved(cells, np.ones(1), rows, shift)
    return ReferenceGrid(_again(cells, anew), factors, numbers, shares, seen)


def rows_over(
    columns: Sequence[DesignColumn],
    table: Table,
    made: Sequence[Computation],
    named: Mapping[str, tuple[str, ...]],
    shift: PredictorShift | None = None,
    *,
    whole: bool = False,
    also: Sequence[str] = (),
) -> ReferenceGrid:
    """Return cells of the named factors, each with all rows of the data.

    All that is not named is as in the row. Rows that are alike in what the columns
    read are one, but for ``whole``.

    Parameters
    ----------
    columns, table, made, shift
        As in ``grid_of``.
    named
        Levels of factors, and values of numeric predictors, as they are spelled.
    whole
        Whether each row stays apart.
    also
        Further columns whose values stay apart.
    """
    names, anew = _read(columns, made)
    factors = factors_of(columns, table, made)
    wanted = {**factors, **dict.fromkeys(names), **dict.fromkeys(also)}
    read = [name for name in wanted if name in table.columns]
    counts = np.ones(table.rows) if table.counts is None else table.counts.astype(float)
    there = table
    for name in read:  # a row that lacks a value is none of the fit
        missing = there.columns[name].missing
        if missing.any():
            there, counts = there.take(np.flatnonzero(~missing)), counts[~missing]
    free = [name for name in read if name not in named]
    if not whole:
        values = [np.asarray(there.columns[name].values, float) for name in free]
        keys = np.column_stack([np.zeros(there.rows), *values])
        _, first, place = np.unique(
            keys, axis=0, return_index=True, return_inverse=True
        )
        counts = np.bincount(place.ravel(), counts, len(first))
        there = there.take(first)
    sizes = [len(levels) for levels in named.values()]
    cells, rows = prod(sizes), there.rows
    repeated = there.take(np.tile(np.arange(rows), cells))
    places = np.unravel_index(np.repeat(np.arange(cells), rows), sizes or [1])
    columns_of = dict(repeated.columns)
    for (name, levels), place in zip(named.items(), places, strict=False):
        columns_of[name] = _at_levels(table.columns[name], levels, place)
    repeated = replace(
        repeated, columns=columns_of, counts=None, firsts=None, partial=False
    )
    seen = np.full(cells, counts.sum())
    repeated, shares = _moved(repeated, counts / counts.sum(), cells, shift)
    return ReferenceGrid(_again(repeated, anew), dict(named), {}, shares, seen)


def _moved(
    table: Table, shares: Floats, cells: int, shift: PredictorShift | None
) -> tuple[Table, Floats]:
    """Return rows with a predictor moved by each step in turn, and their shares."""
    every = np.tile(shares, cells)
    if shift is None:
        return table, every
    count = len(shift.steps)
    repeated = table.take(np.repeat(np.arange(table.rows), count))
    column = repeated.columns[shift.name]
    values = column.values + np.tile(np.asarray(shift.steps), table.rows)
    moved = {**repeated.columns, shift.name: replace(column, values=values)}
    weights = np.repeat(every, count) * np.tile(np.asarray(shift.weights), table.rows)
    return replace(repeated, columns=moved), weights


def _again(cells: Table, anew: Sequence[Step]) -> Table:
    """Compute calls over rows again, by what they learned from the rows of the fit."""
    for step in anew:
        assert step.state is not None
        x = evaluate(step.value, cells)
        found = {c.name: c for c in apply(step.state, step.columns, x, cells)}
        cells = replace(cells, columns={**cells.columns, **found})
    return cells


def _seen(
    own: Mapping[str, tuple[str, ...]],
    factors: Mapping[str, tuple[str, ...]],
    table: Table,
) -> Floats:
    """Return how many rows of the data have the levels of each cell."""
    codes = [recode(table.columns[name], levels) for name, levels in own.items()]
    counts = np.ones(table.rows) if table.counts is None else table.counts.astype(float)
    sizes = [len(levels) for levels in own.values()]
    found = np.zeros(sizes or [1])
    kept = np.ones(table.rows, dtype=bool)
    for one in codes:
        kept &= one >= 0
    np.add.at(
        found,
        tuple(one[kept] for one in codes) or (0,),
        counts[kept] if codes else counts.sum(),
    )
    shape = [len(v) if name in own else 1 for name, v in factors.items()]
    whole = np.broadcast_to(
        found.reshape(shape or [1]), [len(v) for v in factors.values()] or [1]
    )
    return np.ascontiguousarray(whole).ravel()


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


@dataclass(frozen=True, slots=True)
class QuestionLine:
    """One line of a question: what it is called, and its weights by factor.

    ``less`` are those of what is subtracted, where two cells are compared.
    """

    label: str
    weights: Mapping[str, Mapping[str, float]]
    less: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    @property
    def named(self) -> tuple[tuple[str, Mapping[str, float]], ...]:
        """The factors, each with levels that it has a weight of."""
        return (*self.weights.items(), *self.less.items())


def lines_of(question: CellQuestion) -> tuple[QuestionLine, ...]:
    """Return the lines: each comparison at each of the levels of ``| by``."""
    choices: list[list[tuple[str, str, Mapping[str, float]]]] = []
    for name, several in question.parts:
        choices.append([(name, label, dict(weights)) for label, weights in several])
    for name, levels in question.by:
        number = name in question.numbers
        choices.append(
            [
                (name, f"{name_text(name)}={one}" if number else one, {one: 1.0})
                for one in levels
            ]
        )
    found = []
    for chosen in product(*choices):
        label = ", ".join(text for _, text, _ in chosen if text)
        found.append(QuestionLine(label, {name: own for name, _, own in chosen}))
    if not question.pairs:
        return tuple(found)

    def at(cell: DesignCell) -> dict[str, Mapping[str, float]]:
        return {name: {level: 1.0} for name, level in cell}

    return tuple(
        QuestionLine(
            ", ".join(filter(None, (label, line.label))),
            {**at(first), **line.weights},
            {**at(second), **line.weights},
        )
        for label, first, second in question.pairs
        for line in found
    )


def labels_of(
    question: CellQuestion, categories: Sequence[str] | None
) -> tuple[str, ...]:
    """Return what the lines of an answer are called: on ``prob`` by category too."""
    several = question.scale == "prob" and question.outcomes is None
    names = (categories or ("",)) if several else ("",)
    return tuple(
        ", ".join(filter(None, (line.label, name)))
        for line in lines_of(question)
        for name in names
    )


def weights_of(
    question: CellQuestion, grid: ReferenceGrid, lines: Sequence[QuestionLine]
) -> Floats:
    """Return the weights of the grid's rows, one row a line of the question.

    Factors that it does not name are averaged over: equally, or as often as the data
    have their combinations.
    """
    fixed = {name: {level: 1.0} for name, level in question.fixed}
    named = {*fixed, *(name for line in lines for name in line.weights)}
    sizes = [len(levels) for levels in grid.factors.values()]
    free = [k for k, name in enumerate(grid.factors) if name not in named]
    rest = np.ones([sizes[k] if k in free else 1 for k in range(len(sizes))])
    if question.observed and free:
        taken = tuple(k for k in range(len(sizes)) if k not in free)
        rest = grid.seen.reshape(sizes).sum(axis=taken, keepdims=True)
    rest = rest / rest.sum()
    found = []

    def row_of(weights: Mapping[str, Mapping[str, float]]) -> Floats:
        row = rest
        for k, (name, levels) in enumerate(grid.factors.items()):
            own = {**fixed, **weights}.get(name)
            if own is not None:
                shape = [-1 if i == k else 1 for i in range(len(sizes))]
                row = row * np.array([own.get(x, 0.0) for x in levels]).reshape(shape)
        return np.broadcast_to(row, sizes or ()).ravel()

    for line in lines:
        row = row_of(line.weights)
        found.append(row - row_of(line.less) if line.less else row)
    each = len(grid.shares) // max(1, prod(sizes))
    return np.repeat(np.array(found), each, axis=1) * grid.shares
