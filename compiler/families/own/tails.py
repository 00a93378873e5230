"""The tails of a family of the caller's, as those of the language have them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...distributions.density.operations import DensityFunction
from ..between import NEVER, LogTails, chance
from ..counts.tails import LOWEST, beyond_trials
from ..family import Array, Tails

__all__ = ["each_tail", "tails_of"]

#: Counts that are added up at most: the mean between bounds is no number beyond.
_COUNTS = 10_000
#: Chances to pass a count that add nothing to a mean.
_NOTHING = -45.0


def tails_of(
    log_tails: LogTails,
    names: Sequence[str],
    response: str,
    bounds: tuple[float, float],
    atoms: tuple[float, ...] = (),
) -> Tails:
    """Return the tails of a response.

    Parameters
    ----------
    log_tails
        The logs of both, over operations, as in ``Tails``; of successes they are asked
        where some trials are left.
    names
        Parameters and what is known of rows, in their order.
    response
        Its kind.
    bounds
        Between which numbers a continuous one is.
    atoms
        Values that it has with a probability each; the bounds may be among them.
    """
    if response == "continuous":
        made = log_tails if not atoms else _with_ends(log_tails, bounds, atoms)
        return Tails(made, lowest=bounds[0], highest=bounds[1], atoms=atoms)

    def of_trials(m: Any, y: Any, *given: Any) -> tuple[Any, Any]:
        place = names.index("trials")
        trials = given[place]
        some = m.where(y < trials, trials, 1.0)
        at = m.where(y < trials, y, 0.0)
        found = log_tails(m, at, *given[:place], some, *given[place + 1 :])
        return beyond_trials(m, y, trials, *found)

    made = of_trials if response == "successes" else log_tails
    return Tails(made, lowest=LOWEST, mean=_mean_of(Tails(made, lowest=LOWEST)))


def _with_ends(
    log_tails: LogTails, bounds: tuple[float, float], atoms: tuple[float, ...]
) -> LogTails:
    """Return tails of all numbers, as those that have atoms are asked for."""
    low, high = bounds

    def every(m: Any, y: Any, *given: Any) -> tuple[Any, Any]:
        before = y < low if low in atoms else y <= low
        after, middle = y >= high, _inside(low, high)
        at = m.where(after, middle, m.where(before, middle, y))
        below, above = log_tails(m, at, *given)
        below = m.where(after, 0.0, m.where(before, NEVER, below))
        return below, m.where(after, NEVER, m.where(before, 0.0, above))

    return every


def _inside(low: float, high: float) -> float:
    """Return a number between two."""
    if math.isfinite(low):
        return 0.5 * (low + high) if math.isfinite(high) else low + 1.0
    return high - 1.0 if math.isfinite(high) else 0.0


def each_tail(tails: Tails) -> tuple[DensityFunction, DensityFunction]:
    """Return the log of what is up to a response, and of what is above, by itself."""
    return (
        lambda m, *given: tails.log_tails(m, *given)[0],
        lambda m, *given: tails.log_tails(m, *given)[1],
    )


def _mean_of(tails: Tails) -> Callable[..., Array]:
    def between(own: Sequence[Array], low: Array | None, high: Array | None) -> Array:
        """Return the first count, and the chances to pass each from there on."""
        rows = np.broadcast_shapes(
            *(np.shape(one) for one in (*own, low, high) if one is not None)
        )
        first = np.broadcast_to(0.0 if low is None else low, rows).astype(float)
        before = None if low is None else first - 1.0
        whole, total = chance(tails, own, before, high), first
        for count in range(_COUNTS):
            at = first + count
            log_passed = chance(tails, own, at, high) - whole
            # of what is above the last one there is nothing
            log_passed = np.where(
                True if high is None else at < high, log_passed, -np.inf
            )
            total = total + np.exp(log_passed)
            if not (log_passed > _NOTHING).any():
                return np.asarray(total)
        return np.where(log_passed > _NOTHING, np.nan, total)

    return between
