"""What a planned study would show: power and precision of its questions."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from ..interface.grids import Cell, TextTable, page
from .runs import REFUSED

if TYPE_CHECKING:
    from pandas import DataFrame
    from rich.table import Table

    from ..plots.style import Picture
    from .runs import RunAnswer

__all__ = ["StudyDesign", "Planned", "planned"]

#: A test counts as answered from this probability on.
SURE = 0.975
#: Fits with an R-hat above it have not settled, and are counted.
RHAT_NEARLY = 1.05


@dataclass(frozen=True, slots=True)
class Planned:
    """One question, asked of studies with so many people.

    Attributes
    ----------
    people
        Levels of the grouping factor.
    label, kind
        The question; ``estimate``, ``test``, or ``mean``, which has no power.
    truth
        Its value if the parameters are as given.
    runs
        Studies that were drawn.
    power
        Share of the runs whose 95 % interval excludes 0 or, of a test, whose
        probability is 0.975 or more; NaN for means, which are not held against 0.
    mcse
        Monte Carlo standard error of ``power``, with two runs more of each kind, so
        that it is not 0 where all runs agree (Agresti & Coull 1998).
    mean, sd
        Of the estimates (posterior means) over the runs that could be fitted. The rest
        is about these too; data that say nothing, and cannot be fitted, show nothing.
    width
        Median width of the 95 % interval.
    covered
        Share of the runs whose interval has the true value in it; NaN for tests.
    wrong_sign
        Of the runs whose interval excludes 0, the share on the wrong side of it.
    exaggeration
        Mean of those estimates over the true value, both without sign.
    """

    people: int
    label: str
    kind: str
    truth: float
    runs: int
    power: float
    mcse: float
    mean: float
    sd: float
    width: float
    covered: float
    wrong_sign: float
    exaggeration: float

    @classmethod
    def of(cls, found: Sequence[RunAnswer], truth: float, refused: int = 0) -> Planned:
        """Return what runs say of one question.

        Parameters
        ----------
        found
            Those of the runs that were fitted.
        truth
            What they are to find.
        refused
            How many more there are, whose data say nothing.
        """
        first, runs = found[0], len(found) + refused
        means = np.array([one.mean for one in found])
        lower = np.array([one.lower for one in found])
        upper = np.array([one.upper for one in found])
        with np.errstate(invalid="ignore"):  # both may be infinite
            width = float(np.median(upper - lower))
        excludes = (lower > 0.0) | (upper < 0.0)
        shown = excludes
        if first.kind == "test":
            shown = np.array([one.probability >= SURE for one in found])
        power, mcse = float(shown.sum()) / runs, _mcse(int(shown.sum()), runs)
        if first.kind == "mean":
            power = mcse = math.nan
        signed = excludes & np.isfinite(means)
        wrong = exaggeration = covered = math.nan
        if first.kind != "test" and math.isfinite(truth):
            covered = float(((lower <= truth) & (truth <= upper)).mean())
            if first.kind == "estimate" and truth and signed.any():
                kept = means[signed]
                wrong = float((np.sign(kept) != math.copysign(1.0, truth)).mean())
                exaggeration = float(np.abs(kept).mean() / abs(truth))
        return cls(
            first.people,
            first.label,
            first.kind,
            truth,
            runs,
            power,
            mcse,
            float(means.mean()),
            float(means.std(ddof=1)) if len(found) > 1 else math.nan,
            width,
            covered,
            wrong,
            exaggeration,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain values; what is not known is None."""
        found = {name: getattr(self, name) for name in Planned.__slots__}
        return {
            name: None
            if isinstance(value, float) and not math.isfinite(value)
            else value
            for name, value in found.items()
        }


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class StudyDesign:
    """Power and precision of a planned study. Prints as a table.

    Attributes
    ----------
    rows
        A question each, for each number of people.
    by
        The grouping factor whose levels are the people.
    seed
        The same again gives the same runs.
    unsettled
        Fits whose chains do not agree (R-hat above 1.05), of all.
    fits
        How many there are.
    refused
        Of each number of people, how many studies have data that cannot be fitted, and
        show nothing; by why.
    """

    rows: tuple[Planned, ...]
    by: str
    seed: int
    unsettled: int
    fits: int
    refused: Mapping[int, Mapping[str, int]] = field(default_factory=dict)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the columns mean, and what speaks against them."""
        found = [
            "power: share of the studies whose 95 % interval excludes 0"
            + (
                f", or whose test has a probability of {SURE:g} or more"
                if any(row.kind == "test" for row in self.rows)
                else ""
            )
            + "; +- is its Monte Carlo standard error",
            "width: median width of the interval; covers: share of the intervals that "
            "have the true value in them; exaggeration: how many times too large the "
            "estimates are that exclude 0",
        ]
        if any(row.kind == "mean" for row in self.rows):
            found.append(
                "means have a width and no power: 0 is nothing to hold them against; "
                "ask a contrast or a test of them"
            )
        for people, reasons in self.refused.items():
            for why, count in reasons.items():
                studies = "1 study" if count == 1 else f"{count} studies"
                found.append(
                    f"{self.by} = {people}: nothing could be fitted in {studies} "
                    f"({why}): they show nothing, and count so in power; the other "
                    "figures are of the rest"
                )
        if self.unsettled:
            found.append(
                f"in {self.unsettled} of {self.fits} fits the chains do not agree: "
                "their figures count all the same; more draws (--draws) mend it"
            )
        return tuple(found)

    def __repr__(self) -> str:
        return "\n".join([self._grid().text().rstrip(), "", *self.notes])

    def __rich__(self) -> Table:
        return self._grid().rich()

    def _repr_html_(self) -> str:
        from ..interface.grids import paragraph

        return page(self._grid().html(), *(paragraph(note) for note in self.notes))

    def _grid(self) -> TextTable:
        rows, before = [], ""
        for row in self.rows:
            cells = [
                Cell.of("" if row.label == before else row.label),
                Cell.of(str(row.people)),
                Cell.of(_number(row.truth)),
                Cell.of(_share(row.power)),
                Cell.of(_share(row.mcse)),
                Cell.of(_number(row.mean)),
                Cell.of(_number(row.width)),
                Cell.of(_share(row.covered)),
                Cell.of(_share(row.exaggeration)),
            ]
            before = row.label
            rows.append(tuple(cells))
        headings = (
            "",
            self.by,
            "truth",
            "power",
            "+-",
            "mean",
            "width",
            "covers",
            "exaggeration",
        )
        return TextTable(headings, tuple(rows))

    def to_frame(self) -> DataFrame:
        """Return a pandas data frame: a row for each question and number of people."""
        import pandas as pd

        return pd.DataFrame([row.to_dict() for row in self.rows])

    def to_markdown(self) -> str:
        """Return a table of Markdown."""
        grid = self._grid()
        lines = [grid.headings, ("---", *("---:" for _ in grid.headings[1:]))]
        lines += [
            tuple("".join(text for text, _ in cell.parts) for cell in row)
            for row in grid.rows
        ]
        table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        return "\n".join([table, "", *self.notes])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, as JSON has them."""
        return {
            "by": self.by,
            "seed": self.seed,
            "fits": self.fits,
            "unsettled": self.unsettled,
            "refused": {str(n): dict(each) for n, each in self.refused.items()},
            "interval": {"kind": "eti", "prob": 0.95},
            "rows": [row.to_dict() for row in self.rows],
        }

    @overload
    def plot(self, *, ax: None = None) -> Picture: ...
    @overload
    def plot[Drawn](self, *, ax: Drawn) -> Drawn: ...
    def plot(self, *, ax: Any = None) -> Any:
        """Return a picture: power and width against the number of people.

        Parameters
        ----------
        ax
            Two axes to draw on in place of a figure, which are returned.
        """
        from ..plots import load

        return load("power").picture(ax, self)


