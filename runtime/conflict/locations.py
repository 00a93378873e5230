"""Coefficients of linear predictors: what the data say of them without their priors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from varying.compiler.backends.reference.density import evaluate_expression
from varying.compiler.distributions import DISTRIBUTIONS
from varying.compiler.ir import GroupUse, Intercept, Linear, names_in
from varying.compiler.verify import definition_order

from .working import Centre, Working

if TYPE_CHECKING:
    from varying.compiler.ir import Frame, Parameter, Predictor, Program

__all__ = ["Location", "locations"]

Array = NDArray[Any]
#: With more effects than this the equations take too long.
MOST_EFFECTS = 20_000


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
    free = list(_free(predictor, program, frame))
    if not any(one.is_normal for one in free):
        return ()
    design, place = _standardised(centre, predictor, free)
    if _has_thresholds(program, predictor):
        # all thresholds may move together
        design = np.column_stack([design, np.ones(len(design))])
        place = np.append(place, 0.0)
    effects, scaled = _effects(centre, predictor)
    if effects > MOST_EFFECTS:
        return None
    solved = _solve(working, design, place, centre, predictor, scaled)
    if solved is None:
        return None
    estimate, error = solved
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


def _has_thresholds(program: Program, predictor: Predictor) -> bool:
    arguments = dict(program.likelihood.arguments)
    return "threshold" in arguments and predictor is program.predictors[0]


# ---- what is free --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Free:
    """One element of a free parameter that a predictor is linear in."""

    parameter: Parameter
    at: int
    label: str
    scale: float
    is_normal: bool


def _free(predictor: Predictor, program: Program, frame: Frame) -> Iterator[_Free]:
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
            yield _Free(parameter, at, labels[at], float(scales[at]), normal)


def _ancestors(predictor: Predictor, program: Program) -> set[str]:
    """Return the parameters that the population part is made of."""
    derived = {one.name: one for one in program.derived}
    waiting = [b.name for b in predictor.blocks if isinstance(b, Intercept)]
    waiting += [b.coefs for b in predictor.blocks if isinstance(b, Linear)]
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in derived:
            waiting += names_in(derived[name].expression)
        elif name not in found:
            found.add(name)
    return found & {one.name for one in program.parameters}


def _standardised(
    centre: Centre, predictor: Predictor, free: Sequence[_Free]
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
    centre: Centre, predictor: Predictor, free: Sequence[_Free], moved: _Free | None
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
        if isinstance(block, Intercept):
            eta = eta + values[block.name]
        elif isinstance(block, Linear):
            eta = eta + centre.frame[block.design] @ values[block.coefs]
    rows = centre.frame.lengths[predictor.rows]
    places = [
        (np.ravel(values[one.parameter.name])[one.at] - _location(one, values))
        / one.scale
        for one in free
    ]
    return np.broadcast_to(eta, (rows,)), np.array(places, dtype=float)


def _location(one: _Free, values: Mapping[str, Any]) -> float:
    prior = one.parameter.prior
    name = DISTRIBUTIONS[prior.distribution].location
    if name is None:
        return 0.0
    found = np.ravel(evaluate_expression(prior.argument(name), values))
    return float(found[one.at if found.size > 1 else 0])


# ---- the equations -------------------------------------------------------------------


def _effects(
    centre: Centre, predictor: Predictor
) -> tuple[int, list[tuple[GroupUse, Array]]]:
    """Return how many effects there are, and the scaled factor of each group."""
    program, lengths = centre.program, centre.frame.lengths
    uses = [block for block in predictor.blocks if isinstance(block, GroupUse)]
    groups = [program.group(use.group) for use in uses]
    number = sum(lengths[group.levels] * lengths[group.coefs] for group in groups)
    return number, [
        (use, centre.scaled(group)) for use, group in zip(uses, groups, strict=True)
    ]


def _solve(
    working: Working,
    design: Array,
    place: Array,
    centre: Centre,
    predictor: Predictor,
    scaled: Sequence[tuple[GroupUse, Array]],
) -> tuple[Array, Array] | None:
    """Return the estimates and their standard errors, effects integrated out.

    Henderson's equations for standardised coefficients ``v`` without priors and
    standard normal effects ``z``: the sum of ``w (y - H v - Z z)^2`` and ``z'z`` is
    minimal, with ``w y = g + w (H v0 + Z z0)`` at the point of ``g`` and ``w``.
    """
    weights = working.weights
    there = design @ place
    known = _group_part(centre, predictor)
    right = working.slopes + weights * (there + known)
    information = design.T @ (weights[:, None] * design)
    target = design.T @ right
    if scaled:
        from scipy.sparse import diags_array, eye_array
        from scipy.sparse.linalg import splu

        z = _scaled_design(centre, scaled)
        inner = (z.T @ diags_array(weights) @ z + eye_array(z.shape[1])).tocsc()
        across = z.T @ (weights[:, None] * design)
        both = splu(inner).solve(np.column_stack([across, z.T @ right]))
        information = information - across.T @ both[:, :-1]
        target = target - across.T @ both[:, -1]
    size = np.sqrt(np.maximum(np.diagonal(information), 0.0))
    if not (np.isfinite(information).all() and (size > 0.0).all()):
        return None
    values, vectors = np.linalg.eigh(information / np.outer(size, size))
    # directions that the data know nothing of have an error beyond all bounds
    values = np.maximum(values, 1e-12)
    inverse = (vectors / values) @ vectors.T / np.outer(size, size)
    return inverse @ target, np.sqrt(np.diagonal(inverse))


def _group_part(centre: Centre, predictor: Predictor) -> Array:
    """Return what the groups add to each row at the posterior's mean."""
    frame = centre.frame
    total = np.zeros(frame.lengths[predictor.rows])
    for block in predictor.blocks:
        if isinstance(block, GroupUse):
            rows = centre.effects(block)[frame[block.index]][:, list(block.positions)]
            weights = 1.0 if block.design is None else frame[block.design]
            total = total + (weights * rows).sum(axis=1)
    return total


def _scaled_design(centre: Centre, scaled: Sequence[tuple[GroupUse, Array]]) -> Any:
    """Return the sparse design of all standard normal effects."""
    from scipy.sparse import csr_array, hstack

    frame = centre.frame
    parts = []
    for use, factor in scaled:
        index = np.asarray(frame[use.index])
        size, rows = factor.shape[0], len(index)
        design = np.zeros((rows, size))
        design[:, list(use.positions)] = (
            1.0 if use.design is None else frame[use.design]
        )
        values = design @ factor
        columns = index[:, None] * size + np.arange(size)
        levels = frame.lengths[centre.program.group(use.group).levels]
        pointers = np.arange(rows + 1) * size
        shape = (rows, levels * size)
        parts.append(csr_array((values.ravel(), columns.ravel(), pointers), shape))
    return hstack(parts, format="csr")
