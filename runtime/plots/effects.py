"""Means of cells, or along a number, with the data behind them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from varying.compiler.bind.bound import known_columns, made_of
from varying.compiler.bind.questions.grid import labels_of, numbers_read
from varying.compiler.formula.columns import Coded
from varying.grammar.printer import name_text

from ..questions.asking import ask as asked
from ..questions.asking import bound
from ..questions.quantities import plain_draws
from ..rows.replicates import Replicates
from . import PlotError
from .cells import below, factors_of_fit
from .far import bulk_of, far_note
from .panels import Panel, panels_of
from .style import SMALL, WIDTH, Canvas, drawn, intervals, shorten, ticks_at, told_apart

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from varying.compiler.bind.question import CellQuestion
    from varying.compiler.compiled import Compiled

    from ..fit.fit import Fit

__all__ = ["OPTIONS", "numbers_of", "picture"]

OPTIONS = ("ask",)
#: Points of a curve, if the question is not the user's.
_POINTS = 41
#: Curves that are told apart, their lines and the greys of their bands.
_DASHES = ("-", "--", ":", "-.")
_BANDS = ("0.85", "0.75", "0.9", "0.8")
#: Rows of the data that are drawn, evenly taken, and how far they are spread.
_MOST, _JITTER = 4_000, 0.22
#: Cells from which on intervals are light.
_CLOSE = 40
#: Rows of each value from which on a value is as wide as it is frequent.
_OFTEN = 20

LabelledCurves = Sequence[tuple[str, "NDArray[Any]"]]


@drawn
def picture(sheet: Canvas, fit: Fit, ask: str | None = None) -> None:
    """Draw the means that a question asks for, over the data.

    Parameters
    ----------
    sheet
        Where to draw: one axes.
    fit
        The fit.
    ask
        A question, ``means ...``. None: along the variable of the formula's first
        smooth term; if it has none, the means of the cells of its factors; without
        these too, along its first numeric predictor.

    Raises
    ------
    PlotError
        If the question is no single ``means``, or the formula has no predictor.
    """
    compiled = fit._origin.compiled
    text = _question(fit) if ask is None else ask
    questions, _ = bound(text, compiled)
    shown = [one for one in questions.cells if questions.is_shown(one.span)]
    if len(shown) != 1 or shown[0].verb != "means":
        raise PlotError(
            "this picture is of one `means` question, such as "
            "`means block*cs, scale=response`; answers to others draw themselves: "
            "`varying ask --out`"
        )
    (one,) = shown
    draws = plain_draws(compiled, fit._posterior)
    derived = asked(text, compiled, draws, fit.seed).derived
    categories = compiled.alone(one.response).bound.response.categories
    labels = labels_of(one, categories)
    lines = [
        (label, values)
        for label, (_, values) in zip(labels, derived.lines, strict=True)
    ]
    if sheet.given:
        axes = sheet.axes(1, 1)[0, 0]
    else:
        axes = sheet.figure(WIDTH, 3.4).subplots()
    data = _data(fit, one) if one.scale == "response" else None
    values = None if data is None else np.asarray(data.scores.observed, np.float64)
    upper = None if values is None else _of_upper(fit, one)
    if values is not None and upper is not None:
        values = np.where(upper, values, np.nan)  # the mean is of the others
    far = _within(axes, lines, values)
    curve = next(
        (n for n, levels in one.by if n in one.numbers and len(levels) > 3), ""
    )
    if curve:
        _curves(axes, fit, one, curve, lines, values)
    else:
        _cells(axes, fit, one, lines, values)
    ticks_at(axes, "y")
    what = {"prob": "probability"}.get(one.scale, one.scale)
    if what == "probability" and compiled.alone(one.response).bound.family.parts:
        what = "mean share"
    what = what if data is None else _mean_of(data)
    what += ", upper answer" if upper is not None else ""
    if data is not None and compiled.alone(one.response).bound.family.events:
        what = f"restricted {what}"
    axes.set_ylabel(shorten(what, 40))
    behind = "; points: the data" if values is not None else ""
    behind += f" ({far})" if far else ""
    groups = {"average": "averaged over new groups", "zero": "group effects 0"}
    held = groups.get(one.groups, "mean over the groups")
    if not compiled.joint.grouping_factors:
        held = ""
    note = ", ".join(filter(None, ("median and 95 %", held))) + behind
    axes.set_title(note, loc="left", fontsize=SMALL)


def _mean_of(data: Replicates) -> str:
    """Return what a mean of the response is, as the axis names it."""
    if data.trials is not None:
        return f"{data.name}, share of trials"
    if data.kind == "binary":
        return f"probability of {data.name} = {data.categories[-1]}"
    return f"mean of {data.name}"


def _within(axes: Axes, lines: LabelledCurves, values: NDArray[Any] | None) -> str:
    """Keep the upright axis to the intervals and the bulk of the data.

    Returns what is to be said of values that are outside; empty where none is.
    """
    if values is None or values.ndim > 1:
        return ""
    values = values[~np.isnan(values)]
    if not len(values):
        return ""
    low, high = bulk_of(values)
    if (low, high) == (values.min(), values.max()):
        return ""
    ends = [np.quantile(draws, (0.025, 0.975)) for _, draws in lines]
    low = min(low, *(float(end[0]) for end in ends))
    high = max(high, *(float(end[1]) for end in ends))
    margin = 0.05 * (high - low)
    limits = (low - margin, high + margin)
    axes.set_ylim(*limits)
    return far_note(values, limits)


def _question(fit: Fit) -> str:
    """Return the question that is asked if nobody says one."""
    compiled = fit._origin.compiled
    if len(compiled.responses) > 1:
        raise PlotError(
            "the model has several responses: ask= says of which, as in "
            "`means block, response=y1, scale=response`"
        )
    numbers = numbers_of(compiled)
    if compiled.bound.population.smooths:
        (first, *_) = compiled.bound.population.smooths
        levels = [p.factor for p in first.columns[0].parts if isinstance(p, Coded)]
        return _along(numbers[0], compiled, levels)
    try:
        factors = factors_of_fit(fit, None)[:3]
    except PlotError:
        factors = ()
    if factors:
        return f"means {'*'.join(map(name_text, factors))}, scale={_scale(compiled)}"
    if numbers:
        return _along(numbers[0], compiled)
    raise PlotError(
        "the formula has no predictor, so that there are no effects to draw"
    )


def _along(name: str, compiled: Compiled, factors: Sequence[str] = ()) -> str:
    """Return the question of means along a number, for each level of factors."""
    found = compiled.prepared.table.columns[name]
    # one age of 999 would leave all people at the edge
    low, high = bulk_of(found.values[~found.missing])
    grid = np.linspace(low, high, _POINTS)
    points = ", ".join(f"{value:.6g}" for value in grid)
    shown = name_text(name)
    cells = "*".join(map(name_text, (name, *factors)))
    return f"means {cells}, {shown}=[{points}], scale={_scale(compiled)}"


def _scale(compiled: Compiled) -> str:
    nominal = compiled.bound.family.has_categories
    return "prob" if nominal else "response"


def numbers_of(compiled: Compiled) -> tuple[str, ...]:
    """Return the numeric predictors of the mean: of curves, then as written."""
    bound, prepared = compiled.bound, compiled.prepared
    population = bound.population
    columns = [column for one in population.smooths for column in one.columns]
    columns += [*population.effects, *population.by_threshold]
    for main in bound.mains:
        parts = (main, *made_of(main.body, bound.predictors))
        columns += known_columns(part.body for part in parts)
        columns += [column for part in parts for column in part.population.effects]
    read = (numbers_read((one,), prepared.table, prepared.computed) for one in columns)
    return tuple(dict.fromkeys(name for names in read for name in names))


def _data(fit: Fit, one: CellQuestion) -> Replicates:
    """Return what each row of the fit has, for means to be taken of it."""
    rows = fit._origin.rows_of(one.response or None)
    observed = np.asarray(rows.frame[rows.program.likelihood.value])
    return Replicates.of(rows, observed[None, :])


def _of_upper(fit: Fit, one: CellQuestion) -> NDArray[np.bool_] | None:
    """Return which rows have the upper of two answers; None: there are none."""
    rows = fit._origin.rows_of(one.response or None)
    if rows.family.answers is None:
        return None
    return np.asarray(rows.known("dec")) > 0.5


def _chosen(count: int) -> NDArray[np.intp]:
    """Return the rows to draw: of very many some, evenly."""
    if count <= _MOST:
        return np.arange(count)
    return np.linspace(0, count - 1, _MOST).astype(np.intp)


def _cells(
    axes: Axes,
    fit: Fit,
    one: CellQuestion,
    lines: LabelledCurves,
    values: NDArray[Any] | None,
) -> None:
    """Draw the interval of each cell, and its rows behind."""
    places = np.arange(len(lines))
    panels = [Panel(label, np.empty(0, dtype=np.intp)) for label, _ in lines]
    factors = [name for name, _ in one.by if name not in one.numbers]
    if values is not None and factors and len(factors) == len(one.by):
        rng = np.random.default_rng(1)
        rows_of = {panel.label: panel.rows for panel in panels_of(fit._origin, factors)}
        kept = np.zeros(len(values), dtype=bool)
        kept[_chosen(len(values))] = True
        none = np.empty(0, dtype=np.intp)
        chosen = [rows_of.get(label, none) for label, _ in lines]
        kept &= ~np.isnan(values)
        chosen = [rows[kept[rows]] for rows in chosen]
        grey = "0.7" if len(lines) <= _CLOSE else "0.85"
        widths = _widths([values[rows] for rows in chosen])
        for place, (rows, width) in enumerate(zip(chosen, widths, strict=True)):
            shift = width * rng.uniform(-1.0, 1.0, len(rows))
            axes.plot(place + shift, values[rows], "o", ms=1.6, color=grey, zorder=1)
    draws = np.stack([np.ravel(each) for _, each in lines])
    intervals(axes, places, draws, upright=True, light=len(lines) > _CLOSE)
    axes.set_xlim(-0.6, len(lines) - 0.4)
    below(axes, panels, columns=1, named=True)


def _widths(cells: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
    """Return how far each row is spread to the sides of its cell.

    Of few values that many rows have, as far as the value is frequent: else they would
    be bars of the same length.
    """
    every = np.concatenate([*cells, np.empty(0)])
    if len(every) < _OFTEN * len(np.unique(every)):
        return [np.full(len(cell), _JITTER) for cell in cells]
    counted = [np.unique(c, return_inverse=True, return_counts=True) for c in cells]
    most = max(int(counts.max(initial=1)) for _, _, counts in counted)
    return [_JITTER * counts[inverse] / most for _, inverse, counts in counted]


def _curves(
    axes: Axes,
    fit: Fit,
    one: CellQuestion,
    name: str,
    lines: LabelledCurves,
    values: NDArray[Any] | None,
) -> None:
    """Draw a curve with its band for each combination of the other factors."""
    sizes = [len(levels) for _, levels in one.by]
    sizes += [len(lines) // math.prod(sizes)]  # of each category
    axis = [n for n, _ in one.by].index(name)
    levels = one.by[axis][1]
    x = np.array([float(level) for level in levels])
    draws = np.stack([np.ravel(each) for _, each in lines]).reshape(*sizes, -1)
    draws = np.moveaxis(draws, axis, -2).reshape(-1, len(x), draws.shape[-1])
    labels = np.array([label for label, _ in lines]).reshape(sizes)
    first = np.moveaxis(labels, axis, -1).reshape(-1, len(x))[:, 0]
    named = f"{name_text(name)}={levels[0]}"
    order = np.argsort(x)
    if values is not None:
        column = _column(fit._origin.compiled, name)
        if column is not None:
            rows = _chosen(len(values))
            axes.plot(column[rows], values[rows], "o", ms=1.6, color="0.7", zorder=1)
    titles = told_apart(
        [
            ", ".join(part for part in str(label).split(", ") if part != named)
            for label in first[: len(_DASHES)]
        ],
        30,
    )
    for place, own in enumerate(draws[: len(_DASHES)]):
        low, middle, high = np.quantile(own, (0.025, 0.5, 0.975), axis=1)
        band = _BANDS[place]
        axes.fill_between(
            x[order], low[order], high[order], color=band, lw=0.0, alpha=0.8, zorder=2
        )
        axes.plot(
            x[order],
            middle[order],
            color="black",
            ls=_DASHES[place],
            lw=1.2,
            label=titles[place],
            zorder=3,
        )
    far = _along_bulk(axes, _column(fit._origin.compiled, name), x)
    axes.set_xlabel(shorten(name, 40) + (f"   ({far})" if far else ""))
    ticks_at(axes, "x")
    if len(draws) > 1:
        axes.legend(frameon=False, fontsize=SMALL)


def _along_bulk(axes: Axes, column: NDArray[Any] | None, x: NDArray[Any]) -> str:
    """Keep the axis of a predictor to what is asked and to the bulk of its values.

    Returns what is to be said of values that are outside; empty where none is.
    """
    if column is None or not len(column):
        return ""
    low, high = bulk_of(column)
    low, high = min(low, float(x.min())), max(high, float(x.max()))
    if low <= column.min() and column.max() <= high:
        return ""
    margin = 0.05 * (high - low)
    limits = (low - margin, high + margin)
    axes.set_xlim(*limits)
    return far_note(column, limits)


def _column(compiled: Compiled, name: str) -> NDArray[Any] | None:
    """Return a numeric column of the rows of a fit."""
    column = compiled.prepared.table.columns.get(name)
    if column is None or not column.kind.is_number:
        return None
    return np.asarray(column.values)
