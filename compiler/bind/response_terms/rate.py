"""``y | rate(t)``: events over a time or an area."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...data.table import Floats
from ...families.family import Family
from .term import ResponseTerm


def _positive(values: Floats) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = values > 0
    return found


def _has_rate(family: Family) -> bool:
    return family.rate is not None


RATE = ResponseTerm(
    "rate",
    "exposure",
    "time or area that events are counted in",
    "above 0",
    _positive,
    _has_rate,
)
