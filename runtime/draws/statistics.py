"""The statistics of a quantity's draws: moments, quantiles, convergence.

R-hat and effective sample sizes are those of Vehtari, Gelman, Simpson,
Carpenter & Bürkner (2021); see ``chains``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .chains import convergence, quantiles

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from xarray import DataArray

    from ..files.arrays import Labelled

__all__ = ["Statistics", "elements", "summarize", "summarize_each"]

#: Quantiles whose effective sample sizes make the tail's: the smaller counts.
_TAILS = (0.05, 0.95)
_EPS = float(np.finfo(np.float64).eps)
#: Fewer draws than this in a chain cannot be split in two and compared.
_FEWEST = 4
#: Numbers whose draws are copied side by side: a call of ArviZ for each would take
#: longer, one for all as much memory as the draws.
_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Statistics:
    """What a table says of one number.

    A constant (drawn the same each time) has ``sd`` 0 and no effective sample
    size; with fewer than 4 draws a chain there is none either. Where some draws are
    infinite, median and interval are draws too, and there is nothing else.
    """

    mean: float
    sd: float
    median: float
    lower: float
    upper: float
    ess_bulk: float | None
    ess_tail: float | None
    rhat: float | None

    @property
    def mcse(self) -> float | None:
        """Monte Carlo standard error of the mean."""
        if self.ess_bulk is None or self.ess_bulk <= 0:
            return None
        return self.sd / math.sqrt(self.ess_bulk)


def summarize(draws: NDArray[Any], prob: float = 0.95) -> Statistics:
    """Return the statistics of one number.

    Parameters
    ----------
    draws
        Chains by draws.
    prob
        Mass of the equal-tailed interval.
    """
    return summarize_each([draws], prob)[0]


def summarize_each(
    several: Sequence[NDArray[Any]], prob: float = 0.95
) -> tuple[Statistics, ...]:
    """Return the statistics of several numbers.

    Parameters
    ----------
    several
        Of each number its draws: chains by draws.
    prob
        Mass of the equal-tailed interval.
    """
    found: list[Statistics] = []
    for first in range(0, len(several), _AT_ONCE):
        block = np.stack(several[first : first + _AT_ONCE]).astype(np.float64)
        found += _of_block(block, prob)
    return tuple(found)


def _of_block(values: NDArray[np.float64], prob: float) -> list[Statistics]:
    """Return the statistics of numbers by chains by draws."""
    flat = values.reshape(len(values), -1)
    # An undefined draw makes every figure undefined.
    found = [Statistics(*(math.nan,) * 5, None, None, None)] * len(values)
    tail = (1.0 - prob) / 2.0
    three = (tail, 0.5, 1.0 - tail)
    finite = np.isfinite(flat).all(axis=1)
    least, most = flat.min(axis=1), flat.max(axis=1)
    # some rounding errors: sds that are computed from others
    with np.errstate(invalid="ignore"):
        constant = most - least <= 16.0 * _EPS * np.maximum(abs(least), abs(most))
    for place in np.flatnonzero(finite & constant):
        value = float(flat[place, 0])
        found[place] = Statistics(value, 0.0, value, value, value, None, None, None)
    for place in np.flatnonzero(~finite & ~np.isnan(flat).any(axis=1)):
        # draws as they are: between a number and infinity there is none to take
        low, middle, high = np.quantile(
            flat[place], three, method="inverted_cdf"
        ).tolist()
        found[place] = Statistics(math.nan, math.nan, middle, low, high, *(None,) * 3)
    places = np.flatnonzero(finite & ~constant)
    if not len(places):
        return found
    flat, values = flat[places], values[places]
    lower, median, upper = quantiles(flat, three)
    with np.errstate(over="ignore"):  # near the largest numbers it is infinite
        spread = flat.std(axis=1, ddof=1)
    moments = (flat.mean(axis=1), spread, median, lower, upper)
    rows = zip(*(column.tolist() for column in moments), strict=True)
    for place, row, own in zip(places, rows, _convergence(values), strict=True):
        mean, sd, middle, low, high = row
        found[place] = Statistics(mean, sd, middle, low, high, *own)
    return found


def _convergence(
    values: NDArray[np.float64],
) -> list[tuple[float | None, float | None, float | None]]:
    if values.shape[2] < _FEWEST:
        return [(None, None, None)] * len(values)
    with np.errstate(all="ignore"):
        # A chain that stands still divides by its variance of 0; the figure
        # that comes out (none, or infinite) says so.
        found = convergence(values, _TAILS)
    return [
        (_known(bulk), _known(tail), ratio if not math.isnan(ratio) else None)
        for bulk, tail, ratio in zip(
            *(column.tolist() for column in found), strict=True
        )
    ]


def _known(number: float) -> float | None:
    return number if math.isfinite(number) else None


def elements(
    values: DataArray | Labelled, *, triangle: bool = False
) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield each number of a variable: its labels joined, and its draws.

    Parameters
    ----------
    values
        Dimensions ``chain`` and ``draw``, then any others.
    triangle
        For a correlation matrix: only what is below its diagonal, without effects
        that are not correlated by the model, whose draws are all 0.
    """
    ordered: Any = values.transpose("chain", "draw", ...)
    labels = [
        [str(label) for label in ordered.coords[dim].values]
        if dim in ordered.coords
        else [str(number) for number in range(ordered.sizes[dim])]
        for dim in ordered.dims[2:]
    ]
    array = ordered.values
    for place in np.ndindex(array.shape[2:]):
        if triangle and place[0] <= place[1]:
            continue
        coord = ", ".join(labels[axis][at] for axis, at in enumerate(place))
        draws = array[(slice(None), slice(None), *place)]
        if not triangle or draws.any():
            yield coord, draws
