"""What the stages of the compiler give: designs, outlines and compiled models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from varying.grammar.diagnostics import (
    Diagnostic,
)
from varying.grammar.tree import (
    Spec,
)

from .bind.bound import BoundModel
from .prepare.rows import Prepared

if TYPE_CHECKING:
    from .lower.program import PriorRow
    from .program.ir import Frame, Program


@dataclass(frozen=True, slots=True, eq=False)
class Designed:
    """A model whose names and types are resolved, with the rows it uses.

    ``diagnostics`` may hold errors that leave the design as it is: a grouping
    factor with one level, a prior with an unknown target.
    """

    prepared: Prepared
    bound: BoundModel
    diagnostics: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Compiled:
    """One model of a spec, compiled against data.

    Attributes
    ----------
    spec
        The tree of the whole text.
    prepared
        The rows used, and those dropped with the reason.
    bound
        The model with its names resolved.
    frame
        The arrays of the program's slots, after the passes.
    lowered, program
        The program before and after the passes.
    priors
        Every prior, with its reason.
    diagnostics
        Warnings and notes; an error would have been raised.
    """

    spec: Spec
    prepared: Prepared
    bound: BoundModel
    frame: Frame
    lowered: Program
    program: Program
    priors: tuple[PriorRow, ...]
    diagnostics: tuple[Diagnostic, ...]

    @property
    def data_path(self) -> str | None:
        """The data file as it was named; None if the data are a frame."""
        layout = self.prepared.table.layout
        return None if layout is None else layout.path


@dataclass(frozen=True, slots=True, eq=False)
class Outline:
    """One model of a spec, checked as far as that can be done without data."""

    spec: Spec
    name: str
    diagnostics: tuple[Diagnostic, ...]
