"""One log density and gradient from each backend, at the same point.

The maps between the coordinates before and after each pass are written out here
by hand, apart from the passes.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt
import pytest
from numpy.typing import NDArray
from pymc.logprob.basic import transformed_conditional_logp
from pytensor.compile.mode import Mode
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph.basic import Constant, Variable
from pytensor.graph.rewriting.basic import SequentialGraphRewriter
from pytensor.graph.rewriting.db import RewriteDatabaseQuery
from pytensor.graph.traversal import io_toposort

from varying.compiler.backends.pymc import emit
from varying.compiler.backends.source import emit as emit_source
from varying.compiler.compiled import Compiled
from varying.compiler.passes import PASSES, for_sampling
from varying.compiler.passes.end_below_responses import end_below_responses
from varying.compiler.program.interpret import coordinates, evaluate, gradient
from varying.compiler.program.ir import Frame, Program
from varying.compiler.program.verify import verify

Array = NDArray[Any]
Point = Mapping[str, Array]
Density = Callable[[Point], Any]

#: Relative differences that rounding makes; see ``Difference``. The emitted
#: source writes plain Python numbers, which PyTensor holds in the narrowest
#: float that has them and takes logarithms of in that precision.
DENSITY, GRADIENT = 1e-10, 1e-8
#: Where PyMC takes roots and logarithms of its own constants in single precision:
#: in cumulative probabilities (truncation) and the half distributions.
ROUGH = 1e-7
SOURCE_DENSITY, SOURCE_CHANGE, SOURCE_GRADIENT = 1e-7, 1e-9, 1e-7


#: No compiler, but the rewrites that keep densities finite: what samplers run. One that
#: takes a third of the time is left to ``tests/families``, which has it by density.
MODE = Mode(
    "py",
    RewriteDatabaseQuery(
        include=["fast_compile", "canonicalize", "stabilize"],
        exclude=["local_greedy_distributor"],
    ),
)
#: The graph as it is built: a tenth of the time, which rewriting takes else.
BUILT = Mode("py", RewriteDatabaseQuery(include=[]))


def as_built(
    inputs: Sequence[Variable], outputs: Sequence[Variable]
) -> Callable[..., list[Any]]:
    """Return a graph as a function: its operations, one after the other.

    What PyTensor's function of ``BUILT`` computes. That is made of a copy of the graph
    in which nodes can be replaced, which takes two thirds of its time.
    """
    order = io_toposort(inputs, outputs)
    known: dict[Variable, Any] = {}
    for node in order:
        node.op.prepare_node(node, None, None, "py")
        for one in node.inputs:
            if isinstance(one, Constant):
                known[one] = one.data
            elif isinstance(one, SharedVariable):
                known[one] = one.get_value(borrow=True)

    def call(*numbers: Any) -> list[Any]:
        values = known | dict(zip(inputs, numbers, strict=True))
        for node in order:
            cells: list[list[Any]] = [[None] for _ in node.outputs]
            node.op.perform(node, [values[one] for one in node.inputs], cells)
            values |= zip(node.outputs, (cell[0] for cell in cells), strict=True)
        return [values[one] for one in outputs]

    return call


#: PyMC looks for variables that have a density by what they are made of, and simplifies
#: the graph for that, a tenth of the time. Ours say what their density is.
NO_SEARCH = SequentialGraphRewriter()


def _as_stated(model: pm.Model) -> list[Any]:
    """Return the log density of each variable, of which none has to be found."""
    found: list[Any] = transformed_conditional_logp(
        rvs=[*model.free_RVs, *model.observed_RVs],
        rvs_to_values=model.rvs_to_values,
        rvs_to_transforms=model.rvs_to_transforms,
        ir_rewriter=NO_SEARCH,
    )
    return [*found, *model.replace_rvs_by_values(model.potentials)]


@dataclass(frozen=True, slots=True)
class Difference:
    """How far two evaluations are apart, relative to their size (at least 1)."""

    density: float
    gradient: float

    @property
    def rounding(self) -> bool:
        return self.density <= DENSITY and self.gradient <= GRADIENT


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A log density and its gradient by coordinate."""

    density: float
    gradient: Point

    @property
    def finite(self) -> bool:
        parts = (self.density, *self.gradient.values())
        return all(bool(np.isfinite(part).all()) for part in parts)

    @property
    def usable(self) -> bool:
        """Whether squares of what it is made of are numbers."""
        return self.size < 1e100

    @property
    def size(self) -> float:
        """How large the density is; infinite where it has no slope."""
        slopes = (np.isfinite(slope).all() for slope in self.gradient.values())
        return abs(self.density) if all(slopes) else float("inf")

    def along(self, ways: Iterable[Point]) -> Evaluation:
        """Return the slopes in directions, by number, in place of the gradient."""
        slopes: dict[str, Array] = {}
        # where the density is minus infinity slopes of either sign may be infinite
        with np.errstate(invalid="ignore"):
            for number, way in enumerate(ways):
                parts = [
                    np.sum(slope * way[name]) for name, slope in self.gradient.items()
                ]
                slopes[str(number)] = np.asarray(sum(parts))
        return Evaluation(self.density, slopes)

    def difference(self, other: Evaluation) -> Difference:
        assert self.gradient.keys() == other.gradient.keys()
        if self.density == other.density == -np.inf:
            return Difference(0.0, 0.0)  # a response is impossible: there is no slope
        names = list(self.gradient)
        mine = _flat(self.gradient[name] for name in names)
        theirs = _flat(other.gradient[name] for name in names)
        size = max(1.0, float(np.abs(mine).max(initial=0.0)))
        return Difference(
            _finite(abs(self.density - other.density) / max(1.0, abs(self.density))),
            _finite(float(np.abs(mine - theirs).max(initial=0.0)) / size),
        )


