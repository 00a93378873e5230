"""Lowering thresholds of items: independent copies, side by side in one vector."""

from __future__ import annotations

import numpy as np

from ..bind.bound import BoundPredictor, Items, PriorText
from ..bind.items import item_labels
from ..distributions.table import REAL
from ..families.family import Moments
from ..program.expressions import Apply, Assemble, Const, Expr, Symbol, plus
from ..program.ir import Axis, Derived, Parameter, Prior, Shift, Slot
from ..program.recipes import LevelPlace
from . import default_priors as defaults
from .builder import BOUNDARY, ROW, Builder, PriorRow, location, numbered, prior_of
from .special import shift_of

#: The axis of items, and the slot that says of which each row is.
ITEM, INDEX = "threshold_item", "threshold_item_index"


def lower_items(
    build: Builder, part: BoundPredictor, items: Items, delta: Expr | None
) -> Shift | None:
    """Lower the thresholds of items: each has those that it would have by itself.

    Items are not pooled: their thresholds have the default prior of a model of their
    own, about its responses. Returns how they take up a shift of the columns; None if
    they cannot.
    """
    bound, of = build.bound, build.bound.prefix
    cut = bound.response.categories[bound.family.apart :]
    labels = item_labels(items, cut)
    build.axes.append(Axis(f"{of}{BOUNDARY}", "boundaries", labels))
    place = Slot(f"{of}{INDEX}", (ROW,), LevelPlace(items.column, items.levels))
    build.slots.append(place)
    name, plain = f"{of}threshold", f"{bound.target}threshold"
    literal, at_mean = build.written(plain), build.written(f"{plain}[mean]")
    chosen = literal or at_mean
    moved = None if literal or delta is None else delta
    target = plain if literal else f"{plain}[mean]"
    if bound.family.steps is not None:
        argument = _steps(build, items, chosen, moved, target)
        if argument is None or delta is None:
            return None
        return shift_of(part, name, name, argument, -1)
    if chosen is not None:
        build.explain(target, chosen)
        _written(build, items, chosen, labels, moved)
        if delta is not None:
            build.notes.append("not centred: thresholds of items have written priors")
        return None
    _default(build, items, labels, moved)
    if delta is None:
        return None
    return shift_of(part, name, f"{of}threshold_center", "mu", -1)


def item_arguments(build: Builder, items: Items) -> list[tuple[str, Expr]]:
    """Return what the likelihood is given of thresholds of items."""
    of = build.bound.prefix
    found: list[tuple[str, Expr]] = [("threshold", Symbol(f"{of}threshold"))]
    if build.bound.family.steps is None:
        # behind the last threshold of an item there is no gap, but a place for one
        order: list[int] = []
        total = sum(items.cuts) - len(items.cuts)
        for cuts in items.cuts:
            first = len(order) - sum(one == total for one in order)
            order += [*range(first, first + cuts - 1), total]
        ends: tuple[Expr, ...] = (Const(1.0),)
        if total:
            ends = (Symbol(f"{of}gap"), *ends)
        found.append(("gap", Assemble(ends, tuple(order))))
    found.append(("item", Symbol(f"{of}{INDEX}")))
    found.append(("cuts", Const(tuple(float(one) for one in items.cuts))))
    return found


def _moments(build: Builder, items: Items) -> tuple[Moments, ...]:
    return build.learned.items or (build.learned.moments,) * len(items.cuts)


def _default(
    build: Builder, items: Items, labels: tuple[str, ...], moved: Expr | None
) -> None:
    """Lay thresholds of each item outwards from their middle."""
    of, each = build.bound.prefix, _moments(build, items)
    numbers = [
        defaults.thresholds(moments, cuts + 1)
        for moments, cuts in zip(each, items.cuts, strict=True)
    ]
    axis, center = f"{of}{ITEM}", f"{of}threshold_center"
    build.axes.append(Axis(axis, "levels", items.levels))
    middle: Expr = Const(tuple(round(one.m, 12) for one in each))
    if moved is not None:
        middle = plus(middle, moved)
    sds = Const(tuple(one.center_sd for one in numbers))
    prior = Prior("normal", (("mu", middle), ("sigma", sds)))
    build.parameters.append(Parameter(center, (axis,), prior, report=False))
    several = [place for place, cuts in enumerate(items.cuts) if cuts > 1]
    if several:
        _gaps(build, items, labels, several, numbers)
    parts: list[Expr] = []
    first = 0
    for place, cuts in enumerate(items.cuts):
        own: Expr = Assemble((Symbol(center),), (place,))
        if cuts > 1:
            gap = Assemble((Symbol(f"{of}gap"),), tuple(range(first, first + cuts - 1)))
            own = Apply("spread", (own, gap))
        parts.append(own)
        first += cuts - 1
    whole = Assemble(tuple(parts), tuple(range(sum(items.cuts))))
    build.derived.append(Derived(f"{of}threshold", (f"{of}{BOUNDARY}",), whole))
    low, high = (f([one.m for one in each]) for f in (min, max))
    text = f"middle ~ normal(m, {max(one.center_sd for one in numbers):.4g})"
    if several:
        text += (
            f", log gaps ~ normal(g, {max(one.gap_sd for one in numbers):.4g}), "
            "g ~ normal(log(3 s/K), 0.5)"
        )
    target = f"{build.bound.target}threshold{'[mean]' if moved is not None else ''}"
    reason = (
        "of each item by itself, as in a model of it alone: "
        f"m from {low:.3g} to {high:.3g}, K its categories"
    )
    build.rows.append(PriorRow(target, text, "default", reason))


