"""Quantiles of the responses of all new groups together.

The mean of the quantiles of groups is no quantile of their responses. That is where the
average of their distribution functions reaches the share: it is found draw by draw, by
Chandrupatla's method (1997, Advances in Engineering Software 28, 145-149), which is
bisection where a parabola would do no better, and so holds where there are jumps. Of
counts it is looked for where the logs of counts would have it if they were normal, so
that few averages are asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from varying.compiler.families.cdf import atoms_of, cdf_of
from varying.compiler.families.combined.limits import is_whole

from . import measures
from .at_once import AtOnce
from .average import at_zero, averaged
from .measures import Measure

__all__ = ["averaged_quantile"]

Array = NDArray[Any]
#: From values to the distribution function less the share, both draws by rows; of some
#: draws alone, if these are given.
Excess = Callable[..., Array]

#: What the values are called among the draws.
_VALUES = "value at quantile"
#: Counts whose probabilities are averaged at a time, and those that are tried at most.
_COUNTS, _MOST = 128, 10_000
#: Doublings of the distance from the quantile of a group whose effects are 0; steps.
_DOUBLINGS, _STEPS = 60, 200
#: Logs of a count that are looked beyond at most.
_FARTHEST = 5.0
#: Of the spread of responses: nearer to it than that a quantile need not be.
_CLOSE = 1e-10


def averaged_quantile(
    at: AtOnce,
    share: float,
    numbers: Sequence[float],
    strata: Mapping[str, Array] | None = None,
) -> Array:
    """Return the value that a share of responses of new groups is at or below.

    Parameters
    ----------
    at, share
        The rows, and which quantile.
    numbers
        Of ordered categories: which numbers they are.
    strata
        As ``averaged`` takes them.
    """
    family = at.family
    if family.response == "ordinal":
        above = averaged(measures.exceeding(at, len(numbers) - 1), at, strata)
        values = np.asarray(numbers, dtype=float)
        return np.asarray(values[(above > 1.0 - share).sum(axis=-1)])
    if cdf_of(family) is None:
        return _summed(at, share, strata)

    def excess(values: Array, places: Array | None = None) -> Array:
        some = at if places is None else at.chosen(places)
        there = AtOnce(at.program, at.frame, {**some.draws, _VALUES: values})
        # by the smaller tail, which has the digits
        if share <= 0.5:
            return averaged(_tail(there, 0), there, strata) - share
        return 1.0 - share - averaged(_tail(there, 1), there, strata)

    start, low, high = (
        at_zero(measures.quantile(at, p, numbers), at) for p in (share, 0.1, 0.9)
    )
    # a group whose effects are 0 has none where too few of its times end
    start = np.where(np.isfinite(start), start, 0.0)
    spread = np.zeros_like(start)
    is_known = np.isfinite(high) & np.isfinite(low)
    np.subtract(high, low, out=spread, where=is_known)
    if is_whole(family):
        return _whole(excess, share, start, low, high)
    found = _root(excess, start, spread)
    for atom in atoms_of(family):
        own = np.full(found.shape, atom)
        reached = (excess(np.nextafter(own, -np.inf)) < 0.0) & (excess(own) >= 0.0)
        found = np.where(reached, atom, found)
    return found


def _tail(at: AtOnce, which: int) -> Measure:
    """Return the probabilities up to (0) or above (1) the values among the draws."""
    tails = cdf_of(at.family)
    assert tails is not None

    def value(at: AtOnce, predictors: Mapping[str, Array]) -> Array:
        found = tails(at.draws[_VALUES][..., None], **at.arguments(predictors))
        return np.asarray(found[which])

    return Measure(value, work=4, bounded=True)


def _bracket(excess: Excess, start: Array, spread: Array) -> tuple[Array, Array]:
    """Return values at which a distribution function is below a share, and reaches it.

    They are looked for around a value, twice as far each time.
    """
    step = np.where(spread > 0.0, spread, np.maximum(np.abs(start), 1.0))
    reached = excess(start) >= 0.0
    low, high = np.where(reached, np.nan, start), np.where(reached, start, np.nan)
    for _ in range(_DOUBLINGS):
        open_ = np.isnan(low) | np.isnan(high)
        if not open_.any():
            break
        last = np.where(np.isnan(low), high, low)
        tried = np.where(open_, last + np.where(np.isnan(low), -step, step), last)
        reached = excess(tried) >= 0.0
        high = np.where(open_ & reached, tried, high)
        low = np.where(open_ & ~reached, tried, low)
        step = 2.0 * step
    return low, high


def _whole(
    excess: Excess, share: float, start: Array, low: Array, high: Array
) -> Array:
    """Return the smallest whole number at which a distribution function has a share.

    It is looked for between numbers that do not reach it and that do, where a lognormal
    distribution through the last two values has it, and each third time in the middle.

    Parameters
    ----------
    start, low, high
        The quantile of a group whose effects are 0, and two others, 0.1 and 0.9.
    """
    from scipy.special import ndtri

    def score(shares: Array | float) -> Array:
        return np.asarray(ndtri(np.clip(shares, _CLOSE, 1.0 - _CLOSE)))

    tried = np.maximum(start, 0.0)
    width = np.where(np.isfinite(high - low), np.log1p(high) - np.log1p(low), 0.0)
    slope = 2.0 * score(0.9) / np.maximum(width, 1.0 / (1.0 + tried))
    before = np.full((2, *start.shape), np.nan)
    low, high = np.full(start.shape, -1.0), np.full(start.shape, np.inf)
    places = np.arange(len(start))
    for turn in range(1, _STEPS):
        at, over = tried[places], excess(tried[places], places)
        # no number is neither: its row is left
        low[places] = np.where(over < 0.0, at, low[places])
        high[places] = np.where(over >= 0.0, at, high[places] + 0.0 * over)
        with np.errstate(all="ignore"):
            now = np.stack([np.log1p(at), score(share + over) - score(share)])
            run, rise = now - before[:, places]
            steep = np.where(rise / run > 0.0, rise / run, slope[places])
            moved = np.clip(now[1] / steep, -_FARTHEST, _FARTHEST)
            found = np.ceil(np.expm1(now[0] - moved))
        before[:, places], slope[places] = now, steep
        below, above = low[places], high[places]
        if turn % 3 == 0:
            middle = np.floor(0.5 * (below + above))
            found = np.where(np.isfinite(above), middle, found)
        tried[places] = np.clip(found, below + 1.0, np.maximum(above - 1.0, below))
        places = np.flatnonzero((high - low > 1.0).any(axis=1))
        if not places.size:
            break
    return np.where(high - low <= 1.0, high, np.nan)


def _root(excess: Excess, start: Array, spread: Array) -> Array:
    """Return where a distribution function reaches a share; infinity: nowhere."""
    a, b = _bracket(excess, start, spread)
    is_nowhere = np.isnan(b) & ~np.isnan(a)
    close = _CLOSE * np.maximum(spread, np.spacing(np.abs(b) + np.abs(a)) / _CLOSE)
    at_a, at_b = excess(a), excess(b)
    # b is the last value, a on the other side of the root, c the one before
    c, at_c = a, at_a
    t = np.full(a.shape, 0.5)
    for _ in range(_STEPS):
        new = a + t * (b - a)
        found = excess(new)
        same = (found >= 0.0) == (at_a >= 0.0)
        c, at_c = np.where(same, a, b), np.where(same, at_a, at_b)
        b, at_b = np.where(same, b, a), np.where(same, at_b, at_a)
        a, at_a = new, found
        width = np.abs(b - a)
        if (np.isnan(width) | (width <= 2.0 * close) | (at_a == 0.0)).all():
            break
        with np.errstate(all="ignore"):
            x, y = (a - b) / (c - b), (at_a - at_b) / (at_c - at_b)
            curved = (1.0 - np.sqrt(1.0 - x) < y) & (y < np.sqrt(x))
            t = at_a / (at_b - at_a) * at_c / (at_b - at_c)
            t += (c - a) / (b - a) * at_a / (at_c - at_a) * at_b / (at_c - at_b)
            least = np.minimum(0.5, close / width)
        t = np.where(curved & np.isfinite(t), np.clip(t, least, 1.0 - least), 0.5)
    found = np.where((at_a >= 0.0) | np.isnan(at_a), a, b)
    return np.where(is_nowhere, np.inf, found)


def _summed(at: AtOnce, share: float, strata: Mapping[str, Array] | None) -> Array:
    """Return the smallest count up to which averaged probabilities have a share."""
    found, total = np.full((at.size, at.rows), np.nan), np.zeros((at.size, at.rows, 1))
    for first in range(0, _MOST, _COUNTS):
        counts = [[one] for one in range(first, first + _COUNTS)]
        each = averaged(measures.probabilities(at, counts), at, strata)
        sums = total + np.cumsum(each, axis=-1)
        own = first + (sums < share).sum(axis=-1)
        found = np.where(np.isnan(found) & (sums[..., -1] >= share), own, found)
        if not np.isnan(found).any():
            break
        total = sums[..., -1:]
    return found
