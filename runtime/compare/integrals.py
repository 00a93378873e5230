"""The density of all responses of a group, its effects integrated out.

The density of a group's responses is that of a **new** group with such rows: the
effects of the group are integrated out, draw by draw,

    p(y_g | theta) = integral of prod_i p(y_gi | theta, r) normal(r | 0, S_theta) dr,

by importance sampling around the mode of the integrand: ``r = F z`` with ``F F' = S``,
Newton's steps to the mode of the density of ``z``, and quasi-random points of a normal
distribution with the mode, and somewhat more than the spread, that are found there
(Laplace importance sampling; Kuk 1999, Statistics and Computing 9). For one effect that
is compared with adaptive quadrature, for several with simple Monte Carlo, in the tests.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from statistics import NormalDist
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from varying.compiler.program.counted import counted
from varying.compiler.program.fill import fill
from varying.compiler.program.persons import each_persons, of_all, persons_of

from ..rows.at_once import AtOnce
from .psis import log_sum_exp
from .units import LeftOut, index_of

if TYPE_CHECKING:
    from varying.compiler.compiled import Compiled
    from varying.compiler.program.ir import Group, Program

__all__ = ["density_of_units"]

Array = NDArray[Any]

#: Points that an integral over the effects of a group is made of, and the spread of
#: their distribution beside that of the integrand.
_POINTS, _WIDER = 64, 1.25
#: Steps of Newton to the mode, and how far one goes at most, in sds of the effects.
_STEPS, _LONGEST, _SHORTER = 12, 3.0, 0.3
#: A step shorter than this leads to the mode, as far as that is needed.
_NEAR = 0.1
#: Step of the numerical derivatives, in sds of the effects.
_STEP = 0.02
#: Degrees of freedom of the points where effects have a t distribution, and how many
#: there are of several effects.
_HEAVY_DF, _MORE_POINTS = 2.0, 256
#: Numbers that are computed at a time: what the nearest memory holds.
_AT_ONCE = 200_000


def density_of_units(
    compiled: Compiled,
    units: LeftOut,
    draws: Mapping[str, Array],
    chosen: Sequence[int] | None = None,
) -> NDArray[np.float64]:
    """Return the log density of all responses of each unit, units by draws.

    Parameters
    ----------
    compiled
        The model, with the rows of these units at least.
    units
        Which rows are which.
    draws
        See ``in_front``.
    chosen
        Places of the units that are wanted; None: all.
    """
    places = range(units.count) if chosen is None else chosen
    return np.stack(
        [_of_unit(compiled, units, place, draws) for place in places], axis=0
    )


def _of_unit(
    compiled: Compiled, units: LeftOut, place: int, draws: Mapping[str, Array]
) -> NDArray[np.float64]:
    rows = units.rows([place])
    table = compiled.prepared.table.take(rows)
    program, start = compiled.lowered, {}
    own = [one for _, one in each_persons(program) if one.column == units.by]
    if own:
        levels = fill(program, table)
        start = {one.effects: int(levels[one.index][0]) for one in own}
        program = of_all(program)
    frame = fill(program, table)
    each = tuple(
        replace(program, likelihoods=(one,), coupling=None) for one in program.observed
    )
    unit = _Unit(AtOnce(each[0], frame, draws), units, each, start)
    found = np.concatenate([part.integral() for part in unit.parts()])
    return np.asarray(found, dtype=np.float64)


class _Unit:
    """The rows of a unit at draws, as a function of its effects.

    ``each`` are the program with one response at a time, given those before it.
    """

    def __init__(
        self,
        at: AtOnce,
        units: LeftOut,
        each: tuple[Program, ...] = (),
        places: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        self.at, self.units, self.each_program = at, units, each or (at.program,)
        self.ats = [
            at if one is at.program else AtOnce(one, at.frame, at.draws)
            for one in self.each_program
        ]
        self.groups = [at.program.group(name) for name in units.groups]
        self.sizes = [at.frame.lengths[one.coefs] for one in self.groups]
        self.of_groups = sum(self.sizes)
        # thresholds of a new person: places are those of its effects in the fit
        self.places = places
        self.persons = [
            persons_of(one, one.likelihood) if places else None
            for one in self.each_program
        ]
        gaps = sum(one.gaps for one in self.persons if one is not None)
        # related effects with a t distribution: of a new level the variance as well
        self.scaled = [
            one for one in self.groups if one.relation is not None and one.mixture
        ]
        self.size = self.of_groups + gaps + len(self.scaled)

    def parts(self) -> Iterator[_Unit]:
        """Yield the same at some draws at a time: memory is bounded."""
        work = max(self.at.rows, 1) * max(_POINTS, self.size**2)
        step = max(1, _AT_ONCE // work)
        for start in range(0, self.at.size, step):
            part = self.at.some(start, start + step)
            yield _Unit(part, self.units, self.each_program, self.places)

    def factor(self) -> Array:
        """Return ``F`` of the effects of all groups: draws by effects twice."""
        whole = np.zeros((self.at.size, self.size, self.size))
        start = 0
        for group, size in zip(self.groups, self.sizes, strict=True):
            covariance = self.at.covariance(group)
            if group.by is not None:
                level = index_of(self.at.program, group, self.at.frame.arrays)[0]
                ends = np.cumsum(group.by.levels)
                stratum = int(np.searchsorted(ends, level, "right"))
                own = slice(stratum * size, (stratum + 1) * size)
                covariance = covariance[:, own, own]
            place = slice(start, start + size)
            whole[:, place, place] = _root(covariance)
            if group.relation is not None:
                whole[:, place, place] *= math.sqrt(self._related(group)[1])
            start += size
        for persons in filter(None, self.persons):
            sd = self.at.vector(persons.sd).reshape(-1, 1)
            own_places = np.arange(start, start + persons.gaps)
            whole[:, own_places, own_places] = sd
            start += persons.gaps
        whole[:, range(start, self.size), range(start, self.size)] = 1.0
        return whole

    def _related(self, group: Group) -> tuple[Array, float]:
        """Return what is known of a level from those that it is related to.

        The mean of its effects given those of the others, draws by effects, and what
        their covariance is multiplied by (Rue & Held 2005, Gaussian Markov Random
        Fields, theorem 2.3).
        """
        frame = self.at.frame
        level = int(index_of(self.at.program, group, frame.arrays)[0])
        factor = np.linalg.inv(frame[str(group.relation)])
        precision = factor.T @ factor[:, level]
        weights = -precision / precision[level]
        weights[level] = 0.0
        effects = self.at.draws[group.effects]
        if group.mixture is not None:
            # they are related where they are normal: see `spread_out`
            effects = effects / self._roots(group)[..., None]
        mean = np.einsum("l,dlk->dk", weights, effects)
        return mean, float(1.0 / precision[level])

    def _roots(self, group: Group) -> Array:
        """Return the roots of the variances of levels: draws by levels."""
        assert group.mixture is not None
        return np.asarray(np.sqrt(self.at.draws[group.mixture.variance]))

    def _half_df(self, group: Group) -> Array:
        """Return half the degrees of freedom: draws by one."""
        assert group.mixture is not None
        return np.asarray(0.5 * self.at.vector(group.mixture.df).reshape(-1, 1))

    def _with_variances(self, effects: Array) -> Array:
        """Return effects where those that are related have a t distribution.

        The last coordinates are standard normal, and are as far out as the inverses of
        the variances are in their gamma distributions.
        """
        from scipy.special import gammaincinv, ndtr

        if not self.scaled:
            return effects
        effects, start = effects.copy(), 0
        for group, size in zip(self.groups, self.sizes, strict=True):
            place = slice(start, start + size)
            start += size
            if group in self.scaled:
                last = self.size - len(self.scaled) + self.scaled.index(group)
                share = np.clip(ndtr(effects[..., last]), 1e-300, 1.0 - 1e-15)
                half = self._half_df(group)
                root = np.sqrt(half / gammaincinv(half, share))[..., None]
                around = self.around[group.name][:, None]
                effects[..., place] = root * (effects[..., place] + around)
        return effects

    def _start(self, factor: Array) -> Array:
        """Return where the mode is looked for: draws by effects."""
        from scipy.special import gammainc, ndtri

        if not self.units.seen:
            return np.zeros((self.at.size, self.size))
        drawn = []
        for group in self.groups:
            level = index_of(self.at.program, group, self.at.frame.arrays)[0]
            effects = self.at.draws[group.effects][:, int(level)]
            if group in self.scaled:
                effects = effects / self._roots(group)[:, int(level), None]
            if group.relation is not None:
                effects = effects - self._related(group)[0]
            drawn.append(effects)
        for persons in filter(None, self.persons):
            first = self.places[persons.effects] * persons.gaps
            every = self.at.draws[persons.effects]
            drawn.append(every[:, first : first + persons.gaps])
        for group in self.scaled:
            level = index_of(self.at.program, group, self.at.frame.arrays)[0]
            half, root = self._half_df(group), self._roots(group)[:, int(level), None]
            drawn.append(ndtri(gammainc(half, half / np.square(root))))
        # the factor is a rotation times roots: see `_root`
        squares = np.maximum((factor * factor).sum(axis=1), 1e-12)
        effects = np.concatenate(drawn, axis=1)[:, None, :]
        z = (effects @ factor)[:, 0] / squares
        return np.asarray(np.clip(z, -_LONGEST, _LONGEST))

    def prepare(self) -> None:
        """Compute what no effect of the unit has a part in."""
        at, program = self.at, self.at.program
        self.fixed: dict[str, Array] = {}
        self.weights: dict[str, Array] = {}
        self.around = {one.name: self._related(one)[0] for one in self.scaled}
        for predictor in at.linear:
            values = at.fixed(predictor)
            weights = at.weights_of_effects(predictor)
            pooled = [b for b in predictor.group_blocks if b.members is not None]
            for block in pooled:
                # the levels of such groups are never left out
                values = values + at.value(block)
            for name in self.units.others:
                if name in weights and name not in {b.group for b in pooled}:
                    group = program.group(name)
                    level = index_of(program, group, at.frame.arrays)
                    effects = at.draws[group.effects][:, level]
                    values = values + (weights[name] * effects).sum(axis=-1)
            for group in self.groups:
                own_mean = group.relation is not None and group not in self.scaled
                if own_mean and group.name in weights:
                    mean = self._related(group)[0][:, None]
                    values = values + (weights[group.name] * mean).sum(axis=-1)
            self.fixed[predictor.name] = values
            own = [
                weights.get(one.name, np.zeros((1, at.rows, size)))
                for one, size in zip(self.groups, self.sizes, strict=True)
            ]
            if own:
                self.weights[predictor.name] = _beside(own)

    def _chosen(self, places: Array) -> _Unit:
        """Return the same at the draws of these places."""
        if len(places) == self.at.size:
            return self
        part = _Unit(self.at.chosen(places), self.units, self.each_program, self.places)
        part.fixed = {name: values[places] for name, values in self.fixed.items()}
        part.around = {name: values[places] for name, values in self.around.items()}
        part.weights = {
            name: values[places] if len(values) > 1 else values
            for name, values in self.weights.items()
        }
        return part

    def density(self, effects: Array) -> Array:
        """Return the log density of all rows: effects are draws by nodes by effects."""
        return np.asarray(self.each(effects).sum(axis=1))

    def each(self, effects: Array) -> Array:
        """Return the log density of each row: draws by rows by nodes."""
        at, effects = self.at, self._with_variances(effects)
        predictors = {}
        for name, values in self.fixed.items():
            found = values[:, :, None]
            if name in self.weights:
                of_groups = effects[..., : self.of_groups]
                found = found + self.weights[name] @ np.swapaxes(of_groups, 1, 2)
            predictors[name] = found
        shape = (at.size, at.rows, effects.shape[1])
        total: Any = 0.0
        first = self.of_groups
        for one, persons in zip(self.ats, self.persons, strict=True):
            likelihood = one.program.likelihood
            observed = at.frame[likelihood.value][:, None]
            arguments = one.arguments(predictors)
            if persons is not None:
                own = effects[..., first : first + persons.gaps]
                first += persons.gaps
                threshold, gap = arguments["threshold"][:, 0], arguments["gap"][:, 0]
                arguments |= persons.laid_out(threshold, gap, own)
            each = _log_density(one, observed, arguments)
            for weight in (likelihood.weight, likelihood.count):
                if weight is not None:
                    each = counted(at.frame[weight][:, None], each)
            total = total + each
        return np.broadcast_to(total, shape)

    def log_prior(self, z: Array) -> Array:
        """Return the log density of effects as multiples of their factor.

        By draws and nodes. Those of a group are normal, or have a multivariate t
        distribution.
        """
        total: Any = 0.0
        start = 0
        for group, size in zip(self.groups, self.sizes, strict=True):
            squares = np.square(z[..., start : start + size]).sum(axis=-1)
            start += size
            if group.mixture is None or group in self.scaled:
                total = total - 0.5 * (squares + size * math.log(2.0 * math.pi))
                continue
            df = self.at.vector(group.mixture.df).reshape(-1, 1)
            half = 0.5 * (df + size)
            constant = np.vectorize(math.lgamma)(half) - np.vectorize(math.lgamma)(
                0.5 * df
            )
            constant = constant - 0.5 * size * np.log(math.pi * df)
            total = total + constant - half * np.log1p(squares / df)
        rest = z[..., start:]
        normal = np.square(rest).sum(axis=-1) + rest.shape[-1] * math.log(2.0 * math.pi)
        return np.asarray(total - 0.5 * normal)

    def integral(self) -> Array:
        """Return the log density with the effects integrated out, a number a draw."""
        self.prepare()
        if not self.size:
            return self.density(np.zeros((self.at.size, 1, 0)))[:, 0]
        factor = self.factor()

        def posterior(z: Array, places: Array | None = None) -> Array:
            unit, own = self, factor
            if places is not None:
                unit, own = self._chosen(places), factor[places]
            found = unit.density(z @ np.swapaxes(own, 1, 2))
            return np.asarray(found + unit.log_prior(z))

        mode, spread = _mode(posterior, self._start(factor))
        heavy = any(group.mixture is not None for group in self.groups)
        points, log_density = _heavy_points(self.size) if heavy else _points(self.size)
        z = mode[:, None] + _WIDER * (points @ np.swapaxes(spread, 1, 2))
        log_proposal = (
            log_density
            - np.log(np.diagonal(spread, axis1=1, axis2=2)).sum(axis=1)[:, None]
            - self.size * math.log(_WIDER)
        )
        constant = -0.5 * self.size * math.log(2.0 * math.pi)
        ratios = posterior(z) - log_proposal
        # what so few points make of a normal integrand, whose integral is known
        squares = (points * points).sum(axis=1)
        normal = log_sum_exp(constant - 0.5 * _WIDER**2 * squares - log_density)
        normal = normal + self.size * math.log(_WIDER)
        return np.asarray(log_sum_exp(ratios) - normal)


def _beside(parts: Sequence[Array]) -> Array:
    draws = max(len(one) for one in parts)
    wide = [np.broadcast_to(one, (draws, *one.shape[1:])) for one in parts]
    return np.concatenate(wide, axis=-1)


def _root(covariance: Array) -> Array:
    """Return lower factors of covariances, some of which may be singular."""
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0))[:, None, :])


def _log_density(at: AtOnce, observed: Array, arguments: Mapping[str, Array]) -> Array:
    """Return the log density of responses, draws by rows by nodes.

    Thresholds are vectors, of which not every family takes those of many draws.
    """
    family = at.family
    if not family.thresholds:
        with np.errstate(all="ignore"):
            return np.asarray(family.log_density(observed, **arguments))
    ranks = observed[:, 0]
    # rows last, and nodes before the draws
    own = {
        name: _of_thresholds(values) if name in _VECTORS else _nodes_first(values)
        for name, values in arguments.items()
    }
    if family.many_draws:
        return np.moveaxis(family.log_density(ranks, **own), 0, -1)
    found = [
        family.log_density(
            ranks,
            **{
                name: values[draw] if name in _VECTORS else _of_draw(values, draw)
                for name, values in own.items()
            },
        )
        for draw in range(at.size)
    ]
    return np.moveaxis(np.stack(found, axis=1), 0, -1)


def _of_thresholds(values: Array) -> Array:
    """Return thresholds by draws; where those of nodes differ, these are first."""
    return values[:, 0, 0] if values.ndim == 4 else np.swapaxes(values, 0, 1)


def _nodes_first(values: Array) -> Array:
    if values.ndim == 2 and values.shape[1] == 1:  # the same at all draws
        return values[:, 0]
    if values.ndim == 4:  # effects of each threshold, which are last
        return np.moveaxis(values, 2, 0)
    return np.moveaxis(values, -1, 0) if values.ndim == 3 else values


def _of_draw(values: Array, draw: int) -> Array:
    """Return what there is at one draw: nodes by rows, and by thresholds."""
    return values[:, draw % values.shape[1]] if values.ndim > 2 else values


#: Arguments that have an element for each threshold or gap.
_VECTORS = frozenset({"threshold", "gap"})


def _mode(density: Any, start: Array) -> tuple[Array, Array]:
    """Return where a density is largest at each draw, and a factor of its spread.

    The density is of standard normals given data. Its second derivative is taken for
    that of the prior alone in directions in which the data add none.
    """
    draws, size = start.shape
    stencil, pairs = _stencil(size)
    here = best = start
    highest = np.full(draws, -np.inf)
    step = np.zeros((draws, size))
    curvature = np.broadcast_to(np.eye(size), (draws, size, size)).copy()
    going = np.arange(draws)
    for _ in range(_STEPS):
        values = density(here[going, None] + stencil, going)
        better = values[:, 0] >= highest[going]
        up = going[better]
        slope, second = _derivatives(values[better], size, pairs)
        best = best.copy()
        best[up], highest[up] = here[up], values[better, 0]
        curvature[up] = second
        # a step that went too far is shortened
        step[going] *= _SHORTER
        step[up] = np.linalg.solve(second, slope[..., None])[..., 0]
        length = np.sqrt((step[going] * step[going]).sum(axis=1))
        shorter = np.minimum(1.0, _LONGEST / np.maximum(length, 1e-300))
        step[going] *= shorter[:, None]
        going = going[length >= _NEAR]
        if not len(going):
            break
        here = best + step
    spread = np.linalg.cholesky(np.linalg.inv(curvature))
    return best, spread


def _stencil(size: int) -> tuple[Array, list[tuple[int, int]]]:
    """Return the places of numerical derivatives: middle, both sides, corners."""
    unit = _STEP * np.eye(size)
    pairs = [(i, k) for i in range(size) for k in range(i)]
    corners = [unit[i] + unit[k] for i, k in pairs]
    corners += [-unit[i] - unit[k] for i, k in pairs]
    return np.array([np.zeros(size), *unit, *-unit, *corners]), pairs


def _derivatives(
    values: Array, size: int, pairs: Sequence[tuple[int, int]]
) -> tuple[Array, Array]:
    """Return slopes and negative second derivatives; the prior's at least."""
    middle, up = values[:, 0], values[:, 1 : size + 1]
    down = values[:, size + 1 : 2 * size + 1]
    slope = (up - down) / (2.0 * _STEP)
    second = np.zeros((len(values), size, size))
    diagonal = (up + down - 2.0 * middle[:, None]) / _STEP**2
    second[:, range(size), range(size)] = diagonal
    first = 2 * size + 1
    for number, (i, k) in enumerate(pairs):
        both = values[:, first + number] + values[:, first + len(pairs) + number]
        mixed = both - up[:, i] - up[:, k] - down[:, i] - down[:, k] + 2.0 * middle
        second[:, i, k] = second[:, k, i] = mixed / (2.0 * _STEP**2)
    found, vectors = np.linalg.eigh(-second)
    found = np.maximum(found, 1.0)
    curvature = (vectors * found[:, None, :]) @ np.swapaxes(vectors, 1, 2)
    return slope, curvature


