"""``varying show``: the stages of a compilation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .families import chosen
from .outcome import OK, exit_code
from .terminal import answer, answer_json, read, warn, warn_briefly

if TYPE_CHECKING:
    from ..model import Model


def compiled(
    file: str, data: str | None, model: str | None, *, briefly: bool = False
) -> Model:
    """Return the compiled model; its warnings go to stderr, in full or in two lines."""
    from ..api import compile_source, data_file

    source, base = read(file)
    found = compile_source(
        source, base, data_file(data), model=model, families=chosen()
    )
    if briefly:
        warn_briefly(found.diagnostics, file)
    else:
        warn(found.diagnostics)
    return found


def show_design(file: str, data: str | None, model: str | None, form: str) -> int:
    """Print the design, whenever names and types bind; return the exit code."""
    from varying.compiler.driver import Request

    from ..api import data_file
    from ..look.design import Design
    from ..workspace.workspace import workspace

    source, base = read(file)
    request = Request(source, data_file(data), base, model, families=chosen())
    found = workspace().design(request)
    warn(found.diagnostics)
    design = Design(found)
    answer_json(design.to_dict()) if form == "json" else answer(design)
    return exit_code(found.diagnostics)


def run(
    what: str, file: str, data: str | None, model: str | None, form: str = "text"
) -> int:
    """Print one stage; return the exit code."""
    if what == "design":
        return show_design(file, data, model, form)
    found = compiled(file, data, model)
    if what == "priors":
        priors = found.priors
        answer_json(priors.to_dict()) if form == "json" else answer(priors)
    elif what == "ir":
        answer(found.ir.rstrip("\n"))
    else:
        answer(found.source.rstrip("\n"))
    return OK
