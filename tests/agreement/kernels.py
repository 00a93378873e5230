"""The kernel beside the reference: density, gradient, and what is reported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from varying.compiler.backends.kernel import Kernel, build, emit
from varying.compiler.backends.kernel.operations import OPERATIONS
from varying.compiler.backends.kernel.operations.densities import (
    likelihood_name,
    prior_name,
    varied_name,
)
from varying.compiler.compiled import Compiled
from varying.compiler.distributions.density.links import LINKING
from varying.compiler.distributions.density.priors import PRIOR_DENSITIES
from varying.compiler.families import FAMILIES
from varying.compiler.families.family import Family
from varying.compiler.passes import for_kernel, for_sampling
from varying.compiler.program.interpret import coordinates, evaluate
from varying.compiler.program.interpret.density import moved_scales
from varying.compiler.program.ir import Frame, Group, Program

from .harness import (
    Evaluation,
    Point,
    interpreted,
    random_point,
    random_ways,
    stages,
)

Array = NDArray[Any]


def _shares(family: Family) -> bool:
    """Whether rows can have parameters in common beside the predictor."""
    made = family.density is not None and not family.thresholds
    return made and len(family.dpars) > 0


#: One machine for all of the tests: what compiles one takes a second, this 4.
EVERY = (
    *OPERATIONS,
    *(prior_name(name) for name in PRIOR_DENSITIES),
    *LINKING,
    *(varied_name(name) for name in ("normal", "inverse_gamma")),
    *(likelihood_name(name) for name in FAMILIES),
    *(likelihood_name(f.name, shared=True) for f in FAMILIES.values() if _shares(f)),
    *(likelihood_name(f.name, True) for f in FAMILIES.values() if f.pooled),
    *(likelihood_name(f.name, True, True) for f in FAMILIES.values() if f.pooled),
)

#: Relative differences that rounding makes.
CLOSE = 1e-10


def kernel_of(program: Program, frame: Frame) -> Kernel:
    tapes = emit(program, frame)
    needed = {*tapes.density.operations, *tapes.draws.operations}
    # families with limits are made on demand: too many for the machine of all
    enough = EVERY if needed <= set(EVERY) else tuple(sorted(needed))
    return build(tapes, enough)


def vector(program: Program, frame: Frame, point: Point) -> Array:
    """A point as the kernel takes it."""
    parts = [np.ravel(point[c.name]) for c in coordinates(program, frame)]
    return np.concatenate([np.zeros(0), *parts])


def by_kernel(kernel: Kernel, program: Program, frame: Frame, x: Array) -> Evaluation:
    density, slopes = kernel.log_density(x)
    found, at = {}, 0
    for coordinate in coordinates(program, frame):
        size = int(np.prod(coordinate.shape))
        found[coordinate.name] = slopes[at : at + size].reshape(coordinate.shape)
        at += size
    assert at == kernel.dimension
    return Evaluation(density, found)


def reported(program: Program, frame: Frame, point: Point) -> dict[str, Array]:
    """What a program reports at a point, by the reference."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        values = dict(evaluate(program, frame, point)[0])
    for group in program.groups:
        if group.correlations:
            sd, matrix = moved_scales(group, values, frame.lengths[group.sds])
            values |= {group.correlation_matrix: matrix, group.reported_sd: sd}
    return {name: np.asarray(value) for name, value in values.items()}


def expected(program: Program) -> set[str]:
    """The names that a fit reports, but for what effects are made from."""
    groups = program.groups
    return {
        *(parameter.name for parameter in program.parameters),
        *(one.name for one in program.derived if one.report),
        *(group.effects for group in groups),
        *(group.reported_sd for group in groups),
        *(group.correlation_matrix for group in groups if group.correlations),
    }


def variants(compiled: Compiled) -> list[tuple[str, Program, Frame]]:
    """The program as written, after the passes, and as it is sampled by either."""
    steps = stages(compiled)
    sampled = for_sampling(compiled.program, compiled.frame)
    return [
        steps[0],
        steps[-1],
        ("for sampling", *sampled),
        ("for the kernel", *for_kernel(*sampled)),
    ]


