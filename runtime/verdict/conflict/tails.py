"""How far out in a prior a number is, in sds of a normal distribution."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from varying.compiler.distributions.table import DISTRIBUTIONS

if TYPE_CHECKING:
    from varying.compiler.program.ir import Prior

__all__ = ["log_upper", "score", "slope"]

Array = NDArray[Any]


def log_upper(prior: Prior, arguments: dict[str, Any], value: Array) -> Array | None:
    """Return the log probability that a prior gives to larger values.

    None where it is truncated above, or where there is no such function.
    """
    if prior.upper is not None or DISTRIBUTIONS[prior.distribution].proper is False:
        return None
    found = _upper(prior.distribution, arguments, value)
    if found is None or prior.lower is None:
        return found
    inside = _upper(prior.distribution, arguments, np.asarray(float(prior.lower)))
    return None if inside is None else found - inside


def _upper(name: str, arguments: dict[str, Any], value: Array) -> Array | None:
    from scipy.special import log_ndtr

    # the defaults, without the import of SciPy's distributions
    match name:
        case "normal":
            z = (value - arguments["mu"]) / arguments["sigma"]
            return np.asarray(log_ndtr(-z))
        case "exponential":
            return np.asarray(-arguments["rate"] * value)
        case "half_normal":
            return np.asarray(np.log(2.0) + log_ndtr(-value / arguments["sigma"]))
    from scipy import stats

    if name == "half_student_t":
        t = stats.t.logsf(value / arguments["sigma"], arguments["nu"])
        return np.asarray(np.log(2.0) + t)
    row = DISTRIBUTIONS[name]
    if row.scipy is None:
        return None
    known, frozen = row.scipy(**arguments)
    return np.asarray(getattr(stats, known)(**frozen).logsf(value))


def score(log_upper: Array) -> Array:
    """Return the normal score of an upper tail: 0 at the median, positive above."""
    from scipy.special import ndtri_exp

    return np.asarray(-ndtri_exp(np.minimum(log_upper, -1e-300)))


def slope(prior: Prior, arguments: dict[str, Any], value: float) -> float:
    """Return the derivative of the log density, by complex step."""
    row, step = DISTRIBUTIONS[prior.distribution], 1e-30
    at = np.asarray(value + 1j * step)
    return float(np.imag(row.log_density(at, **arguments)) / step)
