"""``varying summary``: the table of a saved fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .terminal import answer, answer_json

if TYPE_CHECKING:
    from ..fit import Fit


def run(path: str, form: str, whole: bool) -> None:
    """Print the table of a fit file."""
    from ..api import load

    show(load(path), form, whole)


def show(fit: Fit, form: str, whole: bool) -> None:
    """Print the formula, the table, and in words what it is worth."""
    summary = fit.summary(all=whole)
    if form == "json":
        answer_json(summary.to_dict())
    elif form == "markdown":
        answer(summary.to_markdown())
    else:
        answer(summary)
