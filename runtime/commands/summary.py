"""``varying summary``: the table of a saved fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .terminal import answer, answer_json, note, print_text

if TYPE_CHECKING:
    from ..fit.fit import Fit
    from ..summary.summary import Summary


def run(path: str, form: str, whole: bool, prob: float = 0.95) -> None:
    """Print the table of a fit file."""
    from ..fit.store import read_summary

    _print(read_summary(path, whole=whole, prob=prob), form)


def show(fit: Fit, form: str, whole: bool) -> None:
    """Print the formula, the table, and in words what it is worth."""
    _print(fit.summary(all=whole), form)


def _print(summary: Summary, form: str) -> None:
    match form:
        case "json":
            answer_json(summary.to_dict())
        case "markdown":
            answer(summary.to_markdown())
        case "latex":
            answer(summary.to_latex())
        case "csv":
            print_text(summary.to_csv() or "")
            for sentence in summary.sampling.verdict.sentences:
                note(sentence)
        case _:
            answer(summary)
