"""``varying fit``: sample, save, and print the table."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .outcome import EnvironmentFault
from .show import compiled
from .summary import show
from .terminal import note

if TYPE_CHECKING:
    from ..model import Model
    from ..settings import Backend, Sampler


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
) -> None:
    """Fit a model. Bad diagnostics are said in words, and are no failure."""
    found = compiled(file, data, model)
    target = Path(out) if out is not None else _default(file, found)
    check_target(target)
    _check_replaced(target)
    fit = found.fit(
        draws=options.draws,
        tune=options.tune,
        chains=options.chains,
        seed=options.seed,
        sampler=options.sampler,
        target_accept=options.target_accept,
        backend=options.backend,
        progress=not quiet,
    )
    try:
        fit.save(target)
    except OSError as error:
        # Hours of sampling may be lost: at least the table is not.
        show(fit, form, whole=False)
        reason = error.strerror or str(error)
        raise EnvironmentFault(f"`{target}` cannot be written: {reason}") from error
    show(fit, form, whole=False)
    if not quiet:
        note(f"saved as {target}; seed {fit.seed}")


def _default(file: str, model: Model) -> Path:
    """Return ``STEM.fit``, or ``STEM.MODEL.fit`` if the spec has several models."""
    if file == "-":
        return Path(f"{model.name}.fit")
    several = len(model.spec.models) > 1
    name = f".{model.name}" if several else ""
    return Path(f"{Path(file).stem}{name}.fit")


def _check_replaced(target: Path) -> None:
    """Refuse to write over a file that is no fit, such as the data or the spec."""
    from ..store import is_fit

    if target.is_file() and target.stat().st_size and not is_fit(target):
        reason = "it is there and is no fit; choose another name, or remove it"
        raise EnvironmentFault(f"`{target}` is not written: {reason}")


def check_target(target: Path) -> None:
    """Fail before the sampling, not after it."""
    folder = target.parent
    if target.is_dir():
        reason = "it is a folder"
    elif target.exists() and not target.is_file():
        reason = "it is not a regular file"
    elif not folder.is_dir():
        reason = f"there is no folder `{folder}`"
    elif not os.access(folder, os.W_OK):
        reason = f"no permission to write in `{folder}`"
    else:
        return
    raise EnvironmentFault(f"`{target}` cannot be written: {reason}")
