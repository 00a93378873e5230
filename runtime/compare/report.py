"""How the answers of this room look: a heading, tables, and what they mean in words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from varying.grammar.render.safe import visible

from ..interface.grids import Cell, TextTable, heading, page, paragraph

if TYPE_CHECKING:
    from pandas import DataFrame
    from rich.console import Group

__all__ = ["Report", "fixed", "in_words", "json_number", "table"]

#: Widest text on a terminal.
_WIDTH = 88


@dataclass(frozen=True, eq=False, repr=False)
class Report:
    """An answer that prints as tables and sentences.

    What is inside is that of the classes made of it; they give ``title``, ``tables``,
    ``sentences``, ``frame_rows`` and ``to_dict``.
    """

    @property
    def title(self) -> str:
        """What is answered, in a line."""
        raise NotImplementedError

    @property
    def tables(self) -> tuple[TextTable, ...]:
        """The figures."""
        raise NotImplementedError

    @property
    def sentences(self) -> tuple[str, ...]:
        """What the figures mean, and what they do not."""
        raise NotImplementedError

    def frame_rows(self) -> Sequence[Mapping[str, Any]]:
        """Return the rows of the data frame."""
        raise NotImplementedError

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, as ``--format json`` prints them."""
        raise NotImplementedError

    def to_frame(self) -> DataFrame:
        """Return the table as a data frame."""
        import pandas as pd

        return pd.DataFrame([dict(row) for row in self.frame_rows()])

    def to_markdown(self) -> str:
        """Return the tables as Markdown, with the sentences below."""
        parts = [f"**{_cell(self.title)}**"]
        for grid in self.tables:
            head = [_cell(one) for one in grid.headings]
            lines = [f"| {' | '.join(head)} |"]
            rule = ["---", *("---:" if grid.numeric else "---" for _ in head[1:])]
            lines.append(f"|{'|'.join(rule)}|")
            for row in grid.rows:
                cells = [_cell("".join(t for t, _ in cell.parts)) for cell in row]
                cells += [""] * (len(head) - len(cells))
                lines.append(f"| {' | '.join(cells)} |")
            parts.append("\n".join(lines))
        return "\n\n".join([*parts, *map(visible, self.sentences)])

    def __str__(self) -> str:
        tables = [grid.text() for grid in self.tables]
        blocks = [visible(self.title), *tables, *map(visible, self.sentences)]
        return "\n\n".join(blocks)

    def __repr__(self) -> str:
        return str(self)

    def __rich__(self) -> Group:
        from rich.console import Group
        from rich.constrain import Constrain
        from rich.text import Text

        parts: list[Any] = [Text(visible(self.title), "bold")]
        parts += [grid.rich() for grid in self.tables]
        parts += [Constrain(Text(visible(one)), _WIDTH) for one in self.sentences]
        return Group(*parts)

    def _repr_html_(self) -> str:
        tables = [grid.html() for grid in self.tables]
        return page(heading(self.title), *tables, *map(paragraph, self.sentences))


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> TextTable:
    """Return a grid of plain texts, numbers on the right."""
    return TextTable(tuple(headings), tuple(tuple(map(Cell.of, row)) for row in rows))


def _cell(text: str) -> str:
    return visible(text).replace("|", r"\|")


def fixed(number: float, places: int = 1) -> str:
    """Format a number; what rounds to nothing has no sign, what is none a dash."""
    if math.isnan(number):
        return "-"
    if math.isinf(number):
        return "inf" if number > 0 else "-inf"
    text = f"{number:,.{places}f}"
    return text[1:] if text.startswith("-") and not text.strip("-0.,") else text


def json_number(number: float) -> float | None:
    """Return a number as JSON has it: none in place of what is no number."""
    return float(number) if math.isfinite(number) else None


def in_words(names: Sequence[str], most: int = 8) -> str:
    """Return a list of names as a sentence has it; of many the first."""
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
