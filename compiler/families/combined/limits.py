"""Responses that are known to be on one side of a number, or seen between two alone.

``y | cens(c)`` and ``y | trunc(lb, ub)`` make a family of another one: rows bring along
which of them are censored and where, or between which numbers a response can be. It is
named ``gaussian | cens``, after what its rows bring along.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data.weighted import Counts
from ...distributions.density import arrays
from ...distributions.density.operations import DensityFunction
from ..between import by_shares, chance, log_mass
from ..family import ANSWER, Array, Family, Moments, Tails
from ..written import readings, readings_by_numpy

#: What rows bring along, in the order of the arguments: -1, 0, 1 and 2 for responses
#: that are at most, just, above what is observed, or between that and ``upper``; the
#: bounds between which responses are seen.
LIMITS = ("cens", "upper", "lb", "ub")
LEFT, NONE, RIGHT, INTERVAL = -1.0, 0.0, 1.0, 2.0
_PARTS = " | "
#: Draws that are thrown away before bounds are drawn between by bisection.
_TRIES = 20
_HALVINGS = 80
#: Draws that are nearer to a value with a probability of its own are it.
_SAME = 1e-15
#: Nodes and weights of the integral that a mean between two bounds is.
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(6)


def limited_name(family: str, limits: Sequence[str]) -> str:
    """Return the name of a family with these limits; its own without any.

    >>> limited_name("gaussian", ("cens",))
    'gaussian | cens'
    """
    return family if not limits else f"{family}{_PARTS}{' '.join(limits)}"


def base_name(family: str) -> str:
    """Return the name of the family without limits."""
    return family.partition(_PARTS)[0]


def named(families: Mapping[str, Family], name: str) -> Family:
    """Return the family that a name with limits means.

    Raises
    ------
    KeyError
        If there is no such family, or it takes no limits.
    """
    base, _, limits = name.partition(_PARTS)
    asked = tuple(limits.split())
    if not asked or families[base].tails is None:
        raise KeyError(name)
    return limited(families[base], asked)


def latest(y: Array, known: Mapping[str, Array]) -> Array:
    """Return what each response is not above: infinity where nothing says so.

    ``known`` is what is known of rows, by name.
    """
    status = np.asarray(known.get("cens", NONE))
    found = np.where(status == RIGHT, math.inf, y)
    if "upper" in known:
        found = np.where(status == INTERVAL, known["upper"], found)
    return found


def is_whole(family: Family) -> bool:
    """Whether responses are whole numbers, so that bounds are among them."""
    return family.response in ("count", "successes")


def limited(base: Family, limits: tuple[str, ...]) -> Family:
    """Return a family whose rows have limits, some of ``LIMITS`` in their order."""
    tails, exactly = base.tails, base.density
    assert tails is not None and exactly is not None
    dpars = (dpar.name for dpar in base.dpars)
    parameters = (base.predictor, *dpars, *base.known)
    # at most a bound, and above what is one less: both bounds are among what is seen
    step = 1.0 if is_whole(base) else 0.0
    names, count = (*parameters, *limits), len(parameters)
    cuts = "lb" in limits or "ub" in limits
    answer = None if base.answers is None else parameters.index(ANSWER)

    def before(m: Any, lowest: Any) -> Any:
        """Return what is just below a lower bound, which itself is seen."""
        if lowest is None or step:
            return None if lowest is None else lowest - step
        for atom in tails.atoms:
            lowest = m.where(m.equal(lowest, atom), below_atom(atom), lowest)
        return lowest

    def density(m: Any, y: Any, *given: Any) -> Any:
        own, of = given[:count], dict(zip(limits, given[count:], strict=True))

        def above(y: Any) -> Any:
            highest = tails.highest
            return y + 1.0 if highest == math.inf else 0.5 * (y + highest)

        def mass(low: Any, high: Any, own: Sequence[Any] = own) -> Any:
            return log_mass(m, tails, low, high, own, None if step else exactly, y)

        def of_either(low: Any, high: Any) -> Any:
            """Return the same, with whichever of two answers."""
            if answer is None or (low is None and high is None):
                return mass(low, high)
            return m.logaddexp(
                *(
                    mass(low, high, [*own[:answer], one, *own[answer + 1 :]])
                    for one in (0.0, 1.0)
                )
            )

        low, high = before(m, of.get("lb")), of.get("ub")
        seen = of_either(low, high)
        if "cens" not in of:
            return exactly(m, y, *own) - seen
        status = of["cens"]
        known = m.where(status < -0.5, mass(low, y), of_either(y, high))
        if "upper" in of:
            # where it is no interval, any number that is above
            is_interval = status > 1.5
            upper = m.where(is_interval, of["upper"], above(y))
            known = m.where(is_interval, mass(y, upper), known)
        exact = exactly(m, y, *own)
        return m.where(m.equal(status, NONE), exact, known) - seen

    def split(
        given: Sequence[Array], by_name: Mapping[str, Array]
    ) -> tuple[list[Array], dict[str, Array]]:
        found = [*given, *(by_name[name] for name in names[len(given) :])]
        return found[:count], dict(zip(limits, found[count:], strict=True))

    def moments(y: Array, count: Counts = None, **known: Array) -> Moments:
        """Return those of the responses as observed.

        A shift may be above one that is censored from the right.
        """
        own = {name: known[name] for name in base.known}
        if base.answers is not None and "cens" in known:
            own[ANSWER] = np.where(known["cens"] == RIGHT, np.nan, own[ANSWER])
        found = base.moments(y, count, **own)
        if not any(dpar.below for dpar in base.dpars):
            return found
        return replace(found, least=float(np.min(latest(y, known))))

    def in_support(y: Array, **known: Array) -> NDArray[np.bool_]:
        """Whether a response is one of the family, between its bounds."""
        good = base.in_support(y, **{name: known[name] for name in base.known})
        if "lb" in known:
            good &= y >= known["lb"]
        if "ub" in known:
            good &= y <= known["ub"]
        return np.asarray(good)

    def simulate(rng: np.random.Generator, *given: Array, **by_name: Array) -> Array:
        """Draw a response as it would be without censoring, between its bounds."""
        own, of = split(given, by_name)
        rows = np.broadcast_shapes(*map(np.shape, (*own, *of.values())))
        own = [np.broadcast_to(one, rows) for one in own]
        if not cuts:
            return base.simulate(rng, *own)
        low, high = (of.get(name) for name in ("lb", "ub"))
        low = None if low is None else np.broadcast_to(low, rows).astype(float)
        high = None if high is None else np.broadcast_to(high, rows).astype(float)
        if tails.bounded is not None:
            return tails.bounded.simulate(rng, own, low, high)
        found = _draws(rng, base, own, low, high)
        return found.astype(np.int64) if is_whole(base) else found

    def mean(*given: Array, **by_name: Array) -> Array:
        """Mean of the response without censoring, between its bounds."""
        own, of = split(given, by_name)
        if not cuts:
            return base.mean(*own)
        found = (tails.mean or mean_of(tails))(own, of.get("lb"), of.get("ub"))
        return np.asarray(found)

    def members(y: Array, *given: Array, **by_name: Array) -> Array:
        """Return how likely a row is of each component, given what is known of it.

        Bounds between which responses are seen are the same for all components, and
        say nothing of a response that is known.
        """
        own, of = split(given, by_name)
        assert base.members is not None
        found = base.members(y, *own)
        if "cens" not in of:
            return found
        assert tails.log_members is not None
        y, status = np.asarray(y, dtype=float), np.asarray(of["cens"])[..., None]
        low, high = before(arrays.ARRAYS, of.get("lb")), of.get("ub")
        ends = {LEFT: (low, y), RIGHT: (y, high)}
        if "upper" in of:
            ends[INTERVAL] = (y, of["upper"])
        for which, (start, end) in ends.items():
            # other rows may have nothing between these
            with np.errstate(all="ignore"):
                there = by_shares(tails.log_members(own, start, end))
            found = np.where(status == which, there, found)
        return np.asarray(found)

    def answers(**given: Array) -> Array:
        """Return how likely the upper answer is of those that are seen."""
        assert base.answers is not None
        own = [given[name] for name in parameters if name != ANSWER]
        if not cuts:
            return base.answers(*own)
        bounds = given.get("lb"), given.get("ub")
        assert answer is not None
        logs = [
            chance(tails, [*own[:answer], np.asarray(one), *own[answer:]], *bounds)
            for one in (0.0, 1.0)
        ]
        return by_shares(logs)[..., 1]

    made = "_".join((re.sub(r"\W+", "_", base.name).strip("_"), *limits))
    return base.derive(
        name=limited_name(base.name, limits),
        called=limited_name(base.called, limits) if base.called else "",
        in_support=in_support,
        moments=moments,
        simulate=simulate,
        mean=mean,
        rate=base.rate,
        members=None if base.members is None else members,
        answers=None if base.answers is None else answers,
        **_readings(
            made,
            density,
            names,
            simulate,
            tails,
            limits,
            f"Log density of {base.shown}, given {', '.join(limits)} of each row",
            whole=is_whole(base),
        ),
        known=(*base.known, *limits),
    )


def _readings(
    made: str,
    density: DensityFunction,
    names: Sequence[str],
    simulate: Callable[..., Array],
    tails: Tails,
    limits: Sequence[str],
    document: str,
    *,
    whole: bool,
) -> dict[str, Any]:
    """Return what a family with limits has of its density; draws are in PyMC's terms.

    Those of NumPy, where the tails have none of PyMC.
    """
    drawn, bounded = tails.draw, tails.bounded
    if drawn is None:
        return readings_by_numpy(made, density, names, simulate, document, whole=whole)
    count, cuts = len(names) - len(limits), "lb" in limits or "ub" in limits

    def draw(pm: Any, pt: Any, *given: Any, size: Any) -> Any:
        given = pt.broadcast_arrays(*given)
        own, of = given[:count], dict(zip(limits, given[count:], strict=True))
        if bounded is not None:
            return bounded.draw(pm, pt, own, of.get("lb"), of.get("ub"), size)
        exactly = drawn(pm, pt, *own)
        if not cuts:
            return exactly
        return pm.Truncated.dist(exactly, lower=of.get("lb"), upper=of.get("ub"))

    ends = "".join(
        f", {keyword}={name}"
        for keyword, name in (("lower", "lb"), ("upper", "ub"))
        if name in limits
    )
    text = f"pm.Truncated.dist({tails.draw_text}{ends})" if cuts else tails.draw_text
    body = f"""
{tails.before.strip(chr(10))}
    {", ".join(names)} = pt.broadcast_arrays({", ".join(names)})
    return {text}
