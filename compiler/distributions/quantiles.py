"""Quantiles of priors: where the middle of one is, and how wide it is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from .table import DISTRIBUTIONS

#: Between the quartiles of a normal distribution, in its sds.
_NORMAL_QUARTILES = 1.3489795003921634


def middle_and_spread(
    distribution: str,
    arguments: Mapping[str, Any],
    lower: float | None = None,
    upper: float | None = None,
) -> tuple[float, float] | None:
    """Return the median of a distribution, and the distance of its quartiles as an sd.

    That is finite for those that have no sd (``cauchy``), and is the sd of a normal.
    None of one that has no quantiles here, or none that are numbers.

    Parameters
    ----------
    distribution
        Key of ``DISTRIBUTIONS``.
    arguments
        Single numbers by name.
    lower, upper
        Truncation.
    """
    row = DISTRIBUTIONS.get(distribution)
    if row is None or not row.proper:
        return None
    if distribution == "normal" and lower is upper is None:
        return float(arguments["mu"]), float(arguments["sigma"])
    if row.scipy is None:
        # `half_student_t`: its scale is near the middle of it
        scale = arguments.get("sigma")
        return None if scale is None else (float(scale), float(scale))
    from scipy import stats

    name, frozen = row.scipy(**arguments)
    chosen = getattr(stats, name)(**frozen)
    low = 0.0 if lower is None else float(chosen.cdf(lower))
    high = 1.0 if upper is None else float(chosen.cdf(upper))
    first, middle, third = (
        float(chosen.ppf(low + share * (high - low))) for share in (0.25, 0.5, 0.75)
    )
    spread = (third - first) / _NORMAL_QUARTILES
    if not (math.isfinite(middle) and 0.0 < spread < math.inf):
        return None
    return middle, spread
