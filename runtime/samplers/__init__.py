"""The samplers, by name: a PyMC model and settings in, draws out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xarray import DataTree

    from ..progress import Progress
    from ..settings import Settings

    Sampler = Callable[[Any, Settings, Progress], DataTree]

__all__ = ["SAMPLERS", "SamplingError"]


class SamplingError(Exception):
    """The sampler could not start, or gave up; the text says why."""


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
