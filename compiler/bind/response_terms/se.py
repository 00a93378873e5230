"""``y | se(s)``: responses that were measured with errors of known size.

``sigma=TRUE`` has a residual sd beside them; a response is then as far from its mean as
the root of the sum of both squares says.
"""

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
    error, more, added = given.get("se"), given.get("sigma"), False
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
                added = True
            case text:
                sink.add(
                    "invalid-argument",
                    more.span,
                    f"`sigma` of `se` is TRUE or FALSE, not `{text}`",
                )
                return None
    if not as_number(error, "se()", schema, sink):
        return None
    return ((ERROR if added else SE, Numeric(expression_text(error), error)),)


ERROR = ResponseTerm(
    "se",
    "error",
    "standard error: what the residual sd is beside",
    "above 0",
    _positive,
    _has_sigma,
)

SE = ResponseTerm(
    "se",
    "scale",
    "standard error: the residual sd, which is known",
    "above 0",
    _positive,
    _has_sigma,
    _read,
)
