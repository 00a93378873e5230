"""Contrasts of cells, from the draws of the population part of a model.

Group effects and offsets are 0, exposures and trials 1, numeric predictors at their
means. The linear predictor of a cell is a row of the grid's design times the
coefficients; the mean and the probabilities of categories are the family's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from varying.compiler.bind.questions.grid import grid_of, lines_of, weights_of
from varying.compiler.data.levels import numbers_of
from varying.compiler.formula.columns import DesignColumn, Numeric
from varying.compiler.formula.design import evaluate_columns
from varying.compiler.program.blocks import Intercept, Linear, Product
from varying.compiler.program.expressions import names_in
from varying.compiler.program.fill import array_of
from varying.compiler.program.ir import Frame
from varying.compiler.program.recipes import Numbers, Variable

from ..rows.predict import FittedRows, Kind, predict

if TYPE_CHECKING:
    from xarray import DataArray, Dataset

    from varying.compiler.bind.question import CellContrast
    from varying.compiler.bind.questions.grid import Grid
    from varying.compiler.compiled import Compiled
    from varying.compiler.data.table import Floats

__all__ = ["Line", "contrast_lines"]

#: Numbers that predictions of some cells may have at a time.
_AT_ONCE = 20_000_000

#: What the cells of a grid have: no group effects and no offsets.
_OF_POPULATION = (Intercept, Linear, Product)

Array = NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """One line of a contrast: its labels, its draws (chains, draws), what to note."""

    coord: str
    draws: Array
    note: str


def contrast_lines(
    contrast: CellContrast, compiled: Compiled, posterior: Dataset
) -> list[Line]:
    """Return the lines of a contrast: one, or one for each level of ``| by``.

    On the scale ``prob`` there is one for each category of each.

    Parameters
    ----------
    contrast
        What is compared.
    compiled
        The model.
    posterior
        Its draws.
    """
    bound, prepared = compiled.bound, compiled.prepared
    columns = list(bound.population.effects)
    body = bound.main.body
    if contrast.scale != "link" or body is not None:
        columns = [c for part in bound.predictors for c in part.population.effects]
    if body is not None:
        columns += [DesignColumn(one.label, one.label, (one,)) for one in body.known]
    grid = grid_of(columns, prepared.table, prepared.computed)
    weights = weights_of(contrast, grid)
    labels = lines_of(contrast)
    # a cell that counts for nothing may be beyond what the model can compute
    used = np.flatnonzero((weights != 0.0).any(axis=0))
    cells, weights = replace(grid, table=grid.table.take(used)), weights[:, used]
    if contrast.scale == "link" and body is None:
        rows = weights @ evaluate_columns(columns, cells.table)
        if bound.population.specials:
            found = _predicted(contrast, weights, cells, compiled, posterior)
        else:
            found = _linear(rows, posterior[f"{bound.prefix}b"])
        note = _note(contrast, compiled, cells, _moved(rows, columns))
        return [Line(t, found[i], note) for i, t in enumerate(labels)]
    note = _note(contrast, compiled, cells, True)
    found = _predicted(contrast, weights, cells, compiled, posterior)
    if contrast.scale in ("response", "link"):
        return [Line(t, found[i], note) for i, t in enumerate(labels)]
    categories = compiled.bound.response.categories
    return [
        Line(", ".join(filter(None, (text, name))), found[i][..., k], note)
        for i, text in enumerate(labels)
        for k, name in enumerate(categories)
    ]


def _linear(rows: Floats, coefs: DataArray) -> Array:
    """Return lines by chains by draws, from the coefficients' weights in them.

    The weights of cells add up to 0, so that an intercept has no part in it.
    """
    draws = coefs.transpose("chain", "draw", ...).values
    return np.moveaxis(draws @ rows.T, -1, 0)


def _moved(rows: Floats, columns: Sequence[DesignColumn]) -> bool:
    """Whether the place of a numeric predictor has a part in a contrast."""
    return any(
        bool(rows[:, place].any())
        and any(isinstance(part, Numeric) for part in column.parts)
        for place, column in enumerate(columns)
    )


# ---- means and probabilities ---------------------------------------------------------


def _predicted(
    contrast: CellContrast,
    weights: Floats,
    grid: Grid,
    compiled: Compiled,
    posterior: Dataset,
) -> Array:
    """Return lines by chains by draws, and by categories on the scale ``prob``."""
    bound = compiled.bound
    # what has a number for each row of the fit is not about these
    row = compiled.program.likelihood.rows
    draws = posterior.drop_dims(row, errors="ignore")
    link = contrast.scale == "link"
    ordinal = bound.family.response == "ordinal" and not link
    by_category = contrast.scale == "prob" or ordinal
    numbers = numbers_of(bound.response.categories) if by_category else None
    each = draws.sizes["chain"] * draws.sizes["draw"]
    each *= max(1, len(bound.response.categories))
    step = max(1, _AT_ONCE // each)
    total: Any = 0.0
    for first in range(0, grid.table.rows, step):
        places = np.arange(first, min(first + step, grid.table.rows))
        rows = _cells(replace(grid, table=grid.table.take(places)), compiled)
        kind: Kind = "prob" if by_category else "eta" if link else "mean"
        values = predict(rows, draws, kind, None).values
        if by_category and contrast.scale == "response":
            values = values @ np.asarray(numbers, dtype=np.float64)
        total = total + np.tensordot(weights[:, places], values, axes=(1, 2))
    return np.asarray(total)


def _cells(grid: Grid, compiled: Compiled) -> FittedRows:
    """Return the cells as rows of a program without groups and offsets."""
    program = compiled.lowered
    predictors = tuple(
        replace(
            one,
            blocks=tuple(b for b in one.blocks if isinstance(b, _OF_POPULATION)),
        )
        for one in program.predictors
    )
    read = {n for one in predictors for block in one.blocks for n in block.slots()}
    count = grid.table.rows
    arrays: dict[str, Array] = {
        slot.name: array_of(slot.recipe, grid.table)
        for slot in program.slots
        if slot.name in read
    }
    used = {n for _, value in program.likelihood.arguments for n in names_in(value)}
    body = compiled.bound.main.body
    known = () if body is None else body.known
    inside = {n for one in program.predictors if one.body for n in names_in(one.body)}
    for slot in program.slots:
        if isinstance(slot.recipe, Numbers):
            arrays[slot.name] = np.asarray(slot.recipe.values)
        elif slot.name in used:  # trials and exposures
            arrays[slot.name] = np.ones(count)
        elif slot.name in inside:
            # what is not in the formula itself is an offset
            assert isinstance(slot.recipe, Variable)
            variable = slot.recipe.variable
            arrays[slot.name] = np.zeros(count)
            if variable in known:
                arrays[slot.name] = array_of(slot.recipe, grid.table)
    lengths = {
        axis.name: count if axis.labels is None else len(axis.labels)
        for axis in program.axes
    }
    return FittedRows(
        replace(program, predictors=predictors),
        Frame(arrays, lengths),
        np.arange(count),
        compiled.bound.response.categories,
    )


# ---- notes ---------------------------------------------------------------------------

_SCALES: Mapping[str, str] = {
    "link": "on the scale of the linear predictor ({link})",
    "response": "of the mean of the response",
    "prob": "of the probability of each category",
}


def _note(
    contrast: CellContrast, compiled: Compiled, grid: Grid, with_numbers: bool
) -> str:
    """Say where the rest of the model is held."""
    bound = compiled.bound
    said = [_SCALES[contrast.scale].format(link=bound.link.name)]
    held = []
    if with_numbers:
        held += [f"{name} = {value:.4g}" for name, value in grid.numbers.items()]
    if contrast.scale != "link":
        offset = any(part.population.offsets for part in bound.predictors)
        held += ["offset = 0"] if offset else []
        held += ["exposure = 1"] if bound.response.rate is not None else []
        held += [f"{name} = 1" for name, _ in bound.response.known]
        if any(part.groupings for part in bound.predictors):
            held.append("group effects = 0")
    if held:
        said.append(f"at {', '.join(held)}")
    return "; ".join(said)
