"""The row engine: from a model, rows and draws to numbers, block by block.

It is the one way in which a fit says anything of rows, those it was made of or others:

>>> rows = new_rows(compiled, data, groups="new")       # runtime/rows/new.py
>>> for block in blocks(rows, Draws(posterior)):        # all draws, some rows at a time
...     block.arguments()                               # what the family is given

``Rows`` are a program, the arrays of its slots (``compiler/program/fill.py``) and what
the rows are called. ``Draws`` are a posterior with one axis of draws. A ``RowBatch``
has the numbers of all draws for some of the rows, by draws, rows: as many rows as there
is room for, so that memory is bounded whatever the number of rows. There is no loop
over draws, but for families with thresholds that cannot do without
(``Family.many_draws``). ``predict`` (``predict.py``) makes means, probabilities and
responses of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from varying.compiler.families.ordinal.items import VECTORS
from varying.compiler.program.counted import counted, quiet_beside
from varying.compiler.program.fill import fill
from varying.compiler.program.interpret.density import evaluate_expression
from varying.compiler.program.interpret.rows import Quantities
from varying.compiler.program.ir import Frame

from ..interface.arguments import ArgumentError
from .levels import NewEffects

if TYPE_CHECKING:
    from xarray import DataArray, Dataset

    from varying.compiler.compiled import Compiled
    from varying.compiler.data.table import Table
    from varying.compiler.families.family import Family
    from varying.compiler.program.ir import Program

__all__ = ["AT_ONCE", "RowBatch", "Draws", "Rows", "blocks", "gathered", "in_turn"]

Array = NDArray[Any]

#: Numbers that a block has, by draws and rows. What is made on the way is a few times
#: as large; small blocks stay in the cache of the processor.
AT_ONCE = 1 << 18


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Rows as a program needs them: those of a fit, or others.

    Attributes
    ----------
    program, frame
        The program as lowered, whose parameters are those reported, and its
        arrays.
    labels
        Numbers of the rows in the data, from 0.
    categories
        Of the response, if it has any.
    counts
        How many rows of the data each stands for; None: one.
    title
        What the spec calls the response: ``name`` may be another.
    """

    program: Program
    frame: Frame
    labels: NDArray[np.int64]
    categories: tuple[str, ...]
    counts: NDArray[np.int64] | None = None
    title: str = ""

    @classmethod
    def of(cls, compiled: Compiled, table: Table | None = None) -> Rows:
        """Return the rows that a model was compiled with, or those of a table.

        Such a table is made of the cells of a reduced one. The model has one response:
        see ``each``.
        """
        (found,) = cls.each(compiled, table)
        return found

    @classmethod
    def each(cls, compiled: Compiled, table: Table | None = None) -> tuple[Rows, ...]:
        """Return the same for each response of a model."""
        if table is None and compiled.own_rows:
            return tuple(cls.of(one) for one in compiled.each)
        labels = compiled.prepared.rows
        if table is None:
            table = compiled.prepared.table
        elif table.firsts is not None:
            labels = table.firsts
        # the frame of the fit is that of the program after the passes
        frame = fill(compiled.lowered, table)
        return tuple(
            cls(
                one.lowered,
                frame,
                labels,
                one.bound.response.categories,
                table.counts,
                one.bound.response.name,
            )
            for one in compiled.each
        )

    @classmethod
    def given(cls, compiled: Compiled) -> tuple[Rows, ...]:
        """Return the rows of each response, given those before it in the same row.

        Their densities add up to that of all responses.
        """
        return in_turn(compiled.lowered, cls.each(compiled))

    @property
    def ranks(self) -> tuple[str, ...]:
        """The categories that responses are ranks among: none of several columns."""
        return () if self.family.parts else self.categories

    @property
    def name(self) -> str:
        """The variable that the response is."""
        return self.program.likelihood.name

    @property
    def count_name(self) -> str:
        """The coordinate that the counts are, beside a response of any name."""
        return "count" if self.name != "count" else "count_"

    @property
    def family(self) -> Family:
        """The family of the response."""
        return self.program.likelihood.family

    @property
    def row_axes(self) -> frozenset[str]:
        """The axes of rows: that of each response."""
        return frozenset(one.name for one in self.program.axes if one.kind == "rows")

    @property
    def by_row(self) -> frozenset[str]:
        """The slots that have something for each row."""
        axes = {slot.name: slot.axes for slot in self.program.slots}
        return frozenset(
            name
            for name in self.frame.arrays
            if self.row_axes.intersection(axes[name][:1])
        )

    def frame_of(self, places: slice | Array) -> Frame:
        """Return the arrays of some of the rows."""
        own, count = self.by_row, len(self.labels[places])
        arrays = {
            name: array[places] if name in own else array
            for name, array in self.frame.arrays.items()
        }
        lengths = {**self.frame.lengths, **dict.fromkeys(self.row_axes, count)}
        return replace(self.frame, arrays=arrays, lengths=lengths)

    def some(self, places: Array) -> Rows:
        """Return some of the rows."""
        return replace(
            self,
            frame=self.frame_of(places),
            labels=self.labels[places],
            counts=None if self.counts is None else self.counts[places],
        )

    def known(self, name: str) -> Array:
        """Return what each row brings along for the family: ``trials``."""
        argument = dict(self.program.likelihood.arguments)[name]
        return np.asarray(evaluate_expression(argument, self.frame.arrays))


