"""Lowering special terms: one file each, called as they are in the language."""

from __future__ import annotations

from .columns import (
    known_coefs,
    lower_specials,
    shift_of,
    special_delta,
    special_step,
)

__all__ = [
    "known_coefs",
    "lower_specials",
    "shift_of",
    "special_delta",
    "special_step",
]
