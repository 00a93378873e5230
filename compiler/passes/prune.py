"""Drop what nothing uses."""

from __future__ import annotations

from dataclasses import replace

from ..program.expressions import names_in
from ..program.ir import Frame, Program


def prune(program: Program, frame: Frame) -> tuple[Program, Frame]:
    """Drop slots and unreported quantities that nothing reads.

    ``center_predictors`` leaves the columns as written behind::

        data X[row, coef] = block[late]
        data X_centered[row, coef] = block[late] (centred)
    becomes
        data X_centered[row, coef] = block[late] (centred)
    """
    program = _without_idle(program)
    used: set[str] = set()
    for likelihood in program.observed:
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
        used |= {*group.slots}
    slots = tuple(slot for slot in program.slots if slot.name in used)
    kept = {slot.name for slot in slots}
    arrays = {name: array for name, array in frame.arrays.items() if name in kept}
    return replace(program, slots=slots), replace(frame, arrays=arrays)


def _without_idle(program: Program) -> Program:
    """Return a program without derived quantities that nothing reads or reports."""
    while True:
        used = {name for d in program.derived for name in names_in(d.expression)}
        for parameter in program.parameters:
            for _, argument in parameter.prior.arguments:
                used |= set(names_in(argument))
        for likelihood in program.likelihoods:
            for _, argument in likelihood.arguments:
                used |= set(names_in(argument))
        for predictor in program.predictors:
            for block in predictor.blocks:
                used |= {*block.quantities()}
            if predictor.body is not None:
                used |= set(names_in(predictor.body))
            if predictor.shift is not None:
                used |= {predictor.shift.coefs, predictor.shift.quantity}
        for group in program.groups:
            used |= {*group.quantities}
        kept = tuple(d for d in program.derived if d.report or d.name in used)
        if len(kept) == len(program.derived):
            return program
        program = replace(program, derived=kept)
