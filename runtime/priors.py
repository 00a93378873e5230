"""The priors of a model, to look at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pandas import DataFrame
    from rich.table import Table

    from varying.compiler.lower import PriorRow

__all__ = ["Priors"]


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
        from rich.console import Console

        out = StringIO()
        Console(file=out, width=10_000, color_system=None).print(self)
        lines = (line.rstrip() for line in out.getvalue().splitlines())
        return "\n".join(lines).strip("\n")

    def __rich__(self) -> Table:
        from rich import box
        from rich.table import Table
        from rich.text import Text

        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
        for heading in ("target", "prior", "reason"):
            table.add_column(heading, overflow="fold")
        for row in self.rows:
            reason = row.reason if row.line is None else f"line {row.line} of the spec"
            table.add_row(Text(row.target), Text(row.prior), Text(reason, "dim"))
        return table

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
