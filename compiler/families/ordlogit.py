"""Ordered response with a logistic latent variable (proportional odds)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .family import Array, Family, Moments, SourceText
from .numerics import log_logistic, log_one_minus_exp, logistic

#: Stands for an infinite threshold: finite, so that no gradient meets inf - inf.
FAR = 1e8


def in_support(y: Array) -> NDArray[np.bool_]:
    """Ranks of categories."""
    return np.asarray(y >= 0)


def moments(y: Array) -> Moments:
    """Those of the latent logistic distribution."""
    return Moments(0.0, 1.0)


def log_density(y: Array, eta: Array, threshold: Array, gap: Array) -> Array:
    """Log probability of each row's category, in O(1) a row.

    With ``a = threshold[y] - eta`` and ``b = threshold[y - 1] - eta``,
    ``log(F(a) - F(b)) = log F(a) + log F(-b) + log(1 - exp(b - a))``, where the
    last term is a function of the gap alone. It is taken from the gap's own
    coordinate: the difference of two thresholds would cancel where gaps are
    small against the thresholds.

    Parameters
    ----------
    y : (N,) int
        Ranks, 0 to K - 1.
    eta : (N,)
        Linear predictor.
    threshold : (K - 1,)
        Increasing.
    gap : (K - 2,)
        Positive; ``diff(threshold)``.
    """
    y = np.asarray(y, dtype=np.int64)
    ends = np.concatenate([[-FAR], threshold, [FAR]])
    between = np.concatenate([[0.0], log_one_minus_exp(gap), [0.0]])
    below, above = log_logistic(ends[y + 1] - eta), log_logistic(eta - ends[y])
    return np.asarray(below + above + between[y])


def simulate(
    rng: np.random.Generator, eta: Array, threshold: Array, gap: Array
) -> Array:
    """Draw ranks: the number of thresholds below a latent logistic draw."""
    latent = np.asarray(rng.logistic(eta))
    return np.searchsorted(np.asarray(threshold), latent).astype(np.int64)


def mean(eta: Array, threshold: Array, gap: Array) -> Array:
    """Mean rank, the sum over thresholds of the probability to exceed them.

    A mean of ranks treats categories as equally spaced; it is here for checks
    and is not reported.
    """
    eta = np.asarray(eta)
    return np.asarray(logistic(eta[..., None] - np.asarray(threshold)).sum(-1))


def observe(
    pm: Any, pt: Any, name: str, arguments: Mapping[str, Any], observed: Any, dims: str
) -> Any:
    """Return a ``pm.CustomDist`` with the density above and latent draws."""

    def logp(value: Any, eta: Any, threshold: Any, gap: Any) -> Any:
        ends = pt.concatenate([[-FAR], threshold, [FAR]])
        between = pt.concatenate([[0.0], pt.log1mexp(-gap), [0.0]])
        return (
            -pt.softplus(eta - ends[value + 1])
            - pt.softplus(ends[value] - eta)
            + between[value]
        )

    def draw(eta: Any, threshold: Any, gap: Any, size: Any) -> Any:
        latent = pm.Logistic.dist(eta, 1.0, size=size)
        return (latent[..., None] > threshold).sum(axis=-1)

    return pm.CustomDist(
        name,
        arguments["eta"],
        arguments["threshold"],
        arguments["gap"],
        logp=logp,
        dist=draw,
        signature="(),(b),(g)->()",
        dtype="int64",
        observed=observed,
        dims=dims,
    )


_DEFINITIONS = '''
def ordered_logit_logp(value, eta, threshold, gap):
    """Log P(rank = value), one look-up a row, exact in the far tails."""
    ends = pt.concatenate([[-1e8], threshold, [1e8]])
    between = pt.concatenate([[0.0], pt.log1mexp(-gap), [0.0]])
    return (
        -pt.softplus(eta - ends[value + 1])
        - pt.softplus(ends[value] - eta)
        + between[value]
    )


def ordered_logit_draw(eta, threshold, gap, size):
    """Draw ranks: how many thresholds lie below a logistic draw around eta."""
    latent = pm.Logistic.dist(eta, 1.0, size=size)
    return (latent[..., None] > threshold).sum(axis=-1)
'''

ORDLOGIT = Family(
    name="ordlogit",
    aliases=("cumulative", "ordered_logistic", "ordinal"),
    title="ordered logistic distribution (cumulative logit, proportional odds)",
    response="ordinal",
    links=("logit",),
    known_links=("probit", "cloglog", "loglog", "cauchit"),
    dpars=(),
    predictor="eta",
    thresholds=True,
    support="ordered categories: whole numbers or the levels of a factor",
    in_support=in_support,
    moments=moments,
    log_density=log_density,
    simulate=simulate,
    mean=mean,
    observe=observe,
    source=SourceText(
        """pm.CustomDist(
    {name}, {eta}, {threshold}, {gap},
    logp=ordered_logit_logp, dist=ordered_logit_draw,
    signature="(),(b),(g)->()", dtype="int64",
    observed={observed}, dims={dims},
)""",
        definitions=_DEFINITIONS,
    ),
    doc=r"""Ordered categories 0, ..., K - 1 cut from a logistic latent variable.

.. math:: P(Y \le k \mid \eta) = F(\tau_k - \eta), \quad
          F(x) = \frac{1}{1 + e^{-x}}, \quad \tau_0 < \dots < \tau_{K-2}

Parameters: ``eta``, the location of the latent variable (any real number); a
larger one makes higher categories likelier. ``threshold``, K - 1 increasing
real numbers, which take the place of an intercept. Reference: McCullagh (1980),
Regression models for ordinal data, JRSS B 42, 109-142; signs as in `ordinal`
and brms.
""",
)
