"""Centre the population columns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..program.blocks import Intercept, Linear
from ..program.expressions import Apply, Symbol, minus, plus, renamed
from ..program.ir import Derived, Frame, Predictor, Program, Slot
from ..program.recipes import Matrix, Numbers


def center_predictors(program: Program, frame: Frame) -> tuple[Program, Frame]:
    """Subtract their means from the columns; the intercept takes them up.

    Sampling then moves the intercept and the slopes almost independently. The
    map of the coordinates is a shear, so the density does not change::

        param Intercept ~ normal(mu=5 - X_mean @ b, sigma=2)
        predictor mu[row] = Intercept + X @ b
    becomes
        param Intercept_centered ~ normal(mu=5, sigma=2)
        report Intercept = Intercept_centered - X_mean @ b
        predictor mu[row] = Intercept_centered + X_centered @ b

    A prior without a location (``half_normal``) cannot be moved; such a part
    stays as it is.
    """
    for predictor in program.predictors:
        if predictor.shift is not None:
            program, frame = _center(program, frame, predictor)
    return program, frame


def _center(
    program: Program, frame: Frame, predictor: Predictor
) -> tuple[Program, Frame]:
    shift = predictor.shift
    assert shift is not None
    delta = Apply("dot", (Symbol(shift.means), Symbol(shift.coefs)))
    # thresholds are compared with eta, so they move the other way
    into, back = (plus, minus) if shift.sign > 0 else (minus, plus)
    centered = f"{shift.quantity}_centered"
    design = f"{shift.design}_centered"

    parameters = []
    for parameter in program.parameters:
        if parameter.name == shift.parameter:
            old = parameter.prior.argument(shift.argument)
            prior = parameter.prior.with_argument(shift.argument, into(old, delta))
            parameter = replace(parameter, prior=prior)
        if parameter.name == shift.quantity:
            parameter = replace(parameter, name=centered, report=False)
        parameters.append(parameter)
    names = {shift.quantity: centered}
    derived: list[Derived] = []
    axes: tuple[str, ...] = next(
        (p.axes for p in program.parameters if p.name == shift.quantity), ()
    )
    for quantity in program.derived:
        quantity = replace(quantity, expression=renamed(quantity.expression, names))
        if quantity.name == shift.quantity:
            axes = quantity.axes
            quantity = replace(quantity, name=centered, report=False)
        derived.append(quantity)
    derived.append(Derived(shift.quantity, axes, back(Symbol(centered), delta)))

    slot = program.slot(shift.design)
    means = program.slot(shift.means)
    assert isinstance(slot.recipe, Matrix) and isinstance(means.recipe, Numbers)
    recipe = replace(slot.recipe, means=means.recipe.values)
    new_slot = Slot(design, slot.axes, recipe)
    blocks = tuple(
        Linear(block.coefs, design)
        if isinstance(block, Linear) and block.design == shift.design
        else Intercept(names.get(block.name, block.name))
        if isinstance(block, Intercept)
        else block
        for block in predictor.blocks
    )
    likelihoods = tuple(
        replace(
            one,
            arguments=tuple((name, renamed(v, names)) for name, v in one.arguments),
        )
        for one in program.likelihoods
    )
    done = replace(predictor, blocks=blocks, shift=None)
    result = replace(
        program,
        slots=(*program.slots, new_slot),
        parameters=tuple(parameters),
        derived=tuple(derived),
        predictors=tuple(done if p is predictor else p for p in program.predictors),
        likelihoods=likelihoods,
    )
    array = frame[shift.design] - np.asarray(means.recipe.values)
    return result, replace(frame, arrays={**frame.arrays, design: array})
