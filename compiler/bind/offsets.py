"""Known additions to linear predictors: ``offset(log(t))``."""

from __future__ import annotations

from varying.grammar.diagnostics import Sink
from varying.grammar.printer import expression_text

from ..data.schema import Schema
from ..formula.columns import Numeric
from ..formula.expansion import Expansion
from .response_terms import as_number


def bind_offsets(
    expansion: Expansion, schema: Schema, sink: Sink
) -> tuple[Numeric, ...]:
    """Return the known additions of a right side."""
    found: list[Numeric] = []
    for offset in expansion.offsets:
        if as_number(offset, "offset()", schema, sink):
            found.append(Numeric(expression_text(offset), offset))
    return tuple(found)
