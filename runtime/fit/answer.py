"""Answers to questions asked of a fit: draws, tables in every form, a picture."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from varying.grammar.render.safe import prose, visible

from ..interface.grids import page, paragraph
from ..interface.printed import Printed
from ..questions.tables import comma_separated, latex, markdown_parts, sections

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray
    from pandas import DataFrame
    from rich.console import Group
    from xarray import DataArray

    from varying.grammar.diagnostics import Diagnostic

    from ..plots.style import Picture
    from ..questions.answers import Answers, Computed
    from ..questions.asking import Answered

__all__ = ["Answer"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Answer:
    """What a question to a fit came to.

    It prints as a table; ``draws`` has the draws of each line.

    Attributes
    ----------
    prob
        Mass of the equal-tailed intervals.
    warnings
        What there is to know of the question, such as cells without rows.
    """

    _answered: Answered
    _answers: Answers
    _chains: NDArray[Any]
    _numbers: NDArray[Any]
    prob: float

    @classmethod
    def of(
        cls,
        answered: Answered,
        chains: NDArray[Any],
        numbers: NDArray[Any],
        prob: float,
    ) -> Answer:
        """Return the answer with its figures."""
        return cls(answered, answered.answers(prob), chains, numbers, prob)

    @property
    def question(self) -> str:
        """The question."""
        return Printed(self._answered.text)

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """What there is to know of the question, such as cells without rows."""
        return self._answered.warnings

    @property
    def draws(self) -> DataArray:
        """The draws of each line: dims ``chain``, ``draw`` and ``line``."""
        import numpy as np
        from xarray import DataArray

        lines = self._answered.derived.lines
        shape = (len(self._chains), len(self._numbers))
        values = [np.broadcast_to(values, shape) for _, values in lines]
        return DataArray(
            np.stack(values, axis=-1) if values else np.empty((*shape, 0)),
            {
                "chain": self._chains,
                "draw": self._numbers,
                "line": np.array([label for label, _ in lines], str),
            },
            ("chain", "draw", "line"),
        )

    @property
    def rows(self) -> tuple[Computed, ...]:
        """The lines that have figures; tests are in ``to_dict`` and ``to_frame``."""
        found = self._answers
        return (*found.quantities, *found.means, *found.contrasts, *found.slopes)

    def __len__(self) -> int:
        return len(self.rows) + len(self._answers.tests)

    # ---- forms -----------------------------------------------------------------------

    def to_frame(self) -> DataFrame:
        """Return a pandas data frame, one row a line, indexed by name and coord."""
        from ..questions.answers import frame_of

        return frame_of((*self.rows, *self._answers.tests))

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON has it, with full precision.

        ``scale`` and ``groups`` are those of all lines, or None where these have
        several, or none; each line of means, contrasts and slopes has its own.
        """
        found = {key: rows for key, rows in self._answers.to_dict().items() if rows}
        own = {
            one.name: {"scale": one.scale_text, "groups": one.groups}
            for one in self._answered.cells
        }
        rows = [row for key in found if key != "tests" for row in found[key]]
        for row in rows:
            row |= own.get(row["name"], {})

        def common(key: str) -> str | None:
            values = {own.get(row["name"], {}).get(key) for row in rows}
            return values.pop() if len(values) == 1 else None

        return {
            "question": self._answered.text,
            "scale": common("scale"),
            "groups": common("groups"),
            "interval": {"kind": "eti", "prob": self.prob},
            **found,
            "notes": [one.message for one in self.warnings],
        }

    def to_json(self) -> str:
        """Return the text of JSON."""
        return Printed(json.dumps(self.to_dict(), ensure_ascii=False, indent=2))

    def to_csv(self, path: str | os.PathLike[str] | None = None) -> str | None:
        """Return lines of comma-separated values, or write them to a file.

        The column ``kind`` says which are means, contrasts, slopes, quantities, tests.
        """
        from ..questions.answers import lines_of

        return comma_separated(lines_of(self._answers), path)

    def to_markdown(self) -> str:
        """Return Markdown tables with notes below them."""
        warned = [prose(f"{one.severity}: {one.message}") for one in self.warnings]
        return Printed(
            "\n\n".join([*markdown_parts(self._answers, self.prob), *warned])
        )

    def to_latex(self) -> str:
        """Return LaTeX tables with the rules of ``booktabs``, notes below them."""
        return Printed(latex(sections(self._answers, self.prob)))

    def plot(self, ax: Any = None) -> Picture | Axes:
        """Draw each line: its median, middle 50 % and 95 % of the draws; the data's.

        Parameters
        ----------
        ax
            Axes of matplotlib to draw on.
        """
        from ..plots import load

        draws = dict(self._answered.derived.lines)
        rows = {one.label: one for one in self.rows}
        several = len({one.name for one in self.rows}) > 1 or len(rows) < len(draws)
        given = [
            (label if several or not rows[label].coord else rows[label].coord, values)
            for label, values in draws.items()
        ]
        seen = [rows[x].observed if x in rows else None for x in draws]
        title = "" if several or not rows else self.rows[0].text
        found: Picture | Axes = load("answers").picture(ax, given, seen, title)
        return found

    @property
    def silent(self) -> Answer:
        """The same without the warnings, where these are told apart."""
        answered = replace(self._answered, warnings=())
        return replace(self, _answered=answered)

    def __repr__(self) -> str:
        parts = []
        for table, notes in sections(self._answers, self.prob):
            parts.append("\n".join([table.text(), *map(visible, notes)]))
        warned = [visible(f"{one.severity}: {one.message}") for one in self.warnings]
        return "\n\n".join([*parts, *warned])

    def __rich__(self) -> Group:
        from rich.console import Group
        from rich.text import Text

        parts: list[Any] = []
        for table, notes in sections(self._answers, self.prob):
            parts += [table.rich(), *(Text(visible(n), "dim") for n in notes)]
        warned = [visible(f"{one.severity}: {one.message}") for one in self.warnings]
        return Group(*parts, *map(Text, warned))

    def _repr_html_(self) -> str:
        parts: list[str] = []
        for table, notes in sections(self._answers, self.prob):
            parts += [table.html(), *(paragraph(note, "f") for note in notes)]
        parts += [paragraph(f"{w.severity}: {w.message}") for w in self.warnings]
        return page(*parts)

    def _repr_markdown_(self) -> str:
        return self.to_markdown()
