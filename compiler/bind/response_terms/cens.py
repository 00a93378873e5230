"""``y | cens(c)``: rows of which only a bound of the response is known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from varying.grammar.diagnostics import Sink
from varying.grammar.printer import expression_text
from varying.grammar.tree import (
    Argument,
    Call,
    Chain,
    Expr,
    Name,
    Number,
    String,
    Unary,
)

from ...data.schema import ColumnInfo, Schema
from ...data.table import Floats, Kind
from ...expressions.types import type_of
from ...families.combined.limits import INTERVAL, LEFT, NONE, RIGHT
from ...families.family import Family
from ...formula.columns import Numeric
from .reading import arguments_of, as_number
from .term import Beside, ResponseTerm

#: Words for the codes, as brms has them.
WORDS: dict[str, float] = {
    "none": NONE,
    "left": LEFT,
    "right": RIGHT,
    "interval": INTERVAL,
}
_SHOWN = 5


def _codes(values: Floats) -> NDArray[np.bool_]:
    return np.isin(values, list(WORDS.values()))


def _any(values: Floats) -> NDArray[np.bool_]:
    return np.ones(len(values), dtype=bool)


def _has_tails(family: Family) -> bool:
    return family.tails is not None


def _read(call: Call, schema: Schema, sink: Sink) -> Beside | None:
    given = arguments_of(call, ("censored", "y2"), sink)
    if given is None:
        return None
    if "censored" not in given:
        sink.add(
            "invalid-argument",
            call.span,
            "`cens` needs to know which rows are censored",
            _MEANING,
        )
        return None
    status = _status(given["censored"], schema, sink)
    if status is None:
        return None
    upper = given.get("y2")
    if upper is None:
        return ((CENS, status),)
    if not as_number(upper, "cens(c, y2)", schema, sink):
        return None
    return ((CENS, status), (UPPER, Numeric(expression_text(upper), upper)))


_MEANING = (
    "its values are -1, 0, 1, 2 or `left`, `none`, `right`, `interval`: the response "
    "is at most what is observed, that itself, more than that, or between that and `y2`"
)


def _status(value: Expr, schema: Schema, sink: Sink) -> Numeric | None:
    """Return the code of each row, of numbers, of TRUE and FALSE or of words."""
    typed = type_of(value, schema, sink)
    if typed is None:
        return None
    label = expression_text(value)
    if typed.kind == "number" and typed.column is None:
        return Numeric(label, value)
    info = typed.column
    if not isinstance(info, ColumnInfo) or info.kind is Kind.LOGICAL:
        return Numeric(label, _chosen(value, _number(1.0, value), _number(0.0, value)))
    if info.kind.is_number:
        return Numeric(label, value)
    levels = info.as_levels
    odd = [level for level in levels if level.casefold() not in WORDS]
    if odd and {level.casefold() for level in levels} <= {"true", "false"}:
        odd = []
    if odd:
        sink.add(
            "invalid-argument",
            value.span,
            f"`{label}` has {_listed(odd)}, which say nothing of censoring",
            _MEANING,
            f'say which rows are censored, as `cens({label} == "{odd[0]}")` does of '
            "those above what is observed",
        )
        return None
    found: Expr = _number(0.0, value)
    for level in levels:
        code = WORDS.get(level.casefold(), float(level.casefold() == "true"))
        if code != NONE:
            span = value.span
            test = Chain(("==",), (value, String(level, span=span)), span=span)
            found = _chosen(test, _number(code, value), found)
    return Numeric(label, found)


def _listed(levels: list[str]) -> str:
    shown = ", ".join(f"`{level}`" for level in levels[:_SHOWN])
    return f"the values {shown}{', ...' if len(levels) > _SHOWN else ''}"


def _number(value: float, at: Expr) -> Expr:
    number = Number(f"{abs(value):g}", span=at.span)
    return Unary("-", number, span=at.span) if value < 0.0 else number


def _chosen(test: Expr, then: Expr, other: Expr) -> Expr:
    span = test.span
    arguments = tuple(Argument(one, span=span) for one in (test, then, other))
    return Call(Name("ifelse", span=span), arguments, span=span)


UPPER = ResponseTerm(
    "upper", "limit", "where an interval ends", "numbers", _any, _has_tails
)

CENS = ResponseTerm(
    "cens",
    "limit",
    "whether the response is at most, at, above what is observed, or in an interval",
    "-1, 0, 1 or 2 (left, none, right, interval)",
    _codes,
    _has_tails,
    _read,
)
