"""Exact refits: the same model and the same priors, without some of the rows.

What the full fit learned from its data stands in the program as numbers (scales of
priors, means of columns, the levels of groups and the categories of the response), and
stays: a refit differs in its rows alone. A group whose rows are all left out is there
without data, and its effects are drawn from their distribution.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from varying.compiler.driver import for_sampler
from varying.compiler.passes import optimize
from varying.compiler.program.fill import fill

from ..interface.progress import Progress, Silent
from ..sampling.run import sample
from ..sampling.settings import SamplerSettings

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from xarray import Dataset

    from varying.compiler.compiled import Compiled

__all__ = ["Refit", "refit", "refit_settings", "without"]

#: Draws of a refit, in each of so many chains. What is asked of it is a mean of
#: densities, which is known well enough by so many.
_DRAWS, _TUNE, _CHAINS = 500, 500, 2


@dataclass(frozen=True, slots=True, eq=False)
class Refit:
    """Draws of a model without some of its rows.

    Attributes
    ----------
    posterior
        Of what is reported and of what was sampled.
    divergences
        How many draws diverged.
    seconds
        What sampling took.
    """

    posterior: Dataset
    divergences: int
    seconds: float


def refit_settings(full: SamplerSettings, number: int) -> SamplerSettings:
    """Return how a refit is sampled: its seed follows from that of the full fit."""
    seed = np.random.SeedSequence((full.seed, number)).generate_state(1, np.uint64)
    return SamplerSettings.checked(
        draws=_DRAWS,
        tune=_TUNE,
        chains=_CHAINS,
        seed=int(seed[0]),
        cores=full.cores,
        target_accept=full.target_accept,
        # "graph" where the full fit had no kernel
        backend="auto" if full.backend == "kernel" else full.backend,
    )


def without(compiled: Compiled, rows: Sequence[int] | NDArray[np.int64]) -> Compiled:
    """Return a model compiled with the same numbers, without some rows."""
    prepared = compiled.prepared
    kept = np.setdiff1d(np.arange(prepared.table.rows), np.asarray(rows))
    table = prepared.table.take(kept)
    program, frame = optimize(compiled.lowered, fill(compiled.lowered, table))
    fewer = replace(prepared, table=table, rows=prepared.rows[kept])
    return replace(compiled, prepared=fewer, frame=frame, program=program)


def refit(
    compiled: Compiled, settings: SamplerSettings, progress: Progress | None = None
) -> Refit:
    """Sample a model that ``without`` returned.

    Raises
    ------
    SamplingError
        If the sampler cannot start.
    """
    found = sample(for_sampler(compiled), settings, progress or Silent())
    stats = found.data["sample_stats"]
    diverged = int(stats["diverging"].sum()) if "diverging" in stats else 0
    return Refit(found.data["posterior"].to_dataset(), diverged, found.seconds)
