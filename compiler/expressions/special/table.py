"""The table of special terms, and the list of those that are planned."""

from __future__ import annotations

from collections.abc import Mapping

from ..elsewhere import CATEGORIES, SMOOTH
from .monotonic import MO
from .term import SpecialTerm

TERMS: dict[str, SpecialTerm] = {term.name: term for term in (MO,)}

#: Of the terms below, those that are compiled where they stand by themselves.
STANDING = frozenset({"cs"})

#: Terms of the language that this version does not compile yet, and what to write until
#: then. Of these `gr` and `mm` stand right of a bar: `formula/groups.py` reads them.
PLANNED_TERMS: Mapping[str, tuple[str, ...]] = {
    "gr": (),
    "mm": (),
    "cs": (
        CATEGORIES,
        "it is a term of its own: `x + cs(z)`, no part of a product; that of a group "
        "is `(cs(z) | g)`",
    ),
    "t2": ("until then: a surface by products of curves, `ns(x, df=3)*ns(z, df=3)`",),
    "gp": (SMOOTH,),
    "me": (
        "until then: `x` as it was measured; its effect is then drawn towards 0, the "
        "more so the larger its error",
    ),
    "mi": (
        "until then: rows where a predictor is missing are left out, and counted "
        "(`rows-dropped`)",
    ),
}
