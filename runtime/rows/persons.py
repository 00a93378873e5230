"""New persons whose thresholds vary, drawn from the fitted population."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .at_once import AtOnce

if TYPE_CHECKING:
    from varying.compiler.program.persons import Persons

__all__ = ["NEW_PERSONS", "new_persons"]

Array = NDArray[Any]

#: How many persons an average is made of at each draw, half of them the mirror images
#: of the others. They are other ones at each draw: what they add to the Monte Carlo
#: error of a mean over a thousand draws is that of 32,000 persons.
NEW_PERSONS = 32


def new_persons(at: AtOnce, persons: Persons) -> Iterator[AtOnce]:
    """Yield programs at draws whose thresholds are those of a new person at each."""
    of = persons.prefix
    sd = at.vector(persons.sd).reshape(-1, 1)
    threshold, gap = at.vector(f"{of}threshold"), at.vector(f"{of}gap")
    # known persons: the same question has the same answer
    rng = np.random.default_rng([15, 3])
    for _ in range(NEW_PERSONS // 2):
        effects = sd * rng.standard_normal((at.size, persons.gaps))
        for own in (effects, -effects):
            laid = persons.laid_out(threshold, gap, own)
            draws = {f"{of}{name}": value for name, value in laid.items()}
            yield AtOnce(at.program, at.frame, {**at.draws, **draws})
