"""Parameters of a family that are parts of a whole: shares, or correlations."""

from __future__ import annotations

from ..families.family import DefaultPrior, Dpar
from ..program.expressions import Apply, Const, ProgramExpr, Symbol
from ..program.ir import Axis, Parameter, Prior
from .builder import Builder
from .coupling import lower_correlations, partial_names

__all__ = ["element_of", "simplex_prior"]


def simplex_prior(
    build: Builder, target: str, default: DefaultPrior, size: int
) -> Prior:
    """Return the prior of shares, the user's or the default, and explain it."""
    chosen = build.written(target) or default
    build.explain(target, chosen)
    alpha = dict(chosen.arguments)["alpha"]
    each = () if isinstance(chosen, DefaultPrior) else chosen.each
    return Prior("dirichlet", (("alpha", Const(each or (alpha,) * size)),))


def element_of(build: Builder, dpar: Dpar) -> ProgramExpr:
    """Return a part of a simplex or of correlations; lower it where it is the first."""
    bound = build.bound
    every = [one.name for one in bound.family.dpars if one.within == dpar.within]
    name, place = f"{bound.prefix}{dpar.within}", every.index(dpar.name)
    target, default = f"{bound.target}{dpar.within}", dpar.default(build.learned.own)
    if dpar.partial:
        labels = bound.response.categories[1:]
        if place == 0:
            chosen = build.written(target) or default
            build.explain(target, chosen)
            lower_correlations(build, name, chosen, labels)
        return Symbol(partial_names(name, len(every))[place])
    if place == 0:
        prior = simplex_prior(build, target, default, len(every))
        axis = f"{name}_share"
        steps = tuple(str(number) for number in range(1, len(every) + 1))
        build.axes.append(Axis(axis, "steps", steps))
        build.parameters.append(Parameter(name, (axis,), prior, "simplex"))
    return Apply("element", (Symbol(name), Const(float(place))))
