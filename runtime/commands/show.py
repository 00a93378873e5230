"""``varying show``: the stages of a compilation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .terminal import answer, answer_json, read, warn

if TYPE_CHECKING:
    from ..model import Model


def compiled(file: str, data: str | None, model: str | None) -> Model:
    """Return the compiled model; its warnings go to stderr."""
    from ..api import compile_source, read_data

    source, base = read(file)
    table = None if data is None else read_data(data)
    found = compile_source(source, base, table, model=model)
    warn(found.diagnostics)
    return found


def run(
    what: str, file: str, data: str | None, model: str | None, form: str = "text"
) -> None:
    """Print one stage."""
    found = compiled(file, data, model)
    if what == "design":
        design = found.design
        answer_json(design.to_dict()) if form == "json" else answer(design)
    elif what == "priors":
        priors = found.priors
        answer_json(priors.to_dict()) if form == "json" else answer(priors)
    elif what == "ir":
        answer(found.ir.rstrip("\n"))
    else:
        answer(found.source.rstrip("\n"))
