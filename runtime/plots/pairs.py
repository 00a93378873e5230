"""Scatter plots of parameters, two by two, with the divergent draws marked."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.lines import Line2D

from . import PlotError
from .blocks import Block, blocks_of, divergent
from .style import SMALL, WIDTH, Picture, density, drawn, shorten, ticks_at

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from ..fit import Fit

__all__ = ["OPTIONS", "picture"]

OPTIONS = ("var",)
#: Numbers shown unless others are named, and the most that can be.
_DEFAULT, _MOST = 6, 12
#: Points of a panel: more tell no more, and make ink.
_POINTS = 1000


@drawn
def picture(fit: Fit, var: str | Sequence[str] = ()) -> Picture:
    """Return each parameter against each other.

    Parameters
    ----------
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
    found = _numbers(blocks_of(fit, var, effects=False))
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
    result = _matrix(chosen, diverging)
    rest = [name for name in found if name not in chosen]
    if rest:
        result.notes = (f"left out (--var NAME chooses): {_summed(rest)}",)
    return result


def _summed(names: Sequence[str]) -> str:
    """Return names, where there are several of one variable their number."""
    variables: dict[str, list[str]] = {}
    for name in names:
        variables.setdefault(name.partition("[")[0], []).append(name)
    return ", ".join(
        same[0] if len(same) == 1 else f"{len(same)} of {variable}"
        for variable, same in variables.items()
    )


def _numbers(blocks: Sequence[Block]) -> dict[str, NDArray[np.float64]]:
    """Return draws by name, without constants, thresholds and the rest last."""

    def place(block: Block) -> int:
        """Return 0 for intercept, coefficients, sds; 1 for others."""
        first = block.name in ("Intercept", "b") or block.name.startswith("sd_")
        return 0 if first else 1

    return {
        block.full_label(at): block.flat[at]
        for block in sorted(blocks, key=place)
        for at in range(len(block.labels))
        if np.ptp(block.flat[at]) > 0
    }


def _matrix(
    numbers: dict[str, NDArray[np.float64]], diverging: NDArray[np.bool_]
) -> Picture:
    count = len(numbers)
    size = max(WIDTH, 1.15 * count)
    result = Picture(size, size * 0.94)
    grid = result.subplots(count, count, squeeze=False)
    for row, (name, down) in enumerate(numbers.items()):
        for column, (other, across) in enumerate(numbers.items()):
            axes = grid[row][column]
            if column > row:
                axes.remove()
                continue
            if column == row:
                _curve(axes, down)
            else:
                _points(axes, across, down, diverging)
            axes.set_xlim(_range(across))
            ticks_at(axes, "x", 3)
            _label(axes, row == count - 1, other, column == 0 and row > 0, name, count)
            if column == row:
                axes.set_title(_broken(name, count), fontsize=SMALL)
    if diverging.any():
        _legend(result, int(diverging.sum()))
    return result


def _points(
    axes: Axes,
    across: NDArray[np.float64],
    down: NDArray[np.float64],
    diverging: NDArray[np.bool_],
) -> None:
    usual = np.flatnonzero(~diverging)
    usual = usual[:: max(1, -(-len(usual) // _POINTS))]
    axes.plot(
        across[usual], down[usual], "o", color="0.55", ms=1.1, mew=0, rasterized=True
    )
    axes.plot(across[diverging], down[diverging], "x", color="black", ms=4, mew=0.9)
    axes.set_ylim(_range(down))
    ticks_at(axes, "y", 3)


def _range(values: NDArray[np.float64]) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    edge = 0.03 * (high - low)
    return low - edge, high + edge


def _curve(axes: Axes, values: NDArray[np.float64]) -> None:
    found = density(values)
    if found is not None:
        axes.plot(*found, color="black")
    axes.set_ylim(0.0, None)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)


def _label(
    axes: Axes, below: bool, across: str, beside: bool, down: str, count: int
) -> None:
    """Write names and numbers at the left and at the bottom only."""
    if below:
        axes.set_xlabel(_broken(across, count), fontsize=SMALL)
        for label in axes.get_xticklabels():
            label.set_fontsize(SMALL - 1)
    else:
        axes.tick_params(axis="x", labelbottom=False)
    if beside:
        axes.set_ylabel(_broken(down, count), fontsize=SMALL)
        for label in axes.get_yticklabels():
            label.set_fontsize(SMALL - 1)
    else:
        axes.tick_params(axis="y", labelleft=False)


def _broken(name: str, count: int) -> str:
    """Break a long name into lines that fit a panel, three at most."""
    most = max(14, 84 // count)
    if len(name) <= most:
        return name
    head, bracket, rest = name.partition("[")
    parts = f"{bracket}{rest}".split(":")
    if len(parts) > 2:
        parts = [parts[0], ":".join(parts[1:])]
    lines = [head, *(f":{part}" if at else part for at, part in enumerate(parts))]
    return "\n".join(shorten(line, most) for line in lines if line)


def _legend(result: Picture, count: int) -> None:
    word = "divergence" if count == 1 else "divergences"
    mark = Line2D([], [], color="black", marker="x", ls="", ms=4, mew=0.9)
    mark.set_label(f"{count} {word}")
    result.legend(handles=[mark], loc="upper right")
