"""Special terms: one file each, and one line each in ``table.py``."""

from __future__ import annotations

from .monotonic import Monotonic
from .table import PLANNED_TERMS, STANDING, TERMS
from .term import SpecialTerm

__all__ = ["PLANNED_TERMS", "STANDING", "TERMS", "Monotonic", "SpecialTerm"]
