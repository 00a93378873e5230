"""The program as a PyMC script, in the idiom one would write by hand."""

from __future__ import annotations

from .emit import emit

__all__ = ["emit"]
