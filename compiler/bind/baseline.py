"""The baseline hazard of ``family=cox``: its knots are those that the times say."""

from __future__ import annotations

import numpy as np

from varying.grammar.diagnostics import Sink

from ..expressions.evaluation import evaluate
from ..families.continuous.cox import NAME, cox, knots_of
from ..families.family import Family
from ..prepare.rows import Prepared
from .bound import Response
from .response import response_values

__all__ = ["with_baseline"]


def with_baseline(
    family: Family | None, response: Response | None, prepared: Prepared, sink: Sink
) -> Family | None:
    """Return the family with the knots of its baseline hazard; None after a fault."""
    if family is None or family.name != NAME or response is None:
        return family
    table = prepared.table
    if prepared.schema.open or not table.rows:
        return family
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
        knots = knots_of(y, table.counts, beyond=beyond)
    except ValueError:
        sink.add(
            "response-support",
            response.span,
            f"`{response.name}` has too few different times for a baseline hazard",
            "half of the rows have the first or the last of them; `discrete` times are "
            "for `family=sratio`: how many intervals someone has come through",
        )
        return None
    return cox(knots)
