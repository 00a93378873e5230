"""Whether chains tell of one distribution: what ``verdict`` says in words.

R-hat is that of Vehtari, Gelman, Simpson, Carpenter & Buerkner (2021): of halves of
chains, rank-normalised, of the draws and of their distances from the median. It varies
from run to run, so among hundreds of numbers some are above 1.01 where nothing is
wrong. How far chance takes it follows from the effective sample size within the halves,
which does not depend on whether these agree (``beyond_chance``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .chains import ess_mean, normal_scores

if TYPE_CHECKING:
    from collections.abc import Iterable

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


def beyond_chance(several: Iterable[Array], number: int) -> list[bool]:
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
    from scipy.special import chdtrc

    found = []
    for draws in several:
        folded = np.abs(draws - np.median(draws))
        misfits = [_misfit(_scores(values)) for values in (draws, folded)]
        freedom = 2 * len(draws) - 1
        probability = min(float(chdtrc(freedom, misfit)) for misfit in misfits)
        found.append(not 2.0 * number * probability > CHANCE)
    return found


def _scores(draws: Array) -> Array:
    """Return normal scores of the ranks among all draws (Blom 1958)."""
    return np.asarray(normal_scores(draws[None])[0])


def _misfit(scores: Array) -> float:
    """Return ``Q``; infinite where a half does not move."""
    length = scores.shape[1] // 2
    halves = np.stack([scores[:, :length], scores[:, -length:]], axis=1)
    means = halves.mean(axis=-1)
    rest = (halves - means[..., None]).reshape(len(scores), -1)
    within = float((rest**2).sum() / (means.size * (length - 1)))
    if not within > 0.0:
        return float("inf")
    with np.errstate(all="ignore"):
        size = float(ess_mean(rest[None])[0])
    if not np.isfinite(size):
        return float("inf")
    size = min(size, float(rest.size)) / means.size
    return size * float(((means - means.mean()) ** 2).sum()) / within
