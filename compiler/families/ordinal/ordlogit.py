"""Ordered response with a logistic latent variable (proportional odds)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data import weighted
from ...data.weighted import Counts
from ...distributions.density.scalars import row_logistic
from ...distributions.numerics import (
    log_logistics,
    log_one_minus_exp,
    logistic,
    pooled_logit,
)
from ..family import Array, DefaultPrior, Dpar, Family, Moments, SourceText
from .thresholds import beside_rows, middle, ranks_of, with_ends

#: Stands for an infinite threshold: finite, so that no gradient meets inf - inf.
FAR = 1e8
#: Of a gap: below it, one minus the exponential of minus it loses digits.
_NARROW = 0.05


def in_support(y: Array) -> NDArray[np.bool_]:
    """Ranks of categories."""
    return np.asarray(y >= 0)


def moments(y: Array, count: Counts = None, *, categories: int) -> Moments:
    """Where the middle threshold would be; the spread of the logistic distribution."""
    rows = weighted.total(y, count)
    logits = [
        pooled_logit(weighted.mean(y <= place, count) * rows, rows)
        for place in middle(categories - 1)
    ]
    return Moments(sum(logits) / 2.0, 1.0)


def log_density(
    y: Array, eta: Array, threshold: Array, gap: Array, disc: Array | float = 1.0
) -> Array:
    """Log probability of each row's category, in O(1) a row.

    With ``a = disc (threshold[y] - eta)`` and ``b = disc (threshold[y - 1] - eta)``,
    ``log(F(a) - F(b)) = log F(a) + log F(-b) + log(1 - exp(b - a))``, where the
    last term is a function of the gap alone. It is taken from the gap's own
    coordinate: the difference of two thresholds would cancel where gaps are
    small against the thresholds.

    Parameters
    ----------
    y : (N,) int
        Ranks, 0 to K - 1.
    eta : (N,)
        Linear predictor. Of many draws this and what follows have a first axis more.
    threshold : (K - 1,)
        Increasing.
    gap : (K - 2,)
        Positive; ``diff(threshold)``.
    disc : (N,)
        Positive.
    """
    y, threshold = np.asarray(y, dtype=np.int64), np.asarray(threshold)
    lowest, highest = y == 0, y == threshold.shape[-1]
    ends = with_ends(0.0, threshold)
    # an infinite end is one whatever disc: it is not to be multiplied by it
    above = np.where(highest, FAR, disc * (ends[..., y + 1] - eta))
    below = np.where(lowest, -FAR, disc * (ends[..., y] - eta))
    between = log_one_minus_exp(disc * with_ends(1.0, np.asarray(gap))[..., y])
    return np.asarray(
        log_logistics(above, -below) + np.where(lowest | highest, 0.0, between)
    )


def kernel(
    y: float, eta: float, lower: float, upper: float, gap: float, disc: float
) -> tuple[float, float, float, float, float, float]:
    """Log probability of one row's category and its slopes.

    In ``eta``, ``lower``, ``upper``, ``gap`` and ``disc``, each of them alone:
    the gap is not moved by the thresholds. With ``a`` and ``b`` as far as
    ``eta`` is inside the category, by its upper and by its lower end, it is
    ``log(F(a) F(b) (1 - exp(-disc gap)))``, in one logarithm.
    """
    over, under = upper - eta, eta - lower
    if upper == math.inf:
        b = disc * under
        density, _, _, q = row_logistic(b)
        return density, disc * q, -disc * q, 0.0, 0.0, under * q
    a = disc * over
    if lower == -math.inf:
        density, _, _, q = row_logistic(a)
        return density, -disc * q, 0.0, disc * q, 0.0, over * q
    b, width = disc * under, disc * gap
    inner = a > 0.0 and b > 0.0
    far = 0.0
    if inner:
        s, t = math.exp(-a), math.exp(-b)
        outside = s * t
    else:
        far = min(a, b)
        outside, t = math.exp(-width), math.exp(far)
        s = outside * t  # the larger one is the width and how far outside eta is
    inside = 1.0 - outside
    if width < _NARROW:
        inside = -math.expm1(-width)
        outside = 1.0 - inside
    share = 1.0 / ((1.0 + s) * (1.0 + t))
    density = far + math.log(inside * share)
    # 1 - F of each
    by_a, by_b = s * (1.0 + t) * share, (t if inner else 1.0) * (1.0 + s) * share
    if not inner and a < b:
        by_a, by_b = by_b, by_a
    by_width = outside / inside
    return (
        density,
        disc * (by_b - by_a),
        -disc * by_b,
        disc * by_a,
        disc * by_width,
        over * by_a + under * by_b + gap * by_width,
    )


def simulate(
    rng: np.random.Generator,
    eta: Array,
    threshold: Array,
    gap: Array,
    disc: Array | float = 1.0,
) -> Array:
    """Draw ranks: the number of thresholds below a latent logistic draw."""
    latent = np.asarray(rng.logistic(eta, 1.0 / np.asarray(disc)))
    return ranks_of(latent, np.asarray(threshold))


def mean(eta: Array, threshold: Array, gap: Array, disc: Array | float = 1.0) -> Array:
    """Mean rank, the sum over thresholds of the probability to exceed them.

    A mean of ranks treats categories as equally spaced; it is here for checks
    and is not reported.
    """
    above = np.asarray(eta)[..., None] - beside_rows(np.asarray(threshold))
    return np.asarray(logistic(np.asarray(disc)[..., None] * above).sum(-1))


def observe(
    pm: Any, pt: Any, name: str, arguments: Mapping[str, Any], observed: Any, dims: str
) -> Any:
    """Return a ``pm.CustomDist`` with the density above and latent draws.

    Without ``disc`` among the arguments the gap term is computed once a
    category, not once a row.
    """

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

    def scaled_logp(value: Any, eta: Any, threshold: Any, gap: Any, disc: Any) -> Any:
        lowest, highest = pt.eq(value, 0), pt.eq(value, threshold.shape[-1])
        ends = pt.concatenate([[0.0], threshold, [0.0]])
        above = pt.switch(highest, FAR, disc * (ends[value + 1] - eta))
        below = pt.switch(lowest, -FAR, disc * (ends[value] - eta))
        gaps = pt.concatenate([[1.0], gap, [1.0]])
        between = pt.log1mexp(-disc * gaps[value])
        return (
            -pt.softplus(-above)
            - pt.softplus(below)
            + pt.switch(lowest | highest, 0.0, between)
        )

    def scaled_draw(eta: Any, threshold: Any, gap: Any, disc: Any, size: Any) -> Any:
        latent = pm.Logistic.dist(eta, 1.0 / disc, size=size)
        return (latent[..., None] > threshold).sum(axis=-1)

    scaled = "disc" in arguments
    return pm.CustomDist(
        name,
        arguments["eta"],
        arguments["threshold"],
        arguments["gap"],
        *((arguments["disc"],) if scaled else ()),
        logp=scaled_logp if scaled else logp,
        dist=scaled_draw if scaled else draw,
        signature="(),(b),(g),()->()" if scaled else "(),(b),(g)->()",
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

_SCALED_DEFINITIONS = '''
def scaled_ordered_logit_logp(value, eta, threshold, gap, disc):
    """Log P(rank = value) for a latent scale of 1/disc, exact in the far tails."""
    lowest, highest = pt.eq(value, 0), pt.eq(value, threshold.shape[-1])
    ends = pt.concatenate([[0.0], threshold, [0.0]])
    above = pt.switch(highest, 1e8, disc * (ends[value + 1] - eta))
    below = pt.switch(lowest, -1e8, disc * (ends[value] - eta))
    gaps = pt.concatenate([[1.0], gap, [1.0]])
    between = pt.log1mexp(-disc * gaps[value])
    return (
        -pt.softplus(-above)
        - pt.softplus(below)
        + pt.switch(lowest | highest, 0.0, between)
    )


def scaled_ordered_logit_draw(eta, threshold, gap, disc, size):
    """Draw ranks: how many thresholds lie below a logistic draw around eta."""
    latent = pm.Logistic.dist(eta, 1 / disc, size=size)
    return (latent[..., None] > threshold).sum(axis=-1)
'''

ORDLOGIT = Family(
    name="ordlogit",
    aliases=("cumulative", "ordered_logistic", "ordinal"),
    title="ordered logistic distribution (cumulative logit, proportional odds)",
    response="ordinal",
    links=("logit",),
    known_links=("probit", "cloglog", "loglog", "cauchit"),
    dpars=(
        Dpar(
            "disc",
            link="log",
            support="positive",
            meaning="discrimination: one over the latent scale",
            default=lambda m: DefaultPrior(
                "lognormal",
                (("mu", 0.0), ("sigma", 1.0)),
                "around the latent scale of 1 that the thresholds are measured in",
            ),
            center=lambda m: 0.0,
            fixed=1.0,
        ),
    ),
    predictor="eta",
    thresholds=True,
    support="ordered categories: whole numbers or the levels of a factor",
    in_support=in_support,
    moments=moments,
    log_density=log_density,
    by_hand=kernel,
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
        helpers=_DEFINITIONS,
        when=(
            (
                "disc",
                SourceText(
                    """pm.CustomDist(
    {name}, {eta}, {threshold}, {gap}, {disc},
    logp=scaled_ordered_logit_logp, dist=scaled_ordered_logit_draw,
    signature="(),(b),(g),()->()", dtype="int64",
    observed={observed}, dims={dims},
)""",
                    helpers=_SCALED_DEFINITIONS,
                ),
            ),
        ),
    ),
    at_once="rows ordlogit at once",
    many_draws=True,
    doc=r"""Ordered categories 0, ..., K - 1 cut from a logistic latent variable.

.. math:: P(Y \le k \mid \eta) = F(\delta\,(\tau_k - \eta)), \quad
          F(x) = \frac{1}{1 + e^{-x}}, \quad \tau_0 < \dots < \tau_{K-2}

Parameters: ``eta``, the location of the latent variable (any real number); a
larger one makes higher categories likelier. ``threshold``, K - 1 increasing
real numbers, which take the place of an intercept. ``disc``, the
:math:`\delta` of the formula, one over the scale of the latent variable
(positive): 1 unless it has a formula, which has no intercept, because the
thresholds are measured in units of that scale. Reference: McCullagh (1980),
Regression models for ordinal data, JRSS B 42, 109-142; Cox (1995),
Location-scale cumulative odds models for ordinal data, Statistics in Medicine
14, 1191-1203; signs as in `ordinal` and brms.
""",
)
