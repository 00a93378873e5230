"""``y | weights(w)``: a row that counts as several, or as less than one."""

from __future__ import annotations

import numpy as np

from .term import ResponseTerm

WEIGHTS = ResponseTerm(
    "weights",
    "weight",
    "how often a row counts: the power of its likelihood",
    "numbers from 0",
    lambda values: (values >= 0) & np.isfinite(values),
    lambda family: True,
)
