"""The samplers, by name: a PyMC model and settings in, draws out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xarray import DataTree

    from ...interface.progress import Progress
    from ..settings import SamplerSettings
    from .starting import Starts

    Sampler = Callable[[Any, SamplerSettings, Progress, Starts | None], DataTree]

__all__ = ["SAMPLERS", "NothingDrawn", "SamplingError", "failure", "reason"]


#: Without a draw to tune, nutpie stops with a panic; these are never kept.
LEAST_TUNE = 1


#: What is said where sampling would be in vain.
NOWHERE = "there is no finite density where the chains start"


class NothingDrawn(KeyboardInterrupt):
    """An interrupt before the first draw that would be kept."""

    def __init__(self) -> None:
        super().__init__("the chains were still tuning: there are no draws to keep")


class SamplingError(Exception):
    """The sampler could not start, or gave up; the text says why."""


def reason(error: RuntimeError) -> str:
    """Return what nutpie says, without the stack of its own functions."""
    text = str(error).partition("Stack backtrace:")[0]
    return ": ".join(
        line.strip().rstrip(":") for line in text.splitlines() if line.strip()
    )


def failure(error: BaseException) -> SamplingError | None:
    """Return what an exception of nutpie comes to; None if it is none of nutpie's.

    A panic of its own code reaches Python as an exception that is no ``Exception``.
    """
    if isinstance(error, RuntimeError):
        return SamplingError(reason(error))
    if type(error).__name__ == "PanicException":
        return SamplingError(f"it broke down: {error}")
    return None


def _nutpie(
    model: Any,
    settings: SamplerSettings,
    progress: Progress,
    starts: Starts | None = None,
) -> DataTree:
    from .nutpie import sample

    return sample(model, settings, progress, starts)


def _pymc(
    model: Any,
    settings: SamplerSettings,
    progress: Progress,
    starts: Starts | None = None,
) -> DataTree:
    from .pymc import sample

    return sample(model, settings, progress, starts)


#: The first is the default. Each imports its library when it is called. They are given
#: a model, how to sample it, who is told, and where to start; None: where they like.
SAMPLERS: dict[str, Sampler] = {
    "nutpie": _nutpie,
    "pymc": _pymc,
}
