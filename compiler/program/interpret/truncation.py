"""What a truncated density is divided by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...distributions.table import Distribution

Array = NDArray[Any]


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
    from scipy import stats

    if lower is None and upper is None:
        return np.asarray(0.0)
    if distribution.scipy is None:
        raise ValueError(f"{distribution.name} has no cdf here")
    name, frozen = distribution.scipy(**arguments)
    chosen = getattr(stats, name)(**frozen)
    if upper is None:
        return np.asarray(chosen.logsf(lower))
    if lower is None:
        return np.asarray(chosen.logcdf(upper))
    # a difference of two numbers near 1 has no digits: count from the nearer end
    right = chosen.cdf(lower) > 0.5
    more = np.where(right, chosen.logsf(lower), chosen.logcdf(upper))
    less = np.where(right, chosen.logsf(upper), chosen.logcdf(lower))
    return np.asarray(more + np.log(-np.expm1(less - more)))
