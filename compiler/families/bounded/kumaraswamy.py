"""Shares strictly between 0 and 1, by their median."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from ...distributions.density.operations import LOG_2
from ..continuous.gamma import SHAPE
from ..continuous.gumbel import EXTREME
from ..family import Array, DefaultPrior, Family, Tails
from ..link import SHARES
from ..written import readings
from .beta import in_support, moments, outside

NAMES = ("eta", "shape")
LOG_LOG_2 = math.log(LOG_2)
#: Draws are no nearer to 0, and none rounds to 1.
_LEAST, _MOST = float(np.finfo(float).tiny), 1.0 - 2.0**-53
#: Above it one minus a share is the exponential of minus its log odds.
_NEAR_ONE = 500.0
#: From here on a ratio of gamma functions is a power, and the first term of a series.
_LARGE = 1e6


def _log_hazard(m: Any, x: Any) -> Any:
    """Return ``log(-log(1 - exp(-x))) + x``, which is near 0 for large numbers."""
    return m.choose(
        x > LOG_2,
        lambda far: m.log(m.log1p_ratio(-m.exp(-far))),
        lambda near: m.log(-m.log1mexp(near)) + near,
        x,
        (1.0, 0.5),
    )


def _away(m: Any, y: Any, eta: Any, shape: Any) -> tuple[Any, Any, Any]:
    """Return the log of the cumulative hazard over that of the median, and its parts.

    These are ``shape log(y / median)``, and what the hazard of the median is more than
    the median to the power of ``shape``.
    """
    log_y, log_mu = m.log(y), m.log_sigmoid(eta)
    off = shape * (log_y - log_mu)
    at = m.choose(
        eta < _NEAR_ONE,
        lambda eta: _log_hazard(m, -shape * m.log_sigmoid(eta)),
        lambda eta: m.log(eta - m.log(shape)),
        eta,
        (0.0, _NEAR_ONE),
    )
    return off + _log_hazard(m, -shape * log_y) - at, off, at


def density(m: Any, y: Any, eta: Any, shape: Any) -> Any:
    """Log density, by the response over its median."""
    log_y = m.log(y)
    passed, off, at = _away(m, y, eta, shape)
    return (
        (m.log(shape) + LOG_LOG_2 + off - at - log_y)
        - m.log1mexp(-shape * log_y)
        - LOG_2 * m.exp(passed)
    )


def log_tails(m: Any, y: Any, eta: Any, shape: Any) -> tuple[Any, Any]:
    """Return the logs of the distribution function and of what is above."""
    passed = LOG_LOG_2 + _away(m, y, eta, shape)[0]
    return EXTREME.below(m, passed), EXTREME.above(m, passed)


def _log_second(eta: Array, shape: Array) -> Array:
    """Return the log of the second parameter, the hazard's at the median."""
    from ...distributions.density.arrays import ARRAYS as m

    log_mu = np.real(m.log_sigmoid(np.minimum(eta, _NEAR_ONE)))
    x = -np.asarray(shape) * log_mu
    return np.asarray(LOG_LOG_2 - np.real(_log_hazard(m, x)) + x)


def _root(hazard: Array, shape: Array) -> Array:
    """Return the share above which is ``exp(-b exp(hazard))``, of logs of hazards."""
    with np.errstate(all="ignore"):
        # log(1 - exp(-h)) / shape, of small ones by their logs
        log_share = np.where(hazard < -30.0, hazard, np.log(-np.expm1(-np.exp(hazard))))
        return np.asarray(np.clip(np.exp(log_share / shape), _LEAST, _MOST))


def simulate(rng: np.random.Generator, eta: Array, shape: Array) -> Array:
    """Draw a share, never 0 or 1: the root of one minus a power of a uniform number."""
    rows = np.broadcast_shapes(np.shape(eta), np.shape(shape))
    with np.errstate(divide="ignore"):
        drawn = np.log(rng.standard_exponential(rows))
    return _root(drawn - _log_second(eta, shape), shape)


def quantile(p: float, eta: Array, shape: Array) -> Array:
    """Return the value that a share of responses is at or below."""
    return _root(np.log(-np.log1p(-p)) - _log_second(eta, shape), shape)


