"""Parameters that are fixed at a number: ``prior sigma = 1``."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from varying.grammar.diagnostics import Edit, Fix, Sink
from varying.grammar.printer import expression_text
from varying.grammar.source import Span
from varying.grammar.tree import Argument, Call, Expr, Name, PriorStatement
from varying.grammar.walk import plain_number

from ...distributions.table import (
    ABOVE_ONE,
    PLANNED,
    POSITIVE,
    REAL,
    SPECIAL,
    SPELLINGS,
    Bounds,
)
from ..bound import PriorText
from .scalars import CORRELATIONS, SIMPLEXES, Scalar

__all__ = ["SUPPORTS", "constant", "line_of", "report_constant", "target_text"]

#: Supports of parameters, in words.
SUPPORTS: Mapping[Bounds, str] = {
    REAL: "any number",
    POSITIVE: "positive",
    (0.0, 1.0): "between 0 and 1",
    ABOVE_ONE: "above 1",
}

#: What no number may take the place of.
_NEVER_FIXED = (
    *CORRELATIONS,
    *(*SIMPLEXES, "threshold", "threshold[mean]", "Intercept[mean]"),
)


def report_constant(
    statement: PriorStatement,
    function: Name,
    arguments: Sequence[Argument],
    sink: Sink,
) -> None:
    """Report `sd ~ constant(1)`, as brms fixes a parameter."""
    value = arguments[0].value if len(arguments) == 1 else None
    fix = None
    if value is not None and plain_number(value) is not None:
        text = expression_text(value)
        span = Span(statement.target.span.end, statement.value.span.end)
        fix = Fix(f"write `= {text}`", (Edit(span, f" = {text}"),), safe=True)
    sink.add(
        "unknown-distribution",
        function.span,
        "there is no distribution `constant`",
        "a parameter is fixed at a number by `prior NAME = number`",
        fix=fix,
    )


def constant(
    statement: PriorStatement, value: Expr, scalar: Scalar | None, sink: Sink
) -> PriorText | None:
    """Return a parameter that is fixed; None, and what is wrong, where it cannot be."""
    number = plain_number(value)
    if number is None or not math.isfinite(number):
        text, start = expression_text(value), statement.target.span.end
        notes, fix = ("for a distribution write `~`",), None
        if isinstance(value, Call):
            between = sink.source.text[start : statement.value.span.start]
            place = start + between.index("=")
            known = value.function.text in (*SPELLINGS, *SPECIAL, *PLANNED)
            edit = Edit(Span(place, place + 1), "~")
            fix = Fix("replace `=` by `~`", (edit,), safe=known)
        sink.add(
            "invalid-argument",
            statement.value.span,
            f"a parameter is fixed at a number, and `{text}` is none",
            *notes,
            fix=fix,
        )
        return None
    if scalar is None:
        return None
    if scalar.base in _NEVER_FIXED:
        sink.add(
            "not-yet",
            statement.target.span,
            f"`{target_text(statement)}` cannot be fixed by this version",
        )
        return None
    low, high = scalar.support
    zero_sd = scalar.base == "sd" and number == 0
    if not (low < number < high or zero_sd):
        sink.add(
            "prior-support",
            statement.value.span,
            f"`{target_text(statement)}` must be {SUPPORTS[scalar.support]}, "
            f"not {expression_text(value)}",
        )
        return None
    return PriorText(
        "constant",
        (("value", number),),
        f"= {expression_text(value)}",
        line_of(statement, sink),
        span=statement.span,
    )


def line_of(statement: PriorStatement, sink: Sink) -> int:
    """Return the line of a statement, from 1."""
    return sink.source.position(statement.span.start).line


def target_text(statement: PriorStatement) -> str:
    """Return the target of a prior as it is written."""
    return expression_text(statement.target)