"""
    if bounded is not None:
        body = bounded.text(*(one if one in limits else None for one in ("lb", "ub")))
    return readings(made, density, names, draw, body, document, whole=whole)


def _tails_of(tails: Tails, y: Array, own: Sequence[Array]) -> tuple[Array, Array]:
    with np.errstate(all="ignore"):
        given = [np.asarray(one) * 1.0 for one in own]
        found = tails.log_tails(arrays.ARRAYS, np.asarray(y) * 1.0, *given)
    return np.asarray(found[0]), np.asarray(found[1])


def _draws(
    rng: np.random.Generator,
    base: Family,
    own: Sequence[Array],
    low: Array | None,
    high: Array | None,
) -> Array:
    """Draw between bounds: again until inside, and by bisection where that is rare."""
    found = np.array(base.simulate(rng, *own), dtype=float)
    for _ in range(_TRIES):
        away = np.zeros(found.shape, dtype=bool)
        away |= found < low if low is not None else False
        away |= found > high if high is not None else False
        if not away.any():
            return found
        found[away] = base.simulate(rng, *(one[away] for one in own))
    away = np.zeros(found.shape, dtype=bool)
    away |= found < low if low is not None else False
    away |= found > high if high is not None else False
    assert base.tails is not None
    some = [one[away] for one in own]
    step = 1.0 if is_whole(base) else 0.0
    drawn = _by_bisection(
        rng,
        base.tails,
        some,
        None if low is None else low[away] - step,
        None if high is None else high[away],
        _same_whole if step else _close,
    )
    for atom in base.tails.atoms:
        # as near as halving goes: no other draw is
        drawn = np.where(np.abs(drawn - atom) < _SAME, atom, drawn)
    found[away] = np.ceil(drawn) if step else drawn
    return found


def below_atom(atom: float) -> float:
    """Return a number so little below one that nothing is between."""
    return -1e-300 if atom == 0.0 else math.nextafter(atom, -math.inf)


def _by_bisection(
    rng: np.random.Generator,
    tails: Tails,
    own: Sequence[Array],
    low: Array | None,
    high: Array | None,
    done: Callable[[Array, Array], bool],
) -> Array:
    """Draw between bounds where a distribution hardly is."""
    share = np.log(rng.random(np.shape(own[0])))
    bottom, top = _bracket(tails, own, low, high)
    whole = chance(tails, own, low, high)
    for _ in range(_HALVINGS):
        middle = 0.5 * (bottom + top)
        above = chance(tails, own, middle, high) > whole + share
        bottom, top = np.where(above, middle, bottom), np.where(above, top, middle)
        if done(bottom, top):
            break
    return np.asarray(0.5 * (bottom + top))


def _close(bottom: Array, top: Array) -> bool:
    size = np.maximum(np.abs(bottom), np.abs(top))
    return bool((top - bottom <= 1e-14 * size).all())


def _same_whole(bottom: Array, top: Array) -> bool:
    return bool((np.ceil(bottom) == np.ceil(top)).all())


def _bracket(
    tails: Tails, own: Sequence[Array], low: Array | None, high: Array | None
) -> tuple[Array, Array]:
    """Return two numbers with nearly all between them, inside the bounds."""
    if low is not None and high is not None:
        return low, high
    anchor = np.asarray(low if low is not None else high)
    step = np.maximum(np.abs(anchor), 1.0) * 1e-8
    sign, side = (1.0, 1) if low is not None else (-1.0, 0)
    start = _tails_of(tails, anchor, own)[side]
    end = anchor + sign * step
    for _ in range(200):
        end = np.clip(end, tails.lowest, tails.highest)
        far = _tails_of(tails, end, own)[side] > start - 45.0
        far &= (end > tails.lowest) & (end < tails.highest)
        if not far.any():
            break
        step = np.where(far, 2.0 * step, step)
        end = np.where(far, anchor + sign * step, end)
    return (anchor, end) if sign > 0.0 else (end, anchor)


def mean_of(tails: Tails) -> Callable[..., Array]:
    """Return the mean between two bounds, as an integral."""
    return lambda own, low, high: _mean(tails, own, low, high)


def _mean(
    tails: Tails, own: Sequence[Array], low: Array | None, high: Array | None
) -> Array:
    """Mean between bounds: the lower one, and the integral of what is above each.

    In pieces that get longer away from the bounds, so that whatever is near one is
    seen.
    """
    given = np.broadcast_arrays(
        *own, *(np.asarray(one, dtype=float) for one in (low, high) if one is not None)
    )
    own, rest = given[: len(own)], list(given[len(own) :])
    low = rest.pop(0) if low is not None else None
    high = rest.pop(0) if high is not None else None
    bottom, top = _bracket(tails, own, low, high)
    total, whole = np.zeros(np.shape(own[0])), chance(tails, own, low, high)
    with np.errstate(all="ignore"):
        # from a finite end, in pieces twice as long as the one before: a density may
        # have a pole there
        pieces = 0.5 ** np.arange(30.0, 0.0, -1.0)
        ends = (
            tails.lowest if low is None else 0.0,
            tails.highest if high is None else 0.0,
        )
        last = 1.0 - pieces[-2::-1] if np.isfinite(ends).all() else pieces[:0]
        places = np.concatenate([[0.0], pieces, last, [1.0]])
        width = top - bottom
        for left, right in zip(places, places[1:], strict=False):
            half = 0.5 * (right - left)
            for node, weight in zip(_NODES, _WEIGHTS, strict=True):
                share = left + half * (node + 1.0)
                at = bottom + share * width if low is not None else top - share * width
                part = chance(tails, own, at, high)
                total = total + weight * half * width * np.exp(part - whole)
    return np.asarray(bottom + total)
