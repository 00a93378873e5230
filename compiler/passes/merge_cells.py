"""Make one row of the rows that the likelihood cannot tell apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..families.family import Pooled
from ..program.expressions import names_in, renamed
from ..program.ir import Axis, Frame, Likelihood, Program, Slot
from ..program.names import free_in
from ..program.recipes import Count, Within

Array = NDArray[Any]
Words = NDArray[np.uint64]

#: Unless this part of the rows goes away, counting them costs more than it saves.
LEAST_MERGED = 0.1


def merge_cells(program: Program, frame: Frame) -> tuple[Program, Frame]:
    """Merge rows that have the same numbers in all slots into one with a count.

    The log likelihood of equal rows is that of one of them, so many times::

        observe y[row] = y_observed ~ bernoulli(eta=eta)
    becomes
        data count[row] = rows that each stands for
        observe y[row] = y_observed ~ bernoulli(eta=eta), count times

    Where the family pools (``Family.pooled``), responses may differ: their mean
    takes their place, and ``within`` has their squared deviations from it. Cells
    stand in the order of their first rows. A frame that has counts is merged
    further. Rows that something is kept of (``keep mu``) are not merged, nor are
    rows of which fewer than one in ten would go.

    Of several responses each is merged by itself, on an axis of its own, as they may
    be told apart by different numbers. Rows of coupled ones stay as they are: there
    one response is a number that tells the rows of another apart.
    """
    for one in program.likelihoods:
        program, frame = _merged(program, frame, one)
    return program, frame


def _merged(
    program: Program, frame: Frame, likelihood: Likelihood
) -> tuple[Program, Frame]:
    """Merge the rows of one response."""
    alone = len(program.likelihoods) == 1
    of = "" if alone else f" of `{likelihood.name}`"
    coupling = program.coupling
    if coupling is not None and likelihood.name in coupling.responses:
        note = f"rows{of} are not merged: they have a residual correlation"
        return _noted(program, note), frame
    kept = _kept_by_row(program, likelihood)
    if kept is not None:
        note = f"rows{of} are not merged: `{kept}` is kept for each row"
        return _noted(program, note), frame
    pooled = likelihood.family.pooled
    apart = {likelihood.count, likelihood.within}
    if pooled is not None:
        apart.add(likelihood.value)
    names = [name for name in _by_row(program, likelihood) if name not in apart]
    rows = frame.lengths[likelihood.rows]
    cells = find_cells([frame[name] for name in names], rows)
    if len(cells.first) > (1.0 - LEAST_MERGED) * rows:
        return program, frame

    if _shares_rows(program, likelihood):
        program, frame, likelihood = _on_its_own(program, frame, likelihood)
        apart = {likelihood.count, likelihood.within}
        if pooled is not None:
            apart.add(likelihood.value)
        names = [name for name in _by_row(program, likelihood) if name not in apart]
    arrays = dict(frame.arrays)
    for name in names:
        arrays[name] = frame[name][cells.first]
    counts = np.ones(rows) if likelihood.count is None else frame[likelihood.count]
    program, count = _with_slot(program, likelihood, likelihood.count, Count())
    arrays[count] = cells.sums(counts)
    changed = replace(likelihood, count=count)
    if pooled is not None:
        program, within = _with_slot(program, likelihood, likelihood.within, Within())
        changed = replace(changed, within=within)
        deviations = 0.0 if likelihood.within is None else frame[likelihood.within]
        response = frame[likelihood.value]
        arrays[likelihood.value], arrays[within] = pool(
            pooled, cells, response, counts, deviations
        )
    program = _with(program, changed)
    number = len(cells.first)
    lengths = {**frame.lengths, likelihood.rows: number}
    note = f"cells{of}: {int(counts.sum()):,} rows in {number:,}"
    return _noted(program, note), Frame(arrays, lengths)


def _kept_by_row(program: Program, likelihood: Likelihood) -> str | None:
    """Return a name that has a value for each row of the data, if there is one."""
    rows = likelihood.rows
    view = program.of(likelihood.name)
    kept = [name for p in view.predictors for name in p.report]
    kept += [d.name for d in program.derived if rows in d.axes]
    kept += [p.name for p in program.parameters if rows in p.axes]
    return kept[0] if kept else None


def _noted(program: Program, note: str) -> Program:
    if note in program.notes:
        return program
    return replace(program, notes=(*program.notes, note))


def _with(program: Program, likelihood: Likelihood) -> Program:
    """Return a program with the likelihood in the place of the one of its name."""
    return replace(
        program,
        likelihoods=tuple(
            likelihood if one.name == likelihood.name else one
            for one in program.likelihoods
        ),
    )


def _with_slot(
    program: Program, likelihood: Likelihood, name: str | None, recipe: Count | Within
) -> tuple[Program, str]:
    """Return a program that has the slot, and the slot's name."""
    if name is not None:
        return program, name
    wanted = "count" if isinstance(recipe, Count) else "within"
    if len(program.likelihoods) > 1:
        wanted = f"{likelihood.name}_{wanted}"
    name = free_in(wanted, program)
    slot = Slot(name, (likelihood.rows,), recipe)
    return replace(program, slots=(*program.slots, slot)), name


# ---- rows of one of several responses ----------------------------------------------


def _others(program: Program, likelihood: Likelihood) -> Iterator[Likelihood]:
    return (one for one in program.likelihoods if one.name != likelihood.name)


def _by_row(program: Program, likelihood: Likelihood) -> tuple[str, ...]:
    """Return the slots over the rows of a response, those that it reads."""
    found = [s.name for s in program.slots if likelihood.rows in s.axes]
    if not _shares_rows(program, likelihood):
        return tuple(found)
    read = _read_by(program, likelihood)
    return tuple(name for name in found if name in read)


