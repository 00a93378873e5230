"""What a sampler sees of a compiled model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pymc import Model as PyMCModel

    from .backends.kernel import Tapes
    from .compiled import Compiled
    from .program.ir import Frame, Program


@dataclass(frozen=True, eq=False)
class Sampled:
    """What a sampler sees of a compiled model.

    Attributes
    ----------
    compiled
        The model, by row.
    """

    compiled: Compiled

    @cached_property
    def _stage(self) -> tuple[Program, Frame]:
        from .passes import for_sampling
        from .program.counted import with_possible_responses

        program = self.compiled.program
        # what is kept for each row is computed from the draws: see `kept.py`
        bare = tuple(replace(one, report=()) for one in program.predictors)
        program = replace(program, predictors=bare)
        frame = with_possible_responses(program, self.compiled.frame)
        return for_sampling(program, frame)

    @property
    def program(self) -> Program:
        """The program after the passes for sampling."""
        return self._stage[0]

    @property
    def frame(self) -> Frame:
        """Its arrays."""
        return self._stage[1]

    @property
    def graph(self) -> PyMCModel:
        """Its PyMC model."""
        from .backends.pymc import emit

        return emit(self.program, self.frame)

    @cached_property
    def for_kernel(self) -> tuple[Program, Tapes]:
        """The program as the kernel samples it, and its tapes.

        Raises ``NoKernel`` where there are none.
        """
        from .backends.kernel import emit
        from .passes import for_kernel

        program, frame = for_kernel(self.program, self.frame)
        return program, emit(program, frame)
