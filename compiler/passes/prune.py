"""Drop what nothing uses."""

from __future__ import annotations

from dataclasses import replace

from ..program.expressions import names_in
from ..program.ir import Frame, Program


def prune(program: Program, frame: Frame) -> tuple[Program, Frame]:
    """Drop slots that no expression, block or likelihood reads.

    ``center_predictors`` leaves the columns as written behind::

        data X[row, coef] = block[late]
        data X_centered[row, coef] = block[late] (centred)
    becomes
        data X_centered[row, coef] = block[late] (centred)
    """
    used: set[str] = set()
    for likelihood in program.likelihoods:
        used |= {*likelihood.slots}
        for _, argument in likelihood.arguments:
            used |= set(names_in(argument))
    for derived in program.derived:
        used |= set(names_in(derived.expression))
    for parameter in program.parameters:
        for _, argument in parameter.prior.arguments:
            used |= set(names_in(argument))
    for predictor in program.predictors:
        for block in predictor.blocks:
            used |= {*block.slots()}
        if predictor.body is not None:
            used |= set(names_in(predictor.body))
        if predictor.shift is not None:
            used |= {predictor.shift.design, predictor.shift.means}
    for group in program.groups:
        if group.centering is not None:
            used |= {group.centering.weights, group.centering.around}
    slots = tuple(slot for slot in program.slots if slot.name in used)
    kept = {slot.name for slot in slots}
    arrays = {name: array for name, array in frame.arrays.items() if name in kept}
    return replace(program, slots=slots), replace(frame, arrays=arrays)