def density_at(program: Program, frame: Frame, point: Point) -> float:
    """The log density by the reference; it need not be finite."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        return float(np.real(evaluate(program, frame, point)[1]))


def compare_kernel(program: Program, frame: Frame, seed: int) -> list[str]:
    """Return where the kernel differs from the reference: nowhere, if all is well."""
    kernel = kernel_of(program, frame)
    rng = np.random.default_rng(seed)
    near, far = (random_point(rng, program, frame, scale) for scale in (0.8, 1.6))
    # wide priors of small scales: a rate of exp(1000) has no gradient to compare
    nearer = [{n: 0.5**k * value for n, value in near.items()} for k in range(6)]
    ways = random_ways(np.random.default_rng([seed, 1]), near)
    tried = [(interpreted(program, frame, point, ways), point) for point in nearer[:1]]
    if not tried[0][0].usable:
        tried += [
            (interpreted(program, frame, point, ways), point) for point in nearer[1:]
        ]
    mine, near = min(tried, key=lambda one: one[0].size)
    points = np.stack([vector(program, frame, point) for point in (near, far)])
    found = []
    there = by_kernel(kernel, program, frame, points[0]).along(ways)
    difference = mine.difference(there)
    if max(difference.density, difference.gradient) > CLOSE:
        found.append(f"near: {difference}")
    density = density_at(program, frame, far)
    beyond = kernel.log_density(points[1])[0]
    # far out a count can have an infinite mean
    if density != beyond and not apart(density, beyond) <= CLOSE:
        found.append(f"far: {density} and {beyond}")
    draws = kernel.draws(points, Given(rng.normal(size=(2, kernel.tapes.normals))))
    # a group that is sampled where it is stated reports that as well
    inner = {g.stated for g in program.groups if g.coordinate == g.stated != g.effects}
    names = set(draws) - {group.base for group in program.groups} - inner
    if names != expected(program):
        found.append(f"reported: {sorted(names ^ expected(program))}")
    for place, point in enumerate((near, far)):
        found += _reported(program, frame, point, draws, place)
    return found + _drawn(kernel, program, frame, near, rng)


@dataclass(frozen=True)
class Given:
    """A generator of the normal numbers that it is given."""

    numbers: Array

    def standard_normal(self, shape: tuple[int, ...]) -> Array:
        return self.numbers.reshape(shape)


def opened(program: Program) -> Program:
    """The program with effects that were integrated out, as they are."""
    groups = tuple(
        replace(group, form="centered") if group.form == "marginal" else group
        for group in program.groups
    )
    return replace(program, groups=groups)


def _with_effects(program: Program, point: Point, draws: Any, place: int) -> Point:
    """A point of the opened program: with the effects that were drawn."""
    marginal = [group for group in program.groups if group.form == "marginal"]
    return {**point, **{g.stated: _stated(g, draws, place) for g in marginal}}


def _stated(group: Group, draws: Any, place: int) -> Array:
    """Effects where they are stated, of those as written."""
    written = np.asarray(draws[group.effects][place])
    if group.moved is None:
        return written
    return written @ np.linalg.inv(np.asarray(group.moved.basis)).T


def _drawn(
    kernel: Kernel, program: Program, frame: Frame, point: Point, rng: Any
) -> list[str]:
    """Hold effects drawn after sampling against their density given the rest.

    It is normal, so of ``mean + A e`` the log density is that of the mean less
    ``|e|^2 / 2``: for any e.
    """
    if not kernel.tapes.normals:
        return []
    x, e = vector(program, frame, point), rng.normal(size=(3, kernel.tapes.normals))
    e[0] = 0.0
    draws = kernel.draws(np.stack([x] * 3), Given(e))
    points = [_with_effects(program, point, draws, place) for place in range(3)]
    whole = [float(np.real(evaluate(opened(program), frame, p)[1])) for p in points]
    wanted = whole[0] - 0.5 * (e * e).sum(axis=1)
    return [] if apart(wanted, whole) <= CLOSE else [f"drawn: {wanted}, {whole}"]


def _reported(
    program: Program,
    frame: Frame,
    point: Point,
    draws: Mapping[str, Array],
    place: int,
) -> list[str]:
    whole = _with_effects(program, point, draws, place)
    wanted = reported(opened(program), frame, whole)
    found = []
    for name, values in draws.items():
        if values[place].shape != wanted[name].shape:
            found.append(f"{name}: {values[place].shape}, not {wanted[name].shape}")
        elif not apart(wanted[name], values[place]) <= CLOSE:
            found.append(f"{name}: {apart(wanted[name], values[place])}")
    return found


def apart(one: Any, other: Any) -> float:
    """Largest difference, relative to the size (at least 1)."""
    one, other = np.asarray(one, float), np.asarray(other, float)
    size = max(1.0, float(np.abs(one).max(initial=0.0)))
    return float(np.abs(one - other).max(initial=0.0)) / size


def compare_directions(program: Program, frame: Frame, seed: int) -> list[str]:
    """As ``compare_kernel`` with slopes in random directions: for larger programs."""
    kernel = kernel_of(program, frame)
    rng = np.random.default_rng(seed)
    point = random_point(rng, program, frame, 0.3)
    x = vector(program, frame, point)
    density, slopes = kernel.log_density(x)
    found = []
    for _ in range(3):
        way = random_point(rng, program, frame, 1.0)
        moved = {name: value + 1e-30j * way[name] for name, value in point.items()}
        value = complex(evaluate(program, frame, moved)[1])
        along = vector(program, frame, way)
        mine, theirs = value.imag / 1e-30, float(slopes @ along)
        size = float(np.abs(slopes) @ np.abs(along))
        if apart(value.real, density) > CLOSE or not abs(mine - theirs) <= CLOSE * size:
            found.append(f"{value.real}, {mine}: {density}, {theirs}")
    normals = Given(rng.normal(size=kernel.tapes.normals))
    values = {name: a[None] for name, a in kernel.draws(x, normals).items()}
    found += _reported(program, frame, point, values, 0)
    return found + _drawn(kernel, program, frame, point, rng)
