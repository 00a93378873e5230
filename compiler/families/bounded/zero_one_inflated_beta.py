"""Shares from 0 to 1, of which those at the ends have chances of their own."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data.weighted import Counts
from ..family import Array, DefaultPrior, Dpar, Moments
from ..written import readings
from . import beta as betas
from .beta import BETA
from .ends import both_ends

NAMES = ("eta", "phi", "zoi", "coi")


def in_support(y: Array) -> NDArray[np.bool_]:
    """Whether a share is one, 0 and 1 among them."""
    return np.asarray((y >= 0.0) & (y <= 1.0))


def outside(y: Array) -> tuple[str, ...]:
    """Say what to do with ratings that are no shares."""
    highest = float(np.max(y))
    if highest > 1.0 and (y >= 0.0).all():
        return (
            f"the highest is {highest:g}: divide by the top of the scale, as in "
            "`rating/99`",
        )
    return ()


def moments(y: Array, count: Counts = None) -> Moments:
    """Return those of the shares inside."""
    inside = (np.asarray(y) > 0.0) & (np.asarray(y) < 1.0)
    if not inside.any():
        return Moments(0.0, 1.0)
    return betas.moments(y[inside], None if count is None else count[inside])


def density(m: Any, y: Any, eta: Any, phi: Any, zoi: Any, coi: Any) -> Any:
    """Log density inside, log mass at the ends."""

    def above(y: Any) -> Any:
        return m.choose(
            m.equal(y, 1.0),
            lambda _: m.log(zoi) + m.log(coi),
            lambda y: m.log1p(-zoi) + betas.density(m, y, eta, phi),
            y,
            (1.0, 0.5),
        )

    return m.choose(
        m.equal(y, 0.0), lambda _: m.log(zoi) + m.log1p(-coi), above, y, (0.0, 0.5)
    )


def _parts(
    m: Any, eta: Any, phi: Any, zoi: Any, coi: Any
) -> tuple[Any, Any, Any, tuple[Any, Any]]:
    """Return the logs of the chances of 0, of 1 and of a beta share inside."""
    ends = m.log(zoi)
    return ends + m.log1p(-coi), ends + m.log(coi), m.log1p(-zoi), (eta, phi)


def simulate(
    rng: np.random.Generator, eta: Array, phi: Array, zoi: Array, coi: Array
) -> Array:
    """Draw a share."""
    rows = np.broadcast_shapes(*map(np.shape, (eta, phi, zoi, coi)))
    inside = betas.simulate(rng, *(np.broadcast_to(one, rows) for one in (eta, phi)))
    end = (rng.random(rows) < coi) * 1.0
    return np.asarray(np.where(rng.random(rows) < zoi, end, inside))


def mean(eta: Array, phi: Array, zoi: Array, coi: Array) -> Array:
    """Mean of the share."""
    inside = (1.0 - np.asarray(zoi)) * betas.mean(eta, phi)
    return np.asarray(np.asarray(zoi) * coi + inside)


def _draw(pm: Any, pt: Any, *given: Any, size: Any) -> Any:
    eta, phi, zoi, coi = pt.broadcast_arrays(*given)
    inside = betas.draw(pm, pt, eta, phi, size)
    at_end = pm.Bernoulli.dist(zoi, size=size)
    return pt.switch(at_end, pm.Bernoulli.dist(coi, size=size), inside)


def _chance(name: str, meaning: str) -> Dpar:
    return Dpar(
        name,
        link="logit",
        support="unit",
        meaning=meaning,
        default=lambda _: DefaultPrior(
            "beta", (("alpha", 1.0), ("beta", 1.0)), "any share of them is alike"
        ),
        center=lambda _: 0.0,
    )


_DRAWN = """
    eta, phi, zoi, coi = pt.broadcast_arrays(eta, phi, zoi, coi)
    a, b = (pt.maximum(phi * pt.sigmoid(x), 1e-300) for x in (eta, -eta))
    end = pm.Bernoulli.dist(coi, size=size)
    at_end = pm.Bernoulli.dist(zoi, size=size)
    return pt.switch(at_end, end, pm.Beta.dist(a, b, size=size))
"""

ZERO_ONE_INFLATED_BETA = BETA.derive(
    tails=both_ends(_parts, NAMES, _draw, _DRAWN),
    name="zero_one_inflated_beta",
    title="beta distribution with zeros and ones of their own",
    dpars=(
        *BETA.dpars,
        _chance("zoi", "share of zeros and ones"),
        _chance("coi", "share of ones among the zeros and ones"),
    ),
    support="shares from 0 to 1",
    in_support=in_support,
    outside=outside,
    moments=moments,
    simulate=simulate,
    mean=mean,
    **readings(
        "zero_one_inflated_beta",
        density,
        NAMES,
        _draw,
        _DRAWN,
        "Log density of a share inside, log probability of 0 and 1",
    ),
    doc=r"""Shares from 0 to 1: those inside are of ``beta``, 0 and 1 are apart.

.. math:: P(Y = 0) = \alpha\,(1 - \gamma), \quad P(Y = 1) = \alpha\,\gamma, \quad
          f(y) = (1 - \alpha)\, f_\beta(y \mid \eta, \phi), \quad 0 < y < 1

Parameters: ``eta`` and ``phi`` of ``beta``, of which the shares inside are; ``zoi``,
the :math:`\alpha` of the formula (between 0 and 1), the share of zeros and ones;
``coi``, :math:`\gamma` (between 0 and 1), the share of ones among those. What moves the
shares inside says nothing of the ends, unless ``zoi`` and ``coi`` have formulas of
their own; in ``ordered_beta`` it does. Reference: Ospina & Ferrari (2010), Inflated
beta distributions, Statistical Papers 51, 111-126.
""",
)
