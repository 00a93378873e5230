"""R-hat and effective sample sizes of many numbers at once, by NumPy alone.

The formulas are those of Vehtari, Gelman, Simpson, Carpenter & Bürkner (2021), with
Geyer's (1992) initial monotone sequence, as ArviZ computes them: the tests hold each
against ``arviz_stats`` to 12 digits. ArviZ takes the numbers one by one, and imports
SciPy's distributions, which takes longer than all that ``fit`` and ``summary`` do
beside; these are computed for a whole table, in the time of its sorting.

All functions take numbers by chains by draws, of which there are 4 at least, and
return a value for each number; NaN where there is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Convergence",
    "bfmi",
    "convergence",
    "ess_mean",
    "normal_scores",
    "quantiles",
]

Floats = NDArray[np.float64]

#: Offset of ranks from the ends of the unit interval (Blom 1958).
_BLOM = 0.375
#: Numbers that differ by less are one for the effective sample size, as for ArviZ.
_SAME = float(np.finfo(np.float64).resolution)


class Convergence(NamedTuple):
    """Whether chains agree, and what their draws are worth.

    Attributes
    ----------
    bulk
        The effective sample size of ranks: of means and medians.
    tail
        The smaller of the effective sample sizes of two quantiles.
    rhat
        R-hat of the ranks, or of the ranks of distances from the median. The larger
        counts: the second sees chains that differ in spread alone. One chain has none.
    """

    bulk: Floats
    tail: Floats
    rhat: Floats


def convergence(values: Floats, tails: tuple[float, float]) -> Convergence:
    """Return all figures of convergence at once: they have the ranks in common.

    Parameters
    ----------
    values
        Numbers by chains by draws.
    tails
        The probabilities of the two quantiles.
    """
    split = _split(values)
    scores = normal_scores(split)
    return Convergence(
        _ess(scores),
        _ess_tail(values, tails),
        _rank_rhat(split, scores)
        if values.shape[1] > 1
        else np.full(len(values), np.nan),
    )


def ess_mean(values: Floats) -> Floats:
    """Return the effective sample size of the values themselves."""
    return _ess(_split(values))


def _ess_tail(values: Floats, tails: tuple[float, float]) -> Floats:
    flat = values.reshape(len(values), -1)
    found = [
        _ess(_split((values <= quantile[:, None, None]).astype(np.float64)))
        for quantile in quantiles(flat, tails)
    ]
    return np.minimum(*found)


def _rank_rhat(split: Floats, scores: Floats) -> Floats:
    bulk = _rhat(scores)
    middle = np.median(np.sort(split.reshape(len(split), -1), axis=1), axis=1)
    tail = _rhat(normal_scores(np.abs(split - middle[:, None, None])))
    return np.where(tail > bulk, tail, bulk)


def bfmi(energy: Floats) -> Floats:
    """Return the Bayesian fraction of missing information of each chain.

    Betancourt (2016); ``energy`` is chains by draws.
    """
    steps = np.square(np.diff(energy, axis=1)).mean(axis=1)
    found: Floats = steps / energy.var(axis=1, ddof=1)
    return found


def quantiles(values: Floats, probabilities: Sequence[float]) -> Floats:
    """Return quantiles by numbers, of numbers by draws.

    NumPy sorts with the processor's vectors, and looks for a quantile without: there is
    next to nothing left to look for in what is sorted.
    """
    found: Floats = np.quantile(np.sort(values, axis=1), probabilities, axis=1)
    return found


def _split(values: Floats) -> Floats:
    """Return half chains: one that drifts differs from itself."""
    half = values.shape[2] // 2
    return np.concatenate([values[..., :half], values[..., -half:]], axis=1)


def _rhat(values: Floats) -> Floats:
    """Return the ratio of the whole spread to that within chains (Gelman & Rubin)."""
    length = values.shape[2]
    within = values.var(axis=2, ddof=1).mean(axis=1)
    between = length * values.mean(axis=2).var(axis=1, ddof=1)
    found: Floats = np.sqrt((between / within + length - 1) / length)
    return found


def normal_scores(values: Floats) -> Floats:
    """Return values as the normal quantiles of their ranks; ties share theirs."""
    flat = values.reshape(len(values), -1)
    size = flat.shape[1]
    order = np.argsort(flat, axis=1)
    ordered = np.take_along_axis(flat, order, axis=1)
    # where values that are equal begin, row after row
    new = np.ones(ordered.shape, bool)
    new[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    starts = np.flatnonzero(new.ravel())
    lengths = np.diff(np.append(starts, new.size))
    # twice the mean rank less 2, from 0: the middle of first and last
    places = 2 * (starts % size) + lengths - 1
    scores = np.empty_like(flat)
    np.put_along_axis(
        scores,
        order,
        np.repeat(_scores(size)[places], lengths).reshape(flat.shape),
        axis=1,
    )
    return scores.reshape(values.shape)


@lru_cache(maxsize=8)
def _scores(size: int) -> Floats:
    """Return the normal quantiles of the ranks 1, 1.5, 2, ... among so many."""
    normal = NormalDist()
    ranks = (np.arange(size) / 2 + 1 - _BLOM) / (size - 2 * _BLOM + 1)
    lower = [normal.inv_cdf(one) for one in ranks.tolist()]
    # the other half by symmetry: the middle one is 0
    found = np.array([*lower[:-1], 0.0, *(-one for one in reversed(lower[:-1]))])
    found.flags.writeable = False
    return found


def _covariances(values: Floats) -> Floats:
    """Return the autocovariances of each chain, averaged over chains."""
    length = values.shape[2]
    padded = 1 << (2 * length - 1).bit_length()
    spectrum = np.fft.rfft(values - values.mean(axis=2, keepdims=True), padded, axis=2)
    power = (spectrum.real**2 + spectrum.imag**2).mean(axis=1)
    found: Floats = np.fft.irfft(power, padded, axis=1)[:, :length] / length
    return found


def _ess(values: Floats) -> Floats:
    """Return the effective sample size of the mean of half chains.

    The number of draws by the autocorrelation time: one and twice the correlations, up
    to where sums of neighbours are no longer positive, none larger than one before.
    """
    numbers, chains, length = values.shape
    size = chains * length
    covariances = _covariances(values)
    within = covariances[:, :1] * length / (length - 1.0)
    whole = covariances[:, :1].copy()
    if chains > 1:
        whole += values.mean(axis=2).var(axis=1, ddof=1)[:, None]
    correlations = 1.0 - (within - covariances) / whole
    correlations[:, 0] = 1.0
    pairs = correlations[:, : 2 * (length // 2)].reshape(numbers, -1, 2)
    sums = pairs.sum(axis=2)
    # the last pair that is looked at: the first that is not positive, or the end
    positive = np.logical_and.accumulate(sums > 0, axis=1).sum(axis=1)
    last = np.minimum(positive, max((length - 3) // 2, 0))
    before = np.arange(sums.shape[1]) < last[:, None]
    monotone = np.minimum.accumulate(np.where(before, sums, np.inf), axis=1)
    total = np.where(before, monotone, 0.0).sum(axis=1)
    rows = np.arange(numbers)
    even = pairs[rows, last, 0]
    end = np.where((sums[rows, last] >= 0) | (even > 0), even, 0.0)
    time = np.maximum(-1.0 + 2.0 * total + end, 1.0 / np.log10(size))
    found = np.where(np.isnan(correlations[:, 1]), np.nan, size / time)
    flat = values.reshape(numbers, -1)
    return np.where(flat.max(axis=1) - flat.min(axis=1) < _SAME, size, found)
