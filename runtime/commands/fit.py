"""``varying fit``: sample, save, and print the table."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..sampling.targets import in_the_way, refused, saved_elsewhere
from .families import load
from .outcome import INTERRUPTED, OK, USAGE, EnvironmentFault
from .show import compiled
from .summary import show
from .terminal import note

if TYPE_CHECKING:
    from ..fit.fit import Fit
    from ..model import Model
    from ..sampling.settings import Backend, Sampler


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says of sampling."""

    draws: int
    tune: int
    chains: int
    seed: int | None
    sampler: Sampler
    target_accept: float | None
    backend: Backend


def run(
    file: str,
    data: str | None,
    model: str | None,
    options: Options,
    out: str | None,
    quiet: bool,
    form: str,
) -> int:
    """Fit a model; return the exit code.

    Bad diagnostics are said in words, and are no failure.
    """
    from ..fit.store import is_fit
    from ..sampling.settings import SamplerSettings
    from ..sampling.sizes import check_sampling, fit_bytes

    found = compiled(file, data, model, briefly=True)
    target = Path(out) if out is not None else _default(file, found)
    if found.compiled is not None:
        settings = SamplerSettings.checked(**asdict(options))
        check_sampling(found.compiled, settings)
        needed = fit_bytes(found.compiled, settings)
        # a path would forget that `results/` is a folder
        check_target(target if out is None else out, needed)
    check_replaced(target, is_fit, "no fit")

    def sample() -> Fit:
        return found.fit(**asdict(options), progress=not quiet)

    return _kept(sample, target, form, quiet)


def resume(
    path: str,
    file: str | None,
    data: str | None,
    model: str | None,
    draws: int | None,
    out: str | None,
    quiet: bool,
    form: str,
) -> int:
    """Go on from a fit, in its file or another one; return the exit code."""
    from dataclasses import replace

    from ..fit.make import same_model
    from ..fit.store import is_fit
    from ..sampling.sizes import check_sampling, fit_bytes

    before = load(path)
    made_of = before._origin.compiled
    if file is not None:
        given = compiled(file, data, model or before.model)
        same_model(before, given._with_data("a fit"), path)
    settings = replace(before.settings, draws=draws or before.settings.draws)
    check_sampling(made_of, settings)
    target = Path(path if out is None else out)
    check_target(path if out is None else out, fit_bytes(made_of, settings))
    check_replaced(target, is_fit, "no fit")

    def sample() -> Fit:
        try:
            return before.resume(draws=draws, progress=not quiet)
        except ValueError as error:
            note(f"varying: {error}")
            sys.exit(USAGE)

    return _kept(sample, target, form, quiet)


def _kept(sample: Callable[[], Fit], target: Path, form: str, quiet: bool) -> int:
    """Sample, save and show; what an interrupt leaves is saved as well."""
    from ..interface.interrupts import interruptible
    from ..sampling.samplers import NothingDrawn

    with interruptible(say=True) as interrupts:
        try:
            fit = sample()
        except NothingDrawn as error:
            note(str(error))
            raise
        try:
            fit.save(target)
        except OSError as error:
            # Hours of sampling are not to be lost, nor the table.
            reason = f"`{target}` cannot be written: {error.strerror or error}"
            place = saved_elsewhere(target, fit.save)
            show(fit, form, whole=False)
            there = "nor can another place" if place is None else f"it is in `{place}`"
            raise EnvironmentFault(f"{reason}; {there}") from error
    show(fit, form, whole=False)
    if not quiet:
        note(f"saved as {target}; seed {fit.seed}")
    return INTERRUPTED if interrupts.requested else OK


def _default(file: str, model: Model) -> Path:
    """Return ``STEM.fit``, or ``STEM.MODEL.fit`` if the spec has several models."""
    if file == "-":
        return Path(f"{model.name}.fit")
    several = len(model.spec.models) > 1
    name = f".{model.name}" if several else ""
    return Path(f"{Path(file).stem}{name}.fit")


def check_replaced(target: Path, ours: Callable[[Path], bool], kind: str) -> None:
    """Refuse to write over a file of another kind; see ``in_the_way``."""
    reason = in_the_way(target, ours, kind)
    if reason is not None:
        raise EnvironmentFault(f"`{target}` is not written: {reason}")


def check_target(target: str | Path, needed: int = 0) -> None:
    """Fail before the work, not after it; ``needed`` is what it will have, in bytes."""
    reason = refused(target, needed)
    if reason is not None:
        raise EnvironmentFault(f"`{target}` cannot be written: {reason}")
