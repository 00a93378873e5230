"""What is said of a conflict, and what to write."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Conflict", "rounded_up", "sentences", "separates"]

#: Conflicts that are spelled out; the rest are named.
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Conflict:
    """A parameter whose prior and data disagree.

    Attributes
    ----------
    target, prior
        The parameter, and its prior, as they are written in a spec.
    written
        Whether the user wrote it.
    data
        What the data say without it, in words: ``about 0.0218 (standard error 0.002)``.
    far
        How far that is out in the prior, in words.
    z
        How grave it is.
    instead
        A prior to write.
    posterior
        Mean of the posterior.
    separated
        Whether its predictor separates the outcomes: the data alone have no estimate.
    """

    target: str
    prior: str
    written: bool
    data: str
    far: str
    z: float
    instead: str
    posterior: float
    separated: bool = False


def sentences(conflicts: Sequence[Conflict]) -> tuple[str, ...]:
    """Return a sentence or two for each of the gravest."""
    found = [_sentence(one) for one in conflicts[:_SHOWN]]
    rest = conflicts[_SHOWN:]
    if rest:
        names = ", ".join(one.target for one in rest)
        found.append(f"So do the priors of {names} and the data.")
    return tuple(found)


def separates(target: str, prior: str, sign: int, complete: bool, among: int) -> str:
    """Return what is said of a coefficient on which the data put no bound."""
    kind = "complete" if complete else "quasi-complete"
    how = (
        "every row goes along with it"
        if complete
        else "no row speaks against it, though some are on the border"
    )
    with_ = " together with others" if among > 1 else ""
    end = "upper" if sign > 0 else "lower"
    return (
        f"{target} separates the outcomes{with_} ({kind} separation: {how}). The data "
        f"alone put no {end} bound on it: its prior, `{prior}`, decides how large it "
        "is, and is to be reported with it."
    )


def _sentence(one: Conflict) -> str:
    if one.separated:
        return (
            f"The prior of {one.target} and the data disagree: with the prior, "
            f"`{one.prior}`, the posterior is {one.posterior:.3g}, and the data alone "
            "have no estimate, for the outcomes are separated. If larger effects are "
            f"plausible, write a wider prior, as `prior {one.target} ~ {one.instead}`."
        )
    which = "the prior of the spec" if one.written else "the default"
    text = (
        f"The prior of {one.target} and the data disagree: {which}, `{one.prior}`, and "
        f"the data alone, {one.data}, are {one.far} apart, and the posterior "
        f"({one.posterior:.3g}) is what neither says. "
    )
    write = f"`prior {one.target} ~ {one.instead}`"
    if not one.written:
        return f"{text}Write {write}{_or_center(one.target)}."
    return (
        f"{text}Look for a slip in its unit or in the data{_or_center(one.target)}; if "
        f"the prior is not what is known, write {write}."
    )


def _or_center(target: str) -> str:
    if any(mark in target for mark in ("^", ":", "poly(")):
        return ", or center the columns that it is made of"
    return ""


def rounded_up(value: float) -> float:
    """Return the next number with one digit: 0.0218 gives 0.03.

    >>> rounded_up(0.0218), rounded_up(5.0), rounded_up(97.0)
    (0.03, 5.0, 100.0)
    """
    if not (math.isfinite(value) and value > 0.0):
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return float(f"{math.ceil(round(value / power, 9)) * power:.0e}")
