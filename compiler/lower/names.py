"""Names for what a program makes, so that no two are one for PyMC."""

from __future__ import annotations

from ..bind.bound import BoundModel
from ..program.coupling import PARTIAL, RESCOR
from ..program.names import names_of
from .builder import BOUNDARY, COEF, ROW, Builder

#: Names that a grouping factor must not give to a dimension: those of other
#: dimensions and of quantities.
_TAKEN = {
    *(ROW, COEF, BOUNDARY, "gap", "category", "chain", "draw", "X", "X_mean", "b"),
    *("b_at_means", "b_basis", "sds", "smooth"),
    *("X_centered", "Intercept", "Intercept_centered", "mu", "eta", "threshold"),
    *("threshold_centered", "threshold_center", "log_gap", "log_gap_mean"),
    *("category_probability", "threshold_item", "threshold_item_index"),
    *("threshold_effect", "threshold_sd", "threshold_z", "threshold_r"),
    *("person_gap", "person_boundary", "person_threshold"),
}


def observed_slot(bound: BoundModel) -> str:
    """Return the name of the response's numbers."""
    return f"{_without_slash(bound.response.name)}_observed"


def _taken(build: Builder) -> set[str]:
    """Return the names of dimensions and quantities so far, which PyMC mixes."""
    taken = {a.name for a in build.axes} | {s.name for s in build.slots}
    # of several responses all names begin with one
    several = len(build.joint.members) > 1
    taken |= {ROW, "chain", "draw"} if several else _TAKEN
    taken |= {p.name for p in build.parameters} | {d.name for d in build.derived}
    for group in build.groups:
        taken |= names_of(group)
        taken.add(f"{group.sds}_")  # the other side of the correlation matrix
    for member in build.joint.members:
        taken |= _of_response(member)
    if build.joint.coupling is not None:
        taken |= {RESCOR, f"{RESCOR}_pair", f"{PARTIAL}{RESCOR}"}
    return taken


def _of_response(bound: BoundModel) -> set[str]:
    """Return the names that one response will make."""
    of = bound.prefix
    taken = {f"{of}{name}" for name in _TAKEN} if of else set()
    for dpar in bound.family.dpars:
        made = (dpar.name, f"{dpar.name}_inv_sqrt", f"{dpar.link}_{dpar.name}")
        taken |= {f"{of}{name}" for name in made}
        if dpar.within:
            whole = f"{of}{dpar.within}"
            taken |= {whole, f"{whole}_share", f"{whole}_pair", f"{PARTIAL}{whole}"}
    for part in bound.predictors:
        names = (
            *("Intercept", "Intercept_centered", "b", "b_at_means", "b_basis", COEF),
            *("X", "X_mean", "X_centered", "offset", "sds", "smooth"),
        )
        taken |= {f"{part.prefix}{name}" for name in names if part.prefix}
        taken |= {f"{part.prefix}offset"} if part.population.offsets else set()
    beside = (*bound.response.known, *bound.response.limits)
    taken |= {f"{of}{name}" for name, _ in beside}
    taken |= {f"{of}weight"} if bound.response.weight is not None else set()
    rated = bound.response.rate is not None
    taken |= {f"{of}rate", f"{of}offset"} if rated else set()
    return taken | {observed_slot(bound)}


def free_name(wanted: str, build: Builder) -> str:
    """Return a name that nothing has yet, as like the wanted one as may be."""
    taken = _taken(build)
    wanted = _without_slash(wanted)
    while wanted in taken:
        wanted += "_"
    return wanted


def _without_slash(name: str) -> str:
    # a data tree takes what stands before a slash for a group of its own
    return name.replace("/", "_")


def free_group(wanted: str, build: Builder) -> tuple[str, str]:
    """Return what the names of a group's quantities are made of, and its dimension."""
    taken = _taken(build)
    wanted = _without_slash(wanted)

    prefixes = [part.prefix for part in build.joint.predictors]

    def collide(name: str) -> bool:
        made = {
            f"{kind}_{name}"
            for kind in ("sd", "r", "z", "cor", "pcor", "Z", "df", "mix")
        }
        made |= {f"{kind}_{name}_at_means" for kind in ("sd", "r")}
        made.add(f"Z_{name}_at_means")
        made |= {
            f"{name}_{suffix}"
            for suffix in (
                *("coef", "coef_", "by", "by_", "column", "index", "pair"),
                *("member", "weight", "relation"),
            )
        }
        made = {f"{prefix}{one}" for prefix in prefixes for one in made}
        return not made.isdisjoint(taken)

    # a response may be a grouping factor of another
    responses = {*build.joint.responses} if len(build.joint.members) > 1 else set()
    while wanted in responses or collide(wanted):
        wanted += "_"
    return wanted, free_name(wanted, build)
