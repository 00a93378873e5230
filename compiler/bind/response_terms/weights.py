"""``y | weights(w)``: a row that counts as several, or as less than one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...data.table import Floats
from ...families.family import Family
from .term import ResponseTerm


def _from_zero(values: Floats) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = (values >= 0) & np.isfinite(values)
    return found


def _any(family: Family) -> bool:
    return True


WEIGHTS = ResponseTerm(
    "weights",
    "weight",
    "how often a row counts: the power of its likelihood",
    "numbers from 0",
    _from_zero,
    _any,
)
