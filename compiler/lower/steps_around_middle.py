"""Lowering thresholds of steps around their middle: of one distance, or symmetric.

The middle and the distances have what such a layout, fitted by least squares, has of
independent thresholds ``t_k ~ normal(e_k + m, sd)``, but that the middle is as wide as
each of them. Distances may be of either sign: steps are in no order. Each item has a
middle and distances of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..data.table import Floats
from ..families.family import Moments
from ..program.expressions import Apply, Assemble, Const, ProgramExpr, Symbol, plus
from ..program.ir import Axis, Derived, Parameter, Prior
from . import default_priors as defaults
from .builder import BOUNDARY, ITEM, Builder, PriorRow


@dataclass(frozen=True, slots=True)
class _Laid:
    """What is laid out around one middle: all thresholds, or those of an item."""

    labels: tuple[str, ...]
    #: Where they are if all categories are equally likely.
    equal: Floats
    #: Of each by itself: how far the middle of the data moves it, and its prior sd.
    m: float
    sd: float

    @property
    def middle(self) -> float:
        """The prior mean of their middle."""
        return round(float(np.mean(self.equal)) + self.m, 12) + 0.0


def lower_around_middle(
    build: Builder,
    labels: tuple[str, ...],
    each: Sequence[tuple[int, Moments]],
    moved: ProgramExpr | None,
) -> None:
    """Lower thresholds with one distance, or with the same on both sides.

    Parameters
    ----------
    build
        Takes the parameters, the thresholds and their line in ``show priors``.
    labels
        Names of all thresholds, those of an item side by side.
    each
        How many there are of each item, and the moments of its responses.
    moved
        What their middle is moved by where columns are centred.
    """
    of, whole = build.bound.prefix, _each_laid(build, labels, each)
    items, center = build.bound.response.items, f"{of}threshold_center"
    axes: tuple[str, ...] = ()
    if items is not None:
        axes = (f"{of}{ITEM}",)
        build.axes.append(Axis(axes[0], "levels", items.levels))
    location: ProgramExpr = _numbers([one.middle for one in whole], axes)
    if moved is not None:
        location = plus(location, moved)
    sigma = _numbers([one.sd for one in whole], axes)
    prior = Prior("normal", (("mu", location), ("sigma", sigma)))
    build.parameters.append(Parameter(center, axes, prior, report=False))
    ones = tuple(1.0 for one in whole for _ in one.labels)
    laid: ProgramExpr = Apply("*", (Const(ones), Symbol(center)))
    if axes:
        order = tuple(k for k, one in enumerate(whole) for _ in one.labels)
        laid = Assemble((Symbol(center),), order)
    widest = max(one.sd for one in whole)
    where = "e + m" if axes else f"{whole[0].middle:.3g}"
    text = f"middle ~ normal({where}, {widest:.4g})"
    if any(count > 1 for count, _ in each):
        equidistant = build.bound.thresholds == "equidistant"
        value, told = (_of_one_distance if equidistant else _of_two_sides)(build, whole)
        laid = Apply("+", (laid if axes else Symbol(center), value))
        text += f", {told}"
    build.derived.append(Derived(f"{of}threshold", (f"{of}{BOUNDARY}",), laid))
    target = f"{build.bound.target}threshold{'[mean]' if moved is not None else ''}"
    build.rows.append(PriorRow(target, text, "default", _reason(build)))


def _each_laid(
    build: Builder, labels: tuple[str, ...], each: Sequence[tuple[int, Moments]]
) -> list[_Laid]:
    family, found, first = build.bound.family, list[_Laid](), 0
    assert family.at_shares is not None and family.steps is not None
    for count, moments in each:
        equal = family.at_shares(np.full(count + 1, 1.0 / (count + 1)))
        sd = defaults.step_sd(moments, count + 1, family.steps.adds_up)
        own = labels[first : first + count]
        found.append(_Laid(own, np.asarray(equal), moments.m, sd))
        first += count
    return found


def _numbers(values: Sequence[float], axes: tuple[str, ...]) -> Const:
    return Const(tuple(values) if axes else values[0])


def _reason(build: Builder) -> str:
    """Say what the default priors of the layout are."""
    reason = "one distance, of either sign; nearly any share of each category"
    if build.bound.thresholds == "symmetric":
        reason = (
            "the same distances from the middle on both sides, of either sign; d: half "
            "of what is between two where all categories are equally likely"
        )
    if build.bound.response.items is None:
        return reason
    e = "e: their middle where all its categories are equally likely"
    return f"of each item by itself: {reason}; {e}"


def _of_one_distance(build: Builder, whole: Sequence[_Laid]) -> tuple[ProgramExpr, str]:
    """Add one distance; return thresholds around 0, and its prior in words."""
    of, items = build.bound.prefix, build.bound.response.items
    gap, axes = f"{of}threshold_gap", tuple[str, ...]()
    slopes: list[float] = []
    sds: list[float] = []
    signs: list[float] = []
    order: list[int] = []
    for one in whole:
        count = len(one.labels)
        places = np.arange(count) - 0.5 * (count - 1)
        signs += places.tolist()
        # the one threshold of an item of two categories is at 0 whatever the distance
        order += [len(sds) if count > 1 else 0] * count
        if count > 1:
            squares = float(np.square(places).sum())
            slopes.append(round(float(places @ one.equal) / squares, 12))
            sds.append(one.sd / squares**0.5)
    value: ProgramExpr = Symbol(gap)
    if items is not None:
        axes, value = (f"{of}{ITEM}_with_gaps",), Assemble((value,), tuple(order))
        several = zip(items.levels, whole, strict=True)
        names = tuple(level for level, one in several if len(one.labels) > 1)
        build.axes.append(Axis(axes[0], "levels", names))
    given = (("mu", _numbers(slopes, axes)), ("sigma", _numbers(sds, axes)))
    build.parameters.append(Parameter(gap, axes, Prior("normal", given)))
    mean = "d" if axes else f"{slopes[0]:.3g}"
    told = f"gap ~ normal({mean}, {max(sds):.4g})"
    return Apply("*", (Const(tuple(signs)), value)), told


def _of_two_sides(build: Builder, whole: Sequence[_Laid]) -> tuple[ProgramExpr, str]:
    """Add distances from the middle; return thresholds around 0, and their prior.

    The k-th from each end are as far: ``h_k = (t_(n+1-k) - t_k) / 2``.
    """
    of = build.bound.prefix
    name, axis = f"{of}threshold_half", f"{of}half_{BOUNDARY}"
    labels: list[str] = []
    places: list[float] = []
    sds: list[float] = []
    order: list[int] = []
    total = sum(len(one.labels) // 2 for one in whole)
    for one in whole:
        count, first = len(one.labels), len(labels)
        half = count // 2
        away = 0.5 * (one.equal[::-1] - one.equal)[:half]
        labels += one.labels[count - half :][::-1]
        places += [round(float(own), 12) + 0.0 for own in away]
        sds += [one.sd / 2.0**0.5] * half
        # the threshold in the middle of an odd number is at 0
        ends = [min(k, count - 1 - k) for k in range(count)]
        order += [first + k if k < half else total for k in ends]
    build.axes.append(Axis(axis, "boundaries", tuple(labels)))
    sigma = Const(sds[0] if len(set(sds)) == 1 else tuple(sds))
    prior = Prior("normal", (("mu", Const(tuple(places))), ("sigma", sigma)))
    build.parameters.append(Parameter(name, (axis,), prior, report=False))
    signs = tuple(
        float(np.sign(2 * k - len(one.labels) + 1))
        for one in whole
        for k in range(len(one.labels))
    )
    parts: tuple[ProgramExpr, ...] = (Symbol(name),)
    if total in order:
        parts += (Const(0.0),)
    value = Apply("*", (Const(signs), Assemble(parts, tuple(order))))
    d = "d" if any(places) else "0"
    return value, f"distances ~ normal({d}, {max(sds):.4g})"
