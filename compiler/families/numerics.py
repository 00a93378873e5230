"""Functions that stay exact where their textbook form overflows or cancels.

All accept complex arrays with a small imaginary part (complex step); the real
part decides the branch.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def log_logistic(x: Array) -> Array:
    """Return ``log(1 / (1 + exp(-x)))``; finite for any finite ``x``."""
    x = np.asarray(x)
    negative = np.real(x) < 0
    small = np.exp(np.where(negative, x, -x))
    return np.asarray(np.where(negative, x, 0.0) - np.log1p(small))


def logistic(x: Array) -> Array:
    """Return ``1 / (1 + exp(-x))`` without overflow."""
    return np.asarray(np.exp(log_logistic(x)))


def log_one_minus_exp(x: Array) -> Array:
    """Return ``log(1 - exp(-x))`` for ``x > 0`` (Mächler 2012)."""
    x = np.asarray(x)
    small = np.real(x) < math.log(2.0)
    # each branch is fed harmless numbers where the other one is taken
    near, far = np.where(small, x, 1.0), np.where(small, 1.0, x)
    return np.asarray(
        np.where(small, np.log(-np.expm1(-near)), np.log1p(-np.exp(-far)))
    )
