"""What a block of a linear predictor is."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from ..ir import Frame, Program

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Block:
    """A summand of a linear predictor: one type a file.

    What a block means is said here; a backend has a table with one function a type.
    """

    @abstractmethod
    def slots(self) -> tuple[str, ...]:
        """Return the slots that have a number, or several, for each row."""

    @abstractmethod
    def with_slots(self, names: Mapping[str, str]) -> Block:
        """Return the block with other slots in the place of some."""

    def quantities(self) -> tuple[str, ...]:
        """Return the parameters and derived quantities that it reads by name."""
        return ()

    @abstractmethod
    def value(
        self, program: Program, frame: Frame, values: Mapping[str, Any]
    ) -> Array | float:
        """Return what is added to each row: one number a row, or one for all.

        Parameters
        ----------
        program, frame
            The program and its arrays.
        values
            Parameters, derived quantities and effects by name; may be complex. Of many
            draws they have a first axis of draws more, scalars with a last axis of one
            number; what is returned has draws, rows.
        """

    @property
    def constant(self) -> bool:
        """Whether it is one parameter that all rows share, times 1."""
        return False

    @property
    def known(self) -> bool:
        """Whether it adds numbers of the data alone, as an offset does."""
        return not self.quantities() and not self.effects_used()

    def standard_normals(self) -> tuple[str, ...]:
        """Return the parameters that are standard normals, to be scaled by others."""
        return ()

    def effects_used(self) -> tuple[tuple[str, int], ...]:
        """Return the effects of groups that it adds: the group, and which one."""
        return ()

    def population(self, frame: Frame) -> tuple[str, tuple[int, ...], Array] | None:
        """Return what it is to passes that look for a population part; None: nothing.

        The name of coefficients, which of them they are, and their columns: one a
        coefficient, over rows or over one number that all rows share. Of columns that
        hold parameters: at typical values of these.
        """
        return None

    @abstractmethod
    def text(self, program: Program) -> str:
        """Return the block as one line of a printed program."""

    def faults(self, program: Program) -> Iterator[str]:
        """Yield what does not fit, beside names that are not there."""
        yield from ()


def element(vector: Any, place: int) -> Any:
    """Return an element of a vector; of many draws, with a last axis of one number."""
    found = np.asarray(vector)[..., place]
    return found if found.ndim == 0 else found[..., None]