def in_turn(program: Program, each: Sequence[Rows]) -> tuple[Rows, ...]:
    """Return the rows of all responses of a program, each given those before it."""
    return tuple(
        replace(rows, program=replace(program, likelihoods=(one,), coupling=None))
        for rows, one in zip(each, program.observed, strict=True)
    )


class Draws(Mapping[str, Array]):
    """Draws of a posterior by name: draws, then the variable's own axes.

    A scalar has a last axis of one number: see ``interpret.rows.row_arguments``.

    Attributes
    ----------
    chains, length
        How many chains there are, and draws in each; they stand one after the other.
    shared
        What was computed from them and is not about rows.
    """

    def __init__(self, posterior: Dataset) -> None:
        self._posterior = posterior
        self._held: dict[str, Array] = {}
        self.chains = int(posterior.sizes["chain"])
        self.length = int(posterior.sizes["draw"])
        self.shared: dict[str, Array] = {}

    @property
    def count(self) -> int:
        """How many there are."""
        return self.chains * self.length

    @property
    def coords(self) -> dict[str, Array]:
        """The numbers of chains and draws."""
        return {name: self._posterior[name].values for name in ("chain", "draw")}

    def __getitem__(self, name: str) -> Array:
        if name not in self._held:
            variable = self._posterior[name].transpose("chain", "draw", ...)
            own = variable.shape[2:] or (1,)
            self._held[name] = variable.values.reshape(self.count, *own)
        return self._held[name]

    def __iter__(self) -> Iterator[str]:
        return (str(name) for name in self._posterior.data_vars)

    def __len__(self) -> int:
        return len(self._posterior.data_vars)

    def __contains__(self, name: object) -> bool:
        return name in self._posterior.data_vars


