"""Chances and means between two bounds, of the logs of both tails."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..distributions.density import arrays
from ..distributions.density.operations import DensityFunction
from .family import Array, Tails

#: The log of the chance of what cannot be.
NEVER = -1e30

LogTails = Callable[..., tuple[Any, Any]]


#: Tails whose logs differ by less are nearly equal: their difference has lost digits.
NEAR = 1e-3
#: Beyond this difference of log densities between the bounds they are not even enough
#: for three nodes, of which the error is below 1e-11 then.
_EVEN = 0.05
#: Nodes of Gauss and Legendre between 0 and 1; their weights are 5, 8 and 5 of 18.
_NODES = (0.5 - math.sqrt(0.15), 0.5, 0.5 + math.sqrt(0.15))


@dataclass(frozen=True, slots=True)
class Inside:
    """What is known of what is between two numbers, beside the tails.

    Attributes
    ----------
    log_density
        Of a number the log of its density.
    low, high
        The two numbers.
    somewhere
        Any number that has a density.
    """

    log_density: Callable[[Any], Any]
    low: Any
    high: Any
    somewhere: Any


def log_between(m: Any, low: Any, high: Any, inside: Inside | None = None) -> Any:
    """Log of the probability between two numbers, of which the tails are given.

    None is no bound. From the tail that is nearer, so that no digits are lost. Of
    bounds that are near each other no tail has them: the density between is integrated,
    where it is given.
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
    apart = larger - smaller
    if inside is None:
        return larger + m.log1mexp(apart)
    return m.choose(
        apart < NEAR,
        lambda near: _integrated(m, inside, larger, near),
        lambda far: larger + m.log1mexp(far),
        apart,
        (NEAR, 1.0),
    )


def _integrated(m: Any, inside: Inside, larger: Any, apart: Any) -> Any:
    """Return the log of an integral by Gauss and Legendre, if the density is even."""
    is_near = apart < NEAR
    width = m.where(is_near, inside.high - inside.low, 1.0)
    first = m.where(is_near, inside.low, inside.somewhere)
    step = m.where(is_near, width, 0.0)
    logs = [inside.log_density(first + node * step) for node in _NODES]
    # none may be minus infinity, as before a shift: they are taken from each other
    logs = [m.where(one > NEVER, one, NEVER) for one in logs]
    return m.called("near_mass", _TEXT, _near_mass, larger, apart, width, *logs)


#: What ``_near_mass`` is in a script.
_TEXT = """def near_mass(larger, apart, width, early, middle, late):
    \"\"\"Log of the probability between near bounds, of densities at three nodes.\"\"\"
    early, late = early - middle, late - middle
    sides = pt.exp(early) + pt.exp(late)
    even = pt.log(width) + middle + pt.log((8 + 5 * sides) / 18)
    is_even = pt.abs(early) + pt.abs(late) < 0.05
    some = pt.switch(apart > 0, log1mexp(pt.switch(apart > 0, apart, 1)), -1e30)
    return pt.switch(is_even, even, larger + some)"""


def _near_mass(
    m: Any, larger: Any, apart: Any, width: Any, early: Any, middle: Any, late: Any
) -> Any:
    """Return the integral; that of the tails where the density is not even."""
    early, late = early - middle, late - middle
    sides = m.exp(early) + m.exp(late)
    even = m.log(width) + middle + m.log((8.0 + 5.0 * sides) / 18.0)
    is_even = m.abs(early) + m.abs(late) < _EVEN
    some = m.where(apart > 0.0, m.log1mexp(m.where(apart > 0.0, apart, 1.0)), NEVER)
    return m.where(is_even, even, larger + some)


def log_mass(
    m: Any,
    tails: Tails,
    low: Any,
    high: Any,
    own: Sequence[Any],
    density: DensityFunction | None = None,
    somewhere: Any = None,
) -> Any:
    """Return the log of the probability above one number, up to another.

    None is no bound. ``density`` is that of numbers, not of counts, and ``somewhere`` a
    number that has one.
    """
    if low is not None and high is not None and tails.between is not None:
        return tails.between(m, low, high, *own)
    below, above = (
        None if at is None else tails.log_tails(m, at, *own) for at in (low, high)
    )
    if density is None or low is None or high is None:
        return log_between(m, below, above)
    given = density
    inside = Inside(lambda at: given(m, at, *own), low, high, somewhere)
    return log_between(m, below, above, inside)


def chance(
    tails: Tails, own: Sequence[Array], low: Array | None, high: Array | None
) -> Array:
    """Return the log of the probability above one number, up to another, of arrays."""
    low = None if low is None else np.asarray(low) * 1.0
    high = None if high is None else np.asarray(high) * 1.0
    given = [np.asarray(one) * 1.0 for one in own]
    with np.errstate(all="ignore"):
        return np.asarray(log_mass(arrays.ARRAYS, tails, low, high, given))


def by_shares(logs: Sequence[Array]) -> Array:
    """Return probabilities that add up to 1, an axis more, of their unscaled logs."""
    found = np.stack(np.broadcast_arrays(*logs), axis=-1)
    found = np.exp(found - found.max(axis=-1, keepdims=True))
    return np.asarray(found / found.sum(axis=-1, keepdims=True))


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
    return np.asarray(log_between(m, sides[0], sides[1]))
