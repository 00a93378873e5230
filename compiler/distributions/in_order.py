"""Independent draws conditioned on their order: how likely it is, and draws.

Draws that are alike are in order once in ``n!``, and in order when they are sorted.
Those of different distributions are not: they are drawn again until they are, and the
probability of that is an integral.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .table import DISTRIBUTIONS

__all__ = ["draw_in_order", "log_chance_of_order"]

Array = NDArray[Any]

#: Probabilities at whose quantiles an integral over draws is computed, on log odds.
_ODDS = np.linspace(-30.0, 30.0, 2001)


@cache
def log_chance_of_order(
    distribution: str, arguments: tuple[tuple[str, tuple[float, ...]], ...]
) -> float:
    """Return the log of the probability that independent draws are in order.

    By the trapezoidal rule: ``h_k(x)``, the probability that the first ``k`` are in
    order and below ``x``, is the integral of ``h_(k-1)`` by the distribution of the
    ``k``-th up to ``x``.

    Parameters
    ----------
    distribution, arguments
        Of all draws, and by name the arguments of each.
    """
    # it takes long to import
    from scipy import stats

    row, each = DISTRIBUTIONS[distribution], []
    assert row.scipy is not None
    for place in range(len(arguments[0][1])):
        name, frozen = row.scipy(**{key: own[place] for key, own in arguments})
        each.append(getattr(stats, name)(**frozen))
    shares = 1.0 / (1.0 + np.exp(-_ODDS))
    points = np.unique(np.concatenate([one.ppf(shares) for one in each]))
    points = points[np.isfinite(points)]
    found = np.ones(len(points))
    for one in each:
        below = one.cdf(points)
        steps = 0.5 * (found[1:] + found[:-1]) * np.diff(below)
        found = found[0] * below[0] + np.concatenate([[0.0], np.cumsum(steps)])
    return float(np.log(max(found[-1], 1e-300)))


def draw_in_order(
    rng: np.random.Generator,
    draw: Callable[..., Array],
    size: tuple[int, ...],
    arguments: Mapping[str, Any],
    alike: bool,
) -> Array:
    """Return independent draws conditioned on their order along the last axis.

    Parameters
    ----------
    rng, draw, arguments
        ``draw(rng, size, **arguments)`` are independent ones.
    size
        Of the whole.
    alike
        Whether all have the same distribution.
    """
    found = np.asarray(draw(rng, size, **arguments))
    if alike:
        return np.sort(found, axis=-1)
    while True:
        away = (np.diff(found, axis=-1) <= 0.0).any(axis=-1)
        if not away.any():
            return found
        again = np.asarray(draw(rng, size, **arguments))
        found = np.where(away[..., None], again, found)
