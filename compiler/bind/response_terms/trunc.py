"""``y | trunc(lb, ub)``: responses that are seen between two numbers alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from varying.grammar.diagnostics import Sink
from varying.grammar.printer import expression_text
from varying.grammar.tree import Call

from ...data.schema import Schema
from ...data.table import Floats
from ...families.family import Family
from ...formula.columns import Numeric
from .reading import arguments_of, as_number
from .term import Beside, ResponseTerm


def _any(values: Floats) -> NDArray[np.bool_]:
    return np.ones(len(values), dtype=bool)


def _has_tails(family: Family) -> bool:
    return family.tails is not None


def _read(call: Call, schema: Schema, sink: Sink) -> Beside | None:
    given = arguments_of(call, ("lb", "ub"), sink)
    if given is None:
        return None
    if not given:
        sink.add(
            "invalid-argument",
            call.span,
            "`trunc` needs a bound: below `lb` or above `ub` no response is seen",
        )
        return None
    found = []
    for term in (LB, UB):
        value = given.get(term.name)
        if value is None:
            continue
        if not as_number(value, f"trunc({term.name}=)", schema, sink):
            return None
        found.append((term, Numeric(expression_text(value), value)))
    return tuple(found)


LB = ResponseTerm(
    "lb", "limit", "below it no response is seen", "numbers", _any, _has_tails
)
UB = ResponseTerm(
    "ub", "limit", "above it no response is seen", "numbers", _any, _has_tails
)

TRUNC = ResponseTerm(
    "trunc",
    "limit",
    "between which numbers responses are seen",
    "numbers",
    _any,
    _has_tails,
    _read,
)
