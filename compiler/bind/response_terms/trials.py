"""``y | trials(n)``: out of how many."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...data.table import Floats
from ...families.family import Family
from .term import ResponseTerm


def _whole(values: Floats) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = (values >= 0) & (values == np.floor(values))
    return found


def _has_trials(family: Family) -> bool:
    return "trials" in family.known


TRIALS = ResponseTerm(
    "trials",
    "argument",
    "out of how many",
    "whole numbers from 0",
    _whole,
    _has_trials,
)
