"""Lowering the thresholds of ordinal families: prior, coordinates, gaps."""

from __future__ import annotations

from ..bind.bound import BoundPredictor, PriorText
from ..distributions.table import REAL
from ..families.ordinal.thresholds import threshold_labels
from ..program.expressions import Apply, Const, Expr, Symbol, plus
from ..program.ir import Axis, Derived, Parameter, Prior, Shift
from . import default_priors as defaults
from .builder import BOUNDARY, Builder, PriorRow, location, prior_of
from .special import shift_of


def lower_thresholds(
    build: Builder, part: BoundPredictor, delta: Expr | None
) -> Shift | None:
    """Lower the thresholds: their prior, coordinates and gaps.

    Returns how they take up a shift of the columns; None if they cannot.
    """
    bound, of = build.bound, build.bound.prefix
    categories = bound.response.categories
    labels = threshold_labels(categories)
    build.axes.append(Axis(f"{of}{BOUNDARY}", "boundaries", labels))
    gaps, plain = len(labels) - 1, f"{bound.target}threshold"
    literal, at_mean = build.written(plain), build.written(f"{plain}[mean]")
    chosen = literal or at_mean
    moved = None if literal or delta is None else delta
    shift: tuple[str, str] | None
    if chosen is None:
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


def _gap(build: Builder, labels: tuple[str, ...], value: Expr) -> None:
    """Add what is between neighbouring thresholds."""
    name = f"{build.bound.prefix}gap"
    build.axes.append(Axis(name, "gaps", labels[1:]))
    build.derived.append(Derived(name, (name,), value, report=False))


def _default_thresholds(
    build: Builder, labels: tuple[str, ...], gaps: int, moved: Expr | None
) -> tuple[str, str]:
    moments, of = build.learned.moments, build.bound.prefix
    numbers = defaults.thresholds(moments, gaps + 2)
    location: Expr = Const(moments.m)
    if moved is not None:
        location = plus(location, moved)
    build.parameters.append(
        Parameter(
            f"{of}threshold_center",
            (),
            Prior("normal", (("mu", location), ("sigma", Const(numbers.center_sd)))),
            report=False,
        )
    )
    if gaps:
        build.parameters += [
            Parameter(
                f"{of}log_gap_mean",
                (),
                Prior(
                    "normal",
                    (
                        ("mu", Const(numbers.gap_location)),
                        ("sigma", Const(numbers.gap_location_sd)),
                    ),
                ),
                report=False,
            ),
            Parameter(
                f"{of}log_gap",
                (f"{of}gap",),
                Prior(
                    "normal",
                    (
                        ("mu", Symbol(f"{of}log_gap_mean")),
                        ("sigma", Const(numbers.gap_sd)),
                    ),
                ),
                report=False,
            ),
        ]
        log_gap: Expr = Symbol(f"{of}log_gap")
    else:
        log_gap = Const(())
    _gap(build, labels, Apply("exp", (log_gap,)))
    build.derived.append(
        Derived(
            f"{of}threshold",
            (f"{of}{BOUNDARY}",),
            Apply("spread", (Symbol(f"{of}threshold_center"), Symbol(f"{of}gap"))),
        )
    )
    text = f"middle ~ normal({moments.m:g}, {numbers.center_sd:.4g})"
    if gaps:
        text += (
            f", log gaps ~ normal(g, {numbers.gap_sd:.4g}), "
            f"g ~ normal({numbers.gap_location:.4g}, {numbers.gap_location_sd:g})"
        )
    reason = "as the intercept of a logit"
    if gaps:
        gap = defaults.THRESHOLD_RANGE * moments.s / (gaps + 2)
        reason = defaults.THRESHOLD_REASON.format(gap=gap)
    target = f"{build.bound.target}threshold{'' if moved is None else '[mean]'}"
    build.rows.append(PriorRow(target, text, "default", reason))
    return f"{of}threshold_center", "mu"


def _independent_thresholds(
    build: Builder, chosen: PriorText, labels: tuple[str, ...], moved: Expr | None
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
