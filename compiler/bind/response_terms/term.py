"""What a term beside a response is: ``y | trials(n)``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ...data.table import Floats
from ...families.family import Family

#: What the numbers of a term are to the likelihood: an argument of the family's
#: density, a time or area that the mean is multiplied by, the power of the density.
Role = Literal["argument", "exposure", "weight"]


@dataclass(frozen=True, slots=True)
class ResponseTerm:
    """One term of the language: its functions have names, so that models pickle.

    Attributes
    ----------
    name
        As it is called.
    role
        What its numbers are to the likelihood.
    summary
        What they are to the reader, in a few words.
    needed
        Which numbers it takes.
    allowed
        Whether numbers are such, one answer each.
    of
        Whether a family takes the term.
    """

    name: str
    role: Role
    summary: str
    needed: str
    allowed: Callable[[Floats], NDArray[np.bool_]]
    of: Callable[[Family], bool]
