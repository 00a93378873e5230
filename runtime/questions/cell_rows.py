"""Cells as rows of a program: their arrays, and the levels of groups around them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from varying.compiler.data.codes import recode
from varying.compiler.program.expressions import names_in
from varying.compiler.program.fill import array_of
from varying.compiler.program.ir import Frame
from varying.compiler.program.limits import unlimited
from varying.compiler.program.persons import of_all
from varying.compiler.program.recipes import (
    LevelIndex,
    LevelPlace,
    Matrix,
    MemberIndex,
    MemberWeights,
    Numbers,
    RowValues,
)

if TYPE_CHECKING:
    from varying.compiler.bind.question import CellQuestion
    from varying.compiler.compiled import Compiled
    from varying.compiler.data.table import Floats, Table
    from varying.compiler.program.ir import Program
    from varying.compiler.program.recipes import Recipe

    from ..rows.at_once import AtOnce

__all__ = ["CellRows"]

Array = NDArray[Any]


class CellRows:
    """The rows of a grid as a program needs them, those that are alike once."""

    def __init__(
        self,
        compiled: Compiled,
        table: Table,
        question: CellQuestion,
        grouped: bool,
    ) -> None:
        self.compiled, self.table, self.over = compiled, table, question.over
        self.program = of_all(unlimited(compiled.lowered))
        self.arrays, self.shared = _arrays(compiled, table, grouped, question.trials)
        keys = [np.zeros(table.rows)]
        for array in self.arrays.values():
            keys += list(np.asarray(array, float).reshape(table.rows, -1).T)
        self._strata = _strata(compiled, table) if grouped else {}
        keys += [np.asarray(one, float) for one in self._strata.values()]
        self._index: dict[str, Array] = {}
        if grouped and question.over and question.groups == "fitted":
            self._index = {
                name: array_of(recipe, table)
                for name, recipe in _index_slots(self.program).items()
            }
            for one in self._index.values():
                keys += list(np.asarray(one, float).reshape(table.rows, -1).T)
        _, first, place = np.unique(
            np.column_stack(keys), axis=0, return_index=True, return_inverse=True
        )
        self.first, self.place = first, place.ravel()
        self.count = len(first)

    def weights(self, weights: Floats) -> Floats:
        """Return the weights of rows, those that are alike added up."""
        found = np.zeros((len(weights), self.count))
        for line, own in zip(found, weights, strict=True):
            np.add.at(line, self.place, own)
        return found

    def frame(self, places: Array) -> Frame:
        """Return the arrays of some of the rows."""
        rows = self.first[places]
        arrays = {name: array[rows] for name, array in self.arrays.items()}
        lengths = {
            axis.name: len(rows) if axis.labels is None else len(axis.labels)
            for axis in self.program.axes
        }
        return Frame({**self.shared, **arrays}, lengths)

    def strata(self, places: Array) -> dict[str, Array]:
        """Return the stratum of some of the rows, by group."""
        rows = self.first[places]
        return {name: values[rows] for name, values in self._strata.items()}

    def levels(self, places: Array, at: AtOnce) -> tuple[dict[str, Array], Array]:
        """Return what the effects of the data's levels add to rows, and their shares.

        Of rows of the data, those of their own groups; else of all groups, each once.
        """
        rows = self.first[places]
        slots = _index_slots(self.program)
        if self.over:
            index = {name: self._index[name][rows][:, None] for name in slots}
        else:
            data = self.compiled.prepared.table
            index = _combinations({n: array_of(r, data) for n, r in slots.items()})
            index = {
                name: np.broadcast_to(one, (len(rows), *one.shape))
                for name, one in index.items()
            }
        shares = np.ones(next(iter(index.values())).shape[:2])
        added: dict[str, Array] = {}
        for predictor in at.linear:
            weights = at.weights_of_effects(predictor)
            for block in predictor.group_blocks:
                group = self.program.group(block.group)
                levels = index[block.index]
                if block.group in weights:
                    effects = at.draws[group.effects][:, levels]
                    own = weights.pop(group.name)[:, :, None]
                    if block.members is not None:
                        members = index[block.members]
                        # of the design alone: the shares of levels are their own
                        scale = np.sqrt(np.square(at.frame[block.members]).sum(axis=1))
                        own = own / scale[:, None, None]
                        effects = (effects * members[..., None]).sum(axis=-2)
                    there: Any = added.get(predictor.name, 0.0)
                    added[predictor.name] = there + (effects * own).sum(axis=-1)
                if group.by is not None:
                    shares = shares * self._same_stratum(group, rows, levels)
        shares = shares / shares.sum(axis=1, keepdims=True)
        return added, shares

    def _same_stratum(self, group: Any, rows: Array, index: Array) -> Array:
        ends = np.cumsum(group.by.levels)
        own = np.searchsorted(ends, index, side="right")
        return np.asarray(own == self._strata[group.name][rows][:, None], float)


def _index_slots(program: Program) -> dict[str, Recipe]:
    """Return the slots that say of which levels each row is, and how much of each."""
    kinds = (LevelIndex, MemberIndex, MemberWeights)
    return {s.name: s.recipe for s in program.slots if isinstance(s.recipe, kinds)}


def _combinations(index: Mapping[str, Array]) -> dict[str, Array]:
    """Return the combinations of levels that rows have, each once."""
    flat = {name: one.reshape(len(one), -1) for name, one in index.items()}
    every = np.unique(np.column_stack([*flat.values()]), axis=0)
    found, start = {}, 0
    for name, one in flat.items():
        own = every[:, start : start + one.shape[1]].astype(one.dtype)
        found[name] = own[:, 0] if index[name].ndim == 1 else own
        start += one.shape[1]
    return found


def _strata(compiled: Compiled, table: Table) -> dict[str, Array]:
    """Return the stratum of each row, of groups whose levels are in strata."""
    found: dict[str, Array] = {}
    program = compiled.lowered
    named = {
        grouping.name: grouping.by
        for part in compiled.bound.predictors
        for grouping in part.groupings
        if grouping.by is not None
    }
    for group in program.groups:
        if group.by is None:
            continue
        by = next(
            one
            for name, one in named.items()
            if group.name == name or group.name.endswith(name)
        )
        found[group.name] = recode(table.columns[by.name], by.levels)
    return found


def _is_of_rows(recipe: Recipe, compiled: Compiled) -> bool:
    """Whether an argument of the family is as in cells: designs, items, bounds."""
    bounds = [
        variable
        for term, variable in compiled.bound.response.beside
        if term.name in ("lb", "ub")
    ]
    return isinstance(recipe, Matrix | LevelPlace) or (
        isinstance(recipe, RowValues) and recipe.variable in bounds
    )


def _arrays(
    compiled: Compiled, table: Table, grouped: bool, trials: int
) -> tuple[dict[str, Array], dict[str, Array]]:
    """Return the arrays of a program on rows of a grid, and those that rows share.

    Offsets are 0, exposures 1; indices of levels are left out, and what censors or
    truncates the rows of the data.
    """
    program = of_all(unlimited(compiled.lowered))
    read: set[str] = set()
    for predictor in program.predictors:
        for block in predictor.blocks:
            if block.known or (block.effects_used() and not grouped):
                continue
            read |= set(block.slots())
        read -= {block.index for block in predictor.group_blocks}
    used = {n for _, value in program.likelihood.arguments for n in names_in(value)}
    inside = {n for one in program.predictors if one.body for n in names_in(one.body)}
    known = {variable for body in compiled.bound.bodies for variable in body.known}
    offsets = {
        slot
        for one in program.predictors
        for block in one.blocks
        if block.known
        for slot in block.slots()
    }
    own: dict[str, Array] = {}
    shared: dict[str, Array] = {}
    for slot in program.slots:
        if isinstance(slot.recipe, Numbers):
            shared[slot.name] = array_of(slot.recipe, table)
        elif slot.name in read or (
            slot.name in used and isinstance(slot.recipe, Matrix)
        ):
            own[slot.name] = array_of(slot.recipe, table)
        elif slot.name in used and _is_of_rows(slot.recipe, compiled):
            own[slot.name] = array_of(slot.recipe, table)
        elif slot.name in used:  # trials and exposures
            own[slot.name] = np.full(table.rows, float(trials))
        elif slot.name in offsets:
            own[slot.name] = np.zeros(table.rows)
        elif slot.name in inside:
            # what is not in the formula itself is an offset
            assert isinstance(slot.recipe, RowValues)
            variable = slot.recipe.variable
            own[slot.name] = np.zeros(table.rows)
            if variable in known:
                own[slot.name] = array_of(slot.recipe, table)
    return own, shared
