"""Terms beside a response: one file each, and one line each in the tuple below."""

from __future__ import annotations

from .bound import bind_terms, split_response
from .reading import as_number
from .table import PLANNED_TERMS, TERMS
from .term import ResponseTerm

__all__ = [
    "PLANNED_TERMS",
    "TERMS",
    "ResponseTerm",
    "as_number",
    "bind_terms",
    "split_response",
]
