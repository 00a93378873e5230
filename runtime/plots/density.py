"""Densities of draws, by a normal kernel on a grid.

The draws are counted in bins, and the counts are smoothed by way of their cosine
transform, which mirrors them at both ends of the grid. ArviZ draws the same curve
(``arviz_stats.base.array_stats.kde``; the tests hold one against the other), but to
import it takes as long as half of a picture.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["density", "kernel_density"]

#: Bins of a grid.
_BINS = 512
#: A density below so much of its highest point is as good as 0.
_UNSEEN = 0.002
#: The most that the squared bandwidth is looked for at, of the squared range.
_WIDEST = 0.01
#: Derivatives that the plug-in starts from, down to the second.
_STAGES = 7
#: Halvings of the interval of the bandwidth: its error is far below a bin.
_HALVINGS = 30


def density(
    values: NDArray[Any],
    limits: tuple[float, float] | None = None,
    *,
    ends: tuple[float, float] = (-np.inf, np.inf),
    one_hump: bool = False,
) -> tuple[Array, Array] | None:
    """Return grid and density of finite values; None if they are one number.

    Without limits it goes down to 0 beyond the extreme values, but not beyond the
    ends: there it stops, as high as it is. With limits, the density is that of all
    values, seen between them and somewhat beyond; it ends at 0 if the limits do, and
    at the ends. If one hump is likely, a simpler bandwidth does, which is faster.
    """
    flat = np.asarray(values, dtype=np.float64).ravel()
    flat = flat[np.isfinite(flat)]
    if limits is not None:
        # What lies beyond an end is smoothed across it, and is not piled up there.
        low, high = limits
        beyond = 0.25 * (high - low)
        limits = (low if low == 0.0 else low - beyond, high + beyond)
        limits = max(limits[0], ends[0]), min(limits[1], ends[1])
    inside = flat if limits is None else flat[(flat >= limits[0]) & (flat <= limits[1])]
    if inside.size < 2 or not np.ptp(inside) > 1e-12 * np.abs(inside).max():
        return None
    if limits is None:
        # Where nothing is near, the mirror at the ends changes nothing.
        shown, mirrored = _reach(flat, ends), True
    else:
        shown = limits
        mirrored = limits[0] in (0.0, ends[0]) or limits[1] == ends[1]
    made = kernel_density(inside, shown, mirrored=mirrored, one_hump=one_hump)
    if made is None:  # almost all values are one
        return None
    grid, found = made[0], made[1] * (inside.size / flat.size)
    if limits is None or limits[0] == ends[0] or limits[1] == ends[1]:
        grid[0], grid[-1] = shown  # they are half a step inside
    if limits is None:
        # An axis need not be longer than what can be seen.
        kept = found > _UNSEEN * found.max()
        kept |= (grid >= flat.min()) & (grid <= flat.max())
        first, last = np.flatnonzero(kept)[[0, -1]]
        kept[max(first - 1, 0) : last + 2] = True
        grid, found = grid[kept], found[kept]
    return grid, found


def kernel_density(
    values: Array,
    limits: tuple[float, float],
    *,
    mirrored: bool = True,
    one_hump: bool = False,
) -> tuple[Array, Array] | None:
    """Return the middles of bins and the density there, which integrates to 1.

    Parameters
    ----------
    values
        Finite numbers between the limits, not all the same.
    limits
        The ends of the grid.
    mirrored
        Whether what is smoothed beyond an end comes back: the density stops there.
        Else it is lost.
    one_hump
        Whether the bandwidth is that of Silverman's rule; else it is the mean of that
        and of the improved one of Sheather and Jones (Botev, Grotowski & Kroese 2010,
        Annals of Statistics 38), which keeps two humps apart.

    Returns
    -------
    None where the values have no width that can be smoothed by.
    """
    low, high = limits
    counts, edges = np.histogram(values, _BINS, (low, high))
    step = (high - low) / _BINS
    width = _silverman(values)
    waves = _cosines(counts / values.size)
    if not one_hump:
        width = 0.5 * (width + _sheather_jones(waves, values.size, high - low, width))
    if not width > 0.0:
        return None
    if mirrored:
        found = _smoothed(waves, width / (high - low))
    else:
        # Room for what goes beyond, so that it does not come back.
        room = min(_BINS, math.ceil(4.0 * width / step) + 1)
        wide = _cosines(np.pad(counts / values.size, room))
        found = _smoothed(wide, width / (high - low + 2 * room * step))[room:-room]
    found = np.maximum(found, 0.0)
    return 0.5 * (edges[:-1] + edges[1:]), found / (found.sum() * step)


def _silverman(values: Array) -> float:
    first, third = np.quantile(values, (0.25, 0.75))
    width = min(float(values.std()), float(third - first) / 1.34)
    return 0.9 * width * float(values.size**-0.2)


def _cosines(shares: Array) -> NDArray[np.complex128]:
    """Return the transform of shares and their mirror image, one behind the other."""
    return np.fft.rfft(np.concatenate((shares, shares[::-1])))


def _smoothed(waves: NDArray[np.complex128], width: float) -> Array:
    """Return the shares smoothed by a normal kernel; its sd as part of the range."""
    count = len(waves) - 1
    damped = waves * np.exp(-0.5 * (np.arange(count + 1) * math.pi * width) ** 2)
    return np.fft.irfft(damped, 2 * count)[:count]


def _sheather_jones(
    waves: NDArray[np.complex128], size: int, reach: float, otherwise: float
) -> float:
    """Return the bandwidth at which the plug-in gives back what it is given.

    Algorithm 1 of Botev, Grotowski and Kroese: the squared bandwidth ``t``, on a range
    of 1, solves ``t = xi gamma^[7](t)``.
    """
    squares = np.arange(1.0, len(waves) - 1.0) ** 2
    powers = np.abs(waves[1:-1]) ** 2
    low, high = 0.0, _WIDEST
    if not _beyond(high, size, squares, powers) > 0.0:
        return otherwise
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        if _beyond(middle, size, squares, powers) > 0.0:
            high = middle
        else:
            low = middle
    return math.sqrt(0.5 * (low + high)) * reach


def _beyond(t: float, size: int, squares: NDArray[Any], powers: NDArray[Any]) -> float:
    """Return by how much ``t`` is larger than what the plug-in makes of it."""
    found = _roughness(t, _STAGES, squares, powers)
    for stage in range(_STAGES - 1, 1, -1):
        odd = math.prod(range(1, 2 * stage, 2)) / math.sqrt(math.pi / 2.0)
        ratio = (1.0 + 0.5 ** (stage + 0.5)) / 3.0 * odd
        if not found > 0.0:
            return -1.0
        before = math.pow(ratio / (size * found), 2.0 / (3.0 + 2.0 * stage))
        found = _roughness(before, stage, squares, powers)
    if not found > 0.0:
        return -1.0
    return t - math.pow(2.0 * size * math.sqrt(math.pi) * found, -0.4)


def _roughness(
    t: float, stage: int, squares: NDArray[Any], powers: NDArray[Any]
) -> float:
    """Return the integral of a squared derivative of the density smoothed by ``t``."""
    terms = squares**stage * powers * np.exp(-squares * (math.pi**2 * t))
    return 0.5 * math.pi ** (2 * stage) * float(terms.sum())


def _reach(values: Array, ends: tuple[float, float]) -> tuple[float, float]:
    """Return where the density of values is 0, or has to end."""
    first, third = np.quantile(values, (0.25, 0.75))
    deviation = float(values.std())
    width = min(deviation, float(third - first) / 1.34) or deviation
    # Four bandwidths of Silverman's rule: more than the others'.
    beyond = 3.6 * width * values.size**-0.2
    low, high = float(values.min()), float(values.max())
    bottom, top = max(low - beyond, ends[0]), min(high + beyond, ends[1])
    return min(bottom, low), max(top, high)
