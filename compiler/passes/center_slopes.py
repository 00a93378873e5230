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
        for block in predictor.blocks:
            if isinstance(block, GroupUse) and not block.stated:
                program, frame = _stated(program, frame, predictor.name, block)
    return program, frame


def _stated(
    program: Program, frame: Frame, name: str, use: GroupUse
) -> tuple[Program, Frame]:
    group = program.group(use.group)
    if group.moved is None or use.design is None:
        return program, frame
    slot = program.slot(use.design)
    assert isinstance(slot.recipe, Matrix)
    places = list(use.positions)
    basis = np.asarray(group.moved.basis)[np.ix_(places, places)]
    design = f"{use.design}_at_means"
    recipe = replace(slot.recipe, basis=tuple(map(tuple, basis.tolist())))
    changed = replace(use, design=design, stated=True)

    def blocks(predictor: Predictor) -> tuple[Block, ...]:
        return tuple(changed if block is use else block for block in predictor.blocks)

    program = replace(
        program,
        slots=(*program.slots, Slot(design, slot.axes, recipe)),
        predictors=tuple(
            replace(one, blocks=blocks(one)) if one.name == name else one
            for one in program.predictors
        ),
    )
    arrays = {**frame.arrays, design: frame[use.design] @ basis}
    return program, replace(frame, arrays=arrays)
