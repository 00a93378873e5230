"""Tails of mixtures: those of their components, by their shares.

A truncated mixture is the mixture over its own probability between the bounds. Its
components are not truncated each, so that bounds change how many rows are of each.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ...distributions.density import arrays
from ...distributions.density.tensors import Tensors
from ..between import NEVER, chance, log_mass
from ..family import Array, Family, Tails
from ..written import alone_text
from .limits import is_whole, mean_of

#: Of operations and all parameters, the logs of the shares of the components.
LogShares = Callable[[Any, Sequence[Any]], Sequence[Any]]

#: Below it, the log of a share of what is between bounds adds nothing to a mean.
_NOTHING = -700.0


def tails_of(
    components: Sequence[Family],
    places: Sequence[Sequence[int]],
    names: Sequence[str],
    log_shares: LogShares,
    shares_text: str,
) -> Tails | None:
    """Return the tails of a mixture; None: a component has none.

    Parameters
    ----------
    components
        Their families.
    places
        Of each, which of all parameters are its own.
    names
        All parameters.
    log_shares
        The logs of the shares of the components.
    shares_text
        Of a script, lines that make ``shares``.
    """
    each = [one.tails for one in components if one.tails is not None]
    if len(each) < len(components):
        return None
    parts = [
        _ComponentTails(family, tails)
        for family, tails in zip(components, each, strict=True)
    ]

    def by_part(
        m: Any, given: Sequence[Any]
    ) -> list[tuple[Any, _ComponentTails, list[Any]]]:
        own = [[given[at] for at in of_part] for of_part in places]
        return list(zip(log_shares(m, given), parts, own, strict=True))

    def log_tails(m: Any, y: Any, *given: Any) -> tuple[Any, Any]:
        """Return the logs of the distribution function and of what is above."""
        below, above = [], []
        for share, part, own in by_part(m, given):
            low, high = part.log_tails(m, y, own)
            below.append(share + low)
            above.append(share + high)
        return _log_sum(m, below), _log_sum(m, above)

    def between(m: Any, low: Any, high: Any, *given: Any) -> Any:
        """Return the log of the probability between two numbers."""
        found = [
            share + part.log_mass(m, low, high, own)
            for share, part, own in by_part(m, given)
        ]
        return _log_sum(m, found)

    def mean(given: Sequence[Array], low: Array | None, high: Array | None) -> Array:
        """Return the mean between bounds, by the shares of what is between them."""
        given = [np.asarray(one, dtype=float) for one in given]
        step = 1.0 if is_whole(components[0]) else 0.0
        before = None if low is None else np.asarray(low) - step
        total: Any = 0.0
        with np.errstate(all="ignore"):
            whole = chance(made, given, before, high)
            for share, part, own in by_part(arrays.ARRAYS, given):
                log_share = share + part.chance(own, before, high) - whole
                some = part.mean(own, low, high)
                some = np.where(log_share < _NOTHING, 0.0, some)
                total = total + np.exp(log_share) * some
        return np.asarray(total)

    def log_members(
        given: Sequence[Array], low: Array | None, high: Array | None
    ) -> list[Array]:
        """Return the log of the share of each component, and of what of it is there."""
        given = [np.asarray(one, dtype=float) for one in given]
        with np.errstate(all="ignore"):
            return [
                np.asarray(share + part.chance(own, low, high))
                for share, part, own in by_part(arrays.ARRAYS, given)
            ]

    made = Tails(
        log_tails,
        lowest=min(one.lowest for one in each),
        highest=max(one.highest for one in each),
        mean=mean,
        atoms=tuple(sorted({atom for one in each for atom in one.atoms})),
        between=between,
        log_members=log_members,
    )
    if any(one.draw is None for one in each):
        return made
    draw = _draw(each, places, log_shares)
    text = f"pm.CustomDist.dist({', '.join(names)}, dist=alone)"
    before = _before(components, each, places, names, shares_text)
    return replace(made, draw=draw, draw_text=text, before=before)


def _draw(
    each: Sequence[Tails], places: Sequence[Sequence[int]], log_shares: LogShares
) -> Callable[..., Any]:
    """Return what draws in a graph, as ``Tails`` have it."""

    def mixed(pm: Any, pt: Any, *given: Any) -> Any:
        """Return draws of one of the components each."""
        chosen = pm.Uniform.dist(pt.zeros_like(given[-1]), 1.0)
        found, below = None, 0.0
        for share, one, own in zip(
            log_shares(Tensors(pt), given), each, places, strict=True
        ):
            assert one.draw is not None
            drawn = one.draw(pm, pt, *(given[at] for at in own))
            found = drawn if found is None else pt.switch(chosen < below, found, drawn)
            below = below + pt.exp(share)
        return found

    def draw(pm: Any, pt: Any, *given: Any) -> Any:
        return pm.CustomDist.dist(
            *given, dist=lambda *every: mixed(pm, pt, *every[:-1])
        )

    return draw


def _before(
    components: Sequence[Family],
    each: Sequence[Tails],
    places: Sequence[Sequence[int]],
    names: Sequence[str],
    shares_text: str,
) -> str:
    """Return the lines of a script that stand before its draws."""
    called = [
        f"component{number}({', '.join(names[at] for at in own)})"
        for number, own in enumerate(places, start=1)
    ]
    functions = "".join(
        _function(number, family, tails)
        for number, (family, tails) in enumerate(
            zip(components, each, strict=True), start=1
        )
    )
    drawn = "\n".join(
        (
            shares_text.strip("\n"),
            f"    chosen = pm.Uniform.dist(pt.zeros_like({names[-1]}), 1)",
            f"    drawn = {called[0]}",
            *(
                f"    drawn = pt.switch(chosen < sum(shares[:{number}]), drawn, {one})"
                for number, one in enumerate(called[1:], start=1)
            ),
            "    return drawn",
        )
    )
    return functions + alone_text(", ".join(names), drawn)


def _function(number: int, family: Family, tails: Tails) -> str:
    """Return the text of what draws of a component, in the function of a script."""
    names = ", ".join((family.predictor, *(dpar.name for dpar in family.dpars)))
    body = f"{textwrap.indent(tails.before, '    ')}\n        return {tails.draw_text}"
    return f"""
    def component{number}({names}):
{body.strip(chr(10))}
"""


def _log_sum(m: Any, logs: Sequence[Any]) -> Any:
    total, *rest = logs
    for one in rest:
        total = m.logaddexp(total, one)
    return total


class _ComponentTails:
    """A component, asked for numbers that it never is, and that another one may be.

    Those that have single values know what is outside themselves. Counts have the same
    ends.
    """

    def __init__(self, family: Family, tails: Tails) -> None:
        assert family.density is not None
        self._tails, self._density = tails, family.density
        self._whole = is_whole(family)
        knows = self._whole or bool(tails.atoms)
        self._starts = not knows and tails.lowest > -math.inf
        self._ends = not knows and tails.highest < math.inf
        # places of the parameters that responses are above
        self._below = [
            place for place, dpar in enumerate(family.dpars, start=1) if dpar.below
        ]

    def log_tails(self, m: Any, y: Any, own: Sequence[Any]) -> tuple[Any, Any]:
        """Return the logs of its distribution function and of what is above."""
        below, above = self._tails.log_tails(m, self._inside(m, y, own), *own)
        if self._starts:
            after = y > self._start(own)
            below, above = m.where(after, below, NEVER), m.where(after, above, 0.0)
        if self._ends:
            before = y < self._tails.highest
            below, above = m.where(before, below, 0.0), m.where(before, above, NEVER)
        return below, above

    def log_mass(self, m: Any, low: Any, high: Any, own: Sequence[Any]) -> Any:
        """Return the log of its probability between two numbers."""
        if self._whole:
            return log_mass(m, self._tails, low, high, own)
        start, end = self._start(own), self._tails.highest
        lower, upper = self._both_inside(m, low, high, own)
        found = log_mass(
            m, self._tails, lower, upper, own, self._density, 0.5 * (lower + upper)
        )
        if self._ends:
            to_end = self._tails.log_tails(m, lower, *own)[1]
            found = m.where(high < end, found, to_end)
        if self._starts:
            from_start = self._tails.log_tails(m, upper, *own)[0]
            if self._ends:
                from_start = m.where(high < end, from_start, 0.0)
            found = m.where(low > start, found, from_start)
            found = m.where(high > start, found, NEVER)
        if self._ends:
            found = m.where(low < end, found, NEVER)
        return found

    def chance(
        self, own: Sequence[Array], low: Array | None, high: Array | None
    ) -> Array:
        """Return the log of its probability above one number, up to another."""
        m = arrays.ARRAYS
        if low is None:
            return np.asarray(self.log_tails(m, np.asarray(high) * 1.0, own)[0])
        if high is None:
            return np.asarray(self.log_tails(m, np.asarray(low) * 1.0, own)[1])
        bounds = np.asarray(low) * 1.0, np.asarray(high) * 1.0
        return np.asarray(self.log_mass(m, *bounds, own))

    def mean(
        self, own: Sequence[Array], low: Array | None, high: Array | None
    ) -> Array:
        """Return its mean between bounds; any number where it is never there."""
        start, end = np.asarray(self._start(own)), self._tails.highest
        if low is not None and self._starts:
            low = np.maximum(low, np.nextafter(start, math.inf))
        if high is not None and self._ends:
            high = np.minimum(high, math.nextafter(end, -math.inf))
        return (self._tails.mean or mean_of(self._tails))(own, low, high)

    def _start(self, own: Sequence[Any]) -> Any:
        start: Any = self._tails.lowest
        for place in self._below:
            start = start + own[place]
        return start

    def _middle(self, start: Any) -> Any:
        """Return a number that it may be."""
        end = self._tails.highest
        return start + 1.0 if end == math.inf else 0.5 * (start + end)

    def _both_inside(
        self, m: Any, low: Any, high: Any, own: Sequence[Any]
    ) -> tuple[Any, Any]:
        """Return two numbers that it may be, the second above the first.

        They are the bounds themselves, where it may be these.
        """
        start, end = self._start(own), self._tails.highest
        middle = self._middle(start)
        lower, upper = low, high
        if self._starts:
            upper = m.where(high > start, high, middle)
        if self._ends:
            after_low = m.where(low < end, 0.5 * (low + end), middle)
            after_low = m.where(low > start, after_low, middle)
            upper = m.where(high < end, upper, after_low)
            lower = m.where(low < end, low, 0.5 * (start + middle))
        if self._starts:
            lower = m.where(low > start, lower, 0.5 * (start + upper))
        return lower, upper

    def _inside(self, m: Any, y: Any, own: Sequence[Any]) -> Any:
        """Return a number, or another one where it is never that."""
        start = self._start(own)
        if self._starts:
            y = m.where(y > start, y, self._middle(start))
        if self._ends:
            y = m.where(y < self._tails.highest, y, self._middle(start))
        return y