def _shares_rows(program: Program, likelihood: Likelihood) -> bool:
    return any(one.rows == likelihood.rows for one in _others(program, likelihood))


def _read_by(program: Program, likelihood: Likelihood) -> set[str]:
    """Return the names that a response, or one of its predictors, reads."""
    read = {*likelihood.slots}
    for _, argument in likelihood.arguments:
        read |= {*names_in(argument)}
    for predictor in program.of(likelihood.name).predictors:
        read |= {name for block in predictor.blocks for name in block.slots()}
        if predictor.body is not None:
            read |= {*names_in(predictor.body)}
    return read


def _on_its_own(
    program: Program, frame: Frame, likelihood: Likelihood
) -> tuple[Program, Frame, Likelihood]:
    """Give a response an axis of rows of its own, with slots that no other reads."""
    old = likelihood.rows
    rows = free_in(f"{likelihood.name}_{old}", program)
    program = replace(program, axes=(*program.axes, Axis(rows, "rows")))
    elsewhere: set[str] = set()
    for one in _others(program, likelihood):
        elsewhere |= _read_by(program, one)
    names: dict[str, str] = {}
    arrays = dict(frame.arrays)
    for name in _by_row(program, likelihood):
        slot = program.slot(name)
        axes = tuple(rows if axis == old else axis for axis in slot.axes)
        if name in elsewhere:
            names[name] = free_in(f"{likelihood.name}_{name}", program)
            own = replace(slot, name=names[name], axes=axes)
            program = replace(program, slots=(*program.slots, own))
            arrays[own.name] = frame[name]
        else:
            slots = (replace(s, axes=axes) if s is slot else s for s in program.slots)
            program = replace(program, slots=tuple(slots))

    def moved(name: str | None) -> str | None:
        return name if name is None else names.get(name, name)

    own_rows = replace(
        likelihood,
        arguments=tuple((n, renamed(e, names)) for n, e in likelihood.arguments),
        value=names.get(likelihood.value, likelihood.value),
        rows=rows,
        count=moved(likelihood.count),
        within=moved(likelihood.within),
        weight=moved(likelihood.weight),
    )
    predictors = tuple(
        replace(
            one,
            rows=rows,
            blocks=tuple(block.with_slots(names) for block in one.blocks),
            body=None if one.body is None else renamed(one.body, names),
        )
        if one.response == likelihood.name
        else one
        for one in program.predictors
    )
    program = _with(replace(program, predictors=predictors), own_rows)
    lengths = {**frame.lengths, rows: frame.lengths[old]}
    return program, Frame(arrays, lengths), own_rows


# ---- cells -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class MergedCells:
    """Which rows are alike.

    Attributes
    ----------
    first : (cells,)
        The first row of each cell, in order.
    of : (rows,)
        The cell of each row.
    """

    first: NDArray[np.intp]
    of: NDArray[np.intp]

    def sums(self, weights: Array) -> Array:
        """Return the sum over the rows of each cell."""
        return np.bincount(self.of, weights=weights, minlength=len(self.first))


def find_cells(arrays: Sequence[Array], rows: int) -> MergedCells:
    """Return the cells of rows that are equal in all arrays.

    Rows are sorted by a hash of 64 bits, once, whatever the number of columns.
    Then each is compared with the first of its cell, so that the answer does not
    depend on the hash: after a collision it is done again with another one.

    Parameters
    ----------
    arrays
        Of shape (rows,) or (rows, k); numbers, none of them NaN.
    """
    seed = 0
    while True:
        key = np.full(rows, seed, dtype=np.uint64)
        for column in _columns(arrays):
            _mix(key, column)
        _, first, of = np.unique(key, return_index=True, return_inverse=True)
        representative = first[of]
        if all(np.array_equal(c, c[representative]) for c in _columns(arrays)):
            break
        seed += 1
    order = np.argsort(first)
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    return MergedCells(first[order], place[of])


def _columns(arrays: Sequence[Array]) -> Iterator[Words]:
    """Yield each column as words that are equal where its numbers are."""
    for array in arrays:
        for column in array.T if array.ndim > 1 else (array,):
            if column.dtype.kind == "f":
                # minus zero is zero
                numbers = np.asarray(column, dtype=np.float64) + 0.0
            else:
                numbers = np.ascontiguousarray(column, dtype=np.int64)
            yield numbers.view(np.uint64)


def _mix(key: Words, column: Words) -> None:
    """Take a column into the keys of the rows: multiply and fold (Steele 2014)."""
    key ^= column
    key *= np.uint64(0x9E3779B97F4A7C15)
    key ^= key >> np.uint64(32)
    key *= np.uint64(0xBF58476D1CE4E5B9)
    key ^= key >> np.uint64(29)


def pool(
    pooled: Pooled,
    cells: MergedCells,
    response: Array,
    counts: Array,
    within: Array | float,
) -> tuple[Array, Array]:
    """Return the mean of each cell and the squared deviations from it.

    Rows that are means themselves, of ``counts`` responses with the deviations
    ``within``, are pooled by the formula of Chan, Golub & LeVeque (1983): the
    deviations inside of them and those of their means add up.

    Returns
    -------
    mean, within : (cells,)
        Of the logs where the family is about them; the mean is then geometric.
    """
    y = np.log(response) if pooled.logged else np.asarray(response, dtype=np.float64)
    # from the first response of the cell on, so that no digits are lost to a large
    # mean
    start = y[cells.first]
    total = cells.sums(counts)
    mean = start + cells.sums(counts * (y - start[cells.of])) / total
    deviations = cells.sums(within + counts * np.square(y - mean[cells.of]))
    return (np.exp(mean) if pooled.logged else mean), deviations
