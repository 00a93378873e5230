"""Coefficients of linear predictors: what the data say of them without their priors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from varying.compiler.distributions.table import DISTRIBUTIONS
from varying.compiler.program.expressions import names_in
from varying.compiler.program.interpret.density import evaluate_expression
from varying.compiler.program.verify import definition_order

from .equations import Equations, maximum
from .working import Centre, Working

if TYPE_CHECKING:
    from varying.compiler.program.ir import Frame, Parameter, Predictor, Program

__all__ = ["Z_LEAST", "Free", "Location", "columns_of", "locations"]

Array = NDArray[Any]
#: From this ``z`` on a conflict is said, and from this on the maximum is looked for.
Z_LEAST, LOOK_CLOSER = 4.0, 3.0


@dataclass(frozen=True, slots=True)
class Location:
    """A coefficient with a normal prior: its prior, and the data's estimate.

    Attributes
    ----------
    parameter, label
        Its name, and the label of the element; empty for a scalar.
    mean, sd
        Of the prior, at the posterior's mean of what they depend on.
    posterior
        Its posterior mean.
    estimate, error
        The maximum of the likelihood, and its standard error.
    """

    parameter: str
    label: str
    mean: float
    sd: float
    posterior: float
    estimate: float
    error: float

    @property
    def distance(self) -> float:
        """How far the estimate is from the middle of the prior, in its sds."""
        return (self.estimate - self.mean) / self.sd

    @property
    def z(self) -> float:
        """The same in sds of what the prior and the model expect of the estimate."""
        return float(self.distance / np.hypot(1.0, self.error / self.sd))

    @property
    def pull(self) -> float:
        """How far the prior moves the posterior, in standard errors."""
        return abs(self.posterior - self.estimate) / self.error


def locations(
    centre: Centre, predictor: Predictor, working: Working
) -> tuple[Location, ...] | None:
    """Return the coefficients of a predictor that have normal priors.

    None where the equations have no solution, or would take too long to solve.
    """
    program, frame = centre.program, centre.frame
    free = list(free_elements(predictor, program, frame))
    if not any(one.is_normal for one in free):
        return ()
    design, place = _standardised(centre, predictor, free)
    if _has_thresholds(program, predictor):
        # all thresholds may move together
        design = np.column_stack([design, np.ones(len(design))])
        place = np.append(place, 0.0)
    equations = Equations.of(centre, predictor, design, place)
    if equations is None:
        return None
    solved = equations.solve(working, equations.start)
    if solved is None:
        return None
    estimate, error = solved.places, solved.errors
    score = abs(estimate) / np.hypot(1.0, error)
    if (score[: len(free)] >= LOOK_CLOSER).any():
        # one step is enough to find it, and not to say how far it is
        top = maximum(centre, predictor, equations, solved)
        # a likelihood that only rises has no maximum: there the step has to do
        none = abs(top.places) < Z_LEAST * np.hypot(1.0, top.errors)
        rises = none & (score >= Z_LEAST) & (top.errors > 3.0 * error)
        if not rises.any():
            estimate, error = top.places, top.errors
    found = []
    for at, one in enumerate(free):
        if one.is_normal:
            value = float(np.ravel(centre.values[one.parameter.name])[one.at])
            # the standardised place counts from the middle of the prior
            mean = value - one.scale * float(place[at])
            found.append(
                Location(
                    one.parameter.name,
                    one.label,
                    0.0 if abs(mean) < 1e-9 * one.scale else mean,
                    one.scale,
                    value,
                    value + one.scale * float(estimate[at] - place[at]),
                    one.scale * float(error[at]),
                )
            )
    return tuple(found)


def columns_of(centre: Centre, predictor: Predictor) -> tuple[list[Free], Array] | None:
    """Return the free elements of a predictor, and what a step of each does to rows."""
    free = list(free_elements(predictor, centre.program, centre.frame))
    if not free:
        return None
    base, _ = _at(centre, predictor, free, None)
    moved = [_at(centre, predictor, free, one)[0] - base for one in free]
    return free, np.column_stack(moved)


def _has_thresholds(program: Program, predictor: Predictor) -> bool:
    arguments = dict(program.likelihood.arguments)
    return "threshold" in arguments and predictor is program.predictors[0]


# ---- what is free --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Free:
    """One element of a free parameter that a predictor is linear in."""

    parameter: Parameter
    at: int
    label: str
    scale: float
    is_normal: bool


def free_elements(
    predictor: Predictor, program: Program, frame: Frame
) -> Iterator[Free]:
    wanted = _ancestors(predictor, program)
    for parameter in program.parameters:
        if parameter.name not in wanted:
            continue
        prior = parameter.prior
        plain = prior.lower is prior.upper is None
        count = int(
            np.prod([frame.lengths[axis] for axis in parameter.axes], dtype=int)
        )
        labels: Sequence[str] = [""] * count
        if parameter.axes:
            labels = program.axis(parameter.axes[0]).labels or labels
        scales = np.ones(count)
        normal = prior.distribution == "normal" and plain
        if DISTRIBUTIONS[prior.distribution].location is not None:
            found = evaluate_expression(prior.argument("sigma"), dict(frame.arrays))
            scales = np.broadcast_to(found, (count,))
        for at in range(count):
            yield Free(parameter, at, labels[at], float(scales[at]), normal)


def _ancestors(predictor: Predictor, program: Program) -> set[str]:
    """Return the parameters that the population part is made of."""
    derived = {one.name: one for one in program.derived}
    waiting = [
        name
        for block in predictor.blocks
        if not block.effects_used()
        for name in block.quantities()
    ]
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in derived:
            waiting += names_in(derived[name].expression)
        elif name not in found:
            found.add(name)
    # what is on a simplex has no place of its own to be moved to
    there = {one.name for one in program.parameters if one.chart == "bounds"}
    return found & there


def _standardised(
    centre: Centre, predictor: Predictor, free: Sequence[Free]
) -> tuple[Array, Array]:
    """Return the rows' slopes in standardised coefficients, and where these are.

    A standardised coefficient is ``(value - location) / scale`` of its prior; locations
    may depend on other coefficients. All of it is linear, so differences are exact.
    """
    base, start = _at(centre, predictor, free, None)
    columns, moves = [], []
    for one in free:
        moved, place = _at(centre, predictor, free, one)
        columns.append(moved - base)
        moves.append(place - start)
    return np.column_stack(columns) @ np.linalg.inv(np.column_stack(moves)), start


def _at(
    centre: Centre, predictor: Predictor, free: Sequence[Free], moved: Free | None
) -> tuple[Array, Array]:
    """Return the population part and the standardised places, one element moved."""
    program = centre.program
    values: dict[str, Any] = dict(centre.values)
    if moved is not None:
        value = np.array(values[moved.parameter.name], dtype=float)
        value.reshape(-1)[moved.at] += moved.scale
        values[moved.parameter.name] = value
    derived = {one.name: one for one in program.derived}
    for name in definition_order(program):
        if name in derived:
            values[name] = evaluate_expression(derived[name].expression, values)
    eta: Any = 0.0
    for block in predictor.blocks:
        if not (block.known or block.effects_used()):
            eta = eta + block.value(program, centre.frame, values)
    rows = centre.frame.lengths[predictor.rows]
    places = [
        (np.ravel(values[one.parameter.name])[one.at] - _location(one, values))
        / one.scale
        for one in free
    ]
    return np.broadcast_to(eta, (rows,)), np.array(places, dtype=float)


def _location(one: Free, values: Mapping[str, Any]) -> float:
    prior = one.parameter.prior
    name = DISTRIBUTIONS[prior.distribution].location
    if name is None:
        return 0.0
    found = np.ravel(evaluate_expression(prior.argument(name), values))
    return float(found[one.at if found.size > 1 else 0])
