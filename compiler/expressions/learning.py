"""What calls over rows learn: ``LEARNERS``, a function each.

The definitions are R's (``scale``, ``poly``, ``splines::bs`` and ``ns``, ``cut``), so
that a fit can be compared with one of lme4 or brms.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from varying.grammar.spelling import spell_number

from ..data import spread, weighted
from ..data.codes import group_index, group_levels
from ..data.table import Floats, Table
from .smooth import learn_smooth
from .smooth.learn import Unsuited
from .stateful import (
    ByGroup,
    CallSettings,
    Constant,
    Intervals,
    Orthogonal,
    Powers,
    Ranks,
    Shifted,
    Spline,
    State,
    by_group,
)

# A spline or polynomial of more columns is a mistake.
MOST_COLUMNS = 1_000


class Unlearnable(Exception):
    """The rows do not allow what is asked; the message and its notes are shown."""

    def __init__(self, message: str, *notes: str) -> None:
        super().__init__(message)
        self.message, self.notes = message, notes


def learn_call(
    function: str,
    x: Floats,
    settings: CallSettings,
    table: Table,
    rounding: float | None = None,
) -> State:
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
    rounding
        How far off the values may be; None: by half of their last bit.

    Raises
    ------
    Unlearnable
        Where the rows do not allow it.
    """
    return LEARNERS[function](Values(x, table, rounding), settings)


@dataclass(frozen=True, slots=True)
class Values:
    """What a call is applied to: the value in each row of a table.

    ``rounding`` says how far off each may be; None: by half of its last bit.
    """

    x: Floats
    table: Table
    rounding: float | None


def _present(of: Values) -> tuple[Floats, weighted.Counts]:
    there = ~np.isnan(of.x)
    counts = of.table.counts
    found = of.x[there]
    if not len(found):
        raise Unlearnable("no row has a value")
    if np.isinf(found).any():
        raise Unlearnable("a value is infinite", "the logarithm of 0 is one such")
    return found, None if counts is None else counts[there]


def _center(of: Values, settings: CallSettings) -> State:
    return Shifted(weighted.mean(*_present(of)))


def _scale(of: Values, settings: CallSettings) -> State:
    values, counts = _present(of)
    centered = settings.get("center", True)
    center = weighted.mean(values, counts) if centered else 0.0
    if not settings.get("scale", True):
        return Shifted(center)
    if spread.is_constant(values, of.rounding):
        raise Unlearnable(
            "every row has the same value", "there is no spread to divide by"
        )
    if centered:
        return Shifted(center, weighted.sd(values, counts, of.rounding))
    return Shifted(center, spread.root_mean_square(values, counts))


def _rank(of: Values, settings: CallSettings) -> State:
    values, counts = _present(of)
    values = spread.merged(values, _off(values, of))
    distinct, place = np.unique(values, return_inverse=True)
    weights = None if counts is None else counts.astype(np.float64)
    sizes = np.bincount(place, weights=weights)
    ranks = np.cumsum(sizes) - (sizes - 1) / 2
    return Ranks(tuple(distinct.tolist()), tuple(ranks.tolist()))


def _off(values: Floats, of: Values) -> float:
    return spread.rounding_of(values) if of.rounding is None else of.rounding


def _summary(statistic: str, minus: bool) -> Callable[[Values, CallSettings], State]:
    def learned(of: Values, settings: CallSettings) -> State:
        x, table = of.x, of.table
        values, counts = _present(of)
        by = settings.get("by")
        if by is None:
            found_by = {
                "mean": lambda: weighted.mean(values, counts),
                "min": lambda: float(values.min()),
                "max": lambda: float(values.max()),
            }
            return Constant(found_by[statistic]())
        levels = group_levels(by, table)
        index = group_index(by, levels, table)
        found = by_group(statistic, x, index, len(levels), table)
        # 0.1 and 0.2 have the mean of 0.15: one number but for its last bit
        found = spread.merged(found, _off(values, of))
        return ByGroup(statistic, by, levels, tuple(found.tolist()), minus)

    return learned


