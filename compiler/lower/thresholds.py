"""Lowering the thresholds of ordinal families: prior, coordinates, gaps."""

from __future__ import annotations

from ..bind.bound import Part, PriorText
from ..distributions.table import REAL
from ..families.ordinal.thresholds import threshold_labels
from ..program.expressions import Apply, Const, Expr, Ref, plus
from ..program.ir import Axis, Derived, Parameter, Prior, Shift
from . import default_priors as defaults
from .builder import BOUNDARY, Builder, PriorRow, location, prior_of
from .special import shift_of


def lower_thresholds(build: Builder, part: Part, delta: Expr | None) -> Shift | None:
    """Lower the thresholds: their prior, coordinates and gaps.

    Returns how they take up a shift of the columns; None if they cannot.
    """
    bound = build.bound
    categories = bound.response.categories
    labels = threshold_labels(categories)
    build.axes.append(Axis(BOUNDARY, "boundaries", labels))
    gaps = len(labels) - 1
    literal, at_mean = build.written("threshold"), build.written("threshold[mean]")
    chosen = literal or at_mean
    moved = None if literal or delta is None else delta
    shift: tuple[str, str] | None
    if chosen is None:
        shift = _default_thresholds(build, labels, gaps, moved)
    elif chosen.distribution == "dirichlet":
        build.explain("threshold", chosen)
        build.axes.append(Axis("category", "categories", categories))
        alpha = dict(chosen.arguments)["alpha"]
        prior = Prior("dirichlet", (("alpha", Const((alpha,) * len(categories))),))
        build.parameters.append(
            Parameter(
                "category_probability", ("category",), prior, "simplex", report=False
            )
        )
        simplex = Ref("category_probability")
        thresholds = Apply("logit_cumulative", (simplex,))
        build.derived.append(Derived("threshold", (BOUNDARY,), thresholds))
        build.axes.append(Axis("gap", "gaps", labels[1:]))
        build.derived.append(
            Derived("gap", ("gap",), Apply("logit_gaps", (simplex,)), report=False)
        )
        if delta is not None:
            build.notes.append("not centred: the prior of the thresholds is joint")
        shift = None
    else:
        build.explain("threshold" if literal else "threshold[mean]", chosen)
        shift = _independent_thresholds(build, chosen, labels, moved)
    if shift is None or delta is None:
        return None
    return shift_of(part, "threshold", *shift, -1)


def _default_thresholds(
    build: Builder, labels: tuple[str, ...], gaps: int, moved: Expr | None
) -> tuple[str, str]:
    moments = build.learned.moments
    numbers = defaults.thresholds(moments, gaps + 2)
    location: Expr = Const(moments.m)
    if moved is not None:
        location = plus(location, moved)
    build.parameters.append(
        Parameter(
            "threshold_center",
            (),
            Prior("normal", (("mu", location), ("sigma", Const(numbers.center_sd)))),
            report=False,
        )
    )
    build.axes.append(Axis("gap", "gaps", labels[1:]))
    if gaps:
        build.parameters += [
            Parameter(
                "log_gap_mean",
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
                "log_gap",
                ("gap",),
                Prior(
                    "normal",
                    (
                        ("mu", Ref("log_gap_mean")),
                        ("sigma", Const(numbers.gap_sd)),
                    ),
                ),
                report=False,
            ),
        ]
        log_gap: Expr = Ref("log_gap")
    else:
        log_gap = Const(())
    build.derived += [
        Derived("gap", ("gap",), Apply("exp", (log_gap,)), report=False),
        Derived(
            "threshold",
            (BOUNDARY,),
            Apply("spread", (Ref("threshold_center"), Ref("gap"))),
        ),
    ]
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
    target = "threshold" if moved is None else "threshold[mean]"
    build.rows.append(PriorRow(target, text, "default", reason))
    return "threshold_center", "mu"


def _independent_thresholds(
    build: Builder, chosen: PriorText, labels: tuple[str, ...], moved: Expr | None
) -> tuple[str, str] | None:
    prior, _ = prior_of(chosen, REAL)
    assert prior is not None
    argument = location(chosen)
    if moved is not None and argument is not None:
        prior = prior.with_argument(argument, plus(prior.argument(argument), moved))
    build.parameters.append(Parameter("threshold", (BOUNDARY,), prior, "ordered"))
    build.axes.append(Axis("gap", "gaps", labels[1:]))
    build.derived.append(
        Derived("gap", ("gap",), Apply("diff", (Ref("threshold"),)), report=False)
    )
    return None if argument is None else ("threshold", argument)
