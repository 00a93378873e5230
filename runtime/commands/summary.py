"""``varying summary``: the table of a saved fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .terminal import answer, answer_json

if TYPE_CHECKING:
    from ..fit.fit import Fit
    from ..summary.summary import Summary


def run(path: str, form: str, whole: bool) -> None:
    """Print the table of a fit file."""
    from ..fit.store import read_summary

    _print(read_summary(path, whole=whole), form)


def show(fit: Fit, form: str, whole: bool) -> None:
    """Print the formula, the table, and in words what it is worth."""
    _print(fit.summary(all=whole), form)


def _print(summary: Summary, form: str) -> None:
    if form == "json":
        answer_json(summary.to_dict())
    elif form == "markdown":
        answer(summary.to_markdown())
    else:
        answer(summary)
