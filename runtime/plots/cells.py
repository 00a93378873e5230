"""Data and model in each cell of the design: shares, means, distribution."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from varying.compiler.bind.questions.grid import factors_of

from ..rows.reduced import rows_text
from ..rows.replicates import Replicates
from . import PlotError
from .panels import Panel, columns_by, panels_of
from .ppc import censored, replicates_of
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
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from varying.compiler.bind.bound import BoundPredictor

    from ..fit.fit import Fit

__all__ = ["OPTIONS", "below", "factors_of_fit", "picture", "statistics_of"]

OPTIONS = ("by", "draws", "seed", "response")
#: Cells beside each other that have a name each, and letters that fit below a picture.
_NAMED, _LETTERS = 40, 96
#: So many cells at most stand in panels side by side.
_ABREAST = 6
#: Which quantiles tell a distribution.
_QUANTILES = (0.1, 0.5, 0.9)
#: Categories without an order that have a panel.
_SHOWN = 4

CellStatistic = Callable[["NDArray[Any]", Replicates], "NDArray[Any]"]


@dataclass(frozen=True, slots=True)
class Shown:
    """What a panel shows of each cell: from data sets and their rows to numbers."""

    title: str
    of: CellStatistic
    least: float | None = None


@drawn
def picture(
    sheet: Canvas,
    fit: Fit,
    by: str | Sequence[str] | None = None,
    draws: int | None = None,
    seed: int | None = None,
    response: str | None = None,
) -> None:
    """Draw what the data are in each cell beside what the fit draws there.

    Parameters
    ----------
    sheet
        Where to draw; of axes one for each statistic.
    fit
        The fit.
    by
        Columns of the data whose combinations are the cells. None: the factors of
        the formula.
    draws
        Data sets to draw, as for ``ppc``.
    seed
        The same seed gives the same data sets; None: that of the fit.
    response
        Of which response, where the model has several.

    Raises
    ------
    PlotError
        If there is no such column, or the formula has no factor.
    """
    data, chosen = replicates_of(fit, response, draws, seed)
    names = factors_of_fit(fit, response) if by is None else columns_by(by)
    panels = [p for p in panels_of(fit._origin, names, chosen) if not p.missing]
    shown = statistics_of(data)
    sheet.notes += censored(fit, response)
    across = len(panels) <= _ABREAST
    rows, columns = (1, len(shown)) if across else (len(shown), 1)
    if sheet.given:
        grid = sheet.axes(rows, columns)
    else:
        height = 3.0 if across else 0.8 + 1.9 * rows
        figure = sheet.figure(WIDTH, height)
        grid = figure.subplots(rows, columns, squeeze=False)
    for axes, one in zip(grid.ravel(), shown, strict=True):
        _statistic(axes, one, data, panels)
        last = across or axes is grid.ravel()[-1]
        below(axes, panels, columns=columns, named=last)
    what = f"data (bar), {len(data.drawn)} data sets from the fit (median, 50 and 95 %)"
    if sheet.given:
        grid.ravel()[-1].set_xlabel(what, fontsize=SMALL)
    else:
        figure.supxlabel(
            f"{what}, by {shorten(' and '.join(names), 40)}", fontsize=SMALL
        )
    if chosen is not None:
        whole = rows_text(fit._origin.compiled.prepared.table)
        sheet.notes += (
            f"{whole}: {len(chosen):,} rows are drawn, evenly from the cells",
        )


def factors_of_fit(fit: Fit, response: str | None) -> tuple[str, ...]:
    """Return the factors of the population effects of a response.

    Where its main predictors have none, those of its further parameters.
    """
    compiled = fit._origin.compiled
    if len(compiled.responses) > 1:
        compiled = compiled.of(fit._origin.rows_of(response).name)
    prepared = compiled.prepared

    def factors(parts: Sequence[BoundPredictor]) -> tuple[str, ...]:
        columns = [column for part in parts for column in part.population.effects]
        return tuple(factors_of(columns, prepared.table, prepared.computed))

    found = factors(compiled.bound.mains) or factors(compiled.bound.predictors)
    if not found:
        raise PlotError(
            "the formula has no factor, so that there are no cells: by= names the "
            "columns whose levels are the cells"
        )
    return found


def statistics_of(data: Replicates) -> tuple[Shown, ...]:
    """Return what is shown of the cells, by the kind of response."""
    last = len(data.categories) - 1
    mean = Shown("mean", lambda values, part: values.mean(axis=-1))
    quantiles = Shown(
        "10, 50 and 90 % quantile",
        lambda values, part: np.quantile(
            values, _QUANTILES, axis=-1, method="inverted_cdf"
        ),
    )
    if data.kind == "composition":
        # the largest ones: a panel each
        order = np.argsort(-data.scores.observed.mean(axis=0), kind="stable")
        return tuple(
            Shown(f"share of {data.categories[place]}", _mean_of(int(place)), 0.0)
            for place in order[:_SHOWN]
        )
    if data.kind == "binary":
        return (Shown(f"share of {data.categories[last]}", mean.of, 0.0),)
    if data.trials is not None:
        return (Shown("share of successes", mean.of, 0.0),)
    zero = Shown("share of 0", _share(0.0), 0.0)
    if data.kind == "count":
        return (zero, mean, quantiles)
    if data.kind == "nominal":
        # the commonest ones: a panel each
        order = np.argsort(-np.bincount(data.observed.astype(int)), kind="stable")
        return tuple(
            Shown(f"share of {data.categories[rank]}", _share(float(rank)), 0.0)
            for rank in order[:_SHOWN]
        )
    if data.kind == "ordinal":
        lowest = float(data.scores.observed.min()) if len(data.observed) else 0.0
        first = data.scores.drawn.min() if data.drawn.size else lowest
        bottom = min(lowest, float(first))
        name = f"share of {data.categories[0]}"
        return (Shown(name, _share(bottom), 0.0), mean, quantiles)
    if (data.observed == 0.0).mean() > 0.01:  # spikes, as of a hurdle
        return (zero, mean, quantiles)
    return (mean, Shown("sd", lambda v, part: v.std(axis=-1, ddof=1), 0.0), quantiles)


def _mean_of(place: int) -> CellStatistic:
    return lambda values, part: values[..., place].mean(axis=-1)


def _share(value: float) -> CellStatistic:
    return lambda values, part: (values == value).mean(axis=-1)


def _statistic(
    axes: Axes, one: Shown, data: Replicates, panels: Sequence[Panel]
) -> None:
    """Draw one statistic of every cell: the data's, and over the drawn data sets."""
    scores = data.scores
    many = len(panels) > _NAMED
    observed, model = [], []
    for panel in panels:
        part = scores.take(panel.rows)
        observed.append(np.atleast_2d(one.of(part.observed[None, :], part).T).T)
        model.append(np.atleast_2d(one.of(part.drawn, part)))
    places = np.arange(len(panels))
    for level in range(len(model[0])):
        draws = np.stack([each[level] for each in model])
        known = np.isfinite(draws).all(axis=1)
        if known.any():
            light = len(panels) > _ABREAST
            intervals(axes, places[known], draws[known], upright=True, light=light)
        values = [float(np.ravel(each)[level]) for each in observed]
        size, width = (3.0, 0.8) if many else (12.0, 1.2)
        axes.plot(places, values, "_", color="black", ms=size, mew=width, zorder=5)
    if one.least is not None:
        axes.set_ylim(bottom=one.least)
    axes.set_xlim(-0.6, len(panels) - 0.4)
    ticks_at(axes, "y")
    axes.set_title(shorten(one.title, 34), loc="left")


def below(axes: Axes, panels: Sequence[Panel], *, columns: int, named: bool) -> None:
    """Write the names of the cells below a panel."""
    if not named:
        axes.set_xticks([])
        return
    labels = [panel.label for panel in panels]
    if len(labels) > _NAMED:
        places = spread(labels, 12)
        short = told_apart([labels[place] for place in places], 14)
        axes.set_xticks(places, short)
        axes.tick_params(axis="x", labelrotation=90)
        return
    stacked = [label.replace(", ", "\n") for label in labels]
    room = _LETTERS // (columns * max(1, len(labels)))
    widest = max(len(line) for label in stacked for line in label.split("\n"))
    if widest <= max(room, 3):
        axes.set_xticks(range(len(labels)), stacked)
        return
    axes.set_xticks(range(len(labels)), told_apart(labels, 24))
    axes.tick_params(axis="x", labelrotation=90)
