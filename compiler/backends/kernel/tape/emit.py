"""From a program and a frame to the tapes of the kernel.

One case a node, as in the other backends. What the kernel has no operation for
is a ``NoKernel`` with the reason; the PyMC graph is used then.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....distributions.density.priors import PRIOR_DENSITIES
from ....distributions.table import DISTRIBUTIONS
from ....families.family import Family
from ....program.counted import counted, quiet_beside
from ....program.expressions import Apply, Const, ProgramExpr, Symbol
from ....program.interpret.start import reach, rows_of, start
from ....program.interpret.truncation import log_mass
from ....program.ir import Frame, Group, Likelihood, Parameter, Prior, Program
from ....program.verify import definition_order
from ..operations import WIDTH
from ..operations.densities import (
    VARIED,
    likelihood_name,
    parameters,
    parts_of,
    prior_name,
    prior_parts,
    varied_name,
)
from ..operations.ordinal import scratch_size
from .integrated import integrated_groups, write_misfit
from .quantities import NoKernel, Place, QuantityWriter
from .tape import Tape, find

_HALF_LOG_2PI = 0.5 * math.log(2.0 * math.pi)


@dataclass(frozen=True, slots=True)
class DrawOutput:
    """A quantity of the draws: its name, its axes, its place."""

    name: str
    axes: tuple[str, ...]
    shape: tuple[int, ...]
    place: Place


@dataclass(frozen=True, slots=True, eq=False)
class Tapes:
    """The two tapes of a program, in the coordinates of ``coordinates``.

    Attributes
    ----------
    density
        The log density and its slopes.
    draws
        What is reported, from a draw.
    outputs
        The quantities on ``draws``, in the order of the PyMC model.
    start, reach
        An unconstrained point in the middle of things, and how far from it chains
        may start in each direction.
    rows
        How many rows of the data there are.
    normals
        How many standard normal numbers ``draws`` wants behind each point.
    """

    density: Tape
    draws: Tape
    outputs: tuple[DrawOutput, ...]
    start: NDArray[np.float64]
    reach: NDArray[np.float64]
    rows: float
    normals: int = 0


def emit(program: Program, frame: Frame) -> Tapes:
    """Return the tapes of a program on a frame.

    Parameters
    ----------
    program
        Verified; any form.
    frame
        The arrays of its slots.

    Raises
    ------
    NoKernel
        If a part has no operation.
    """
    first = start(program, frame)
    if not first:
        raise NoKernel("there is nothing to sample")
    density = _Tape(program, frame).density()
    writer = _Tape(program, frame, draws=True)
    outputs = writer.draws()
    return Tapes(
        density,
        writer.tape(),
        outputs,
        np.concatenate([*first.values()]),
        np.concatenate([*reach(program, frame).values()]),
        rows_of(program, frame),
        normals(program, frame),
    )


def normals(program: Program, frame: Frame) -> int:
    """Return how many effects are drawn after sampling: one normal number each."""
    return sum(
        frame.lengths[group.levels] * frame.lengths[group.coefs]
        for group in integrated_groups(program, frame)
    )


class _Tape(QuantityWriter):
    """The log density, or the draws."""

    def tape(self) -> Tape:
        """Return what was written."""
        return self.writer.tape()

    def density(self) -> Tape:
        """Write the log density: priors, effects, likelihood."""
        for name in definition_order(self.program):
            if name in self.parameters:
                self._prior(self.parameters[name])
        for group in self.program.groups:
            if group in self.marginal:
                continue
            self.place(group.stated)
            if group.coordinate == group.stated:
                self._centered(group)
        self._likelihood()
        return self.tape()

    def draws(self) -> tuple[DrawOutput, ...]:
        """Write what is reported."""
        program, lengths = self.program, self.frame.lengths
        found: list[DrawOutput] = []

        def report(name: str, axes: tuple[str, ...], place: Place) -> None:
            shape = tuple(lengths[axis] for axis in axes)
            found.append(DrawOutput(name, axes, shape, place))

        derived = {d.name: d for d in program.derived}
        for name in definition_order(program):
            if name in self.parameters:
                report(name, self.parameters[name].axes, self.place(name))
            elif derived[name].report:
                report(name, derived[name].axes, self.place(name))
        for group in program.groups:
            axes = (group.levels, group.coefs)
            if group.correlations:
                self._correlations(group, report)
            effects = self.place(group.effects)
            if group.name in self.bases:
                at = self.bases[group.name]
                report(group.base, axes, Place(at, effects.length, False))
            if group.moved is not None and group.coordinate == group.stated:
                report(group.stated, axes, self.place(group.stated))
            report(group.effects, axes, effects)
        return tuple(found)

    def _correlations(self, group: Group, report: Callable[..., None]) -> None:
        """Report correlations, and sds that are not those that were sampled."""
        size, writer = self.frame.lengths[group.sds], self.writer
        basis = group.basis_of_sds()
        out = Place(writer.place(size * size), size * size, False)
        factor = self.cholesky(group)
        if group.moved is None or basis is None:
            writer.add("gram", n=size, out=out.at, cholesky=factor)
        else:
            sd = Place(writer.place(size), size, False)
            scaled = writer.place(size * size)
            writer.add(
                "moved_sd",
                q=size,
                out=sd.at,
                factor=scaled,
                sd=self.place(group.sd).at,
                cholesky=factor,
                basis=writer.numbers(basis),
            )
            report(group.moved.sd, (group.sds,), sd)
            writer.add("moved_gram", n=size, out=out.at, factor=scaled)
        report(group.correlation_matrix, (group.sds, group.sds), out)

    def _prior(self, parameter: Parameter) -> None:
        prior, value = parameter.prior, self.place(parameter.name)
        if prior.distribution not in PRIOR_DENSITIES:
            raise NoKernel(f"no operation for the prior `{prior.distribution}`")
        if _depends(prior):
            self._varied_prior(parameter, value)
            return
        words = {"n": value.length, "value": value.at, "location": -1, "stride": 0}
        constants: dict[str, NDArray[Any]] = {}
        for name, expr in prior.arguments:
            if isinstance(expr, Const):
                constants[name] = np.asarray(expr.value, dtype=np.float64)
            else:
                place = self.expression(expr)
                words |= {"location": place.at, "stride": place.stride}
                constants[name] = np.asarray(0.0)
        parts = prior_parts(prior.distribution)
        columns = np.atleast_2d(parts.data(constants)[0])
        words["columns"] = self.writer.numbers(columns)
        words["apart"] = parts.width if len(columns) > 1 else 0
        self.writer.add(prior_name(prior.distribution), **words)
        constant = _constant(prior, constants, value.length)
        if not math.isfinite(constant):
            raise NoKernel(f"the prior of `{parameter.name}` has no density in numbers")
        self.writer.constant += constant

    def _varied_prior(self, parameter: Parameter, value: Place) -> None:
        """Write a prior whose arguments depend on parameters, with all its terms."""
        prior = parameter.prior
        what = f"the prior of `{parameter.name}` depends on other parameters, and"
        if prior.lower is not None or prior.upper is not None:
            raise NoKernel(f"{what} so does what its bounds cut off")
        if prior.distribution not in VARIED:
            raise NoKernel(f"{what} there is no operation for `{prior.distribution}`")
        words = {"n": value.length, "value": value.at}
        for name, expr in prior.arguments:
            place = self.expression(expr)
            # a vector of one number has that number for all
            shared = place.scalar or place.length < value.length
            words |= {name: place.at, f"{name}_stride": 0 if shared else 1}
        self.writer.add(varied_name(prior.distribution), **words)

    def _centered(self, group: Group) -> None:
        lengths, writer = self.frame.lengths, self.writer
        levels, size = lengths[group.levels], lengths[group.coefs]
        for own, places in group.strata(levels, size):
            writer.add(
                "centered",
                levels=own.stop - own.start,
                q=size,
                r=self.place(group.stated).at + own.start * size,
                sd=self.place(group.sd).at + places.start,
                cholesky=self.cholesky(group, places),
                scratch=writer.place(2 * size),
            )
        writer.constant -= _HALF_LOG_2PI * levels * size

    def _at_once(
        self, family: Family, words: Mapping[str, int], eta: ProgramExpr
    ) -> None:
        """Write ordinal rows that share what they can."""
        assert family.at_once is not None
        length = self.expression(eta).length
        fixed = tuple(dpar.name for dpar in family.dpars)
        kept = {n: w for n, w in words.items() if not n.startswith(fixed)}
        scratch = self.writer.place(scratch_size(length, words["thresholds"]))
        self.writer.add(family.at_once, **kept, length=length, scratch=scratch)

    def _likelihood(self) -> None:
        for likelihood in self.program.observed:
            if self.program.integrated(likelihood.name):
                done = self.integrated(likelihood.name)
                write_misfit(done, self.writer, self.scales)
            else:
                self._observe(likelihood)

    def _category_effects(self, effects: ProgramExpr | None) -> dict[str, int]:
        """Return the words of effects that each threshold has of its own."""
        match effects:
            case None:
                return {"columns": 0, "width": 0, "effects": 0, "beside": -1}
            case Apply("by_threshold", (Symbol(design), vector)):
                columns, place = self.frame[design], self.expression(vector)
                return {
                    "columns": self.writer.numbers(columns),
                    "width": columns.shape[1],
                    "effects": place.at,
                    "most": place.length // columns.shape[1],
                    "beside": -1,
                }
            case Apply("beside", several):
                places = [self.expression(one).at for one in several]
                at = self.writer.integers(np.array(places))
                return {"columns": 0, "width": 0, "effects": 0, "beside": at}
            case Apply("+", (common, Apply("beside") as levels)):
                at = self._category_effects(levels)["beside"]
                return {**self._category_effects(common), "beside": at}
        raise NoKernel("effects of categories are not linear")

    def _categories(
        self,
        family: Family,
        arguments: Mapping[str, ProgramExpr],
        observed: NDArray[Any],
        words: Mapping[str, int],
    ) -> None:
        """Write rows of categories without an order, of as many as there are."""
        writer, places = self.writer, list[int]()
        for name in parameters(family):
            places += self.argument(family, name, arguments[name]).values()
        others = len(places) // 3
        writer.add(
            "rows categorical",
            **words,
            y=writer.integers(observed),
            others=others,
            places=writer.integers(np.array(places)),
            scratch=writer.place(2 * others),
        )

    def _rows(
        self, likelihood: Likelihood, family: Family, words: Mapping[str, int]
    ) -> None:
        """Write rows, or cells of rows."""
        times, within = likelihood.times(self.frame), likelihood.spread(self.frame)
        shared = len(family.dpars) > 0 and all(
            words[f"{dpar.name}_stride"] == 0 for dpar in family.dpars
        )
        operation = likelihood_name(family.name, within is not None, shared)
        given = {"y": self.frame[likelihood.value]}
        if family.parts:
            several = np.moveaxis(self.frame[likelihood.value], -1, 0)
            given = dict(zip(family.columns, several, strict=True))
        if len(find(operation).words) >= WIDTH:
            raise NoKernel(f"{family.shown} has too many parameters")
        for name in family.known:
            known = dict(likelihood.arguments)[name]
            if not isinstance(known, Symbol):
                raise NoKernel(f"`{name}` is not a column")
            given[name] = self.frame[known.name]
        if within is not None:
            # a cell of rows has its density together
            assert times is not None
            given |= {"count": times, "within": within}
            there = times != 0
            count = -1 if there.all() else self.writer.numbers(1.0 * there)
            words, times = {**words, "count": count}, there
        parts = parts_of(operation)
        with quiet_beside(times):
            columns, added = parts.data(given)
        self.writer.constant += float(
            np.sum(added if times is None else counted(times, added))
        )
        words = {**words, "columns": self.writer.numbers(columns)}
        self.writer.add(operation, **words)

    def _of_items(self, arguments: Mapping[str, ProgramExpr]) -> dict[str, int]:
        """Return the words of where the thresholds of rows begin, and their number."""
        item, cuts = arguments["item"], arguments["cuts"]
        if not isinstance(item, Symbol) or not isinstance(cuts, Const):
            raise NoKernel("the items of thresholds are no column")
        counts = np.asarray(cuts.value, dtype=np.int64)
        of = self.frame[item.name]
        first = (np.cumsum(counts) - counts)[of]
        integers = self.writer.integers
        return {"first": integers(first), "last": integers(counts[of])}

    def _observe(self, likelihood: Likelihood) -> None:
        writer = self.writer
        family = likelihood.family
        arguments = dict(likelihood.arguments)
        observed = self.frame[likelihood.value]
        words = {"n": len(observed), "count": -1}
        times = likelihood.times(self.frame)
        if times is not None:
            words["count"] = writer.numbers(times)
        if family.response == "nominal":
            self._categories(family, arguments, observed, words)
            return
        for name in parameters(family):
            words |= self.argument(family, name, arguments.get(name))
        if not family.thresholds:
            self._rows(likelihood, family, words)
            return
        threshold = self.expression(arguments["threshold"])
        words["y"] = writer.integers(observed)
        words["thresholds"] = threshold.length
        words["threshold"] = threshold.at
        if family.steps is None:
            words["gap"] = self.expression(arguments["gap"]).at
        else:
            words["most"] = threshold.length
            words |= self._category_effects(arguments.get("effects"))
            words["scratch"] = writer.place(3 * threshold.length)
        if family.items:
            words |= self._of_items(arguments)
        formulas = [dpar.name for dpar in family.dpars if dpar.name in arguments]
        if family.at_once is not None and not formulas:
            self._at_once(family, words, arguments[family.predictor])
            return
        operation = likelihood_name(family.name)
        if len(find(operation).words) >= WIDTH:
            raise NoKernel(f"{family.shown} has too many parameters")
        writer.add(operation, **words)


def _depends(prior: Prior) -> bool:
    """Whether more of a prior than its location depends on parameters."""
    row = DISTRIBUTIONS[prior.distribution]
    moves = prior.lower is prior.upper is None
    return any(
        not (isinstance(expr, Const) or (moves and name == row.location))
        for name, expr in prior.arguments
    )


def _constant(
    prior: Prior, arguments: Mapping[str, NDArray[Any]], length: int
) -> float:
    """Return what the kernel of a prior leaves out: what its arguments alone add."""
    row = DISTRIBUTIONS[prior.distribution]
    numbers = {n: np.broadcast_to(a, length) for n, a in arguments.items()}
    density = float(np.sum(prior_parts(row.name).data(numbers)[1]))
    if row.name == "dirichlet":
        alpha = numbers["alpha"]
        density += math.lgamma(float(alpha.sum())) - sum(map(math.lgamma, alpha))
    if prior.lower is not None or prior.upper is not None:
        mass = log_mass(row, numbers, prior.lower, prior.upper)
        density -= float(np.sum(np.broadcast_to(mass, length)))
    return density
