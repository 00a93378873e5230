"""Integrate normal group effects out of a normal likelihood."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..program.blocks import GroupUse
from ..program.coupling import Coupling
from ..program.expressions import Apply, Symbol
from ..program.ir import Frame, Likelihood, Program


def integrate_effects(program: Program, frame: Frame) -> tuple[Program, Frame]:
    """Integrate the effects of a group out, where residuals are normal.

    What is left to sample is the population part, the sds and the correlations: a
    dozen numbers, whatever the number of levels, and none of them in a funnel. The
    effects are drawn afterwards, given each draw, which is exact::

        group r_subj[subj, subj_coef] = z_subj[...] ~ normal(0, 1), scaled by sd_subj
    becomes
        group r_subj[subj, subj_coef] ~ normal(0, sd_subj); integrated out

    Of several groups it is the one with the most effects, and one that it is nested
    in; the others are sampled. Groups whose form the user chose are left alone, and
    so is a model whose residual sd has a formula: weights that differ by orders of
    magnitude between the rows of a level would cost the digits of the sums.
    """
    for one in program.likelihoods:
        names = _chosen(program.of(one.name), one, frame, program.coupling)
        left = [g for g in program.groups if g.form != "marginal"]
        if not program.parameters and len(names) == len(left):
            # nothing would be left to sample
            continue
        groups = tuple(
            replace(group, form="marginal", unit=()) if group.name in names else group
            for group in program.groups
        )
        program = replace(program, groups=groups)
    return program, frame


def _chosen(
    program: Program, likelihood: Likelihood, frame: Frame, coupling: Coupling | None
) -> set[str]:
    """Return the groups to be integrated out of the likelihood of one response.

    Effects that are correlated with those of another response are none of them: the
    rows of both tell of these. Nor are those of coupled responses.
    """
    none: set[str] = set()
    if coupling is not None and likelihood.name in coupling.responses:
        return none
    main = program.predictors[0]
    arguments = dict(likelihood.arguments)
    normal = likelihood.family.normal
    if not normal or arguments.get("mu") != Symbol(main.name):
        return none
    if len(program.predictors) > 1:
        return none
    if isinstance(arguments.get("sigma"), Apply):
        # each row has its own: known errors beside it
        return none
    if likelihood.weight is not None and not (frame[likelihood.weight] > 0.0).all():
        # the mean of a row that does not count has no variance
        return none
    candidates: list[tuple[int, GroupUse]] = []
    for block in main.group_uses:
        group = program.group(block.group)
        size = frame.lengths[group.coefs]
        if group.free and len(block.positions) == size:
            candidates.append((frame.lengths[group.levels] * size, block))
    if not candidates:
        return none
    candidates.sort(key=lambda one: -one[0])
    inner, *others = [use for _, use in candidates]
    outer = [use for use in others if _nested(inner, use, program, frame)][:1]
    return {use.group for use in (inner, *outer)}


def _nested(inner: GroupUse, outer: GroupUse, program: Program, frame: Frame) -> bool:
    """Whether each level of one group is inside one level of another, larger one."""
    index, other = frame[inner.index], frame[outer.index]
    levels = frame.lengths[program.group(inner.group).levels]
    if not frame.lengths[program.group(outer.group).levels] < levels:
        return False
    of = np.zeros(levels, dtype=np.int64)
    of[index] = other
    return bool((of[index] == other).all())
