"""The baseline hazard of ``family=cox``: its knots are those that the times say.

``time | bhaz(df=7) ~ x`` has more of them, ``bhaz(knots=[3, 8])`` others.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from varying.grammar.diagnostics import Sink
from varying.grammar.source import Span
from varying.grammar.tree import Call, Expr, ListExpr
from varying.grammar.walk import plain_number, unwrap

from ..expressions.evaluation import evaluate
from ..families.continuous.baseline import DEGREE
from ..families.continuous.cox import DF, NAME, cox, knots_of
from ..families.family import Array, Family
from ..prepare.rows import Prepared
from .bound import Response
from .response import response_values
from .response_terms import split_response
from .response_terms.reading import arguments_of
from .response_terms.table import OF_BASELINE

__all__ = ["with_baseline"]

#: How many splines there can be: each is a number for all rows.
_LEAST, _MOST = DEGREE + 1, 10
_WRITTEN = "written `time | bhaz(df=6)`, or `bhaz(knots=[3, 8])`"


def with_baseline(
    family: Family | None,
    response: Response | None,
    left: Expr,
    prepared: Prepared,
    sink: Sink,
) -> Family | None:
    """Return the family with the knots of its baseline hazard; None after a fault.

    Parameters
    ----------
    family, response, left
        The response, and the left side that it was bound from.
    prepared, sink
        Its rows, and what takes the faults.
    """
    # what is wrong with other terms has been said
    terms = split_response(left, Sink(sink.source))[1]
    calls = [one for one in terms if one.function.text in OF_BASELINE]
    if len(calls) > 1:
        message = "`bhaz` is given twice"
        sink.add("invalid-response-term", calls[1].span, message)
        return None
    if calls and family is not None and family.name != NAME:
        sink.add(
            "invalid-response-term",
            calls[0].span,
            f"{family.shown} has no baseline hazard, and takes no `bhaz(...)`",
            "it is for `family=cox`",
        )
        return None
    asked = _read(calls[0], sink) if calls else (DF, None)
    if asked is None or family is None or family.name != NAME or response is None:
        return None if asked is None else family
    df, inside = asked
    table = prepared.table
    if prepared.schema.open or not table.rows:
        return cox(tuple(np.linspace(0.0, 1.0, df - DEGREE + 1).tolist()))
    y = response_values(response, table)
    limits = dict(response.limits)
    beyond = None
    if "upper" in limits:
        status = evaluate(limits["cens"].expression, table)
        ends = evaluate(limits["upper"].expression, table)
        beyond = np.where(status == 2.0, ends, y)
    whole = np.isfinite(y) & (y >= 0.0)
    if not whole.all() or (beyond is not None and not np.isfinite(beyond).all()):
        return family  # which of them cannot be, is said where rows are checked
    try:
        return cox(knots_of(y, table.counts, df, beyond, inside))
    except ValueError:
        span = calls[0].span if calls else response.span
        _not_apart(response, inside, y, span, sink)
        return None


def _not_apart(
    response: Response,
    inside: Sequence[float] | None,
    y: Array,
    span: Span | None,
    sink: Sink,
) -> None:
    assert span is not None
    if inside is not None:
        sink.add(
            "invalid-argument",
            span,
            f"knots of the baseline hazard rise, between the times of "
            f"`{response.name}`: {np.min(y):g} to {np.max(y):g}",
            _WRITTEN,
        )
        return
    sink.add(
        "response-support",
        span,
        f"`{response.name}` has too few different times for a baseline hazard",
        "its knots are quantiles of the times, and two of them are the same: say where "
        "they are, `bhaz(knots=[3, 8])`; times of a few values, such as years, are "
        "steps that someone comes through: `family=sratio`",
    )


def _read(call: Call, sink: Sink) -> tuple[int, tuple[float, ...] | None] | None:
    """Return how many splines there are, and the knots inside where they are said."""
    given = arguments_of(call, ("df", "knots"), sink)
    if given is None:
        return None
    if "knots" in given:
        node = unwrap(given["knots"])
        items = node.items if isinstance(node, ListExpr) else (node,)
        found = [plain_number(one) for one in items]
        numbers = tuple(float(one) for one in found if one is not None)
        whole = len(numbers) == len(found) and "df" not in given
        if not whole or not 0 < len(numbers) <= _MOST - _LEAST:
            sink.add(
                "invalid-argument",
                call.span,
                f"`knots` are 1 to {_MOST - _LEAST} numbers, in place of `df`",
                _WRITTEN,
            )
            return None
        return len(numbers) + _LEAST, numbers
    if "df" not in given:
        return DF, None
    number = plain_number(given["df"])
    if number is None or number % 1 != 0 or not _LEAST <= number <= _MOST:
        sink.add(
            "invalid-argument",
            given["df"].span,
            f"`df` is how many splines there are, {_LEAST} to {_MOST}",
            _WRITTEN,
        )
        return None
    return int(number), None
