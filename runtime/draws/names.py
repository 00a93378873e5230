"""Which variables of a program are results, and of what sort."""

from __future__ import annotations

from collections.abc import Sequence
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
    moved = [group.moved.sd for group in program.groups if group.moved is not None]
    there = {*reported, *correlations, *moved}
    each = [_of_response(program.of(one.name)) for one in program.likelihoods]
    if len(each) == 1:  # all scalars are its own, in the order of the program
        first, last = each[0].first, each[0].last
        each = [_OfResponse(first, last, _left(reported, first, last, effects))]
    named = [name for own in each for name in own.names]
    found = [*named, *_left(reported, named, effects)]
    # a group of several formulas is listed with the first
    ordered = tuple(name for name in dict.fromkeys(found) if name in there)
    return Names(ordered, effects, correlations)


def _left(names: Sequence[str], *known: Sequence[str]) -> list[str]:
    there = {name for some in known for name in some}
    return [name for name in names if name not in there]


@dataclass(frozen=True, slots=True)
class _OfResponse:
    """What the results of one response may be called."""

    first: list[str]
    last: list[str]
    scalars: list[str]

    @property
    def names(self) -> list[str]:
        return [*self.first, *self.scalars, *self.last]


def _of_response(program: Program) -> _OfResponse:
    from varying.compiler.program.expressions import names_in

    main, *others = program.predictors
    family = program.likelihood.family
    mains = [main, *(p for p in others if p.is_main_of(family))]
    rest = [p for p in others if p not in mains]
    arguments = dict(program.likelihood.arguments)
    scalars = [name for value in arguments.values() for name in names_in(value)]
    return _OfResponse(
        [
            name
            for p in mains
            for name in (*_of(p, program, p.prefix), f"{p.prefix}threshold")
        ],
        [name for p in rest for name in _of(p, program, p.prefix)],
        scalars,
    )


def _of(predictor: Predictor, program: Program, prefix: str) -> list[str]:
    """Return what the results of one predictor may be called."""
    used = [
        program.group(name)
        for block in predictor.blocks
        for name in dict.fromkeys(group for group, _ in block.effects_used())
    ]
    return [
        f"{prefix}Intercept",
        f"{prefix}b",
        f"{prefix}sds",
        *(group.reported_sd for group in used),
        *(group.correlation_matrix for group in used),
        *(group.mixture.df for group in used if group.mixture is not None),
    ]
