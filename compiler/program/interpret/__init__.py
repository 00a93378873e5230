"""The program's meaning, evaluated in NumPy: slow, plain, independent of PyMC."""

from __future__ import annotations

from .charts import Coordinate, coordinates, from_unconstrained
from .density import evaluate, gradient, log_density

__all__ = [
    "Coordinate",
    "coordinates",
    "evaluate",
    "from_unconstrained",
    "gradient",
    "log_density",
]
