"""Take the design of a group to where its effects are stated."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..program.blocks import Block, GroupUse
from ..program.ir import Frame, Predictor, Program, Slot
from ..program.recipes import Matrix


def center_slopes(program: Program, frame: Frame) -> tuple[Program, Frame]:
    """Multiply what columns of a group add to each other, not the columns.

    Levels and slopes that are stated at the mean of ``x`` are then multiplied by 1 and
    ``x - mean``, which are nearly independent of each other, instead of by 1 and
    ``x``. The predictor stays what it is: with ``T`` the basis of the group it is
    ``(Z T) v = Z (T v)``::

        report r_subj = r_subj_at_means by [1, -4.5], [0, 1], ...
        predictor mu[row] = rowsum(Z_subj * r_subj[subj_index])
    becomes
        predictor mu[row] = rowsum(Z_subj_at_means * r_subj_at_means[subj_index])
    """
    for predictor in program.predictors:
        for block in predictor.group_uses:
            if not block.stated:
                program, frame = _stated(program, frame, predictor.name, block)
    return program, frame


def _stated(
    program: Program, frame: Frame, name: str, use: GroupUse
) -> tuple[Program, Frame]:
    group = program.group(use.group)
    if group.moved is None:
        return program, frame
    places = list(use.positions)
    whole = np.asarray(group.moved.basis)
    basis = whole[np.ix_(places, places)]
    if np.delete(whole[places], places, axis=1).any():
        return program, frame
    if use.design is None:
        # one effect that is stated as it is written
        same = replace(use, stated=True)
        alone = (whole[places] == np.eye(len(whole))[places]).all()
        return (_with(program, name, use, same) if alone else program), frame
    slot = program.slot(use.design)
    assert isinstance(slot.recipe, Matrix)
    design = f"{use.design}_at_means"
    recipe = replace(slot.recipe, basis=tuple(map(tuple, basis.tolist())))
    changed = replace(use, design=design, stated=True)
    program = _with(program, name, use, changed)
    if design in frame.arrays:
        # of another threshold, whose effects are stated likewise
        return program, frame
    slots = (*program.slots, Slot(design, slot.axes, recipe))
    program = replace(program, slots=slots)
    arrays = {**frame.arrays, design: frame[use.design] @ basis}
    return program, replace(frame, arrays=arrays)


def _with(program: Program, name: str, use: GroupUse, changed: GroupUse) -> Program:
    """Return a program with another use of a group in one of its predictors."""

    def blocks(predictor: Predictor) -> tuple[Block, ...]:
        return tuple(changed if block is use else block for block in predictor.blocks)

    predictors = tuple(
        replace(one, blocks=blocks(one)) if one.name == name else one
        for one in program.predictors
    )
    return replace(program, predictors=predictors)
