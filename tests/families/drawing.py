"""What samples of families are made of."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Rng = np.random.Generator


@dataclass(frozen=True, slots=True)
class Sample:
    """Rows of one family: responses and arguments."""

    y: Array
    arguments: dict[str, Array]


def far(rng: Rng, rows: int) -> Array:
    """Linear predictors near 0 and out to the ends, signs mixed."""
    return rng.choice([-1.0, 1.0], rows) * spread(rng, rows, 3e-4, 700.0)


def spread(rng: Rng, rows: int, low: float, high: float) -> Array:
    """Positive numbers, all magnitudes between two alike."""
    return np.exp(rng.uniform(math.log(low), math.log(high), rows))


def whole(rng: Rng, rows: int, most: float) -> Array:
    """Whole numbers of all magnitudes, a few zeros among them."""
    return np.floor(spread(rng, rows, 0.5, most)).astype(np.int64)
