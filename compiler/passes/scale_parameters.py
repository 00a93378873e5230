"""Sample each parameter in units of what it changes.

One file, although it is long: a pass is one file, and all units follow from the
same ``_Given``, what columns and responses say.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data import weighted
from ..distributions.quantiles import middle_and_spread
from ..distributions.table import DISTRIBUTIONS
from ..families.family import DefaultPrior, Family, Moments
from ..families.moments import moments_of, parameter_moments
from ..lower.default_priors import DPAR_GROUP_SD
from ..program.blocks import GroupBlock
from ..program.expressions import Apply, Assemble, Const, Symbol, names_in
from ..program.interpret import coordinates, evaluate
from ..program.interpret.density import evaluate_expression
from ..program.interpret.linear import linear
from ..program.interpret.start import middle_of, start, typical
from ..program.ir import (
    Derived,
    Frame,
    Group,
    Likelihood,
    Parameter,
    Predictor,
    Program,
    Unit,
)

Array = NDArray[Any]

#: The largest number of a column is at most so many steps.
FARTHEST = 4.0
#: Of conjugate gradients.
_STEPS = 20
#: A log density of a prior that is so much lower is against a starting point.
SURE = 2.0


def scale_parameters(program: Program, frame: Frame) -> tuple[Program, Frame]:
    """Give parameters the unit in which the data tell of them.

    One step of a coefficient moves its predictor by one spread of the response (on a
    log or logit scale by 1), whatever prior the user wrote and whatever units the
    columns have; the intercept starts where the responses are, other coefficients at
    0, parameters of the family where their default priors have their mass::

        param b[coef] ~ normal(mu=0, sigma=2.6e-05)
        param sigma ~ exponential(rate=0.1)  on log
    becomes
        param b[coef] ~ normal(mu=0, sigma=2.6e-05)  from 0 in steps of 1e-05
        param sigma ~ exponential(rate=0.1)  on log  from 10

    What is sampled is then of the size of 1. The map is linear, so the log density
    changes by a constant: the sum of the logs of the units. Where a prior is far from
    what the data say, sampling starts at that of the two where the posterior is higher.
    """
    each = {one.name: _Given.of(program, one, frame) for one in program.likelihoods}
    units: dict[str, Unit] = {}
    groups = {group.name: group for group in program.groups}
    # where the sds of each effect start
    middles: dict[str, list[float]] = {}
    for predictor in program.predictors:
        given = each[predictor.response]
        units |= _population(given, predictor)
        for use in predictor.group_blocks:
            group = groups[use.group]
            size = given.frame.lengths[group.coefs]
            steps = list(group.unit or (1.0,) * size)
            sds = middles.setdefault(use.group, [1.0] * size)
            for place, step in zip(
                use.places, _steps(given, predictor, use), strict=True
            ):
                steps[place], sds[place] = step, step * _share(given, predictor)
            groups[use.group] = replace(group, unit=tuple(steps))
    for name, sds in middles.items():
        units |= _sds(given, groups[name], sds)
    for given in each.values():
        units |= dict(_dpars(given))
    parameters = tuple(
        replace(p, unit=_inside(p, units.get(p.name), frame))
        for p in program.parameters
    )
    program = replace(program, parameters=parameters, groups=tuple(groups.values()))
    return _started(program, frame), frame


@dataclass(frozen=True, slots=True, eq=False)
class _Given:
    """A program with its frame, and what is learned of one response."""

    program: Program
    likelihood: Likelihood
    frame: Frame
    family: Family
    moments: Moments
    own: Moments

    @classmethod
    def of(cls, program: Program, likelihood: Likelihood, frame: Frame) -> _Given:
        family = likelihood.family
        count = likelihood.times(frame)
        exposure = 1.0
        for _, expr in likelihood.arguments:
            match expr:
                case Apply("*", (_, Symbol(rate))) if rate in frame.arrays:
                    logs = np.log(np.asarray(frame[rate], dtype=float))
                    exposure = math.exp(weighted.mean(logs, count))
                case _:
                    pass
        known: dict[str, Any] = {
            name: evaluate_expression(expr, frame.arrays)
            for name, expr in likelihood.arguments
            if name in family.known
        }
        if family.thresholds:
            cuts = _cuts(program, likelihood, frame)
            known["categories"] = 1 + family.apart + max(cuts)
        link = program.of(likelihood.name).predictors[0].link
        moments = moments_of(family, link, frame[likelihood.value], count, **known)
        own = family.moments(frame[likelihood.value], count, **known)
        return cls(
            program,
            likelihood,
            frame,
            family,
            replace(moments, exposure=exposure),
            replace(own, exposure=exposure),
        )

    @property
    def cuts(self) -> tuple[int, ...]:
        """How many thresholds an ordinal response has, of each item."""
        return _cuts(self.program, self.likelihood, self.frame)

    @property
    def count(self) -> Array | None:
        return self.likelihood.times(self.frame)

    def is_main(self, predictor: Predictor) -> bool:
        if self.family.mains:
            return self.family.is_main(predictor.dpar)
        return predictor is self.program.of(self.likelihood.name).predictors[0]

    def step(self, predictor: Predictor) -> float:
        """Return what counts as one step of a predictor."""
        if predictor.inner:
            spreads = [min(one.scale) for one in _by_priors(self, predictor).values()]
            return _positive(spreads[0]) if spreads else 1.0
        if self.is_main(predictor):
            return _positive(self.own_of(predictor)[1])
        return _positive(self.beside(predictor)[1])

    def own_of(self, predictor: Predictor) -> tuple[float, float]:
        """Return where a main predictor is, and how far it goes."""
        names = [one.name for one in self.family.mains]
        if not names:
            return self.moments.m, self.moments.step
        own = self.moments.each[names.index(predictor.dpar)]
        return own.m, own.step

    def beside(self, predictor: Predictor) -> tuple[float, float]:
        """Return where a parameter beside the main one is, and what is much there."""
        dpar = next(d for d in self.family.dpars if d.name == predictor.dpar)
        return parameter_moments(dpar, predictor.link, self.own)

    def size(self, columns: Array) -> Array:
        """Return the typical size of the numbers of each column, (k,).

        The root of their mean square; more where single ones are far out, so that
        no row is moved beyond all bounds by one step.
        """
        largest = np.abs(columns).max(axis=0, initial=0.0)
        safe = np.where(largest > 0.0, largest, 1.0)
        squares = weighted.means(np.square(columns / safe), self.count)
        found = np.maximum(largest * np.sqrt(squares), largest / FARTHEST)
        return np.where(found > 0.0, found, 1.0)


def _cuts(program: Program, likelihood: Likelihood, frame: Frame) -> tuple[int, ...]:
    """Return how many thresholds there are: of each item, where they have their own."""
    match dict(likelihood.arguments).get("cuts"):
        case Const(tuple(cuts)):
            return tuple(int(one) for one in cuts)
    (axis,) = _of_thresholds(program, likelihood).axes
    return (frame.lengths[axis],)


def _of_thresholds(program: Program, likelihood: Likelihood) -> Parameter | Derived:
    """Return the thresholds of an ordinal response."""
    (name,) = names_in(dict(likelihood.arguments)["threshold"])
    nodes: list[Parameter | Derived] = [*program.parameters, *program.derived]
    return next(node for node in nodes if node.name == name)


def _positive(number: float) -> float:
    return number if 0.0 < number < math.inf else 1.0


# ---- the population ------------------------------------------------------------------


def _population(given: _Given, predictor: Predictor) -> dict[str, Unit]:
    """Return the units of the parameters of a predictor's population part."""
    columns: dict[str, Array] = {}
    rows = given.frame.lengths[predictor.rows]
    for block in predictor.blocks:
        population = block.population(given.frame)
        if population is None:
            continue
        name, places, design = population
        found = linear(given.program, given.frame, name)
        if found is None:
            continue
        design = np.broadcast_to(design, (rows, len(places)))
        for one, matrix in found.by.items():
            by = np.reshape(matrix, (-1, matrix.shape[-1]))[list(places)]
            same = by.shape[0] == by.shape[1] and (by == np.eye(len(by))).all()
            more = design if same else design @ by
            columns[one] = columns[one] + more if one in columns else more
    if predictor.inner:
        return _by_priors(given, predictor)
    step = given.step(predictor)
    scales = {name: step / given.size(matrix) for name, matrix in columns.items()}
    centers = _centers(given, predictor, columns, scales)
    return {
        name: Unit(tuple(centers[name].tolist()), tuple(scale.tolist()))
        for name, scale in scales.items()
    } | _thresholds(given, predictor)


