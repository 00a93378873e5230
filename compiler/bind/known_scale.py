"""The predictor of a residual sd that is known: ``y | se(s)``."""

from __future__ import annotations

from collections.abc import Sequence

from varying.grammar.diagnostics import Sink
from varying.grammar.tree import Argument, Call, Name

from ..families.link import LINKS
from ..formula.columns import Numeric
from .bound import BoundPredictor, Population, Response

_SIGMA = "sigma"


def with_known_scale(
    predictors: Sequence[BoundPredictor], response: Response | None, sink: Sink
) -> tuple[BoundPredictor, ...]:
    """Return the predictors beside the main one, with that of a known residual sd.

    It has no intercept and no columns: ``log(s)`` is added to it, as an offset.
    """
    scale = None if response is None else response.scale
    if scale is None:
        return tuple(predictors)
    span = scale.expression.span
    if any(one.dpar == _SIGMA for one in predictors):
        sink.add(
            "duplicate-part",
            span,
            f"`{_SIGMA}` has a formula, and `se({scale.label})` says what it is",
            "leave one of them out",
        )
        return tuple(predictors)
    log = Call(
        Name("log", span=span), (Argument(scale.expression, span=span),), span=span
    )
    population = Population(
        _SIGMA,
        intercept=False,
        centered=False,
        columns=(),
        offsets=(Numeric(f"log({scale.label})", log),),
    )
    known = BoundPredictor(
        _SIGMA, LINKS["log"], population, (), scale.expression, main=False
    )
    return (known, *predictors)
