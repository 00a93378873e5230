"""Tails of families that have a chance of zeros of their own.

The distribution function jumps at these values: ``P(Y <= 0)`` has the zeros in it,
``P(Y > 0)`` has not. What is never at all is ``NEVER`` and not minus infinity, so that
differences of two of them are numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...distributions.density import arrays
from ..between import NEVER, Inside, chance, log_between, log_mass
from ..family import Array, Tails
from ..written import alone_text
from .limits import mean_of
from .parts import Base

_NUMBERS = arrays.ARRAYS


def more_zeros(base: Base, share: str) -> Tails | None:
    """Return the tails of counts with further zeros; None: the counts have none."""
    tails = base.family.tails
    if tails is None:
        return None
    some = tails.log_tails

    def log_tails(m: Any, y: Any, *given: Any) -> tuple[Any, Any]:
        """Return the logs of the distribution function and of what is above."""
        own, share = base.parted(given)
        below, above = some(m, y, *own)
        rest = m.log1p(-share)
        return m.logaddexp(m.log(share), rest + below), rest + above

    def between(m: Any, low: Any, high: Any, *given: Any) -> Any:
        """Return the log of the probability between two counts: no zeros."""
        own, share = base.parted(given)
        return m.log1p(-share) + log_mass(m, tails, low, high, own)

    return _tails(base, tails, share, log_tails, between, lambda *own: 0.0)


def zeros_apart(
    base: Base,
    share: str,
    log_none: Callable[..., Any],
    log_above: Callable[..., Any],
) -> Tails | None:
    """Return the tails where zeros are apart; None: the family above them has none.

    ``log_none`` and ``log_above`` are the logs of its own probabilities of 0 and of
    more, of counts.
    """
    tails = base.family.tails
    if tails is None:
        return None
    some, positive = tails.log_tails, tails.lowest > -2.0
    density = base.family.density
    assert density is not None

    def of_counts(m: Any, y: Any, *given: Any) -> tuple[Any, Any]:
        """Return the logs of the distribution function and of what is above."""
        own, share = base.parted(given)
        rest, every = m.log1p(-share), log_above(m, *own)
        none = log_none(m, *own)

        def later(y: Any) -> Any:
            mass = log_between(m, (none, every), some(m, y, *own))
            return m.logaddexp(m.log(share), rest + mass - every)

        below = m.choose(y > 0.5, later, lambda _: m.log(share), y, (1.0, 0.0))
        above = m.choose(
            y > 0.5,
            lambda y: rest + some(m, y, *own)[1] - every,
            lambda _: rest,
            y,
            (1.0, 0.0),
        )
        return below, above

    def between_counts(m: Any, low: Any, high: Any, *given: Any) -> Any:
        """Return the log of the probability between two counts: no zeros."""
        own, share = base.parted(given)
        mass = log_mass(m, tails, low, high, own)
        return m.log1p(-share) + mass - log_above(m, *own)

    def of_numbers(m: Any, y: Any, *given: Any) -> tuple[Any, Any]:
        """Return the logs of the distribution function and of what is above."""
        own, share = base.parted(given)
        rest, zero = m.log1p(-share), m.log(share)
        there = y > 0.0
        below, above = some(m, m.where(there, y, 0.5) if positive else y, *own)
        below, above = rest + below, rest + above
        if positive:
            below, above = m.where(there, below, NEVER), m.where(there, above, rest)
        before = y < 0.0
        return (
            m.where(before, below, m.logaddexp(zero, below)),
            m.where(before, m.logaddexp(zero, above), above),
        )

    def between_numbers(m: Any, low: Any, high: Any, *given: Any) -> Any:
        """Return the log of the probability between two numbers."""
        own, share = base.parted(given)

        def side(at: Any) -> tuple[Any, Any]:
            there = at > 0.0
            below, above = some(m, m.where(there, at, 0.5) if positive else at, *own)
            if not positive:
                return below, above
            return m.where(there, below, NEVER), m.where(there, above, 0.0)

        if not positive:
            inside = log_mass(m, tails, low, high, own, density, low)
        else:
            # up to 0 there is nothing of the family, of any two numbers
            there = high > 0.0
            ends = m.where(there, low, 0.0), m.where(there, high, 0.5)
            middle = 0.5 * (m.where(ends[0] > 0.0, ends[0], 0.0) + ends[1])
            within = Inside(lambda at: density(m, at, *own), *ends, middle)
            found = log_between(m, side(ends[0]), side(ends[1]), within)
            inside = m.where(there, found, NEVER)
        inside = m.log1p(-share) + inside
        more = m.logaddexp(m.log(share), inside)
        return m.where(low < 0.0, m.where(high < 0.0, inside, more), inside)

    of = of_counts if base.is_whole else of_numbers
    between = between_counts if base.is_whole else between_numbers
    return _tails(
        base, tails, share, of, between, lambda *own: log_above(_NUMBERS, *own)
    )


def _tails(
    base: Base,
    tails: Tails,
    share: str,
    log_tails: Callable[..., tuple[Any, Any]],
    between: Callable[..., Any],
    log_above: Callable[..., Any],
) -> Tails:
    mean_between = tails.mean or mean_of(tails)
    step = 1.0 if base.is_whole else 0.0

    def mean(given: Sequence[Array], low: Array | None, high: Array | None) -> Array:
        """Return the mean between bounds, to which zeros add nothing."""
        given = [np.asarray(one, dtype=float) for one in given]
        own, share = base.parted(given)
        with np.errstate(all="ignore"):
            some = mean_between(own, low, high)
            low = None if low is None else np.asarray(low) - step
            part = np.log1p(-share) - log_above(*own) + chance(tails, own, low, high)
            part = part - chance(made, given, low, high)
            # where nothing of the family is between them there are zeros alone
            return np.asarray(np.where(part < -700.0, 0.0, some * np.exp(part)))

    listed = ", ".join(base.with_chance(share))
    made = Tails(
        log_tails,
        lambda pm, pt, *given: pm.CustomDist.dist(
            *given,
            dist=lambda *all_: base.draw_some(pm, pt, *all_[:-1], size=all_[-1]),
        ),
        f"pm.CustomDist.dist({listed}, dist=alone)",
        before=alone_text(listed, base.some_text(share)),
        lowest=tails.lowest,
        highest=tails.highest,
        mean=mean,
        atoms=() if base.is_whole else (0.0,),
        between=between,
    )
    return made
