"""Functions that stay exact where their textbook form overflows or cancels.

All accept complex arrays with a small imaginary part (complex step); the real
part decides the branch.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

#: Draws of counts have no larger mean: samplers of Poisson numbers refuse means
#: near 2^63, which an unlucky draw from the priors can ask for.
LARGEST_MEAN = 1e15
#: Below it the arguments of ``stirling`` are moved up by as much.
SHIFT = 10
#: Stirling's series in 1/x, 1/x^3, ...: seven terms are exact from ``SHIFT`` on.
STIRLING = (
    *(1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188),
    *(-691 / 360360, 1 / 156),
)
#: ``exp(x) - 1 - x`` over ``x^2``, up to ``|x|`` = ``EXCESS_SERIES``.
EXCESS = tuple(1 / math.factorial(k) for k in range(2, 11))
EXCESS_SERIES = 0.1
#: ``log(1 + x) / x``, up to ``x`` = ``RATIO_SERIES``.
RATIO = tuple((-1) ** k / (k + 1) for k in range(9))
RATIO_SERIES = 0.01
HALF_LOG_2PI = 0.5 * math.log(2.0 * math.pi)


def polynomial(coefficients: Sequence[float], x: Any) -> Any:
    """Return ``c[0] + c[1] x + c[2] x^2 + ...``, of a number, array or tensor."""
    total: Any = coefficients[-1]
    for coefficient in reversed(coefficients[:-1]):
        total = total * x + coefficient
    return total


def log1p(x: Array) -> Array:
    """Return ``log(1 + x)``; NumPy's own has no digits for small complex ``x``."""
    x = np.asarray(x)
    if not np.iscomplexobj(x):
        return np.asarray(np.log1p(x))
    return np.asarray(np.log1p(x.real) + 1j * np.arctan2(x.imag, 1.0 + x.real))


def pooled_logit(successes: float, trials: float) -> float:
    """Return the logit of a share; of half an event where there is none.

    So it is where the log of the mean of counts is: of rare events the two agree.
    """
    if not trials > 0.0:
        return 0.0
    least = min(0.5, 0.5 * trials)
    successes = min(max(successes, least), trials - least)
    return math.log(successes) - math.log(trials - successes)


def log_logistic(x: Array) -> Array:
    """Return ``log(1 / (1 + exp(-x)))``; finite for any finite ``x``."""
    x = np.asarray(x)
    if not np.iscomplexobj(x):
        return np.asarray(np.minimum(x, 0.0) - np.log1p(np.exp(-np.abs(x))))
    negative = np.real(x) < 0
    small = np.exp(np.where(negative, x, -x))
    return np.asarray(np.where(negative, x, 0.0) - log1p(small))


def log_logistics(a: Array, b: Array) -> Array:
    """Return ``log_logistic(a) + log_logistic(b)``, with one logarithm."""
    a, b = np.asarray(a), np.asarray(b)
    if np.iscomplexobj(a) or np.iscomplexobj(b):
        return log_logistic(a) + log_logistic(b)
    # in place: there are many of these, and memory is slower than they are
    s, t = np.asarray(np.abs(a * 1.0)), np.asarray(np.abs(b * 1.0))
    for small in (s, t):
        np.exp(np.negative(small, out=small), out=small)
    both = np.asarray(s * t)
    both += s
    both += t
    np.log1p(both, out=both)
    found = np.asarray(np.minimum(a, 0.0) + np.minimum(b, 0.0))
    found -= both
    return found


def logistic(x: Array) -> Array:
    """Return ``1 / (1 + exp(-x))`` without overflow."""
    return np.asarray(np.exp(log_logistic(x)))


def log_one_minus_exp(x: Array) -> Array:
    """Return ``log(1 - exp(-x))`` for ``x > 0`` (Mächler 2012)."""
    x = np.asarray(x)
    small = np.real(x) < math.log(2.0)
    # each branch is fed harmless numbers where the other one is taken
    near, far = np.where(small, x, 1.0), np.where(small, 1.0, x)
    return np.asarray(np.where(small, np.log(-np.expm1(-near)), log1p(-np.exp(-far))))