def mean(eta: Array, shape: Array) -> Array:
    """Mean of the share: ``b B(1 + 1/shape, b)``, ``b`` the second parameter."""
    from scipy import special

    log_b, power = _log_second(eta, shape), 1.0 / np.asarray(shape, dtype=float)
    with np.errstate(all="ignore"):
        b = np.exp(np.minimum(log_b, math.log(_LARGE)))
        near = special.betaln(1.0 + power, b) + np.minimum(log_b, math.log(_LARGE))
        rest = 0.5 * power * (1.0 + power) * np.exp(-log_b)
        far = special.gammaln(1.0 + power) - power * log_b - rest
        return np.asarray(np.exp(np.where(log_b < math.log(_LARGE), near, far)))


def _draw(pm: Any, pt: Any, eta: Any, shape: Any, size: Any) -> Any:
    eta, shape = pt.broadcast_arrays(eta, shape)
    log_mu = -pt.softplus(-pt.minimum(eta, _NEAR_ONE))
    log_b = LOG_LOG_2 - _tensor_log_hazard(pt, shape * log_mu)
    hazard = pt.log(pm.Exponential.dist(1.0, size=size)) - log_b
    log_share = pt.switch(hazard < -30.0, hazard, pt.log(-pt.expm1(-pt.exp(hazard))))
    return pt.clip(pt.exp(log_share / shape), _LEAST, _MOST)


def _tensor_log_hazard(pt: Any, log_power: Any) -> Any:
    """Return ``log(-log(1 - exp(x)))``, of small exponentials ``x`` itself."""
    return pt.switch(log_power < -30.0, log_power, pt.log(-pt.log1mexp(log_power)))


_DRAW = """
    eta, shape = pt.broadcast_arrays(eta, shape)
    power = -shape * pt.softplus(-pt.minimum(eta, 500))
    log_b = np.log(np.log(2)) - pt.switch(
        power < -30, power, pt.log(-pt.log1mexp(power))
    )
    # minus the log of a uniform number, to the power of one over b
    hazard = pt.log(pm.Exponential.dist(1, size=size)) - log_b
    log_share = pt.switch(hazard < -30, hazard, pt.log(-pt.expm1(-pt.exp(hazard))))
    return pt.clip(pt.exp(log_share / shape), 1e-300, 1 - 2.0**-53)
"""

KUMARASWAMY = Family(
    name="kumaraswamy",
    title="Kumaraswamy distribution",
    response="continuous",
    links=SHARES,
    dpars=(
        replace(
            SHAPE,
            meaning="shape: large where shares are near their median",
            default=lambda _: DefaultPrior(
                "exponential",
                (("rate", 1.0),),
                "of 1/sqrt(shape): around a median of one half all shares alike, shape "
                "1, in the middle",
                of="inv_sqrt",
            ),
        ),
    ),
    predictor="eta",
    support="shares above 0 and below 1",
    in_support=in_support,
    outside=outside,
    moments=moments,
    simulate=simulate,
    mean=mean,
    quantile=quantile,
    **readings(
        "kumaraswamy_median",
        density,
        NAMES,
        _draw,
        _DRAW,
        "Log density of a share, by the log odds of its median",
    ),
    tails=Tails(
        log_tails,
        lambda pm, pt, eta, shape: pm.Kumaraswamy.dist(
            shape, -LOG_2 / pt.log1mexp(-shape * pt.softplus(-eta))
        ),
        """pm.Kumaraswamy.dist(
        shape, -np.log(2) / pt.log1mexp(-shape * pt.softplus(-eta))
    )""",
        lowest=0.0,
        highest=1.0,
    ),
    doc=r"""Shares strictly between 0 and 1, by their median and shape.

.. math:: P(Y > y \mid \eta, a) = (1 - y^a)^b = 2^{-\log(1 - y^a) / \log(1 - \mu^a)},
          \quad b = \frac{-\log 2}{\log(1 - \mu^a)},
          \quad \mu = \frac{1}{1 + e^{-\eta}}, \quad 0 < y < 1

Parameters: ``eta``, the log odds of the median share (any real number); ``shape``, the
:math:`a` of the formula (positive): all shares are alike at 1 around a median of one
half; far below 1 a share is that of a Weibull time with this shape. The median, since
the mean has no inverse in closed form: with it each quantile has a formula in the
parameters. Both parameters of the textbook, ``Kumaraswamy(a, b)``, are in the formula.
References: Kumaraswamy (1980), A generalized probability density function for
double-bounded random processes, Journal of Hydrology 46, 79-88; Mitnik & Baek (2013),
The Kumaraswamy distribution: median-dispersion re-parameterizations for regression
modeling and simulation-based estimation, Statistical Papers 54, 177-192.
""",
)