def _gaps(
    build: Builder,
    items: Items,
    labels: tuple[str, ...],
    several: list[int],
    numbers: list[defaults.ThresholdDefaults],
) -> None:
    of = build.bound.prefix
    axis, gaps = f"{of}{ITEM}_with_gaps", f"{of}gap"
    build.axes.append(Axis(axis, "levels", tuple(items.levels[k] for k in several)))
    starts = np.cumsum(items.cuts) - np.array(items.cuts)
    inner = tuple(
        labels[start + 1 + k]
        for start, cuts in zip(starts, items.cuts, strict=True)
        for k in range(cuts - 1)
    )
    build.axes.append(Axis(gaps, "gaps", inner))
    mean = f"{of}log_gap_mean"
    places = Const(tuple(numbers[k].gap_location for k in several))
    sd = Const(tuple(numbers[k].gap_location_sd for k in several))
    prior = Prior("normal", (("mu", places), ("sigma", sd)))
    build.parameters.append(Parameter(mean, (axis,), prior, report=False))
    of_gap = [at for at, k in enumerate(several) for _ in range(items.cuts[k] - 1)]
    sds = tuple(numbers[several[at]].gap_sd for at in of_gap)
    common = Assemble((Symbol(mean),), tuple(of_gap))
    prior = Prior("normal", (("mu", common), ("sigma", Const(sds))))
    build.parameters.append(Parameter(f"{of}log_gap", (gaps,), prior, report=False))
    value = Apply("exp", (Symbol(f"{of}log_gap"),))
    build.derived.append(Derived(gaps, (gaps,), value, report=False))


def _written(
    build: Builder,
    items: Items,
    chosen: PriorText,
    labels: tuple[str, ...],
    moved: Expr | None,
) -> None:
    """Give the thresholds of each item, in their order, the prior that is written."""
    of = build.bound.prefix
    found, _ = prior_of(chosen, REAL)
    assert found is not None
    prior, argument = found, location(chosen)
    if moved is not None and argument is not None:
        prior = prior.with_argument(argument, plus(prior.argument(argument), moved))
    parts: list[Expr] = []
    gaps: list[Expr] = []
    first = 0
    for number, cuts in enumerate(items.cuts, start=1):
        name = numbered(f"{of}threshold", number)
        axis = numbered(f"{of}{BOUNDARY}", number)
        build.axes.append(Axis(axis, "boundaries", labels[first : first + cuts]))
        build.parameters.append(
            Parameter(name, (axis,), prior, "ordered", report=False)
        )
        parts.append(Symbol(name))
        if cuts > 1:
            gaps.append(Apply("diff", (Symbol(name),)))
        first += cuts
    whole = Assemble(tuple(parts), tuple(range(sum(items.cuts))))
    build.derived.append(Derived(f"{of}threshold", (f"{of}{BOUNDARY}",), whole))
    if not gaps:
        return
    starts = np.cumsum(items.cuts) - np.array(items.cuts)
    inner = tuple(
        labels[start + 1 + k]
        for start, cuts in zip(starts, items.cuts, strict=True)
        for k in range(cuts - 1)
    )
    build.axes.append(Axis(f"{of}gap", "gaps", inner))
    whole = Assemble(tuple(gaps), tuple(range(len(inner))))
    build.derived.append(Derived(f"{of}gap", (f"{of}gap",), whole, report=False))


def _steps(
    build: Builder,
    items: Items,
    chosen: PriorText | None,
    moved: Expr | None,
    target: str,
) -> str | None:
    """Lower thresholds in no order; return the argument that moves them."""
    family, of = build.bound.family, build.bound.prefix
    bounds, argument = REAL, "mu"
    if chosen is None:
        assert family.at_shares is not None and family.steps is not None
        places: list[float] = []
        sds: list[float] = []
        for moments, cuts in zip(_moments(build, items), items.cuts, strict=True):
            equal = family.at_shares(np.full(cuts + 1, 1.0 / (cuts + 1)))
            sd = defaults.step_sd(moments, cuts + 1, family.steps.kind == "acat")
            places += [round(float(one) + moments.m, 12) for one in equal]
            sds += [sd] * cuts
        row = PriorRow(
            target if moved is not None else target.removesuffix("[mean]"),
            f"normal(e + m, {max(sds):.4g})",
            "default",
            "of each item by itself; e: where all its categories are equally likely",
        )
        build.rows.append(row)
        values = (("mu", Const(tuple(places))), ("sigma", Const(tuple(sds))))
        prior = Prior("normal", values)
    else:
        build.explain(target, chosen)
        found, bounds = prior_of(chosen, REAL)
        assert found is not None
        prior, argument = found, location(chosen) or ""
    if moved is not None and argument:
        prior = prior.with_argument(argument, plus(prior.argument(argument), moved))
    axis = f"{of}{BOUNDARY}"
    build.parameters.append(Parameter(f"{of}threshold", (axis,), prior, bounds=bounds))
    return argument or None
