"""The latent scale of an ordinal fit: thresholds, and where the cells lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import stats

from ..rows.predict import predict, thinned
from . import PlotError
from .cells import factors_of_fit
from .panels import columns_by, panels_of
from .style import SMALL, WIDTH, Canvas, drawn, spread, ticks_at, told_apart

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from ..fit.fit import Fit

__all__ = ["OPTIONS", "picture"]

OPTIONS = ("by", "response")
#: Curves that are told apart, and their lines.
_MOST = 6
_DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 3)))
#: The unbroken line is grey and wide: another one that lies on it is seen.
_WIDE: Mapping[str, Any] = {"color": "0.6", "lw": 2.2, "zorder": 2}
_THIN: Mapping[str, Any] = {"color": "black", "lw": 1.0, "zorder": 3}
#: Thresholds that have a name each.
_NAMED = 14
#: Draws that means are taken of.
_DRAWS = 100
#: Latent distributions by link: their density is that of scipy.
_LATENT = {
    "logit": stats.logistic,
    "probit": stats.norm,
    "cloglog": stats.gumbel_l,
    "loglog": stats.gumbel_r,
    "cauchit": stats.cauchy,
}


@drawn
def picture(
    sheet: Canvas,
    fit: Fit,
    by: str | Sequence[str] | None = None,
    response: str | None = None,
) -> None:
    """Draw thresholds on the latent scale, and the latent answers of each cell.

    Parameters
    ----------
    sheet
        Where to draw: one axes.
    fit
        An ordinal fit.
    by
        Columns whose combinations are the cells. None: the factors of the formula.
    response
        Of which response, where the model has several.

    Raises
    ------
    PlotError
        If the response is not ordinal, or has no thresholds of its own.
    """
    rows = fit._origin.rows_of(response)
    compiled = fit._origin.compiled
    one = compiled if len(compiled.responses) == 1 else compiled.of(rows.name)
    name = f"{one.bound.prefix}threshold"
    latent = _LATENT.get(one.bound.link.name)
    if name not in fit.data["posterior"] or latent is None:
        raise PlotError(
            f"the response `{rows.title}` has no thresholds on a latent scale: this "
            "picture is of cumulative families"
        )
    items = one.bound.response.items
    if items is not None and not items.varied:
        raise PlotError(
            f"each level of `{items.column}` has thresholds of its "
            "own: `plot forest` shows them"
        )
    thresholds = fit.data["posterior"][name]
    draws = thresholds.transpose("chain", "draw", ...).values
    draws = draws.reshape(-1, draws.shape[-1])
    sizes = fit.data["posterior"].sizes
    posterior = thinned(fit._posterior, min(sizes["draw"], _DRAWS))
    eta = predict(rows, posterior, "eta", None).mean(("chain", "draw")).values
    scale = _scale(rows, posterior)
    if by is None and not _has_factors(fit, response):
        cells: list[tuple[str, NDArray[Any]]] = [("", np.arange(len(eta)))]
    else:
        names = factors_of_fit(fit, response) if by is None else columns_by(by)
        panels = [p for p in panels_of(fit._origin, names) if not p.missing]
        cells = [(panel.label, panel.rows) for panel in panels]
    if sheet.given:
        axes = sheet.axes(1, 1)[0, 0]
    else:
        axes = sheet.figure(WIDTH, 3.2).subplots()
    low, middle, high = np.quantile(draws, (0.025, 0.5, 0.975), axis=0)
    means = [float(eta[chosen].mean()) for _, chosen in cells]
    spreads = [float(scale[chosen].mean()) for _, chosen in cells]
    reach = 4.0 * max(spreads)
    left = min(float(low[0]), min(means) - reach)
    right = max(float(high[-1]), max(means) + reach)
    grid = np.linspace(left, right, 600)
    short = told_apart([label for label, _ in cells[:_MOST]], 30)
    for place, name in enumerate(short):
        density = latent.pdf(grid, means[place], spreads[place])
        look: Any = _DASHES[place % len(_DASHES)]
        line = _WIDE if place == 0 and len(short) > 1 else _THIN
        axes.plot(grid, density, ls=look, label=name, **line)
    if len(cells) > _MOST:
        sheet.notes = (f"the first {_MOST} of {len(cells)} cells are drawn",)
    axes.set_xlim(left, right)
    axes.set_ylim(bottom=0.0)
    top = axes.get_ylim()[1]
    _lines(axes, low, middle, high, rows.categories[one.bound.family.apart :])
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    ticks_at(axes, "x")
    shown = "median and 95 %" if len(middle) <= _NAMED else "medians"
    axes.set_xlabel(
        f"latent scale ({one.bound.link.name}); thresholds: {shown}; curves: answers "
        "at the mean of a cell's rows",
        fontsize=SMALL,
    )
    if len(cells) > 1:
        beside = (1.0, top / axes.get_ylim()[1])  # the curves, not intervals over them
        axes.legend(
            frameon=False, fontsize=SMALL, loc="upper right", bbox_to_anchor=beside
        )


def _has_factors(fit: Fit, response: str | None) -> bool:
    try:
        return bool(factors_of_fit(fit, response))
    except PlotError:
        return False


def _scale(rows: Any, posterior: Any) -> NDArray[Any]:
    """Return the scale of the latent answers in each row: one over ``disc``."""
    arguments = dict(rows.program.likelihood.arguments)
    if "disc" not in arguments:
        return np.ones(len(rows.labels))
    found = predict(rows, posterior, "mean", None, "disc")
    return 1.0 / np.asarray(found.mean(("chain", "draw")).values)


def _lines(
    axes: Axes,
    low: NDArray[Any],
    middle: NDArray[Any],
    high: NDArray[Any],
    categories: tuple[str, ...],
) -> None:
    """Draw the thresholds, and name those that there is room for."""
    few = len(middle) <= _NAMED
    apart = bool((high[:-1] < low[1:]).all())
    for first, value, last in zip(low, middle, high, strict=True):
        if few and apart:
            axes.axvspan(first, last, color="0.9", lw=0.0, zorder=0)
        axes.axvline(value, color="0.55", lw=0.8 if few else 0.4, zorder=1)
    if few and not apart:
        _above_each_other(axes, low, middle, high)
    labels = [f"{a}|{b}" for a, b in zip(categories, categories[1:], strict=False)]
    places = range(len(labels)) if few else spread(labels, 8)
    top = axes.secondary_xaxis("top")
    top.set_xticks(
        [float(middle[place]) for place in places],
        told_apart([labels[place] for place in places], 12),
        fontsize=SMALL,
    )
    top.tick_params(length=2)
    top.spines["top"].set_visible(False)
    if (
        max((len(labels[place]) for place in places), default=0) * len(list(places))
        > 70
    ):
        top.tick_params(axis="x", labelrotation=90)


def _above_each_other(
    axes: Axes, low: NDArray[Any], middle: NDArray[Any], high: NDArray[Any]
) -> None:
    """Draw intervals that overlap: each at a height of its own, over the curves."""
    top = axes.get_ylim()[1]
    heights = top * (1.02 + 0.045 * np.arange(len(middle)))
    axes.hlines(heights, low, high, color="0.55", lw=1.6, zorder=2)
    axes.plot(middle, heights, "o", color="0.55", mfc="white", ms=2.6, mew=0.8)
    axes.set_ylim(0.0, heights[-1] + 0.03 * top)
