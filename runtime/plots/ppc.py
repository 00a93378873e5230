"""The data beside what the fitted model draws: bars, or densities, or means."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from varying.compiler.program.fill import array_of
from varying.compiler.program.recipes import RowValues

from ..rows.engine import Rows
from ..rows.predict import predict, thinned
from ..rows.reduced import rows_text, sampled
from ..rows.replicates import Replicates
from ..sampling.settings import SamplerSettings
from . import PlotError
from .panels import Panel, columns_by, panels_of
from .response import (
    Bins,
    bins_of,
    draw,
    ends_of,
    label_of,
    legend,
    limits_of,
    scale_of,
)
from .style import (
    LETTERS,
    SMALL,
    WIDTH,
    Canvas,
    Picture,
    drawn,
    inches_of,
    intervals,
    names_below,
    shorten,
    ticks_at,
    told_apart,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from ..fit.fit import Fit

__all__ = ["OPTIONS", "picture"]

OPTIONS = ("by", "draws", "seed", "response")
#: More levels than this are shown by their means, in one panel, and so are more than
#: these few if most of them have less than so many rows.
_MOST, _FEW, _ROWS = 12, 4, 10
#: Levels whose means stand beside each other with a name each.
_LABELLED = 40
#: Data sets, if nobody says how many.
_DRAWS = 300


@drawn
def picture(
    sheet: Canvas,
    fit: Fit,
    by: str | Sequence[str] | None = None,
    draws: int | None = None,
    seed: int | None = None,
    response: str | None = None,
) -> None:
    """Draw the responses of a fit beside those that it draws.

    Parameters
    ----------
    sheet
        Where to draw; of axes one for each panel.
    fit
        The fit.
    by
        A column of the data: a panel for each of its levels, or for each quarter
        of its numbers. Several: for each combination that there is. Of more than 12
        levels, or of more than 4 with less than 10 rows each: their means.
    draws
        Data sets to draw, from draws of all chains, evenly spaced; None: 300, or
        as many as there are.
    seed
        The same seed gives the same data sets; None: that of the fit.
    response
        Of which response, where the model has several.

    Raises
    ------
    PlotError
        If there is no such column in the fit, or a number makes no sense.
    """
    data, chosen = replicates_of(fit, response, draws, seed)
    panels = None if by is None else panels_of(fit._origin, by, chosen)
    if panels is None and _has_panels(sheet, data):
        _of_categories(sheet, data)
    elif panels is None:
        _whole(sheet, data)
    elif _by_means(panels):
        _means(sheet, data, panels, columns_by(by))
    else:
        _panels(sheet, data, panels)
    if chosen is not None:
        whole = rows_text(fit._origin.compiled.prepared.table)
        sheet.notes += (
            f"{whole}: {len(chosen):,} rows are drawn, evenly from the cells",
        )
    sheet.notes += censored(fit, response)
    there = len(data.drawn)
    if draws is not None and draws > there:
        sheet.notes += (
            f"the fit has {there:,} draws: a data set of each, not {draws:,}",
        )


def replicates_of(
    fit: Fit, response: str | None, draws: int | None, seed: int | None
) -> tuple[Replicates, NDArray[Any] | None]:
    """Return the responses of a fit and those that it draws.

    Parameters
    ----------
    fit
        The fit.
    response
        Of which response, where the model has several.
    draws
        Data sets, from draws of all chains, evenly spaced; None: 300, or as many as
        there are.
    seed
        None: that of the fit.

    Returns
    -------
    tuple
        The replicates; and which rows they are of where cells of a reduced file are
        drawn by an even sample of their rows, else None.

    Raises
    ------
    PlotError
        If there is no such response, or a number makes no sense.
    """
    try:
        wanted = SamplerSettings.checked(
            draws=_DRAWS if draws is None else draws,
            seed=fit.seed if seed is None else seed,
        )
    except ValueError as error:
        raise PlotError(str(error)) from None
    rows, chosen = _rows(fit, _response(fit, response))
    sizes = fit.data["posterior"].sizes
    each = min(sizes["draw"], -(-wanted.draws // sizes["chain"]))
    posterior = thinned(fit._posterior, each)
    drawings = predict(rows, posterior, "response", wanted.seed)
    values = drawings.transpose("chain", "draw", "row", ...).values
    return Replicates.of(rows, values.reshape(-1, *values.shape[2:])), chosen


def censored(fit: Fit, response: str | None) -> tuple[str, ...]:
    """Return what there is to know of a picture where rows are censored."""
    compiled = fit._origin.compiled.of(_response(fit, response))
    known = dict(compiled.bound.response.limits).get("cens")
    if known is None:
        return ()
    table = compiled.prepared.table
    count = table.count(array_of(RowValues(known), table) != 0)
    if not count:
        return ()
    rows = "1 row is" if count == 1 else f"{count:,} rows are"
    return (
        f"{rows} censored: the data have the bound that is known in place of "
        "the response, and the model draws what would be seen without censoring, so "
        "that the two differ at the bounds and beyond them",
    )


def _response(fit: Fit, response: str | None) -> str:
    """Return the response that is meant."""
    try:
        return fit._origin.rows_of(response).name
    except ValueError as error:
        raise PlotError(str(error)) from None


def _rows(fit: Fit, response: str) -> tuple[Rows, NDArray[Any] | None]:
    """Return the rows to draw; of cells, an even sample of their rows, and which."""
    compiled = fit._origin.compiled
    table = compiled.prepared.table
    if table.counts is None:
        return fit._origin.rows_of(response), None
    chosen = sampled(table.counts)
    return Rows.of(compiled.of(response), table.take(chosen)), chosen


def _by_means(panels: Sequence[Panel]) -> bool:
    """Whether a panel a level would be too many, or tell nothing."""
    counts = [len(panel.rows) for panel in panels if not panel.missing]
    return len(counts) > _MOST or (
        len(counts) > _FEW and float(np.median(counts)) < _ROWS
    )


def _model(data: Replicates) -> str:
    return f"{len(data.drawn)} data sets from the fit"


def _whole(sheet: Canvas, data: Replicates) -> None:
    found: Picture | Axes
    if sheet.given:
        found = axes = sheet.axes(1, 1)[0, 0]
        inches = inches_of(axes)
    else:
        found = sheet.figure(WIDTH, 3.0)
        axes, inches = found.subplots(), 6.0
    bins = bins_of(data)
    limits = limits_of(data) if bins is None else None
    draw(axes, data, bins, limits, inches=inches)
    axes.set_xlabel(label_of(data, limits, "draws"))
    legend(found, bins, _model(data), inches=inches)


def _has_panels(sheet: Canvas, data: Replicates) -> bool:
    """Whether each category of a response of several columns has a panel."""
    count = len(data.categories)
    fits = len(sheet.given) == count if sheet.given else count <= _MOST
    return data.observed.ndim > 1 and fits


def _of_categories(sheet: Canvas, data: Replicates) -> None:
    """Draw a panel a category of a response of several columns: how rows differ."""
    whole, each = data.scores, data.columns
    flat = np.moveaxis(whole.drawn, -1, 1).reshape(len(whole.drawn), -1)
    joined = replace(
        each[0], name=data.name, observed=whole.observed.T.ravel(), drawn=flat
    )
    count = len(data.observed)
    trials = None if data.trials is None else np.tile(data.trials, len(each))
    joined = replace(joined, trials=trials, counts=None)
    if trials is not None:
        counted = np.moveaxis(data.drawn, -1, 1).reshape(len(data.drawn), -1)
        joined = replace(joined, observed=data.observed.T.ravel(), drawn=counted)
    panels = tuple(
        Panel(one.name, np.arange(place * count, (place + 1) * count))
        for place, one in enumerate(each)
    )
    _panels(sheet, joined, panels)


def _panels(sheet: Canvas, data: Replicates, panels: tuple[Panel, ...]) -> None:
    """Draw a panel a level, all with the same axes."""
    bins = bins_of(data, len(panels))
    limits = limits_of(data) if bins is None else None
    columns = _columns(len(panels), bins)
    rows = math.ceil(len(panels) / columns)
    if sheet.given:
        grid = sheet.axes(rows, columns, len(panels))
        inches = min(map(inches_of, sheet.given))
    else:
        found = sheet.figure(WIDTH, 0.7 + 1.45 * rows)
        grid = found.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
        inches = 0.88 * WIDTH / columns
    parts = [data.take(panel.rows) for panel in panels]
    room = max(12, int(inches * 12))
    titles = told_apart([panel.label for panel in panels], room)
    ends = ends_of(data.observed)
    scale = None if bins is None else scale_of(parts, bins)
    flat = grid.ravel()
    tops: list[float] = []
    for at, axes in enumerate(flat):
        if at >= len(panels):
            if axes is not None:
                axes.remove()
            continue
        panel = panels[at]
        draw(axes, parts[at], bins, limits, inches=inches, scale=scale, ends=ends)
        tops.append(axes.get_ylim()[1])
        axes.set_title(f"{titles[at]} ({len(panel.rows)})", loc="left")
        axes.set_ylabel("")
        if at + columns >= len(panels):
            axes.tick_params(axis="x", labelbottom=True)
    for axes in flat[: len(panels)]:
        axes.set_ylim(0.0, max(tops))
    below = label_of(data, limits, "draws")
    label = "share (square-root scale)" if scale is not None and scale.root else "share"
    if sheet.given:
        sheet.given[-1].set_xlabel(below)
        sheet.given[0].set_ylabel("" if scale is None else label)
        legend(sheet.given[0], bins, _model(data), inches=inches)
        return
    if scale is not None:
        found.supylabel(label, fontsize=8.0)
    found.supxlabel(below, fontsize=8.0)
    legend(found, bins, _model(data), inches=inches, place="upper")


def _columns(panels: int, bins: Bins | None) -> int:
    """Return how many panels stand side by side: as many as are legible."""
    bars = 0 if bins is None else len(bins.middles)
    widest = 4 if bars <= 12 else 3 if bars <= 25 else 2
    if bins is not None and bars <= 12:
        letters = sum(max(map(len, label.split()), default=0) for label in bins.labels)
        if letters > LETTERS / widest:
            widest = 2
        elif panels > 16:
            widest = 5
    return min(widest, panels)


def _means(
    sheet: Canvas, data: Replicates, panels: tuple[Panel, ...], columns: tuple[str, ...]
) -> None:
    """Draw the mean of each of many levels, sorted by that of the data."""
    by = " and ".join(columns)
    levels = [panel.rows for panel in panels if not panel.missing]
    scores = data.scores
    if data.kind == "composition":
        scores = replace(
            data,
            observed=1.0 - scores.observed[..., 0],
            drawn=1.0 - scores.drawn[..., 0],
        )
    if data.kind == "nominal":
        scores = replace(data, observed=data.observed > 0, drawn=data.drawn > 0)
    observed = _means_of(scores.observed[None, :], levels)[0]
    order = np.argsort(observed, kind="stable")
    places = np.arange(len(levels))
    if sheet.given:
        axes = sheet.axes(1, 1)[0, 0]
    else:
        axes = sheet.figure(WIDTH, 3.0).subplots()
    means = _means_of(scores.drawn, levels).T
    intervals(axes, places, means[order], upright=True, light=True)
    axes.plot(places, observed[order], "_", color="black", ms=5, mew=1.2, zorder=5)
    axes.set_xlim(-1, len(levels))
    axes.set_xticks([])
    if len(levels) <= _LABELLED:
        labels = [panel.label for panel in panels if not panel.missing]
        prefix = f"{by} = " if len(columns) == 1 else ""  # of a number
        named = [labels[place].removeprefix(prefix) for place in order]
        names_below(axes, named)
    axes.set_xlabel(f"{len(levels)} levels of {shorten(by, 40)}, by the data")
    absent = sum(len(panel.rows) for panel in panels if panel.missing)
    sheet.notes = (
        f"the {len(levels):,} levels of {by} are shown by their means: panels are for "
        f"at most {_MOST} levels, of {_ROWS} rows or more",
    )
    if absent:
        rows = "row has" if absent == 1 else "rows have"
        sheet.notes += (f"left out: {absent:,} {rows} no value of {by}",)
    what = f"mean of {data.name}"
    if data.kind in ("nominal", "composition"):
        what = f"share of others than {data.categories[0]}"
    elif data.kind == "binary":
        what = f"share of {data.categories[-1]}"
    elif data.trials is not None:
        what = "share of successes"
    axes.set_ylabel(shorten(what, 40))
    ticks_at(axes, "y")
    axes.set_title(
        f"data (bar), {_model(data)}: median (dot) and 95 %", loc="left", fontsize=SMALL
    )


def _means_of(values: NDArray[Any], levels: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Return the mean of each level's rows in each data set: data sets, levels."""
    counts = np.array([len(rows) for rows in levels])
    starts = np.cumsum(counts) - counts
    sorted_ = values[:, np.concatenate(levels)]
    found: NDArray[Any] = np.add.reduceat(sorted_, starts, axis=1) / counts
    return found
