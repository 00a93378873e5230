"""Columns that are parts of one whole: shares that add up to 1, counts to a total."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from varying.compiler.data.table import Table
from varying.compiler.families.composition.parts import OFF
from varying.grammar.printer import name_text

from .candidates import Candidate

__all__ = ["Whole", "whole_of"]

#: So many parts there are at least: of two shares one says all. And so many rows.
PARTS, ROWS = 3, 5
#: Rows by which runs of columns are told apart before all rows are looked at.
FIRST_ROWS = 20


@dataclass(frozen=True, slots=True)
class Whole:
    """Columns beside each other that add up in every row.

    Attributes
    ----------
    parts
        Their names, the response among them.
    total
        The column of their sum; None: they are shares.
    zeros
        Rows in which a part is 0.
    """

    parts: tuple[str, ...]
    total: str | None
    zeros: int

    @property
    def response(self) -> str:
        """The left side of a formula."""
        return f"cbind({', '.join(map(name_text, self.parts))})"

    @property
    def sentence(self) -> str:
        """What was seen, and what it may mean."""
        listed = ", ".join(f"`{name}`" for name in self.parts)
        if self.total is not None:
            # items of a test add up to its score, and are no parts
            return (
                f"{listed} add up to `{self.total}` in all rows. If they count "
                f"categories, `{self.response} | trials({name_text(self.total)})` is "
                "all of them together, `family=dirichlet_multinomial`."
            )
        found = f"{listed} add up to 1 in all rows: they are parts of a whole."
        if self.zeros:
            rows = "1 row" if self.zeros == 1 else f"{self.zeros:,} rows"
            found += (
                f" One of them is 0 in {rows}, and no family of all shares has zeros: "
                "where they are of counts, take the counts."
            )
        return found

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """The families of all shares together; none where there are zeros."""
        if self.total is not None or self.zeros:
            return ()
        return (
            Candidate(
                "dirichlet",
                "dirichlet",
                self.response,
                "all shares together, with one precision; they can only take from "
                "each other",
            ),
            Candidate(
                "logistic_normal",
                "logistic_normal",
                self.response,
                "the same with a spread of each category, and with some that rise "
                "together",
            ),
        )


def whole_of(table: Table, response: str) -> Whole | None:
    """Return the whole that a column is a part of; None: it is of none.

    Parts are columns beside each other; the longest that there are, are taken.
    """
    names = [name for name, one in table.columns.items() if one.kind.is_number]
    if response not in names:
        return None
    values = {n: np.asarray(table.columns[n].values, dtype=float) for n in names}
    for first, last in _runs(list(values.values()), names.index(response)):
        parts = names[first:last]
        inside = np.stack([values[name] for name in parts], axis=-1)
        rows = np.isfinite(inside).all(axis=-1)
        inside = inside[rows]
        if len(inside) < ROWS or (inside < 0.0).any():
            continue
        total = inside.sum(axis=-1)
        zeros = int((inside == 0.0).any(axis=-1).sum())
        if (inside <= 1.0).all() and (np.abs(total - 1.0) <= OFF).all():
            # places of one are categories
            whole = (inside == np.floor(inside)).all()
            return None if whole else Whole(tuple(parts), None, zeros)
        if (inside == np.floor(inside)).all():
            others = [name for name in names if name not in parts]
            found = next((n for n in others if _same(values[n][rows], total)), None)
            if found is not None:
                return Whole(tuple(parts), found, zeros)
    return None


def _runs(values: Sequence[NDArray[np.float64]], at: int) -> Iterator[tuple[int, int]]:
    """Yield the runs of columns that hold one and may add up, the longest first.

    There are nearly as many runs as pairs of columns: those that do not add up in a
    few rows, the ones with fewest missing values, are left out.
    """
    missing = np.zeros(len(values[at]))
    for one in values:
        missing += ~np.isfinite(one)
    rows = np.argsort(missing, kind="stable")[:FIRST_ROWS]
    few = np.stack([one[rows] for one in values])
    few = np.where(np.isfinite(few), few, np.nan)
    # outwards from the column, so that no digits are lost to others far away
    before = np.cumsum(few[at::-1], axis=0)
    after = np.cumsum(np.concatenate([np.zeros((1, len(rows))), few[at + 1 :]]), axis=0)
    may = np.add.outer(np.arange(at + 1), np.arange(len(values) - at)) + 1 >= PARTS
    for row, own in enumerate(few.T):
        total = np.add.outer(before[:, row], after[:, row])
        adds_up = (np.abs(total - 1.0) <= 2.0 * OFF) | np.isin(total, own)
        may &= adds_up | np.isnan(total)
    left, right = np.nonzero(may)
    for place in np.lexsort((-left, -(left + right))).tolist():
        yield at - int(left[place]), at + 1 + int(right[place])


def _same(one: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    return bool((one == other).all())
