"""What is left out at a time: a row, or all rows of a group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from varying.compiler.data.codes import coded_members
from varying.compiler.program.blocks import MemberUse
from varying.compiler.program.fill import fill
from varying.compiler.program.persons import each_persons
from varying.compiler.program.recipes import MemberIndex

from ..interface.arguments import ArgumentError, given
from ..interface.faults import fault

if TYPE_CHECKING:
    from xarray import Dataset

    from varying.compiler.compiled import Compiled
    from varying.compiler.program.ir import Group, Program

__all__ = [
    "LeftOut",
    "counted_rows",
    "in_front",
    "index_of",
    "units_of",
]

Array = NDArray[Any]

#: Effects of a group beyond this are too many for so few points.
_MOST_EFFECTS = 12


@dataclass(frozen=True, slots=True, eq=False)
class LeftOut:
    """What is left out at a time.

    Attributes
    ----------
    by
        The column whose levels they are; empty: each is a row.
    labels
        Of the units.
    index
        The unit of each row; -1 of one that is in none, as it has the weight 0.
    groups
        Names of the groups of the program whose levels they are: their effects are
        integrated out.
    others
        Names of other groups: of their levels the effects are as fitted.
    integrated, as_fitted
        Grouping factors of the ones and of the others, those of thresholds among them.
    seen
        Whether the draws know their rows: then the effects drawn are near the mode.
    """

    by: str
    labels: tuple[str, ...]
    index: NDArray[np.int64]
    groups: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    integrated: tuple[str, ...] = ()
    as_fitted: tuple[str, ...] = ()
    seen: bool = True

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.labels)

    def rows(self, units: Sequence[int]) -> NDArray[np.int64]:
        """Return the places of the rows of some units."""
        return np.flatnonzero(np.isin(self.index, np.asarray(units)))


def units_of(compiled: Compiled, by: str | None) -> LeftOut:
    """Return the rows of a model as units; of a column, the rows of each level.

    Raises
    ------
    ValueError
        If there is no such column.
    ModelError
        ``not-yet`` for what has no integral here.
    """
    prepared = compiled.prepared
    if by is None:
        kept = counted_rows(compiled)
        labels = tuple(str(one) for one in prepared.rows[kept].tolist())
        index = np.full(len(kept), -1)
        index[kept] = np.arange(len(labels))
        every = tuple(one.name for one in compiled.lowered.groups)
        told = _told(compiled, "", (), every)
        return LeftOut("", labels, index, (), every, *told)
    if not isinstance(by, str):
        raise ArgumentError(f"by is the name of a column, not {given(by)}")
    names = {one.name for one in _used(compiled.lowered)}
    levels = _levels(compiled, by)
    if levels is None:
        known = ", ".join(map(repr, compiled.joint.grouping_factors)) or "none"
        raise ArgumentError(
            f"by is a column of the data whose levels are left out, not {given(by)}; "
            f"grouping factors of the model: {known}"
        )
    labels, index = levels
    if len(labels) < 2:
        raise ArgumentError(f"`{by}` has one level only: nothing would be left")
    _refuse_members(compiled, by)
    own = _own_groups(compiled, by, index)
    others = tuple(sorted(names - {*own}))
    units = LeftOut(by, labels, index, own, others, *_told(compiled, by, own, others))
    _check(compiled, units)
    return units


def counted_rows(compiled: Compiled) -> NDArray[np.bool_]:
    """Return which rows say something: those of weight 0 in all responses do not."""
    program = compiled.lowered
    kept = np.zeros(compiled.prepared.table.rows, dtype=np.bool_)
    frame = None
    for one in program.likelihoods:
        if one.weight is None:
            return ~np.zeros_like(kept)
        frame = frame or fill(program, compiled.prepared.table)
        kept |= np.asarray(frame[one.weight]) > 0
    return kept


def _told(
    compiled: Compiled, by: str, groups: Sequence[str], others: Sequence[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the grouping factors that are integrated over, and those as fitted."""
    program = compiled.lowered
    people = [persons.column for _, persons in each_persons(program)]
    inside = [program.group(one).levels for one in groups]
    outside = [program.group(one).levels for one in others]
    inside += [column for column in people if column == by]
    outside += [column for column in people if column != by]
    return tuple(dict.fromkeys(inside)), tuple(sorted({*outside}))


