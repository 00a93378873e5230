"""What counts as equal: the one place where noise is told from differences.

Numbers are rounded, so 0.1 + 0.2 and 0.3 are the same number, and a column of both is
constant. What is small beside rounding is nothing; what is small beside other columns,
or beside its own distance from 0, may be all there is: seconds since 1970, charges of
1e-19. So everything is judged in the column's own scale after centring, and against
the rounding of its values: ``rounding``, how far off a value may be. Whole numbers
have none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import exact
from .exact import Counts
from .table import Floats

#: Half of the distance from 1 to the next number: how far off a rounded 1 may be.
UNIT = 2.0**-53
#: From here on a float64 need not be a whole number's own.
_MOST_EXACT = 2.0**53
#: Two values are the same if they are no farther apart than this many roundings: each
#: may be off by a few, as the sum of two or three numbers is.
_SAME = 8.0
#: All values are the same if they lie within this many: of a long computation.
ROUNDINGS = 64.0
#: A column depends on others if so little of its length is left beside them: R's
#: tolerance, of columns after centring, for those of a file may be written to a few
#: digits. What is computed from others is off by rounding and no more.
DEPENDENT, _COMPUTED = 1e-7, 1e-12


def rounding_of(values: Floats) -> float:
    """Return how far off values may be that were read or computed in one step.

    Whole numbers are exact; others are off by half of the last bit of the largest.
    """
    if not len(values):
        return 0.0
    largest = max(float(values.max()), -float(values.min()))
    if not math.isfinite(largest):
        return 0.0
    if largest < _MOST_EXACT and bool(np.all(values == np.floor(values))):
        return 0.0
    return UNIT * largest


def _known(values: Floats, rounding: float | None) -> float:
    return rounding_of(values) if rounding is None else rounding


def is_constant(values: Floats, rounding: float | None = None) -> bool:
    """Whether values differ by no more than rounding.

    Parameters
    ----------
    values : (N,)
        Without missing ones.
    rounding
        How far off each may be; None: as ``rounding_of`` says.
    """
    if not len(values):
        return True
    extent = float(values.max()) - float(values.min())
    return extent == 0.0 or extent <= ROUNDINGS * _known(values, rounding)


def is_same(values: Floats, value: float) -> NDArray[np.bool_]:
    """Return which values are a given one but for rounding."""
    return np.asarray(np.abs(values - value) <= _SAME * UNIT * abs(value))


def two_values(values: Floats, rounding: float | None = None) -> float | None:
    """Return how far two values are apart, if a column has these two and no other."""
    if is_constant(values, rounding):
        return None
    low, high = float(values.min()), float(values.max())
    near = _SAME * _known(values, rounding)
    if bool(np.all((values <= low + near) | (values >= high - near))):
        return high - low
    return None


def distinct(values: Floats, rounding: float | None = None) -> Floats:
    """Return the different values in order; of those that are the same the first."""
    found = np.unique(values)
    return found[_firsts(found, _SAME * _known(values, rounding))]


def merged(values: Floats, rounding: float) -> Floats:
    """Return values with one number for those that are the same; NaN stays."""
    found, places = np.unique(values, return_inverse=True)
    firsts = _firsts(found, _SAME * rounding)
    return np.asarray(found[firsts][np.cumsum(firsts)[places] - 1])


def _firsts(ordered: Floats, near: float) -> NDArray[np.bool_]:
    """Return which of some rising values are farther than that above the last such."""
    firsts = np.ones(len(ordered), dtype=np.bool_)
    last = -1
    for place in (np.flatnonzero(np.diff(ordered) <= near) + 1).tolist():
        # in a row of close values each is held against the first of its like
        last = last if last >= 0 and not firsts[last + 1 : place].any() else place - 1
        firsts[place] = ordered[place] - ordered[last] > near
        last = place if firsts[place] else last
    return firsts


# ---- location and scale --------------------------------------------------------------


def centered(values: Floats, counts: Counts = None) -> tuple[float, Floats]:
    """Return the mean, and how far each value is from it.

    The deviations' own mean is 0 but for their last bits, also where the mean has few
    digits left for them, as that of microseconds since 1970.
    """
    mean = exact.mean(values, counts)
    rest = values - mean
    return mean, rest - exact.mean(rest, counts)


def sd(values: Floats, counts: Counts = None, rounding: float | None = None) -> float:
    """Return the standard deviation, of N - 1 degrees of freedom.

    It is 0 of one row, and of values that differ by no more than rounding.
    """
    rows = len(values) if counts is None else int(counts.sum())
    if rows < 2 or is_constant(values, rounding):
        return 0.0
    _, rest = centered(values, counts)
    return _root_mean_square(rest, counts, rows - 1)


def _root_mean_square(values: Floats, counts: Counts, divisor: int) -> float:
    """Return the root of the sum of squares over a divisor, at any scale."""
    largest = float(np.max(np.abs(values), initial=0.0))
    if largest == 0.0 or not math.isfinite(largest):
        return largest
    # squares of numbers such as 1e-200 would vanish
    exponent = math.frexp(largest)[1]
    squares = np.square(np.ldexp(values, -exponent))
    return math.ldexp(math.sqrt(exact.total(squares, counts) / divisor), exponent)


def root_mean_square(values: Floats, counts: Counts = None) -> float:
    """Return the root mean square around 0, of N - 1 degrees of freedom, as R's."""
    rows = len(values) if counts is None else int(counts.sum())
    return _root_mean_square(values, counts, max(rows - 1, 1))


