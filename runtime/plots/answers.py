"""Intervals of the lines of an answer, with what the data have beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .style import (
    SMALL,
    WIDTH,
    Canvas,
    drawn,
    intervals,
    shorten,
    spread,
    ticks_at,
    told_apart,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["picture"]

#: Inches of a line, and around the panel.
_LINE, _FRAME = 0.2, 0.75
#: Of more lines than these some names are written, and intervals are thin.
_NAMED = 80


@drawn
def picture(
    sheet: Canvas,
    lines: Sequence[tuple[str, NDArray[Any]]],
    data: Sequence[float | None],
    title: str = "",
) -> None:
    """Draw the median, the middle 50 % and 95 % of each line.

    Parameters
    ----------
    sheet
        Where to draw.
    lines
        Of each its name and its draws.
    data
        Of each the figure of the data, if there is one.
    title
        What they all are.
    """
    many = len(lines) > _NAMED
    if sheet.given:
        (axes,) = sheet.axes(1, 1)[:, 0]
    else:
        height = _FRAME + (_LINE if not many else 0.06) * max(len(lines), 2)
        axes = sheet.figure(WIDTH, min(height, 11.0)).add_subplot()
    draws = np.stack([np.ravel(values) for _, values in lines])
    places = np.arange(len(lines))
    intervals(axes, places, draws, light=many)
    seen = [(p, s) for p, s in zip(places, data, strict=True) if s is not None]
    what = "median, middle 50 % (thick) and 95 % (thin) of the draws"
    if many:
        what = "median and middle 95 % of the draws"
    if seen:
        x = [value for _, value in seen]
        y = [place for place, _ in seen]
        axes.plot(x, y, "x", color="black", ms=4.5, mew=0.9, zorder=5)
        what += "; cross: the data"
    labels = told_apart([label for label, _ in lines], 60)
    named = spread(labels, 25) if many else list(places)
    axes.set_yticks(named, [labels[place] for place in named])
    axes.set_ylim(len(lines) - 0.4, -0.6)
    low, high = axes.get_xlim()
    if low < 0.0 < high:
        axes.axvline(0.0, color="0.7", lw=0.7, zorder=0)
    ticks_at(axes, "x")
    axes.set_xlabel(what, fontsize=SMALL)
    if title:
        axes.set_title(shorten(title, 90), loc="left")
