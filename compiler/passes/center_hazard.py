"""Sample the hazard that rows came through, not that of times that nobody reaches."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ..data import weighted
from ..distributions.density.arrays import ARRAYS
from ..distributions.table import DISTRIBUTIONS
from ..families.continuous.cox import SHARES, baseline_of
from ..program.blocks import Intercept
from ..program.expressions import (
    Apply,
    Const,
    ProgramExpr,
    Symbol,
    minus,
    names_in,
    plus,
)
from ..program.ir import Derived, Frame, Likelihood, Parameter, Program


def center_hazard(program: Program, frame: Frame) -> tuple[Program, Frame]:
    """Take the intercept of ``cox`` to the mean hazard that rows came through.

    The intercept is the log of the baseline hazard from the first knot to the last,
    and few rows, or none, come through its end: the data say what is left of it only
    together with the shares of the last splines. What rows came through in the mean is
    nearly independent of them. The map is a shear, so the density does not change::

        param Intercept_centered ~ normal(mu=0.7, sigma=2)
    becomes
        param Intercept_passed ~ normal(mu=0.7 + log([0.9, ...] @ sbhaz), sigma=2)
        Intercept_centered = Intercept_passed - log([0.9, ...] @ sbhaz)

    A prior without a location cannot be moved; such an intercept stays as it is.
    """
    for likelihood in program.likelihoods:
        for intercept in _intercepts(program, likelihood):
            program = _moved(program, likelihood, intercept, frame)
    return program, frame


def _intercepts(program: Program, likelihood: Likelihood) -> Iterator[Parameter]:
    """Yield the intercept of a response whose baseline hazard has shares."""
    if baseline_of(likelihood.family) is None:
        return
    main = program.of(likelihood.name).predictors[0]
    names = {block.name for block in main.blocks if isinstance(block, Intercept)}
    for one in program.parameters:
        row = DISTRIBUTIONS[one.prior.distribution]
        if one.name in names and one.unbounded and row.location is not None:
            yield one


def _moved(
    program: Program, likelihood: Likelihood, intercept: Parameter, frame: Frame
) -> Program:
    base = baseline_of(likelihood.family)
    shares = dict(likelihood.arguments)[f"{SHARES}1"]
    location = DISTRIBUTIONS[intercept.prior.distribution].location
    assert base is not None and location is not None
    times, count = np.asarray(frame[likelihood.value]), likelihood.times(frame)
    passed = tuple(
        weighted.mean(base.cumulative(ARRAYS, times, alone.tolist()), count)
        for alone in np.eye(base.size)
    )
    if not sum(passed) > 0.0:
        return program
    (name,) = names_in(shares)
    log = Apply("log", (Apply("dot", (Const(passed), Symbol(name))),))
    away = math.log(sum(passed) / base.size)
    moved = replace(
        intercept,
        name=f"{intercept.name}_passed",
        prior=intercept.prior.with_argument(
            location, plus(intercept.prior.argument(location), log)
        ),
        report=False,
        unit=intercept.unit
        and replace(intercept.unit, center=(intercept.unit.center[0] + away,)),
    )
    expression: ProgramExpr = minus(Symbol(moved.name), log)
    return replace(
        program,
        parameters=tuple(moved if p is intercept else p for p in program.parameters),
        derived=(
            *program.derived,
            Derived(intercept.name, (), expression, intercept.report),
        ),
    )
