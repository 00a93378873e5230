"""NUTS as nutpie runs it: threads, no Python in the loop.

nutpie compiles an entry function anew in every process, which takes longer
than most sampling; the wait is announced.
"""

from __future__ import annotations

import ctypes
import dataclasses
from contextlib import suppress
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from ...interface.interrupts import Interrupts, interruptible
from . import LEAST_TUNE, NothingDrawn, failure
from .draws import NUTPIE_STATISTICS, rectangle, tidy

if TYPE_CHECKING:
    from xarray import DataTree

    from ...interface.progress import Progress
    from ..settings import SamplerSettings
    from .starting import Starts


def sample(
    model: Any,
    settings: SamplerSettings,
    progress: Progress,
    starts: Starts | None = None,
) -> DataTree:
    """Sample a PyMC model with nutpie."""
    import nutpie
    from pymc.backends.arviz import patch_nutpie_idata

    with progress.compiling():
        compiled = nutpie.compile_pymc_model(model)
    if starts is not None:
        compiled = _from(starts, compiled, model)
    options: dict[str, Any] = {}
    if settings.cores is not None:
        options["cores"] = min(settings.cores, settings.chains)
    if settings.target_accept is not None:
        options["target_accept"] = settings.target_accept

    def show(chains: list[Any]) -> None:
        for number, chain in enumerate(chains):
            progress.update(number, chain.finished_draws, chain.divergences)

    start = perf_counter()
    with interruptible() as interrupts, progress.sampling(settings):
        interrupts.holding = True
        try:
            run = nutpie.sample(
                compiled,
                draws=settings.draws,
                tune=max(settings.tune, LEAST_TUNE),
                chains=settings.chains,
                seed=settings.seed,
                save_warmup=False,
                progress_bar=False,
                progress_callback=show,
                blocking=False,
                **options,
            )
            data = _whole(_wait(run, interrupts))
        except BaseException as error:
            if (found := failure(error)) is None:
                raise
            # chains that run on in other threads must not outlive what they use
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(compiled))
            raise found from error
        interrupts.drawn = True
        progress.finish(int(data["sample_stats"]["diverging"].sum()))
    patch_nutpie_idata(data, model, perf_counter() - start)
    return tidy(data, NUTPIE_STATISTICS)


def _from(starts: Starts, compiled: Any, model: Any) -> Any:
    """Return a compiled model whose chains start where they should."""
    names = [variable.name for variable in model.free_RVs]

    def beginning(seed: int) -> Any:
        point = starts.coordinates(seed)
        return np.concatenate([np.zeros(0), *(np.ravel(point[n]) for n in names)])

    return dataclasses.replace(compiled, initial_point_func=beginning)


def _wait(run: Any, interrupts: Interrupts) -> DataTree:
    """Wait in small steps: a blocked call would not see Ctrl-C."""
    data: DataTree
    while True:
        try:
            data = run.wait(timeout=0.1)
        except TimeoutError:
            if interrupts.requested:
                data = run.abort()
                return data
            continue
        except KeyboardInterrupt:
            if interrupts.handled:  # it is the second one
                run.cancel()
                raise
            interrupts.requested = True
            data = run.abort()
            return data
        except BaseException:
            with suppress(BaseException):
                run.cancel()
            raise
        return data


def _whole(data: DataTree) -> DataTree:
    """Return chains of one length; nutpie fills those that were stopped with NaN."""
    lengths: list[int] = []
    if "posterior" in data:
        there = ~np.isnan(data["sample_stats"].to_dataset()["logp"].values)
        lengths = there.sum(axis=1).tolist()
    chains, length = rectangle(lengths)
    if not length:
        raise NothingDrawn
    if chains == list(range(len(lengths))) and length == max(lengths):
        return data
    groups = {
        name: data[name].to_dataset().isel(chain=chains, draw=slice(length))
        for name in ("posterior", "sample_stats")
    }
    rest = {
        name: node.to_dataset()
        for name, node in data.children.items()
        if name not in groups and not name.startswith("warmup")
    }
    kept: DataTree = data.from_dict({**rest, **groups})
    kept.attrs = dict(data.attrs)
    return kept
