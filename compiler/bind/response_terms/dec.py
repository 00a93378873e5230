"""``rt | dec(answer)``: which of two bounds a response time ended at."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from varying.grammar.diagnostics import Sink
from varying.grammar.printer import expression_text
from varying.grammar.tree import Argument, Call, Chain, Expr, Name, Number, String

from ...data.levels import level_spelled
from ...data.schema import ColumnInfo, Schema
from ...data.table import Floats, Kind
from ...expressions.types import type_of
from ...families.family import Family
from ...formula.columns import Numeric
from .reading import arguments_of
from .term import Beside, ResponseTerm

_MEANING = (
    "its values are 0 and 1, FALSE and TRUE, `lower` and `upper`, or two levels that a "
    "`column` statement declares, the second one of the upper bound: which of the two "
    "answers was given"
)


def _either(values: Floats) -> NDArray[np.bool_]:
    return np.isin(values, (0.0, 1.0))


#: How many answers there are; so many levels are proposed as the upper one.
_TWO = 2


def _has_answers(family: Family) -> bool:
    return "dec" in family.known


def _read(call: Call, schema: Schema, sink: Sink) -> Beside | None:
    given = arguments_of(call, ("decision",), sink)
    if given is None:
        return None
    if "decision" not in given:
        sink.add(
            "invalid-argument",
            call.span,
            "`dec` needs to know which answer was given",
            _MEANING,
        )
        return None
    value = given["decision"]
    typed = type_of(value, schema, sink)
    if typed is None:
        return None
    label = expression_text(value)
    if typed.kind == "number" and typed.column is None:
        return ((DEC, Numeric(label, value)),)
    info = typed.column
    if not isinstance(info, ColumnInfo) or info.kind is Kind.LOGICAL:
        return ((DEC, Numeric(label, _as_number(value))),)
    if info.kind.is_number:
        return ((DEC, Numeric(label, value)),)
    upper = _upper_level(info)
    if upper is not None:
        chosen = String(upper, span=value.span)
        test = Chain(("==",), (value, chosen), span=value.span)
        return ((DEC, Numeric(label, _as_number(test))),)
    tests = [f'`dec({label} == "{level}")`' for level in info.as_levels]
    sink.add(
        "invalid-argument",
        value.span,
        f"nothing says which level of `{label}` is the upper bound",
        _MEANING,
        f"say which: {' or '.join(tests[:_TWO])}",
        *_declared(label, info),
    )
    return None


def _upper_level(info: ColumnInfo) -> str | None:
    """Return the level of the upper answer: by its name, or as declared."""
    levels = {level.casefold(): level for level in info.as_levels}
    for high in ("upper", "true"):
        if high in levels and set(levels) <= {"lower", "upper", "true", "false"}:
            return levels[high]
    if info.stated and info.declared and len(info.declared_levels) == _TWO:
        return info.declared_levels[1]
    return None


def _declared(label: str, info: ColumnInfo) -> tuple[str, ...]:
    """Say how two levels are declared; nothing of more of them."""
    if len(info.as_levels) != _TWO or info.stated:
        return ()
    levels = ", ".join(level_spelled(level) for level in info.as_levels)
    return (f"or declare them, the upper one last: `column {label}: factor({levels})`",)


def _as_number(test: Expr) -> Expr:
    span = test.span
    parts = (test, Number("1", span=span), Number("0", span=span))
    arguments = tuple(Argument(one, span=span) for one in parts)
    return Call(Name("ifelse", span=span), arguments, span=span)


DEC = ResponseTerm(
    "dec",
    "argument",
    "which of two answers was given",
    "0 or 1 (lower, upper)",
    _either,
    _has_answers,
    _read,
)
