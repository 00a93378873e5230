"""NUTS as nutpie runs it: threads, no Python in the loop.

nutpie compiles an entry function anew in every process, which takes longer
than most sampling; the wait is announced.
"""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Any

from . import LEAST_TUNE, SamplingError, reason
from .draws import NUTPIE_STATISTICS, tidy

if TYPE_CHECKING:
    from xarray import DataTree

    from ..progress import Progress
    from ..settings import Settings


def sample(model: Any, settings: Settings, progress: Progress) -> DataTree:
    """Sample a PyMC model with nutpie."""
    import nutpie
    from pymc.backends.arviz import patch_nutpie_idata

    with progress.compiling():
        compiled = nutpie.compile_pymc_model(model)
    options: dict[str, Any] = {}
    if settings.cores is not None:
        options["cores"] = min(settings.cores, settings.chains)
    if settings.target_accept is not None:
        options["target_accept"] = settings.target_accept

    def show(chains: list[Any]) -> None:
        for number, chain in enumerate(chains):
            progress.update(number, chain.finished_draws, chain.divergences)

    start = perf_counter()
    with progress.sampling(settings):
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
            data = _wait(run)
        except RuntimeError as error:
            raise SamplingError(reason(error)) from error
        progress.finish(int(data["sample_stats"]["diverging"].sum()))
    patch_nutpie_idata(data, model, perf_counter() - start)
    return tidy(data, NUTPIE_STATISTICS)


def _wait(run: Any) -> DataTree:
    """Wait in small steps: a blocked call would not see Ctrl-C."""
    while True:
        try:
            data: DataTree = run.wait(timeout=0.1)
        except TimeoutError:
            continue
        except BaseException:
            run.cancel()
            raise
        return data
