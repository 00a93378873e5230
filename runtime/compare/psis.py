"""Pareto-smoothed importance sampling of many rows at once, by NumPy alone.

The formulas are those of Vehtari, Simpson, Gelman, Yao & Gabry (2024), Journal of
Machine Learning Research 25(72), with the fit of Zhang & Stephens (2009), as ArviZ
computes them: the tests hold weights and shapes against ``arviz_stats`` to 10 digits.
ArviZ takes rows one by one, and importing it takes longer than all that a command may.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Smoothed", "good_shape", "log_mean_exp", "log_sum_exp", "smoothed"]

Floats = NDArray[np.float64]

#: The prior of the shape: as many observations at a half.
_PRIOR_SIZE, _PRIOR_SHAPE = 10, 0.5
#: The prior of the other parameter of the fit (Zhang & Stephens).
_PRIOR_SCALE = 3
#: Tails smaller than this are not fitted.
_FEWEST = 5
#: Rows that are worked on at a time.
_AT_ONCE = 128
#: Weights of the fit that count for nothing.
_NEGLIGIBLE = 10 * float(np.finfo(np.float64).eps)


class Smoothed(NamedTuple):
    """Importance weights of draws, and how far they can be trusted.

    Attributes
    ----------
    log_weights
        Rows by draws; their exponentials add up to 1.
    shape
        Pareto k of each row; minus infinity where all draws have one weight, infinity
        where the largest weights follow no Pareto distribution.
    """

    log_weights: Floats
    shape: Floats


def good_shape(draws: int) -> float:
    """Return the Pareto k up to which so many draws suffice."""
    return min(1.0 - 1.0 / math.log10(draws), 0.7) if draws > 1 else 0.7


def log_sum_exp(values: Floats) -> Floats:
    """Return the log of the sum of the exponentials along the last axis."""
    most = values.max(axis=-1, keepdims=True)
    shift = np.where(np.isfinite(most), most, 0.0)
    with np.errstate(divide="ignore"):
        found: Floats = np.log(np.exp(values - shift).sum(axis=-1)) + shift[..., 0]
    return found


def log_mean_exp(values: Floats) -> Floats:
    """Return the log of the mean of the exponentials along the last axis."""
    return log_sum_exp(values) - math.log(values.shape[-1])


def smoothed(log_ratios: Floats, efficiency: float = 1.0) -> Smoothed:
    """Smooth the largest importance ratios of each row.

    Parameters
    ----------
    log_ratios
        Rows by draws, each up to a constant.
    efficiency
        Effective draws by draws: the tail is the longer, the fewer there are.
    """
    count = log_ratios.shape[1]
    if count * efficiency > 225:
        tail = int(3 * math.sqrt(count / efficiency))
    else:
        tail = count // 5
    tail = min(tail, count - 1)
    weights = log_ratios - log_ratios.max(axis=1, keepdims=True)
    shapes = np.full(len(weights), -np.inf)
    for first in range(0, len(weights), _AT_ONCE):
        some = slice(first, first + _AT_ONCE)
        weights[some], shapes[some] = _smooth(weights[some], tail)
    weights -= log_sum_exp(weights)[:, None]
    return Smoothed(weights, shapes)


def _smooth(weights: Floats, tail: int) -> tuple[Floats, Floats]:
    """Return log weights, whose largest is 0, with smooth tails; and the shapes."""
    rows = np.arange(len(weights))[:, None]
    shapes = np.full(len(weights), np.inf)
    largest = np.argpartition(weights, -tail - 1, axis=1)[:, -tail - 1 :]
    order = np.argsort(weights[rows, largest], axis=1)
    places = largest[rows, order]
    sorted_ = weights[rows, places]
    cutoff, ends = np.exp(sorted_[:, :1]), sorted_[:, 1:]
    equal = sorted_[:, -1] - sorted_[:, 1] < np.finfo(np.float64).tiny
    shapes[equal] = -np.inf
    if tail < _FEWEST:
        return weights, shapes
    excess = np.exp(ends) - cutoff
    quartile = excess[:, int(tail / 4 + 0.5) - 1]
    fitted = np.flatnonzero(~equal & (quartile > excess[:, 0]))
    if not len(fitted):
        return weights, shapes
    shape, scale = _pareto(excess[fitted], quartile[fitted])
    shapes[fitted] = np.where(np.isnan(shape), np.inf, shape)
    usable = np.isfinite(shape) & (scale > 0)
    fitted, shape, scale = fitted[usable], shape[usable, None], scale[usable, None]
    share = np.log1p(-np.arange(0.5, tail) / tail)
    with np.errstate(divide="ignore", invalid="ignore"):
        bent = scale * np.expm1(-shape * share) / shape
        straight = -scale * share
        made = np.log(cutoff[fitted] + np.where(shape == 0, straight, bent))
    weights = weights.copy()
    weights[fitted[:, None], places[fitted, 1:]] = np.minimum(made, 0.0)
    return weights, shapes


def _pareto(excess: Floats, quartile: Floats) -> tuple[Floats, Floats]:
    """Return shape and scale of generalized Pareto distributions, row by row.

    ``excess`` is sorted; the posterior mean over a grid, as Zhang & Stephens have it.
    """
    count = excess.shape[1]
    size = 30 + int(math.sqrt(count))
    grid = 1.0 - np.sqrt(size / (np.arange(1, size + 1) - 0.5))
    places = grid / (_PRIOR_SCALE * quartile[:, None]) + 1.0 / excess[:, -1:]
    with np.errstate(all="ignore"):
        shapes = np.log1p(-places[:, :, None] * excess[:, None, :]).mean(axis=2)
        density = count * (np.log(-places / shapes) - shapes - 1.0)
        weights = np.exp(density - log_sum_exp(density)[:, None])
        weights = np.where(weights >= _NEGLIGIBLE, weights, 0.0)
        weights /= weights.sum(axis=1, keepdims=True)
        place = (places * weights).sum(axis=1)
        shape = np.log1p(-place[:, None] * excess).mean(axis=1)
        scale = -shape / place
    total = count + _PRIOR_SIZE
    return (count * shape + _PRIOR_SIZE * _PRIOR_SHAPE) / total, scale
