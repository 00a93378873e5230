"""From a compiled model and settings to draws: by the kernel, or by the graph."""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING, Any

from .samplers import SAMPLERS
from .samplers.starting import Starts
from .settings import (
    DIVERGED_BEFORE,
    DIVERGENT_ONE_IN,
    DRAWN_BEFORE,
    Backend,
    SamplerSettings,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from xarray import Dataset, DataTree

    from varying.compiler.compiled import Compiled
    from varying.compiler.sampled import Sampled

    from ..interface.progress import Progress

__all__ = ["Sample", "sample"]


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """What sampling came to.

    Attributes
    ----------
    data
        With the groups ``posterior``, ``sample_stats`` and ``observed_data``.
    settings
        With the backend that was used.
    seconds
        What sampling took.
    state : (chains, dimension)
        Where the chains ended, in the kernel's coordinates; None of others.
    continued
        Whether they started from a state.
    """

    data: DataTree
    settings: SamplerSettings
    seconds: float
    state: NDArray[np.float64] | None = None
    continued: bool = False


def sample(
    sampled: Sampled,
    settings: SamplerSettings,
    progress: Progress,
    state: NDArray[np.float64] | None = None,
) -> Sample:
    """Sample a model.

    Parameters
    ----------
    sampled, settings, progress
        What, how, and who is told.
    state
        Where the chains start, if the kernel samples; None: anew.

    Raises
    ------
    SamplingError
        If the sampler cannot start.
    KeyboardInterrupt
        If it was interrupted before there were draws to keep.
    NoKernel
        If a kernel is asked for and there is none.
    """
    start = perf_counter()
    found = _by_kernel(sampled, settings, progress, state)
    if found is not None and state is None:
        found, settings = _by_smaller_steps(sampled, settings, progress, found)
    used: Backend = "graph" if found is None else "kernel"
    ended = None
    if found is not None:
        data, ended = found
    else:
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
        "observed_data": _observed(sampled.compiled),
    }
    tree = data.from_dict(groups)
    continued = found is not None and state is not None
    return Sample(tree, replace(settings, backend=used), elapsed, ended, continued)


#: What a run is done again with.
SMALLER_STEPS = 0.95
#: A run that took longer, in seconds, is not done again unasked.
MOST_SECONDS = 120.0

SamplerResult = tuple["DataTree", "NDArray[np.float64]"]


def _by_smaller_steps(
    sampled: Sampled,
    settings: SamplerSettings,
    progress: Progress,
    found: SamplerResult,
) -> tuple[SamplerResult, SamplerSettings]:
    """Sample once more where many draws diverged and the user set no step size.

    With a small sd and few events the posterior is curved more than the steps that are
    best elsewhere allow. The settings returned are those that give the draws again.
    """
    data = found[0]
    stats = data["sample_stats"]
    diverged, drawn = int(stats["diverging"].sum()), stats["diverging"].size
    seconds = float(data["posterior"].attrs["sampling_time"])
    whole = drawn == settings.draws * settings.chains
    if (
        settings.target_accept is not None
        or diverged * DIVERGENT_ONE_IN < drawn
        or not whole
        or seconds > MOST_SECONDS
    ):
        return found, settings
    progress.note(
        f"{diverged:,} of {drawn:,} draws diverged: once more, with smaller steps "
        f"(target_accept {SMALLER_STEPS})"
    )
    smaller = replace(settings, target_accept=SMALLER_STEPS)
    again = _by_kernel(sampled, smaller, progress, None)
    assert again is not None  # there is a kernel
    stats = again[0]["sample_stats"]
    if stats["diverging"].size < drawn or int(stats["diverging"].sum()) >= diverged:
        return found, settings
    stats.attrs |= {DIVERGED_BEFORE: diverged, DRAWN_BEFORE: drawn}
    return again, smaller


def _by_kernel(
    sampled: Sampled,
    settings: SamplerSettings,
    progress: Progress,
    state: NDArray[np.float64] | None,
) -> tuple[DataTree, NDArray[np.float64]] | None:
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
    return kernel.sample(built, program, settings, progress, state)


def _observed(compiled: Compiled) -> Dataset:
    """Return the responses by row, as ranks where there are categories."""
    from xarray import Dataset

    program = compiled.program
    likelihoods = program.likelihoods
    axes = {one.name: program.slot(one.value).axes for one in likelihoods}
    labels = {axis.name: axis.labels for axis in program.axes}
    return Dataset(
        {one.name: (axes[one.name], compiled.frame[one.value]) for one in likelihoods},
        {
            **{axis: own.rows for axis, own in compiled.rows_by_axis.items()},
            **{
                axis: list(labels[axis] or ())
                for several in axes.values()
                for axis in several[1:]
            },
        },
    )
