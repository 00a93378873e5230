"""What a notebook shows of a fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..interface.grids import page, paragraph
from ..verdict.page import verdict_html

if TYPE_CHECKING:
    from .fit import Fit


def of_fit(fit: Fit) -> str:
    """Return the page of a fit: the verdict first, then the table."""
    from ..summary.table import tables_html

    settings = fit.settings
    chains, draws = fit.provenance.drawn
    how = f"{chains} x {draws} draws with {settings.sampler}, seed {settings.seed}"
    return page(
        verdict_html(fit.verdict), *tables_html(fit.summary()), paragraph(how, "f")
    )
