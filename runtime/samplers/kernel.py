"""NUTS on the native kernel of a program: no compilation a model."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import import_module
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from . import NOWHERE, SamplingError, failure
from .draws import NUTPIE_STATISTICS

if TYPE_CHECKING:
    from xarray import Dataset, DataTree

    from varying.compiler.backends.kernel import Kernel
    from varying.compiler.ir import Program

    from ..progress import Progress
    from ..settings import Settings
    from .nutpie_native import Draws, Run

__all__ = ["MEANWHILE", "sample"]

#: Packages that the results need (draws, groups, diagnostics, fit file), in the order
#: in which they do. Together they take longer to import than a small model to sample,
#: and nutpie's threads need no Python, so they are imported while these work.
MEANWHILE = (
    "pyarrow",
    "pandas",
    "xarray",
    "scipy.special",
    "scipy.sparse.linalg",
    "scipy.stats",
    "arviz_stats.base",
    "zarr",
    "rich.table",
)


def sample(
    kernel: Kernel, program: Program, settings: Settings, progress: Progress
) -> DataTree:
    """Sample a kernel with nutpie.

    Parameters
    ----------
    kernel, program
        The kernel, and the program that it was made from.
    settings, progress
        How, and who is told.

    Returns
    -------
    DataTree
        With the groups ``posterior`` (the names, axes and labels that the PyMC model
        gives them) and ``sample_stats``.
    """
    from .nutpie_native import start

    _check(kernel)
    ended: list[float] = []

    def show(chains: list[Any]) -> None:
        for number, chain in enumerate(chains):
            progress.update(number, chain.finished_draws, chain.divergences)
        if all(chain.finished_draws == chain.total_draws for chain in chains):
            ended.append(perf_counter())

    cores = settings.cores or _processors()
    begun = perf_counter()
    with progress.sampling(settings):
        run = start(
            kernel,
            draws=settings.draws,
            tune=settings.tune,
            chains=settings.chains,
            cores=min(cores, settings.chains),
            seed=settings.seed,
            target_accept=settings.target_accept,
            show=show,
        )
        draws = _wait(run)
        # Chains that end during an import are seen by their last report only.
        seconds = min([perf_counter(), *ended]) - begun
        progress.finish(int(draws.statistics["diverging"].sum()), seconds)
    return _tree(kernel, program, draws, settings, seconds)


def _check(kernel: Kernel) -> None:
    """Raise unless there is a place to start: nutpie would try in vain."""
    from .starting import starting_point

    tapes, density = kernel.tapes, kernel.finite_density
    point = starting_point(density, kernel.start, tapes.reach, tapes.rows, 0)
    if not np.isfinite(density(point)):
        raise SamplingError(NOWHERE)


def _processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _wait(run: Run) -> Draws:
    """Wait in small steps: a blocked call would not see Ctrl-C.

    What has not been imported when sampling ends, is when it is needed.
    """
    packages = iter(MEANWHILE)
    try:
        while True:
            package = next(packages, None)
            if package is not None:
                import_module(package)
            try:
                # nutpie does not see the end in a wait of 0
                draws = run.wait(0.05 if package is None else 0.001)
            except BaseException as error:
                if (found := failure(error)) is None:
                    raise
                run.fail()
                raise found from error
            if draws is not None:
                return draws
    except SamplingError:
        raise
    except BaseException:
        run.abort()
        raise


def _tree(
    kernel: Kernel, program: Program, draws: Draws, settings: Settings, seconds: float
) -> DataTree:
    from xarray import Dataset, DataTree

    labels = {axis.name: axis.labels for axis in program.axes}
    chains, count, _ = draws.unconstrained.shape
    basic = {"chain": np.arange(chains), "draw": np.arange(count)}
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
