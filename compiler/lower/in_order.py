"""Components of one family, told apart by the order of their intercepts.

Two of the same family under the same priors could change places, and chains would not
agree on which is the first. So the intercepts, at the predictors' means, are draws from
their prior conditioned on their order. Priors that differ tell components apart
themselves, and leave the intercepts free.
"""

from __future__ import annotations

from ..bind.bound import BoundModel, BoundPredictor, PriorText
from ..distributions.table import DISTRIBUTIONS
from ..families.family import DefaultPrior
from ..program.expressions import Apply, Const, ProgramExpr, Symbol, minus
from ..program.ir import Axis, Derived, Parameter, Prior
from .builder import Builder

__all__ = ["is_in_order", "intercept_in_order"]

#: What is sampled is the intercepts in so many scales of their prior.
_STEP = 0.3


def is_in_order(bound: BoundModel) -> bool:
    """Whether the intercepts of a response's components are in order."""
    parts, priors = bound.mains, dict(bound.priors)
    if not bound.family.alike or len(parts) < 2:
        return False
    if not all(part.population.intercept for part in parts):
        return False
    for end in ("Intercept", "Intercept[mean]"):
        found = [priors.get(f"{part.target}{end}") for part in parts]
        if any(one is not None for one in found):
            return len({_key(one) for one in found}) == 1 and _moves(found[0])
    # offsets of one alone are a part of its prior
    return len({part.population.offsets for part in parts}) == 1


def _key(prior: PriorText | None) -> object:
    if prior is None:
        return None
    return prior.distribution, prior.arguments, prior.lower, prior.upper


def _moves(prior: PriorText | None) -> bool:
    """Whether a prior has a location and a scale, and no bounds."""
    if prior is None or not (prior.lower is prior.upper is None):
        return False
    row = DISTRIBUTIONS.get(prior.distribution)
    return row is not None and row.location == "mu" and "sigma" in dict(prior.arguments)


def intercept_in_order(
    build: Builder,
    part: BoundPredictor,
    chosen: PriorText | DefaultPrior,
    offset: ProgramExpr | None,
) -> None:
    """Add an intercept that is an element of ordered ones."""
    bound, name = build.bound, f"{part.prefix}Intercept"
    names = [one.dpar for one in bound.mains]
    place, given = names.index(part.dpar), dict(chosen.arguments)
    vector, axis = f"{bound.prefix}ordered_Intercept", f"{bound.prefix}component"
    unit = _STEP * given["sigma"]
    if place == 0:
        build.axes.append(Axis(axis, "coefs", tuple(names)))
        arguments = tuple(
            (key, Const({"mu": 0.0, "sigma": 1.0 / _STEP}.get(key, value)))
            for key, value in given.items()
        )
        prior = Prior(chosen.distribution, arguments)
        build.parameters.append(
            Parameter(vector, (axis,), prior, chart="ordered", report=False)
        )
        build.notes.append("the intercepts of the components are in rising order")
    chosen_one = tuple(unit * (at == place) for at in range(len(names)))
    value: ProgramExpr = Apply("dot", (Const(chosen_one), Symbol(vector)))
    value = Apply("+", (Const(given["mu"]), value))
    if offset is None:
        build.derived.append(Derived(name, (), value))
        return
    at_means = f"{name}_centered"
    build.derived.append(Derived(at_means, (), value, report=False))
    build.derived.append(Derived(name, (), minus(Symbol(at_means), offset)))
