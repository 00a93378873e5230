"""Counts of several categories among a known number of trials."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from ..family import Array, Family
from . import parts

NAME = "multinomial"

_TEXT = '''

def multinomial_logp(value, predictors, trials):
    """Log P(counts)."""
    ways = pt.gammaln(trials + 1) - pt.gammaln(value + 1).sum(axis=-1)
    return ways + (value * log_shares(predictors)).sum(axis=-1)


def multinomial_draw(predictors, trials, size):
    """Draw counts."""
    shares = pt.exp(log_shares(predictors))
    return pm.Multinomial.dist(n=pt.cast(trials, "int64"), p=shares, size=size)
'''


def density(m: Any, y: Sequence[Any], etas: Sequence[Any], trials: Any) -> Any:
    """Log mass: of 10^6 trials, 1e-8 is lost."""
    total = m.lgamma1p(trials)
    for one, log_share in zip(y, parts.log_shares(m, etas), strict=True):
        total = total - m.lgamma1p(one) + one * log_share
    return total


def simulate(rng: np.random.Generator, etas: Sequence[Array], trials: Array) -> Array:
    """Draw counts."""
    return parts.drawn_counts(rng, trials, parts.shares(etas))


def draw(pm: Any, pt: Any, etas: Any, trials: Any, size: Any) -> Any:
    """Draw counts in a graph."""
    chances = parts.shares_in_graph(pt, etas)
    return pm.Multinomial.dist(n=pt.cast(trials, "int64"), p=chances, size=size)


@cache
def multinomial(names: tuple[str, ...]) -> Family:
    """Return the family whose categories but the first have these predictors."""
    return parts.composition(
        multinomial,
        NAME,
        names,
        title="multinomial distribution",
        known=("trials",),
        density=density,
        simulate=simulate,
        draw=draw,
        text=_TEXT,
        doc=r"""Counts of K categories among a known number of trials.

.. math:: P(Y = y) = n! \prod_k \frac{p_k^{y_k}}{y_k!}, \quad
          p_k = \frac{e^{\eta_k}}{\sum_j e^{\eta_j}}, \quad \eta_0 = 0, \quad
          \sum_k y_k = n

Parameters: a predictor for each category but the first, the reference: ``mubus`` is
the log of the odds of ``bus`` against it (any real number). Known of each row:
``trials``, the :math:`n` of the formula, the sum of the counts. All categories have the
formula of the model; ``mubus ~ x`` is one of its own. Reference: Agresti (2013),
Categorical data analysis, chapter 8.
""",
    )


#: The family as it is named in a spec, of a response that is not known yet.
MULTINOMIAL = multinomial((parts.MU,))
