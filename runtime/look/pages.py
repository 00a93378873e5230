"""What a notebook shows of models, designs and prior checks: small pages of HTML.

Sober tables in the colours of the page that they stand in, dark or light: no scripts,
and nothing from elsewhere. All text goes through ``grids``, which escapes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from varying.grammar.diagnostics import Diagnostic, Severity

from ..interface.grids import Cell, TextTable, code_html, heading, page, paragraph

if TYPE_CHECKING:
    from ..model import Model
    from .design import Design
    from .prior_check import PriorCheck

__all__ = ["of_check", "of_design", "of_model"]


def of_model(model: Model) -> str:
    """Return the page of a model: what it is about, then its warnings."""
    grid = TextTable(
        (f"Model {model.name}", ""),
        tuple((Cell.of(name), Cell.of(text)) for name, text in model._facts()),
        numeric=False,
    )
    return page(code_html(model.formula), grid.html(), *map(_noted, model._shown()))


def _noted(found: Diagnostic | str) -> str:
    if isinstance(found, str):
        return paragraph(found, "f")
    mark = "" if found.severity is Severity.INFO else "w"
    return paragraph(f"{found.severity}[{found.rule}]: {found.message}", mark)


def of_check(check: PriorCheck) -> str:
    """Return the page of a prior check: what prior data sets have, and the data."""
    rows = tuple(
        tuple(map(Cell.of, (statement.title, *statement.written)))
        for statement in check
    )
    data = check.replicates
    grid = TextTable((data.name, "2.5%", "97.5%", "your data"), rows)
    said = f"{len(data.drawn)} prior data sets, seed {check.seed}"
    return page(grid.html(), *map(paragraph, check.sentences), paragraph(said, "f"))


def of_design(design: Design) -> str:
    """Return the page of a design: rows, response, and a table for each part."""
    parts: list[str] = []
    for title, lines in design._blocks():
        parts.append(heading(title))
        for line in lines:
            if isinstance(line, str):
                parts.append(paragraph(line.strip()))
            else:
                cells = ((Cell.of(name), Cell.of(text)) for name, text in line)
                grid = TextTable(("column", "coding"), tuple(cells), numeric=False)
                parts.append(grid.html())
    return page(*parts)
