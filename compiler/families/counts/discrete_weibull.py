"""Counts that vary more or less than a share of failures says."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ...distributions.density.links import LINKING
from ...distributions.numerics import LARGEST_MEAN
from ..between import chance
from ..continuous.gamma import SHAPE
from ..continuous.gumbel import EXTREME
from ..family import Array, DefaultPrior, Family, Tails
from ..link import SHARES
from ..written import alone_text, readings
from .poisson import in_support, moments
from .tails import LOWEST

NAMES = ("eta", "shape")
#: Terms of a mean that are summed one by one; the rest is an integral.
_TERMS = 100


def density(m: Any, y: Any, eta: Any, shape: Any) -> Any:
    """Log mass: of passing ``y``, and of not passing the next."""
    log_hazard = LINKING["log_softplus"][0](m, -eta)

    def later(y: Any) -> Any:
        passed = log_hazard + shape * m.log(y)
        step = m.log(m.expm1(shape * m.log1p(1.0 / y)))
        return EXTREME.above(m, passed) + EXTREME.below(m, passed + step)

    return m.choose(y > 0.5, later, lambda _: m.log_sigmoid(-eta), y, (1.0, 0.0))


def log_tails(m: Any, y: Any, eta: Any, shape: Any) -> tuple[Any, Any]:
    """Return the logs of the distribution function and of what is above."""
    passed = LINKING["log_softplus"][0](m, -eta) + shape * m.log(y + 1.0)
    return EXTREME.below(m, passed), EXTREME.above(m, passed)


def _hazard(eta: Array) -> Array:
    return np.asarray(np.logaddexp(0.0, -np.asarray(eta, dtype=float)))


def simulate(rng: np.random.Generator, eta: Array, shape: Array) -> Array:
    """Draw a count: the whole part of a Weibull time; at most of 10^15."""
    rows = np.broadcast_shapes(np.shape(eta), np.shape(shape))
    logs = np.log(rng.standard_exponential(rows)) - np.log(
        np.maximum(_hazard(eta), 1e-300)
    )
    drawn = np.exp(np.minimum(logs / shape, math.log(LARGEST_MEAN)))
    return np.asarray(np.floor(drawn)).astype(np.int64)


def mean(eta: Array, shape: Array) -> Array:
    """Mean: the sum of the chances to pass each count."""
    hazard, shape = np.broadcast_arrays(_hazard(eta), np.asarray(shape, dtype=float))
    return _passing(hazard, shape, np.zeros(()), np.zeros(()))


def _passing(hazard: Array, shape: Array, after: Array, log_of: Array) -> Array:
    """Return the sum of the chances to reach each count after one, over a chance.

    The rest is an integral from half a count on, with the first term of what Euler and
    Maclaurin add.
    """
    from scipy import special

    total: Any = 0.0
    with np.errstate(over="ignore", under="ignore"):
        for step in range(1, _TERMS + 1):
            total = total + np.exp(-hazard * (after + step) ** shape - log_of)
        at = after + _TERMS + 0.5
        power = at**shape
        scale = special.gammaln(1.0 + 1.0 / shape) - np.log(hazard) / shape
        rest = special.gammaincc(1.0 / shape, hazard * power) * np.exp(scale - log_of)
        slope = -hazard * shape * power / at * np.exp(-hazard * power - log_of)
    return np.asarray(total + rest + slope / 24.0)


def mean_between(own: Sequence[Array], low: Array | None, high: Array | None) -> Array:
    """Return the mean between two bounds: chances to reach each count in them."""
    hazard, shape = _hazard(own[0]), np.asarray(own[1], dtype=float)
    first = np.zeros(()) if low is None else np.asarray(low, dtype=float)
    with np.errstate(all="ignore"):
        before = None if low is None else first - 1.0
        log_of = chance(TAILS, own, before, high)
        found = first * np.exp(-hazard * first**shape - log_of)
        found = found + _passing(hazard, shape, first, log_of)
        if high is not None:
            over = np.asarray(high, dtype=float) + 1.0
            less = over * np.exp(-hazard * over**shape - log_of)
            found = found - less - _passing(hazard, shape, over, log_of)
    return np.asarray(found)


def _draw(pm: Any, pt: Any, eta: Any, shape: Any, size: Any) -> Any:
    eta, shape = pt.broadcast_arrays(eta, shape)
    logs = pt.log(pm.Exponential.dist(1.0, size=size)) - pt.log(pt.softplus(-eta))
    drawn = pt.exp(pt.minimum(logs / shape, math.log(LARGEST_MEAN)))
    return pt.cast(pt.floor(drawn), "int64")


_DRAWN = """
    eta, shape = pt.broadcast_arrays(eta, shape)
    logs = pt.log(pm.Exponential.dist(1, size=size)) - pt.log(pt.softplus(-eta))
    # a prior can ask for counts that no whole number is
    return pt.cast(pt.floor(pt.exp(pt.minimum(logs / shape, 34))), "int64")
"""

TAILS = Tails(
    log_tails,
    lambda pm, pt, *given: pm.CustomDist.dist(
        *given, dist=lambda eta, shape, size: _draw(pm, pt, eta, shape, size)
    ),
    "pm.CustomDist.dist(eta, shape, dist=alone)",
    before=alone_text("eta, shape", _DRAWN),
    lowest=LOWEST,
    mean=mean_between,
)

DISCRETE_WEIBULL = Family(
    name="discrete_weibull",
    title="discrete Weibull distribution",
    response="count",
    links=SHARES,
    dpars=(
        replace(
            SHAPE,
            meaning="shape: 1 is `geometric`; above it counts vary less, below it more",
            # times are exp(standard Gumbel / shape) times a scale, so that 1/shape is
            # a spread of logs; that of its root has 14 % of shapes below 1/4
            default=lambda _: DefaultPrior(
                "inverse_gamma",
                (("alpha", 1.0), ("beta", 1.0)),
                "1/shape, the spread of the logs of counts, as exponential(1): "
                "geometric counts, shape 1, at its mean",
            ),
            # log(1/exponential(1)) is a standard Gumbel
            center=lambda _: float(np.euler_gamma),
        ),
    ),
    predictor="eta",
    support="counts: whole numbers, 0 among them",
    in_support=in_support,
    moments=moments,
    simulate=simulate,
    mean=mean,
    **readings(
        "discrete_weibull",
        density,
        NAMES,
        _draw,
        _DRAWN,
        "Log P(value) of the whole part of a Weibull time",
        whole=True,
    ),
    tails=TAILS,
    doc=r"""Counts that vary more or less than geometric ones.

.. math:: P(Y \ge y \mid \eta, k) = q^{y^k}, \quad q = \frac{1}{1 + e^{-\eta}},
          \quad y = 0, 1, 2, \dots

Parameters: ``eta``, the log odds of a count above 0 (any real number); ``shape``, the
:math:`k` of the formula (positive): 1 is ``geometric``, whose ``eta`` is the log of the
mean. Reference: Nakagawa & Osaki (1975), The discrete Weibull distribution, IEEE
Transactions on Reliability 24, 300-301.
""",
)
