"""``varying plot``: pictures of a saved fit."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from .families import load
from .fit import check_replaced, check_target
from .outcome import USAGE, EnvironmentFault
from .terminal import note
from .usage import typed

if TYPE_CHECKING:
    from ..plots.style import Picture


def run(kind: str, path: str, out: str | None, options: dict[str, Any]) -> None:
    """Draw one picture and write it."""
    from ..interface.arguments import ArgumentError
    from ..plots import plot

    target = out if out is not None else f"{Path(path).stem}.{kind}.png"
    check_picture(target)
    fit = load(path)
    try:
        picture = plot(fit, kind, **options)
    except ArgumentError as error:
        refuse(typed(str(error)))
    write(picture, target)


def check_picture(target: str) -> None:
    """Fail before the work: for a name of no format, or a file not to be written.

    Matplotlib is asked for first: without it there is no picture of any name.
    """
    from ..plots import load as load_plots

    try:
        style = load_plots("style")
    except ModuleNotFoundError as error:
        raise EnvironmentFault(str(error)) from error
    try:
        style.format_of(target)
    except ValueError as error:
        refuse(str(error))
    check_target(target)
    check_replaced(Path(target), style.is_ours, "no picture of Varying's")


def write(picture: Picture, target: str) -> None:
    """Write a picture, whole or not at all, and say so."""
    try:
        picture.save(target)
    except OSError as error:
        reason = error.strerror or str(error)
        raise EnvironmentFault(f"`{target}` cannot be written: {reason}") from error
    for text in picture.notes:
        note(text)
    note(f"saved as {target}")


def refuse(text: str) -> NoReturn:
    """End as for a wrong argument."""
    note(f"varying: {text}")
    sys.exit(USAGE)
