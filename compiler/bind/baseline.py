"""The baseline hazard of ``family=cox``: its knots are those that the times say.

``time | bhaz(df=7) ~ x`` has more of them, ``bhaz(knots=[3, 8])`` others, and
``bhaz(boundary=[0, 24])`` says where the first and the last one are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from varying.grammar.diagnostics import Fix, Sink
from varying.grammar.source import Source, Span
from varying.grammar.tree import Call, Expr, ListExpr
from varying.grammar.walk import plain_number, unwrap

from ..expressions.evaluation import evaluate
from ..families.continuous.baseline import DEGREE
from ..families.continuous.cox import DF, NAME, cox, knots_of
from ..families.family import Array, Family
from ..prepare.rows import Prepared
from .bound import Response
from .counting import counting
from .response import response_values
from .response_terms import split_response
from .response_terms.reading import arguments_of
from .response_terms.table import OF_BASELINE

__all__ = ["stated_knots", "with_baseline"]

#: How many splines there can be: each is a number for all rows.
_LEAST, _MOST = DEGREE + 1, 10
_WRITTEN = "written `time | bhaz(df=6)`, or `bhaz(knots=[3, 8])`"
_ENDS = "written `time | bhaz(boundary=[0, 24])`: a time, 0 or above, and a later one"
#: What brms passes on to splines, by what it is called here.
_CALLED = {"Boundary.knots": "boundary"}


@dataclass(frozen=True, slots=True)
class _Knots:
    """What a spec says of knots.

    Attributes
    ----------
    df
        How many splines there are.
    inside
        The knots between the first and the last; None: quantiles of the times.
    boundary
        The first and the last knot; None: around the times.
    """

    df: int = DF
    inside: tuple[float, ...] | None = None
    boundary: tuple[float, float] | None = None

    @property
    def knots(self) -> tuple[float, ...] | None:
        """All knots, where the spec says all of them."""
        inside = () if self.df == _LEAST else self.inside
        if self.boundary is None or inside is None:
            return None
        return (self.boundary[0], *inside, self.boundary[1])


def stated_knots(left: Expr, source: Source) -> tuple[float, ...] | None:
    """Return the knots of a baseline hazard, where the spec says all of them.

    Parameters
    ----------
    left
        The left side of a formula.
    source
        The spec that it is from.
    """
    # what is wrong with it is said where it is bound
    asked = _asked(_calls(left, source), Sink(source))
    return None if asked is None else asked.knots


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
    calls = _calls(left, sink.source)
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
    asked = _asked(calls, sink)
    if asked is None or family is None or family.name != NAME or response is None:
        return None if asked is None else family
    table = counting(response.weight, prepared.table)
    if prepared.schema.open or not table.rows:
        return cox(tuple(np.linspace(0.0, 1.0, asked.df - DEGREE + 1).tolist()))
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
    span = calls[0].span if calls else response.span
    if not _within(response, asked, y, beyond, span, sink):
        return None
    try:
        return cox(
            knots_of(y, table.counts, asked.df, beyond, asked.inside, asked.boundary)
        )
    except ValueError:
        _not_apart(response, asked, y, span, sink)
        return None


def _calls(left: Expr, source: Source) -> list[Call]:
    # what is wrong with other terms is said where they are bound
    terms = split_response(left, Sink(source))[1]
    return [one for one in terms if one.function.text in OF_BASELINE]


def _asked(calls: list[Call], sink: Sink) -> _Knots | None:
    """Return what a spec says of knots; None after a fault."""
    return _read(calls[0], sink) if calls else _Knots()


def _within(
    response: Response,
    asked: _Knots,
    y: Array,
    beyond: Array | None,
    span: Span | None,
    sink: Sink,
) -> bool:
    """Whether all times are between the first and the last knot; else report it."""
    if asked.boundary is None:
        return True
    first, last = float(np.min(y)), float(np.max(y if beyond is None else beyond))
    low, high = asked.boundary
    if low <= first and last <= high:
        return True
    assert span is not None
    sink.add(
        "response-support",
        span,
        f"times of `{response.name}` are {first:g} to {last:g}, and nobody is at risk "
        f"before the first knot, {low:g}, and after the last one, {high:g}",
        "`boundary` is what all times are between; without it the knots are around "
        "the times",
    )
    return False


def _not_apart(
    response: Response,
    asked: _Knots,
    y: Array,
    span: Span | None,
    sink: Sink,
) -> None:
    assert span is not None
    if asked.inside is not None:
        low, high = asked.boundary or (float(np.min(y)), float(np.max(y)))
        what = "boundary knots" if asked.boundary else f"times of `{response.name}`"
        sink.add(
            "invalid-argument",
            span,
            "knots of the baseline hazard rise, between the "
            f"{what}: {low:g} to {high:g}",
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


def _read(call: Call, sink: Sink) -> _Knots | None:
    """Return what the arguments of ``bhaz`` say; None after a fault."""
    for keyword in (one.keyword for one in call.arguments):
        if keyword is not None and keyword.text in _CALLED:
            own = _CALLED[keyword.text]
            sink.add(
                "unknown-argument",
                keyword.span,
                f"`{keyword.text}` is called `{own}` here",
                fix=Fix.write(keyword.span, own, safe=True),
            )
            return None
    given = arguments_of(call, ("df", "knots", "boundary"), sink)
    if given is None:
        return None
    boundary = _numbers(given["boundary"]) if "boundary" in given else None
    if "boundary" in given and not _are_ends(boundary):
        message = "`boundary` is the first and the last knot"
        sink.add("invalid-argument", given["boundary"].span, message, _ENDS)
        return None
    ends = None if boundary is None else (boundary[0], boundary[1])
    if "knots" in given:
        inside = _inside(call, given, sink)
        return None if inside is None else _Knots(len(inside) + _LEAST, inside, ends)
    if "df" not in given:
        return _Knots(boundary=ends)
    number = plain_number(given["df"])
    if number is None or number % 1 != 0 or not _LEAST <= number <= _MOST:
        sink.add(
            "invalid-argument",
            given["df"].span,
            f"`df` is how many splines there are, {_LEAST} to {_MOST}",
            _WRITTEN,
        )
        return None
    return _Knots(int(number), None, ends)


def _inside(
    call: Call, given: Mapping[str, Expr], sink: Sink
) -> tuple[float, ...] | None:
    """Return the knots inside as they are said; None after a fault."""
    numbers = _numbers(given["knots"])
    if numbers is None or "df" in given or not 0 < len(numbers) <= _MOST - _LEAST:
        sink.add(
            "invalid-argument",
            call.span,
            f"`knots` are 1 to {_MOST - _LEAST} numbers, in place of `df`",
            _WRITTEN,
        )
        return None
    return numbers


def _numbers(value: Expr) -> tuple[float, ...] | None:
    """Return the numbers of a list, or of one; None where there is another thing."""
    node = unwrap(value)
    items = node.items if isinstance(node, ListExpr) else (node,)
    found = [plain_number(one) for one in items]
    numbers = tuple(float(one) for one in found if one is not None)
    return numbers if len(numbers) == len(found) else None


def _are_ends(numbers: tuple[float, ...] | None) -> bool:
    return numbers is not None and len(numbers) == 2 and 0.0 <= numbers[0] < numbers[1]
