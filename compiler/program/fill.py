"""From the recipes of a program's slots to the arrays of a frame."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..bind.membership import membership_weights
from ..bind.response import outcome_values
from ..data.codes import placed, pooled_placed, recode
from ..data.table import Table
from ..expressions.evaluation import evaluate
from ..formula.design import evaluate_columns
from .ir import Frame, NewLevels, Program
from .recipes import (
    Around,
    Composed,
    Count,
    LevelIndex,
    LevelPlace,
    Matrix,
    MemberIndex,
    MemberWeights,
    Numbers,
    Outcome,
    Parts,
    Recipe,
    RowValues,
    Single,
    Weights,
    Within,
)


def fill(
    program: Program, table: Table, rows: Mapping[str, Table] = MappingProxyType({})
) -> Frame:
    """Return the frame of a program on the rows of a table.

    The table may hold the rows of the fit or new ones: what was learned from
    the rows of the fit stands in the recipes as numbers. Levels of groups that the fit
    has not seen are the frame's ``new_levels``.

    Parameters
    ----------
    program
        Its slots are filled.
    table
        The rows of all responses.
    rows
        Those of responses that have others, by their axis.
    """
    arrays: dict[str, NDArray[Any]] = {}
    new: dict[str, NewLevels] = {}
    for slot in program.slots:
        own = rows.get(slot.axes[0], table) if slot.axes else table
        match slot.recipe:
            case LevelIndex(factors, levels):
                index, more = placed(factors, levels, own)
            case MemberIndex(columns, levels):
                index, more = pooled_placed(columns, levels, own)
            case recipe:
                arrays[slot.name] = _array(recipe, own)
                continue
        arrays[slot.name] = index
        if more and slot.into is not None:
            new[slot.into] = NewLevels(more)
    lengths = {
        axis.name: len(axis.labels)
        if axis.labels is not None
        else rows.get(axis.name, table).rows
        for axis in program.axes
    }
    return Frame(arrays, lengths, new)


def array_of(recipe: Recipe, table: Table) -> NDArray[Any]:
    """Return the array of a slot that is made of predictors, on the rows of a table."""
    match recipe:
        case Matrix(columns, means, basis):
            matrix = np.ascontiguousarray(evaluate_columns(columns, table))
            matrix = matrix if means is None else matrix - np.asarray(means)
            return matrix if basis is None else matrix @ np.asarray(basis)
        case Single(column):
            return np.ascontiguousarray(evaluate_columns((column,), table)[:, 0])
        case LevelPlace(name, levels):
            return recode(table.columns[name], levels)
        case LevelIndex(factors, levels):
            return placed(factors, levels, table)[0]
        case MemberIndex(columns, levels):
            return pooled_placed(columns, levels, table)[0]
        case MemberWeights(weights, count, scaled):
            return membership_weights(weights, count, scaled, table)
        case Numbers(values, width):
            found = np.asarray(values, dtype=np.float64)
            return found if width is None else found.reshape(-1, width)
        case Parts(several):
            return np.stack(
                [evaluate(one.expression, table) for one in several], axis=-1
            )
        case RowValues(variable):
            return evaluate(variable.expression, table)
        case _:
            raise ValueError("it is made of the response, or by a pass")


def _array(recipe: Recipe, table: Table) -> NDArray[Any]:
    match recipe:
        case Outcome(column, categories):
            observed = outcome_values(column, categories, table)
            return observed.astype(np.int64) if categories else observed
        case Count():
            counts = table.counts
            return np.ones(table.rows) if counts is None else counts.astype(np.float64)
        case Within():
            return np.zeros(table.rows)
        case Weights() | Around() | Composed():
            raise ValueError("what passes for sampling make is of their frame alone")
        case _:
            return array_of(recipe, table)
