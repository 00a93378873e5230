"""Shares of a whole: each above 0, all together 1."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from ..bounded.beta import PHI
from ..family import Array, Family
from . import parts

NAME = "dirichlet"

_TEXT = '''

def dirichlet_logp(value, predictors, phi):
    """Log density of shares."""
    log_a = log_shares(predictors) + pt.log(phi)[..., None]
    a = pt.exp(log_a)
    peak = pt.gammaln(phi) - (pt.gammaln(a + 1) - log_a).sum(axis=-1)
    return peak + ((a - 1) * pt.log(value)).sum(axis=-1)


def dirichlet_draw(predictors, phi, size):
    """Draw shares."""
    a = pt.exp(log_shares(predictors)) * phi[..., None]
    return pm.Dirichlet.dist(a=pt.maximum(a, 1e-300), size=size)
'''


def density(m: Any, y: Sequence[Any], etas: Sequence[Any], phi: Any) -> Any:
    """Log density: as ``beta``, no two terms cancel, however large the precision.

    It is the peak, less what each share is away from its mean: the deviances
    a (e^d - 1 - d), with d the log of the share over its mean.
    """
    total = m.gamma_remainder(phi) + (len(y) - 1.0) * m.log(phi)
    for one, log_share in zip(y, parts.log_shares(m, etas), strict=True):
        share, log_y = m.exp(log_share), m.log(one)
        a, more = phi * share, phi * (one - share)
        # each is asked where it is made, and not later
        away = m.choose(
            m.abs(log_y - log_share) < 0.5,
            lambda near, a=a: a * m.exp_excess(near),
            lambda far, a=a, more=more: more - a * far,
            log_y - log_share,
            (0.0, 1.0),
        )
        total = total - m.gamma_remainder(a) + log_share - log_y - away
    return total


def simulate(rng: np.random.Generator, etas: Sequence[Array], phi: Array) -> Array:
    """Draw shares."""
    return parts.drawn_shares(rng, np.asarray(phi)[..., None] * parts.shares(etas))


def draw(pm: Any, pt: Any, etas: Any, phi: Any, size: Any) -> Any:
    """Draw shares in a graph."""
    a = phi[..., None] * parts.shares_in_graph(pt, etas)
    return pm.Dirichlet.dist(a=pt.maximum(a, 1e-300), size=size)


@cache
def dirichlet(names: tuple[str, ...]) -> Family:
    """Return the family whose categories but the first have these predictors."""
    return parts.composition(
        dirichlet,
        NAME,
        names,
        title="Dirichlet distribution",
        dpars=(PHI,),
        density=density,
        simulate=simulate,
        draw=draw,
        text=_TEXT,
        doc=r"""Shares of K categories of a whole, by their means and precision.

.. math:: f(y) = \frac{\Gamma(\phi)}{\prod_k \Gamma(\mu_k\phi)}
          \prod_k y_k^{\mu_k\phi - 1}, \quad
          \mu_k = \frac{e^{\eta_k}}{\sum_j e^{\eta_j}}, \quad \eta_0 = 0, \quad
          \sum_k y_k = 1

Parameters: a predictor for each category but the first, the reference: ``mubus`` is
the log of the mean share of ``bus`` over that of the reference (any real number);
``phi``, the precision (positive): the variance of a share is
:math:`\mu_k(1 - \mu_k)/(1 + \phi)`. A share of 0 has no density. With two categories it
is ``beta``. Reference: Maier (2014), DirichletReg: Dirichlet regression for
compositional data in R, Vienna University of Economics and Business, report 125.
""",
    )


#: The family as it is named in a spec, of a response that is not known yet.
DIRICHLET = dirichlet((parts.MU,))
