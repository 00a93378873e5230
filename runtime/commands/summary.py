"""``varying summary``: the table of a saved fit."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from .terminal import answer, answer_json

if TYPE_CHECKING:
    from ..fit import Fit


def run(path: str, form: str, whole: bool) -> None:
    """Print the table of a fit file."""
    from ..api import load

    show(load(path), form, whole)


def show(fit: Fit, form: str, whole: bool) -> None:
    """Print the table, and in words what it is worth."""
    summary = fit.summary(all=whole)
    if form == "json":
        answer_json(summary.to_dict())
    elif form == "markdown":
        print(summary.to_markdown())
    else:
        print(fit.provenance.formula)
        answer(summary)
        print()
        print(_wrapped(str(fit.verdict)))


def _wrapped(text: str) -> str:
    """Break long lines for a terminal; a pipe gets a sentence a line."""
    if not sys.stdout.isatty():
        return text
    import shutil
    import textwrap

    width = min(shutil.get_terminal_size().columns, 88)
    return "\n".join(textwrap.fill(line, width) for line in text.splitlines())