def _levels(
    compiled: Compiled, by: str
) -> tuple[tuple[str, ...], NDArray[np.int64]] | None:
    """Return the levels of a column, or of a grouping factor, that rows have."""
    table, program = compiled.prepared.table, compiled.lowered
    frame = fill(program, table)
    for slot in program.slots:
        if not slot.name.endswith("_index"):
            continue
        for group in program.groups:
            labels = program.axis(group.levels).labels
            if group.levels == by and labels and slot.name == f"{by}_index":
                return _present(labels, frame[slot.name])
    column = table.columns.get(by)
    if column is None or (column.missing).any():
        return None
    return _present(*coded_members(column))


def _present(
    labels: Sequence[str], values: Array
) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    there, index = np.unique(values, return_inverse=True)
    return tuple(labels[int(one)] for one in there), index.astype(np.int64)


def _own_groups(compiled: Compiled, by: str, unit: Array) -> tuple[str, ...]:
    """Return the groups whose levels are each in one unit."""
    program = compiled.lowered
    frame = fill(program, compiled.prepared.table)
    found = []
    for group in _used(program):
        if group.name in _with_members(program):
            continue
        index = index_of(program, group, frame.arrays)
        pairs = np.unique(np.stack([index, unit]), axis=1)
        if pairs.shape[1] == len(np.unique(index)):
            found.append(group.name)
    return tuple(found)


def index_of(program: Program, group: Group, arrays: Mapping[str, Array]) -> Array:
    """Return the level of each row."""
    for predictor in program.predictors:
        for block in predictor.group_blocks:
            if block.group == group.name and block.members is None:
                return arrays[block.index]
    raise KeyError(group.name)


def _check(compiled: Compiled, units: LeftOut) -> None:
    """Refuse what has no integral here, by name."""
    program = compiled.lowered
    frame = fill(program, compiled.prepared.table)

    def refuse(what: str, note: str) -> Any:
        return fault(compiled.spec.source, "not-yet", what, note)

    effects = sum(
        persons.gaps
        for _, persons in each_persons(program)
        if persons.column == units.by
    )
    for name in units.groups:
        group = program.group(name)
        index = index_of(program, group, frame.arrays)
        if len(np.unique(index)) > units.count:
            raise refuse(
                f"`{group.levels}` is nested in `{units.by}`: integrating over the "
                f"effects of its levels inside a new `{units.by}` is not possible yet",
                f"leave out levels of `{group.levels}`, or rows",
            )
        effects += frame.lengths[group.coefs]
    if effects > _MOST_EFFECTS:
        raise refuse(
            f"a level of `{units.by}` has {effects} effects: integrating over more "
            f"than {_MOST_EFFECTS} is not possible yet",
            "leave out rows",
        )


def _refuse_members(compiled: Compiled, by: str) -> None:
    """Refuse to leave out what rows have several of: their other levels stay."""
    for slot in compiled.lowered.slots:
        recipe = slot.recipe
        if isinstance(recipe, MemberIndex) and by in (*recipe.columns, slot.into):
            raise fault(
                compiled.spec.source,
                "not-yet",
                f"whole levels of `{by}` cannot be left out: a row may have several, "
                "by `mm()`, and would belong to each of them",
                "leave out rows",
            )


def _used(program: Program) -> tuple[Group, ...]:
    """Return the groups whose effects a predictor has: those of other responses not."""
    names = {
        name
        for one in program.predictors
        for block in one.blocks
        for name, _ in block.effects_used()
    }
    return tuple(group for group in program.groups if group.name in names)


def _with_members(program: Program) -> frozenset[str]:
    """Return the groups of which a row has several levels."""
    blocks = (block for one in program.predictors for block in one.blocks)
    return frozenset(one.group for one in blocks if isinstance(one, MemberUse))


def in_front(posterior: Dataset) -> dict[str, Array]:
    """Return draws by name with one axis of draws in front."""
    found: dict[str, Array] = {}
    for name, variable in posterior.data_vars.items():
        values = variable.transpose("chain", "draw", ...).values
        found[str(name)] = values.reshape(-1, *values.shape[2:])
    return found
