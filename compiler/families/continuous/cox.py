"""Times until an event, by the hazards of people and not by how times vary.

The family of a response is made when its times are known: between which knots its
baseline hazard goes. ``cox(0.5, 4.75, 10.2)`` is that with these.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data import weighted
from ...data.weighted import Counts
from ...distributions.density import arrays
from ..family import Array, DefaultPrior, Dpar, Family, Moments, Tails
from ..written import graph, script
from .baseline import DEGREE, Baseline

__all__ = ["COX", "SHARES", "baseline_of", "cox", "knots_of", "named"]

NAME = "cox"
#: The shares of the splines of the baseline hazard: a simplex.
SHARES = "sbhaz"
#: How many splines there are by default, as in brms: one knot inside.
DF = 5
#: How far the first and the last knot are beyond the times: a share of their range.
MARGIN = 1.0 / 50.0
#: Pieces of a mean between two knots, each half of what is left, and nodes of each.
_PIECES = 5
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(10)


def knots_of(
    y: Array,
    count: Counts = None,
    df: int = DF,
    beyond: Array | None = None,
    inside: Sequence[float] | None = None,
    boundary: tuple[float, float] | None = None,
) -> tuple[float, ...]:
    """Return knots for times, as brms chooses them; inside are quantiles.

    Parameters
    ----------
    y, count
        The times, censored ones too, and how many rows each stands for.
    df
        How many splines there are to be.
    beyond
        Where intervals end.
    inside
        The knots between the first and the last, in place of ``df``.
    boundary
        The first and the last knot, in place of those around the times.

    Raises
    ------
    ValueError
        If knots are not apart: there are too few different times.
    """
    low, high = float(np.min(y)), float(np.max(y))
    if beyond is not None:
        high = max(high, float(np.max(beyond)))
    margin = MARGIN * (high - low)
    number = df - DEGREE - 1
    shares = [place / (number + 1.0) for place in range(1, number + 1)]
    middle = inside
    if middle is None:
        middle = [float(one) for one in weighted.quantiles(y, shares, count)]
    ends = boundary or (max(low - margin, 0.0), high + margin)
    # as they are written in the name of the family
    knots = tuple(float(f"{one:.12g}") for one in (ends[0], *middle, ends[1]))
    if not all(one < other for one, other in zip(knots, knots[1:], strict=False)):
        raise ValueError("knots are not apart")
    return knots


def in_support(y: Array, **known: Array) -> NDArray[np.bool_]:
    """Finite, and not below 0."""
    return np.asarray(np.isfinite(y) & (y >= 0.0))


def named(name: str) -> Family | None:
    """Return the family that a name with knots means; None: it is none."""
    if not (name.startswith(f"{NAME}(") and name.endswith(")")):
        return None
    return cox(_knots(name))


def _knots(name: str) -> tuple[float, ...]:
    return tuple(map(float, name[len(NAME) + 1 : -1].split(", ")))


def baseline_of(family: Family) -> Baseline | None:
    """Return the splines of a family with or without limits; None: it has none."""
    name, _, _ = family.name.partition(" | ")
    return Baseline(_knots(name)) if name.startswith(f"{NAME}(") else None


def _share(place: int, count: int) -> Dpar:
    return Dpar(
        f"{SHARES}{place}",
        link="identity",
        support="unit",
        meaning="shares of the splines of the baseline hazard, together 1",
        default=lambda _: DefaultPrior(
            "dirichlet",
            (("alpha", 1.0),),
            "all shapes of the baseline hazard are equally likely",
        ),
        center=lambda _: 1.0 / count,
        within=SHARES,
    )


def _log(m: Any, x: Any) -> Any:
    """Return a log; of no hazard, minus infinity."""
    return m.choose(x > 0.0, m.log, lambda _: -math.inf, x, (1.0, 0.0))


def _log1mexp(m: Any, x: Any) -> Any:
    """Return the log of the chance of an event; of no hazard, minus infinity."""
    return m.choose(x > 0.0, m.log1mexp, lambda _: -math.inf, x, (1.0, 0.0))


@cache
def cox(knots: tuple[float, ...]) -> Family:
    """Return the family whose baseline hazard goes between knots."""
    base = Baseline(knots)
    dpars = tuple(_share(place, base.size) for place in range(1, base.size + 1))
    names = ("eta", *(one.name for one in dpars))

    own = _called(knots)
    text = _TEXT.format(name=own, knots=list(knots))

    def hazard_at(m: Any, y: Any, *shares: Any) -> Any:
        return base.hazard(m, y, shares)

    def cumulative_at(m: Any, y: Any, *shares: Any) -> Any:
        return base.cumulative(m, y, shares)

    def cumulative(m: Any, y: Any, shares: Sequence[Any]) -> Any:
        return m.called(f"{own}_cumulative", text, cumulative_at, y, *shares)

    def density(m: Any, y: Any, eta: Any, *shares: Any) -> Any:
        """Log of the hazard, less what is cumulated of it."""
        hazard = m.called(f"{own}_hazard", "", hazard_at, y, *shares)
        return _log(m, hazard) + eta - m.exp(eta) * cumulative(m, y, shares)

    def log_tails(m: Any, y: Any, eta: Any, *shares: Any) -> tuple[Any, Any]:
        """Return the logs of the distribution function and of what is above."""
        over = m.exp(eta) * cumulative(m, y, shares)
        return _log1mexp(m, over), -over

    def between(m: Any, low: Any, high: Any, eta: Any, *shares: Any) -> Any:
        """Return the log of the chance between two times, by the hazard there."""
        below = cumulative(m, low, shares)
        rest = cumulative(m, high, shares) - below
        hazard = m.exp(eta)
        return _log1mexp(m, hazard * rest) - hazard * below

    def read(given: Sequence[Any], by_name: Mapping[str, Any]) -> list[Array]:
        whole = [*given, *(by_name[name] for name in names[len(given) :])]
        return [np.asarray(one, dtype=float) for one in whole]

    def moments(y: Array, count: Counts = None, **known: Array) -> Moments:
        """Log of the events over the hazard that rows went through, a flat one."""
        status = known.get("cens", np.zeros(len(y)))
        rows = weighted.total(y, count)
        events = rows * weighted.mean(np.asarray(status != 1.0, dtype=float), count)
        equal = [1.0 / base.size] * base.size
        passed = base.cumulative(arrays.ARRAYS, y, equal)
        hazard = (events + 0.5) / max(rows * weighted.mean(passed, count), 1e-300)
        return Moments(math.log(hazard), 1.0)

    def simulate(rng: np.random.Generator, *given: Array, **by_name: Array) -> Array:
        """Draw a time; of those without an event by the last knot, that knot."""
        eta, *shares = read(given, by_name)
        rows = np.broadcast_shapes(*map(np.shape, (eta, *shares)))
        with np.errstate(over="ignore"):
            wanted = rng.standard_exponential(rows) * np.exp(-eta)
        return base.inverse(wanted, shares)

    def mean(*given: Array, **by_name: Array) -> Array:
        """Mean time until the last knot, of everyone: a restricted mean."""
        eta, *shares = read(given, by_name)
        hazard = np.exp(np.minimum(eta, 700.0))
        total: Any = knots[0]
        ends = np.concatenate([[0.0], 0.5 ** np.arange(_PIECES - 1.0, -1.0, -1.0)])
        for first, last in zip(knots, knots[1:], strict=False):
            places = first + (last - first) * ends
            for left, right in zip(places, places[1:], strict=False):
                half = 0.5 * (right - left)
                for node, weight in zip(_NODES, _WEIGHTS, strict=True):
                    at = np.asarray(left + half * (node + 1.0))
                    passed = base.cumulative(arrays.ARRAYS, at, shares)
                    total = total + weight * half * np.exp(-hazard * passed)
        return np.asarray(total)

    def random(*given: Any, rng: Any = None, size: Any = None) -> Any:
        shape = np.broadcast_shapes(*map(np.shape, given), tuple(size or ()))
        return simulate(rng, *(np.broadcast_to(one, shape) for one in given))

    def draw(pm: Any, pt: Any, *given: Any, size: Any = None) -> Any:
        return pm.CustomDist.dist(*given, random=random, size=size)

    listed = ", ".join(names)
    draw_text = f"pm.CustomDist.dist({listed}, random={own}_random)"
    return Family(
        name=NAME if knots == _FIRST else f"{NAME}({', '.join(map(repr, knots))})",
        called=NAME,
        title="Cox proportional hazards model",
        response="continuous",
        links=("log",),
        dpars=dpars,
        predictor="eta",
        support="numbers from 0 on",
        in_support=in_support,
        moments=moments,
        events=True,
        log_density=arrays.log_density(density, names),
        density=density,
        simulate=simulate,
        mean=mean,
        observe=graph(density, names, draw),
        source=script(own, density, names, f"    return {draw_text}", _DOCUMENT),
        tails=Tails(
            log_tails,
            draw,
            draw_text,
            lowest=0.0,
            between=between,
        ),
        doc=r"""Times until something happens, by how its risk goes over time.

