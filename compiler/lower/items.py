"""Lowering thresholds of items: independent copies, side by side in one vector."""

from __future__ import annotations

import numpy as np

from ..bind.bound import BoundPredictor, Items, PriorText
from ..bind.items import item_labels
from ..bind.ordinal import Singles, single_priors
from ..distributions.table import POSITIVE, REAL
from ..families.family import Moments
from ..families.ordinal.thresholds import to_zero
from ..program.expressions import Apply, Assemble, Const, ProgramExpr, Symbol, plus
from ..program.ir import Axis, Derived, Parameter, Prior, Shift, Slot
from ..program.recipes import LevelPlace
from . import default_priors as defaults
from .builder import BOUNDARY, ITEM, Builder, PriorRow, location, numbered, prior_of
from .one_threshold import laid_around
from .special import shift_of
from .thresholds import category_at_means, lower_laid_out, with_single

#: The slot that says of which item each row is.
INDEX = "threshold_item_index"


def lower_items(
    build: Builder, part: BoundPredictor, items: Items, delta: ProgramExpr | None
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
    place = Slot(f"{of}{INDEX}", (build.row,), LevelPlace(items.column, items.levels))
    build.slots.append(place)
    name, plain = f"{of}threshold", f"{bound.target}threshold"
    literal, at_mean = build.written(plain), build.written(f"{plain}[mean]")
    chosen = literal or at_mean
    moved = None if literal or delta is None else delta
    target = plain if literal else f"{plain}[mean]"
    if bound.family.steps is not None and bound.thresholds != "flexible":
        each = list(zip(items.cuts, _moments(build, items), strict=True))
        return lower_laid_out(build, part, labels, each, delta)
    if bound.family.steps is not None:
        at_means = None if literal else category_at_means(build, part)
        if at_means is not None:
            moved = at_means if moved is None else plus(moved, at_means)
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
    single = single_priors(bound)
    _default(build, items, labels, moved, single)
    if single and delta is not None:
        build.notes.append("not centred: thresholds of items have written priors")
    if delta is None or bound.thresholds == "sum_to_zero" or single:
        return None
    return shift_of(part, name, f"{of}threshold_center", "mu", -1)


def item_arguments(build: Builder, items: Items) -> list[tuple[str, ProgramExpr]]:
    """Return what the likelihood is given of thresholds of items."""
    of = build.bound.prefix
    found: list[tuple[str, ProgramExpr]] = [("threshold", Symbol(f"{of}threshold"))]
    if build.bound.family.steps is None:
        # behind the last threshold of an item there is no gap, but a place for one
        order: list[int] = []
        total = sum(items.cuts) - len(items.cuts)
        for cuts in items.cuts:
            first = len(order) - sum(one == total for one in order)
            order += [*range(first, first + cuts - 1), total]
        ends: tuple[ProgramExpr, ...] = (Const(1.0),)
        if total:
            ends = (Symbol(f"{of}gap"), *ends)
        found.append(("gap", Assemble(ends, tuple(order))))
    found.append(("item", Symbol(f"{of}{INDEX}")))
    found.append(("cuts", Const(tuple(float(one) for one in items.cuts))))
    return found


def _moments(build: Builder, items: Items) -> tuple[Moments, ...]:
    return build.learned.items or (build.learned.moments,) * len(items.cuts)


def _default(
    build: Builder,
    items: Items,
    labels: tuple[str, ...],
    moved: ProgramExpr | None,
    single: Singles,
) -> None:
    """Lay thresholds of each item outwards from their middle.

    Those of an item of which one has a prior of its own are laid out around that one.
    """
    of, each = build.bound.prefix, _moments(build, items)
    layout = build.bound.thresholds
    numbers = [
        defaults.thresholds(moments, cuts + 1)
        for moments, cuts in zip(each, items.cuts, strict=True)
    ]
    center = f"{of}threshold_center"
    around = _of_each_item(items, single)
    middles = [k for k in range(len(items.cuts)) if k not in around]
    if layout != "sum_to_zero" and middles:
        axis = f"{of}{ITEM}"
        build.axes.append(Axis(axis, "levels", tuple(items.levels[k] for k in middles)))
        middle: ProgramExpr = Const(tuple(round(each[k].m, 12) for k in middles))
        if moved is not None:
            middle = plus(middle, moved)
        sds = Const(tuple(numbers[k].center_sd for k in middles))
        prior = Prior("normal", (("mu", middle), ("sigma", sds)))
        build.parameters.append(Parameter(center, (axis,), prior, report=False))
    several = [place for place, cuts in enumerate(items.cuts) if cuts > 1]
    told = ""
    if several:
        told = _gaps(build, items, labels, several, numbers)
    parts: list[ProgramExpr] = []
    first = 0
    for place, cuts in enumerate(items.cuts):
        own_labels = labels[first + place : first + place + cuts]
        gap = Assemble((Symbol(f"{of}gap"),), tuple(range(first, first + cuts - 1)))
        own: ProgramExpr
        if place in around:
            own = _around(
                build, around[place], place + 1, gap if cuts > 1 else None, own_labels
            )
        elif layout == "sum_to_zero":
            own = Const(0.0)
            if cuts > 1:
                name = numbered(center, place + 1)
                value = Apply("dot", (Const(to_zero(cuts - 1)), gap))
                build.derived.append(Derived(name, (), value, report=False))
                own = Apply("spread", (Symbol(name), gap))
        else:
            own = Assemble((Symbol(center),), (middles.index(place),))
            if cuts > 1:
                own = Apply("spread", (own, gap))
        parts.append(own)
        first += cuts - 1
    whole = Assemble(tuple(parts), tuple(range(sum(items.cuts))))
    build.derived.append(Derived(f"{of}threshold", (f"{of}{BOUNDARY}",), whole))
    if middles or told:
        _explain(build, items, middles, told, moved is not None)


def _explain(
    build: Builder, items: Items, middles: list[int], told: str, at_means: bool
) -> None:
    """Say what default priors thresholds of items have.

    Parameters
    ----------
    build, items
        Takes the line in ``show priors``; the items.
    middles
        The items that have no prior of one of their thresholds.
    told
        The prior of the distances between neighbours, in words.
    at_means
        Whether thresholds are those at the means of the predictors.
    """
    layout = build.bound.thresholds
    texts = [told] if told else []
    reason = "of each item by itself, as in a model of it alone: "
    if layout == "sum_to_zero":
        at_means, reason = False, f"{reason}they sum to 0"
        build.notes.append("not centred: the thresholds of each item sum to 0")
    elif not middles:
        at_means, reason = False, "of each item by itself, K its categories"
    else:
        each = _moments(build, items)
        low, high = (f(each[k].m for k in middles) for f in (min, max))
        sd = max(
            defaults.thresholds(each[k], items.cuts[k] + 1).center_sd for k in middles
        )
        texts.insert(0, f"middle ~ normal(m, {sd:.4g})")
        reason += f"m from {low:.3g} to {high:.3g}, K its categories"
    if layout == "symmetric":
        reason += "; the same distances on both sides of the middle"
    target = f"{build.bound.target}threshold{'[mean]' if at_means else ''}"
    build.rows.append(PriorRow(target, ", ".join(texts) or "0", "default", reason))


def _of_each_item(
    items: Items, single: Singles
) -> dict[int, tuple[int, tuple[str, PriorText]]]:
    """Return by item the threshold that has a prior of its own, counted in the item."""
    starts = np.cumsum(items.cuts) - np.array(items.cuts)
    found = {}
    for place, own in single.items():
        item = int(np.searchsorted(starts, place, side="right")) - 1
        found[item] = (place - int(starts[item]), own)
    return found


def _around(
    build: Builder,
    single: tuple[int, tuple[str, PriorText]],
    number: int,
    gap: ProgramExpr | None,
    labels: tuple[str, ...],
) -> ProgramExpr:
    """Return the thresholds of an item around one that has a prior of its own."""
    of = build.bound.prefix
    axis = numbered(f"{of}{BOUNDARY}", number)
    build.axes.append(Axis(axis, "boundaries", labels))
    center, places = (f"{of}threshold_{name}" for name in ("center", "places"))
    return laid_around(
        build, single, gap, axis, numbered(center, number), numbered(places, number)
    )


def _gaps(
    build: Builder,
    items: Items,
    labels: tuple[str, ...],
    several: list[int],
    numbers: list[defaults.ThresholdDefaults],
) -> str:
    """Add the distances of items that have several thresholds; return their prior."""
    of, layout = build.bound.prefix, build.bound.thresholds
    axis, gaps = f"{of}{ITEM}_with_gaps", f"{of}gap"
    build.axes.append(Axis(axis, "levels", tuple(items.levels[k] for k in several)))
    starts = np.cumsum(items.cuts) - np.array(items.cuts)
    inner = tuple(
        labels[start + 1 + k]
        for start, cuts in zip(starts, items.cuts, strict=True)
        for k in range(cuts - 1)
    )
    build.axes.append(Axis(gaps, "gaps", inner))
    of_gap = [at for at, k in enumerate(several) for _ in range(items.cuts[k] - 1)]
    if layout == "equidistant":
        each = _moments(build, items)
        means = [defaults.equidistant_gap(each[k], items.cuts[k] + 1) for k in several]
        rates = Const(tuple(1.0 / one for one in means))
        one = f"{of}threshold_gap"
        prior = Prior("exponential", (("rate", rates),))
        build.parameters.append(Parameter(one, (axis,), prior, bounds=POSITIVE))
        value: ProgramExpr = Assemble((Symbol(one),), tuple(of_gap))
        build.derived.append(Derived(gaps, (gaps,), value, report=False))
        return "gap ~ exponential(1/d), d = 2 s log(K - 1)/(K - 2)"
    mean = f"{of}log_gap_mean"
    places = Const(tuple(numbers[k].gap_location for k in several))
    sd = Const(tuple(numbers[k].gap_location_sd for k in several))
    prior = Prior("normal", (("mu", places), ("sigma", sd)))
    build.parameters.append(Parameter(mean, (axis,), prior, report=False))
    order, own = list(range(len(of_gap))), list(of_gap)
    if layout == "symmetric":
        order, own, labels = [], [], ()
        for at, k in enumerate(several):
            count, first = items.cuts[k] - 1, len(own)
            half = (count + 1) // 2
            labels += inner[len(order) : len(order) + half]
            order += [first + min(g, count - 1 - g) for g in range(count)]
            own += [at] * half
        gaps = f"{of}half_gap"
        build.axes.append(Axis(gaps, "gaps", labels))
    sds = tuple(numbers[several[at]].gap_sd for at in own)
    common = Assemble((Symbol(mean),), tuple(own))
    prior = Prior("normal", (("mu", common), ("sigma", Const(sds))))
    build.parameters.append(Parameter(f"{of}log_gap", (gaps,), prior, report=False))
    logs: ProgramExpr = Symbol(f"{of}log_gap")
    if layout == "symmetric":
        logs = Assemble((logs,), tuple(order))
    value = Apply("exp", (logs,))
    build.derived.append(Derived(f"{of}gap", (f"{of}gap",), value, report=False))
    return (
        f"log gaps ~ normal(g, {max(one.gap_sd for one in numbers):.4g}), "
        "g ~ normal(log(3 s/K), 0.5)"
    )


def _written(
    build: Builder,
    items: Items,
    chosen: PriorText,
    labels: tuple[str, ...],
    moved: ProgramExpr | None,
) -> None:
    """Give the thresholds of each item, in their order, the prior that is written."""
    of = build.bound.prefix
    shares = chosen.distribution == "dirichlet"
    prior, argument = Prior("normal", ()), location(chosen)
    if not shares:
        found, _ = prior_of(chosen, REAL)
        assert found is not None
        prior = found
    if moved is not None and argument is not None and not shares:
        prior = prior.with_argument(argument, plus(prior.argument(argument), moved))
    parts: list[ProgramExpr] = []
    gaps: list[ProgramExpr] = []
    first = 0
    for number, cuts in enumerate(items.cuts, start=1):
        if shares:
            name = _shares(build, chosen, number, cuts)
            parts.append(Apply("logit_cumulative", (Symbol(name),)))
            if cuts > 1:
                gaps.append(Apply("logit_gaps", (Symbol(name),)))
            first += cuts
            continue
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


def _shares(build: Builder, chosen: PriorText, number: int, cuts: int) -> str:
    """Add the shares of an item's categories where ``eta`` is 0; return their name."""
    of, alpha = build.bound.prefix, dict(chosen.arguments)["alpha"]
    name = numbered(f"{of}category_probability", number)
    axis = numbered(f"{of}category", number)
    labels = build.bound.response.categories[: cuts + 1]
    build.axes.append(Axis(axis, "categories", labels))
    prior = Prior("dirichlet", (("alpha", Const((alpha,) * len(labels))),))
    build.parameters.append(Parameter(name, (axis,), prior, "simplex", report=False))
    return name


def _steps(
    build: Builder,
    items: Items,
    chosen: PriorText | None,
    moved: ProgramExpr | None,
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
            sd = defaults.step_sd(moments, cuts + 1, family.steps.adds_up)
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
    single = single_priors(build.bound)
    if single:
        count = sum(items.cuts)
        prior, moved = with_single(build, prior, single, count, moved), None
    if moved is not None and argument:
        prior = prior.with_argument(argument, plus(prior.argument(argument), moved))
    axis = f"{of}{BOUNDARY}"
    build.parameters.append(Parameter(f"{of}threshold", (axis,), prior, bounds=bounds))
    return argument or None