# ---- rank ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Part:
    """A column in its own scale: its mean, its rest, and how far off both may be."""

    mean: float
    rest: Floats
    length: float
    rounding: float


def dependencies(
    matrix: Floats,
    roundings: Sequence[float],
    counts: Counts = None,
    computed: Sequence[bool] | None = None,
) -> dict[int, tuple[int, ...]]:
    """Return which columns are made of earlier ones, and of which.

    Every column is centred and scaled before it is compared with others, so that
    their units and where their 0 is make no difference. What is left of a column
    beside the others then is either as small as rounding or not. The mean of a
    column that the others make up is looked at afterwards: with what is left of it
    they make a constant, which is new unless there is one already (the intercept).

    Parameters
    ----------
    matrix : (N, K)
        Columns.
    roundings
        How far off the values of each may be.
    counts : (N,)
        How many rows each row stands for; None: one.
    computed
        Which columns are computed from others: times since 1970 times ``x`` are
        ``x`` to eight digits, and no multiple of it. None: none is.

    Returns
    -------
    dict
        By the place of a column that is made of others, their places in order: none
        for a column that is 0.
    """
    found: dict[int, tuple[int, ...]] = {}
    constant: tuple[int, ...] | None = None
    independent: list[int] = []
    parts: dict[int, _Part] = {}
    basis = np.zeros((matrix.shape[1], len(matrix)))
    products = np.zeros((matrix.shape[1], matrix.shape[1]))
    for place in range(matrix.shape[1]):
        values, rounding = matrix[:, place], roundings[place]
        if is_constant(values, rounding):
            if float(np.abs(values).max(initial=0.0)) <= ROUNDINGS * rounding:
                found[place] = ()
            elif constant is None:
                constant = (place,)
                parts[place] = _Part(1.0, values, 1.0, 0.0)
            else:
                found[place] = constant
            continue
        part = _part(values, rounding, counts)
        known = basis[: len(independent)]
        along = known @ part.rest
        left = part.rest - along @ known
        again = known @ left
        along, left = along + again, left - again @ known
        length = float(np.linalg.norm(left))
        least = _COMPUTED if computed is not None and computed[place] else DEPENDENT
        if length > max(least, part.rounding):
            basis[len(independent)] = left / length
            products[: len(independent), len(independent)] = along
            products[len(independent), len(independent)] = length
            independent.append(place)
            parts[place] = part
            continue
        earlier = [parts[i] for i in independent]
        weights = _pair(part, earlier, max(least, part.rounding))
        if weights is None:
            size = len(independent)
            weights = np.linalg.solve(products[:size, :size], along)
        made = tuple(
            other
            for other, weight in zip(independent, weights.tolist(), strict=True)
            if abs(weight) > DEPENDENT
        )
        if _has_constant(part, earlier, weights, length):
            if constant is None:
                constant = (*made, place)
                continue
            made = tuple(sorted({*made, *constant}))
        found[place] = made
    return found


def _part(values: Floats, rounding: float, counts: Counts) -> _Part:
    mean, rest = centered(values, counts)
    rows = len(values) if counts is None else int(counts.sum())
    length = _root_mean_square(rest, counts, rows)
    rest = rest / length if counts is None else rest / length * np.sqrt(counts)
    rest = rest / math.sqrt(rows)
    return _Part(mean, rest, length, ROUNDINGS * rounding / length)


def _pair(part: _Part, others: Sequence[_Part], most: float) -> Floats | None:
    """Return the weights of a column that is a multiple of a single other, if so.

    Of columns that are nearly multiples of each other, weights are hardly known.
    """
    along = np.array([float(other.rest @ part.rest) for other in others])
    left = [
        float(np.linalg.norm(part.rest - weight * other.rest))
        for weight, other in zip(along.tolist(), others, strict=True)
    ]
    if not left or min(left) > most:
        return None
    best = int(np.argmin(left))
    return np.where(np.arange(len(left)) == best, along, 0.0)


def _has_constant(
    part: _Part, others: Sequence[_Part], weights: Floats, left: float
) -> bool:
    """Whether the others make a column up to a constant that is not 0.

    Means and weights are known so far only: to the rounding of the columns.
    """
    used = [
        (weight, other)
        for weight, other in zip(weights.tolist(), others, strict=True)
        if abs(weight) > DEPENDENT
    ]
    terms = [part.length * weight / other.length * other.mean for weight, other in used]
    # how many spreads away from 0 the columns are: an error of a weight is so often
    away = sum(abs(other.mean) / other.length for _, other in used)
    off = part.rounding + sum(abs(weight) * other.rounding for weight, other in used)
    rest = math.fsum((part.mean, *(-term for term in terms)))
    most = (left + off + ROUNDINGS * UNIT) * part.length * (1.0 + away)
    return bool(abs(rest) > most)