def _by_priors(given: _Given, predictor: Predictor) -> dict[str, Unit]:
    """Return the units of what a formula not linear is made of.

    The data do not say what moves the response by how much without being asked at some
    value of all the others, but the priors, which are the user's, say what is small:
    each parameter starts in the middle of its prior, and goes in steps of its spread.
    """
    program, frame = given.program, given.frame
    population = (block.population(frame) for block in predictor.blocks)
    names = dict.fromkeys(found[0] for found in population if found is not None)
    values, _ = _at_start(program, frame)
    parameters = {p.name: p for p in program.parameters}
    found: dict[str, Unit] = {}
    for name in names:
        linked = linear(program, frame, name)
        for one in linked.by if linked is not None else ():
            parameter = parameters[one]
            prior = parameter.prior
            size = math.prod(frame.lengths[axis] for axis in parameter.axes)
            given_ = {
                key: np.broadcast_to(evaluate_expression(expr, values), (size,))
                for key, expr in prior.arguments
            }
            each = [
                middle_and_spread(
                    prior.distribution,
                    {key: float(numbers[place]) for key, numbers in given_.items()},
                    prior.lower,
                    prior.upper,
                )
                or (0.0, 1.0)
                for place in range(size)
            ]
            centers, scales = zip(*each, strict=True)
            found[one] = Unit(tuple(centers), tuple(scales))
    return found


