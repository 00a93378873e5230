"""Families of one's own in a command: the files that `--families` names.

An option of every command that compiles a model. A process is one command, so that what
was typed is kept here, and asked for where a spec or a fit is read.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from typing import TYPE_CHECKING

from ..interface.arguments import ArgumentError
from .outcome import USAGE
from .terminal import note

if TYPE_CHECKING:
    from varying.compiler.families.family import Family

    from ..fit.fit import Fit

__all__ = ["chosen", "keep", "load"]

_typed: list[str] = []


def keep(files: Sequence[str] | None) -> Sequence[str] | None:
    """Keep what was typed; an option's callback."""
    _typed[:] = files or ()
    return files


def chosen() -> Mapping[str, Family]:
    """Return the families that the files make, which are run; none without any."""
    if not _typed:
        return {}
    from ..api import families_of

    try:
        # what a file prints is no answer of the command
        with redirect_stdout(sys.stderr):
            return families_of(_typed)
    except ArgumentError as error:
        note(f"varying: {error}")
        sys.exit(USAGE)


def load(path: str) -> Fit:
    """Return a fit from a file, with the families that were named."""
    from ..api import load

    return load(path, families=chosen())
