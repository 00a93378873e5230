"""Asking a fit file: without xarray, pandas and PyMC, which take longer than that."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ..questions.asking import ask
from .answer import Answer
from .origin import Origin
from .store import read_plain

if TYPE_CHECKING:
    from varying.compiler.expressions.own import Functions
    from varying.compiler.families.own import FamiliesByName

__all__ = ["ask_file"]


def ask_file(
    path: str | os.PathLike[str],
    question: str,
    prob: float,
    functions: Functions | None = None,
    families: FamiliesByName | None = None,
) -> Answer:
    """Return the answer of a fit file to a question; see ``Fit.ask``.

    Raises
    ------
    ModelError
        With everything that is wrong with the question; ``not-a-fit`` if the file is
        none, or holds other data than those of its draws.
    """
    plain = read_plain(path)
    origin = Origin(
        plain.table,
        plain.provenance,
        os.fspath(path),
        functions or {},
        stored=plain.stored,
        families=families or {},
    )
    compiled = origin.compiled
    origin.check_observed(plain.observed)
    rows = {one.rows for one in compiled.program.likelihoods}
    draws = {
        name: one.transpose("chain", "draw", ...).values
        for name, one in plain.draws.items()
        if not rows & set(one.dims)
    }
    found = ask(question, compiled, draws, plain.provenance.settings.seed)
    return Answer.of(found, plain.chains, plain.numbers, prob)
