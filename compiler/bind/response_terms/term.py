"""What a term beside a response is: ``y | trials(n)``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from varying.grammar.diagnostics import Sink
from varying.grammar.tree import Call

from ...data.schema import Schema
from ...data.table import Floats
from ...families.family import Family
from ...formula.columns import Numeric

#: What the numbers of a term are to the likelihood: an argument of the family's
#: density, a time or area that the mean is multiplied by, the power of the density,
#: what is known of the response in place of its value or of where it can be seen, its
#: residual sd, or the sd of an error that comes with it.
ResponseTermRole = Literal["argument", "exposure", "weight", "limit", "scale", "error"]


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
    read
        What reads a call of it that has more than one argument of one kind: it returns
        terms with their numbers, or None after a fault.
    """

    name: str
    role: ResponseTermRole
    summary: str
    needed: str
    allowed: Callable[[Floats], NDArray[np.bool_]]
    of: Callable[[Family], bool]
    read: Callable[[Call, Schema, Sink], Beside | None] | None = None


#: What stands beside a response: terms with their numbers.
Beside = tuple[tuple[ResponseTerm, Numeric], ...]
