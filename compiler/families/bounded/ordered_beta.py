"""Shares from 0 to 1 whose ends are the lowest and the highest of an ordered scale."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...data import weighted
from ...data.weighted import Counts
from ...distributions.numerics import log_logistic, logistic, pooled_logit
from ..family import Array, DefaultPrior, Dpar, Moments
from ..written import readings
from . import beta as betas
from .beta import BETA
from .ends import both_ends
from .zero_one_inflated_beta import in_support, outside

NAMES = ("eta", "phi", "cutgap", "cutzero")
#: The prior of the gap: its shape and rate. Mean and sd are those of the distance
#: of two logistic numbers, 2 and 1.6.
GAP = (1.5, 0.75)
#: The median of that prior.
MEDIAN_GAP = 1.5773
#: The scale of the prior of the middle of the cut points: the sd is that of the mean
#: of two logistic numbers.
MIDDLE = 0.7


def moments(y: Array, count: Counts = None) -> Moments:
    """Logit of the mean share, zeros and ones among them; spread of the logistic."""
    rows = weighted.total(y, count)
    return Moments(pooled_logit(weighted.mean(y, count) * rows, rows), 1.0)


def density(m: Any, y: Any, eta: Any, phi: Any, cutgap: Any, cutzero: Any) -> Any:
    """Log density inside, log mass at the ends.

    The mass inside, ``F(low) - F(high)``, is ``F(low) F(-high) (1 - exp(-gap))``.
    """
    low = eta - cutzero
    high = low - cutgap

    def inside(y: Any) -> Any:
        mass = m.log_sigmoid(low) + m.log_sigmoid(-high) + m.log1mexp(cutgap)
        return mass + betas.density(m, y, eta, phi)

    def above(y: Any) -> Any:
        return m.choose(
            m.equal(y, 1.0), lambda _: m.log_sigmoid(high), inside, y, (1.0, 0.5)
        )

    return m.choose(
        m.equal(y, 0.0), lambda _: m.log_sigmoid(-low), above, y, (0.0, 0.5)
    )


def _parts(
    m: Any, eta: Any, phi: Any, cutgap: Any, cutzero: Any
) -> tuple[Any, Any, Any, tuple[Any, Any]]:
    """Return the logs of the chances of 0, of 1 and of a beta share inside."""
    low = eta - cutzero
    high = low - cutgap
    mass = m.log_sigmoid(low) + m.log_sigmoid(-high) + m.log1mexp(cutgap)
    return m.log_sigmoid(-low), m.log_sigmoid(high), mass, (eta, phi)


def simulate(
    rng: np.random.Generator, eta: Array, phi: Array, cutgap: Array, cutzero: Array
) -> Array:
    """Draw a share: of a latent number at an end, else inside."""
    rows = np.broadcast_shapes(*map(np.shape, (eta, phi, cutgap, cutzero)))
    inside = betas.simulate(rng, *(np.broadcast_to(one, rows) for one in (eta, phi)))
    latent = np.asarray(eta) - cutzero + rng.logistic(size=rows)
    found = np.where(latent > cutgap, 1.0, inside)
    return np.asarray(np.where(latent < 0.0, 0.0, found))


def mean(eta: Array, phi: Array, cutgap: Array, cutzero: Array) -> Array:
    """Mean of the share, zeros and ones among them."""
    low = np.asarray(eta) - cutzero
    high = low - cutgap
    mass = log_logistic(low) + log_logistic(-high) + np.log(-np.expm1(-cutgap))
    return np.asarray(logistic(high) + np.exp(mass) * betas.mean(eta, phi))


def _draw(pm: Any, pt: Any, *given: Any, size: Any) -> Any:
    eta, phi, cutgap, cutzero = pt.broadcast_arrays(*given)
    latent = pm.Logistic.dist(eta - cutzero, 1.0, size=size)
    inside = betas.draw(pm, pt, eta, phi, size)
    return pt.switch(latent < 0.0, 0.0, pt.switch(latent > cutgap, 1.0, inside))


CUTGAP = Dpar(
    "cutgap",
    link="log",
    support="positive",
    meaning="distance of the cut point of 1 from that of 0",
    default=lambda _: DefaultPrior(
        "gamma",
        (("alpha", GAP[0]), ("beta", GAP[1])),
        "with the middle of both: the shares of 0, of 1 and of what is between may be "
        "any, nearly alike",
    ),
    center=lambda _: math.log(MEDIAN_GAP),
)

CUTZERO = Dpar(
    "cutzero",
    link="identity",
    support="real",
    meaning="cut point of 0: where a share of 0 is as likely as one above it",
    default=lambda m: DefaultPrior(
        "logistic",
        (("mu", m.m), ("sigma", MIDDLE)),
        "the middle of both cut points is near the logit of the mean share, so that "
        "turning the scale around changes nothing",
        half="cutgap",
    ),
    center=lambda m: m.m - 0.5 * MEDIAN_GAP,
)

_DRAWN = """
    eta, phi, cutgap, cutzero = pt.broadcast_arrays(eta, phi, cutgap, cutzero)
    a, b = (pt.maximum(phi * pt.sigmoid(x), 1e-300) for x in (eta, -eta))
    latent = pm.Logistic.dist(eta - cutzero, 1.0, size=size)
    inside = pm.Beta.dist(a, b, size=size)
    return pt.switch(latent < 0, 0.0, pt.switch(latent > cutgap, 1.0, inside))
"""

ORDERED_BETA = BETA.derive(
    tails=both_ends(_parts, NAMES, _draw, _DRAWN),
    name="ordered_beta",
    title="ordered beta distribution",
    dpars=(*BETA.dpars, CUTGAP, CUTZERO),
    support="shares from 0 to 1",
    in_support=in_support,
    outside=outside,
    moments=moments,
    simulate=simulate,
    mean=mean,
    **readings(
        "ordered_beta",
        density,
        NAMES,
        _draw,
        _DRAWN,
        "Log density of a share inside, log probability of 0 and 1",
    ),
    doc=r"""Shares from 0 to 1 where 0 and 1 are the ends of one scale.

.. math:: P(Y = 0) = F(c_0 - \eta), \quad P(Y = 1) = F(\eta - c_1), \quad
          f(y) = \bigl(F(\eta - c_0) - F(\eta - c_1)\bigr)\,
          f_\beta(y \mid \eta, \phi), \quad 0 < y < 1

with :math:`F` the logistic distribution function: one predictor moves the shares
inside and both ends. Parameters: ``eta``, the log odds of the mean of the shares inside
(any real number); ``phi``, their precision (positive); ``cutzero``, the :math:`c_0` of
the formula (any real number); ``cutgap``, :math:`c_1 - c_0` (positive). In
``ordbetareg`` the parameter ``cutone`` is the log of ``cutgap``. Reference: Kubinec
(2023), Ordered beta regression: a parsimonious, well-fitting model for continuous data
with lower and upper bounds, Political Analysis 31, 519-536.
""",
)
