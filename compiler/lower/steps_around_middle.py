"""Lowering thresholds of steps around their middle: of one distance, or symmetric.

The middle and the distances have what such a layout, fitted by least squares, has of
independent thresholds ``t_k ~ normal(e_k + m, sd)``, but that the middle is as wide as
each of them. Distances may be of either sign: steps are in no order.
"""

from __future__ import annotations

import numpy as np

from ..data.table import Floats
from ..program.expressions import Apply, Assemble, Const, ProgramExpr, Symbol, plus
from ..program.ir import Axis, Derived, Parameter, Prior
from . import default_priors as defaults
from .builder import BOUNDARY, Builder, PriorRow


def lower_around_middle(
    build: Builder, labels: tuple[str, ...], moved: ProgramExpr | None
) -> None:
    """Lower thresholds with one distance, or with the same on both sides.

    Parameters
    ----------
    build
        Takes the parameters, the thresholds and their line in ``show priors``.
    labels
        Names of the thresholds.
    moved
        What their middle is moved by where columns are centred.
    """
    family, moments, of = build.bound.family, build.learned.moments, build.bound.prefix
    assert family.at_shares is not None and family.steps is not None
    count = len(labels)
    equal = family.at_shares(np.full(count + 1, 1.0 / (count + 1)))
    sd = defaults.step_sd(moments, count + 1, family.steps.adds_up)
    center, middle = f"{of}threshold_center", float(np.mean(equal)) + moments.m
    location: ProgramExpr = Const(round(middle, 12))
    if moved is not None:
        location = plus(location, moved)
    prior = Prior("normal", (("mu", location), ("sigma", Const(sd))))
    build.parameters.append(Parameter(center, (), prior, report=False))
    target = f"{build.bound.target}threshold{'[mean]' if moved is not None else ''}"
    text = f"middle ~ normal({middle:.3g}, {sd:.4g})"
    laid: ProgramExpr = Assemble((Symbol(center),), (0,) * count)
    if count > 1:
        equidistant = build.bound.thresholds == "equidistant"
        away = _of_one_distance if equidistant else _of_two_sides
        value, told = away(build, labels, equal, sd)
        laid = Apply("+", (Symbol(center), value))
        text += f", {told}"
    build.derived.append(Derived(f"{of}threshold", (f"{of}{BOUNDARY}",), laid))
    reason = "one distance, of either sign; nearly any share of each category"
    if build.bound.thresholds == "symmetric":
        reason = (
            "the same distances from the middle on both sides, of either sign; d: half "
            "of what is between two where all categories are equally likely"
        )
    build.rows.append(PriorRow(target, text, "default", reason))


def _of_one_distance(
    build: Builder, labels: tuple[str, ...], equal: Floats, sd: float
) -> tuple[ProgramExpr, str]:
    """Add one distance; return thresholds around 0, and its prior in words."""
    places = np.arange(len(labels)) - 0.5 * (len(labels) - 1)
    squares = float(np.square(places).sum())
    slope, own = float(places @ equal) / squares, sd / squares**0.5
    given = (("mu", Const(round(slope, 12))), ("sigma", Const(own)))
    gap = f"{build.bound.prefix}threshold_gap"
    build.parameters.append(Parameter(gap, (), Prior("normal", given)))
    away = Apply("*", (Const(tuple(places.tolist())), Symbol(gap)))
    return away, f"gap ~ normal({slope:.3g}, {own:.4g})"


def _of_two_sides(
    build: Builder, labels: tuple[str, ...], equal: Floats, sd: float
) -> tuple[ProgramExpr, str]:
    """Add distances from the middle; return thresholds around 0, and their prior.

    The k-th from each end are as far: ``h_k = (t_(n+1-k) - t_k) / 2``.
    """
    count, of = len(labels), build.bound.prefix
    half = count // 2
    name, axis, own = f"{of}threshold_half", f"{of}half_{BOUNDARY}", sd / 2.0**0.5
    places = tuple(
        round(0.5 * float(equal[count - 1 - k] - equal[k]), 12) + 0.0
        for k in range(half)
    )
    build.axes.append(Axis(axis, "boundaries", labels[count - half :][::-1]))
    given = (("mu", Const(places)), ("sigma", Const(own)))
    build.parameters.append(
        Parameter(name, (axis,), Prior("normal", given), report=False)
    )
    # the threshold in the middle of an odd number is at 0
    order = tuple(min(k, count - 1 - k) for k in range(count))
    signs = tuple(float(np.sign(2 * k - count + 1)) for k in range(count))
    parts: tuple[ProgramExpr, ...] = (Symbol(name),)
    if count % 2:
        parts += (Const(0.0),)
    away = Apply("*", (Const(signs), Assemble(parts, order)))
    return away, f"distances ~ normal({'d' if any(places) else '0'}, {own:.4g})"