.. math:: f(y \mid \eta, s) = h(y)\, e^{\eta}\, e^{-H(y)\, e^{\eta}}, \quad
          h(y) = \sum_k s_k M_k(y), \quad H(y) = \sum_k s_k I_k(y)

Parameters: ``eta``, the log of the hazard over that of the baseline (any real number):
``exp(b)`` is a hazard ratio; ``sbhaz``, the :math:`s` of the formula, positive numbers
that add up to 1, one for each cubic M-spline :math:`M_k` between the knots, of which
:math:`I_k` are the integrals. Of the baseline hazard :math:`e^{\eta}` is what adds up
from the first knot to the last: beyond them it says nothing, so that a mean is that of
times until the last knot, and who is drawn without an event by then has that knot.
Reference: Cox (1972), Regression models and life-tables, Journal of the Royal
Statistical Society B 34, 187-220; Ramsay (1988), Monotone regression splines in action,
Statistical Science 3, 425-441.
""",
    )


def _called(knots: Sequence[float]) -> str:
    """Return what the functions of a script begin with.

    >>> _called((0.0, 5.435, 24.0))
    'cox_0_5_435_24'
    """
    return re.sub(r"\W+", "_", "_".join((NAME, *(f"{one:g}" for one in knots))))


_DOCUMENT = "Log density of a time, by its hazard"
#: The baseline hazard in a script.
_TEXT = '''def {name}_splines():
    """Knots, the M-splines between them, and their integrals, as polynomials."""
    from scipy.interpolate import BSpline, PPoly
    from scipy.special import factorial

    knots = np.array({knots})
    t = np.concatenate([np.full(3, knots[0]), knots, np.full(3, knots[-1])])
    splines = BSpline(t, np.diag(4 / (t[4:] - t[:-4])), 3)
    powers = [splines(knots[:-1], nu=p) / factorial(p) for p in (3, 2, 1, 0)]
    hazards = PPoly(np.stack(powers), knots)
    return knots, hazards, hazards.antiderivative()


def {name}_sum(powers, value, shares):
    """Sum of splines, by the powers of the distance from the knot before."""
    knots, *_ = {name}_splines()
    piece = pt.clip((value[..., None] >= knots[1:-1]).sum(axis=-1), 0, len(knots) - 2)
    away = pt.clip(value, knots[0], knots[-1]) - pt.constant(knots)[piece]
    total = 0.0
    for coefs in powers.c:
        coefs = pt.constant(coefs)[piece]
        total = total * away + sum(coefs[..., k] * s for k, s in enumerate(shares))
    return total


def {name}_hazard(value, *shares):
    """Baseline hazard; none before the first knot and after the last."""
    knots, hazards, _ = {name}_splines()
    inside = (value >= knots[0]) & (value <= knots[-1])
    return pt.switch(inside, {name}_sum(hazards, value, shares), 0.0)


def {name}_cumulative(value, *shares):
    """Baseline hazard up to a time."""
    *_, sums = {name}_splines()
    return {name}_sum(sums, value, shares)


def {name}_random(eta, *shares, rng=None, size=None):
    """Draw times; of those without an event by the last knot, that knot."""
    knots, _, sums = {name}_splines()
    shape = np.broadcast_shapes(np.shape(eta), *map(np.shape, shares), size or ())
    wanted = rng.exponential(size=shape) * np.exp(-eta)
    low, high = np.full(shape, knots[0]), np.full(shape, knots[-1])
    for _ in range(60):
        at = 0.5 * (low + high)
        splines = sums(at)
        less = sum(splines[..., k] * s for k, s in enumerate(shares)) < wanted
        low, high = np.where(less, at, low), np.where(less, high, at)
    return high
'''

_FIRST = (0.0, 0.5, 1.0)
#: The family as it is named in a spec, of times that are not known yet.
COX = cox(_FIRST)
