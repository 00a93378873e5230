"""Whether a formula that is not linear is a number in every row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from varying.grammar.diagnostics import Sink
from varying.grammar.tree import Call
from varying.grammar.walk import postorder

from ..data.table import Column, Floats, Kind, Table
from ..distributions.quantiles import middle_and_spread
from ..expressions.evaluation import evaluate
from .bound import Body, BoundModel, BoundPredictor, made_of
from .priors.needed import locating

#: Where parameters are looked at: so many spreads of their priors from the middle. The
#: next parameter begins one further on, that they are not equal to each other.
_PLACES = (0.0, 0.31, -0.43, 0.67, -0.71)
#: Of two parameters, these are row by row in a formula, and over rows elsewhere.
_OVER_ROWS = frozenset(("min", "max"))


def check_bodies(bound: BoundModel, table: Table, sink: Sink) -> bool:
    """Report rows in which a formula is no number; return whether there is none.

    A row is at fault where that is so at all of several places about the middle of the
    priors: ``a / t`` at a ``t`` of 0, and ``log(a)`` of a negative ``a``. Of formulas
    that calculate with each other it is said of the first.
    """
    curves = [
        (part, part.body, made_of(part.body, bound.predictors))
        for part in bound.predictors
        if part.body is not None
    ]
    faulty: set[str] = set()
    # what another is made of has fewer parts
    for part, body, parts in sorted(curves, key=lambda curve: len(curve[2])):
        known = {one.dpar for one in parts}
        read = {*body.parameters}
        for one in parts:
            read |= set() if one.body is None else {*one.body.parameters}
        # what it is made of may have been reported, here or where it is bound
        told = not faulty.isdisjoint(known) or not read <= known
        if told or not _is_number(bound, part, body, parts, table, sink):
            faulty.add(part.dpar)
    return not faulty


def _is_number(
    bound: BoundModel,
    part: BoundPredictor,
    body: Body,
    parts: Sequence[BoundPredictor],
    table: Table,
    sink: Sink,
) -> bool:
    bodies = {one.dpar: one.body for one in parts if one.body is not None}
    nodes = [n for b in (body, *bodies.values()) for n in postorder(b.expression)]
    calls = (n for n in nodes if isinstance(n, Call))
    if any(call.function.text in _OVER_ROWS for call in calls):
        return True
    places = _values(bound, parts)
    if places is None:
        return True
    wrong: NDArray[np.bool_] = np.ones(table.rows, dtype=np.bool_)
    last: Floats = np.zeros(table.rows)
    for place in places:
        columns = {
            name: Column(name, Kind.NUMERIC, np.full(table.rows, value))
            for name, value in place.items()
        }
        with np.errstate(all="ignore"):
            last = _evaluated(body, bodies, table, columns)
        wrong &= ~np.isfinite(last)
    if not wrong.any():
        return True
    count = table.count(wrong)
    first = float(last[np.argmax(wrong)])
    what = "no number" if np.isnan(first) else "infinite"
    where = "every row" if wrong.all() else "1 row" if count == 1 else f"{count:,} rows"
    parameters = " and ".join(f"`{name}`" for name in body.parameters)
    of = "the formula" if part.main else f"the formula of `{part.dpar}`"
    sink.add(
        "infinite-value",
        body.expression.span,
        f"{of} is {what} in {where} with {parameters} where their priors are",
        "the priors leave nothing else: see what is divided by 0, or of what logarithm "
        "and root are taken"
        if wrong.all()
        else "such a row can have no likelihood: leave it out by `where`, or see what "
        "is divided by 0 there, or of what logarithm and root are taken",
    )
    return False


def _evaluated(
    body: Body, bodies: Mapping[str, Body], table: Table, known: dict[str, Column]
) -> Floats:
    """Return a body in each row; ``known`` are parameters, and takes more of them."""
    for name in body.parameters:
        if name not in known:
            values = _evaluated(bodies[name], bodies, table, known)
            known[name] = Column(name, Kind.NUMERIC, values)
    return evaluate(body.expression, replace(table, columns={**table.columns, **known}))


def _values(
    bound: BoundModel, parts: Sequence[BoundPredictor]
) -> list[dict[str, float]] | None:
    """Return values of the parameters, of several places; None if one is not known."""
    priors = dict(bound.priors)
    found: list[dict[str, float]] = [{} for _ in _PLACES]
    for shift, part in enumerate(one for one in parts if one.body is None):
        name, prior = part.dpar, locating(part, priors)
        if prior is None or part.population.offsets:
            return None
        if prior.distribution == "constant":
            middle, spread = prior.arguments[0][1], 0.0
        else:
            chosen = middle_and_spread(
                prior.distribution, dict(prior.arguments), prior.lower, prior.upper
            )
            if chosen is None:
                return None
            middle, spread = chosen
        for at, values in enumerate(found):
            value = middle + spread * _PLACES[(at + shift) % len(_PLACES)]
            inside = (prior.lower is None or value >= prior.lower) and (
                prior.upper is None or value <= prior.upper
            )
            values[name] = value if inside else middle
    return found


__all__ = ["check_bodies"]