def _thresholds(given: _Given, predictor: Predictor) -> dict[str, Unit]:
    """Return the unit of the middle of thresholds: they are where the responses are."""
    if not (given.is_main(predictor) and given.family.thresholds):
        return {}
    match _of_thresholds(given.program, given.likelihood):
        case Derived(expression=Apply("spread", (Symbol(middle), _))):
            unit = Unit((given.moments.m,), (_positive(given.moments.s),))
            return {middle: unit}
        case Derived(expression=Assemble((_, *_))) if given.family.items:
            return _middles(given)
        case Parameter(name=name, chart="bounds") if given.family.at_shares is not None:
            center: list[float] = []
            for cuts in given.cuts:
                count = cuts + 1
                equal = given.family.at_shares(np.full(count, 1.0 / count))
                center += (equal + given.moments.m).tolist()
            scale = (_positive(given.moments.s),) * len(center)
            return {name: Unit(tuple(center), scale)}
    return {}


def _middles(given: _Given) -> dict[str, Unit]:
    """Return the units of the middles of the thresholds of items, by their priors."""
    threshold = _of_thresholds(given.program, given.likelihood)
    assert isinstance(threshold, Derived)
    for name in dict.fromkeys(names_in(threshold.expression)):
        for parameter in given.program.parameters:
            if parameter.name != name or parameter.chart != "bounds":
                continue
            # that of a threshold with a prior of its own is by that prior
            if parameter.axes:
                count = len(given.program.axis(parameter.axes[0]).labels or ())
                scale = _positive(given.moments.s)
                return {name: Unit((given.moments.m,) * count, (scale,) * count)}
    return {}


