"""Quantiles of responses: the smallest value that a share of them is at or below.

A family whose quantiles have a formula, or a function in SciPy, has it in its record.
Those of the others are found by halving the numbers that a computer has, or whole
numbers, between the ends of the distribution function: after 64 steps there is none
between. That is exact to the digits of the distribution function, whatever jumps it
has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .cdf import cdf_of
from .combined.limits import base_name, is_whole
from .family import Family

__all__ = ["quantile_of"]

Array = NDArray[Any]
Quantile = Callable[..., Array]

#: Beyond it distribution functions need not be numbers.
_FARTHEST = 1e100
#: Counts beyond it are not told apart.
_MOST = 1 << 52
#: Counts that are added up at most; a quantile beyond is no number.
_COUNTS = 10_000
_SIGN = np.int64(np.iinfo(np.int64).min)


def quantile_of(family: Family) -> Quantile | None:
    """Return the quantiles of numbers, counts or successes; None: there are none here.

    Of the response without limits. The share comes first, one number between 0 and 1;
    then the parameters by name, arrays that broadcast.
    """
    from . import FAMILIES

    base = FAMILIES.get(base_name(family.name), family)
    if base.response not in ("continuous", "count", "successes"):
        return None
    if base.quantile is not None:
        return base.quantile
    tails = cdf_of(base)
    if tails is not None:
        whole = is_whole(base)

        def by_halving(p: float, **given: Array) -> Array:
            return _halved(tails, p, given, whole)

        return by_halving
    if is_whole(base):

        def by_sums(p: float, **given: Array) -> Array:
            return _summed(base, p, given)

        return by_sums
    return None


def _halved(
    tails: Callable[..., tuple[Array, Array]],
    p: float,
    given: Mapping[str, Array],
    whole: bool,
) -> Array:
    """Return the smallest value whose distribution function reaches a share.

    Infinity is where there is none: of times, where too few have an event by the last
    knot.
    """
    shape = np.broadcast_shapes(*map(np.shape, given.values()))
    to_place, to_number = (_rounded, _as_float) if whole else (_place, _number)

    def reaches(places: Array) -> Array:
        with np.errstate(all="ignore"):
            below, above = tails(to_number(places), **given)
        # by the smaller tail, which has the digits
        return np.asarray(below >= p if p <= 0.5 else above <= 1.0 - p)

    if whole:
        low, high = _below_and_above(reaches, shape)
    else:
        low, high = (to_place(np.full(shape, end)) for end in (-_FARTHEST, _FARTHEST))
    while True:
        # their mean, which their sum may be too large for
        middle = (low >> 1) + (high >> 1) + (low & high & 1)
        if (middle == low).all():
            break
        reached = reaches(middle)
        high, low = np.where(reached, middle, high), np.where(reached, low, middle)
    found = to_number(high)
    return np.asarray(found if whole else np.where(found < _FARTHEST, found, np.inf))


def _below_and_above(
    reaches: Callable[[Array], Array], shape: tuple[int, ...]
) -> tuple[Array, Array]:
    """Return whole numbers that do not reach a share, and some that do.

    They are twice as large each time: most counts are small.
    """
    low, high = np.full(shape, -1, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    while high.size and high.max() < _MOST:
        reached = reaches(high)
        if reached.all():
            break
        low, high = np.where(reached, low, high), np.where(reached, high, 2 * high + 1)
    return low, high


def _rounded(numbers: Array) -> Array:
    return numbers.astype(np.int64)


def _as_float(places: Array) -> Array:
    return places.astype(np.float64)


def _place(numbers: Array) -> Array:
    """Return the places of numbers among all that a computer has, from -2^63."""
    bits = np.ascontiguousarray(numbers, dtype=np.float64).view(np.int64)
    return np.where(bits >= 0, bits, _SIGN - bits)


def _number(places: Array) -> Array:
    """Return the numbers at places."""
    bits = np.where(places >= 0, places, _SIGN - places)
    return np.ascontiguousarray(bits).view(np.float64)


def _summed(family: Family, p: float, given: Mapping[str, Array]) -> Array:
    """Return the smallest count up to which probabilities add up to a share."""
    shape = np.broadcast_shapes(*map(np.shape, given.values()))
    found, total = np.full(shape, np.nan), np.zeros(shape)
    for count in range(_COUNTS):
        total = total + np.exp(family.log_density(np.asarray(count), **given))
        found = np.where(np.isnan(found) & (total >= p), count, found)
        if not np.isnan(found).any():
            break
    return found
