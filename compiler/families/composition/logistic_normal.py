"""Shares whose logs, over that of a reference, are normal together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from ...data import weighted
from ...data.spread import UNIT, rounding_of
from ...data.weighted import Counts
from ...distributions.correlations import factor, pairs
from ...distributions.density.arrays import ARRAYS
from ...distributions.numerics import HALF_LOG_2PI
from ..family import Array, DefaultPrior, Dpar, Family, Moments, residual_scale
from . import parts
from .expected import softmax_mean

NAME, SIGMA = "logistic_normal", "sigma"
#: What priors and references call the correlations, as brms does.
LNCOR = "lncor"
#: What its spread is one of.
MEASURE = "the log of the share over the reference's"

_TEXT = '''

def normal_root(sigmas, partial):
    """Root of the covariance: of partial correlations on (0, 1), pair by pair."""
    size = sigmas.type.shape[-1]
    rows, number = [], 0
    for place in range(size):
        row, left = [], pt.ones_like(sigmas[..., 0])
        for _ in range(place):
            p = partial[..., number]
            number += 1
            row.append((2 * p - 1) * left)
            left = left * 2 * pt.sqrt(p * (1 - p))
        row += [left, *(pt.zeros_like(left) for _ in range(size - place - 1))]
        rows.append(pt.stack(pt.broadcast_arrays(*row), axis=-1))
    return sigmas[..., None] * pt.stack(rows, axis=-2)


def logistic_normal_logp(value, predictors, sigmas, partial):
    """Log density of shares: normal are the logs of those over the reference's."""
    logs = pt.log(value)
    away = logs[..., 1:] - logs[..., :1] - predictors
    root = normal_root(sigmas, partial)
    steps = pt.linalg.solve_triangular(root, away, lower=True, b_ndim=1)
    size = pt.log(pt.diagonal(root, axis1=-2, axis2=-1)).sum(axis=-1)
    constant = 0.5 * np.log(2 * np.pi) * predictors.shape[-1]
    return -constant - size - 0.5 * (steps**2).sum(axis=-1) - logs.sum(axis=-1)


def logistic_normal_draw(predictors, sigmas, partial, size):
    """Draw shares."""
    root = normal_root(sigmas, partial)
    drawn = pm.MvNormal.dist(mu=predictors, chol=root, size=size)
    return pt.exp(log_shares(drawn))
