"""The picture of the results: two panels of dots, a row a model, a mark a tool."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from results import Results, middle
from suite import MODELS

from varying.runtime.plots.style import SMALL, WIDTH, Picture, drawn, powers_at

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["picture"]


@dataclass(frozen=True, slots=True)
class Mark:
    """How a tool looks: a marker, its face, its place within a row."""

    tool: str
    label: str
    marker: str
    face: str
    shift: float


MARKS = (
    Mark("varying", "Varying", "o", "black", -0.24),
    Mark("graph", "its PyMC graph", "o", "white", -0.08),
    Mark("bambi", "Bambi", "s", "0.6", 0.08),
    Mark("brms", "brms", "D", "white", 0.24),
)
#: Title of a panel, the figure it shows, whether of a cold run.
PANELS = (
    ("seconds in all, warm", "seconds", False),
    ("least effective draws a second", "ess_rate", False),
)
_ROW = 0.34


@drawn
def picture(results: Results) -> Picture:
    """Return the picture: whole seconds, and effective draws a second."""
    names = [
        name
        for name in MODELS
        if any(middle(results.get(name, m.tool), "seconds") for m in MARKS)
    ]
    found = Picture(WIDTH, 0.9 + _ROW * max(len(names), 2))
    panels = found.subplots(1, len(PANELS), sharey=True)
    for axes, (title, key, cold) in zip(panels, PANELS, strict=True):
        _panel(axes, results, names, title, key, cold)
    panels[0].set_yticks(range(len(names)), names)
    panels[0].set_ylim(len(names) - 0.5, -0.5)
    handles, labels = panels[0].get_legend_handles_labels()
    found.legend(
        handles,
        labels,
        loc="outside lower center",
        ncols=len(MARKS),
        fontsize=SMALL,
        handletextpad=0.2,
    )
    return found


def _panel(
    axes: Axes, results: Results, names: list[str], title: str, key: str, cold: bool
) -> None:
    everything = []
    for mark in MARKS:
        found = [
            (value, row + mark.shift)
            for row, name in enumerate(names)
            if (value := middle(results.get(name, mark.tool), key, cold=cold))
        ]
        everything += [value for value, _ in found]
        axes.plot(
            [value for value, _ in found],
            [place for _, place in found],
            mark.marker,
            color="black",
            mfc=mark.face,
            mew=0.8,
            ms=4.2 if mark.marker == "o" else 3.8,
            label=mark.label,
            zorder=3,
        )
    axes.set_xscale("log")
    if everything:
        low, high = min(everything) / 1.5, max(everything) * 1.5
        axes.set_xlim(low, high)
        powers_at(axes, "x", low, high, most=5)
    for row in range(1, len(names)):
        axes.axhline(row - 0.5, color="0.88", lw=0.5, zorder=1)
    axes.grid(axis="x", color="0.88", lw=0.5, zorder=0)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(title)
