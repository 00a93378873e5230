"""Names that nothing of a program has yet."""

from __future__ import annotations

from .ir import Group, Program


def names_of(group: Group) -> set[str]:
    """Return the names of a group's quantities."""
    found = {group.effects, group.stated, group.base, group.sd, group.reported_sd}
    return {*found, group.correlation_matrix}


def free_in(wanted: str, program: Program) -> str:
    """Return a name that nothing of a whole program has yet."""
    taken = {a.name for a in program.axes} | {s.name for s in program.slots}
    taken |= {p.name for p in program.parameters} | {d.name for d in program.derived}
    taken |= {p.name for p in program.predictors}
    taken |= {one.name for one in program.likelihoods} | {"chain", "draw"}
    for group in program.groups:
        taken |= names_of(group)
        taken.add(f"{group.sds}_")  # the other side of the correlation matrix
    while wanted in taken:
        wanted += "_"
    return wanted
