"""Levels of a group: what their own rows say, and what the model makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..rows.categories import numbers_of
from ..rows.predict import predict, thinned
from ..rows.replicates import Replicates
from . import PlotError
from .panels import panels_of
from .style import (
    SMALL,
    WIDTH,
    Canvas,
    drawn,
    intervals,
    names_below,
    shorten,
    ticks_at,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from ..fit.fit import Fit

__all__ = ["OPTIONS", "picture"]

OPTIONS = ("by", "response")
#: Draws of each chain that means are taken of, and levels that have a name each.
_DRAWS, _NAMED = 100, 40
#: How far the mean of its own rows stands beside a level.
_BESIDE = 0.18


@drawn
def picture(
    sheet: Canvas, fit: Fit, by: str | None = None, response: str | None = None
) -> None:
    """Draw the mean of each level's rows, in the data and by the model.

    Parameters
    ----------
    sheet
        Where to draw: one axes.
    fit
        The fit.
    by
        The column. None: the first grouping factor of the model.
    response
        Of which response, where the model has several.

    Raises
    ------
    PlotError
        If the model has no group, or categories that are no numbers.
    """
    rows = fit._origin.rows_of(response)
    name = _grouping(fit) if by is None else by
    if isinstance(name, tuple | list):
        (name,) = name
    panels = [p for p in panels_of(fit._origin, name) if not p.missing]
    observed = np.asarray(rows.frame[rows.program.likelihood.value])
    data = Replicates.of(rows, observed[None, :]).scores.observed
    sizes = fit.data["posterior"].sizes
    posterior = thinned(fit._posterior, min(sizes["draw"], _DRAWS))
    means = _means(rows, posterior)
    if data.shape != means.shape[-1:]:
        raise PlotError("the rows of a reduced file are cells: there are no levels")
    own = np.array([float(data[panel.rows].mean()) for panel in panels])
    order = np.argsort(own, kind="stable")
    draws = np.stack([means[:, panels[at].rows].mean(axis=1) for at in order])
    if sheet.given:
        axes = sheet.axes(1, 1)[0, 0]
    else:
        axes = sheet.figure(WIDTH, 3.2).subplots()
    places = np.arange(len(panels))
    many = len(panels) > _NAMED
    if many:
        _close_together(axes, own[order], draws)
    else:
        beside = places - _BESIDE
        middle = np.median(draws, axis=1)
        axes.plot([beside, places], [own[order], middle], color="0.7", lw=0.7)
        intervals(axes, places, draws, upright=True)
        axes.plot(beside, own[order], "x", color="black", ms=4.0, mew=0.9, zorder=5)
    axes.axhline(float(data.mean()), color="0.6", lw=0.7, ls=(0, (4, 3)), zorder=0)
    axes.set_xlim(-0.8, len(panels) - 0.2)
    axes.set_xticks([])
    if not many:
        names_below(axes, [panels[at].label for at in order])
    axes.set_xlabel(f"{len(panels)} levels of {shorten(name, 40)}, by the data")
    axes.set_ylabel(f"mean of {shorten(rows.title or rows.name, 36)}")
    ticks_at(axes, "y")
    marks = "own rows (cross), fit (median, 50 and 95 %)"
    if many:
        marks = "own rows (line), fit (median and 95 %)"
    axes.set_title(f"{marks}, mean of all rows (dashes)", loc="left", fontsize=SMALL)


def _close_together(axes: Axes, own: NDArray[Any], draws: NDArray[Any]) -> None:
    """Draw many levels, in the order of what their own rows say: that is a line."""
    low, middle, high = np.quantile(draws, (0.025, 0.5, 0.975), axis=1)
    places = np.arange(len(own))
    axes.vlines(places, low, high, color="0.8", lw=0.6)
    axes.plot(places, own, color="black", lw=1.1, ls="-", drawstyle="steps-mid")
    axes.plot(places, middle, "o", color="black", ms=1.8, mew=0.0, zorder=4)


def _grouping(fit: Fit) -> str:
    known = fit._origin.compiled.prepared.table.columns
    for part in fit._origin.compiled.joint.predictors:
        for grouping in part.groupings:
            if grouping.name in known:
                return grouping.name
    raise PlotError("the model has no grouping factor; by= names a column")


def _means(rows: Any, posterior: Any) -> NDArray[Any]:
    """Return the mean of each row's response at each draw: draws, rows."""
    if rows.family.has_categories:
        raise PlotError(
            "categories without an order have no mean to shrink; `plot ppc` with by= "
            "shows the categories of each level"
        )
    if rows.family.response != "ordinal":
        found = predict(rows, posterior, "mean", None).transpose("chain", "draw", "row")
        values = found.values.reshape(-1, found.sizes["row"])
        trials = dict(rows.program.likelihood.arguments).get("trials")
        if trials is not None:
            values = values / np.maximum(rows.known("trials"), 1)
        return np.asarray(values)
    numbers = numbers_of(rows.categories) or range(1, len(rows.categories) + 1)
    shares = predict(rows, posterior, "prob", None)
    shares = shares.transpose("chain", "draw", "row", "category")
    means: NDArray[Any] = shares.values @ np.asarray(numbers, dtype=np.float64)
    return means.reshape(-1, means.shape[-1])
