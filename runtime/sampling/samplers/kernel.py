"""NUTS on the native kernel of a program: no compilation a model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from importlib import import_module
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from ...interface.interrupts import Interrupts, interruptible
from ..settings import processors
from . import NOWHERE, NothingDrawn, SamplingError, failure
from .draws import NUTPIE_STATISTICS

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from xarray import Dataset, DataTree

    from varying.compiler.backends.kernel import Kernel
    from varying.compiler.program.ir import Program

    from ...interface.progress import Progress
    from ..settings import SamplerSettings
    from .nutpie_native import NativeDraws, NativeRun

__all__ = ["MEANWHILE", "sample"]

#: Modules that the results need (draws, groups, diagnostics, fit file), in the order
#: in which they do. Together they take longer to import than a small model to sample,
#: and nutpie's threads need no Python, so they are imported while these work.
MEANWHILE = (
    "pyarrow",
    "pandas",
    "xarray",
    "scipy.special",
    "scipy.sparse.linalg",
    "varying.runtime.verdict.conflict.found",
    "varying.runtime.rows.kept",
    "varying.runtime.questions.quantities",
    "varying.runtime.fit.fit",
    "varying.runtime.summary.table",
    "rich.table",
)


def sample(
    kernel: Kernel,
    program: Program,
    settings: SamplerSettings,
    progress: Progress,
    state: NDArray[np.float64] | None = None,
) -> tuple[DataTree, NDArray[np.float64]]:
    """Sample a kernel with nutpie.

    Parameters
    ----------
    kernel, program
        The kernel, and the program that it was made from.
    settings, progress
        How, and who is told.
    state : (chains, dimension)
        Where the chains start; None: anew.

    Returns
    -------
    data
        With the groups ``posterior`` (the names, axes and labels that the PyMC model
        gives them) and ``sample_stats``. Of a run that was interrupted, what there is.
    state
        Where the chains ended.

    Raises
    ------
    NothingDrawn
        If it was interrupted before there were draws to keep.
    """
    from .nutpie_native import joined

    _check(kernel)
    if state is not None and not _fits(kernel, state):
        state = None  # of a version that samples in other coordinates
    ended: list[float] = []
    begun = perf_counter()
    with interruptible() as interrupts, progress.sampling(settings):
        interrupts.holding = True
        runs = _start(kernel, settings, progress, state, ended)
        draws = joined(_wait(runs, interrupts))
        if not draws.unconstrained.size:
            raise NothingDrawn
        interrupts.drawn = True
        # Chains that end during an import are seen by their last report only.
        seconds = min([perf_counter(), *ended]) - begun
        progress.finish(int(draws.statistics["diverging"].sum()), seconds)
    tree = _tree(kernel, program, draws, settings, seconds)
    return tree, draws.unconstrained[:, -1].copy()


def _start(
    kernel: Kernel,
    settings: SamplerSettings,
    progress: Progress,
    state: NDArray[np.float64] | None,
    ended: list[float],
) -> list[NativeRun]:
    """Start one run of all chains; those that go on, a run for each."""
    from .nutpie_native import start

    parts = (
        [(0, settings.chains, settings.seed, None)]
        if state is None
        else [
            (place, 1, int(seed), state[place])
            for place, seed in enumerate(
                np.random.SeedSequence(settings.seed).generate_state(
                    settings.chains, np.uint64
                )
            )
        ]
    )
    done = [False] * len(parts)

    def telling(part: int, first: int) -> Callable[[list[Any]], None]:
        def show(chains: list[Any]) -> None:
            for number, chain in enumerate(chains, first):
                progress.update(number, chain.finished_draws, chain.divergences)
            done[part] = all(c.finished_draws == c.total_draws for c in chains)
            if all(done):
                ended.append(perf_counter())

        return show

    cores = settings.cores or processors()
    return [
        start(
            kernel,
            draws=settings.draws,
            tune=settings.tune,
            chains=chains,
            cores=min(cores, chains),
            seed=seed,
            target_accept=settings.target_accept,
            show=telling(part, first),
            position=position,
        )
        for part, (first, chains, seed, position) in enumerate(parts)
    ]


def _fits(kernel: Kernel, state: NDArray[np.float64]) -> bool:
    """Whether chains can start there."""
    if state.shape[1] != kernel.dimension:
        return False
    return all(np.isfinite(kernel.finite_density(point)) for point in state)


def _check(kernel: Kernel) -> None:
    """Raise unless there is a place to start: nutpie would try in vain."""
    from .starting import starting_point

    tapes, density = kernel.tapes, kernel.finite_density
    point = starting_point(density, kernel.start, tapes.reach, tapes.rows, 0)
    if not np.isfinite(density(point)):
        raise SamplingError(NOWHERE)


def _wait(runs: Sequence[NativeRun], interrupts: Interrupts) -> list[NativeDraws]:
    """Wait in small steps: a blocked call would not see Ctrl-C.

    What has not been imported when sampling ends, is when it is needed.
    """
    packages = iter(MEANWHILE)
    found: list[NativeDraws | None] = [None] * len(runs)
    try:
        while True:
            package = next(packages, None)
            if package is not None:
                import_module(package)
            for place, run in enumerate(runs):
                if found[place] is None:
                    # nutpie does not see the end in a wait of 0
                    found[place] = run.wait(0.05 if package is None else 0.001)
            if all(one is not None for one in found):
                break
            if interrupts.requested:
                found = _stopped(runs, found)
                break
    except KeyboardInterrupt:
        if interrupts.handled:  # it is the second one
            _ended(runs, found)
            raise
        interrupts.requested = True
        found = _stopped(runs, found)
    except BaseException as error:
        if (explained := failure(error)) is None:
            _ended(runs, found)
            raise
        for run, one in zip(runs, found, strict=True):
            if one is None:
                run.fail()
        raise explained from error
    return [one for one in found if one is not None]


def _stopped(
    runs: Sequence[NativeRun], found: Sequence[NativeDraws | None]
) -> list[NativeDraws | None]:
    """Stop what still runs; return what all came to."""
    return [
        run.abort() if one is None else one
        for run, one in zip(runs, found, strict=True)
    ]


def _ended(runs: Sequence[NativeRun], found: Sequence[NativeDraws | None]) -> None:
    """Stop what still runs, and forget it; one that could not start may complain."""
    for run, one in zip(runs, found, strict=True):
        if one is None:
            with suppress(Exception):
                run.abort()


def _tree(
    kernel: Kernel,
    program: Program,
    draws: NativeDraws,
    settings: SamplerSettings,
    seconds: float,
) -> DataTree:
    from xarray import Dataset, DataTree

    labels = {axis.name: axis.labels for axis in program.axes}
    count = draws.unconstrained.shape[1]
    basic = {"chain": np.array(draws.chains), "draw": np.arange(count)}
    variables: dict[str, Any] = {}
    coords: dict[str, Any] = dict(basic)
    rng = np.random.default_rng(settings.seed)
    quantities = kernel.draws(draws.unconstrained, rng)
    for output in kernel.outputs:
        axes = _distinct(output.axes)
        for axis, plain, size in zip(axes, output.axes, output.shape, strict=True):
            known = labels[plain]
            coords[axis] = np.arange(size) if known is None else np.array(known, str)
        variables[output.name] = (("chain", "draw", *axes), quantities[output.name])
    statistics = {
        NUTPIE_STATISTICS.get(name, name): (("chain", "draw"), values)
        for name, values in draws.statistics.items()
    }
    posterior = Dataset(variables, coords, _about(draws.version))
    posterior.attrs |= {"sampling_time": seconds, "tuning_steps": settings.tune}
    stats = Dataset(statistics, basic, _about(draws.version))
    groups: Mapping[str, Dataset] = {"posterior": posterior, "sample_stats": stats}
    return DataTree.from_dict(dict(groups))


def _distinct(axes: tuple[str, ...]) -> tuple[str, ...]:
    """Return axes, the second of two equal ones under another name."""
    return tuple(
        f"{axis}_" if axis in axes[:place] else axis for place, axis in enumerate(axes)
    )


def _about(version: str) -> dict[str, Any]:
    return {
        "created_at": datetime.now(UTC).isoformat(),
        "inference_library": "nutpie",
        "inference_library_version": version,
        "sample_dims": ["chain", "draw"],
    }
