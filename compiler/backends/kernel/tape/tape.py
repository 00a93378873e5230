"""The program of the kernel: a list of operations on places in one vector.

A ``Tape`` is what the machine runs. It has the structure of the model as numbers,
so that one compiled machine serves every model with the same kinds of parts: a
new formula, new data or new priors need no compilation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..operations import OPERATIONS, WIDTH, Operation
from ..operations.densities import density

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Instruction:
    """One operation with its words, by their names."""

    operation: str
    words: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Tape:
    """What is computed, and where its results are.

    Attributes
    ----------
    instructions
        In the order of computation.
    dimension
        Length of the unconstrained vector, which is where values begin.
    size
        Length of the vector of values.
    constant
        What is added to the log density.
    numbers, integers
        The data.
    """

    instructions: tuple[Instruction, ...]
    dimension: int
    size: int
    constant: float
    numbers: Floats
    integers: Integers

    @property
    def operations(self) -> tuple[str, ...]:
        """The names of the operations that it needs, each once."""
        return tuple(dict.fromkeys(one.operation for one in self.instructions))

    def encoded(self, numbering: dict[str, int]) -> Integers:
        """Return the instructions as whole numbers, ``WIDTH`` each."""
        code = np.zeros((len(self.instructions), WIDTH), dtype=np.int64)
        for row, one in zip(code, self.instructions, strict=True):
            row[0] = numbering[one.operation]
            row[1 : 1 + len(one.words)] = one.words
        return code.ravel()


def find(name: str) -> Operation:
    """Return an operation by its name."""
    return OPERATIONS[name] if name in OPERATIONS else density(name)


class TapeWriter:
    """A tape that is being written: allots places and collects instructions."""

    def __init__(self, dimension: int) -> None:
        self.dimension = dimension
        self.size = dimension
        self.constant = 0.0
        self._instructions: list[Instruction] = []
        self._numbers: list[Floats] = []
        self._integers: list[Integers] = []
        self._lengths = [0, 0]
        self._known: dict[tuple[int, int], tuple[int, Any]] = {}

    def place(self, length: int) -> int:
        """Allot that many values."""
        start = self.size
        self.size += length
        return start

    def numbers(self, values: Any) -> int:
        """Store numbers; return where they begin."""
        return self._store(values, np.float64, self._numbers, 0)

    def integers(self, values: Any) -> int:
        """Store whole numbers; return where they begin."""
        return self._store(values, np.int64, self._integers, 1)

    def _store(self, values: Any, dtype: Any, into: list[Any], which: int) -> int:
        # an array that was stored before is not stored again
        known = self._known.get((id(values), which))
        if known is not None and known[1] is values:
            return known[0]
        array = np.ascontiguousarray(values, dtype=dtype).ravel()
        start = self._lengths[which]
        into.append(array)
        self._lengths[which] += len(array)
        if isinstance(values, np.ndarray):
            self._known[id(values), which] = (start, values)
        return start

    def add(self, operation: str, **words: int) -> None:
        """Add an operation; its words by name."""
        names = find(operation).words
        if set(names) != set(words):
            raise ValueError(f"{operation} takes {names}, not {tuple(words)}")
        found = tuple(int(words[name]) for name in names)
        self._instructions.append(Instruction(operation, found))

    def tape(self) -> Tape:
        """Return what was written."""
        return Tape(
            tuple(self._instructions),
            self.dimension,
            self.size,
            self.constant,
            _joined(self._numbers, np.float64),
            _joined(self._integers, np.int64),
        )


def _joined(arrays: list[Any], dtype: Any) -> Any:
    # never empty: its address is taken
    return np.concatenate([*arrays, np.zeros(1, dtype=dtype)])
