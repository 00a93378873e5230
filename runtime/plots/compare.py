"""Fits beside each other: how far each predicts worse than the best."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .style import SMALL, WIDTH, Canvas, drawn, ticks_at, told_apart

if TYPE_CHECKING:
    from ..compare.comparison import Comparison

__all__ = ["picture"]

#: Inches of a model, and around the panel.
_LINE, _FRAME = 0.3, 0.9


@drawn
def picture(sheet: Canvas, comparison: Comparison) -> None:
    """Draw the difference of each model from the best, with its standard error.

    Parameters
    ----------
    sheet
        Where to draw: one axes.
    comparison
        The fits.
    """
    models = comparison.models
    if sheet.given:
        axes = sheet.axes(1, 1)[0, 0]
    else:
        axes = sheet.figure(WIDTH, _FRAME + _LINE * len(models)).subplots()
    for place, model in enumerate(models):
        away, error = comparison.difference(model)
        if place:
            for times, width in ((2.0, 0.9), (1.0, 2.6)):
                ends = (away - times * error, away + times * error)
                axes.plot(ends, (place, place), color="black", lw=width, zorder=3)
        axes.plot(away, place, "o", color="black", mfc="white", ms=4.0, zorder=4)
    axes.axvline(0.0, color="0.7", lw=0.7, zorder=0)
    axes.set_yticks(
        range(len(models)), told_apart([model.name for model in models], 40)
    )
    axes.set_ylim(len(models) - 0.4, -0.6)
    ticks_at(axes, "x")
    axes.set_xlabel(
        "elpd less that of the best: one (thick) and two (thin) standard errors of the "
        "difference",
        fontsize=SMALL,
    )
