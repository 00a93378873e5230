"""Power and precision of a planned study against the number of people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .style import WIDTH, Canvas, drawn, told_apart

if TYPE_CHECKING:
    from ..studies.power import Planned, StudyDesign

__all__ = ["picture"]

#: Questions are told apart by these, in print and without colour.
_MARKS = "osD^vPX*"
_DASHES = ("-", "--", "-.", ":")
#: More questions than this would hide each other.
_MOST = 8


def _within(shares: list[float], errors: list[float]) -> list[list[float]]:
    """Return how far bars go down and up: a share is between 0 and 1."""
    pairs = list(zip(shares, errors, strict=True))
    return [
        [min(error, share) for share, error in pairs],
        [min(error, 1.0 - share) for share, error in pairs],
    ]


@drawn
def picture(sheet: Canvas, design: StudyDesign) -> None:
    """Draw the power and the width of intervals of each question.

    Parameters
    ----------
    sheet
        Where to draw: two axes.
    design
        The study.
    """
    questions: dict[str, list[Planned]] = {}
    for row in design.rows:
        questions.setdefault(row.label, []).append(row)
    if sheet.given:
        power, width = sheet.axes(1, 2)[0]
    else:
        height = 3.2 + 0.17 * min(len(questions), _MOST)
        power, width = sheet.figure(WIDTH, height).subplots(1, 2)
    if len(questions) > _MOST:
        sheet.notes = (f"the first {_MOST} of {len(questions)} questions are drawn",)
    names = told_apart(list(questions)[:_MOST], 40)
    for place, (name, rows) in enumerate(zip(names, questions.values(), strict=False)):
        people = [row.people for row in rows]
        look = {
            "marker": _MARKS[place % len(_MARKS)],
            "linestyle": _DASHES[place % len(_DASHES)],
            "color": str(0.15 + 0.5 * (place % 3) / 2),
            "markersize": 4.5,
            "linewidth": 1.1,
        }
        # a mean has no power: no point here, but a line in the legend
        share = [row.power for row in rows]
        power.errorbar(
            people,
            share,
            yerr=_within(share, [1.96 * row.mcse for row in rows]),
            label=name,
            elinewidth=0.8,
            **look,
        )
        width.plot(people, [row.width for row in rows], **look)
    power.axhline(0.8, color="0.6", linewidth=0.7, zorder=0)
    power.set_ylim(-0.03, 1.03)
    power.set_title("power", loc="left")
    width.set_title("width of the 95 % interval", loc="left")
    width.set_ylim(bottom=0.0)
    for axes in (power, width):
        axes.set_xlabel(f"{design.by}: how many")
        axes.set_xticks(sorted({row.people for row in design.rows}))
    if len(questions) > 1 and not sheet.given:
        figure = power.figure
        figure.legend(
            loc="outside lower left", ncols=2, frameon=False, fontsize="small"
        )
