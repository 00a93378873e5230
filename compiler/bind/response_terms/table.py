"""The table of terms beside a response."""

from __future__ import annotations

from .rate import RATE
from .term import ResponseTerm
from .trials import TRIALS
from .weights import WEIGHTS

TERMS: dict[str, ResponseTerm] = {
    term.name: term
    for term in (
        TRIALS,
        RATE,
        WEIGHTS,
    )
}

#: Terms of the language that this version does not compile yet.
PLANNED_TERMS: tuple[str, ...] = ("cens", "trunc", "se", "thres", "subset", "dec")
