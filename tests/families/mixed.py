"""Distributions of SciPy beside single values that have a probability each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def between(of: Any, low: Any, high: Any) -> Array:
    """Log of a probability, in digits that 60-digit sums would have too."""
    if hasattr(of, "between"):
        return np.asarray(of.between(low, high))
    with np.errstate(all="ignore"):
        below, start = of.logcdf(high), of.logcdf(low)
        above, end = of.logsf(low), of.logsf(high)
        left = below + np.log(-np.expm1(start - below))
        right = above + np.log(-np.expm1(end - above))
        upper = start > above
        none = np.where(upper, end == above, below == start)
        found = np.where(upper, right, left)
    return np.asarray(np.where(none, -np.inf, found))


@dataclass(frozen=True, slots=True)
class Mixed:
    """A distribution of SciPy, and values apart.

    Attributes
    ----------
    of
        SciPy's distribution.
    atoms
        By value the log of its probability.
    rest
        The log of the probability of ``of``.
    above
        Whether that is given that it is above 0.
    """

    of: Any
    atoms: Mapping[float, Array]
    rest: Array
    above: bool = False

    def logcdf(self, y: Any) -> Array:
        """Return the log of the probability up to a value."""
        y = np.asarray(y, dtype=float)
        with np.errstate(all="ignore"):
            inside = self.of.logcdf(y)
            if self.above:
                least = np.maximum(y, 0.0)
                inside = between(self.of, 0.0, least) - self.of.logsf(0.0)
            found = self.rest + inside
            for value, share in self.atoms.items():
                found = np.where(y >= value, np.logaddexp(found, share), found)
        return np.asarray(found)

    def logsf(self, y: Any) -> Array:
        """Return the log of the probability above a value."""
        y = np.asarray(y, dtype=float)
        with np.errstate(all="ignore"):
            found = self.rest + self.of.logsf(np.maximum(y, 0.0) if self.above else y)
            if self.above:
                found = found - self.of.logsf(0.0)
            for value, share in self.atoms.items():
                found = np.where(y < value, np.logaddexp(found, share), found)
        return np.asarray(found)

    def between(self, low: Any, high: Any) -> Array:
        """Return the log of the probability above one number, up to another."""
        low, high = np.broadcast_arrays(np.asarray(low, float), np.asarray(high, float))
        start = np.maximum(low, 0.0) if self.above else low
        with np.errstate(all="ignore"):
            found = self.rest + between(self.of, start, high)
            if self.above:
                found = found - self.of.logsf(0.0)
            for value, share in self.atoms.items():
                inside = (low < value) & (value <= high)
                found = np.where(inside, np.logaddexp(found, share), found)
        return np.asarray(found)

    def logpmf(self, y: Any) -> Array:
        """Return the log probability of a whole number."""
        y = np.asarray(y, dtype=float)
        with np.errstate(all="ignore"):
            inside = self.rest + self.of.logpmf(y)
            if self.above:
                inside = np.where(y > 0.0, inside - self.of.logsf(0.0), -np.inf)
            for value, share in self.atoms.items():
                inside = np.where(y == value, np.logaddexp(inside, share), inside)
        return np.asarray(inside)

    def logpdf(self, y: Any) -> Array:
        """Return the log density, or log probability of a value that has one."""
        y = np.asarray(y, dtype=float)
        at = np.isin(y, list(self.atoms))
        found = self.rest + self.of.logpdf(np.where(at, 0.5, y))
        for value, share in self.atoms.items():
            found = np.where(y == value, share, found)
        return np.asarray(found)
