"""Thresholds laid out around one of them, which has a prior of its own.

Its prior is then what it says, and the thresholds are in order. Thresholds are as far
from each other as without it: to go from their middle to one of them has Jacobian 1.
"""

from __future__ import annotations

from ..bind.bound import PriorText
from ..distributions.table import REAL
from ..program.expressions import Apply, Assemble, Const, ProgramExpr, Symbol
from ..program.ir import Derived, Parameter
from .builder import Builder, prior_of


def laid_around(
    build: Builder,
    single: tuple[int, tuple[str, PriorText]],
    gap: ProgramExpr | None,
    axis: str,
    center: str,
    places: str,
) -> ProgramExpr:
    """Return thresholds laid out around one of them.

    Parameters
    ----------
    build
        Takes the parameter, and its line in ``show priors``.
    single
        Which of them, from 0, its target and its prior.
    gap, axis
        The distances between neighbours (None: there is one threshold only), and the
        axis of the thresholds.
    center, places
        What the threshold that has a prior, and thresholds around 0, are called.
    """
    place, (target, chosen) = single
    build.explain(target, chosen)
    prior, bounds = prior_of(chosen, REAL)
    assert prior is not None
    build.parameters.append(Parameter(center, (), prior, bounds=bounds, report=False))
    if gap is None:
        return Symbol(center)
    spread = Apply("spread", (Const(0.0), gap))
    build.derived.append(Derived(places, (axis,), spread, report=False))
    labels = next(one.labels for one in build.axes if one.name == axis)
    there = Assemble((Symbol(places),), (place,) * len(labels or ()))
    away = Apply("-", (Symbol(places), there))
    return Apply("+", (Symbol(center), away))
