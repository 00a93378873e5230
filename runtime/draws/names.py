"""Which variables of a program are results, and of what sort."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from varying.compiler.program.ir import Derived, Parameter, Predictor, Program

__all__ = ["Names", "names_of"]


@dataclass(frozen=True, slots=True)
class Names:
    """Names of the variables of a posterior.

    Attributes
    ----------
    parameters
        What every summary lists, in its order.
    effects
        Group-level effects (``r_GROUP``), listed on request.
    correlations
        Those of ``parameters`` that are whole correlation matrices.
    """

    parameters: tuple[str, ...]
    effects: tuple[str, ...]
    correlations: tuple[str, ...]


def names_of(program: Program) -> Names:
    """Return the names of a program's results.

    Intercept, population effects, standard deviations, correlations,
    thresholds, then the family's own parameters; those with a formula last, in
    the same order (``sigma_Intercept``, ``sigma_b``, ...). Coordinates that are
    only sampled in (``z_subj``, ``threshold_centered``) are no results.
    """
    rows = {axis.name for axis in program.axes if axis.kind == "rows"}
    effects = tuple(group.effects for group in program.groups)
    correlations = tuple(
        group.correlation_matrix for group in program.groups if group.correlations
    )
    nodes: list[Parameter | Derived] = [*program.parameters, *program.derived]
    reported = [
        node.name for node in nodes if node.report and not rows.intersection(node.axes)
    ]
    main, *rest = program.predictors
    first = [*_of(main, program, ""), "threshold"]
    last = [name for p in rest for name in _of(p, program, f"{p.dpar}_")]
    known = {*first, *last, *effects}
    others = [name for name in reported if name not in known]
    moved = [group.moved.sd for group in program.groups if group.moved is not None]
    there = {*reported, *correlations, *moved}
    # a group of several formulas is listed with the first
    every = dict.fromkeys((*first, *others, *last))
    ordered = tuple(name for name in every if name in there)
    return Names(ordered, effects, correlations)


def _of(predictor: Predictor, program: Program, prefix: str) -> list[str]:
    """Return what the results of one predictor may be called."""
    from varying.compiler.program.blocks import GroupUse

    used = [
        program.group(block.group)
        for block in predictor.blocks
        if isinstance(block, GroupUse)
    ]
    return [
        f"{prefix}Intercept",
        f"{prefix}b",
        *(group.reported_sd for group in used),
        *(group.correlation_matrix for group in used),
    ]