@dataclass(frozen=True, slots=True, eq=False)
class RowBatch:
    """Some rows at all draws.

    Attributes
    ----------
    rows
        All rows.
    place
        Which of them these are.
    frame
        The arrays of these rows.
    draws
        The draws, with the effects of levels that the fit has not seen.
    """

    rows: Rows
    place: slice
    frame: Frame
    draws: Mapping[str, Array]
    shared: MutableMapping[str, Array] = field(default_factory=dict)
    count: int = 1

    @property
    def shape(self) -> tuple[int, int]:
        """How many draws and rows."""
        return self.count, self.place.stop - self.place.start

    @property
    def quantities(self) -> Quantities:
        """All quantities of the program by name, by draws and rows or what else."""
        return Quantities(self.rows.program, self.frame, self.draws, self.shared)

    def predictor(self, dpar: str) -> Array:
        """Return the linear predictor of a parameter of the family: draws, rows."""
        of = self.rows.program.predictors
        name = next(p.name for p in of if p.dpar == dpar and not p.inner)
        return self.whole(self.quantities[name])

    def arguments(self) -> dict[str, Array]:
        """Return what the family's functions take, by name.

        A number for each draw and row, or what is the same in all rows: (draws, 1);
        thresholds and their gaps: draws, thresholds.
        """
        quantities = self.quantities
        return {
            name: evaluate_expression(value, quantities)
            for name, value in self.rows.program.likelihood.arguments
        }

    def log_density(self) -> Array:
        """Return the log density of each row's response, times its weight."""
        likelihood, family = self.rows.program.likelihood, self.rows.family
        observed = self.frame[likelihood.value]
        weight = None if likelihood.weight is None else self.frame[likelihood.weight]
        with quiet_beside(weight):
            found = self.by(family.log_density, self.arguments(), observed)
        if weight is not None:
            found = counted(weight, found)
        return self.whole(found)

    def whole(self, values: Any) -> Array:
        """Return a number for each draw and row from what some of them may share.

        Or several numbers, on an axis more.
        """
        found = np.asarray(values)
        return np.broadcast_to(found, (*self.shape, *found.shape[2:]))

    def by(
        self,
        function: Callable[..., Array],
        arguments: Mapping[str, Array],
        *first: Any,
    ) -> Array:
        """Return what a function of the family gives, by draws and rows.

        ``first`` are its arguments before those by name. Thresholds are vectors, of
        which not every family takes those of many draws.
        """
        family = self.rows.family
        if not family.thresholds or family.many_draws:
            return self.whole(function(*first, **arguments))
        found = np.empty(self.shape)
        for draw in range(self.count):
            own = {n: v[draw] if v.ndim > 1 else v for n, v in arguments.items()}
            found[draw] = function(*first, **own)
        return found

    def simulate(
        self, arguments: Mapping[str, Array], rng: np.random.Generator
    ) -> Array:
        """Draw a response for each draw and row.

        Raises
        ------
        ArgumentError
            If a parameter is no number: NumPy would draw none, or never end.
        """
        family = self.rows.family
        vectors = (*VECTORS, "effects") if family.thresholds else ()
        each = {n: v if n in vectors else self.whole(v) for n, v in arguments.items()}
        if any(np.isnan(v).any() for n, v in each.items() if n not in vectors):
            raise ArgumentError(
                f"responses of `{self.rows.title or self.rows.name}` cannot be drawn "
                f"in all rows: a parameter of {family.shown} is no number where its "
                "link has none for a predictor, which kind='eta' shows"
            )
        return self.by(family.simulate, each, rng)


def blocks(
    rows: Rows,
    draws: Draws,
    *,
    seed: int | None = None,
    each: int = 1,
    at_once: int = AT_ONCE,
) -> Iterator[RowBatch]:
    """Yield the rows block by block, in their order, each at all draws.

    Parameters
    ----------
    rows, draws
        What is computed, and from what.
    seed
        Of the effects of new levels: the same seed gives a level the same ones, in
        whichever block its rows are.
    each
        Numbers that will be made for each draw and row, such as probabilities of
        categories.
    at_once
        Numbers that a block may have.
    """
    count = len(rows.labels)
    new = NewEffects(rows.program, rows.frame, draws, seed)
    step = max(1, at_once // (draws.count * max(each, 1)))
    for first in range(0, count, step):
        place = slice(first, min(first + step, count))
        part = rows.frame_of(place)
        arrays, known = new.at(part.arrays)
        frame = Frame(arrays, part.lengths)
        yield RowBatch(rows, place, frame, known, draws.shared, draws.count)


def gathered(
    rows: Rows,
    draws: Draws,
    found: Iterator[tuple[slice, Array]],
    more: Mapping[str, Any] | None = None,
) -> DataArray:
    """Return what was computed of each block as one array, with its labels.

    Parameters
    ----------
    found
        The place of some rows; numbers by draws, rows and what else there is.
    more
        Coordinates of what else there is.
    """
    from xarray import DataArray

    coords = {**draws.coords, "row": rows.labels, **(more or {})}
    dims = tuple(coords)
    sizes = tuple(len(values) for values in coords.values())
    result: Array | None = None
    for place, values in found:
        if result is None:
            result = np.empty(sizes, values.dtype)
        shape = (draws.chains, draws.length, *values.shape[1:])
        result[:, :, place] = values.reshape(shape)
    if result is None:
        result = np.empty(sizes)
    made = DataArray(result, coords, dims)
    if rows.counts is None:
        return made
    return made.assign_coords({rows.count_name: ("row", rows.counts)})
