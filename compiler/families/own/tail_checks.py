"""The tails of a family of the caller's, held against its density.

That of numbers is the slope of a tail, that of counts the difference of two; both add
up to 1, and each falls to 0.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...distributions.density.arrays import ARRAYS
from ..combined.limits import below_atom, is_whole
from ..family import Array, Family

__all__ = ["tail_faults"]

#: Numbers that are looked at, of those that were drawn.
_LOOKED = 40
#: Logs of probabilities may be that much above 0, and sums off from 1.
_ROUNDED = 1e-9
#: Relative differences of a slope from the density: among what is drawn, and beyond.
_CLOSE, _CLOSE_BEYOND = 1e-6, 1e-4
#: How many digits of a tail a difference of two may lose.
_LOST = 1e-11
#: Beyond what is drawn, in ranges of it; and how far out a tail has to fall.
_BEYOND = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
_FAR = (1e1, 1e3, 1e6, 1e12, 1e100)
#: Densities below are not looked at.
_LEAST = -600.0
_NAMES = ("log_cdf", "log_sf")


def tail_faults(family: Family, point: dict[str, float], drawn: Array) -> Iterator[str]:
    """Yield what is wrong with ``log_cdf`` and ``log_sf`` at a point."""
    if family.tails is None:
        return
    tails = _Tails(family, point)
    values = np.unique(drawn)
    places = np.linspace(0.0, len(values) - 1.0, min(len(values), _LOOKED))
    y = values[places.astype(int)].astype(float)
    low, high = tails(y)
    for name, logs in zip(_NAMES, (low, high), strict=True):
        wrong = ~(logs <= _ROUNDED)
        if wrong.any():
            yield (
                f"`{name}` of {y[wrong][0]:g}, which `simulate` draws, is "
                f"{logs[wrong][0]:g}, and no log of a probability"
            )
            return
    total = np.exp(low) + np.exp(high)
    worst = int(np.argmax(np.abs(total - 1.0)))
    if abs(total[worst] - 1.0) > _ROUNDED:
        yield (
            f"the probabilities of `log_cdf` and `log_sf` at {y[worst]:g} add up to "
            f"{total[worst]:.8g}, and not to 1"
        )
    for name, rises in zip(_NAMES, (np.diff(low), -np.diff(high)), strict=True):
        if (rises < -_ROUNDED).any():
            place = int(np.argmin(rises))
            way = "falls" if name == "log_cdf" else "rises"
            yield f"`{name}` {way} from {y[place]:g} to {y[place + 1]:g}"
    yield from _far_faults(tails, y)
    if is_whole(family):
        yield from _step_faults(tails, y)
    else:
        yield from _jump_faults(tails)
        y = y[~np.isin(y, family.tails.atoms)]
        if not len(y):
            return
        yield from _slope_faults(tails, y, _CLOSE)
        yield from _slope_faults(tails, _beyond(tails, y), _CLOSE_BEYOND)


class _Tails:
    """Both tails of a family at a point."""

    def __init__(self, family: Family, point: dict[str, float]) -> None:
        self.family, self._point = family, point

    def __call__(self, y: Array) -> tuple[Array, Array]:
        assert self.family.tails is not None
        given = [np.full(y.shape, value) for value in self._point.values()]
        with np.errstate(all="ignore"):
            found = self.family.tails.log_tails(ARRAYS, y, *given)
        low, high = (np.broadcast_to(np.asarray(one), y.shape) for one in found)
        return low, high

    def log_density(self, y: Array) -> Array:
        return np.broadcast_to(self.family.log_density(y, **self._point), y.shape)

    def possible(self, y: Array) -> Array:
        names = self.family.known
        known = {name: np.full(y.shape, self._point[name]) for name in names}
        return np.broadcast_to(self.family.in_support(y, **known), y.shape)


def _step_faults(tails: _Tails, y: Array) -> Iterator[str]:
    """Compare differences between counts with their probabilities."""
    more = y[-1] + np.round(np.multiply(_BEYOND, np.ptp(y) + 3.0))
    y = np.unique(np.concatenate([[0.0], y, more]))
    y = y[tails.possible(y)]
    wanted = np.exp(tails.log_density(y))
    here, before = tails(y), tails(np.maximum(y - 1.0, 0.0))
    for name, side in zip(_NAMES, (0, 1), strict=True):
        at, less = np.exp(here[side]), np.exp(before[side])
        less = np.where(y > 0.0, less, float(side))  # below 0 there is nothing
        step = at - less if side == 0 else less - at
        off = np.abs(step - wanted) - _CLOSE * wanted - _LOST * np.maximum(at, less)
        if not (off <= 0.0).all():
            place = int(np.argmax(np.where(off <= 0.0, 0.0, 1.0)))
            yield (
                f"`{name}` gives {y[place]:g} the probability {step[place]:.6g}, and "
                f"the density {wanted[place]:.6g}"
            )


def _jump_faults(tails: _Tails) -> Iterator[str]:
    """Compare the jump at a value that has a probability with that."""
    assert tails.family.tails is not None
    for atom in tails.family.tails.atoms:
        at, before = np.array([atom]), np.array([below_atom(atom)])
        wanted = float(np.exp(tails.log_density(at))[0])
        for name, side in zip(_NAMES, (0, 1), strict=True):
            ends = np.exp(tails(at)[side]), np.exp(tails(before)[side])
            step = abs(float((ends[0] - ends[1])[0]))
            # beside it there may be a pole
            if not abs(step - wanted) <= _CLOSE_BEYOND:
                yield (
                    f"`{name}` gives {atom:g} the probability {step:.6g}, and the "
                    f"density {wanted:.6g}"
                )


def _beyond(tails: _Tails, y: Array) -> Array:
    """Return some numbers on both sides of those that are drawn."""
    assert tails.family.tails is not None
    lowest, highest = tails.family.tails.lowest, tails.family.tails.highest
    found = []
    for share in _BEYOND:
        wide = share * np.ptp(y)
        found += [y[0] - wide, y[-1] + wide]
        for end, last in ((lowest, y[0]), (highest, y[-1])):
            if np.isfinite(end):
                found.append(end + (last - end) * 1e-2 ** np.sqrt(share))
    at = np.unique(found)
    at = at[(at > lowest) & (at < highest)]
    at = at[tails.possible(at)]
    return np.asarray(at[tails.log_density(at) > _LEAST])


def _slope_faults(tails: _Tails, y: Array, close: float) -> Iterator[str]:
    """Compare slopes of tails, by complex step, with the density over them."""
    step = 1e-30 * np.where(y == 0.0, 1.0, np.abs(y))
    log_density, moved = tails.log_density(y), tails(y + 1j * step)
    for name, sign, tail in zip(_NAMES, (1.0, -1.0), moved, strict=True):
        slope = np.imag(tail) / step
        with np.errstate(all="ignore"):
            wanted = sign * np.exp(log_density - np.real(tail))
            good = np.abs(slope - wanted) <= close * np.maximum(np.abs(wanted), 1e-12)
        if not good.all():
            place = int(np.argmin(good))
            yield (
                f"the slope of `{name}` at {y[place]:g} is {slope[place]:.6g}, and "
                f"the density over the probability {wanted[place]:.6g}"
            )


def _far_faults(tails: _Tails, y: Array) -> Iterator[str]:
    """Yield a tail that does not fall to 0 where no response is any more."""
    assert tails.family.tails is not None
    wide, whole = max(float(np.ptp(y)), 1.0), is_whole(tails.family)
    limits = tails.family.tails
    ends = (limits.lowest, y[0], -wide), (limits.highest, y[-1], wide)
    for name, side, (end, last, step) in zip(_NAMES, (0, 1), ends, strict=True):
        if (whole and side == 0) or end in limits.atoms:
            continue  # what is up to the end has a probability
        far = np.asarray(_FAR)
        at = end + (last - end) / far if np.isfinite(end) else last + step * far
        at = np.floor(at) if whole else at
        possible = np.asarray(tails.possible(at))
        chance = np.exp(np.real(tails(at)[side]))
        wrong = ~possible & ~(chance <= _ROUNDED)
        if wrong.any() and not whole:
            yield (
                f"`in_support` refuses {at[wrong][0]:g}, and `{name}` is no log of 0 "
                "there: say where responses end, as in `bounds=(0, inf)`"
            )
        there = chance[possible & ~np.isnan(chance)]
        stays = len(there) > 1 and there[-1] > there[-2] * (1.0 - 1e-6)
        if stays and there[-1] > _ROUNDED:
            where = "low" if side == 0 else "high"
            yield (
                f"`{name}` is {float(np.log(there[-1])):.4g} however {where} the "
                "response: it has to fall without end"
            )
