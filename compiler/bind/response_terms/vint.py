"""``y | vint(n)``, ``y | vreal(x)``: numbers for a family of the caller's own."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from varying.grammar.diagnostics import Sink
from varying.grammar.printer import expression_text
from varying.grammar.tree import Call

from ...data.schema import Schema
from ...data.table import Floats
from ...families.family import Family
from ...formula.columns import Numeric
from .reading import as_number
from .term import Beside, ResponseTerm

#: How many numbers a row may bring along by one of them.
_MOST = 3


def _whole(values: Floats) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = values == np.floor(values)
    return found


def _any(values: Floats) -> NDArray[np.bool_]:
    return np.isfinite(values)


def _takes_vint(family: Family) -> bool:
    return any(name.startswith("vint") for name in family.known)


def _takes_vreal(family: Family) -> bool:
    return any(name.startswith("vreal") for name in family.known)


def _read(call: Call, schema: Schema, sink: Sink) -> Beside | None:
    kind = call.function.text
    several = EACH[kind]
    if not 1 <= len(call.arguments) <= _MOST or any(
        one.keyword is not None for one in call.arguments
    ):
        sink.add(
            "invalid-argument",
            call.span,
            f"`{kind}` takes one to {_MOST} columns or numbers: `{kind}(n)`",
        )
        return None
    found = []
    for term, argument in zip(several, call.arguments, strict=False):
        value = argument.value
        if not as_number(value, f"{kind}()", schema, sink):
            return None
        found.append((term, Numeric(expression_text(value), value)))
    return tuple(found)


def _terms(
    kind: str,
    needed: str,
    allowed: Callable[[Floats], NDArray[np.bool_]],
    of: Callable[[Family], bool],
) -> tuple[ResponseTerm, ...]:
    summary = f"{needed} for a family of one's own"
    return tuple(
        ResponseTerm(f"{kind}{number}", "argument", summary, needed, allowed, of, _read)
        for number in range(1, _MOST + 1)
    )


EACH = {
    "vint": _terms("vint", "whole numbers", _whole, _takes_vint),
    "vreal": _terms("vreal", "numbers", _any, _takes_vreal),
}
#: As they are called.
VINT = ResponseTerm(
    *("vint", "argument", "whole numbers for a family of one's own", "whole numbers"),
    _whole,
    _takes_vint,
    _read,
)
VREAL = ResponseTerm(
    *("vreal", "argument", "numbers for a family of one's own", "numbers"),
    _any,
    _takes_vreal,
    _read,
)
