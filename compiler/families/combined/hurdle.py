"""Zeros of their own beside responses above 0."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data.weighted import Counts
from ...distributions.density import arrays
from ...distributions.numerics import LARGEST_MEAN
from ..bounded import beta as betas
from ..continuous import gamma as gammas
from ..continuous.lognormal import LOGNORMAL
from ..counts import saddle
from ..counts.negbinomial import NEGBINOMIAL
from ..counts.poisson import POISSON
from ..family import Array, Dpar, Family, Moments
from ..written import readings
from .atoms import zeros_apart
from .parts import Base, chance, in_order

HU = chance("hu", "share of zeros")
#: Means are cut here, where ``exp`` is finite.
_LARGEST = 700.0


def nothing(m: Any, *_: Any) -> Any:
    """Return the log of a probability of 1."""
    return 0.0


def hurdle(
    base: Base,
    log_above: Callable[..., Any],
    simulate_above: Callable[..., Array],
    share_above: Callable[..., Array],
    share: Dpar = HU,
    name: str = "",
    support: str = "numbers from 0 on",
    outside: Callable[[Array], tuple[str, ...]] = lambda y: (),
    log_none: Callable[..., Any] = nothing,
) -> Family:
    """Return a family whose zeros are apart from what is above 0.

    Parameters
    ----------
    base
        The family of what is above 0; its draws are those above 0.
    log_above
        Log of its own probability of more than 0.
    simulate_above
        Draws above 0.
    share_above
        Its own probability of more than 0.
    share
        The share of zeros.
    name
        Of the family, where it is another one than ``hurdle_`` and that of the base.
    support, outside
        Of one that is no count: see ``Family``.
    log_none
        Log of its own probability of 0, of counts.
    """
    family, names = base.family, base.with_chance(share.name)

    def density(m: Any, y: Any, *given: Any) -> Any:
        own, hu = base.parted(given)

        def some(y: Any) -> Any:
            above = base.density(m, y, *own) - log_above(m, *own)
            return m.log1p(-hu) + above

        return m.choose(m.equal(y, 0.0), lambda _: m.log(hu), some, y, (0.0, 0.5))

    def in_support(y: Array) -> NDArray[np.bool_]:
        """Tell zeros and what the family of the others can be."""
        return np.asarray((np.asarray(y) == 0.0) | family.in_support(y))

    def moments(y: Array, count: Counts = None) -> Moments:
        """Return those of the responses above 0."""
        above = np.asarray(y) != 0.0
        if not above.any():
            return Moments(0.0, 1.0)
        return family.moments(y[above], None if count is None else count[above])

    def simulate(rng: np.random.Generator, *given: Array, **named: Array) -> Array:
        """Draw a response: 0, or one above it."""
        own, hu = in_order(base, names, given, named)
        rows = np.broadcast_shapes(*(np.shape(one) for one in (*own, hu)))
        drawn = simulate_above(rng, *(np.broadcast_to(one, rows) for one in own))
        found = np.where(rng.random(rows) < hu, 0, drawn)
        return np.asarray(found).astype(np.int64 if base.is_whole else float)

    def mean(*given: Array, **named: Array) -> Array:
        """Mean of the response, zeros among them."""
        own, hu = in_order(base, names, given, named)
        return np.asarray(
            (1.0 - np.asarray(hu)) * family.mean(*own) / share_above(*own)
        )

    name, of = name or f"hurdle_{family.name}", share.name
    kind = "counts" if base.is_whole else "numbers"
    listed = " and ".join(f"``{one}``" for one in base.names)
    return family.derive(
        name=name,
        title=f"{family.title} with a hurdle",
        dpars=(*family.dpars, share),
        support=family.support if base.is_whole else support,
        in_support=in_support,
        outside=outside,
        moments=moments,
        simulate=simulate,
        mean=mean,
        **readings(
            name,
            density,
            names,
            base.draw_some,
            base.some_text(of),
            f"Log density of zeros, and of {family.name} above them",
            whole=base.is_whole,
        ),
        tails=zeros_apart(base, of, log_none, log_above),
        doc=rf"""Zeros of their own, and {kind} above 0 of ``{family.name}``.

.. math:: f(0) = \pi, \quad
          f(y) = (1 - \pi)\, \frac{{f_0(y)}}{{P_0(Y > 0)}}, \quad y > 0

Parameters: {listed} of ``{family.name}``, of which what is above 0 is; ``{of}``, the
:math:`\pi` of the formula (between 0 and 1), the share of zeros. Reference: Mullahy
(1986), Specification and testing of some modified count data models, Journal of
Econometrics 33, 341-365.
""",
    )


# ---- positive numbers: none of them is 0 ---------------------------------------------


def whole(*own: Array) -> Array:
    """Return a probability of 1."""
    return np.asarray(1.0)


HURDLE_GAMMA = hurdle(
    Base(
        gammas.GAMMA,
        lambda pm, pt, eta, shape, size: pm.Gamma.dist(
            shape, shape / pt.exp(eta), size=size
        ),
        "    drawn = pm.Gamma.dist(shape, shape / pt.exp(eta), size=size)",
    ),
    nothing,
    gammas.simulate,
    whole,
)

HURDLE_LOGNORMAL = hurdle(
    Base(
        LOGNORMAL,
        lambda pm, pt, mu, sigma, size: pm.LogNormal.dist(mu, sigma, size=size),
        "    drawn = pm.LogNormal.dist(mu, sigma, size=size)",
    ),
    nothing,
    LOGNORMAL.simulate,
    whole,
)


# ---- shares: none of them is 0 -------------------------------------------------------


def _outside(y: Array) -> tuple[str, ...]:
    """Say what to do with shares of 1."""
    if (y == 1.0).all():
        return (
            f"{len(y)} are 1: `zero_one_inflated_beta` and `ordered_beta` take shares "
            "of 0 and of 1",
        )
    return betas.outside(y)


ZERO_INFLATED_BETA = hurdle(
    Base(
        betas.BETA,
        betas.draw,
        """
    a, b = (pt.maximum(phi * pt.sigmoid(x), 1e-300) for x in (eta, -eta))
    drawn = pm.Beta.dist(a, b, size=size)
