"""Sample a shift on the part of its prior that is below every response."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from ..families.combined.limits import LIMITS, latest
from ..program.expressions import Symbol
from ..program.interpret.density import evaluate_expression
from ..program.ir import Frame, Likelihood, Parameter, Program


def end_below_responses(program: Program, frame: Frame) -> tuple[Program, Frame]:
    """End the chart of a shift at the shortest response, above which nothing is.

    No response is before ``ndt``: the density is 0 there, which a prior that reaches
    beyond does not know. Chains would start where there is no density, and steps
    towards the shortest response would end behind a wall and diverge::

        param ndt ~ lognormal(mu=-1, sigma=0.3)  on log
    becomes
        param ndt ~ lognormal(mu=-1, sigma=0.3)  on logit

    The prior stays as it is, and so does the log density, at all points that have one.
    A shift with a formula is another one for each row, and stays. A row that is
    censored from the right says nothing of it, one in an interval that it is before the
    end of that.
    """
    ends: dict[str, float] = {}
    for likelihood in program.likelihoods:
        least = _least(likelihood, frame)
        if least is None:
            continue
        for name in _shifts(likelihood):
            ends[name] = min(ends.get(name, math.inf), least)
    parameters = tuple(
        _ended(one, ends[one.name]) if one.name in ends else one
        for one in program.parameters
    )
    return replace(program, parameters=parameters), frame


def _shifts(likelihood: Likelihood) -> tuple[str, ...]:
    """Return the numbers that all responses are above."""
    family = likelihood.family
    below = {dpar.name for dpar in family.dpars if dpar.below}
    return tuple(
        value.name
        for name, value in likelihood.arguments
        if name in below and isinstance(value, Symbol)
    )


def _least(likelihood: Likelihood, frame: Frame) -> float | None:
    """Return the shortest response that counts; None: there is none."""
    limits = {
        name: evaluate_expression(value, frame.arrays)
        for name, value in likelihood.arguments
        if name in LIMITS
    }
    values, times = latest(frame[likelihood.value], limits), likelihood.times(frame)
    if times is not None:
        values = values[np.asarray(times) > 0.0]
    return float(values.min()) if values.size else None


def _ended(parameter: Parameter, least: float) -> Parameter:
    low, high = parameter.bounds
    if parameter.axes or parameter.chart != "bounds" or not low < least < high:
        return parameter
    return replace(parameter, bounds=(low, least))
