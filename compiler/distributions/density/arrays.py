"""A density read as NumPy: log densities of rows.

Arrays may be complex with a small imaginary part (complex step); the real part
decides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import numerics
from .operations import Density, Operations


class Arrays(Operations):
    """Operations on arrays."""

    exp, log, expm1 = map(staticmethod, (np.exp, np.log, np.expm1))
    log1p, equal = staticmethod(numerics.log1p), staticmethod(np.equal)
    sigmoid = staticmethod(numerics.logistic)
    log_sigmoid = staticmethod(numerics.log_logistic)

    def where(self, condition: Any, one: Any, other: Any) -> Any:
        """Return one of two values, by row."""
        return np.where(condition, one, other)

    @staticmethod
    def abs(x: Any) -> Any:
        """Return the size of the real part."""
        return np.abs(np.real(x))


ARRAYS = Arrays()


def log_density(
    density: Density, names: Sequence[str] = ()
) -> Callable[..., NDArray[Any]]:
    """Return a density as a function of arrays.

    ``names`` are its arguments beside the response, of a density that has no names for
    them.
    """

    def read(y: Any, *arguments: Any, **named: Any) -> NDArray[Any]:
        """Return the log density of each row."""
        # whole numbers are numbers: their powers must not wrap around
        given = [np.asarray(x) * 1.0 for x in (y, *arguments)]
        named = {name: np.asarray(x) * 1.0 for name, x in named.items()}
        for name in names[len(arguments) :]:
            given.append(named.pop(name))
        with np.errstate(over="ignore"):
            return np.asarray(density(ARRAYS, *given, **named))

    return read
