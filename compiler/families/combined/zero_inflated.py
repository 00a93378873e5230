"""Counts with more zeros than a family of counts has."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...distributions.numerics import LARGEST_MEAN
from ..binary.binomial import BINOMIAL
from ..bounded import beta_binomial as overdispersed
from ..counts.negbinomial import NEGBINOMIAL
from ..counts.poisson import POISSON
from ..family import Array, Family
from ..written import readings
from .atoms import more_zeros
from .parts import Base, chance, in_order

ZI = chance("zi", "share of zeros beside those that the counts have")


def zero_inflated(base: Base) -> Family:
    """Return a family of counts with further zeros."""
    family, names = base.family, base.with_chance("zi")

    def density(m: Any, y: Any, *given: Any) -> Any:
        own, zi = base.parted(given)
        counted = m.log1p(-zi) + base.density(m, y, *own)
        return m.where(m.equal(y, 0.0), m.logaddexp(m.log(zi), counted), counted)

    def simulate(rng: np.random.Generator, *given: Array, **named: Array) -> Array:
        """Draw a count, or one of the further zeros."""
        own, zi = in_order(base, names, given, named)
        rows = np.broadcast_shapes(*(np.shape(one) for one in (*own, zi)))
        drawn = family.simulate(rng, *(np.broadcast_to(one, rows) for one in own))
        return np.asarray(np.where(rng.random(rows) < zi, 0, drawn)).astype(np.int64)

    def mean(*given: Array, **named: Array) -> Array:
        """Mean count, the further zeros among them."""
        own, zi = in_order(base, names, given, named)
        return np.asarray((1.0 - np.asarray(zi)) * family.mean(*own))

    name = f"zero_inflated_{family.name}"
    listed = " and ".join(f"``{one}``" for one in base.names)
    return family.derive(
        name=name,
        title=f"zero-inflated {family.title}",
        dpars=(*family.dpars, ZI),
        tails=more_zeros(base, "zi"),
        simulate=simulate,
        mean=mean,
        rate=family.rate,
        **readings(
            name,
            density,
            names,
            base.draw_some,
            base.some_text("zi"),
            f"Log P(value) of {family.name}, with further zeros",
            whole=True,
        ),
        doc=r"""KINDS with more zeros than ``NAME`` has: a zero is one of the
counts, or one of those that cannot be anything else.

.. math:: P(Y = 0) = \pi + (1 - \pi)\, P_0(0), \quad
          P(Y = y) = (1 - \pi)\, P_0(y), \quad y = 1, 2, \dots

Parameters: LISTED of ``NAME``, of which the other counts are;
``zi``, the :math:`\pi` of the formula (between 0 and 1). With ``y | MORE.
Reference: Lambert (1992), Zero-inflated Poisson regression, with an application to
defects in manufacturing, Technometrics 34, 1-14.
""".replace("NAME", family.name)
        .replace("LISTED", listed)
        .replace("KINDS", "Successes" if family.known else "Counts")
        .replace("MORE", _MORE[bool(family.known)]),
    )


#: What stands beside the response, in the documentation.
_MORE = (
    "rate(t)``\nthe counts are of ``t`` units",
    "trials(n)``\nthe response is out of ``n``, the ``trials``",
)


def _draw_poisson(pm: Any, pt: Any, eta: Any, size: Any) -> Any:
    return pm.Poisson.dist(pt.minimum(pt.exp(eta), LARGEST_MEAN), size=size)


def _draw_negbinomial(pm: Any, pt: Any, eta: Any, shape: Any, size: Any) -> Any:
    relative = pm.Gamma.dist(shape, 1.0, size=size)
    mu = relative * pt.exp(pt.minimum(eta - pt.log(shape), 700.0))
    return pm.Poisson.dist(pt.minimum(mu, LARGEST_MEAN), size=size)


ZERO_INFLATED_POISSON = zero_inflated(
    Base(
        POISSON,
        _draw_poisson,
        "    drawn = pm.Poisson.dist(pt.minimum(pt.exp(eta), 1e15), size=size)",
    )
)

ZERO_INFLATED_NEGBINOMIAL = zero_inflated(
    Base(
        NEGBINOMIAL,
        _draw_negbinomial,
        """
    mu = pt.exp(eta) / shape * pm.Gamma.dist(shape, 1.0, size=size)
    drawn = pm.Poisson.dist(pt.minimum(mu, 1e15), size=size)
""",
    )
)

ZERO_INFLATED_BINOMIAL = zero_inflated(
    Base(
        BINOMIAL,
        lambda pm, pt, eta, trials, size: pm.Binomial.dist(
            n=pt.cast(trials, "int64"), p=pt.sigmoid(eta), size=size
        ),
        """
    drawn = pm.Binomial.dist(n=pt.cast(trials, "int64"), logit_p=eta, size=size)
""",
    )
)

ZERO_INFLATED_BETA_BINOMIAL = zero_inflated(
    Base(
        overdispersed.BETA_BINOMIAL,
        overdispersed.draw,
        """
    a, b = (pt.maximum(phi * pt.sigmoid(x), 1e-300) for x in (eta, -eta))
    drawn = pm.BetaBinomial.dist(a, b, n=pt.cast(trials, "int64"), size=size)
""",
    )
)
