"""Counts of several categories among a known number of trials."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from ..family import Array, Family
from ..nominal.categorical import names_of
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


def draw(pm: Any, pt: Any, etas: Any, trials: Any, size: Any) -> Any:
    """Draw counts in a graph."""
    chances = parts.shares_in_graph(pt, etas)
    return pm.Multinomial.dist(n=pt.cast(trials, "int64"), p=chances, size=size)


@cache
def multinomial(names: tuple[str, ...]) -> Family:
    """Return the family whose categories but the first have these predictors."""
    count = len(names) + 1
    mains = parts.predictors(names)
    read, read_mains = parts.reader((*names, "trials")), parts.reader(names)

    def density(m: Any, *given: Any) -> Any:
        """Log mass: of 10^6 trials, 1e-8 is lost."""
        y, etas, trials = given[:count], given[count:-1], given[-1]
        total = m.lgamma1p(trials)
        for one, log_share in zip(y, parts.log_shares(m, etas), strict=True):
            total = total - m.lgamma1p(one) + one * log_share
        return total

    def simulate(rng: np.random.Generator, *given: Array, **by_name: Array) -> Array:
        """Draw counts."""
        *etas, trials = read(*given, **by_name)
        chances = parts.shares(etas)
        number = np.asarray(trials).astype(np.int64)
        rows = np.broadcast_shapes(chances.shape[:-1], number.shape)
        drawn = rng.multinomial(
            np.broadcast_to(number, rows), np.broadcast_to(chances, (*rows, count))
        )
        return np.asarray(drawn).astype(np.int64)

    def chances(*given: Array, **by_name: Array) -> Array:
        """Return the probability of each category."""
        return parts.shares(read_mains(*given, **by_name))

    def mean(*given: Array, **by_name: Array) -> Array:
        """Mean count of each category."""
        *etas, trials = read(*given, **by_name)
        return np.asarray(np.asarray(trials)[..., None] * parts.shares(etas))

    return Family(
        name=parts.made_name(NAME, names),
        title="multinomial distribution",
        response="composition",
        links=("logit",),
        dpars=mains[1:],
        predictor=names[0],
        support="counts: whole numbers from 0 on that add up to the trials",
        in_support=parts.whole_counts,
        moments=parts.moments_of_counts,
        log_density=parts.log_density(density, count, (*names, "trials")),
        density=density,
        simulate=simulate,
        mean=mean,
        shares=chances,
        parts=count,
        observe=parts.graph(density, count, names, ("trials",), draw, whole=True),
        source=parts.script(NAME, names, ("trials",), _TEXT, whole=True),
        mains=mains,
        by_response=(lambda categories: multinomial(names_of(categories)))
        if names == (parts.MU,)
        else None,
        known=("trials",),
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
