"""A coefficient times columns that hold parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..expressions import Symbol, Take
from .block import Array, Block, element

if TYPE_CHECKING:
    from ..ir import Frame, Program

#: A number a row: a slot, or the elements of a derived quantity that a slot points to.
Factor = Symbol | Take


@dataclass(frozen=True, slots=True)
class Product(Block):
    """Add one coefficient times the product of factors, each a number a row.

    Attributes
    ----------
    coefs, place
        The vector of coefficients, and which of them it is.
    factors
        Slots, and vectors of parameters by an index slot.
    typical
        Of each vector among the factors, in their order, its elements at typical
        values of the parameters: from these the steps of sampling are learned.
    """

    coefs: str
    place: int
    factors: tuple[Factor, ...]
    typical: tuple[tuple[float, ...], ...]

    def slots(self) -> tuple[str, ...]:
        """Return the slots of the factors."""
        return tuple(
            one.index if isinstance(one, Take) else one.name for one in self.factors
        )

    def with_slots(self, names: Mapping[str, str]) -> Product:
        """Return the block with other slots in the place of some."""
        factors = tuple(
            replace(one, index=names.get(one.index, one.index))
            if isinstance(one, Take)
            else Symbol(names.get(one.name, one.name))
            for one in self.factors
        )
        return replace(self, factors=factors)

    def quantities(self) -> tuple[str, ...]:
        """Return the coefficients and the vectors."""
        vectors = [one.vector for one in self.factors if isinstance(one, Take)]
        return (self.coefs, *(v.name for v in vectors if isinstance(v, Symbol)))

    def value(
        self, program: Program, frame: Frame, values: Mapping[str, Any]
    ) -> Array | float:
        """Return the product."""
        found: Any = element(values[self.coefs], self.place)
        for one in self.factors:
            if isinstance(one, Symbol):
                found = found * frame[one.name]
            elif isinstance(one.vector, Symbol):
                found = found * values[one.vector.name][..., frame[one.index]]
        return np.asarray(found)

    def population(self, frame: Frame) -> tuple[str, tuple[int, ...], Array] | None:
        """Return the coefficient with the column at typical values."""
        column: Array = np.ones(1)
        typical = iter(self.typical)
        for one in self.factors:
            if isinstance(one, Take):
                column = column * np.array(next(typical))[frame[one.index]]
            else:
                column = column * frame[one.name]
        return self.coefs, (self.place,), column[:, None]

    def text(self, program: Program) -> str:
        """Return the product."""
        texts = [f"{self.coefs}[{self.place}]"]
        for one in self.factors:
            if isinstance(one, Symbol):
                texts.append(one.name)
            elif isinstance(one.vector, Symbol):
                texts.append(f"{one.vector.name}[{one.index}]")
        return " * ".join(texts)

    def faults(self, program: Program) -> Iterator[str]:
        """Yield what is no number a row."""
        slots = {slot.name: slot for slot in program.slots}
        for one in self.factors:
            if isinstance(one, Take) and not isinstance(one.vector, Symbol):
                yield "a factor is taken from what has no name"
            elif isinstance(one, Take) and slots[one.index].into is None:
                yield f"{one.index} is no index"
        if len(self.typical) != sum(isinstance(one, Take) for one in self.factors):
            yield f"{self.coefs}: typical elements of each vector"
