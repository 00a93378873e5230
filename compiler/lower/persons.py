"""Lowering thresholds that differ from person to person.

With ``t`` the thresholds of all and ``g_k`` their distances, person ``s`` has the
middle of ``t`` and the distances ``g_k exp(sd z_sk)``, with standard normal ``z``: in
order whatever ``z``, and apart from a shift of all, which is an effect of the
predictor. One ``sd`` for all distances: with many categories each of them is seen by
few answers of a person.
"""

from __future__ import annotations

from ..bind.bound import Items
from ..distributions.table import POSITIVE
from ..families.family import DefaultPrior
from ..families.ordinal.thresholds import middle
from ..program.expressions import Apply, Assemble, Const, ProgramExpr, Symbol
from ..program.ir import Axis, Derived, Parameter, Prior, Slot
from ..program.persons import arguments_of_persons, gap_of_persons
from ..program.recipes import LevelPlace
from . import default_priors as defaults
from .builder import Builder, scalar
from .items import INDEX

#: The axis of a person's distances.
EFFECT = "threshold_effect"


def lower_persons(build: Builder, items: Items) -> None:
    """Lower the distances of persons, given the thresholds of all."""
    bound, of = build.bound, build.bound.prefix
    cuts = items.cuts[0]
    names = next(one.labels or () for one in build.axes if one.name == f"{of}gap")
    labels = tuple(f"{level}, {name}" for level in items.levels for name in names)
    recipe = LevelPlace(items.column, items.levels)
    build.slots.append(Slot(f"{of}{INDEX}", (build.row,), recipe))
    axis = f"{of}{EFFECT}"
    build.axes.append(Axis(axis, "gaps", labels))
    sd, z = f"{of}threshold_sd", f"{of}threshold_z"
    default = DefaultPrior(
        "half_normal",
        (("sigma", defaults.DPAR_GROUP_SD),),
        "people's distances differ by a factor of 1.5 or 2, seldom by 3",
    )
    scalar(build, f"{bound.target}threshold.sd[{items.column}]", sd, default, POSITIVE)
    prior = Prior("normal", (("mu", Const(0.0)), ("sigma", Const(1.0))))
    build.parameters.append(Parameter(z, (axis,), prior, report=False))
    effects = Apply("*", (Symbol(sd), Symbol(z)))
    build.derived.append(Derived(f"{of}threshold_r", (axis,), effects))
    gap = gap_of_persons(of, cuts - 1, len(items.levels))
    build.derived.append(Derived(f"{of}person_gap", (axis,), gap, report=False))
    low, high = (Assemble((Symbol(f"{of}threshold"),), (k,)) for k in middle(cuts))
    center: ProgramExpr = low
    if low != high:
        center = Apply("*", (Const(0.5), Apply("+", (low, high))))
    own = tuple(
        f"{level}, {k + 1}" for level in items.levels for k in range(items.cuts[0])
    )
    build.axes.append(Axis(f"{of}person_boundary", "boundaries", own))
    value = Apply(
        "spread_levels", (center, Symbol(f"{of}person_gap"), Const(float(cuts)))
    )
    axes = (f"{of}person_boundary",)
    build.derived.append(Derived(f"{of}person_threshold", axes, value, report=False))


def person_arguments(build: Builder, items: Items) -> list[tuple[str, ProgramExpr]]:
    """Return what the likelihood is given of thresholds of persons."""
    gaps = items.cuts[0] - 1
    return arguments_of_persons(build.bound.prefix, gaps, len(items.levels))
