"""``varying loo`` and the other verbs that say how well fits predict."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .families import load
from .outcome import USAGE
from .terminal import answer, answer_json, note
from .usage import typed

if TYPE_CHECKING:
    from ..compare.report import Report

__all__ = ["compare", "kfold", "loo", "sensitivity", "shown"]


def loo(
    path: str,
    by: str | None,
    refit: bool,
    pit: bool,
    response: str | None,
    form: str,
    quiet: bool,
) -> None:
    """Print how well rows, or levels of a column, are predicted from the others."""
    fit = load(path)
    if pit:
        shown(lambda: fit.loo_pit(response=response), form)
        return
    shown(
        lambda: fit.loo(by=by, refit=refit, response=response, progress=not quiet), form
    )


def sensitivity(path: str, form: str) -> None:
    """Print how far the posterior depends on priors and data."""
    shown(load(path).sensitivity, form)


def kfold(
    path: str,
    k: int | None,
    by: str | None,
    response: str | None,
    seed: int | None,
    out: str | None,
    form: str,
    quiet: bool,
) -> None:
    """Print how well refits predict what they have not seen."""
    fit = load(path)
    shown(
        lambda: fit.kfold(
            k, by=by, response=response, seed=seed, path=out, progress=not quiet
        ),
        form,
    )


def compare(
    paths: Sequence[str],
    method: str,
    by: str | None,
    refit: bool,
    form: str,
    quiet: bool,
    picture: str | None = None,
) -> None:
    """Print fits beside each other, and draw them."""
    from ..fit.compare import compare
    from .plot import check_picture, write

    if picture is not None:
        check_picture(picture)
    drawn: list[Any] = []
    names = names_of(paths)
    fits = {name: load(path) for name, path in zip(names, paths, strict=True)}

    def made() -> Report:
        chosen: Any = method
        found = compare(fits, method=chosen, by=by, refit=refit, progress=not quiet)
        drawn.append(found)
        return found

    shown(made, form)
    if picture is not None:
        write(drawn[0].plot(), picture)


def names_of(paths: Sequence[str]) -> list[str]:
    """Return the names of files, as far as they differ."""
    stems = [Path(path).stem for path in paths]
    return stems if len(set(stems)) == len(stems) else [str(path) for path in paths]


def shown(made: Callable[[], Report], form: str) -> None:
    """Print an answer in a format; end with 2 where an argument makes no sense."""
    try:
        report = made()
    except ValueError as error:
        from varying.grammar.diagnostics import ModelError

        if isinstance(error, ModelError):
            raise
        note(f"varying: {typed(str(error))}")
        sys.exit(USAGE)
    if form == "json":
        answer_json(report.to_dict())
    elif form == "markdown":
        answer(report.to_markdown())
    else:
        answer(report)
