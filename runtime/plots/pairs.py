"""Scatter plots of parameters, two by two, with the divergent draws marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.lines import Line2D

from . import PlotError
from .blocks import ParameterBlock, blocks_of, divergent
from .density import density
from .short_names import broken
from .style import (
    SMALL,
    WIDTH,
    Canvas,
    Picture,
    drawn,
    powers_at,
    ticks_at,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from ..fit.fit import Fit

__all__ = ["OPTIONS", "picture"]

OPTIONS = ("var",)
#: Numbers shown unless others are named, and the most that can be.
_DEFAULT, _MOST = 6, 12
#: Up to so many, a title has room for more than a name.
_ROOMY = 3
#: Points of a panel: more tell no more, and make ink.
_POINTS = 1000
#: A positive number whose 97.5 % quantile is so many times its median is drawn by
#: powers: else its tail would press all others together.
_TAIL = 5.0


@dataclass(frozen=True, eq=False)
class _Number:
    """Draws of one number, between which ends they can be."""

    draws: NDArray[np.float64]
    ends: tuple[float, float]

    @cached_property
    def powers(self) -> bool:
        """Whether its axis is logarithmic."""
        if self.ends[0] < 0.0 or not self.draws.min() > 0.0:
            return False
        middle, high = np.quantile(self.draws, (0.5, 0.975))
        return bool(high > _TAIL * middle)

    @cached_property
    def curve(self) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
        """Grid and density; along the axis as it is drawn."""
        if not self.powers:
            return density(self.draws, ends=self.ends)
        found = density(np.log(self.draws))
        return None if found is None else (np.exp(found[0]), found[1])

    @cached_property
    def limits(self) -> tuple[float, float]:
        """The range of its axis, which holds all of its density."""
        shown = self.draws if self.curve is None else self.curve[0]
        low, high = float(shown.min()), float(shown.max())
        if self.powers:
            edge = (high / low) ** 0.03
            return low / edge, high * edge
        edge = 0.03 * (high - low)
        return low - edge, high + edge

    def scale(self, axes: Axes, which: str) -> None:
        """Give an axis its scale, limits and ticks."""
        if which == "x":
            axes.set_xlim(self.limits)
        else:
            axes.set_ylim(self.limits)
        if not self.powers:
            ticks_at(axes, which, 3)
            return
        if which == "x":
            axes.set_xscale("log")
        else:
            axes.set_yscale("log")
        powers_at(axes, which, *self.limits, 3)


@drawn
def picture(sheet: Canvas, fit: Fit, var: str | Sequence[str] = ()) -> None:
    """Draw each parameter against each other.

    Parameters
    ----------
    sheet
        Where to draw; of axes a square.
    fit
        The fit.
    var
        Names of parameters, 2 to 12 numbers in all; none: the first six numbers
        among intercept, coefficients and standard deviations.

    Raises
    ------
    PlotError
        If there are fewer than two numbers, or more than twelve were named.
    """
    blocks = blocks_of(fit, var, effects=False)
    found = _numbers(blocks if var else sorted(blocks, key=_place))
    if var and len(found) > _MOST:
        raise PlotError(
            f"pairs shows at most {_MOST} numbers at a time, not {len(found)}: "
            "name some of them, such as "
            + " and ".join(repr(name) for name in islice(found, 2))
        )
    if len(found) < 2:
        known = ", ".join(found) or "nothing"
        raise PlotError(f"pairs needs two numbers that vary; there is: {known}")
    chosen = dict(islice(found.items(), _MOST if var else _DEFAULT))
    diverging = divergent(fit).ravel()
    _matrix(sheet, chosen, diverging)
    rest = [name for name in found if name not in chosen]
    if rest:
        sheet.notes = (f"left out (--var NAME chooses): {_summed(rest)}",)


def _summed(names: Sequence[str]) -> str:
    """Return names, where there are several of one variable their number."""
    variables: dict[str, list[str]] = {}
    for name in names:
        variables.setdefault(name.partition("[")[0], []).append(name)
    return ", ".join(
        same[0] if len(same) == 1 else f"{len(same)} of {variable}"
        for variable, same in variables.items()
    )


def _place(block: ParameterBlock) -> int:
    """Return 0 for intercept, coefficients, sds; 1 for thresholds and others."""
    first = block.name in ("Intercept", "b") or block.name.startswith("sd_")
    return 0 if first else 1


def _numbers(blocks: Sequence[ParameterBlock]) -> dict[str, _Number]:
    """Return what varies, by name."""
    return {
        block.full_label(at): _Number(block.flat[at], block.ends)
        for block in blocks
        for at in range(len(block.labels))
        if np.ptp(block.flat[at]) > 0
    }


def _matrix(
    sheet: Canvas, numbers: dict[str, _Number], diverging: NDArray[np.bool_]
) -> None:
    count = len(numbers)
    if sheet.given:
        grid = sheet.axes(count, count)
    else:
        size = max(WIDTH, 1.15 * count)
        result = sheet.figure(size, size * 0.94)
        grid = result.subplots(count, count, squeeze=False)
    for row, (name, down) in enumerate(numbers.items()):
        for column, (other, across) in enumerate(numbers.items()):
            axes = grid[row][column]
            if column > row:
                axes.set_axis_off() if sheet.given else axes.remove()
                continue
            if column == row:
                _curve(axes, down)
            else:
                _points(axes, across, down, diverging)
            across.scale(axes, "x")
            _label(axes, row == count - 1, other, column == 0 and row > 0, name, count)
            if column == row:
                title = broken(name, _letters(count))
                if down.powers:
                    title += "\n(log axis)" if count > _ROOMY else " (log axis)"
                axes.set_title(title, fontsize=SMALL)
    if diverging.any():
        _legend(grid[0][-1] if sheet.given else result, int(diverging.sum()))


def _points(
    axes: Axes,
    horizontal: _Number,
    vertical: _Number,
    diverging: NDArray[np.bool_],
) -> None:
    across, down = horizontal.draws, vertical.draws
    usual = np.flatnonzero(~diverging)
    usual = usual[:: max(1, -(-len(usual) // _POINTS))]
    axes.plot(
        across[usual], down[usual], "o", color="0.55", ms=1.1, mew=0, rasterized=True
    )
    axes.plot(across[diverging], down[diverging], "x", color="black", ms=4, mew=0.9)
    vertical.scale(axes, "y")


def _curve(axes: Axes, number: _Number) -> None:
    if number.curve is not None:
        axes.plot(*number.curve, color="black")
    axes.set_ylim(0.0, None)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)


def _label(
    axes: Axes, below: bool, across: str, beside: bool, down: str, count: int
) -> None:
    """Write names and numbers at the left and at the bottom only."""
    if below:
        axes.set_xlabel(broken(across, _letters(count)), fontsize=SMALL)
        for label in axes.get_xticklabels():
            label.set_fontsize(SMALL - 1)
    else:
        axes.tick_params(axis="x", labelbottom=False)
    if beside:
        axes.set_ylabel(broken(down, _letters(count)), fontsize=SMALL)
        for label in axes.get_yticklabels():
            label.set_fontsize(SMALL - 1)
    else:
        axes.tick_params(axis="y", labelleft=False)


def _letters(count: int) -> int:
    """Return how many letters a line of a name may have, of so many panels."""
    return max(14, 84 // count)


def _legend(result: Picture | Axes, count: int) -> None:
    word = "divergence" if count == 1 else "divergences"
    mark = Line2D([], [], color="black", marker="x", ls="", ms=4, mew=0.9)
    mark.set_label(f"{count} {word}")
    result.legend(handles=[mark], loc="upper right")
