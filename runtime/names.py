"""Which variables of a program are results, and of what sort."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from varying.compiler.ir import Derived, Parameter, Program

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
    thresholds, then the family's own parameters. Coordinates that are only
    sampled in (``z_subj``, ``threshold_centered``) are no results.
    """
    rows = {axis.name for axis in program.axes if axis.kind == "rows"}
    effects = tuple(group.effects for group in program.groups)
    correlations = tuple(
        group.correlation_matrix for group in program.groups if group.correlations
    )
    sds = tuple(group.sd for group in program.groups)
    nodes: list[Parameter | Derived] = [*program.parameters, *program.derived]
    reported = [
        node.name for node in nodes if node.report and not rows.intersection(node.axes)
    ]
    first = [name for name in ("Intercept", "b") if name in reported]
    thresholds = [name for name in ("threshold",) if name in reported]
    known = {*first, *sds, *correlations, *thresholds, *effects}
    others = [name for name in reported if name not in known]
    return Names(
        (*first, *sds, *correlations, *thresholds, *others), effects, correlations
    )
