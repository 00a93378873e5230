"""A program with its data, ready to be called."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..tape.emit import DrawOutput, Tapes
from ..tape.tape import Tape
from . import cache
from .build import BLOCK, operations_of
from .native import Machine

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Kernel:
    """The log density of a program on a frame, as a function of one vector.

    The vector has the coordinates of ``backends.reference.coordinates``, one after
    another, each by rows.

    Attributes
    ----------
    dimension
        Its length.
    start
        An unconstrained point in the middle of the priors.
    outputs
        What ``draws`` returns, in order.
    block
        What the entry ``density`` of the machine is given beside the vector.
    machine
        The compiled code.
    tapes
        What it runs.
    """

    dimension: int
    start: Floats
    outputs: tuple[DrawOutput, ...]
    block: Integers
    machine: Machine
    tapes: Tapes
    _draws_block: Integers
    _data: tuple[NDArray[np.generic], ...]

    def log_density(self, x: Floats) -> tuple[float, Floats]:
        """Return the log density at a point and its gradient, shape (dimension,)."""
        point = np.ascontiguousarray(x, dtype=np.float64)
        slopes, value = np.empty(self.dimension), np.empty(1)
        if self.machine(point, slopes, value, self.block) < 0:
            raise MemoryError("no memory for the values of a gradient")
        return float(value[0]), slopes

    def finite_density(self, x: Floats) -> float:
        """Return the log density; NaN where a part of its gradient is no number."""
        value, slopes = self.log_density(x)
        return value if np.isfinite(slopes).all() else math.nan

    def stop(self) -> None:
        """Have every call of the entry fail from now on, in other threads too.

        What it asks for, nobody has the memory for.
        """
        self.block[BLOCK.index("size")] = np.iinfo(np.int64).max // 32

    def draws(self, x: Floats, rng: np.random.Generator) -> Mapping[str, Floats]:
        """Return the reported quantities of unconstrained points.

        Parameters
        ----------
        x : (..., dimension)
        rng
            Draws the effects that are integrated out of the density.

        Returns
        -------
        Arrays of shape (..., *shape of the quantity), by name.
        """
        points = np.ascontiguousarray(x, dtype=np.float64).reshape(-1, self.dimension)
        if self.tapes.normals:
            more = rng.standard_normal((len(points), self.tapes.normals))
            points = np.hstack([points, more])
        sizes = [output.place.length for output in self.outputs]
        results = np.empty((len(points), sum(sizes)))
        block = self._draws_block.copy()
        block[BLOCK.index("count")] = len(points)
        if len(points):
            if self.machine(points, results, np.empty(1), block) != 0:
                raise MemoryError("no memory for the values of a draw")
        found, at = {}, 0
        for output, size in zip(self.outputs, sizes, strict=True):
            part = results[:, at : at + size]
            found[output.name] = part.reshape((*x.shape[:-1], *output.shape))
            at += size
        return found


def ready(tapes: Tapes) -> bool:
    """Whether the machine that runs these tapes needs no compilation."""
    return cache.compiled(operations_of(tapes.density, tapes.draws))


def build(tapes: Tapes, operations: tuple[str, ...] | None = None) -> Kernel:
    """Return the kernel that runs these tapes.

    The machine comes from disk; it is compiled where it is not there yet.

    Parameters
    ----------
    tapes
        Of a program on a frame.
    operations
        What the machine has; None: what most models need, and these tapes. One
        machine for very different tapes is given all that any of them needs.
    """
    if operations is None:
        operations = operations_of(tapes.density, tapes.draws)
    numbering = {name: number for number, name in enumerate(operations)}
    places = [n for out in tapes.outputs for n in (out.place.at, out.place.length)]
    density, held = _block(tapes.density, numbering, [])
    draws, also = _block(tapes.draws, numbering, places)
    return Kernel(
        tapes.density.dimension,
        tapes.start,
        tapes.outputs,
        density,
        cache.machine(operations),
        tapes,
        draws,
        (*held, *also),
    )


def _block(
    tape: Tape, numbering: dict[str, int], places: list[int]
) -> tuple[Integers, tuple[NDArray[np.generic], ...]]:
    """Return what an entry is given, and the arrays that must stay where they are."""
    code = tape.encoded(numbering)
    numbers = np.append(tape.numbers, tape.constant)
    integers = np.append(tape.integers, np.array(places, dtype=np.int64))
    block = np.array(
        [
            len(tape.instructions),
            code.ctypes.data,
            numbers.ctypes.data,
            integers.ctypes.data,
            max(tape.size, 1),
            len(numbers) - 1,
            len(places) // 2,
            len(integers) - len(places),
            0,
        ],
        dtype=np.int64,
    )
    return block, (code, numbers, integers)
