"""The samplers, by name: a PyMC model and settings in, draws out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xarray import DataTree

    from ..progress import Progress
    from ..settings import Settings

    Sampler = Callable[[Any, Settings, Progress], DataTree]

__all__ = ["SAMPLERS", "SamplingError", "reason"]


#: Without a draw to tune, nutpie stops with a panic; these are never kept.
LEAST_TUNE = 1


class SamplingError(Exception):
    """The sampler could not start, or gave up; the text says why."""


def reason(error: RuntimeError) -> str:
    """Return what nutpie says, without the stack of its own functions."""
    text = str(error).partition("Stack backtrace:")[0]
    return ": ".join(
        line.strip().rstrip(":") for line in text.splitlines() if line.strip()
    )


def _nutpie(model: Any, settings: Settings, progress: Progress) -> DataTree:
    from .nutpie import sample

    return sample(model, settings, progress)


def _pymc(model: Any, settings: Settings, progress: Progress) -> DataTree:
    from .pymc import sample

    return sample(model, settings, progress)


#: The first is the default. Each imports its library when it is called.
SAMPLERS: dict[str, Sampler] = {
    "nutpie": _nutpie,
    "pymc": _pymc,
}
