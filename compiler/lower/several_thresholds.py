"""Ordered thresholds of which several have a prior of their own.

These are independent draws conditioned on their order, so that where all have one it is
the prior of brms. The others keep to them: beyond the first and the last the distances
are those that thresholds have by default, and between two of them the distances have
the proportions of such, and fill what is there.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..bind.ordinal import Singles
from ..distributions.table import REAL
from ..program.expressions import Apply, Assemble, Const, ProgramExpr, Symbol
from ..program.ir import Axis, Derived, Parameter
from . import default_priors as defaults
from .builder import BOUNDARY, Builder, prior_of, stack
from .log_gaps import lower_log_gaps, told_of


@dataclass(frozen=True, slots=True)
class Laid:
    """What is laid out: the distances of all thresholds, and these themselves.

    ``told`` are the priors of the distances in words; empty where none is free.
    """

    gap: ProgramExpr
    threshold: ProgramExpr
    told: str


def laid_between(build: Builder, single: Singles, labels: tuple[str, ...]) -> Laid:
    """Lower the thresholds that have priors; return all of them, laid out.

    Parameters
    ----------
    build
        Takes the parameters and their lines in ``show priors``.
    single
        Targets and priors by place, two or more.
    labels
        Names of all thresholds.
    """
    of, places = build.bound.prefix, sorted(single)
    named, span = f"{of}threshold_named", f"{of}threshold_span"
    axis = f"{of}named_{BOUNDARY}"
    build.axes.append(Axis(axis, "boundaries", tuple(labels[p] for p in places)))
    build.axes.append(Axis(span, "gaps", tuple(labels[p] for p in places[1:])))
    priors = []
    for place in places:
        target, chosen = single[place]
        build.explain(target, chosen)
        prior, _ = prior_of(chosen, REAL)
        assert prior is not None
        priors.append(prior)
    whole = Parameter(named, (axis,), stack(priors), "ordered", report=False)
    build.parameters.append(whole)
    spans = Apply("diff", (Symbol(named),))
    build.derived.append(Derived(span, (span,), spans, report=False))
    gap, told = _gaps(build, places, labels, span)
    laid = f"{of}threshold_places"
    spread = Apply("spread", (Const(0.0), Symbol(f"{of}gap")))
    build.derived.append(Derived(laid, (f"{of}{BOUNDARY}",), spread, report=False))
    count = len(labels)
    first = Assemble((Symbol(named),), (0,) * count)
    there = Assemble((Symbol(laid),), (places[0],) * count)
    away = Apply("-", (Symbol(laid), there))
    return Laid(gap, Apply("+", (first, away)), told)


def _gaps(
    build: Builder, places: list[int], labels: tuple[str, ...], span: str
) -> tuple[ProgramExpr, str]:
    """Return the distances between neighbours, and their default priors in words."""
    count, of = len(labels) - 1, build.bound.prefix
    segments = [
        list(range(low, high)) for low, high in zip(places, places[1:], strict=False)
    ]
    fixed = [gaps[0] for gaps in segments if len(gaps) == 1]
    free = [gap for gap in range(count) if gap not in fixed]
    if not free:
        return Symbol(span), ""
    numbers = defaults.thresholds(build.learned.moments, count + 2)
    axis = f"{of}free_gap"
    build.axes.append(Axis(axis, "gaps", tuple(labels[gap + 1] for gap in free)))
    logs = lower_log_gaps(build, axis, numbers)

    def own(gaps: list[int]) -> ProgramExpr:
        return Assemble((logs,), tuple(free.index(gap) for gap in gaps))

    # distances of several kinds, and which they are
    at = tuple(number for number, gaps in enumerate(segments) if len(gaps) == 1)
    pieces: list[tuple[ProgramExpr, list[int]]] = [
        (Assemble((Symbol(span),), at), fixed)
    ]
    beyond = [gap for gap in free if gap < places[0] or gap >= places[-1]]
    pieces.append((Apply("exp", (own(beyond),)), beyond))
    for number, gaps in enumerate(segments):
        if len(gaps) > 1:
            filled = Apply("element", (Symbol(span), Const(float(number))))
            pieces.append((_filling(own(gaps), len(gaps), filled), gaps))
    parts = tuple(value for value, gaps in pieces if gaps)
    which = [gap for _, gaps in pieces for gap in gaps]
    order = tuple(which.index(gap) for gap in range(count))
    return Assemble(parts, order), told_of(numbers)


def _filling(logs: ProgramExpr, count: int, whole: ProgramExpr) -> ProgramExpr:
    """Return distances that add up to a whole, in the proportions that logs have."""
    total = Apply("dot", (Const((1.0,) * count), Apply("exp", (logs,))))
    scale = Apply("-", (Apply("log", (whole,)), Apply("log", (total,))))
    return Apply("exp", (Apply("+", (logs, scale)),))
