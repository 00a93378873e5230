"""What the priors claim: data sets drawn from them, over the response's range."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import FuncFormatter

from .response import bins_of, draw, label_of, legend, limits_of
from .style import (
    SMALL,
    WIDTH,
    Canvas,
    drawn,
    inches_of,
    power_text,
    powers_at,
    shorten,
    spread,
    ticks_at,
    told_apart,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from ..look.prior_check import PriorCheck, PriorFinding

__all__ = ["picture"]

#: Bars of a histogram; and how wide a range must be to be drawn by powers.
_BARS, _WIDE = 25, 50.0
#: Such a range is cut so many times away from the data, and from the median.
_AWAY, _AROUND = 1e4, 10.0
#: The least share of data sets that is said to be beyond an axis.
_MANY = 0.015


@drawn
def picture(sheet: Canvas, check: PriorCheck) -> None:
    """Draw a prior check.

    Above, the response over its own range: data, and prior data sets. Below, each
    statistic over the prior data sets, with its 95 % interval (dotted) and where
    the data are (thick).
    """
    data, statements = check.replicates.even, check.statements
    above: Any
    if sheet.given:
        above = axes = sheet.axes(1, 1 + len(statements))[0, 0]
        panels = sheet.given[1:]
        inches = inches_of(axes)
    else:
        found = sheet.figure(WIDTH, 4.3)
        parts: Any = found.subfigures(2, 1, height_ratios=(2.6, 1.7))
        above, below = parts
        axes, inches = above.subplots(), 6.0
        panels = below.subplots(1, len(statements), squeeze=False)[0]
    bins = bins_of(data)
    limits = limits_of(data) if bins is None else None
    draw(axes, data, bins, limits, inches=inches)
    axes.set_xlabel(label_of(data, limits, "prior draws"))
    legend(above, bins, f"{len(data.drawn)} prior data sets", inches=inches)
    for panel, statement in zip(panels, statements, strict=True):
        _statistic(panel, statement, data.categories)
        title = shorten(statement.title, 108 // len(statements))
        panel.set_title(title, loc="left")
    panels[0].set_ylabel("prior data sets")


def _statistic(
    axes: Axes, statement: PriorFinding, categories: tuple[str, ...]
) -> None:
    values = statement.values[np.isfinite(statement.values)]
    edges, scale = _edges(statement, values, len(categories))
    if scale != "linear":
        axes.set_xscale(scale)
    axes.hist(values, edges.tolist(), color="0.8")
    bounds = (statement.lower, statement.upper)
    for bound in (bound for bound in bounds if np.isfinite(bound)):
        axes.axvline(bound, color="black", lw=0.8, ls=(0, (1, 1.5)))
    axes.axvline(statement.observed, color="black", lw=1.8, label="data")
    axes.set_xlim(edges[0], edges[-1])
    ticks_at(axes, "y", 3)
    if scale != "linear":
        powers_at(axes, "x", float(edges[0]), float(edges[-1]), 3)
        _say_beyond(axes, statement.values, edges)
    elif statement.unit == "share":
        ticks_at(axes, "x", 4)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{100 * x:.0f} %"))
        axes.set_xlim(-0.01, 1.01)
    elif statement.unit == "category":
        longest = max(map(len, categories), default=0)
        places = spread(categories, 5 if longest <= 3 else 3)
        axes.set_xticks(places, told_apart([categories[place] for place in places], 10))
    else:
        ticks_at(axes, "x", 4)


def _edges(
    statement: PriorFinding, values: NDArray[np.float64], categories: int
) -> tuple[NDArray[np.float64], str]:
    """Return the edges of a histogram, and the scale that they are evenly spaced on."""
    if statement.unit == "category":
        return np.linspace(-0.5, categories - 0.5, min(categories, _BARS) + 1), "linear"
    if statement.unit == "share":
        return np.linspace(0.0, 1.0, _BARS + 1), "linear"
    # Few data sets far away would press all others together.
    low, high = np.quantile(values, (0.01, 0.99)) if values.size else (0.0, 1.0)
    low, high = min(low, statement.observed), max(high, statement.observed)
    if low >= 0.0 and statement.observed > 0.0:
        middle = float(np.median(values)) if values.size else statement.observed
        high = min(high, max(_AWAY * statement.observed, _AROUND * middle))
        if low > 0.0:
            low = max(low, min(statement.observed / _AWAY, middle / _AROUND))
    if 0.0 < low < high / _WIDE:
        return np.geomspace(low / 1.2, min(1.2 * high, 1e300), _BARS + 1), "log"
    if 0.0 == low < high / _WIDE:
        # Evenly up to 1, then by powers: counts, some of them 0.
        return np.sinh(np.linspace(0.0, np.arcsinh(1.2 * high), _BARS + 1)), "asinh"
    edge = 0.04 * ((high - low) or abs(high) or 1.0)
    return np.linspace(low - edge, high + edge, _BARS + 1), "linear"


def _say_beyond(
    axes: Axes, values: NDArray[np.float64], edges: NDArray[np.float64]
) -> None:
    """Say below an axis how many data sets it leaves out, if they are many."""
    said = []
    values = values[~np.isnan(values)]
    size = max(values.size, 1)
    for share, sign, end in (
        (np.sum(values < edges[0]) / size, "<", edges[0]),
        (np.sum(values > edges[-1]) / size, ">", edges[-1]),
    ):
        if share >= _MANY:
            said.append(f"{100 * share:.0f} % {sign} {power_text(float(f'{end:.1g}'))}")
    axes.set_xlabel(", ".join(said), fontsize=SMALL)
