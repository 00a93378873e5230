"""The table of a fit, as data; ``summary_table`` draws it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..draws.row import StatisticsRow
from ..draws.statistics import Statistics, elements, summarize_each
from ..interface.arguments import between
from ..interface.printed import Printed
from ..questions.answers import Answers
from ..rows.reduced import rows_and_cells

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pandas import DataFrame
    from rich.console import Group
    from xarray import Dataset

    from ..draws.names import Names
    from ..files import arrays
    from ..fit.provenance import Provenance
    from ..verdict.verdict import Verdict

__all__ = ["PROB", "Sampling", "Summary", "rows_of", "summary_of"]

#: Mass of the interval, unless another is asked for.
PROB = 0.95


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the draws were made and what they are worth."""

    draws: int
    tune: int
    chains: int
    divergences: int
    seconds: float
    sampler: str
    versions: Mapping[str, str]
    verdict: Verdict
    #: Whether there are fewer draws than were asked for.
    partial: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values; ``partial`` is among them where it is so."""
        return {
            "draws": self.draws,
            "tune": self.tune,
            "chains": self.chains,
            "divergences": self.divergences,
            "seconds": self.seconds,
            "sampler": self.sampler,
            "versions": dict(self.versions),
            "verdict": {
                "ok": self.verdict.ok,
                "sentences": list(self.verdict.sentences),
            },
            **({"partial": True} if self.partial else {}),
        }


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Summary:
    """Mean, sd, median, interval, effective sample sizes, R-hat of parameters.

    Prints as a table, under the formula and above the verdict. The interval is
    equal-tailed with mass ``prob``.
    """

    rows: tuple[StatisticsRow, ...]
    prob: float
    sampling: Sampling
    #: Whether long blocks are printed whole.
    whole: bool = False
    #: The model's formula; not printed if empty.
    formula: str = ""
    #: Rows and cells of reduced data; None: nothing to say.
    reduced: tuple[int, int] | None = None
    #: Quantities, tests and contrasts.
    answers: Answers = Answers()

    @property
    def head(self) -> tuple[str, ...]:
        """The lines above the table."""
        lines: tuple[str, ...] = (self.formula,) if self.formula else ()
        if self.reduced is not None:
            lines = (*lines, rows_and_cells(*self.reduced))
        return lines

    def __iter__(self) -> Iterator[StatisticsRow]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        from .table import as_text

        return as_text(self)

    def __rich__(self) -> Group:
        from .table import as_rich

        return as_rich(self)

    def _repr_html_(self) -> str:
        from .table import as_html

        return as_html(self)

    def _repr_markdown_(self) -> str:
        return self.to_markdown()

    def to_dict(self) -> dict[str, Any]:
        """Return the table as JSON has it, with full precision."""
        data = (
            {}
            if self.reduced is None
            else dict(zip(("rows", "cells"), self.reduced, strict=True))
        )
        return {
            "interval": {"kind": "eti", "prob": self.prob},
            "parameters": [row.to_dict() for row in self.rows],
            **self.answers.to_dict(),
            "sampling": self.sampling.to_dict(),
            **({"data": data} if data else {}),
        }

    def to_frame(self) -> DataFrame:
        """Return a pandas data frame, one row a number, indexed by name and coord."""
        import pandas as pd

        columns = ["name", "coord", *Statistics.__slots__]
        frame = pd.DataFrame([row.to_dict() for row in self.rows], columns=columns)
        numbers = {column: "float64" for column in Statistics.__slots__}
        return frame.astype(numbers).set_index(["name", "coord"])

    def to_markdown(self) -> str:
        """Return a Markdown table, under the formula and above the verdict."""
        from .table import as_markdown

        return Printed(as_markdown(self))

    def to_latex(self) -> str:
        """Return LaTeX tables with the rules of ``booktabs``, the verdict below."""
        from .table import as_latex

        return Printed(as_latex(self))

    def to_csv(self, path: str | os.PathLike[str] | None = None) -> str | None:
        """Return lines of comma-separated values, or write them to a file.

        A line for each parameter, quantity, mean, contrast, slope and test, at full
        precision; the column ``kind`` says which it is. The verdict is not among them.
        """
        from ..questions.answers import lines_of
        from ..questions.tables import comma_separated

        parameters = [{"kind": "parameter", **row.to_dict()} for row in self.rows]
        return comma_separated([*parameters, *lines_of(self.answers)], path)


def rows_of(
    posterior: Dataset | arrays.ArrayGroup,
    names: Names,
    *,
    effects: bool = False,
    prob: float = PROB,
) -> tuple[StatisticsRow, ...]:
    """Return the rows of a posterior, group effects among them if asked."""
    between("prob", prob)
    wanted = (*names.parameters, *(names.effects if effects else ()))
    found = [
        (name, coord, draws)
        for name in wanted
        for coord, draws in elements(
            posterior[name], triangle=name in names.correlations
        )
    ]
    each = summarize_each([draws for _, _, draws in found], prob)
    return tuple(
        StatisticsRow(name, coord, figures)
        for (name, coord, _), figures in zip(found, each, strict=True)
    )


def summary_of(
    provenance: Provenance,
    rows: tuple[StatisticsRow, ...],
    answers: Answers,
    diverging: NDArray[Any] | None,
    *,
    prob: float,
    whole: bool,
) -> Summary:
    """Return the table of a fit.

    Parameters
    ----------
    provenance
        Where it is from.
    rows, answers
        Its figures.
    diverging
        Of each draw whether it did, if the sampler said so.
    prob, whole
        See ``Summary``.
    """
    settings, data = provenance.settings, provenance.data
    chains, draws = provenance.drawn
    sampling = Sampling(
        draws=draws,
        tune=settings.tune,
        chains=chains,
        divergences=0 if diverging is None else int(diverging.sum()),
        seconds=provenance.seconds,
        sampler=settings.sampler,
        versions=provenance.versions,
        verdict=provenance.verdict,
        partial=provenance.partial,
    )
    return Summary(
        rows,
        prob,
        sampling,
        whole=whole,
        formula=provenance.formula,
        reduced=None if data.cells is None else (data.rows, data.cells),
        answers=answers,
    )
