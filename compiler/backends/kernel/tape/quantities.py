"""The quantities of a program on a tape, written when they are first asked for.

One file, although it is long: each quantity is written when it is first asked
for, and asks for others, so that the ways to write them are methods of one
class.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....distributions.density.links import LINKING
from ....expressions.elementwise import ELEMENTWISE
from ....families.family import Family
from ....families.ordinal.thresholds import middle
from ....program.expressions import (
    Apply,
    Assemble,
    Const,
    ProgramExpr,
    Symbol,
    Take,
    names_in,
)
from ....program.in_order import log_chance
from ....program.interpret import coordinates
from ....program.ir import Centering, Frame, Group, Parameter, Predictor, Program, Unit
from ..operations.elementwise import OPERANDS
from .blocks import BLOCKS, Added
from .integrated import (
    Integrated,
    integrated_groups,
    write_effects,
    write_sums,
)
from .tape import TapeWriter
from .units import DistinctRows, units

_HALF_LOG_2PI = 0.5 * math.log(2.0 * math.pi)
_UNIT = ("center", "scale")
_BY_ELEMENTS = {*ELEMENTWISE, *LINKING}


class NoKernel(Exception):
    """The program has a part that the kernel has no operation for; says which."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a quantity is: its offset, its length; a scalar has the stride 0."""

    at: int
    length: int
    scalar: bool

    @property
    def stride(self) -> int:
        """From one element to the next."""
        return 0 if self.scalar else 1


