"""Tails of shares that have chances of 0 and of 1 of their own.

The distribution function jumps at both: ``P(Y <= 0)`` has the zeros in it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...distributions.density import arrays
from ..between import NEVER, Inside, chance, log_between
from ..family import Array, Tails
from ..written import alone_text
from . import beta as betas

_NUMBERS = arrays.ARRAYS
#: What is below one is 0, what is above the other is 1: no share is between.
_LEAST, _MOST = 1e-300, 1.0 - 2.0**-53


def both_ends(
    parts: Callable[..., tuple[Any, Any, Any, Sequence[Any]]],
    names: Sequence[str],
    draw: Callable[..., Any],
    draw_text: str,
) -> Tails:
    """Return the tails of shares that have chances of 0 and of 1 of their own.

    Parameters
    ----------
    parts
        Over operations, of the parameters: the logs of the chances of 0, of 1 and of
        what is inside, and the parameters of the shares there, which are of ``beta``.
    names
        The parameters.
    draw, draw_text
        Draws in a graph, and in a script.
    """

    def log_tails(m: Any, y: Any, *given: Any) -> tuple[Any, Any]:
        """Return the logs of the distribution function and of what is above."""
        zero, one, inside, own = parts(m, *given)
        at_zero, at_one = y < _LEAST, y > _MOST
        within = m.where(at_zero, 0.5, m.where(at_one, 0.5, y))
        below, above = betas.log_tails(m, within, *own)
        below, above = (
            m.logaddexp(zero, inside + below),
            m.logaddexp(one, inside + above),
        )
        most = m.logaddexp(one, inside)
        return (
            m.where(
                y < 0.0, NEVER, m.where(at_zero, zero, m.where(at_one, 0.0, below))
            ),
            m.where(
                at_zero, m.where(y < 0.0, 0.0, most), m.where(at_one, NEVER, above)
            ),
        )

    def between(m: Any, low: Any, high: Any, *given: Any) -> Any:
        """Return the log of the probability between two shares."""
        zero, one, inside, own = parts(m, *given)

        def side(at: Any) -> tuple[Any, Any]:
            at_zero, at_one = at < _LEAST, at > _MOST
            within = m.where(at_zero, 0.5, m.where(at_one, 0.5, at))
            below, above = betas.log_tails(m, within, *own)
            return (
                m.where(at_zero, NEVER, m.where(at_one, 0.0, below)),
                m.where(at_zero, 0.0, m.where(at_one, NEVER, above)),
            )

        # up to 0 and from 1 on there is none inside, of any two shares
        here, none = high > _LEAST, low > _MOST
        there = m.where(none, 0.5, m.where(here, low, 0.0))
        upper = m.where(here, high, 0.5)
        middle = 0.5 * (
            m.where(there > 0.0, there, 0.0) + m.where(upper < 1.0, upper, 1.0)
        )
        within = Inside(lambda at: betas.density(m, at, *own), there, upper, middle)
        found = inside + log_between(m, side(there), side(upper), within)
        found = m.where(none, NEVER, m.where(here, found, NEVER))
        found = m.where(low < 0.0, m.logaddexp(zero, found), found)
        return m.where(high > _MOST, m.logaddexp(one, found), found)

    def mean(given: Sequence[Array], low: Array | None, high: Array | None) -> Array:
        """Return the mean between bounds, of the shares inside and of 1."""
        given = [np.asarray(one, dtype=float) for one in given]
        with np.errstate(all="ignore"):
            _, one, inside, own = parts(_NUMBERS, *given)
            own = [np.asarray(one) for one in own]
            every = chance(made, given, low, high)
            assert betas.BETA.tails is not None and betas.BETA.tails.mean is not None
            part = inside + chance(betas.BETA.tails, own, low, high) - every
            found = betas.BETA.tails.mean(own, low, high) * np.exp(part)
            return np.asarray(found + (np.exp(one - every) if high is None else 0.0))

    listed = ", ".join(names)
    made = Tails(
        log_tails,
        lambda pm, pt, *given: pm.CustomDist.dist(
            *given, dist=lambda *all_: draw(pm, pt, *all_[:-1], size=all_[-1])
        ),
        f"pm.CustomDist.dist({listed}, dist=alone)",
        before=alone_text(listed, draw_text),
        lowest=0.0,
        highest=1.0,
        mean=mean,
        atoms=(0.0, 1.0),
        between=between,
    )
    return made
