"""``y | rate(t)``: events over a time or an area."""

from __future__ import annotations

from .term import ResponseTerm

RATE = ResponseTerm(
    "rate",
    "exposure",
    "time or area that events are counted in",
    "above 0",
    lambda values: values > 0,
    lambda family: family.rate is not None,
)
