"""Smooth terms ``s(x)``: their bases, and what they learn from rows."""

from __future__ import annotations

from .bases import BASES, DEFAULT_BASIS, SplineBasis
from .curves import Curves
from .learn import learn_smooth
from .refuse import refuse

__all__ = ["BASES", "DEFAULT_BASIS", "SplineBasis", "Curves", "learn_smooth", "refuse"]
