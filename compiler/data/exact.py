"""Sums without rounding: the same whatever the order of the rows.

Two groups with the same values have the same mean, a file that is sorted in another
way is the same data, and so is one whose equal rows were counted.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .table import Floats, Ints

Counts = NDArray[np.int64] | None

#: Beyond these numbers are scaled first: what is added to them would overflow, or the
#: last bits of their products vanish.
_LARGE, _SMALL = 2.0**900, 2.0**-900
_BY = 2.0**300
#: Rows that are added in one go: so many stay in the cache of a processor.
_BLOCK = 1 << 14
#: Below so many rows Python's own exact sum is as quick.
_FEW = 2_000
#: Splits a double into two halves of 26 bits (Dekker 1971).
_SPLIT = 2.0**27 + 1.0


def _parts(values: Floats, rows: int) -> Iterator[Floats]:
    """Yield vectors that add up to ``values`` and whose own sums are exact.

    Each has the leading bits, as many as ``rows`` of them can be added without
    rounding, whatever their order: the extraction of Rump, Ogita & Oishi 2008, SIAM
    Journal on Scientific Computing 31:189-224, algorithm 3.3.
    """
    room = rows.bit_length() + 1
    rest = values
    while True:
        largest = max(float(rest.max(initial=0.0)), -float(rest.min(initial=0.0)))
        if largest == 0.0:
            return
        unit = math.ldexp(1.0, room + math.frexp(largest)[1])
        part = (rest + unit) - unit
        yield part
        rest = rest - part


def _sums(values: Floats, counts: Counts, rows: int) -> Iterator[float]:
    """Yield numbers that add up to the sum of the rows."""
    if counts is None and len(values) <= _FEW:
        yield from values.tolist()
        return
    for start in range(0, len(values), _BLOCK):
        block = values[start : start + _BLOCK]
        if counts is None:
            yield from (float(part.sum()) for part in _parts(block, len(block)))
        else:
            weights = counts[start : start + _BLOCK].astype(np.float64)
            yield from (float(weights @ part) for part in _parts(block, rows))


def _scaled(values: Floats, products: bool) -> tuple[Floats, float]:
    """Return values that can be added, or multiplied, and what they are times."""
    largest = float(np.max(np.abs(values), initial=0.0))
    if largest > _LARGE:
        return values / _BY, 1.0 / _BY
    if products and 0.0 < largest < _SMALL:
        return values * _BY, _BY
    return values, 1.0


def mean(values: Floats, counts: Counts = None) -> float:
    """Return the mean, correctly rounded; NaN of no values.

    Parameters
    ----------
    values : (N,)
        Values.
    counts : (N,)
        How many rows each stands for; None: one.
    """
    rows = len(values) if counts is None else int(counts.sum())
    if not rows:
        return math.nan
    if not np.isfinite(values).all():
        return float(np.average(values, weights=counts))
    values, by = _scaled(values, False)
    found = list(_sums(values, counts, rows))
    # their sum, what its rounding leaves over, and so on
    sums: list[float] = []
    while rest := math.fsum((*found, *(-sum_ for sum_ in sums))):
        sums.append(rest)
    return float(sum(map(Fraction, sums), Fraction(0)) / rows) / by


def total(values: Floats, counts: Counts = None) -> float:
    """Return the sum, correctly rounded; arguments as for ``mean``."""
    rows = len(values) if counts is None else int(counts.sum())
    if not np.isfinite(values).all():
        return float(values.sum() if counts is None else counts @ values)
    return math.fsum(_sums(values, counts, rows))


def group_means(
    values: Floats, places: Ints, size: int, counts: Counts = None
) -> Floats:
    """Return the mean of each group's values; NaN where it has none.

    Parameters
    ----------
    values : (N,)
        Values.
    places : (N,)
        The group of each, from 0.
    size
        How many groups there are.
    counts : (N,)
        How many rows each value stands for; None: one.
    """
    rows = np.bincount(places, weights=counts, minlength=size).astype(np.float64)
    if not np.isfinite(values).all():
        weights = values if counts is None else values * counts
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.bincount(places, weights=weights, minlength=size) / rows
    values, by = _scaled(values, True)
    sums = [
        np.bincount(
            places, weights=part if counts is None else part * counts, minlength=size
        )
        for part in _parts(values, max(int(rows.sum()), 1))
    ]
    high, low = np.zeros(size), np.zeros(size)
    if sums:
        # the sum of the parts and what its rounding leaves over
        every = list(zip(*(one.tolist() for one in sums), strict=True))
        high = np.array([math.fsum(one) for one in every])
        low = np.array(
            [
                math.fsum((*one, -sum_))
                for one, sum_ in zip(every, high.tolist(), strict=True)
            ]
        )
    with np.errstate(invalid="ignore", divide="ignore"):
        found = high / rows
        product, error = _product(found, rows)
        return np.asarray((found + ((high - product) - error + low) / rows) / by)


def _product(a: Any, b: Any) -> tuple[Any, Any]:
    """Return a product and its rounding error (Dekker 1971)."""
    product = a * b
    a_high = a * _SPLIT - (a * _SPLIT - a)
    b_high = b * _SPLIT - (b * _SPLIT - b)
    a_low, b_low = a - a_high, b - b_high
    error = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + (
        a_low * b_low
    )
    return product, error
