"""What a response is, as far as its values show it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from varying.compiler.data.scales import scale_order
from varying.compiler.data.table import Column, Kind

__all__ = ["Facts", "as_successes", "facts_of", "listed_levels"]

#: A share of the rows at one value is a spike from here on, ...
SPIKE = 0.05
#: ... if it is so many times what the values beside it have.
TIMES = 3.0
#: Counts whose variance is so many times their mean vary more than Poisson ones.
OVERDISPERSED = 1.5
#: With a smaller one they vary less.
UNDERDISPERSED = 0.8
#: Tops of scales that people answer on, beside those of up to 10 steps.
TOPS = (20.0, 50.0, 99.0, 100.0, 1000.0)
#: The longest scale of single steps.
STEPS = 10.0
#: Whole numbers are far from 0 if the smallest is more than this share of their mean,
#: and that is so large.
FAR, LARGE = 0.3, 10.0
#: More answers at the lowest end than this may be those of another question: whether.
MANY_AT_LOW = 0.2


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a response.

    Attributes
    ----------
    name, rows, missing
        Of the column; rows have a value.
    kind
        ``levels``, ``two``, ``ordered``, ``rating``, ``count``, ``whole`` (whole
        numbers far from 0, which need not be counts), ``share``, ``positive`` or
        ``real``; ``successes`` where trials are given.
    low, high
        The smallest and the largest number, or the ends of its scale.
    at_low, at_high
        The shares of rows at its ends.
    mean, variance
        Of the numbers.
    levels
        Of a response that is none, in order.
    whole
        Whether all numbers are whole.
    tails
        Excess kurtosis; tails are heavy from 3 on.
    skew
        Skewness.
    piled
        Whether the lowest answer of a scale is far more frequent than any other.
    sentences
        The same in words.
    odd
        Texts among its numbers, which the spec takes as missing.
    """

    name: str
    rows: int
    missing: int
    kind: str
    low: float = 0.0
    high: float = 0.0
    at_low: float = 0.0
    at_high: float = 0.0
    mean: float = 0.0
    variance: float = 0.0
    levels: tuple[str, ...] = ()
    whole: bool = False
    tails: float = 0.0
    skew: float = 0.0
    piled: bool = False
    sentences: tuple[str, ...] = ()
    odd: tuple[str, ...] = ()


def facts_of(column: Column, top: float | None = None) -> Facts:
    """Return what the values of a column show; ``top`` is the top of its scale."""
    if column.kind.is_number:
        return _numbers(column, np.asarray(column.values, dtype=float), top)
    numbers = column.numbers
    codes = np.asarray(column.values)
    there = codes >= 0
    rows, missing = int(there.sum()), int((~there).sum())
    levels = tuple(
        level for place, level in enumerate(column.levels) if (codes == place).any()
    )
    if numbers is not None:
        values = np.where(there, np.asarray(numbers)[np.maximum(codes, 0)], np.nan)
        return _numbers(column, values, top)
    order = column.levels if column.kind is Kind.ORDERED else scale_order(levels)
    said = [f"`{column.name}` has {len(levels)} levels: {listed_levels(levels)}."]
    if len(levels) <= 2:
        return Facts(
            column.name, rows, missing, "two", levels=levels, sentences=(*said,)
        )
    if order is None:
        said.append("Nothing says what their order is.")
        kind = "levels"
    else:
        levels = tuple(order)
        said.append(f"They are an ordered scale: {listed_levels(levels)}.")
        kind = "ordered"
    return Facts(column.name, rows, missing, kind, levels=levels, sentences=(*said,))


def as_successes(facts: Facts) -> Facts:
    """Return what a response is that counts successes: no scale, and no ends of one."""
    of_scale = ("They ", "The scale ", "Their variance ")
    kept = tuple(
        said
        for said in facts.sentences
        if not said.startswith(of_scale) and "at the lower end" not in said
    )
    return replace(facts, kind="successes", sentences=kept)


def listed_levels(levels: tuple[str, ...]) -> str:
    """Return the first levels, and whether there are more."""
    shown = ", ".join(levels[:6])
    return shown + (", ..." if len(levels) > 6 else "")


