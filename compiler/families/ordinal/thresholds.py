"""Thresholds of ordinal families: their names and how they are laid out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def threshold_labels(categories: Sequence[str]) -> tuple[str, ...]:
    """Return ``("0|1", "1|2", ...)``, the boundaries between neighbours.

    >>> threshold_labels(("low", "mid", "high"))
    ('low|mid', 'mid|high')
    """
    return tuple(
        f"{low}|{high}" for low, high in zip(categories, categories[1:], strict=False)
    )


def middle(count: int) -> tuple[int, int]:
    """Return the positions whose mean is the middle of ``count`` thresholds.

    Equal positions for an odd count; the two central ones for an even count,
    so that reversing the scale leaves the middle where it is.

    >>> middle(5), middle(4), middle(1)
    ((2, 2), (1, 2), (0, 0))
    """
    return (count - 1) // 2, count // 2


def to_zero(gaps: int) -> tuple[float, ...]:
    """Return by which weights of the gaps the middle is, where the mean is 0."""
    count = gaps + 1
    low, high = middle(count)
    return tuple(
        0.5 * ((place < low) + (place < high)) - (count - 1 - place) / count
        for place in range(gaps)
    )


def spread(center: Any, gap: NDArray[Any]) -> NDArray[Any]:
    """Lay thresholds outwards from their middle.

    Parameters
    ----------
    center
        The middle: the central threshold, or the mean of the two central ones.
    gap : (K - 2,)
        Distances between neighbours.

    Returns
    -------
    (K - 1,) increasing thresholds.
    """
    first = np.zeros((*np.shape(gap)[:-1], 1))
    places = np.concatenate([first, np.cumsum(gap, axis=-1)], axis=-1)
    low, high = middle(places.shape[-1])
    ends = places[..., low, None] + places[..., high, None]
    return np.asarray(center + places - 0.5 * ends)


def spread_levels(center: Any, gap: Any, count: float) -> NDArray[Any]:
    """Lay thresholds of each level outwards from one middle; see ``spread``.

    ``gap`` are those of all levels, side by side; ``count`` the thresholds of one.
    """
    each = np.reshape(gap, (*np.shape(gap)[:-1], -1, int(count) - 1))
    found = spread(np.atleast_1d(np.asarray(center))[..., None], each)
    return found.reshape(*found.shape[:-2], -1)


def with_ends(end: float, values: NDArray[Any]) -> NDArray[Any]:
    """Return vectors with one number before and after each."""
    ends = np.full((*values.shape[:-1], 1), end)
    return np.concatenate([ends, values, ends], axis=-1)


def ranks_of(latent: NDArray[Any], threshold: NDArray[Any]) -> NDArray[np.int64]:
    """Return how many thresholds are below each number.

    Thresholds of many draws have a first axis of draws, as the numbers have.
    """
    if threshold.ndim == 1:
        return np.searchsorted(threshold, latent).astype(np.int64)
    found = np.zeros(latent.shape, dtype=np.int64)
    for place in range(threshold.shape[-1]):
        found += latent > threshold[..., place, None]
    return found


def beside_rows(threshold: NDArray[Any]) -> NDArray[Any]:
    """Return thresholds as they stand behind rows: those of many draws are of each."""
    return threshold[..., None, :] if threshold.ndim == 2 else threshold


def logit_cumulative(simplex: NDArray[Any]) -> NDArray[Any]:
    """Return the thresholds that give these category probabilities at eta = 0."""
    below = np.cumsum(simplex, axis=-1)[..., :-1]
    above = np.cumsum(simplex[..., ::-1], axis=-1)[..., ::-1][..., 1:]
    return np.asarray(np.log(below) - np.log(above))


def logit_gaps(simplex: NDArray[Any]) -> NDArray[Any]:
    """Return the gaps of those thresholds without taking differences of them.

    With ``P`` the cumulative probability below category k and ``Q`` that above
    it, the gap around a category of probability ``p`` is
    ``log1p(p / P) + log1p(p / Q)``.
    """
    below = np.cumsum(simplex, axis=-1)[..., :-2]
    above = np.cumsum(simplex[..., ::-1], axis=-1)[..., ::-1][..., 2:]
    inner = simplex[..., 1:-1]
    return np.asarray(np.log1p(inner / below) + np.log1p(inner / above))
