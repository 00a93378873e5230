"""The size of one step of a column, ``c``: the unit of an effect's default prior."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ..data import weighted
from ..data.spread import is_constant
from ..data.table import Floats
from ..data.weighted import Counts

#: Values of a column that are closer than this, in units of its range, are one value.
_SAME = 1e-9
#: Up to this share of pairs of rows with one value a column is as good as continuous,
#: from this share on it is as good as one of two values.
_FEW_ALIKE, _MANY_ALIKE = 1.0 / 3.0, 0.5


def code_step(weights: Sequence[float]) -> float:
    """Return the range of a contrast column; 1 of one that is constant."""
    step = max(weights) - min(weights)
    return step if step > 0 else 1.0


def numeric_step(
    values: Floats, counts: Counts = None, rounding: float | None = None
) -> float:
    """Return the size of one step of a numeric column; 0 if all rows have one value.

    Where values seldom repeat it is the standard deviation. A column with two values
    has one step, its range, whatever their shares; so have, nearly, columns that have
    two values but for a few rows. Both are cases of ``sqrt(h v)`` with ``v`` the
    variance and ``q`` the probability that two rows have one value: ``h = 1`` for
    ``q <= 1/3``; ``h = 2 / (1 - q)`` for ``q >= 1/2``, which makes it the root mean
    square difference of two rows that differ; and in between a mean of the two. So no
    single value of a long column changes it much.

    Parameters
    ----------
    values : (N,)
        The column.
    counts : (N,)
        How many rows each stands for; None: one.
    rounding
        How far off a value may be, see ``spread``.
    """
    if is_constant(values, rounding):
        return 0.0
    spread = weighted.sd(values, counts, rounding)
    extent = float(values.max()) - float(values.min())
    alike = _share_alike(values, counts, _SAME * extent)
    part = (alike - _FEW_ALIKE) / (_MANY_ALIKE - _FEW_ALIKE)
    part = min(max(part, 0.0), 1.0)
    if part == 0.0:
        return spread
    rows = weighted.total(values, counts)
    # the variance of all pairs of rows, of which the square is the two values' range
    pairs = spread * spread * (rows - 1) / rows
    return math.sqrt(
        (1.0 - part) * spread * spread + part * 2.0 * pairs / (1.0 - alike)
    )


def _share_alike(values: Floats, counts: Counts, near: float) -> float:
    """Return the probability that two rows, drawn with replacement, have one value."""
    order = np.argsort(values, kind="stable")
    starts = np.flatnonzero(np.diff(values[order], prepend=-np.inf) > near)
    weights = np.ones(len(values)) if counts is None else counts[order].astype(float)
    shares = np.add.reduceat(weights, starts) / weights.sum()
    return float(shares @ shares)
