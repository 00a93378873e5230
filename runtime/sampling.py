"""From a compiled model and settings to draws: by the kernel, or by the graph."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from time import perf_counter
from typing import TYPE_CHECKING, Any

from .samplers import SAMPLERS
from .samplers.starting import Starts
from .settings import Backend, Settings

if TYPE_CHECKING:
    from pymc import Model as PyMCModel
    from xarray import Dataset, DataTree

    from varying.compiler.backends.kernel import Tapes
    from varying.compiler.driver import Compiled
    from varying.compiler.ir import Frame, Program

    from .progress import Progress

__all__ = ["Sampled", "sample"]


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
        from varying.compiler.passes import for_sampling

        program = self.compiled.program
        # what is kept for each row is computed from the draws: see `kept.py`
        bare = tuple(replace(one, report=()) for one in program.predictors)
        return for_sampling(replace(program, predictors=bare), self.compiled.frame)

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
        from varying.compiler.backends.pymc import emit

        return emit(self.program, self.frame)

    @cached_property
    def for_kernel(self) -> tuple[Program, Tapes]:
        """The program as the kernel samples it, and its tapes.

        Raises ``NoKernel`` where there are none.
        """
        from varying.compiler.backends.kernel import emit
        from varying.compiler.passes import for_kernel

        program, frame = for_kernel(self.program, self.frame)
        return program, emit(program, frame)

    def observed(self) -> Dataset:
        """Return the responses by row, as ranks where there are categories."""
        from xarray import Dataset

        compiled = self.compiled
        likelihood = compiled.program.likelihood
        rows = likelihood.rows
        return Dataset(
            {likelihood.name: ((rows,), compiled.frame[likelihood.value])},
            {rows: compiled.prepared.rows},
        )


def sample(
    sampled: Sampled, settings: Settings, progress: Progress
) -> tuple[DataTree, Settings, float]:
    """Sample a model.

    Returns
    -------
    data
        With the groups ``posterior``, ``sample_stats`` and ``observed_data``.
    settings
        With the backend that was used.
    seconds
        What sampling took.

    Raises
    ------
    SamplingError
        If the sampler cannot start.
    NoKernel
        If a kernel is asked for and there is none.
    """
    start = perf_counter()
    data = _by_kernel(sampled, settings, progress)
    used: Backend = "graph" if data is None else "kernel"
    if data is None:
        starts = Starts(sampled.program, sampled.frame)
        starts.check()
        data = SAMPLERS[settings.sampler](sampled.graph, settings, progress, starts)
    elapsed = float(
        data["posterior"].attrs.get("sampling_time", perf_counter() - start)
    )
    posterior = data["posterior"].to_dataset()
    groups: dict[str, Any] = {
        "posterior": posterior,
        "sample_stats": data["sample_stats"].to_dataset(),
        "observed_data": sampled.observed(),
    }
    return data.from_dict(groups), replace(settings, backend=used), elapsed


def _by_kernel(
    sampled: Sampled, settings: Settings, progress: Progress
) -> DataTree | None:
    """Return the draws by the kernel; None where the graph is to be used."""
    if settings.backend == "graph" or settings.sampler != "nutpie":
        return None
    from varying.compiler.backends.kernel import NoKernel, build, folder, ready

    from .samplers import kernel

    try:
        program, tapes = sampled.for_kernel
        if ready(tapes):
            built = build(tapes)
        else:
            with progress.compiling("once for models of this kind"):
                built = build(tapes)
            if not ready(tapes):
                progress.note(
                    f"it could not be kept in {folder()}: the next fit compiles again"
                )
    except NoKernel as error:
        if settings.backend == "kernel":
            raise
        progress.note(f"sampling PyMC's graph: {error}")
        return None
    return kernel.sample(built, program, settings, progress)
