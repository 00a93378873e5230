"""Lowering the thresholds of ordinal families: prior, coordinates, gaps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..bind.bound import BoundPredictor, PriorText
from ..bind.ordinal import Singles, single_priors
from ..distributions.table import POSITIVE, REAL
from ..families.family import DefaultPrior, Moments
from ..families.ordinal.thresholds import threshold_labels, to_zero
from ..program.expressions import Apply, Assemble, Const, ProgramExpr, Symbol, plus
from ..program.ir import Axis, Derived, Parameter, Predictor, Prior, Shift, Slot
from ..program.recipes import Matrix, Numbers
from . import default_priors as defaults
from .builder import BOUNDARY, Builder, PriorRow, location, prior_of, vector
from .log_gaps import lower_log_gaps, told_of
from .names import free_name
from .one_threshold import laid_around
from .several_thresholds import laid_between
from .special import shift_of
from .steps_around_middle import lower_around_middle
from .steps_to_zero import lower_to_zero


def lower_thresholds(
    build: Builder, part: BoundPredictor, delta: ProgramExpr | None
) -> Shift | None:
    """Lower the thresholds: their prior, coordinates and gaps.

    Returns how they take up a shift of the columns; None if they cannot.
    """
    bound, of = build.bound, build.bound.prefix
    categories = bound.response.categories
    labels = threshold_labels(categories[bound.family.apart :])
    build.axes.append(Axis(f"{of}{BOUNDARY}", "boundaries", labels))
    gaps, plain = len(labels) - 1, f"{bound.target}threshold"
    literal, at_mean = build.written(plain), build.written(f"{plain}[mean]")
    chosen = literal or at_mean
    moved = None if literal or delta is None else delta
    shift: tuple[str, str] | None
    single = single_priors(bound)
    if len(single) > 1:
        _between(build, single, labels)
        if delta is not None:
            build.notes.append("not centred: several thresholds have written priors")
        shift = None
    elif single:
        (one,) = single.items()
        shift = _around(build, one, labels)
    elif chosen is None:
        shift = _default_thresholds(build, labels, gaps, moved)
    elif chosen.distribution == "dirichlet":
        build.explain(plain, chosen)
        axis, name = f"{of}category", f"{of}category_probability"
        build.axes.append(Axis(axis, "categories", categories))
        alpha = dict(chosen.arguments)["alpha"]
        prior = Prior("dirichlet", (("alpha", Const((alpha,) * len(categories))),))
        build.parameters.append(
            Parameter(name, (axis,), prior, "simplex", report=False)
        )
        thresholds = Apply("logit_cumulative", (Symbol(name),))
        build.derived.append(
            Derived(f"{of}threshold", (f"{of}{BOUNDARY}",), thresholds)
        )
        _gap(build, labels, Apply("logit_gaps", (Symbol(name),)))
        if delta is not None:
            build.notes.append("not centred: the prior of the thresholds is joint")
        shift = None
    else:
        build.explain(plain if literal else f"{plain}[mean]", chosen)
        shift = _independent_thresholds(build, chosen, labels, moved)
    if shift is None or delta is None:
        return None
    return shift_of(part, f"{of}threshold", *shift, -1)


def _around(
    build: Builder, single: tuple[int, tuple[str, PriorText]], labels: tuple[str, ...]
) -> tuple[str, str] | None:
    """Lay thresholds out around one that has a prior, with their default distances."""
    of, gaps = build.bound.prefix, len(labels) - 1
    center, axis = f"{of}threshold_center", f"{of}{BOUNDARY}"
    text = _gaps(build, labels, gaps)
    value = laid_around(
        build, single, Symbol(f"{of}gap"), axis, center, f"{of}threshold_places"
    )
    build.derived.append(Derived(f"{of}threshold", (axis,), value))
    if gaps:
        reason = "the others are laid out around it"
        target = f"{build.bound.target}threshold"
        build.rows.append(PriorRow(target, text, "default", reason))
    argument = location(single[1][1])
    return None if argument is None else (center, argument)


def _between(build: Builder, single: Singles, labels: tuple[str, ...]) -> None:
    """Lay thresholds out by several of them, which have priors."""
    laid = laid_between(build, single, labels)
    _gap(build, labels, laid.gap)
    of, target = build.bound.prefix, f"{build.bound.target}threshold"
    name, axis = f"{of}threshold", f"{of}{BOUNDARY}"
    build.derived.append(Derived(name, (axis,), laid.threshold))
    build.notes.append("thresholds with priors are drawn in order")
    if laid.told:
        reason = (
            "of the other distances: beyond those with priors as they are, between two "
            "of these in their proportions"
        )
        build.rows.append(PriorRow(target, laid.told, "default", reason))


def lower_steps(
    build: Builder, part: BoundPredictor, delta: ProgramExpr | None
) -> Shift | None:
    """Lower the thresholds of steps, which are in no order.

    Returns how they take up a shift of the columns; None if they cannot.
    """
    bound, of = build.bound, build.bound.prefix
    labels = threshold_labels(bound.response.categories)
    axis, name, plain = f"{of}{BOUNDARY}", f"{of}threshold", f"{bound.target}threshold"
    build.axes.append(Axis(axis, "boundaries", labels))
    literal, at_mean = build.written(plain), build.written(f"{plain}[mean]")
    chosen = literal or at_mean
    moved = None if literal or delta is None else delta
    if bound.thresholds != "flexible":
        each = [(len(labels), build.learned.moments)]
        return lower_laid_out(build, part, labels, each, delta)
    bounds, argument = REAL, "mu"
    at_means = None if literal else category_at_means(build, part)
    if at_means is not None:
        moved = at_means if moved is None else plus(moved, at_means)
    if chosen is None:
        prior = _default_steps(build, len(labels) + 1, moved is not None)
    else:
        build.explain(plain if literal else f"{plain}[mean]", chosen)
        found, bounds = prior_of(chosen, REAL)
        assert found is not None
        prior, argument = found, location(chosen) or ""
    single = single_priors(bound)
    if single:
        prior, moved = with_single(build, prior, single, len(labels), moved), None
    if moved is not None and argument:
        prior = prior.with_argument(argument, plus(prior.argument(argument), moved))
    build.parameters.append(Parameter(name, (axis,), prior, bounds=bounds))
    if not argument or delta is None:
        return None
    return shift_of(part, name, name, argument, -1)


def lower_laid_out(
    build: Builder,
    part: BoundPredictor,
    labels: tuple[str, ...],
    each: Sequence[tuple[int, Moments]],
    delta: ProgramExpr | None,
) -> Shift | None:
    """Lower thresholds of steps that are not flexible, or those of each item.

    Parameters
    ----------
    build, part
        Takes what is lowered; the predictor beside them.
    labels, each
        Names of all thresholds; how many there are of each item, and its moments.
    delta
        What columns shift the predictor by where they are centred.
    """
    of, by_threshold = build.bound.prefix, bool(part.population.by_threshold)
    if build.bound.thresholds == "sum_to_zero":
        lower_to_zero(build, labels, each, delta is not None or by_threshold)
        return None
    if by_threshold:
        equal = build.bound.thresholds == "equidistant"
        has = "one distance" if equal else "two sides"
        build.notes.append(f"not centred: thresholds of {has}")
        delta = None
    lower_around_middle(build, labels, each, delta)
    if delta is None:
        return None
    return shift_of(part, f"{of}threshold", f"{of}threshold_center", "mu", -1)


def with_single(
    build: Builder,
    prior: Prior,
    single: Singles,
    count: int,
    moved: ProgramExpr | None,
) -> Prior:
    """Return the prior of all thresholds where some have one of their own.

    Theirs is about predictors at 0, that of the others about their means.
    """
    found: dict[str, list[float]] = {}
    for name, value in prior.arguments:
        assert isinstance(value, Const)
        found[name] = [float(one) for one in np.broadcast_to(value.value, (count,))]
    for place, (target, chosen) in single.items():
        build.explain(target, chosen)
        for name, number in chosen.arguments:
            found[name][place] = number
    values = {name: Const(tuple(numbers)) for name, numbers in found.items()}
    mu: ProgramExpr = values["mu"]
    if moved is not None:
        others = Const(tuple(float(k not in single) for k in range(count)))
        mu = Apply("+", (mu, Apply("*", (others, moved))))
    return Prior("normal", (("mu", mu), ("sigma", values["sigma"])))


def category_at_means(build: Builder, part: BoundPredictor) -> ProgramExpr | None:
    """Return what effects of ``cs()`` are at the means of their columns."""
    columns, of = part.population.by_threshold, build.bound.prefix
    if not columns:
        return None
    count = len(build.bound.response.categories) - 1
    means = np.array([mean for _, mean in build.learned.by_threshold])
    whole = np.kron(means, np.eye(count))
    items = build.bound.response.items
    if items is not None:
        # those of an item side by side
        whole = whole[[k for cuts in items.cuts for k in range(cuts)]]
    axis, boundary = f"{of}cs_coef", f"{of}{BOUNDARY}"
    recipe = Numbers(tuple(whole.ravel().tolist()), len(means) * count)
    name = f"{of}cs_mean"
    build.slots.append(Slot(name, (boundary, axis), recipe))
    return Apply("matvec", (Symbol(name), Symbol(f"{of}bcs")))


def lower_category(build: Builder) -> list[tuple[str, ProgramExpr]]:
    """Lower effects that differ between thresholds; return the arguments of them."""
    value = _of_columns(build)
    of_groups = _of_groups(build)
    if of_groups is not None:
        value = of_groups if value is None else Apply("+", (value, of_groups))
    if value is None:
        return []
    arguments: list[tuple[str, ProgramExpr]] = [("effects", value)]
    if all(part.dpar != "disc" for part in build.bound.predictors):
        arguments.append(("disc", Const(1.0)))
    return arguments


def _of_groups(build: Builder) -> ProgramExpr | None:
    """Lower what groups add at each threshold: a predictor for each."""
    bound, added = build.bound, build.by_threshold
    if not added:
        return None
    build.by_threshold = {}
    names = []
    for place, blocks in sorted(added.items()):
        name = free_name(f"{bound.prefix}cs_{place + 1}", build)
        names.append(name)
        build.beside.append(
            Predictor(
                name,
                bound.response.name,
                f"cs_{place + 1}",
                "identity",
                build.row,
                tuple(blocks),
                inner=True,
                prefix=bound.main.prefix,
            )
        )
    return Apply("beside", tuple(Symbol(one) for one in names))


def _of_columns(build: Builder) -> ProgramExpr | None:
    """Lower effects of the population that differ between thresholds."""
    bound, of = build.bound, build.bound.prefix
    part, columns = bound.main, bound.main.population.by_threshold
    if not columns:
        return None
    boundaries = threshold_labels(bound.response.categories)
    axis, design, known = f"{of}cs_coef", f"{of}X_cs", f"{of}cs_column"
    labels = tuple(f"{c.name}[{one}]" for c in columns for one in boundaries)
    build.axes.append(Axis(axis, "coefs", labels))
    build.axes.append(Axis(known, "coefs", tuple(column.name for column in columns)))
    build.slots.append(Slot(design, (build.row, known), Matrix(columns)))
    choices: list[PriorText | DefaultPrior] = []
    for column, (scale, _) in zip(columns, build.learned.by_threshold, strict=True):
        target = f"{bound.target}bcs[{column.name}]"
        moments = build.learned.moments.at_one_threshold
        default = defaults.effect(bound.family, part, moments, scale)
        choice = build.written(target) or default
        build.explain(target, choice)
        choices += [choice] * len(boundaries)
    vector(build, f"{of}bcs", axis, labels, choices, REAL)
    return Apply("by_threshold", (Symbol(design), Symbol(f"{of}bcs")))


def _default_steps(build: Builder, categories: int, at_means: bool) -> Prior:
    """Return the default prior of the thresholds of steps."""
    family, moments = build.bound.family, build.learned.moments
    assert family.at_shares is not None and family.steps is not None
    equal = family.at_shares(np.full(categories, 1.0 / categories))
    sd = defaults.step_sd(moments, categories, family.steps.adds_up)
    places = tuple(round(float(one) + moments.m, 12) for one in equal)
    target = f"{build.bound.target}threshold{'[mean]' if at_means else ''}"
    row = PriorRow(
        target,
        f"normal(e{moments.m:+.3g}, {sd:.4g})",
        "default",
        "e: where all categories are equally likely; each by itself, nearly any share",
    )
    build.rows.append(row)
    mu = Const(places if len(set(places)) > 1 else places[0])
    return Prior("normal", (("mu", mu), ("sigma", Const(sd))))


def _gap(build: Builder, labels: tuple[str, ...], value: ProgramExpr) -> None:
    """Add what is between neighbouring thresholds."""
    name = f"{build.bound.prefix}gap"
    build.axes.append(Axis(name, "gaps", labels[1:]))
    build.derived.append(Derived(name, (name,), value, report=False))


def _default_thresholds(
    build: Builder, labels: tuple[str, ...], gaps: int, moved: ProgramExpr | None
) -> tuple[str, str] | None:
    moments, of, layout = (
        build.learned.moments,
        build.bound.prefix,
        build.bound.thresholds,
    )
    numbers = defaults.thresholds(moments, gaps + 2)
    center = f"{of}threshold_center"
    if layout != "sum_to_zero":
        location: ProgramExpr = Const(moments.m)
        if moved is not None:
            location = plus(location, moved)
        sd = ("sigma", Const(numbers.center_sd))
        prior = Prior("normal", (("mu", location), sd))
        build.parameters.append(Parameter(center, (), prior, report=False))
    text = f"middle ~ normal({moments.m:g}, {numbers.center_sd:.4g})"
    reason = "as the intercept of a logit"
    if gaps:
        gap = defaults.THRESHOLD_RANGE * moments.s / (gaps + 2)
        reason = defaults.THRESHOLD_REASON.format(gap=gap)
    told = _gaps(build, labels, gaps)
    text += f", {told}" if told else ""
    if layout == "equidistant" and gaps:
        mean = defaults.equidistant_gap(moments, gaps + 2)
        reason = (
            f"one distance, {mean:.3g} on average: categories of equal probability "
            "have about it"
        )
    elif layout == "symmetric":
        reason = f"the same distances on both sides of the middle; {reason}"
    if layout == "sum_to_zero":
        value = Apply("dot", (Const(to_zero(gaps)), Symbol(f"{of}gap")))
        build.derived.append(
            Derived(center, (), value if gaps else Const(0.0), report=False)
        )
        text = text.partition("), ")[2] or "0"
        reason = f"they sum to 0; {reason}"
        if moved is not None:
            build.notes.append("not centred: the thresholds sum to 0")
    build.derived.append(
        Derived(
            f"{of}threshold",
            (f"{of}{BOUNDARY}",),
            Apply("spread", (Symbol(center), Symbol(f"{of}gap"))),
        )
    )
    is_mean = moved is not None and layout != "sum_to_zero"
    target = f"{build.bound.target}threshold{'[mean]' if is_mean else ''}"
    build.rows.append(PriorRow(target, text, "default", reason))
    return None if layout == "sum_to_zero" else (center, "mu")


def _gaps(build: Builder, labels: tuple[str, ...], gaps: int) -> str:
    """Add the distances between thresholds; return their default prior in words."""
    moments = build.learned.moments
    if build.bound.thresholds == "equidistant" and gaps:
        mean = defaults.equidistant_gap(moments, gaps + 2)
        _equal_gaps(build, labels, gaps, mean)
        return f"gap ~ exponential({1.0 / mean:.4g})"
    numbers = defaults.thresholds(moments, gaps + 2)
    _free_gaps(build, labels, gaps, numbers)
    if not gaps:
        return ""
    return told_of(numbers)


def _free_gaps(
    build: Builder,
    labels: tuple[str, ...],
    gaps: int,
    numbers: defaults.ThresholdDefaults,
) -> None:
    """Add distances that are independent given how large they are on the whole."""
    of, layout = build.bound.prefix, build.bound.thresholds
    if not gaps:
        _gap(build, labels, Apply("exp", (Const(()),)))
        return
    axis, order = f"{of}gap", None
    if layout == "symmetric":
        axis = f"{of}half_gap"
        build.axes.append(Axis(axis, "gaps", labels[1 : 1 + (gaps + 1) // 2]))
        order = tuple(min(place, gaps - 1 - place) for place in range(gaps))
    log_gap: ProgramExpr = lower_log_gaps(build, axis, numbers)
    if order is not None:
        log_gap = Assemble((log_gap,), order)
    _gap(build, labels, Apply("exp", (log_gap,)))


def _equal_gaps(
    build: Builder, labels: tuple[str, ...], gaps: int, mean: float
) -> None:
    """Add one distance for all."""
    name = f"{build.bound.prefix}threshold_gap"
    prior = Prior("exponential", (("rate", Const(1.0 / mean)),))
    build.parameters.append(Parameter(name, (), prior, bounds=POSITIVE))
    _gap(build, labels, Apply("*", (Const((1.0,) * gaps), Symbol(name))))


def _independent_thresholds(
    build: Builder,
    chosen: PriorText,
    labels: tuple[str, ...],
    moved: ProgramExpr | None,
) -> tuple[str, str] | None:
    prior, _ = prior_of(chosen, REAL)
    assert prior is not None
    argument = location(chosen)
    if moved is not None and argument is not None:
        prior = prior.with_argument(argument, plus(prior.argument(argument), moved))
    of = build.bound.prefix
    name = f"{of}threshold"
    build.parameters.append(Parameter(name, (f"{of}{BOUNDARY}",), prior, "ordered"))
    _gap(build, labels, Apply("diff", (Symbol(name),)))
    return None if argument is None else (name, argument)
