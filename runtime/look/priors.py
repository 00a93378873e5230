"""The priors of a model, to look at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from varying.compiler.bind.priors.named import target_text

from ..interface.grids import Cell, TextTable, page

if TYPE_CHECKING:
    from pandas import DataFrame
    from rich.table import Table

    from varying.compiler.compiled import Compiled
    from varying.compiler.lower.program import PriorRow

__all__ = ["Priors", "priors_of"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Priors:
    """What each parameter's prior is, and why. Prints as a table."""

    rows: tuple[PriorRow, ...]

    def __iter__(self) -> Iterator[PriorRow]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, position: int) -> PriorRow:
        return self.rows[position]

    def __repr__(self) -> str:
        return self._grid().text()

    def __rich__(self) -> Table:
        return self._grid().rich()

    def _repr_html_(self) -> str:
        rows = tuple(
            tuple(map(Cell.of, (row.target, row.prior, row.source, _reason(row))))
            for row in self.rows
        )
        headings = ("target", "prior", "source", "reason")
        return page(TextTable(headings, rows, numeric=False).html())

    def _grid(self) -> TextTable:
        rows = tuple(
            (Cell.of(row.target), Cell.of(row.prior), Cell.of(_reason(row), "faint"))
            for row in self.rows
        )
        return TextTable(("target", "prior", "reason"), rows, numeric=False)

    def to_dict(self) -> list[dict[str, Any]]:
        """Return the rows as JSON has them."""
        return [
            {
                "target": row.target,
                "prior": row.prior,
                "source": row.source,
                "reason": row.reason,
                "line": row.line,
            }
            for row in self.rows
        ]

    def to_frame(self) -> DataFrame:
        """Return a pandas data frame."""
        import pandas as pd

        return pd.DataFrame(self.to_dict())


def priors_of(compiled: Compiled) -> Priors:
    """Return the priors of a model, each target as a spec has it."""
    joint = compiled.joint
    responses = joint.responses if len(joint.members) > 1 else ()
    groups = joint.grouping_factors
    return Priors(
        tuple(
            replace(row, target=target_text(row.target, responses, groups))
            for row in compiled.priors
        )
    )


def _reason(row: PriorRow) -> str:
    return row.reason if row.line is None else f"line {row.line} of the spec"
