"""Log densities of rows, each as often as it counts."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def counted(times: Any, density: Any) -> Array:
    """Return log densities times how often each counts.

    A row that does not count adds nothing, even where its response is impossible: 0
    times minus infinity would be no number.
    """
    times = np.asarray(times)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(times == 0, 0.0, times * np.asarray(density)))