def _flat(arrays: Any) -> Array:
    return np.concatenate([np.zeros(0), *(np.ravel(a) for a in arrays)])


def _finite(value: float) -> float:
    """Count what is no number as infinitely far."""
    return value if np.isfinite(value) else float("inf")


# ---- backends ------------------------------------------------------------------------


def random_point(
    rng: np.random.Generator, program: Program, frame: Frame, scale: float
) -> dict[str, Array]:
    return {
        c.name: np.asarray(rng.normal(0.0, scale, c.shape))
        for c in coordinates(program, frame)
    }


def by_reference(
    program: Program, frame: Frame, point: Point, slopes: bool = True
) -> Evaluation:
    # far out a scale or a mean is infinite: what comes of it is compared
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        density = float(np.real(evaluate(program, frame, point)[1]))
        return Evaluation(density, gradient(program, frame, point) if slopes else {})


class ByModel:
    """A model's log density; points are named by its random variables.

    Parameters
    ----------
    model
        The model.
    rewritten
        As samplers run it. Else as it is built, but for points where the rewrites are
        needed for a finite density.
    slopes
        With its gradient, which takes most of the time to build.
    """

    def __init__(
        self, model: pm.Model, rewritten: bool = False, slopes: bool = True
    ) -> None:
        values = model.value_vars
        self.rewritten = rewritten
        self._names = [model.values_to_rvs[value].name for value in values]
        terms = model.logp(sum=False) if rewritten else _as_stated(model)
        # added up below: PyTensor's Python takes 32 summands at most
        parts = [pt.sum(part) for part in terms]
        self._parts, self._slopes = len(parts), slopes
        outputs = [*parts]
        if slopes:
            outputs += pt.grad(sum(parts), values, disconnected_inputs="ignore")

        @cache
        def compiled(mode: Mode) -> Callable[..., Any]:
            if mode is BUILT:
                return as_built(values, outputs)
            return pytensor.function(
                values, outputs, mode=mode, on_unused_input="ignore"
            )

        self._compiled = compiled

    def in_mode(self, mode: Mode, point: Point) -> Evaluation:
        assert set(self._names) == set(point)
        numbers = [np.asarray(point[name], float) for name in self._names]
        with np.errstate(all="ignore"):
            found = self._compiled(mode)(*numbers)
        density, given = sum(map(float, found[: self._parts])), found[self._parts :]
        names = self._names if self._slopes else []
        return Evaluation(density, dict(zip(names, given, strict=True)))

    def __call__(self, point: Point) -> Evaluation:
        if not self.rewritten:
            found = self.in_mode(BUILT, point)
            if found.finite:
                return found
        return self.in_mode(MODE, point)

    def near(
        self, rng: np.random.Generator, program: Program, frame: Frame, scale: float
    ) -> dict[str, Array]:
        """Return a random point; unless rewritten, one that needs no rewrites.

        None at which a share is 1 but for rounding.
        """
        for _ in range(20):
            point = random_point(rng, program, frame, scale)
            if _lost(program, frame, point):
                continue
            if self.rewritten or self.in_mode(BUILT, point).finite:
                break
        return point


