"""Traces, compact: one panel for all coefficients of a block, or all levels.

Left the density of the draws, right their course, the chains side by side: a
chain that goes elsewhere stands higher or lower than its neighbours, and that
needs no colour.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D

from .blocks import ParameterBlock, blocks_of, by_spread, divergent
from .density import density
from .style import (
    LINES,
    SMALL,
    WIDTH,
    Canvas,
    drawn,
    ticks_at,
    told_apart,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from ..fit.fit import Fit

__all__ = ["OPTIONS", "picture"]

OPTIONS = ("var",)
#: Inches of a panel; and the most panels of a picture.
_HEIGHT, _MOST = 1.15, 24
#: Where there are several lines, a chain is shown as the means of so many pieces.
_PIECES = 20


@drawn
def picture(sheet: Canvas, fit: Fit, var: str | Sequence[str] = ()) -> None:
    """Draw densities and traces of a fit's parameters.

    Parameters
    ----------
    sheet
        Where to draw; of axes two for each panel.
    fit
        The fit.
    var
        Names of parameters; none: all that are reported, and group effects.
    """
    blocks = [
        part for block in blocks_of(fit, var) for part in by_spread(block, len(LINES))
    ]
    shown = blocks if sheet.given else blocks[:_MOST]
    diverging = divergent(fit)
    if sheet.given:
        rows = sheet.axes(len(shown), 2)
    else:
        found = sheet.figure(WIDTH, 0.45 + _HEIGHT * len(shown))
        rows = found.subplots(len(shown), 2, squeeze=False, width_ratios=(2, 3))
    explained: set[object] = set()
    titles = told_apart([block.title for block in shown], 40)
    for (left, right), block, title in zip(rows, shown, titles, strict=True):
        _draw(left, right, block, diverging)
        left.set_title(title, loc="left")
        legend = _legend(right, block)
        if legend in explained and right.get_legend() is not None:
            right.get_legend().remove()
        explained.add(legend)
    rows[-1][1].set_xlabel(_bottom(shown))
    if diverging.any():
        count = int(diverging.sum())
        word = "divergence" if count == 1 else "divergences"
        mark = Line2D([], [], color="black", marker="|", ls="", ms=6, label="")
        mark.set_label(f"{count} {word}")
        if sheet.given:
            rows[-1][0].legend(handles=[mark], loc="upper right")
        else:
            found.legend(handles=[mark], loc="outside lower left")
    if len(blocks) > len(shown):
        rest = ", ".join(block.title for block in blocks[_MOST:])
        sheet.notes = (f"left out (--var shows them): {rest}",)


def _bottom(blocks: Sequence[ParameterBlock]) -> str:
    """Say what the traces are."""
    if all(len(block.labels) == 1 for block in blocks):
        return "chain"
    draws = blocks[0].draws.shape[2]
    size = -(-draws // _PIECES)
    return f"chain (several lines in a panel: means of {size} draws)"


def _legend(axes: Axes, block: ParameterBlock) -> object:
    """Say what the lines are; return that, so that it is said once."""
    count = len(block.labels)
    if count == 1:
        _say_chains(axes, block.draws.shape[1])
        return "chains"
    if count <= len(LINES):
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), borderaxespad=0.4)
    else:
        words = "levels" if block.role == "effects" else "lines"
        axes.text(
            1.02, 0.5, f"{count} {words}", transform=axes.transAxes, fontsize=SMALL,
            va="center",
        )  # fmt: skip
    return block.labels


def _draw(
    left: Axes, right: Axes, block: ParameterBlock, diverging: NDArray[np.bool_]
) -> None:
    left.set_yticks([])
    left.spines["left"].set_visible(False)
    if len(block.labels) == 1:
        _one(left, right, block)
    elif len(block.labels) <= len(LINES):
        _few(left, right, block)
    else:
        _many(left, right, block)
    left.set_ylim(0.0, None)
    _mark(left, right, block, diverging)
    ticks_at(left, "x")
    ticks_at(right, "y", 4)
    chains, draws = block.draws.shape[1:]
    for chain in range(1, chains):
        right.axvline(chain * draws, color="0.6", lw=0.5, zorder=0)
    right.set_xlim(0, chains * draws)
    right.set_xticks([(chain + 0.5) * draws for chain in range(chains)])
    right.set_xticklabels([str(chain + 1) for chain in range(chains)])
    right.tick_params(axis="x", length=0)


def _one(left: Axes, right: Axes, block: ParameterBlock) -> None:
    """Draw a scalar: a density a chain, and every draw."""
    draws = block.draws[0]
    for chain, values in enumerate(draws):
        grey, style = LINES[chain % len(LINES)]
        _curve(left, values, block.ends, grey, style, 1.0)
    right.plot(draws.ravel(), color="0.25", lw=0.3, rasterized=True)


def _few(left: Axes, right: Axes, block: ParameterBlock) -> None:
    """Draw some numbers: each with a line of its own."""
    for at, label in enumerate(told_apart(block.labels, 30)):
        grey, style = LINES[at]
        _curve(left, block.draws[at], block.ends, grey, style, 1.0)
        right.plot(block.flat[at], color="0.85", lw=0.25, zorder=1, rasterized=True)
        _course(right, block.draws[at], grey, style, 1.0, label)


def _many(left: Axes, right: Axes, block: ParameterBlock) -> None:
    """Draw many numbers: what matters is the line that differs from the others."""
    count = len(block.labels)
    width = max(0.25, min(0.7, 20.0 / count))
    for at in range(count):
        _curve(left, block.draws[at], block.ends, "0.3", "-", width, one_hump=True)
        _course(right, block.draws[at], "0.3", "-", width)


def _curve(
    axes: Axes,
    values: NDArray[np.float64],
    ends: tuple[float, float],
    grey: str,
    style: object,
    width: float,
    *,
    one_hump: bool = False,
) -> None:
    found = density(values, ends=ends, one_hump=one_hump)
    if found is None:
        axes.axvline(float(np.ravel(values)[0]), color=grey, lw=width)
    else:
        axes.plot(*found, color=grey, ls=style, lw=width)


def _course(
    axes: Axes,
    draws: NDArray[np.float64],
    grey: str,
    style: object,
    width: float,
    label: str | None = None,
) -> None:
    """Draw the means of successive pieces of each chain."""
    size = draws.shape[1]
    edges = np.unique(np.linspace(0, size, min(_PIECES, size) + 1).astype(int))
    middles = (edges[:-1] + edges[1:] - 1) / 2.0
    means = np.add.reduceat(draws, edges[:-1], axis=1) / np.diff(edges)
    places = middles + size * np.arange(len(draws))[:, None]
    # One line, with a gap after each chain: many levels are many lines.
    gap = ((0, 0), (0, 1))
    x = np.pad(places, gap, constant_values=np.nan).ravel()
    y = np.pad(means, gap, constant_values=np.nan).ravel()
    axes.plot(x, y, color=grey, ls=style, lw=width, label=label, zorder=2)


def _mark(
    left: Axes, right: Axes, block: ParameterBlock, diverging: NDArray[np.bool_]
) -> None:
    """Put a stroke at each divergent draw: at its value, and at its place."""
    if not diverging.any():
        return
    options: dict[str, Any] = {
        "marker": "|",
        "ls": "",
        "color": "black",
        "ms": 5,
        "clip_on": False,
    }
    if len(block.labels) == 1:
        values = block.draws[0][diverging]
        left.plot(values, np.zeros(len(values)), zorder=5, **options)
    places = np.flatnonzero(diverging.ravel())
    right.plot(
        places, np.zeros(len(places)), transform=right.get_xaxis_transform(), zorder=5,
        **options,
    )  # fmt: skip


def _say_chains(axes: Axes, chains: int) -> None:
    """Say which density is which chain's."""
    if not 1 < chains <= len(LINES):
        return
    handles = [
        Line2D([], [], color=grey, ls=style, label=f"chain {chain + 1}")
        for chain, (grey, style) in enumerate(LINES[:chains])
    ]
    axes.legend(
        handles=handles, loc="center left", bbox_to_anchor=(1.0, 0.5), borderaxespad=0.4
    )