def _poly(of: Values, settings: CallSettings) -> State:
    degree = int(settings.get("degree", 1))
    if not 1 <= degree <= MOST_COLUMNS:
        raise Unlearnable("`degree` must be a whole number above 0")
    values, counts = _present(of)
    if settings.get("raw", False):
        return Powers(degree)
    distinct = len(spread.distinct(values, of.rounding))
    if degree >= distinct:
        raise Unlearnable(
            f"a polynomial of degree {degree} needs more than {degree} different "
            f"values, and there are {distinct}"
        )
    weights = np.ones(len(values)) if counts is None else counts.astype(np.float64)
    origin = weighted.mean(values, counts)
    unit = float(np.max(np.abs(values - origin)))
    z = (values - origin) / unit
    before, current = np.zeros_like(z), np.ones_like(z)
    norms = [float(weights.sum())]
    shifts: list[float] = []
    for place in range(degree):
        square = weights * current * current
        shifts.append(float(square @ z / square.sum()))
        ratio = norms[-1] / norms[-2] if place else 0.0
        before, current = current, (z - shifts[-1]) * current - ratio * before
        norms.append(float(weights @ (current * current)))
    return Orthogonal(tuple(shifts), tuple(norms), origin, unit)


def _inner_knots(
    x: Floats, counts: weighted.Counts, settings: CallSettings, free: int, least: int
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


def _ends(x: Floats, of: Values) -> tuple[float, float]:
    low, high = float(x.min()), float(x.max())
    if spread.is_constant(x, of.rounding):
        raise Unlearnable(
            "every row has the same value", "a spline needs a range of values"
        )
    return low, high


def _bs(of: Values, settings: CallSettings) -> State:
    values, counts = _present(of)
    low, high = _ends(values, of)
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


def _ns(of: Values, settings: CallSettings) -> State:
    from scipy.interpolate import BSpline

    values, counts = _present(of)
    low, high = _ends(values, of)
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


def _smooth(of: Values, settings: CallSettings) -> State:
    values, counts = _present(of)
    if spread.is_constant(values, of.rounding):
        raise Unlearnable(
            "every row has the same value", "a curve needs a range of values"
        )
    distinct = spread.distinct(values, of.rounding)
    k = settings.get("k")
    size = None if k is None else int(k)
    try:
        return learn_smooth(values, counts, distinct, settings.get("bs"), size)
    except Unsuited as fault:
        raise Unlearnable(fault.message, *fault.notes) from None


def _cut(of: Values, settings: CallSettings) -> State:
    values, _ = _present(of)
    breaks: tuple[float, ...] = settings.get("breaks")
    right, lowest = settings.get("right", True), settings.get("include_lowest", False)
    if len(breaks) > 1:
        bounds = tuple(sorted(breaks))
        if len(set(bounds)) < len(bounds):
            raise Unlearnable("`breaks` names a bound twice")
    else:
        bounds = _equal_bounds(values, breaks[0], of)
    labels = settings.get("labels")
    if labels is None:
        labels = interval_names(bounds, right, lowest)
    if len(labels) != len(bounds) - 1 or len(set(labels)) < len(labels):
        raise Unlearnable(
            f"`labels` must name {len(bounds) - 1} intervals, each in its own way"
        )
    return Intervals(bounds, tuple(labels), right, lowest)


def _equal_bounds(values: Floats, wanted: float, of: Values) -> tuple[float, ...]:
    """Return the bounds of intervals of equal width, the range widened by 0.1 %."""
    if not (float(wanted).is_integer() and 2 <= wanted <= MOST_COLUMNS):
        raise Unlearnable(
            "`breaks` must be a whole number above 1, or a list of bounds"
        )
    count = int(wanted)
    low, high = float(values.min()), float(values.max())
    width = high - low
    if spread.is_constant(values, of.rounding):
        width = abs(low)
        if width == 0:
            raise Unlearnable("every row has the value 0")
        return tuple(np.linspace(low - width / 1000, high + width / 1000, count + 1))
    bounds = np.linspace(low, high, count + 1)
    bounds[0], bounds[-1] = low - width / 1000, high + width / 1000
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


LEARNERS: Mapping[str, Callable[[Values, CallSettings], State]] = {
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
    "s": _smooth,
    "cut": _cut,
}
