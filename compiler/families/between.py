"""Chances and means between two bounds, of the logs of both tails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..distributions.density import arrays
from .family import Array, Tails

#: The log of the chance of what cannot be.
NEVER = -1e30

LogTails = Callable[..., tuple[Any, Any]]


def log_between(m: Any, low: Any, high: Any) -> Any:
    """Log of the probability between two numbers, of which the tails are given.

    None is no bound. From the tail that is nearer, so that no digits are lost.
    """
    if low is None and high is None:
        return 0.0
    if low is None:
        return high[0]
    if high is None:
        return low[1]
    is_above = low[0] > low[1]
    larger = m.where(is_above, low[1], high[0])
    smaller = m.where(is_above, high[1], low[0])
    return larger + m.log1mexp(larger - smaller)


def log_mass(m: Any, tails: Tails, low: Any, high: Any, own: Sequence[Any]) -> Any:
    """Return the log of the probability above one number, up to another.

    None is no bound.
    """
    if low is not None and high is not None and tails.between is not None:
        return tails.between(m, low, high, *own)
    return log_between(
        m, *(None if at is None else tails.log_tails(m, at, *own) for at in (low, high))
    )


def chance(
    tails: Tails, own: Sequence[Array], low: Array | None, high: Array | None
) -> Array:
    """Return the log of the probability above one number, up to another, of arrays."""
    low = None if low is None else np.asarray(low) * 1.0
    high = None if high is None else np.asarray(high) * 1.0
    given = [np.asarray(one) * 1.0 for one in own]
    with np.errstate(all="ignore"):
        return np.asarray(log_mass(arrays.ARRAYS, tails, low, high, given))


def weighted_mean(
    mean: Callable[..., Array],
    log_tails: LogTails,
    weighted_tails: LogTails | None = None,
    *,
    of_weighted: Callable[..., Sequence[Array]],
    whole: bool = False,
) -> Callable[..., Array]:
    """Return the mean between two bounds of a positive response.

    It is the mean without bounds, times how often the response weighted by its size is
    between them, over how often the response is. Of most families that is one of them
    again.

    Parameters
    ----------
    mean
        Of the parameters.
    log_tails, weighted_tails
        Of the response, and of what it is when weighted (None: the same).
    of_weighted
        Of the parameters: those of the weighted response.
    whole
        Whether responses are whole numbers; the weighted one is then less by 1.
    """

    def between(own: Sequence[Array], low: Array | None, high: Array | None) -> Array:
        step = 1.0 if whole else 0.0
        with np.errstate(all="ignore"):
            part = _chance(
                weighted_tails or log_tails, of_weighted(*own), low, high, step, step
            )
            every = _chance(log_tails, own, low, high, step, 0.0)
            return np.asarray(mean(*own) * np.exp(part - every))

    return between


def _chance(
    log_tails: LogTails,
    own: Sequence[Array],
    low: Array | None,
    high: Array | None,
    step: float,
    less: float,
) -> Array:
    m = arrays.ARRAYS
    sides: list[Any] = [None, None]
    for place, at in enumerate((low, high)):
        if at is None:
            continue
        there = np.asarray(at, dtype=float) - less - (step if place == 0 else 0.0)
        inside = there >= 0.0
        below, above = log_tails(m, np.where(inside, there, 1.0), *own)
        sides[place] = np.where(inside, below, NEVER), np.where(inside, above, 0.0)
    return np.asarray(log_between(m, *sides))