def _lost(program: Program, frame: Frame, point: Point) -> bool:
    """Whether a share is so near 1 that what is left of it has no digits."""
    with np.errstate(all="ignore"):
        values = evaluate(program, frame, point)[0]
    odds = (v for name, v in values.items() if name.startswith("logit_"))
    return any(bool((np.real(one) > 18.0).any()) for one in odds)


def by_graph(
    program: Program, frame: Frame, rewritten: bool = False, slopes: bool = True
) -> ByModel:
    return ByModel(emit(program, frame), rewritten, slopes)


def by_source(
    text: str, data: Path, rewritten: bool = False, slopes: bool = True
) -> ByModel:
    """Execute an emitted script on a data file."""
    namespace: dict[str, Any] = {"__name__": "emitted"}
    exec(compile(text, "emitted.py", "exec"), namespace)
    with warnings.catch_warnings():
        # PyMC looks for an inverse cdf, which not all have (inverse_gamma)
        warnings.filterwarnings("ignore", "RandomVariables", UserWarning)
        return ByModel(namespace["build"](namespace["read"](data)), rewritten, slopes)


# ---- passes --------------------------------------------------------------------------


def stages(compiled: Compiled) -> list[tuple[str, Program, Frame]]:
    """Return the program as written and after each pass."""
    program = compiled.lowered
    frame = compiled.written_frame
    found = [("written", program, frame)]
    for apply in PASSES:
        program, frame = apply(program, frame)
        verify(program, frame)
        found.append((apply.__name__, program, frame))
    return found


def _unmoved(
    program: Program, frame: Frame, point: Point
) -> tuple[dict[str, Any], Any]:
    return dict(point), 0.0


def _centered(
    program: Program, frame: Frame, point: Point
) -> tuple[dict[str, Any], Any]:
    """A shear: the intercept takes up what the columns' means add."""
    moved: dict[str, Any] = dict(point)
    values = evaluate(program, frame, point)[0]
    for predictor in program.predictors:
        shift = predictor.shift
        if shift is None:
            continue
        delta = values[shift.means] @ values[shift.coefs]
        old = np.asarray(moved.pop(shift.parameter))
        chart = {p.name: p.chart for p in program.parameters}[shift.parameter]
        if shift.sign > 0:
            moved[f"{shift.parameter}_centered"] = old + delta
        elif chart == "ordered":
            # on its chart: the first threshold, then log gaps
            moved[f"{shift.parameter}_centered"] = np.concatenate(
                [old[:1] - delta, old[1:]]
            )
        elif shift.parameter == shift.quantity:  # thresholds in any order
            moved[f"{shift.parameter}_centered"] = old - delta
        else:
            moved[shift.parameter] = old - delta
    return moved, 0.0


