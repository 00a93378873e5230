"""A response, observed and drawn: bars for what can be counted, else a density."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

from varying.grammar.render.safe import visible

from .density import density
from .far import bulk_of, far_note
from .style import SMALL, intervals, shorten, spread, ticks_at, told_apart

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure
    from numpy.typing import NDArray

    from ..rows.replicates import Replicates

__all__ = [
    "Bins",
    "ResponseScale",
    "bins_of",
    "draw",
    "ends_of",
    "label_of",
    "legend",
    "limits_of",
    "scale_of",
]

#: Counts up to this have a bar each, and successes out of so many trials.
_SINGLE = 100
#: Bars for more of them.
_BARS = 50
#: More bars to an inch are drawn without the middle 50 %.
_CROWDED = 7.0
#: Bars between the ends of a continuous response that has shares at its ends.
_INNER = 20
#: More categories are joined where there are several panels.
_JOINED = 25
#: Shares that differ more than this, among many, are drawn by their square roots.
_STEEP = 8.0
#: Drawn data sets that a band of densities is made of.
_CURVES = 500
#: Between these quantiles of the drawn values, what is drawn is to be seen ...
_SHOWN = (0.002, 0.998)
#: ... but the range of the data is widened by at most so many times itself at each end.
_WIDEN = 0.75
#: ... and is by so much in any case, where a density goes down.
_MARGIN = 0.08
#: Shares that a square-root axis names.
_ROOT_MARKS = (0.0, 0.01, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0)
#: The least share of drawn values that is worth saying.
_WORTH = 0.005
#: So many equal values, and such a share of all, are an end of what there can be.
_TIED, _TIED_SHARE = 3, 0.02
#: Inches that a letter takes.
_LETTER = 0.063
_DATA, _BAND, _CORE = "0.8", "0.85", "0.65"


@dataclass(frozen=True, slots=True)
class Bins:
    """Bars along the axis.

    Attributes
    ----------
    edges
        From the lower end of the first to the upper end of the last; values are
        between, the upper end excluded.
    labels
        Of each bar; none: the axis has numbers.
    more
        Whether the last bar holds all that is larger, too.
    whole
        Whether the values are whole numbers.
    """

    edges: NDArray[np.floating[Any]]
    labels: tuple[str, ...] = ()
    more: bool = False
    whole: bool = True

    @property
    def middles(self) -> NDArray[np.float64]:
        """Where the bars stand: side by side if they are categories."""
        if self.labels:
            return np.arange(len(self.labels), dtype=np.float64)
        return (self.edges[:-1] + self.edges[1:]) / 2.0

    @property
    def widths(self) -> NDArray[np.float64]:
        """How wide the bars are."""
        if self.labels:
            return np.ones(len(self.labels))
        # One alone beside wide ones, such as 0, can still be seen.
        size = self.edges[-1] - self.edges[0]
        widths: NDArray[np.float64] = np.maximum(np.diff(self.edges), 0.008 * size)
        return widths

    def shares(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """Return the share of each bar in each data set: data sets, bars."""
        count = len(self.edges) - 1
        if values.ndim > 2:  # shares of categories already
            starts = (self.edges[:-1] + 0.5).astype(int)
            means = values.mean(axis=1)
            joined: NDArray[np.float64] = np.add.reduceat(means, starts, axis=1)
            return joined
        places = np.searchsorted(self.edges, values, side="right") - 1
        if self.more:
            places = np.minimum(places, count - 1)
        outside = (places < 0) | (places >= count)
        shifted = np.where(outside, count, places)
        shifted = shifted + (count + 1) * np.arange(len(values))[:, None]
        counts = np.bincount(shifted.ravel(), minlength=(count + 1) * len(values))
        table = counts.reshape(len(values), count + 1)[:, :count]
        found: NDArray[np.float64] = table / max(values.shape[1], 1)
        return found


def bins_of(data: Replicates, panels: int = 1) -> Bins | None:
    """Return the bars for a response; None for a continuous one.

    One that the model draws ends of again and again, such as zeros beside numbers above
    0, has bars too: a density would smooth what is a share. With several panels, many
    categories are joined, but for the first and last.
    """
    if data.categories:
        return _category_bins(data.categories, joined=panels > 1)
    if data.kind == "count":
        return _count_bins(data)
    if data.trials is not None:
        return _success_bins(data.trials)
    return _spiked_bins(data)


def as_barred(data: Replicates) -> Replicates:
    """Return what the bars count: shares where rows have different trials."""
    if data.kind == "composition":
        return data.scores
    if data.trials is not None and _same_trials(data.trials) is None:
        return data.scores
    return data


def _category_bins(categories: tuple[str, ...], joined: bool) -> Bins:
    count = len(categories)
    if not joined or count <= _JOINED:
        return Bins(np.arange(count + 1) - 0.5, categories)
    step = -(-(count - 2) // 10)
    starts = [0, *range(1, count - 1, step), count - 1, count]
    labels = tuple(
        categories[first]
        if last - first == 1
        else f"{categories[first]}–{categories[last - 1]}"
        for first, last in zip(starts[:-1], starts[1:], strict=True)
    )
    return Bins(np.array(starts) - 0.5, labels)


def _count_bins(data: Replicates) -> Bins:
    largest = int(data.observed.max(initial=0))
    usual = float(np.quantile(data.drawn, 0.995)) if data.drawn.size else 0.0
    top = int(max(largest, min(usual, 2 * largest + 10), 1))
    step = 1 if top <= _SINGLE else _round_step(top / _BARS)
    # Zero has a bar of its own: it is what one asks about.
    edges = np.array([-0.5, *(np.arange(1, top + step + 1, step) - 0.5)])
    more = bool((data.drawn >= edges[-1]).any())
    return Bins(edges, more=more)


def _spiked_bins(data: Replicates) -> Bins | None:
    """Return bars of which the first or last is for one number, drawn exactly."""
    low, high = float(data.observed.min()), float(data.observed.max())
    at_low, at_high = (
        bool(data.drawn.size) and float(np.mean(data.drawn == end)) > _WORTH
        for end in (low, high)
    )
    if low == high or not (at_low or at_high):
        return None
    inside = data.observed[(data.observed > low) & (data.observed < high)]
    top = high
    if not at_high and inside.size:  # a long tail is one bar
        top = max(float(np.quantile(data.drawn, 0.99)), float(np.median(inside)))
        top = min(top, high)
    bottom = low if at_low else float(inside.min(initial=low))
    inner = np.linspace(bottom, top, _INNER + 1)
    first = [low, np.nextafter(low, np.inf), *inner[1:]] if at_low else [*inner]
    last = [np.nextafter(high, np.inf)] if at_high else []
    return Bins(np.array([*first, *last]), more=not at_high, whole=False)


def _success_bins(trials: NDArray[Any]) -> Bins:
    same = _same_trials(trials)
    if same is None:
        # Shares: a bar for each twentieth, and the last has 1 in it, too.
        return Bins(np.linspace(0.0, 1.0, 21), more=True)
    step = 1 if same <= _SINGLE else _round_step(same / _BARS)
    return Bins(np.arange(0, same + step + 1, step) - 0.5)


def _same_trials(trials: NDArray[Any]) -> int | None:
    first = int(trials.flat[0]) if trials.size else 0
    return first if first > 1 and (trials == first).all() else None


def _round_step(least: float) -> int:
    power = 10 ** int(np.floor(np.log10(least)))
    return next(int(np.ceil(m * power)) for m in (1, 2, 5, 10) if m * power >= least)


def limits_of(data: Replicates) -> tuple[float, float]:
    """Return the range to show of a continuous response."""
    low, high = bulk_of(data.observed)
    size = (high - low) or abs(high) or 1.0
    first, last = np.nanquantile(data.drawn, _SHOWN, method="inverted_cdf")
    bottom = min(low, max(float(first), low - _WIDEN * size)) - _MARGIN * size
    top = max(high, min(float(last), high + _WIDEN * size)) + _MARGIN * size
    if bottom < 0.0 and data.observed.min() >= 0.0 and (data.drawn >= 0.0).all():
        bottom = 0.0  # nothing can be below
    return bottom, top


def ends_of(values: NDArray[Any]) -> tuple[float, float]:
    """Return between which numbers values can be, by what they are themselves.

    They end at 0 if none is below, and where several of them are the same extreme
    number, such as 0 and 100 of a scale.
    """
    low, high = float(values.min()), float(values.max())
    several = max(_TIED, _TIED_SHARE * len(values))
    bottom = low if np.sum(values == low) >= several else -np.inf
    top = high if np.sum(values == high) >= several else np.inf
    if low >= 0.0:
        bottom = max(bottom, 0.0)
    if high <= 0.0:
        top = min(top, 0.0)
    return bottom, top


@dataclass(frozen=True, slots=True)
class ResponseScale:
    """The upright axis of shares: how far it goes, and whether by square roots."""

    top: float
    root: bool = False


def scale_of(parts: Sequence[Replicates], bins: Bins) -> ResponseScale:
    """Return a scale that fits all panels."""
    barred = [as_barred(data) for data in parts]
    tops = [
        np.maximum(
            bins.shares(data.observed[None, :])[0],
            np.quantile(bins.shares(data.drawn), 0.975, axis=0),
        )
        for data in barred
    ]
    highest = np.max(tops, axis=0)
    many = len(highest) > _JOINED
    steep = many and highest.max() > _STEEP * np.median(highest)
    return ResponseScale(min(1.0, float(highest.max())) * 1.04 or 1.0, bool(steep))


def draw(
    axes: Axes,
    data: Replicates,
    bins: Bins | None,
    limits: tuple[float, float] | None = None,
    *,
    inches: float = 6.0,
    scale: ResponseScale | None = None,
    ends: tuple[float, float] | None = None,
) -> None:
    """Draw a response on axes of so many inches.

    Parameters
    ----------
    axes
        Where to draw.
    data
        What was observed, and what was drawn.
    bins
        Bars, or None for densities between ``limits``.
    inches
        Width of the axes.
    scale
        Of the upright axis, for bars; None: what fits these data.
    ends
        Between which numbers data can be, for densities; None: what these data say.
    """
    if bins is None:
        ends = ends_of(data.observed) if ends is None else ends
        _densities(axes, data, limits or limits_of(data), ends)
        return
    _bars(axes, as_barred(data), bins, crowded(bins, inches))
    shares_axis(axes, scale or scale_of([data], bins))
    _ticks(axes, bins, inches)


def crowded(bins: Bins, inches: float) -> bool:
    """Whether there is no room for more than the 95 % interval."""
    return len(bins.middles) > _CROWDED * inches


def _bars(axes: Axes, data: Replicates, bins: Bins, close: bool) -> None:
    places, widths = bins.middles, bins.widths
    observed = bins.shares(data.observed[None, :])[0]
    axes.bar(
        places, observed, widths if close else 0.86 * widths, color=_DATA,
        edgecolor="none", zorder=1, label="data",
    )  # fmt: skip
    intervals(axes, places, bins.shares(data.drawn).T, upright=True, light=close)
    edge = 0.012 * (places[-1] - places[0])
    first, last = max(edge, 0.6 * widths[0]), max(edge, 0.6 * widths[-1])
    axes.set_xlim(places[0] - first, places[-1] + last)


def shares_axis(axes: Axes, scale: ResponseScale) -> None:
    """Let the upright axis of shares be in percent, from 0."""
    label = "share"
    if scale.root:
        axes.set_yscale("function", functions=(_root, np.square))
        marks = [share for share in _ROOT_MARKS if share <= scale.top]
        axes.yaxis.set_major_locator(FixedLocator(marks))
        label = "share (square-root scale)"
    else:
        axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
    axes.set_ylim(0.0, scale.top)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{100 * y:.3g} %"))
    axes.set_ylabel(label)


def _root(values: NDArray[Any]) -> NDArray[Any]:
    found: NDArray[Any] = np.sqrt(np.maximum(values, 0.0))
    return found


def _ticks(axes: Axes, bins: Bins, inches: float) -> None:
    if bins.labels:
        _names(axes, bins.labels, inches)
        return
    shares = bins.edges[-1] <= 1.0
    steps = [1, 2, 5, 10]
    axes.xaxis.set_major_locator(
        MaxNLocator(
            max(2, int(inches * 1.6)), integer=bins.whole and not shares, steps=steps
        )
    )
    if bins.more and not shares:
        last = bins.middles[-1]
        near = 0.36 / inches * (last + (1.0 if bins.whole else 0.0))
        kept = [t for t in axes.get_xticks() if 0 <= t < last - near]
        low = bins.edges[-2]
        first = f"{int(np.ceil(low))}+" if bins.whole else f"{low:.3g}+"
        axes.set_xticks([*kept, last], [*(f"{t:g}" for t in kept), first])


def _names(axes: Axes, names: tuple[str, ...], inches: float) -> None:
    """Write the names of bars below them: whole, wrapped, turned, or only some."""
    room = inches / len(names)
    fits = max(1, int((room - 0.06) / _LETTER))
    names = tuple(map(visible, names))
    wrapped = [fill(name, fits, break_long_words=False) for name in names]
    lines = [line for name in wrapped for line in name.split("\n")]
    tallest = max(name.count("\n") for name in wrapped) + 1
    if max(map(len, lines)) <= fits and tallest <= 3:
        axes.set_xticks(range(len(names)), wrapped)
        return
    labels = told_apart(names, 20)
    widest = max(map(len, labels)) * _LETTER + 0.15
    turned = widest > 0.5
    places = spread(labels, max(2, int(inches / (0.16 if turned else widest))))
    axes.set_xticks(places, [labels[place] for place in places])
    if turned:
        for label in axes.get_xticklabels():
            label.set(rotation=40, ha="right", rotation_mode="anchor")


def _densities(
    axes: Axes,
    data: Replicates,
    limits: tuple[float, float],
    ends: tuple[float, float],
) -> None:
    step = max(1, -(-len(data.drawn) // _CURVES))
    grid = np.linspace(*limits, 256)
    curves = []
    for values in data.drawn[::step]:
        found = density(values, limits, one_hump=True)
        curves.append(np.zeros(256) if found is None else np.interp(grid, *found))
    low, first, middle, third, high = np.quantile(
        curves, (0.025, 0.25, 0.5, 0.75, 0.975), axis=0
    )
    axes.fill_between(grid, low, high, color=_BAND, lw=0)
    axes.fill_between(grid, first, third, color=_CORE, lw=0)
    axes.plot(grid, middle, color="black", lw=0.8, ls=(0, (4, 2)))
    observed = density(data.observed, limits, ends=ends, one_hump=True)
    if observed is not None:
        axes.plot(*observed, color="black", lw=1.5, label="data")
    axes.plot(
        data.observed, np.zeros(len(data.observed)), "|", color="black", ms=4, mew=0.4,
        alpha=max(0.2, min(1.0, 60 / max(len(data.observed), 1))),
    )  # fmt: skip
    axes.set_xlim(*limits)
    # Narrow peaks of a few data sets would press all others flat.
    tops = [float(np.max(high))]
    if observed is not None:
        tops = [min(tops[0], 3.0 * float(observed[1].max())), float(observed[1].max())]
    axes.set_ylim(0.0, 1.05 * max(tops) or 1.0)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    ticks_at(axes, "x", 6)


def label_of(data: Replicates, limits: tuple[float, float] | None, draws: str) -> str:
    """Return what stands below the axis: the response, and what is not shown."""
    label = shorten(data.name, 60)
    if data.kind == "composition":
        return label
    if data.trials is not None and _same_trials(data.trials) is None:
        return f"{label}, share of trials"
    if limits is None:
        return label
    said = []
    far = far_note(data.observed, limits)
    if far:
        said.append(f"data: {far}")
    away = outside(data, limits)
    if away >= _WORTH:
        said.append(f"{_percent(away)} of the {draws} are beyond these ends")
    below = float(np.mean(data.drawn < 0.0))
    if below >= _WORTH and not (data.observed < 0.0).any():
        said.append(
            f"{_percent(below)} below 0"
            if away >= _WORTH
            else f"{_percent(below)} of the {draws} are below 0"
        )
    return f"{label}   ({', '.join(said)})" if said else label


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if share < 0.0095 else f"{100 * share:.0f} %"


def outside(data: Replicates, limits: tuple[float, float]) -> float:
    """Return the share of drawn values that are not in the range shown."""
    drawn = data.drawn
    return float(np.mean(~((drawn >= limits[0]) & (drawn <= limits[1]))))


def legend(
    figure: Figure | SubFigure | Axes,
    bins: Bins | None,
    model: str,
    *,
    inches: float = 6.0,
    place: Literal["lower", "upper"] = "lower",
) -> None:
    """Say below or above the panels, or on axes, what is data and what is drawn."""
    if bins is not None:
        close = crowded(bins, inches)
        which = "median and 95 %" if close else "median, 50 % and 95 %"
        handles: list[Any] = [
            Patch(color=_DATA, label="data"),
            Line2D(
                [], [], color="black", marker="o", lw=0.9,
                mfc="black" if close else "white", ms=1.8 if close else 3.6,
                mew=0.0 if close else 0.8, label=f"{model}: {which}",
            ),
        ]  # fmt: skip
    else:
        handles = [
            Line2D([], [], color="black", lw=1.5, label="data"),
            Line2D(
                [], [], color="black", lw=0.8, ls=(0, (4, 2)), label=f"{model}: median"
            ),
            Patch(color=_CORE, label="50 %"),
            Patch(color=_BAND, label="95 %"),
        ]
    if not hasattr(figure, "subplots"):  # axes of the user's
        figure.legend(handles=handles, loc="best", fontsize=SMALL)
        return
    where: Any = f"outside {place} center"
    figure.legend(handles=handles, loc=where, ncols=len(handles))
