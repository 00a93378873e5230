"""``y | se(s)``: responses that were measured with errors of known size."""

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


def _positive(values: Floats) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = values > 0
    return found


def _has_sigma(family: Family) -> bool:
    return family.name in ("gaussian", "student")


def _read(call: Call, schema: Schema, sink: Sink) -> Beside | None:
    given = arguments_of(call, ("se", "sigma"), sink)
    if given is None:
        return None
    error, more = given.get("se"), given.get("sigma")
    if error is None:
        sink.add(
            "invalid-argument",
            call.span,
            "`se` needs the standard error of each row",
        )
        return None
    if more is not None:
        match expression_text(more).casefold():
            case "false" | "f":
                pass
            case "true" | "t":
                sink.add(
                    "not-yet",
                    more.span,
                    "`sigma=TRUE` of `se` is not compiled by this version",
                    "until then: `+ (1 | row)`, if `row` numbers the rows: its sd is "
                    "what `sigma` would be",
                )
                return None
            case text:
                sink.add(
                    "invalid-argument",
                    more.span,
                    f"`sigma` of `se` is TRUE or FALSE, not `{text}`",
                )
                return None
    if not as_number(error, "se()", schema, sink):
        return None
    return ((SE, Numeric(expression_text(error), error)),)


SE = ResponseTerm(
    "se",
    "scale",
    "standard error: the residual sd, which is known",
    "above 0",
    _positive,
    _has_sigma,
    _read,
)
