"""How to sample: the numbers that a fit is run with and stores."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from typing import Any, Literal, get_args

from ..interface.arguments import ArgumentError, between, choice, whole

__all__ = ["BACKENDS", "Backend", "Sampler", "SamplerSettings", "processors"]

Backend = Literal["auto", "kernel", "graph"]
#: The keys of ``SAMPLERS``.
Sampler = Literal["nutpie", "pymc"]

BACKENDS: tuple[str, ...] = get_args(Backend)

#: Fewer divergent draws than one in so many are a remark.
DIVERGENT_ONE_IN = 500
#: Attributes of ``sample_stats`` where a run was done again with smaller steps: how
#: many draws of the first one diverged, and of how many.
DIVERGED_BEFORE = "diverged_before"
DRAWN_BEFORE = "drawn_before"

#: nutpie takes an unsigned 64-bit seed.
_SEED_BITS = 64


@dataclass(frozen=True, slots=True)
class SamplerSettings:
    """What a sampler is told.

    Attributes
    ----------
    draws, tune
        Draws kept and draws to adapt by, per chain.
    chains
        Number of chains.
    seed
        Always a number, drawn where the user gave none, so that every fit can
        be repeated.
    sampler
        Key of ``SAMPLERS``.
    cores
        Chains run at a time; None: as many as there are processors.
    target_accept
        Mean acceptance that the step size is adapted to; None: the sampler's
        own default (0.8).
    backend
        What the density is computed by: ``kernel``, the native one, or ``graph``,
        PyMC's. ``auto``: the kernel where there is one. A fit stores which it was.
    """

    draws: int
    tune: int
    chains: int
    seed: int
    sampler: str
    cores: int | None = None
    target_accept: float | None = None
    backend: Backend = "auto"

    @classmethod
    def checked(
        cls,
        *,
        draws: int = 1000,
        tune: int = 1000,
        chains: int = 4,
        seed: int | None = None,
        sampler: Sampler = "nutpie",
        cores: int | None = None,
        target_accept: float | None = None,
        backend: Backend = "auto",
    ) -> SamplerSettings:
        """Return settings whose values make sense.

        Raises
        ------
        ValueError
            If one does not; the message names it.
        """
        choice("sampler", sampler, get_args(Sampler), "no sampler is called")
        found: Any = choice("backend", backend, BACKENDS, "no backend is called")
        if backend == "kernel" and sampler != "nutpie":
            raise ArgumentError(f"the sampler {sampler} takes no kernel: use nutpie")
        accept = target_accept
        return cls(
            draws=whole("draws", draws, 1),
            tune=whole("tune", tune, 0),
            chains=whole("chains", chains, 1),
            seed=_seed(seed),
            sampler=sampler,
            cores=None if cores is None else whole("cores", cores, 1),
            target_accept=None if accept is None else between("target_accept", accept),
            backend=found,
        )


def _seed(seed: object) -> int:
    if seed is None:
        return secrets.randbits(32)
    return whole("seed", seed, 0, below=_SEED_BITS)


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
