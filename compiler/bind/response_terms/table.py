"""The table of terms beside a response."""

from __future__ import annotations

from .cens import CENS
from .dec import DEC
from .rate import RATE
from .se import SE
from .term import ResponseTerm
from .trials import TRIALS
from .trunc import TRUNC
from .vint import VINT, VREAL
from .weights import WEIGHTS

TERMS: dict[str, ResponseTerm] = {
    term.name: term
    for term in (
        TRIALS,
        RATE,
        CENS,
        TRUNC,
        SE,
        DEC,
        VINT,
        VREAL,
        WEIGHTS,
    )
}

#: Terms about thresholds, which are bound once the rows are known (``bind/items.py``).
OF_THRESHOLDS: tuple[str, ...] = ("thres", "resp_thres")

#: Terms about baseline hazards, bound once the times are known (``bind/baseline.py``).
OF_BASELINE: tuple[str, ...] = ("bhaz",)

#: Terms about which rows there are, which are read before (``prepare/subset.py``).
OF_ROWS: tuple[str, ...] = ("subset",)

#: Terms of the language that this version does not compile yet.
PLANNED_TERMS: tuple[str, ...] = ()