'''


def density(
    m: Any,
    y: Sequence[Any],
    mus: Sequence[Any],
    sigmas: Sequence[Any],
    partial: Sequence[Any],
) -> Any:
    """Log density: of each log of a share given those before, less the logs of all."""
    logs = [m.log(one) for one in y]
    total = -HALF_LOG_2PI * len(mus) - logs[0]
    steps: list[Any] = []
    rows = factor(m, partial, len(mus))
    for row, log_y, mu, sigma in zip(rows, logs[1:], mus, sigmas, strict=True):
        away = (log_y - logs[0] - mu) / sigma
        for weight, step in zip(row[:-1], steps, strict=True):
            away = away - weight * step
        if steps:
            away = away / row[-1]
            total = total - m.log(row[-1])
        steps.append(away)
        total = total - m.log(sigma) - log_y - 0.5 * away * away
    return total


def root_of(sigmas: Sequence[Array], partial: Sequence[Array]) -> Array:
    """Return the root of the covariance, on the last two axes."""
    rows = factor(ARRAYS, [np.asarray(one) for one in partial], len(sigmas))
    each = [
        sigma * np.asarray(row[column] if column <= place else 0.0)
        for place, (row, sigma) in enumerate(zip(rows, sigmas, strict=True))
        for column in range(len(sigmas))
    ]
    whole = np.stack(np.broadcast_arrays(*each), axis=-1)
    return whole.reshape(*whole.shape[:-1], len(sigmas), len(sigmas))


def simulate(
    rng: np.random.Generator,
    mus: Sequence[Array],
    sigmas: Sequence[Array],
    partial: Sequence[Array],
) -> Array:
    """Draw shares."""
    centre, root = (
        np.stack(np.broadcast_arrays(*mus), axis=-1),
        root_of(sigmas, partial),
    )
    shape = np.broadcast_shapes(centre.shape[:-1], root.shape[:-2])
    steps = rng.standard_normal((*shape, len(mus)))
    drawn = centre + (root @ steps[..., None])[..., 0]
    found = parts.shares(list(np.moveaxis(drawn, -1, 0)))
    return np.asarray(np.clip(found, parts.TINY, parts.MOST))


def mean_shares(
    mus: Sequence[Array], sigmas: Sequence[Array], partial: Sequence[Array]
) -> Array:
    """Mean share of each category: of all shares, not that of the mean of the logs."""
    centre = np.stack(np.broadcast_arrays(*mus), axis=-1)
    return softmax_mean(centre, root_of(sigmas, partial))


def draw(pm: Any, pt: Any, mus: Any, sigmas: Any, partial: Any, size: Any) -> Any:
    """Draw shares in a graph."""
    space: dict[str, Any] = {"pt": pt, "pm": pm, "np": np}
    exec(parts.LOG_SHARES + _TEXT, space)
    return space["logistic_normal_draw"](mus, sigmas, partial, size)


def moments(y: Array, count: Counts = None) -> Moments:
    """Mean and standard deviation of each log of a share over the reference's."""
    logs = np.log(y)
    found = []
    for one in np.moveaxis(logs[..., 1:] - logs[..., :1], -1, 0):
        # a logarithm changes by the response's relative rounding
        spread = weighted.sd(one, count, max(UNIT, rounding_of(one)))
        found.append(Moments(weighted.mean(one, count), spread if spread > 0 else 1.0))
    return replace(found[0], each=tuple(found))


def _main(name: str, place: int) -> Dpar:
    return Dpar(
        name,
        link="identity",
        support="real",
        meaning=f"mean of {MEASURE}: {name}",
        default=lambda m: DefaultPrior(
            "normal",
            (("mu", m.each[place].m), ("sigma", m.each[place].s)),
            f"around the mean of {MEASURE}",
        ),
        center=lambda m: m.each[place].m,
    )


def _sigma(name: str, place: int) -> Dpar:
    own = residual_scale(f"residual standard deviation of {MEASURE}", MEASURE)
    return replace(
        own,
        name=name,
        default=lambda m: own.default(m.each[place]),
        center=lambda m: math.log(m.each[place].s),
    )


def _partial(number: int) -> Dpar:
    return Dpar(
        f"{LNCOR}{number}",
        link="identity",
        support="unit",
        meaning="correlations of the residuals of the logs",
        default=lambda _: DefaultPrior(
            "lkj",
            (("eta", 2.0),),
            "mild preference for small correlations, any size possible",
        ),
        center=lambda _: 0.5,
        within=LNCOR,
        partial=True,
    )


@cache
def logistic_normal(names: tuple[str, ...]) -> Family:
    """Return the family whose categories but the first have these predictors."""
    sigmas = tuple(SIGMA + name.removeprefix(parts.MU) for name in names)
    numbers = range(1, len(pairs(len(names))) + 1)
    partial = tuple(_partial(number) for number in numbers)
    return parts.composition(
        logistic_normal,
        NAME,
        names,
        title="logistic normal distribution",
        mains=tuple(_main(name, place) for place, name in enumerate(names)),
        dpars=(*(_sigma(name, place) for place, name in enumerate(sigmas)), *partial),
        of_each=(SIGMA,),
        vectors=(sigmas, tuple(one.name for one in partial)),
        density=density,
        simulate=simulate,
        draw=draw,
        text=_TEXT,
        mean_shares=mean_shares,
        moments=moments,
        measure=MEASURE,
        doc=r"""Shares of K categories, whose logs over the reference's are normal.

.. math:: f(y) = \Big(\prod_k \frac{1}{y_k}\Big)
          \frac{\exp\left(-\frac{1}{2}(z - \mu)^\top \Sigma^{-1} (z - \mu)\right)}
          {\sqrt{(2\pi)^{K - 1}\,|\Sigma|}}, \quad
          z_k = \log\frac{y_k}{y_0}, \quad
          \Sigma_{jk} = \rho_{jk}\,\sigma_j\,\sigma_k, \quad \sum_k y_k = 1

Parameters, one for each category but the first, the reference: ``mubus``, the mean of
the log of the share of ``bus`` over that of the reference (any real number);
``sigmabus``, its residual standard deviation (positive); and ``lncor``, the
correlations of these residuals. Categories vary together as the data say, where those
of ``dirichlet`` can only take from each other. A share of 0 has no density. The median
of a share over the reference's is ``exp(mubus)``; mean shares have no closed form, and
are computed: to 1e-5 with three categories, to 1e-4 with more, and to about 0.005 with
five or more that have a large ``sigma``. Reference: Aitchison & Shen (1980),
Logistic-normal distributions: some properties and uses, Biometrika 67, 261-272.
""",
    )


#: The family as it is named in a spec, of a response that is not known yet.
LOGISTIC_NORMAL = logistic_normal((parts.MU,))
