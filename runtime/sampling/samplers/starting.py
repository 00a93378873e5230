"""Where chains start: near the middle of things, and nowhere out of reach."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from varying.compiler.program.ir import Frame, Program

__all__ = ["Starts", "starting_point"]

Floats = NDArray[np.float64]

#: The log density of a row may be so much lower at the start of a chain than in the
#: middle. A normal response is then 10 sds away; a count is expected to be 50 too
#: many, beyond which exponentials take over.
LOWER = 50.0
#: Halvings of the way to the middle: what is left is a hair's breadth.
HALVINGS = 40


def starting_point(
    density: Callable[[Floats], float],
    middle: Floats,
    reach: Floats,
    rows: float,
    seed: int | list[int],
) -> Floats:
    """Return where a chain starts.

    Each coordinate is moved by a uniform random number times its reach. Where the
    density says that this is too far (a predictor of a log link in the hundreds), half
    of that, and so on.

    Parameters
    ----------
    density
        The log density; not finite where it, or its gradient, is no number.
    middle, reach
        Of ``compiler.backends.reference.start``.
    rows
        How many rows of the data there are.
    seed
        Of the chain.
    """
    away = np.random.default_rng(seed).uniform(-1.0, 1.0, len(middle)) * reach
    least = density(middle) - LOWER * max(rows, 1.0)
    for _ in range(HALVINGS):
        found = density(middle + away)
        # what is no number is not above anything
        if np.isfinite(found) and not found < least:
            return middle + away
        away = 0.5 * away
    return np.array(middle)


@dataclass(frozen=True, eq=False)
class Starts:
    """Where the chains of a PyMC graph start: as those of a kernel do.

    Attributes
    ----------
    program, frame
        What the graph was made of.
    """

    program: Program
    frame: Frame

    def check(self) -> None:
        """Raise ``SamplingError`` unless there is a place to start."""
        from . import NOWHERE, SamplingError

        middle, reach, rows = self._where
        point = starting_point(self._density, middle, reach, rows, 0)
        if not np.isfinite(self._density(point)):
            raise SamplingError(NOWHERE)

    def coordinates(self, seed: int | list[int]) -> dict[str, Floats]:
        """Return unconstrained values, by the names of the graph's free variables."""
        middle, reach, rows = self._where
        flat = starting_point(self._density, middle, reach, rows, seed)
        return self._parted(flat)

    def values(self, seed: int | list[int]) -> dict[str, Floats]:
        """Return the variables themselves."""
        point = self.coordinates(seed)
        return {name: np.asarray(self._evaluated(point)[0][name]) for name in point}

    @cached_property
    def _where(self) -> tuple[Floats, Floats, float]:
        from varying.compiler.program.interpret.start import reach, rows_of, start

        rows = rows_of(self.program, self.frame)
        both = (one(self.program, self.frame) for one in (start, reach))
        middle, far = (np.concatenate([np.zeros(0), *x.values()]) for x in both)
        return middle, far, rows

    def _parted(self, flat: Floats) -> dict[str, Floats]:
        from varying.compiler.program.interpret import coordinates

        found, at = {}, 0
        for one in coordinates(self.program, self.frame):
            size = int(np.prod(one.shape))
            found[one.name] = flat[at : at + size].reshape(one.shape)
            at += size
        return found

    def _evaluated(self, point: Mapping[str, Floats]) -> tuple[dict[str, Any], Any]:
        from varying.compiler.program.interpret import evaluate

        with np.errstate(all="ignore"):
            return evaluate(self.program, self.frame, point)

    def _density(self, flat: Floats) -> float:
        return float(np.real(self._evaluated(self._parted(flat))[1]))
