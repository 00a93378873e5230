"""Counts of several categories whose shares differ from row to row."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from ..bounded.beta import PHI
from ..counts.saddle import deviance, log_some
from ..family import Array, Family
from . import parts

NAME = "dirichlet_multinomial"

_TEXT = '''

def dirichlet_multinomial_logp(value, predictors, phi, trials):
    """Log P(counts)."""
    log_a = log_shares(predictors) + pt.log(phi)[..., None]
    a, some = pt.exp(log_a), pt.maximum(value, 1)
    # the gamma of a tiny `a` is one over it
    risen = pt.gammaln(some + a) - pt.gammaln(a + 1) + log_a
    ways = pt.switch(value > 0, risen, 0) - pt.gammaln(value + 1)
    whole = pt.gammaln(trials + 1) + pt.gammaln(phi) - pt.gammaln(trials + phi)
    return whole + ways.sum(axis=-1)


def dirichlet_multinomial_draw(predictors, phi, trials, size):
    """Draw counts."""
    a = pt.maximum(pt.exp(log_shares(predictors)) * phi[..., None], 1e-300)
    n = pt.cast(trials, "int64")
    return pm.DirichletMultinomial.dist(n=n, a=a, size=size)
'''


def density(
    m: Any, y: Sequence[Any], etas: Sequence[Any], phi: Any, trials: Any
) -> Any:
    """Log mass; no two terms cancel, however many the trials.

    As ``beta_binomial``: of a table with the rows y and a, a column a category,
    what its cells are away from what the margins let expect.
    """
    left, whole = m.gamma_remainder, trials + phi
    log_phi, log_whole = m.log(phi), m.log(whole)
    log_trials = log_some(m, trials) - log_whole
    total = left(trials) + left(phi) - left(whole) - log_phi + log_whole
    for one, log_share in zip(y, parts.log_shares(m, etas), strict=True):
        share, log_a = m.exp(log_share), log_phi + log_share
        a = phi * share
        log_hits = m.choose(
            one > 0.0,
            lambda y, a=a: m.log(y + a),
            lambda _, log_a=log_a: log_a,
            one,
            (1.0, 0.0),
        )
        more = phi * (trials * share - one) / whole
        off = deviance(m, one, more, log_trials + log_hits - log_some(m, one))
        log_ratio = log_phi - log_whole + log_hits - log_a
        off = off + deviance(m, a, -more, log_ratio, tiny=True)
        own = left(one + a) - left(one) - left(a) + log_a - log_hits
        total = total + own - off
    return total


def simulate(
    rng: np.random.Generator, etas: Sequence[Array], phi: Array, trials: Array
) -> Array:
    """Draw counts, of shares that are drawn."""
    a = np.asarray(phi)[..., None] * parts.shares(etas)
    rows = np.broadcast_shapes(a.shape[:-1], np.shape(trials))
    chances = parts.drawn_shares(rng, np.broadcast_to(a, (*rows, a.shape[-1])))
    chances = chances / chances.sum(axis=-1, keepdims=True)
    return parts.drawn_counts(rng, trials, chances)


def draw(pm: Any, pt: Any, etas: Any, phi: Any, trials: Any, size: Any) -> Any:
    """Draw counts in a graph."""
    a = pt.maximum(phi[..., None] * parts.shares_in_graph(pt, etas), 1e-300)
    n = pt.cast(trials, "int64")
    return pm.DirichletMultinomial.dist(n=n, a=a, size=size)


@cache
def dirichlet_multinomial(names: tuple[str, ...]) -> Family:
    """Return the family whose categories but the first have these predictors."""
    return parts.composition(
        dirichlet_multinomial,
        NAME,
        names,
        title="Dirichlet-multinomial distribution",
        dpars=(PHI,),
        known=("trials",),
        density=density,
        simulate=simulate,
        draw=draw,
        text=_TEXT,
        doc=r"""Counts of K categories that vary more than multinomial ones.

.. math:: P(Y = y) = \frac{n!\,\Gamma(\phi)}{\Gamma(n + \phi)}
          \prod_k \frac{\Gamma(y_k + \mu_k\phi)}{y_k!\,\Gamma(\mu_k\phi)}, \quad
          \mu_k = \frac{e^{\eta_k}}{\sum_j e^{\eta_j}}, \quad \eta_0 = 0, \quad
          \sum_k y_k = n

Parameters: a predictor for each category but the first, the reference: ``mubus`` is
the log of the mean share of ``bus`` over that of the reference (any real number);
``phi``, the precision of the shares of rows (positive; ``multinomial`` as it grows).
Known of each row: ``trials``, the :math:`n` of the formula, the sum of the counts. With
two categories it is ``beta_binomial``. Reference: Mosimann (1962), On the compound
multinomial distribution, Biometrika 49, 65-82.
""",
    )


#: The family as it is named in a spec, of a response that is not known yet.
DIRICHLET_MULTINOMIAL = dirichlet_multinomial((parts.MU,))
