"""Intervals of all parameters: a panel a block, group effects by coefficient."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from .blocks import ParameterBlock, blocks_of, by_spread
from .style import (
    SMALL,
    WIDTH,
    Canvas,
    Picture,
    drawn,
    intervals,
    shorten,
    spread,
    ticks_at,
    told_apart,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.gridspec import GridSpec

    from ..fit.fit import Fit

__all__ = ["OPTIONS", "picture"]

OPTIONS = ("var",)
#: Inches of a line, and around each panel.
_LINE, _FRAME = 0.165, 0.55
#: Longer blocks are folded: side by side, without a label for each.
_LONGEST = 60
_FOLDED = 1.5
#: Panels of group effects side by side, and the letters that fit above them.
_ABREAST, _LETTERS = 4, 84
#: Levels named at each end of a folded block.
_ENDS = 3


@drawn
def picture(sheet: Canvas, fit: Fit, var: str | Sequence[str] = ()) -> None:
    """Draw medians with 50 % and 95 % intervals of a fit's parameters.

    Parameters
    ----------
    sheet
        Where to draw; of axes one for each panel.
    fit
        The fit.
    var
        Names of parameters; none: all that are reported, and group effects.
    """
    bands = _bands([p for block in blocks_of(fit, var) for p in by_spread(block)])
    if sheet.given:
        _draw_on(sheet, [block for band in bands for block in band])
        return
    heights = [_height(band) for band in bands]
    found = sheet.figure(WIDTH, sum(heights) + 0.3)
    # The layout adds the frame of a panel that stands in the grid itself.
    ratios = [
        height - (_FRAME if _alone(band) else 0.0)
        for height, band in zip(heights, bands, strict=True)
    ]
    grid = found.add_gridspec(len(bands), 1, height_ratios=ratios)
    for at, band in enumerate(bands):
        _draw_band(found, grid, at, band)
    what = _shown([block for band in bands for block in band])
    found.supxlabel(what, fontsize=SMALL)


def _shown(blocks: Sequence[ParameterBlock]) -> str:
    """Say what marks and lines are."""
    folded = [_folded(block) for block in blocks]
    both = "median, middle 50 % (thick) and 95 % (thin) of the draws"
    thin = "median and middle 95 % of the draws"
    what = thin if all(folded) else both
    if any(folded) and not all(folded):
        what = f"{both}; of many levels only the 95 %"
    return what


def _draw_on(sheet: Canvas, blocks: Sequence[ParameterBlock]) -> None:
    """Draw on axes of the user's, a block on each."""
    panels = sheet.axes(len(blocks), 1)[:, 0]
    for axes, block in zip(panels, blocks, strict=True):
        if _folded(block):
            _fold(axes, block)
        else:
            _lines(axes, block)
            axes.set_title(shorten(block.family, 60), loc="left")
    below = panels[-1].get_xlabel()
    what = _shown(blocks)
    panels[-1].set_xlabel(f"{below}\n{what}" if below else what, fontsize=SMALL)


def _bands(blocks: Sequence[ParameterBlock]) -> list[list[ParameterBlock]]:
    """Return what stands side by side: effects of one group, else one block."""
    bands: list[list[ParameterBlock]] = []
    for _, same in groupby(blocks, lambda b: (b.name, b.labels, b.role)):
        found = list(same)
        abreast = 1
        if found[0].role == "effects" and not _folded(found[0]):
            longest = max(len(block.family) for block in found)
            abreast = max(2, min(_ABREAST, _LETTERS // longest))
        bands += [found[i : i + abreast] for i in range(0, len(found), abreast)]
    return bands


def _folded(block: ParameterBlock) -> bool:
    return len(block.labels) > _LONGEST


def _alone(band: Sequence[ParameterBlock]) -> bool:
    return len(band) == 1 and not _folded(band[0])


def _height(band: Sequence[ParameterBlock]) -> float:
    block = band[0]
    return _FRAME + (_FOLDED if _folded(block) else _LINE * len(block.labels))


def _draw_band(
    figure: Picture, grid: GridSpec, at: int, band: Sequence[ParameterBlock]
) -> None:
    if _alone(band):
        # In the grid itself, so that such panels begin at the same place.
        axes = figure.add_subplot(grid[at])
        _lines(axes, band[0])
        axes.set_title(shorten(band[0].family, 60), loc="left")
        return
    inner = grid[at].subgridspec(1, len(band), wspace=0.05)
    titles = told_apart([block.family for block in band], _LETTERS // len(band))
    for place, block in enumerate(band):
        axes = figure.add_subplot(inner[place])
        if _folded(block):
            _fold(axes, block)
            continue
        _lines(axes, block)
        axes.set_title(titles[place], loc="left")
        if place:
            axes.set_yticklabels([])


def _lines(axes: Axes, block: ParameterBlock) -> None:
    """Draw the intervals one above the other, in the order of the levels."""
    places = range(len(block.labels))
    intervals(axes, places, block.flat)
    axes.set_yticks(places)
    axes.set_yticklabels(told_apart(block.labels, 40))
    if block.labels == ("",):
        axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(block.labels) - 0.4, -0.6)
    if block.name.startswith("sd_") or "_sd_" in block.name:
        axes.set_xlim(0.0, None)
    low, high = axes.get_xlim()
    if low < 0.0 < high:
        axes.axvline(0.0, color="0.7", lw=0.7, zorder=0)
    ticks_at(axes, "x")


def _fold(axes: Axes, block: ParameterBlock) -> None:
    """Draw many intervals side by side: effects by size, others in their order."""
    medians = np.median(block.flat, axis=1)
    effects = block.role == "effects"
    order = np.argsort(medians, kind="stable") if effects else np.arange(len(medians))
    places = np.arange(len(order))
    intervals(axes, places, block.flat[order], upright=True, light=True)
    axes.set_xlim(-1, len(order))
    low, high = axes.get_ylim()
    if low < 0.0 < high:
        axes.axhline(0.0, color="0.7", lw=0.7, zorder=0)
    ticks_at(axes, "y")
    title = block.family
    names = told_apart(block.labels, 24)
    labels = [names[at] for at in order]
    if effects:
        axes.set_xticks([])
        ends = f"{', '.join(labels[:_ENDS])}  …  {', '.join(labels[-_ENDS:])}"
        axes.set_xlabel(shorten(ends, 130), fontsize=SMALL)
        title = f"{title}: {len(labels)} levels by size"
    else:
        named = spread(labels, 12)
        axes.set_xticks(named, [labels[place] for place in named])
    axes.set_title(shorten(title, 80), loc="left")
