"""What the stages of the compiler give: designs, outlines and compiled models."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from varying.grammar.diagnostics import Diagnostic
from varying.grammar.tree import Spec

from .bind.bound import BoundModel, JointModel
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
    joint: JointModel
    diagnostics: tuple[Diagnostic, ...]

    @property
    def bound(self) -> BoundModel:
        """The response of a model that has one; see ``each``."""
        return self.joint.only

    @property
    def each(self) -> tuple[Designed, ...]:
        """The design of each response alone."""
        ones = (self.joint.of(one) for one in self.joint.responses)
        return tuple(
            replace(self, joint=one, prepared=self.prepared.of(one.only.main.response))
            for one in ones
        )


@dataclass(frozen=True, slots=True, eq=False)
class Compiled:
    """One model of a spec, compiled against data.

    Attributes
    ----------
    spec
        The tree of the whole text.
    prepared
        The rows used, and those dropped with the reason.
    joint
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
    joint: JointModel
    frame: Frame
    lowered: Program
    program: Program
    priors: tuple[PriorRow, ...]
    diagnostics: tuple[Diagnostic, ...]

    @property
    def bound(self) -> BoundModel:
        """The response of a model that has one; see ``of``."""
        return self.joint.only

    @property
    def responses(self) -> tuple[str, ...]:
        """The variables that the responses are."""
        return tuple(one.name for one in self.program.likelihoods)

    @property
    def own_rows(self) -> bool:
        """Whether responses have rows of their own, not those of the model."""
        return bool(self.prepared.kept)

    @property
    def rows_by_axis(self) -> dict[str, Prepared]:
        """The rows of each response, by the axis that they are on."""
        return {
            one.rows: self.prepared.of(member.main.response)
            for one, member in zip(
                self.lowered.likelihoods, self.joint.members, strict=True
            )
        }

    @property
    def written_frame(self) -> Frame:
        """The arrays of the program before the passes."""
        from .program.fill import fill

        tables = {axis: own.table for axis, own in self.rows_by_axis.items()}
        return fill(self.lowered, self.prepared.table, tables)

    @property
    def variables(self) -> dict[str, str]:
        """The variables that the responses are, by their names in the spec."""
        return dict(zip(self.joint.responses, self.responses, strict=True))

    def of(self, response: str) -> Compiled:
        """Return the model with one of its responses alone, by its variable.

        Its parameters and groups are all there: what the other responses tell of them
        is not. Of a normal or t density of several what is left is that of the one.
        """
        place = self.responses.index(response)
        joint = self.joint.of(self.joint.responses[place])
        return replace(
            self,
            prepared=self.prepared.of(joint.only.main.response),
            joint=joint,
            lowered=self.lowered.of(response),
            program=self.program.of(response),
        )

    def alone(self, name: str) -> Compiled:
        """Return the model of the response of that column; of no name, the only one."""
        if not name:
            return self
        return self.of(self.responses[self.joint.responses.index(name)])

    @property
    def each(self) -> tuple[Compiled, ...]:
        """The model of each response alone; where there is one, the model itself."""
        if len(self.responses) == 1:
            return (self,)
        return tuple(self.of(response) for response in self.responses)

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