def _noncentered(
    program: Program, frame: Frame, point: Point
) -> tuple[dict[str, Any], Any]:
    """Effects are ``z F'``, so their density is that of z over det F a level."""
    moved: dict[str, Any] = dict(point)
    total: Any = 0.0
    values = evaluate(program, frame, point)[0]
    for group in program.groups:
        if group.form != "auto":
            continue
        whole = values[group.sd][:, None] * _cholesky(program, group.name, values)
        effects = moved.pop(group.stated)
        base = np.zeros(effects.shape, dtype=np.result_type(whole, effects))
        for levels, places in group.strata(*effects.shape):
            factor, own = whole[places, places], effects[levels]
            base[levels] = np.linalg.solve(factor, own.T).T
            total = total - len(own) * np.log(np.diagonal(factor)).sum()
        moved[group.base] = base
    return moved, total


def _cholesky(program: Program, name: str, values: Mapping[str, Any]) -> Array:
    """Cholesky factor of the correlations, through the correlations.

    Partial correlations of the C-vine become correlations by the recursion of
    Lewandowski, Kurowicka & Joe (2009), section 2.4, not by rows of the factor.
    """
    group = program.group(name)
    size = len(program.axis(group.sds).labels or ())
    whole: Array = np.eye(size, dtype=complex)
    for correlation in group.correlations:
        count = len(correlation.positions)
        partial: Array = np.zeros((count, count), dtype=complex)
        partial[np.tril_indices(count, -1)] = 2 * values[correlation.parameter] - 1
        matrix: Array = np.eye(count, dtype=complex)
        for i in range(count):
            for k in range(i):
                r = partial[i, k]
                for j in reversed(range(k)):
                    p, q = partial[i, j], partial[k, j]
                    r = r * np.sqrt((1 - p * p) * (1 - q * q)) + p * q
                matrix[i, k] = matrix[k, i] = r
        whole[np.ix_(correlation.positions, correlation.positions)] = matrix
    return _complex_cholesky(whole)


def _complex_cholesky(matrix: Array) -> Array:
    """Cholesky without conjugation, so that it is analytic."""
    factor = np.zeros_like(matrix)
    for j in range(len(matrix)):
        left = matrix[j:, j] - factor[j:, :j] @ factor[j, :j]
        factor[j:, j] = left / np.sqrt(left[0])
    return factor


#: By pass: where a point before it lies after it, and the log of the map's Jacobian.
MAPS: Mapping[str, Callable[[Program, Frame, Point], tuple[dict[str, Any], Any]]] = {
    "center_predictors": _centered,
    "center_slopes": _unmoved,
    "noncenter": _noncentered,
    "prune": _unmoved,
}


def pulled_back(
    name: str, before: tuple[Program, Frame], after: tuple[Program, Frame]
) -> Density:
    """Return the density after a pass as a function of the point before it."""

    def density(point: Point) -> Any:
        moved, jacobian = MAPS[name](*before, point)
        return evaluate(*after, moved)[1] + jacobian

    return density


def along(density: Density, point: Point, ways: Iterable[Point]) -> Evaluation:
    """Return a density, and by number its slopes in directions, by complex step.

    A slope that is wrong in any coordinate is wrong in a random direction.
    """
    slopes: dict[str, Array] = {}
    # far out a scale or a mean is infinite: what comes of it is compared
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for number, way in enumerate(ways):
            moved = {name: value + 1e-30j * way[name] for name, value in point.items()}
            slopes[str(number)] = np.imag(np.asarray(density(moved))) / 1e-30
        return Evaluation(float(np.real(density(point))), slopes)


def by_complex_step(density: Density, point: Point) -> Evaluation:
    slopes: dict[str, Array] = {}
    for name, value in point.items():
        slopes[name] = np.empty(np.shape(value))
        for place in np.ndindex(*np.shape(value)):
            moved = {k: np.asarray(v, dtype=complex) for k, v in point.items()}
            moved[name][place] += 1e-30j
            slopes[name][place] = np.imag(density(moved)) / 1e-30
    return Evaluation(float(np.real(density(point))), slopes)