def planned(
    found: Iterable[RunAnswer], truths: dict[int, dict[str, float]], by: str, seed: int
) -> StudyDesign:
    """Return what runs of a study come to, the questions in their order."""
    every = list(found)
    refused: dict[int, Counter[str]] = {}
    for one in every:
        if one.kind == REFUSED:
            refused.setdefault(one.people, Counter())[one.label] += 1
    every = [one for one in every if one.kind != REFUSED]
    keys = dict.fromkeys((one.label, one.kind) for one in every)
    people = sorted({*refused, *(one.people for one in every)})
    rows = []
    for label, kind in keys:
        for number in people:
            same = [
                one
                for one in every
                if (one.people, one.label, one.kind) == (number, label, kind)
            ]
            truth = truths.get(number, {}).get(label, math.nan)
            without = refused.get(number, Counter()).total()
            if same:
                rows.append(Planned.of(same, truth, without))
            elif without:
                rows.append(_of_none(number, label, kind, truth, without))
    fits = {(one.people, one.run): one.rhat for one in every}
    unsettled = sum(rhat > RHAT_NEARLY for rhat in fits.values())
    known = {number: dict(each) for number, each in sorted(refused.items())}
    return StudyDesign(tuple(rows), by, seed, unsettled, len(fits), known)


def _of_none(people: int, label: str, kind: str, truth: float, refused: int) -> Planned:
    """Return what studies say that could not be fitted, all of them."""
    power, mcse = 0.0, _mcse(0, refused)
    if kind == "mean":
        power = mcse = math.nan
    unknown = (math.nan,) * 6
    return Planned(people, label, kind, truth, refused, power, mcse, *unknown)


def _mcse(shown: int, runs: int) -> float:
    share = (shown + 2) / (runs + 4)
    return math.sqrt(share * (1.0 - share) / (runs + 4))


def _number(value: float) -> str:
    return "" if not math.isfinite(value) else f"{value:.3g}"


def _share(value: float) -> str:
    return "" if not math.isfinite(value) else f"{value:.2f}"
