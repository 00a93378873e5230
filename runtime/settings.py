"""How to sample: the numbers that a fit is run with and stores."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from operator import index
from typing import Literal, get_args

__all__ = ["BACKENDS", "Backend", "Settings"]

Backend = Literal["auto", "kernel", "graph"]

BACKENDS: tuple[str, ...] = get_args(Backend)

#: nutpie takes an unsigned 64-bit seed.
_LARGEST_SEED = 2**64 - 1


@dataclass(frozen=True, slots=True)
class Settings:
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
        sampler: str = "nutpie",
        cores: int | None = None,
        target_accept: float | None = None,
        backend: Backend = "auto",
    ) -> Settings:
        """Return settings whose values make sense.

        Raises
        ------
        ValueError
            If one does not; the message names it.
        """
        from .samplers import SAMPLERS

        if sampler not in SAMPLERS:
            raise ValueError(
                f"no sampler is called {sampler!r}; there are: {', '.join(SAMPLERS)}"
            )
        if backend not in BACKENDS:
            raise ValueError(
                f"no backend is called {backend!r}; there are: {', '.join(BACKENDS)}"
            )
        if backend == "kernel" and sampler != "nutpie":
            raise ValueError(f"the sampler {sampler} takes no kernel: use nutpie")
        if target_accept is not None and not 0 < target_accept < 1:
            raise ValueError(
                f"target_accept is a number between 0 and 1, not {target_accept}"
            )
        return cls(
            draws=_at_least(1, "draws", draws),
            tune=_at_least(0, "tune", tune),
            chains=_at_least(1, "chains", chains),
            seed=_seed(seed),
            sampler=sampler,
            cores=None if cores is None else _at_least(1, "cores", cores),
            target_accept=None if target_accept is None else float(target_accept),
            backend=backend,
        )


def _whole(name: str, value: object) -> int:
    try:
        return index(value)  # type: ignore[arg-type]
    except TypeError:
        raise ValueError(f"{name} is a whole number, not {value!r}") from None


def _at_least(least: int, name: str, value: object) -> int:
    number = _whole(name, value)
    if number < least:
        raise ValueError(f"{name} is at least {least}, not {number}")
    return number


def _seed(seed: object) -> int:
    if seed is None:
        return secrets.randbits(32)
    number = _at_least(0, "seed", seed)
    if number > _LARGEST_SEED:
        raise ValueError(f"seed is below 2^64, not {number}")
    return number