def random_ways(rng: np.random.Generator, point: Point) -> list[Point]:
    """Return three directions."""
    return [
        {name: rng.normal(size=np.shape(x)) for name, x in point.items()}
        for _ in range(3)
    ]


def interpreted(
    program: Program, frame: Frame, point: Point, ways: Iterable[Point]
) -> Evaluation:
    """Return the log density by the reference, and its slopes in directions."""
    return along(lambda at: evaluate(program, frame, at)[1], point, ways)


# ---- the whole comparison ------------------------------------------------------------


def compare_passes(
    compiled: Compiled, seed: int
) -> tuple[list[str], list[tuple[str, Program, Frame]]]:
    """Return which pass changes the density, and the program at each stage."""
    found: list[str] = []
    steps = stages(compiled)
    rng = np.random.default_rng(seed)
    point = random_point(rng, *steps[0][1:], 0.5)
    for (_, program, frame), (name, *after) in itertools.pairwise(steps):
        before = (program, frame)
        ways = random_ways(rng, point)
        here = interpreted(program, frame, point, ways)
        there = pulled_back(name, before, (after[0], after[1]))
        difference = here.difference(along(there, point, ways))
        if not difference.rounding:
            found.append(f"before and after {name}: {difference}")
        moved, _ = MAPS[name](program, frame, point)
        point = {key: np.real(value) for key, value in moved.items()}
    return found, steps