class QuantityWriter:
    """Writes one tape.

    Attributes
    ----------
    writer
        The tape.
    coordinates
        Where the coordinate of each parameter and group begins.
    bases
        Where the standard normals of a group are, once its effects are written.
    marginal
        The groups that are integrated out.
    """

    def __init__(
        self,
        program: Program,
        frame: Frame,
        draws: bool = False,
    ) -> None:
        self.program, self.frame = program, frame
        self.parameters = {p.name: p for p in program.parameters}
        self._derived = {d.name: d.expression for d in program.derived}
        self._predictors = {p.name: p for p in program.predictors}
        self._effects = {g.stated: g for g in program.groups}
        self._moved = {g.effects: g for g in program.groups if g.moved is not None}
        self.coordinates: dict[str, int] = {}
        at = 0
        for coordinate in coordinates(program, frame):
            self.coordinates[coordinate.name] = at
            at += math.prod(coordinate.shape)
        self.marginal = integrated_groups(program, frame)
        self._sums: dict[str, Integrated] = {}
        self._drawn: dict[str, int] = {}
        self._normals: dict[str, int] = {}
        if draws:
            for group in self.marginal:
                self._normals[group.name] = at
                at += self._size(group)
        self.writer = TapeWriter(at)
        self._places: dict[str, Place] = {}
        self._factors: dict[tuple[str, int, int], int] = {}
        self.bases: dict[str, int] = {}
        self.units: dict[str, DistinctRows | None] = {}
        if program.coupling is not None:
            # one response is given another of its row
            self.units = {one.name: None for one in program.predictors}
        self._expressions: dict[ProgramExpr, Place] = {}

    # ---- names ---------------------------------------------------------------------

    def place(self, name: str) -> Place:
        """Return where a quantity of the program is; write it if it is not there."""
        if name not in self._places:
            self._places[name] = self._written(name)
        return self._places[name]

    def _written(self, name: str) -> Place:
        if name in self.parameters:
            return self._parameter(self.parameters[name])
        if name in self._derived:
            return self.expression(self._derived[name])
        if name in self._effects:
            return self._group(self._effects[name])
        if name in self._moved:
            return self._written_effects(self._moved[name])
        if name in self._predictors:
            return self._predictor(self._predictors[name], self.units.get(name))
        return self._numbers(self.frame[name], scalar=False)

    def _numbers(self, values: Any, scalar: bool) -> Place:
        array = np.asarray(values, dtype=np.float64)
        out = Place(self.writer.place(array.size), array.size, scalar)
        number = self.writer.numbers(values if values is array else array)
        self.writer.add("load", n=array.size, out=out.at, number=number)
        return out

    def _parameter(self, parameter: Parameter) -> Place:
        """Return the place of a parameter's value, after its chart."""
        writer = self.writer
        x = self.coordinates[parameter.name]
        shape = tuple(self.frame.lengths[axis] for axis in parameter.axes)
        length, scalar = math.prod(shape), not shape
        if parameter.chart in ("ordered", "simplex"):
            out = Place(writer.place(length), length, scalar)
            writer.add(parameter.chart, n=length, out=out.at, x=x)
            if parameter.chart == "ordered":
                # independent draws, conditioned on their order
                writer.constant -= log_chance(parameter.prior, length)
            else:
                writer.constant += math.log(length)
            return out
        if parameter.steps is not None:
            return self._steps(x, parameter.steps, scalar)
        low, high = parameter.bounds
        if math.isinf(low) and math.isinf(high):
            return Place(x, length, scalar)
        out = Place(writer.place(length), length, scalar)
        words = {"n": length, "out": out.at, "x": x}
        if math.isinf(high):
            writer.add("above", **words, low=writer.numbers([low]))
        elif math.isinf(low):
            writer.add("below", **words, high=writer.numbers([high]))
        else:
            ends = {"low": writer.numbers([low]), "high": writer.numbers([high])}
            writer.add("between", **words, **ends)
            writer.constant += length * math.log(high - low)
        return out

    def _steps(self, x: int, unit: Unit, scalar: bool) -> Place:
        """Return the place of what is sampled at ``x`` in steps of a unit."""
        writer, length = self.writer, len(unit.scale)
        out = Place(writer.place(length), length, scalar)
        ends = {name: writer.numbers(getattr(unit, name)) for name in _UNIT}
        writer.add("steps", n=length, out=out.at, x=x, **ends)
        writer.constant += float(np.log(unit.scale).sum())
        return out

    # ---- expressions ---------------------------------------------------------------

    def expression(self, expr: ProgramExpr) -> Place:
        """Return where the value of an expression is; write it if it is not there."""
        if expr not in self._expressions:
            self._expressions[expr] = self._calculated(expr)
        return self._expressions[expr]

    def _calculated(self, expr: ProgramExpr) -> Place:
        match expr:
            case Const(value):
                return self._numbers(value, scalar=not isinstance(value, tuple))
            case Symbol(name):
                return self.place(name)
            case Assemble(parts, order):
                return self._assembled(parts, order)
            case Take(vector, index):
                return self.taken(vector, self.frame[index])
            case Apply("+" | "-" | "*" as operation, (left, right)):
                return self._binary(operation, left, right)
            case Apply("matvec", (Symbol(slot), argument)) if slot in self.frame.arrays:
                return self._product(self.frame[slot], self.expression(argument))
            case Apply("neg" | "exp" | "inv_square" as operation, (argument,)):
                a = self.expression(argument)
                out = Place(self.writer.place(a.length), a.length, a.scalar)
                self.writer.add(operation, n=a.length, out=out.at, a=a.at)
                return out
            case Apply("element", (vector, Const(float(place)))):
                return Place(self.expression(vector).at + int(place), 1, True)
            case Apply("spread_levels", (center, gap, Const(float(count)))):
                return self._spread_levels(center, gap, int(count))
            case Apply(operation, arguments) if operation in _BY_ELEMENTS:
                return self._elementwise(operation, arguments)
            case Apply(operation, arguments):
                return self._vector(operation, [self.expression(a) for a in arguments])

    def _spread_levels(
        self, center: ProgramExpr, gap: ProgramExpr, count: int
    ) -> Place:
        """Return the place of thresholds of each level around one middle."""
        at, gaps = self.expression(center), self.expression(gap)
        levels = gaps.length // (count - 1)
        out = Place(self.writer.place(levels * count), levels * count, False)
        low, high = middle(count)
        for level in range(levels):
            self.writer.add(
                "spread",
                n=count,
                out=out.at + level * count,
                center=at.at,
                gap=gaps.at + level * (count - 1),
                low=low,
                high=high,
            )
        return out

    def _binary(self, operation: str, left: ProgramExpr, right: ProgramExpr) -> Place:
        a, b = self.expression(left), self.expression(right)
        length = b.length if a.scalar else a.length
        out = Place(self.writer.place(length), length, a.scalar and b.scalar)
        self.writer.add(
            operation, n=length, out=out.at, a=a.at, s=a.stride, b=b.at, t=b.stride
        )
        return out

    def _elementwise(self, operation: str, arguments: Sequence[ProgramExpr]) -> Place:
        places = [self.expression(argument) for argument in arguments]
        scalar = all(place.scalar for place in places)
        length = 1 if scalar else max(p.length for p in places if not p.scalar)
        out = Place(self.writer.place(length), length, scalar)
        names = OPERANDS[len(places)][2:]
        words = {"n": length, "out": out.at}
        if len(places) == 1:
            words[names[0]] = places[0].at
        else:
            each = (number for place in places for number in (place.at, place.stride))
            words |= dict(zip(names, each, strict=True))
        self.writer.add(operation, **words)
        return out

    def _product(self, matrix: NDArray[Any], vector: Place) -> Place:
        """Return the place of a matrix times a vector."""
        writer, (length, width) = self.writer, matrix.shape
        out = Place(writer.place(length), length, False)
        words = {"n": length, "out": out.at}
        writer.add("zero", **words)
        numbers = writer.numbers(matrix)
        writer.add("linear", **words, design=numbers, q=width, b=vector.at)
        return out

    def _vector(self, operation: str, places: Sequence[Place]) -> Place:
        writer, first = self.writer, places[0]
        if operation == "dot":
            out = Place(writer.place(1), 1, True)
            writer.add("dot", n=first.length, out=out.at, a=first.at, b=places[1].at)
            return out
        if operation == "spread":
            length = places[1].length + 1
            low, high = middle(length)
            out = Place(writer.place(length), length, False)
            ends = {"low": low, "high": high}
            where = {"center": first.at, "gap": places[1].at}
            writer.add("spread", n=length, out=out.at, **where, **ends)
            return out
        if operation == "monotonic":
            out = Place(writer.place(first.length + 1), first.length + 1, False)
            writer.add("monotonic", n=first.length, out=out.at, a=first.at)
            return out
        shorter = {"diff": 1, "logit_cumulative": 1, "logit_gaps": 2}
        if operation not in shorter:
            raise NoKernel(f"no operation `{operation}`")
        length = first.length - shorter[operation]
        out = Place(writer.place(length), length, False)
        words = {"n": length, "out": out.at, "a": first.at}
        if operation != "diff":
            words["sums"] = writer.place(2 * length)
        writer.add(operation, **words)
        return out

    def loaded(self, numbers: NDArray[Any]) -> Place:
        """Return the place of numbers that are known."""
        return self._numbers(numbers, scalar=False)

    def taken(self, vector: ProgramExpr, index: NDArray[Any]) -> Place:
        """Return the place of the elements of a vector that are pointed to."""
        whole, writer = self.expression(vector), self.writer
        out = Place(writer.place(len(index)), len(index), False)
        order = writer.integers(index)
        writer.add("gather", n=len(index), out=out.at, a=whole.at, order=order)
        return out

    def _assembled(self, parts: Sequence[ProgramExpr], order: Sequence[int]) -> Place:
        writer = self.writer
        places = [self.expression(part) for part in parts]
        at = places[0].at
        if len(places) > 1:
            at = writer.place(sum(place.length for place in places))
            behind = at
            for place in places:
                words = {"n": place.length, "out": behind, "a": place.at}
                writer.add("copy", **words, s=1)
                behind += place.length
        out = Place(writer.place(len(order)), len(order), False)
        numbers = writer.integers(order)
        writer.add("gather", n=len(order), out=out.at, a=at, order=numbers)
        return out

    # ---- groups --------------------------------------------------------------------

    def cholesky(self, group: Group, among: slice | None = None) -> int:
        """Return the place of the factor of the correlations; 0: there are none.

        ``among`` are the places of some of its sds: of one stratum.
        """
        if not group.correlations:
            return 0
        among = among or slice(0, self.frame.lengths[group.sds])
        key = (group.name, among.start, among.stop)
        if key not in self._factors:
            writer, size = self.writer, among.stop - among.start
            out = writer.place(size * size)
            writer.add("identity", n=size, out=out)
            for correlation in group.correlations:
                if not among.start <= correlation.positions[0] < among.stop:
                    continue
                positions = [place - among.start for place in correlation.positions]
                count = len(positions)
                partial = self.place(correlation.parameter)
                writer.add(
                    "cholesky",
                    n=size,
                    out=out,
                    m=count,
                    positions=writer.integers(positions),
                    partial=partial.at,
                    scratch=writer.place(count),
                )
            self._factors[key] = out
        return self._factors[key]

    def _group(self, group: Group) -> Place:
        """Return the place of the effects."""
        lengths, writer = self.frame.lengths, self.writer
        levels, size = lengths[group.levels], lengths[group.coefs]
        if group in self.marginal:
            return self._recovered(group)
        at = self.coordinates[group.coordinate]
        if group.coordinate == group.stated:
            if not group.unit:
                return Place(at, levels * size, False)
            scale = group.unit * levels
            return self._steps(at, Unit((0.0,) * len(scale), scale), False)
        sd = self.place(group.sd)
        strata = group.strata(levels, size)
        factors = [self.cholesky(group, places) for _, places in strata]
        out = Place(writer.place(levels * size), levels * size, False)
        self.bases[group.name] = at
        if group.centering is not None:
            self.bases[group.name] = writer.place(levels * size)
        for (own, places), factor in zip(strata, factors, strict=True):
            first = own.start * size
            where = {"out": out.at + first, "sd": sd.at + places.start}
            words = {"levels": own.stop - own.start, "q": size, **where}
            words["cholesky"] = factor
            if group.centering is not None:
                words |= self._centering(group.centering, size, own)
                words["unit"] = writer.numbers(group.unit or (1.0,) * size)
                base = self.bases[group.name] + first
                writer.add("partial", **words, x=at + first, z=base)
            else:
                writer.add("scaled", **words, z=at + first)
        writer.constant -= _HALF_LOG_2PI * levels * size
        if group.relation is not None:
            apart, out = out, Place(writer.place(levels * size), levels * size, False)
            words = {"levels": levels, "q": size, "r": apart.at, "out": out.at}
            factor_ = writer.numbers(self.frame[group.relation])
            writer.add("related", **words, factor=factor_)
        if group.mixture is not None:
            normal, out = out, Place(writer.place(levels * size), levels * size, False)
            variance = self.place(group.mixture.variance).at
            words = {"levels": levels, "q": size, "r": normal.at, "variance": variance}
            writer.add("mixed", **words, out=out.at)
        return out

    def basis(self, group: Group) -> int:
        """Return the numbers of the basis of a group that is stated elsewhere."""
        assert group.moved is not None
        return self.writer.numbers(np.asarray(group.moved.basis))

    def _written_effects(self, group: Group) -> Place:
        """Return the place of the effects as written, of a group stated elsewhere."""
        stated, writer = self.place(group.stated), self.writer
        out = Place(writer.place(stated.length), stated.length, False)
        sizes = {
            "levels": self.frame.lengths[group.levels],
            "q": self.frame.lengths[group.coefs],
        }
        writer.add("moved", **sizes, out=out.at, r=stated.at, basis=self.basis(group))
        return out

    def _centering(
        self, centering: Centering, size: int, levels: slice
    ) -> dict[str, int]:
        """Return the words of a partial centering of some levels."""
        elements, basis = centering.elements, centering.basis
        places = []
        for one in elements:
            place = self.place(one.name)
            if not 0 <= one.place < place.length:
                raise ValueError(f"{one.name} has no element {one.place}")
            places.append(place.at + one.place)
        assert not basis or len(basis) == size
        return {
            "weights": self.writer.numbers(self.frame[centering.weights][levels]),
            "around": self.writer.numbers(self.frame[centering.around][levels]),
            "count": len(elements),
            "elements": self.writer.integers(places),
            "signs": self.writer.numbers([one.sign for one in elements]),
            "powers": self.writer.place(3 * size),
            "basis": self.writer.numbers(basis) if basis else -1,
        }

    def integrated(self, response: str) -> Integrated:
        """Write a normal likelihood without the effects that are integrated out."""
        if response not in self._sums:
            program = self.program.of(response)
            (main,) = program.predictors
            out = [
                main.use_of(group) for group in integrated_groups(program, self.frame)
            ]
            rest = replace(main, blocks=tuple(b for b in main.blocks if b not in out))
            self.units[main.name] = None
            mu = self._predictor(rest, None).at
            sigma = self.expression(dict(program.likelihood.arguments)["sigma"])
            assert sigma.scalar
            self._sums[response] = write_sums(
                program, self.frame, self.writer, mu, sigma.at, self.scales
            )
        return self._sums[response]

    def scales(self, group: Group, among: slice) -> dict[str, int]:
        """Return the places of some sds of a group and of their Cholesky factor."""
        sd = self.place(group.sd).at + among.start
        return {"sd": sd, "cholesky": self.cholesky(group, among)}

    def _recovered(self, group: Group) -> Place:
        """Return the place of effects that are drawn after sampling."""
        if group.name not in self._drawn:
            (response,) = (
                one.name
                for one in self.program.likelihoods
                if group in self.program.integrated(one.name)
            )
            done = self.integrated(response)
            self._drawn |= write_effects(done, self.writer, self._normals)
        length = self._size(group)
        return Place(self._drawn[group.name], length, False)

    def _size(self, group: Group) -> int:
        return self.frame.lengths[group.levels] * self.frame.lengths[group.coefs]

    # ---- predictors ----------------------------------------------------------------

    def _predictor(self, predictor: Predictor, chosen: DistinctRows | None) -> Place:
        """Return the place of a predictor, by its units or by rows."""
        rows = self.frame.lengths[predictor.rows]
        if predictor.body is not None:
            return self.expression(predictor.body)
        writer, blocks = self.writer, predictor.blocks
        if predictor.inner and len(blocks) == 1 and blocks[0].constant:
            # the same in every row
            (name,) = blocks[0].quantities()
            return self.place(name)
        length = rows if chosen is None else chosen.length
        out = Place(writer.place(length), length, False)

        def array(slot: str) -> NDArray[Any]:
            return self.frame[slot] if chosen is None else chosen.take(slot)

        writer.add("zero", n=length, out=out.at)
        added = Added(out.at, length, array)
        for block in predictor.blocks:
            BLOCKS[type(block)](block, self, added)
        return out

    def argument(
        self, family: Family, name: str, expr: ProgramExpr | None
    ) -> dict[str, int]:
        """Return the words of a parameter of the family."""
        if expr is None:
            fixed = next(d for d in family.dpars if d.name == name).fixed
            assert fixed is not None
            place = self._numbers(fixed, scalar=True)
            return {name: place.at, f"{name}_index": -1, f"{name}_stride": 0}
        index = -1
        predictors = [n for n in names_in(expr) if n in self._predictors]
        by_rows = [n for n in names_in(expr) if n in self.frame.arrays]
        if len(predictors) == 1 and not by_rows:
            predictor = self._predictors[predictors[0]]
            if predictor.name not in self.units:
                found = units(predictor, self.frame)
                self.units[predictor.name] = found
            chosen = self.units[predictor.name]
            if chosen is not None:
                index = self.writer.integers(chosen.index)
        place = self.expression(expr)
        return {
            name: place.at,
            f"{name}_index": index,
            f"{name}_stride": place.stride,
        }
