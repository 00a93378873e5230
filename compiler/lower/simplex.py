"""Parameters of a family that are shares: numbers above 0 that add up to 1."""

from __future__ import annotations

from ..families.family import DefaultPrior, Dpar
from ..program.expressions import Apply, Const, ProgramExpr, Symbol
from ..program.ir import Axis, Parameter, Prior
from .builder import Builder

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
    """Return one of the shares; lower all of them where it is the first."""
    bound = build.bound
    every = [one.name for one in bound.family.dpars if one.within == dpar.within]
    name, place = f"{bound.prefix}{dpar.within}", every.index(dpar.name)
    if place == 0:
        default = dpar.default(build.learned.own)
        target = f"{bound.target}{dpar.within}"
        prior = simplex_prior(build, target, default, len(every))
        axis = f"{name}_share"
        labels = tuple(str(number) for number in range(1, len(every) + 1))
        build.axes.append(Axis(axis, "steps", labels))
        build.parameters.append(Parameter(name, (axis,), prior, "simplex"))
    return Apply("element", (Symbol(name), Const(float(place))))