def in_steps(program: Program, point: Point) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a point in the units of a program, and the units by coordinate."""
    moved: dict[str, Any] = dict(point)
    units: dict[str, Any] = {name: np.ones(np.shape(x)) for name, x in point.items()}
    for parameter in program.parameters:
        if parameter.unit is not None and parameter.unbounded:
            shape = np.shape(point[parameter.name])
            center = np.array(parameter.unit.center).reshape(shape)
            units[parameter.name] = np.array(parameter.unit.scale).reshape(shape)
            moved[parameter.name] = (point[parameter.name] - center) / units[
                parameter.name
            ]
    for group in program.groups:
        if group.form == "centered" and group.unit:
            shape = np.shape(point[group.coordinate])
            units[group.coordinate] = np.broadcast_to(group.unit, shape)
            moved[group.coordinate] = point[group.coordinate] / units[group.coordinate]
    return moved, units


def out_of_steps(
    program: Program, point: Point, evaluation: Callable[[Point], Evaluation]
) -> Evaluation:
    """Evaluate a program that is sampled in units at a point that has none."""
    moved, units = in_steps(program, point)
    there = evaluation(moved)
    log_units = sum(float(np.log(unit).sum()) for unit in units.values())
    slopes = {n: there.gradient[n] / unit for n, unit in units.items()}
    return Evaluation(there.density - log_units, slopes)


def in_units(program: Program, frame: Frame) -> Density:
    """Return the density of a program that is sampled in units, without them."""

    def density(point: Point) -> Any:
        moved, units = in_steps(program, point)
        log_units = sum(float(np.log(unit).sum()) for unit in units.values())
        return evaluate(program, frame, moved)[1] - log_units

    return density


def compare_cells(compiled: Compiled, seed: int, graph: bool) -> list[str]:
    """Return where the program as it is sampled differs: nowhere, if all is well.

    That is in the units of its parameters, on merged rows.
    """
    # points are those of the charts that are sampled
    program, frame = end_below_responses(compiled.program, compiled.frame)
    merged = for_sampling(program, frame)
    rng = np.random.default_rng(seed)
    points = [random_point(rng, program, frame, 0.5) for _ in range(2)]
    model = by_graph(*merged) if graph else None
    found = []
    for point in points:
        ways = random_ways(rng, point)
        here = interpreted(program, frame, point, ways)
        others = [("merged", along(in_units(*merged), point, ways), DENSITY)]
        if model is not None:
            there = out_of_steps(merged[0], point, model).along(ways)
            others.append(("graph (merged)", there, ROUGH))
        for name, there, most in others:
            difference = here.difference(there)
            if difference.density > most or difference.gradient > GRADIENT:
                found.append(f"{name}: {difference}")
    return found


def shares(names: Iterable[Any], one_in: int, first: int = 0) -> list[Any]:
    """Return names, and whether each is compared thoroughly: all of them if slow."""
    found = []
    for number, name in enumerate(names):
        chosen = number % one_in == first
        found.append(pytest.param(name, chosen, id=str(name)))
        if not chosen:
            slow = pytest.mark.slow
            found.append(pytest.param(name, True, id=f"{name}, thoroughly", marks=slow))
    return found


def compare(
    compiled: Compiled,
    data: Path,
    seed: int,
    thorough: bool = True,
    slopes: bool = True,
) -> list[str]:
    """Return what disagrees: nothing, if all is well.

    ``thorough``: the graph of the program as written as well, graph and source as
    samplers rewrite them, and the gradient of the source, which PyTensor makes itself.
    ``slopes``: with gradients, along three random directions.
    """
    found, steps = compare_passes(compiled, seed)
    rng = np.random.default_rng(seed)

    def note(what: str, difference: Difference, most: tuple[float, float]) -> None:
        if difference.density > most[0] or difference.gradient > most[1]:
            found.append(f"{what}: {difference}")

    def ways(point: Point) -> list[Point]:
        return random_ways(np.random.default_rng([seed, 1]), point) if slopes else []

    def by_interpreter(points: list[dict[str, Array]]) -> list[Evaluation]:
        return [interpreted(program, frame, point, ways(point)) for point in points]

    def by_model(model: ByModel, points: list[dict[str, Array]]) -> list[Evaluation]:
        return [model(point).along(ways(point)) for point in points]

    most = ROUGH if _rough(compiled.program) else DENSITY
    for name, program, frame in (steps[0], steps[-1]) if thorough else steps[-1:]:
        graph = by_graph(program, frame, thorough and name == steps[-1][0], slopes)
        points = [graph.near(rng, program, frame, scale) for scale in (0.5, 1.5)]
        here, there = by_interpreter(points), by_model(graph, points)
        for left, right in zip(here, there, strict=True):
            note(f"graph ({name})", left.difference(right), (most, GRADIENT))
        note(f"graph ({name}), point to point", _change(here, there), (DENSITY, 0.0))

    slopes = slopes and thorough
    source = by_source(emit_source(compiled), data, thorough, slopes)
    if any(part.dpar == "nu" for part in compiled.joint.predictors):
        # PyMC's Student t, which the script has, loses digits where nu is 1e10 or more
        points = [random_point(rng, program, frame, scale) for scale in (0.2, 0.4)]
        here = by_interpreter(points)
    if not slopes:
        here = [Evaluation(one.density, {}) for one in here]
    there = by_model(source, points)
    for left, right in zip(here, there, strict=True):
        note("source", left.difference(right), (SOURCE_DENSITY, SOURCE_GRADIENT))
    note("source, point to point", _change(here, there), (SOURCE_CHANGE, 0.0))
    return found


def _rough(program: Program) -> bool:
    priors = [parameter.prior for parameter in program.parameters]
    return any(
        prior.lower is not None
        or prior.upper is not None
        or prior.distribution.startswith("half_")
        for prior in priors
    )


def _change(here: list[Evaluation], there: list[Evaluation]) -> Difference:
    """Compare what the log density changes by between two points."""
    pairs = zip(here, there, strict=True)
    if any(one.density == other.density == -np.inf for one, other in pairs):
        return Difference(0.0, 0.0)
    mine, theirs = (pair[1].density - pair[0].density for pair in (here, there))
    size = max(1.0, *(abs(evaluation.density) for evaluation in here))
    return Difference(_finite(abs(mine - theirs) / size), 0.0)