def _centers(
    given: _Given,
    predictor: Predictor,
    columns: Mapping[str, Array],
    scales: Mapping[str, Array],
) -> dict[str, Array]:
    """Return coefficients with which the predictor is where the responses are.

    Those of a constant column, the intercept, and 0; without one, by least squares.
    """
    aim = _aim(given, predictor)
    centers = {name: np.zeros(len(scale)) for name, scale in scales.items()}
    if given.is_main(predictor) and given.family.thresholds:
        return centers
    for block in predictor.blocks:
        for name in block.quantities():
            if block.constant and name in columns:
                centers[name] = np.array([aim])
                return centers
    if not columns or aim == 0.0 or any(one.constant for one in predictor.blocks):
        return centers
    names = list(columns)
    design = np.hstack([columns[n] * scales[n] for n in names])
    weights = np.ones(len(design)) if given.count is None else given.count
    found = _least_squares(design, weights / weights.sum(), aim)
    ends = np.cumsum([len(scales[n]) for n in names])[:-1]
    parts = zip(names, np.split(found, ends), strict=True)
    return {name: part * scales[name] for name, part in parts}


def _least_squares(design: Array, weights: Array, aim: float) -> Array:
    """Return what the columns are multiplied by to be near a number, shape (k,).

    By conjugate gradients: a few steps are near enough for a start, and go nowhere
    that the columns hardly know of.
    """
    found = np.zeros(design.shape[1])
    rest = design.T @ (weights * aim)
    way, size = rest, float(rest @ rest)
    first = size
    for _ in range(_STEPS):
        if not size > 1e-12 * first:
            break
        moved = design @ way
        step = size / float(weights @ np.square(moved))
        found = found + step * way
        rest = rest - step * (design.T @ (weights * moved))
        before, size = size, float(rest @ rest)
        way = rest + size / before * way
    return found


def _aim(given: _Given, predictor: Predictor) -> float:
    """Return where a predictor is, without its offsets."""
    known = np.zeros(1)
    for block in predictor.blocks:
        if block.known:
            known = known + block.value(given.program, given.frame, {})
    if given.is_main(predictor):
        middle = given.own_of(predictor)[0]
    else:
        dpar = next(d for d in given.family.dpars if d.name == predictor.dpar)
        middle = 0.0 if dpar.fixed is not None else given.beside(predictor)[0]
    if len(known) == 1:
        return middle - float(known[0])
    if predictor.link != "log":
        return middle - weighted.mean(known, given.count)
    largest = float(known.max())
    mean = weighted.mean(np.exp(known - largest), given.count)
    return middle - largest - math.log(mean)


# ---- groups --------------------------------------------------------------------------


def _steps(given: _Given, predictor: Predictor, use: GroupBlock) -> list[float]:
    """Return the units of the effects that a predictor uses of a group."""
    step, columns = given.step(predictor), use.multipliers(given.frame)
    if (columns == 1.0).all():
        return [step] * len(use.places)
    return [step / size for size in given.size(columns).tolist()]


def _share(given: _Given, predictor: Predictor) -> float:
    """Return the size of a typical sd of effects, in steps of their predictor."""
    on_link = not given.is_main(predictor) and predictor.link != "identity"
    return DPAR_GROUP_SD if on_link else 1.0


def _sds(given: _Given, group: Group, sds: Sequence[float]) -> dict[str, Unit]:
    """Return where the sds of a group start: near the means of their defaults."""
    found = linear(given.program, given.frame, group.sd)
    if found is None:
        return {}
    units: dict[str, Unit] = {}
    for name, matrix in found.by.items():
        times = len(matrix) // len(sds)
        numbers = matrix.T @ np.tile(sds, times)
        if (numbers > 0.0).all():
            center = tuple(numbers.tolist())
            steps = matrix.T @ np.tile(group.unit, times)
            units[name] = Unit(center, tuple(steps.tolist()))
    return units


