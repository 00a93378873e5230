"""The PyMC graph of a program: the reference semantics for sampling."""

from __future__ import annotations

from .emit import emit

__all__ = ["emit"]
