"""NUTS as PyMC itself runs it: slower a step, quicker to start."""

from __future__ import annotations

import logging
from collections import Counter
from typing import TYPE_CHECKING, Any

from ...interface.interrupts import interruptible
from . import NothingDrawn, SamplingError
from .draws import tidy

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
    """Sample a PyMC model with PyMC's own NUTS."""
    import pymc as pm

    options: dict[str, Any] = {}
    if settings.cores is not None:
        options["cores"] = settings.cores
    if settings.target_accept is not None:
        options["nuts"] = {"target_accept": settings.target_accept}

    if starts is not None:
        seed = settings.seed or 0
        chains = range(settings.chains)
        options["initvals"] = [starts.values([seed, chain]) for chain in chains]
        # they are moved already
        options["init"] = "adapt_diag"

    done: Counter[int] = Counter()
    divergences: Counter[int] = Counter()

    def show(trace: Any, draw: Any) -> None:
        if interrupts.requested:
            raise KeyboardInterrupt  # PyMC takes it, and returns what there is
        interrupts.holding = True
        done[draw.chain] += 1
        if not draw.tuning:
            divergences[draw.chain] += bool(draw.stats[0].get("diverging"))
        progress.update(draw.chain, done[draw.chain], divergences[draw.chain])

    # PyMC compiles inside `sample`: the bars stand still until it is done.
    with (
        interruptible() as interrupts,
        _quiet(),
        progress.sampling(settings, compiles=True),
    ):
        try:
            data: DataTree = pm.sample(
                draws=settings.draws,
                tune=settings.tune,
                chains=settings.chains,
                random_seed=settings.seed,
                nuts_sampler="pymc",
                progressbar=False,
                quiet=True,
                compute_convergence_checks=False,
                callback=show,
                model=model,
                **options,
            )
        except (RuntimeError, pm.exceptions.SamplingError) as error:
            raise SamplingError(str(error)) from error
        except ValueError as error:
            if interrupts.requested or "Not enough samples" in str(error):
                raise NothingDrawn from None
            raise
        interrupts.drawn = True
        progress.finish(int(data["sample_stats"]["diverging"].sum()))
    return tidy(data, {})


class _quiet:
    """Keep PyMC's log lines off stderr: what they say, the verdict says."""

    def __enter__(self) -> None:
        self._logger = logging.getLogger("pymc")
        self._level = self._logger.level
        self._logger.setLevel(logging.CRITICAL)

    def __exit__(self, *_: object) -> None:
        self._logger.setLevel(self._level)