# ---- parameters of the family --------------------------------------------------------


def _dpars(given: _Given) -> Iterator[tuple[str, Unit]]:
    """Yield where the scalar parameters of the family start."""
    program = given.program
    parameters = {p.name for p in program.parameters}
    derived = {d.name: d.expression for d in program.derived}
    arguments = dict(given.likelihood.arguments)
    for dpar in given.family.dpars:
        if dpar.fixed is not None or dpar.name not in arguments or dpar.within:
            continue
        default = dpar.default(given.own)
        for name in names_in(arguments[dpar.name]):
            if name in parameters:
                yield name, _scalar(_itself(default))
            elif name in derived:
                for base in names_in(derived[name]):
                    if base in parameters and default.of == "inv_sqrt":
                        yield base, _scalar(_typical(default))


def _scalar(number: float) -> Unit:
    return Unit((number,), (_positive(abs(number)),))


def _typical(default: DefaultPrior) -> float:
    found = typical(default.distribution, dict(default.arguments))
    return 1.0 if found is None else float(found)


def _itself(default: DefaultPrior) -> float:
    """Return a typical value of a parameter under its default prior."""
    found = _typical(default)
    if default.of == "inv_sqrt":
        return 1.0 / (found * found * default.times)
    return found


# ---- where sampling starts -----------------------------------------------------------


def _inside(parameter: Parameter, unit: Unit | None, frame: Frame) -> Unit | None:
    """Return a unit whose numbers are finite and inside the parameter's bounds."""
    size = math.prod(frame.lengths[axis] for axis in parameter.axes)
    if unit is None or parameter.chart != "bounds" or len(unit.scale) != size:
        return None
    if not (np.isfinite([*unit.center, *unit.scale]).all() and min(unit.scale) > 0.0):
        return None
    low, high = parameter.bounds
    if not all(low < center < high for center in unit.center):
        return None
    return unit


def _started(program: Program, frame: Frame) -> Program:
    """Start in its prior what the prior is surer of than the data are.

    One parameter after the other is put in the middle of its prior, where that says
    much against the unit, and stays there if the log density of all is higher.
    """
    for parameter in program.parameters:
        unit = parameter.unit
        if unit is None:
            continue
        values: Mapping[str, Any] = {}
        if not all(isinstance(e, Const) for _, e in parameter.prior.arguments):
            values, _ = _at_start(program, frame)
        shape = tuple(frame.lengths[axis] for axis in parameter.axes)
        middle = np.atleast_1d(middle_of(parameter, shape, values))
        center = np.array(unit.center)
        against = _prior(parameter, middle, values) - _prior(parameter, center, values)
        if not (against > SURE).any():
            continue
        other = tuple(np.where(against > SURE, middle, center).tolist())
        changed = replace(parameter, unit=replace(unit, center=other))
        parameters = [changed if p is parameter else p for p in program.parameters]
        moved = replace(program, parameters=tuple(parameters))
        if _at_start(moved, frame)[1] > _at_start(program, frame)[1]:
            program = moved
    return program


def _at_start(program: Program, frame: Frame) -> tuple[Mapping[str, Any], float]:
    """Return all quantities where sampling starts, and the log density."""
    first = start(program, frame)
    places = coordinates(program, frame)
    point = {one.name: first[one.name].reshape(one.shape) for one in places}
    with np.errstate(all="ignore"):
        values, density = evaluate(program, frame, point)
    density = float(np.real(density))
    return values, -math.inf if math.isnan(density) else density


def _prior(parameter: Parameter, value: Array, values: Mapping[str, Any]) -> Array:
    """Return the log density of each element in its prior."""
    prior = parameter.prior
    arguments = {n: evaluate_expression(e, values) for n, e in prior.arguments}
    with np.errstate(all="ignore"):
        density = DISTRIBUTIONS[prior.distribution].log_density(value, **arguments)
    return np.asarray(np.broadcast_to(density, value.shape))