""",
    ),
    nothing,
    betas.simulate,
    whole,
    share=chance("zi", "share of zeros"),
    name="zero_inflated_beta",
    support="shares from 0 on, below 1",
    outside=_outside,
)


# ---- counts --------------------------------------------------------------------------
#
# A count is what a process does in a unit of time. Given that it does anything, its
# first event has an exponential time, cut at 1, and the rest of the time is like any.


def _simulate_poisson(rng: np.random.Generator, eta: Array) -> Array:
    mu = np.exp(np.clip(eta, -_LARGEST, np.log(LARGEST_MEAN)))
    passed = -np.log1p(rng.random(np.shape(mu)) * np.expm1(-mu))
    return np.asarray(1 + rng.poisson(np.maximum(mu - passed, 0.0)))


def _simulate_negbinomial(rng: np.random.Generator, eta: Array, shape: Array) -> Array:
    """Events are jumps: of a size that is logarithmic (Kemp 1981)."""
    log_odds = np.clip(eta - np.log(shape), -_LARGEST, _LARGEST)
    log_q = -np.logaddexp(0.0, log_odds)
    jumps = np.maximum(-shape * log_q, np.finfo(float).tiny)
    passed = -np.log1p(rng.random(np.shape(jumps)) * np.expm1(-jumps)) / jumps
    size = -np.expm1(log_q * rng.random(np.shape(jumps)))
    with np.errstate(divide="ignore"):
        first = 1.0 + np.floor(np.log(rng.random(np.shape(jumps))) / np.log(size))
    left = np.maximum(shape * (1.0 - passed), np.finfo(float).tiny)
    mu = rng.standard_gamma(left) * np.exp(log_odds)
    more = rng.poisson(np.minimum(mu, LARGEST_MEAN))
    return np.asarray(np.minimum(first, LARGEST_MEAN) + more)


def _draw_poisson(pm: Any, pt: Any, eta: Any, size: Any) -> Any:
    mu = pt.exp(pt.clip(eta, -_LARGEST, np.log(LARGEST_MEAN)))
    passed = -pt.log1p(pm.Uniform.dist(0.0, 1.0, size=size) * pt.expm1(-mu))
    return 1 + pm.Poisson.dist(pt.maximum(mu - passed, 0.0), size=size)


def _draw_negbinomial(pm: Any, pt: Any, eta: Any, shape: Any, size: Any) -> Any:
    log_odds = pt.clip(eta - pt.log(shape), -_LARGEST, _LARGEST)
    log_q = -pt.softplus(log_odds)
    u, v, w = (pm.Uniform.dist(0.0, 1.0, size=size) for _ in range(3))
    jumps = -shape * log_q
    passed = -pt.log1p(u * pt.expm1(-jumps)) / jumps
    first = 1.0 + pt.floor(pt.log(v) / pt.log(-pt.expm1(log_q * w)))
    left = pt.maximum(shape * (1.0 - passed), 1e-300)
    mu = pm.Gamma.dist(left, 1.0, size=size) * pt.exp(log_odds)
    more = pm.Poisson.dist(pt.minimum(mu, LARGEST_MEAN), size=size)
    return pt.cast(pt.minimum(first, LARGEST_MEAN), "int64") + more


def _share(log_above: Callable[..., Any]) -> Callable[..., Array]:
    return lambda *own: np.asarray(
        np.exp(log_above(arrays.ARRAYS, *(np.asarray(one) * 1.0 for one in own)))
    )


HURDLE_POISSON = hurdle(
    Base(
        POISSON,
        _draw_poisson,
        """
    # the time of the first event, given that there is one in a unit of time
    mu = pt.exp(pt.clip(eta, -700, 34))
    passed = -pt.log1p(pm.Uniform.dist(0, 1, size=size) * pt.expm1(-mu))
    drawn = 1 + pm.Poisson.dist(pt.maximum(mu - passed, 0), size=size)
""",
    ),
    saddle.log_some_poisson,
    _simulate_poisson,
    _share(saddle.log_some_poisson),
    log_none=saddle.log_none_poisson,
)

HURDLE_NEGBINOMIAL = hurdle(
    Base(
        NEGBINOMIAL,
        _draw_negbinomial,
        """
    # the time of the first event and its size, given that there is one
    log_odds = pt.clip(eta - pt.log(shape), -700, 700)
    log_q = -pt.softplus(log_odds)
    u, v, w = (pm.Uniform.dist(0, 1, size=size) for _ in range(3))
    passed = pt.log1p(u * pt.expm1(shape * log_q)) / (shape * log_q)
    first = 1 + pt.floor(pt.log(v) / pt.log(-pt.expm1(log_q * w)))
    left = pt.maximum(shape * (1 - passed), 1e-300)
    mu = pm.Gamma.dist(left, 1.0, size=size) * pt.exp(log_odds)
    more = pm.Poisson.dist(pt.minimum(mu, 1e15), size=size)
    drawn = pt.cast(pt.minimum(first, 1e15), "int64") + more
""",
    ),
    saddle.log_some_negbinomial,
    _simulate_negbinomial,
    _share(saddle.log_some_negbinomial),
    log_none=saddle.log_none_negbinomial,
)