def _numbers(column: Column, values: NDArray[Any], top: float | None) -> Facts:
    y = values[~np.isnan(values)]
    rows, missing = len(y), int(np.isnan(values).sum())
    if not rows:
        return Facts(column.name, 0, missing, "levels")
    distinct = np.unique(y)
    low, high = float(distinct[0]), float(distinct[-1])
    whole = bool((y == np.floor(y)).all())
    mean, variance = float(y.mean()), float(y.var(ddof=1)) if rows > 1 else 0.0
    name = column.name
    spelled = f"from {low:g} to {high:g}, {len(distinct):,} different"
    said = [f"`{name}`: {rows:,} values {spelled}; mean {mean:.4g}."]
    if whole:
        said[0] = said[0].replace("values", "whole numbers", 1)
    kind, end = _kind(distinct, low, high, whole, top)
    at_low, at_high = _spike(y, low, high, end)
    if kind == "two":
        said.append("They are 0 and 1.")
    if kind == "rating":
        low = 0.0 if end > STEPS else low
        said.append(
            f"They look like answers on a scale from {low:g} to {end:g}: it ends "
            "there, whatever is felt."
            if top is None
            else f"The scale ends at {end:g}."
        )
        at_low, at_high = (float((y == at).mean()) for at in (low, end))
    if kind == "share":
        at_low, at_high = (float((y == at).mean()) for at in (0.0, 1.0))
    piled = kind == "rating" and at_low > MANY_AT_LOW and _alone(y, low)
    if kind == "count" and _far_from_0(low, mean, variance):
        kind = "whole"
        said.append(
            "None is near 0, and their variance is "
            f"{variance / mean:.2g} times their mean: they may be counts, and as well "
            "a sum of answers or a measurement in whole units."
        )
    if kind in ("rating", "share") and max(at_low, at_high) > 0.0:
        said.append(
            f"{100 * at_low:.0f} % of the rows are at the lower end and "
            f"{100 * at_high:.0f} % at the upper one."
        )
    if kind == "count":
        zero, ratio = float((y == 0.0).mean()), variance / mean if mean > 0.0 else 1.0
        at_low = zero
        said.append(
            f"Their variance is {ratio:.2g} times their mean (1 in Poisson counts), "
            f"and {100 * zero:.0f} % are 0."
        )
        if high <= TOPS[-1]:
            said.append(
                "If they are answers on a scale, say where it ends: `--top 100` "
                "(`top=100`)."
            )
    if kind in ("positive", "real") and at_low + at_high > 0.0:
        where = [
            f"{100 * s:.0f} % at {v:g}"
            for s, v in ((at_low, low), (at_high, high))
            if s
        ]
        said.append(f"Values pile up: {' and '.join(where)}.")
    tails = _tails(y)
    if kind == "real" and tails > 3.0:
        said.append("Their tails are heavier than normal ones.")
    return Facts(
        *(name, rows, missing, kind, low, end if kind == "rating" else high),
        *(at_low, at_high, mean, variance),
        whole=whole,
        tails=tails,
        skew=_skew(y),
        piled=piled,
        sentences=tuple(said),
    )


def _kind(
    distinct: NDArray[Any], low: float, high: float, whole: bool, top: float | None
) -> tuple[str, float]:
    """Return the kind of numbers, and where their scale ends."""
    if whole and low >= 0.0 and high <= 1.0 and len(distinct) <= 2:
        return "two", 1.0
    if whole:
        if top is not None:
            return "rating", max(top, high)
        if low in (0.0, 1.0) and high <= STEPS and len(distinct) > 2:
            return "rating", high
        if low < 0.0 and low == -high and high <= STEPS:
            return "rating", high
        near = [end for end in TOPS if high <= end and high >= 0.9 * end]
        if low in (0.0, 1.0) and near and high > STEPS:
            return "rating", near[0]
        return ("count" if low >= 0.0 else "real"), high
    if low >= 0.0 and high <= 1.0:
        return "share", 1.0
    return ("positive" if low >= 0.0 else "real"), high


def _spike(y: NDArray[Any], low: float, high: float, end: float) -> tuple[float, float]:
    """Return the shares of rows that pile up at the ends; 0 where none do."""
    found = []
    for at in (low, high):
        share = float((y == at).mean())
        values, counts = np.unique(y[y != at], return_counts=True)
        rest = float(counts.max()) / len(y) if len(values) else 0.0
        piled = share >= SPIKE and share >= TIMES * rest and len(values) >= 10
        found.append(share if piled else 0.0)
    return found[0], found[1]


def _far_from_0(low: float, mean: float, variance: float) -> bool:
    """Whether whole numbers are far from 0, and vary unlike Poisson counts."""
    # that of Poisson counts is their mean, and more where predictors differ
    poisson = UNDERDISPERSED < variance / mean < OVERDISPERSED if mean else True
    return low > FAR * mean and mean >= LARGE and not poisson


def _alone(y: NDArray[Any], low: float) -> bool:
    """Whether the lowest number is there far more often than any other."""
    _, counts = np.unique(y[y != low], return_counts=True)
    return not len(counts) or float((y == low).sum()) >= TIMES * float(counts.max())


def _skew(y: NDArray[Any]) -> float:
    spread = float(y.std())
    return float((((y - y.mean()) / spread) ** 3).mean()) if spread > 0.0 else 0.0


def _tails(y: NDArray[Any]) -> float:
    spread = float(y.std())
    if spread == 0.0:
        return 0.0
    z = (y - y.mean()) / spread
    return float((z**4).mean() - 3.0)
