"""Prior beside posterior of each parameter: what the data have told."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..sampling.settings import SamplerSettings
from . import PlotError
from .blocks import ParameterBlock, blocks_in, blocks_of
from .density import density
from .short_names import broken, told_apart
from .style import SMALL, WIDTH, Canvas, drawn

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from ..fit.fit import Fit

__all__ = ["OPTIONS", "picture"]

OPTIONS = ("var", "draws", "seed")
#: Parameters in one picture, and beside each other.
_MOST, _COLUMNS = 24, 4
_DRAWS = 2_000
#: Letters of a title in a line, and inches of each line more.
_LETTERS, _LINE = 24, 0.15
#: How many times as wide as the posterior the axis may be, for the prior.
_WIDER = 6.0
#: An axis that begins so near to the end of a parameter's range begins there.
_NEAR = 0.15
#: Thresholds that are drawn if none are asked for.
_FEW = 5


@drawn
def picture(
    sheet: Canvas,
    fit: Fit,
    var: str | Sequence[str] = (),
    draws: int | None = None,
    seed: int | None = None,
) -> None:
    """Draw the densities of prior and posterior of parameters.

    Parameters
    ----------
    sheet
        Where to draw; of axes one for each parameter.
    fit
        The fit.
    var
        Names of parameters; none: all that are reported but group effects. Of more
        than 24 numbers the first.
    draws
        Draws of the prior; None: 2,000.
    seed
        Of these draws; None: that of the fit.

    Raises
    ------
    PlotError
        If there is no such parameter, or a prior is flat.
    """
    try:
        wanted = SamplerSettings.checked(
            draws=_DRAWS if draws is None else draws,
            seed=fit.seed if seed is None else seed,
        )
    except ValueError as error:
        raise PlotError(str(error)) from None
    numbers = [
        (block, at)
        for block in blocks_of(fit, var, effects=False)
        for at in _places(block, every=bool(var))
        if np.ptp(block.flat[at]) > 0.0  # a constant has no density
    ]
    if not numbers:
        raise PlotError("all of these parameters are constants")
    if len(numbers) > _MOST:
        sheet.notes = (
            f"the first {_MOST} of {len(numbers)} parameters are drawn: var= chooses",
        )
        numbers = numbers[:_MOST]
    variables = {block.name for block, _ in numbers}
    prior = _prior(fit, variables, wanted.draws, wanted.seed)
    titles = _titles([block.full_label(at) for block, at in numbers])
    columns = min(_COLUMNS, len(numbers))
    rows = math.ceil(len(numbers) / columns)
    if sheet.given:
        flat = sheet.axes(rows, columns, len(numbers)).ravel()
    else:
        more = max(title.count("\n") for title in titles)
        figure = sheet.figure(WIDTH, 0.6 + (1.35 + _LINE * more) * rows)
        flat = figure.subplots(rows, columns, squeeze=False).ravel()
    for place, axes in enumerate(flat):
        if place >= len(numbers):
            if axes is not None:
                axes.remove()
            continue
        block, at = numbers[place]
        _panel(axes, block, at, prior[block.full_label(at)])
        axes.set_title(titles[place], loc="left")
    what = "posterior (grey), prior (line)"
    if sheet.given:
        flat[len(numbers) - 1].set_xlabel(what, fontsize=SMALL)
    else:
        figure.supxlabel(what, fontsize=SMALL)


def _titles(names: Sequence[str]) -> list[str]:
    """Return names in lines that fit a panel; shortened where these are the same."""
    lines = [broken(name, _LETTERS) for name in names]
    return lines if len({*lines}) == len(lines) else told_apart(names, _LETTERS)


def _places(block: ParameterBlock, *, every: bool) -> list[int]:
    """Return which numbers of a block are drawn: of many thresholds a few."""
    count = len(block.labels)
    if every or not block.name.endswith("threshold") or count <= _FEW:
        return list(range(count))
    return [round(place * (count - 1) / (_FEW - 1)) for place in range(_FEW)]


def _prior(
    fit: Fit, variables: Collection[str], draws: int, seed: int
) -> dict[str, NDArray[Any]]:
    """Return draws of each number of variables from its prior, by its label."""
    from varying.grammar.diagnostics import ModelError

    from ..rows.from_priors import drawn_from_priors

    compiled, names = fit._origin.compiled, fit.provenance.names
    names = replace(
        names,
        parameters=tuple(one for one in names.parameters if one in variables),
        effects=tuple(one for one in names.effects if one in variables),
    )
    settings = SamplerSettings.checked(draws=draws, seed=seed)
    try:
        found = drawn_from_priors(
            compiled,
            compiled.prepared.table,
            settings,
            only=[*names.parameters, *names.effects],
        )
    except ModelError as error:
        raise PlotError(error.diagnostics[0].message) from None
    blocks = blocks_in(found["prior"].to_dataset(), names)
    return {
        block.full_label(at): block.flat[at]
        for block in blocks
        for at in range(len(block.labels))
    }


def _panel(axes: Axes, block: ParameterBlock, at: int, prior: NDArray[Any]) -> None:
    """Draw both densities, on an axis that shows the posterior whole."""
    values = block.flat[at]
    low, high = np.quantile(values, (0.001, 0.999))
    width = float(high - low)
    first, last = np.quantile(prior, (0.02, 0.98))
    beyond = 0.5 * (_WIDER - 1.0) * width
    left = max(float(min(low, first)), float(low) - beyond)
    right = min(float(max(high, last)), float(high) + beyond)
    left, right = max(left, block.ends[0]), min(right, block.ends[1])
    if left - block.ends[0] < _NEAR * (right - left):
        left = block.ends[0]
    for draws, filled in ((values, True), (prior, False)):
        found = density(draws, (left, right), ends=block.ends)
        if found is None:
            continue
        grid, height = found
        if filled:
            axes.fill_between(grid, height, color="0.75", lw=0.0)
        else:
            axes.plot(grid, height, color="black", lw=1.0)
    axes.set_xlim(left, right)
    axes.set_ylim(bottom=0.0)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
