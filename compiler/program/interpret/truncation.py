"""What a truncated density is divided by."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...distributions.table import DISTRIBUTIONS, Distribution

Array = NDArray[Any]

#: Arrays of so many numbers are kept with their mass.
_FEW = 100


def log_mass(
    distribution: Distribution,
    arguments: Mapping[str, Any],
    lower: float | None,
    upper: float | None,
) -> Array:
    """Return the log of what a truncated density is divided by.

    Parameters
    ----------
    distribution
        A row with ``scipy``.
    arguments
        Real numbers or arrays.
    lower, upper
        Bounds; None: none.
    """
    if lower is None and upper is None:
        return np.asarray(0.0)
    given = {name: np.asarray(value) for name, value in arguments.items()}
    if all(array.dtype == float and array.size <= _FEW for array in given.values()):
        # the same numbers at every point that a density is asked for
        key = tuple((name, a.shape, a.tobytes()) for name, a in given.items())
        return _of_numbers(distribution.name, key, lower, upper)
    return _log_mass(distribution, arguments, lower, upper)


@lru_cache(maxsize=1024)
def _of_numbers(
    name: str,
    key: tuple[tuple[str, tuple[int, ...], bytes], ...],
    lower: float | None,
    upper: float | None,
) -> Array:
    given = {n: np.frombuffer(held).reshape(shape) for n, shape, held in key}
    found = _log_mass(DISTRIBUTIONS[name], given, lower, upper)
    found.flags.writeable = False
    return found


def _log_mass(
    distribution: Distribution,
    arguments: Mapping[str, Any],
    lower: float | None,
    upper: float | None,
) -> Array:
    from scipy import stats

    if distribution.scipy is None:
        raise ValueError(f"{distribution.name} has no cdf here")
    name, given = distribution.scipy(**arguments)
    # not frozen: that makes and documents a distribution each time
    chosen = getattr(stats, name)
    if upper is None:
        return np.array(chosen.logsf(lower, **given))
    if lower is None:
        return np.array(chosen.logcdf(upper, **given))
    # a difference of two numbers near 1 has no digits: count from the nearer end
    right = chosen.cdf(lower, **given) > 0.5
    more = np.where(right, chosen.logsf(lower, **given), chosen.logcdf(upper, **given))
    less = np.where(right, chosen.logsf(upper, **given), chosen.logcdf(lower, **given))
    return np.array(more + np.log(-np.expm1(less - more)))