def _heavy_points(size: int) -> tuple[Array, Array]:
    """Return points of a multivariate t distribution, and their log density.

    For integrands with tails of that kind; a normal one would leave them out.
    """
    from scipy.special import gammaincinv, ndtr, stdtrit

    half = 0.5 * _HEAVY_DF
    if size == 1:
        shares = (np.arange(1, _POINTS // 2 + 1) - 0.5) / _POINTS
        quantiles = stdtrit(_HEAVY_DF, shares)[:, None]
        points = np.concatenate([quantiles, -quantiles])
    else:
        normal, _ = _points(size + 1, _MORE_POINTS)
        # a point and its mirror image have the same
        last = np.tile(normal[: len(normal) // 2, -1], 2)
        variance = half / gammaincinv(half, ndtr(last))
        points = normal[:, :-1] * np.sqrt(variance)[:, None]
    squares = np.square(points).sum(axis=1)
    constant = math.lgamma(half + 0.5 * size) - math.lgamma(half)
    constant -= 0.5 * size * math.log(math.pi * _HEAVY_DF)
    return points, constant - (half + 0.5 * size) * np.log1p(squares / _HEAVY_DF)


def _points(size: int, count: int = _POINTS) -> tuple[Array, Array]:
    """Return standard normal points, half of them mirrored, and their log density.

    An additive recurrence (Roberts 2018). Of one effect: equal shares of the mass.
    """
    half = count // 2
    numbers = np.arange(1, half + 1)[:, None]
    if size == 1:
        shares = (numbers - 0.5) / count
    else:
        root = 2.0
        for _ in range(60):
            root = (1.0 + root) ** (1.0 / (size + 1))
        shares = (0.5 + root ** -np.arange(1.0, size + 1) * numbers) % 1.0
    quantile = NormalDist().inv_cdf
    points = np.array([[quantile(float(x)) for x in row] for row in shares])
    both = np.concatenate([points, -points])
    log_density = -0.5 * (both * both).sum(axis=1)
    return both, log_density - 0.5 * size * math.log(2.0 * math.pi)
