"""What a notebook shows of a verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..interface.grids import page, paragraph

if TYPE_CHECKING:
    from .verdict import Verdict


def verdict_html(verdict: Verdict) -> str:
    """Return a verdict: the first sentence, then what was found and what to do."""
    first, *findings = verdict.sentences
    mark = "v" if verdict.ok else "v w"
    return paragraph(first, mark) + "".join(paragraph(one) for one in findings)


def of_verdict(verdict: Verdict) -> str:
    """Return the page of a verdict."""
    return page(verdict_html(verdict))
