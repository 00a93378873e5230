"""Families of what several categories have of a whole: counts, or shares."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..family import Family
from .dirichlet import DIRICHLET, dirichlet
from .dirichlet_multinomial import DIRICHLET_MULTINOMIAL, dirichlet_multinomial
from .logistic_normal import LOGISTIC_NORMAL, logistic_normal
from .multinomial import MULTINOMIAL, multinomial
from .parts import names_in

__all__ = ["COMPOSITIONS", "named"]

#: As they are named in a spec, of responses that are not known yet.
COMPOSITIONS: tuple[Family, ...] = (
    MULTINOMIAL,
    DIRICHLET_MULTINOMIAL,
    DIRICHLET,
    LOGISTIC_NORMAL,
)
_MADE: Mapping[str, Callable[[tuple[str, ...]], Family]] = {
    MULTINOMIAL.name: multinomial,
    DIRICHLET_MULTINOMIAL.name: dirichlet_multinomial,
    DIRICHLET.name: dirichlet,
    LOGISTIC_NORMAL.name: logistic_normal,
}


def named(made: str) -> Family | None:
    """Return the family that a name with its predictors means; None: it is none."""
    for name, make in _MADE.items():
        names = names_in(made, name)
        if names is not None:
            return make(names)
    return None
