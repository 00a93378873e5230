"""The table of special terms."""

from __future__ import annotations

from .monotonic import MO
from .term import SpecialTerm

TERMS: dict[str, SpecialTerm] = {term.name: term for term in (MO,)}

#: Terms of the language that this version does not compile yet. Of these `gr` and `mm`
#: stand right of a bar.
PLANNED_TERMS: tuple[str, ...] = ("gr", "mm", "cs", "s", "t2", "gp", "me", "mi")
