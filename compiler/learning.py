"""What calls over rows learn: ``LEARNERS``, a function each.

The definitions are R's (``scale``, ``poly``, ``splines::bs`` and ``ns``, ``cut``), so
that a fit can be compared with one of lme4 or brms.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from . import weighted
from .design import group_index, group_levels
from .levels import spell_number
from .stateful import (
    ByGroup,
    Constant,
    Intervals,
    Orthogonal,
    Powers,
    Ranks,
    Settings,
    Shifted,
    Spline,
    State,
    by_group,
)
from .table import Floats, Table

# A spline or polynomial of more columns is a mistake.
MOST_COLUMNS = 1_000


class Unlearnable(Exception):
    """The rows do not allow what is asked; the message and its notes are shown."""

    def __init__(self, message: str, *notes: str) -> None:
        super().__init__(message)
        self.message, self.notes = message, notes


def learn_call(function: str, x: Floats, settings: Settings, table: Table) -> State:
    """Return what a call learns from the rows of a table.

    Parameters
    ----------
    function
        Its name; one of ``LEARNERS``.
    x : (N,)
        The value in each row; NaN where it is missing.
    settings
        The other arguments.
    table
        The rows, with their counts and the columns to group by.

    Raises
    ------
    Unlearnable
        Where the rows do not allow it.
    """
    return LEARNERS[function](x, settings, table)


def _present(x: Floats, table: Table) -> tuple[Floats, weighted.Counts]:
    there = ~np.isnan(x)
    counts = table.counts
    found = x[there]
    if not len(found):
        raise Unlearnable("no row has a value")
    if np.isinf(found).any():
        raise Unlearnable("a value is infinite", "the logarithm of 0 is one such")
    return found, None if counts is None else counts[there]


def _center(x: Floats, settings: Settings, table: Table) -> State:
    return Shifted(weighted.mean(*_present(x, table)))


def _scale(x: Floats, settings: Settings, table: Table) -> State:
    values, counts = _present(x, table)
    centered = settings.get("center", True)
    center = weighted.mean(values, counts) if centered else 0.0
    if not settings.get("scale", True):
        return Shifted(center)
    if centered:
        spread = weighted.sd(values, counts)
    else:
        rows = weighted.total(values, counts)
        squares = weighted.mean(np.square(values), counts) * rows
        spread = float(np.sqrt(squares / max(rows - 1, 1)))
    if not spread > 1e-12 * max(1.0, abs(center)) or values.min() == values.max():
        raise Unlearnable(
            "every row has the same value", "there is no spread to divide by"
        )
    return Shifted(center, spread)


def _rank(x: Floats, settings: Settings, table: Table) -> State:
    values, counts = _present(x, table)
    distinct, place = np.unique(values, return_inverse=True)
    weights = None if counts is None else counts.astype(np.float64)
    sizes = np.bincount(place, weights=weights)
    ranks = np.cumsum(sizes) - (sizes - 1) / 2
    return Ranks(tuple(distinct.tolist()), tuple(ranks.tolist()))


def _summary(statistic: str, minus: bool) -> Callable[[Floats, Settings, Table], State]:
    def learned(x: Floats, settings: Settings, table: Table) -> State:
        values, counts = _present(x, table)
        by = settings.get("by")
        if by is None:
            of = {
                "mean": lambda: weighted.mean(values, counts),
                "min": lambda: float(values.min()),
                "max": lambda: float(values.max()),
            }
            return Constant(of[statistic]())
        levels = group_levels(by, table)
        index = group_index(by, levels, table)
        found = by_group(statistic, x, index, len(levels), table)
        return ByGroup(statistic, by, levels, tuple(found.tolist()), minus)

    return learned


def _poly(x: Floats, settings: Settings, table: Table) -> State:
    degree = int(settings.get("degree", 1))
    if not 1 <= degree <= MOST_COLUMNS:
        raise Unlearnable("`degree` must be a whole number above 0")
    values, counts = _present(x, table)
    if settings.get("raw", False):
        return Powers(degree)
    distinct = len(np.unique(values))
    if degree >= distinct:
        raise Unlearnable(
            f"a polynomial of degree {degree} needs more than {degree} different "
            f"values, and there are {distinct}"
        )
    weights = np.ones(len(values)) if counts is None else counts.astype(np.float64)
    before, current = np.zeros_like(values), np.ones_like(values)
    norms = [float(weights.sum())]
    shifts: list[float] = []
    for place in range(degree):
        square = weights * current * current
        shifts.append(float(square @ values / square.sum()))
        ratio = norms[-1] / norms[-2] if place else 0.0
        before, current = current, (values - shifts[-1]) * current - ratio * before
        norms.append(float(weights @ (current * current)))
    return Orthogonal(tuple(shifts), tuple(norms))


def _inner_knots(
    x: Floats, counts: weighted.Counts, settings: Settings, free: int, least: int
) -> tuple[float, ...]:
    """Return the inner knots: as listed, else at quantiles, as many as `df` leaves."""
    listed = settings.get("knots")
    low, high = float(x.min()), float(x.max())
    if listed is not None:
        if "df" in settings.values:
            raise Unlearnable("`df` and `knots` both say how many columns there are")
        outside = [k for k in listed if not low < k < high]
        if outside:
            raise Unlearnable(
                f"the knot {spell_number(outside[0])} is outside the data, which go "
                f"from {spell_number(low)} to {spell_number(high)}"
            )
        return tuple(sorted(listed))
    df = settings.get("df")
    if df is None:
        return ()
    count = int(df) - free
    if count < 0:
        raise Unlearnable(f"`df` must be at least {least}")
    if count > MOST_COLUMNS:
        raise Unlearnable(f"`df` must be at most {MOST_COLUMNS:,}")
    probs = (np.arange(count) + 1) / (count + 1)
    found = weighted.quantiles(x, probs.tolist(), counts)
    return tuple(found.tolist())


def _ends(x: Floats) -> tuple[float, float]:
    low, high = float(x.min()), float(x.max())
    if not low < high:
        raise Unlearnable(
            "every row has the same value", "a spline needs a range of values"
        )
    return low, high


def _bs(x: Floats, settings: Settings, table: Table) -> State:
    values, counts = _present(x, table)
    low, high = _ends(values)
    degree = int(settings.get("degree", 3))
    if not 1 <= degree <= 20:
        raise Unlearnable("`degree` must be a whole number from 1 to 20")
    first = 0 if settings.get("intercept", False) else 1
    free = degree + 1 - first
    inner = _inner_knots(values, counts, settings, free, free)
    knots = (low,) * (degree + 1) + inner + (high,) * (degree + 1)
    size = len(knots) - degree - 1
    weights = np.eye(size)[:, first:]
    return Spline(knots, degree, tuple(map(tuple, weights.tolist())), False)


def _ns(x: Floats, settings: Settings, table: Table) -> State:
    from scipy.interpolate import BSpline

    values, counts = _present(x, table)
    low, high = _ends(values)
    first = 0 if settings.get("intercept", False) else 1
    free = 2 - first
    inner = _inner_knots(values, counts, settings, free, free)
    knots = (low,) * 4 + inner + (high,) * 4
    size = len(knots) - 4
    # second derivatives at both ends are 0: the space that is left by a QR
    curvature = BSpline(np.array(knots), np.eye(size), 3)(np.array([low, high]), nu=2)
    constraint = curvature[:, first:]
    q, _ = np.linalg.qr(constraint.T, mode="complete")
    weights = np.zeros((size, size - first - 2))
    weights[first:] = q[:, 2:]
    return Spline(knots, 3, tuple(map(tuple, weights.tolist())), True)


def _cut(x: Floats, settings: Settings, table: Table) -> State:
    values, _ = _present(x, table)
    breaks: tuple[float, ...] = settings.get("breaks")
    right, lowest = settings.get("right", True), settings.get("include_lowest", False)
    if len(breaks) > 1:
        bounds = tuple(sorted(breaks))
        if len(set(bounds)) < len(bounds):
            raise Unlearnable("`breaks` names a bound twice")
    else:
        bounds = _equal_bounds(values, breaks[0])
    labels = settings.get("labels")
    if labels is None:
        labels = interval_names(bounds, right, lowest)
    if len(labels) != len(bounds) - 1 or len(set(labels)) < len(labels):
        raise Unlearnable(
            f"`labels` must name {len(bounds) - 1} intervals, each in its own way"
        )
    return Intervals(bounds, tuple(labels), right, lowest)


def _equal_bounds(values: Floats, wanted: float) -> tuple[float, ...]:
    """Return the bounds of intervals of equal width, the range widened by 0.1 %."""
    if not (float(wanted).is_integer() and 2 <= wanted <= MOST_COLUMNS):
        raise Unlearnable(
            "`breaks` must be a whole number above 1, or a list of bounds"
        )
    count = int(wanted)
    low, high = float(values.min()), float(values.max())
    spread = high - low
    if spread == 0:
        spread = abs(low)
        if spread == 0:
            raise Unlearnable("every row has the value 0")
        return tuple(np.linspace(low - spread / 1000, high + spread / 1000, count + 1))
    bounds = np.linspace(low, high, count + 1)
    bounds[0], bounds[-1] = low - spread / 1000, high + spread / 1000
    return tuple(bounds.tolist())


def interval_names(bounds: Sequence[float], right: bool, lowest: bool) -> list[str]:
    """Return ``(0,18]``, ``(18,65]``: bounds to as few digits as tell them apart."""
    shown: list[str] = []
    for digits in range(3, 17):
        shown = [f"{bound:.{digits}g}" for bound in bounds]
        if len(set(shown)) == len(shown):
            break
    left, end = ("(", "]") if right else ("[", ")")
    names = [f"{left}{a},{b}{end}" for a, b in zip(shown, shown[1:], strict=False)]
    if lowest and right:
        names[0] = f"[{names[0][1:]}"
    elif lowest:
        names[-1] = f"{names[-1][:-1]}]"
    return names


LEARNERS: Mapping[str, Callable[[Floats, Settings, Table], State]] = {
    "center": _center,
    "scale": _scale,
    "standardize": _scale,
    "rank": _rank,
    "mean": _summary("mean", False),
    "min": _summary("min", False),
    "max": _summary("max", False),
    "between": _summary("mean", False),
    "within": _summary("mean", True),
    "poly": _poly,
    "bs": _bs,
    "ns": _ns,
    "cut": _cut,
}
