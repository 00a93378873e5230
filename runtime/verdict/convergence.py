"""Whether chains tell of one distribution: what ``verdict`` says in words.

R-hat is that of Vehtari, Gelman, Simpson, Carpenter & Buerkner (2021): of halves of
chains, rank-normalised, of the draws and of their distances from the median. It varies
from run to run, so among hundreds of numbers some are above 1.01 where nothing is
wrong. How far chance takes it follows from the effective sample size within the halves,
which does not depend on whether these agree (``beyond_chance``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..draws.chains import ess_mean, normal_scores

__all__ = ["beyond_chance", "copies"]

#: Of fits whose chains agree, the share in which some R-hat is called too high.
CHANCE = 0.001

Array = NDArray[Any]


def copies(draws: Array) -> tuple[int, int] | None:
    """Return two chains with the same draws, as numbers from 1; None if there are none.

    Parameters
    ----------
    draws
        Chains by draws, of something that moves.
    """
    for first in range(len(draws)):
        for second in range(first + 1, len(draws)):
            one, other = draws[first], draws[second]
            if np.array_equal(one, other) and one.min() < one.max():
                return first + 1, second + 1
    return None


def beyond_chance(several: Sequence[Array], number: int) -> list[bool]:
    """Return of which numbers the chains differ by more than chance explains.

    With ``m`` halves of chains that agree, ``Q = n sum((mean_j - mean)^2) / s^2`` is
    about chi-squared with ``m - 1`` degrees of freedom, ``n`` the effective size of
    a half and ``s^2`` the variance within halves. It is computed of the ranks and of
    the ranks of the distances from the median, as R-hat is, and called too large where
    its probability is below ``CHANCE`` over all numbers that are looked at.

    Parameters
    ----------
    several
        Of each number its draws: chains by draws, at least 4, none constant.
    number
        How many numbers are looked at (these are among them).
    """
    if not several:
        return []
    from scipy.special import chdtrc

    draws = np.stack(several).astype(np.float64)
    middle = np.median(draws, axis=(1, 2), keepdims=True)
    misfits = [_misfit(normal_scores(one)) for one in (draws, np.abs(draws - middle))]
    probability = chdtrc(2 * draws.shape[1] - 1, np.maximum(*misfits))
    return [not 2.0 * number * one > CHANCE for one in probability.tolist()]


def _misfit(scores: Array) -> Array:
    """Return ``Q`` of each number; infinite where a half does not move."""
    length = scores.shape[2] // 2
    halves = np.stack([scores[..., :length], scores[..., -length:]], axis=2)
    means = halves.mean(axis=-1)
    number, many = len(scores), means[0].size
    rest = (halves - means[..., None]).reshape(number, -1, 2 * length)
    within = (rest**2).sum(axis=(1, 2)) / (many * (length - 1))
    between = ((means - means.mean(axis=(1, 2), keepdims=True)) ** 2).sum(axis=(1, 2))
    with np.errstate(all="ignore"):
        size = np.minimum(ess_mean(rest), rest[0].size) / many
        found = size * between / within
    return np.where(np.isfinite(found) & (within > 0.0), found, np.inf)
