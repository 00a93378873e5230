"""Ends of a column that several rows share, far off its other values."""

from __future__ import annotations

import numpy as np

from ..data.table import Floats, Ints

#: So many rows share the value: two real ones seldom are equal so far out.
_FEWEST_ROWS = 3
#: More rows than this share of all are no slips but a part of what was measured.
_LARGEST_SHARE = 0.2
#: The others have so many different values, which tell how far they spread.
_FEWEST_OTHERS = 20


def far_off(values: Floats, counts: Ints | None) -> list[float]:
    """Return the ends of a column that are repeated, and far off all others.

    An end is far off if the gap next to it is wider than the half of the others in
    the middle (their interquartile range). A long tail may have such gaps, and then
    seldom repeated values.

    Parameters
    ----------
    values
        The known values of a column.
    counts
        How many rows have each; None: one.
    """
    distinct, places = np.unique(values, return_inverse=True)
    rows = np.bincount(places, weights=counts, minlength=len(distinct))
    if len(distinct) < _FEWEST_OTHERS + 2:
        return []
    # both ends are left out, so that one code does not hide another
    among = np.cumsum(rows[1:-1]) / rows[1:-1].sum()
    low, high = distinct[1 + np.searchsorted(among, (0.25, 0.75))]
    gaps = {0: distinct[1] - distinct[0], -1: distinct[-1] - distinct[-2]}
    return [
        float(distinct[end])
        for end, gap in gaps.items()
        if gap > high - low
        and rows[end] >= _FEWEST_ROWS
        and rows[end] <= _LARGEST_SHARE * rows.sum()
    ]


__all__ = ["far_off"]
