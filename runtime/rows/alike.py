"""Rows that cannot differ in what is computed of them: computed once.

In a designed study many rows are of the same cell, and of the same person in it. All
that is not drawn for each row is the same there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from varying.compiler.program.expressions import names_in
from varying.compiler.program.reached import reached

if TYPE_CHECKING:
    from varying.compiler.program.ir import Program

    from .engine import Rows

__all__ = ["Alike", "alike"]

Array = NDArray[Any]

#: Distinct rows for each row, at most: with more it is not worth the memory.
_SHARE = 0.25
#: Rows that are looked at first, not to sort a million that all differ.
_TRIED = 1000


@dataclass(frozen=True, slots=True, eq=False)
class Alike:
    """Distinct rows.

    Attributes
    ----------
    first
        The place of the first row of each kind, in rising order.
    which
        The kind of each row.
    """

    first: NDArray[np.intp]
    which: NDArray[np.intp]


def alike(rows: Rows, strata: Mapping[str, Array] | None = None) -> Alike | None:
    """Return which rows are alike; None if too few are.

    Parameters
    ----------
    rows
        The rows.
    strata
        If what is computed is about new groups, the stratum of each row, by group:
        the levels that the rows have do not count then. None: they do.
    """
    needed = _read(rows.program)
    if strata is not None:
        needed -= _levels(rows.program)
    columns = [rows.frame[name] for name in sorted(needed & rows.by_row)]
    columns += list((strata or {}).values())
    count = len(rows.labels)
    few = np.unique(np.linspace(0, count - 1, min(count, _TRIED)).astype(int))
    for places in (few, None):
        part = columns if places is None else [one[places] for one in columns]
        found = _distinct(part, count if places is None else len(few))
        if len(found.first) > _SHARE * len(found.which) and (
            places is None or len(few) == count or len(found.first) > 0.9 * len(few)
        ):
            return None
    return found


def _distinct(columns: list[Array], count: int) -> Alike:
    """Return the kinds of rows, in the order in which they come first."""
    wide = [np.asarray(one, dtype=float).reshape(count, -1) for one in columns]
    whole = np.concatenate([np.zeros((count, 1)), *wide], axis=1) + 0.0  # no -0
    keys = np.ascontiguousarray(whole).view(f"V{whole.shape[1] * 8}").ravel()
    _, first, which = np.unique(keys, return_index=True, return_inverse=True)
    order = np.argsort(first)
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    return Alike(first[order], place[which])


def _read(program: Program) -> set[str]:
    """Return the names of all that a response depends on but itself."""
    named = {n for _, value in program.likelihood.arguments for n in names_in(value)}
    return set(reached(program, named | {one.name for one in program.predictors}))


def _levels(program: Program) -> set[str]:
    """Return the slots that say of rows which levels of groups they have.

    Of rows that have several levels it counts which of them are the same.
    """
    blocks = [block for one in program.predictors for block in one.group_blocks]
    several = {block.index for block in blocks if block.members is not None}
    return {block.index for block in blocks} - several
