"""Shares strictly between 0 and 1."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data import weighted
from ...data.weighted import Counts
from ...distributions.density import arrays
from ...distributions.numerics import logistic, pooled_logit
from ..between import weighted_mean
from ..family import Array, DefaultPrior, Dpar, Family, Moments, Tails
from ..link import SHARES
from ..written import graph, script

#: Draws are no nearer to 0, and none rounds to 1.
_LEAST, _MOST = float(np.finfo(float).tiny), 1.0 - 2.0**-53
#: Below it a parameter is this one in distribution functions.
_TINY = 1e-290


def in_support(y: Array) -> NDArray[np.bool_]:
    """Whether a share is inside, 0 and 1 not among them."""
    return np.asarray((y > 0.0) & (y < 1.0))


def outside(y: Array) -> tuple[str, ...]:
    """Say which values are at the ends, or beyond, and what to do."""
    zeros, ones = int((y == 0.0).sum()), int((y == 1.0).sum())
    if zeros + ones == len(y):
        each = [_are(zeros, 0), _are(ones, 1)]
        return (
            f"{' and '.join(filter(None, each))}, which no share of this family is",
            "`family=ordered_beta` and `family=zero_one_inflated_beta` take shares of "
            "0 and 1, `family=zero_inflated_beta` those of 0; `family=ordlogit` takes "
            "ratings as they were given, the lowest and the highest among them",
            "values moved inside by hand, (y*(n - 1) + 0.5)/n, move the result too",
        )
    highest = float(np.max(y))
    if highest > 1.0 and (y >= 0.0).all():
        return (
            f"the highest is {highest:g}: divide by the top of the scale, as in "
            "`rating/99`; if 0 and the top are answers too, `ordered_beta` takes such "
            "shares, and `ordlogit` the ratings as they are",
        )
    return ()


def _are(count: int, value: int) -> str:
    return f"{count:,} {'is' if count == 1 else 'are'} exactly {value}" if count else ""


def moments(y: Array, count: Counts = None) -> Moments:
    """Logit of the mean share; spread of the logistic."""
    rows = weighted.total(y, count)
    return Moments(pooled_logit(weighted.mean(y, count) * rows, rows), 1.0)


def density(m: Any, y: Any, eta: Any, phi: Any) -> Any:
    """Log density; no two terms cancel, however large the precision.

    It is the peak, less what each of the two shares is away from its mean: the
    deviances a (e^d - 1 - d), with d the log of the share over its mean. The sum of the
    a (e^d - 1) is 0.
    """
    mu, rest = m.sigmoid(eta), m.sigmoid(-eta)
    log_mu, log_rest = m.log_sigmoid(eta), m.log_sigmoid(-eta)
    log_y, log_other = m.log(y), m.log1p(-y)
    a, b = phi * mu, phi * rest
    # the difference of the two that are far from 1
    more = phi * m.where(eta < 0.0, y - mu, rest - (1.0 - y))

    def deviance(expected: Any, more: Any, d: Any) -> Any:
        return m.choose(
            m.abs(d) < 0.5,
            lambda near: expected * m.exp_excess(near),
            lambda far: more - expected * far,
            d,
            (0.0, 1.0),
        )

    peak = m.gamma_remainder(phi) - m.gamma_remainder(a) - m.gamma_remainder(b)
    return (
        (peak + m.log(phi) + log_mu + log_rest - log_y - log_other)
        - deviance(a, more, log_y - log_mu)
        - deviance(b, -more, log_other - log_rest)
    )


def plain_density(m: Any, y: Any, eta: Any, phi: Any) -> Any:
    """Log density in few terms; those of a precision of 10^5 have lost 1e-10."""
    a, b = phi * m.sigmoid(eta), phi * m.sigmoid(-eta)
    peak = m.log(phi) + m.log_sigmoid(eta) + m.log_sigmoid(-eta)
    peak = peak + m.lgamma1p(phi) - m.lgamma1p(a) - m.lgamma1p(b)
    return peak + (a - 1.0) * m.log(y) + (b - 1.0) * m.log1p(-y)


def log_tails(m: Any, y: Any, eta: Any, phi: Any) -> tuple[Any, Any]:
    """Return the logs of the distribution function and of what is above."""
    a, b = (phi * m.sigmoid(x) for x in (eta, -eta))
    a, b = (m.where(one > _TINY, one, _TINY) for one in (a, b))
    odds = m.log(y) - m.log1p(-y)
    below, above = m.beta_tails(a, b, odds)
    return below, above


def of_weighted(eta: Array, phi: Array) -> tuple[Array, Array]:
    """Return the parameters of a share that is weighted by its size."""
    odds = np.log1p(phi * logistic(eta)) - np.log(phi * logistic(-eta))
    return odds, phi + 1.0


def simulate(rng: np.random.Generator, eta: Array, phi: Array) -> Array:
    """Draw a share, never 0 or 1."""
    a, b = (np.maximum(phi * logistic(sign * eta), _LEAST) for sign in (1.0, -1.0))
    return np.asarray(np.clip(rng.beta(a, b), _LEAST, _MOST))


def quantile(p: float, eta: Array, phi: Array) -> Array:
    """Return the value that a share of responses is at or below."""
    from scipy.special import betaincinv, expit

    phi, eta = np.asarray(phi), np.asarray(eta)
    return np.asarray(betaincinv(phi * expit(eta), phi * expit(-eta), p))


def mean(eta: Array, phi: Array) -> Array:
    """Mean of the share."""
    return np.asarray(logistic(eta) + 0.0 * np.asarray(phi))


def draw(pm: Any, pt: Any, eta: Any, phi: Any, size: Any) -> Any:
    """Draw shares in a graph."""
    a, b = (pt.maximum(phi * pt.sigmoid(x), _LEAST) for x in (eta, -eta))
    return pm.Beta.dist(a, b, size=size)


PHI = Dpar(
    "phi",
    link="log",
    support="positive",
    meaning="precision: large where shares are near their mean",
    default=lambda m: DefaultPrior(
        "exponential",
        (("rate", 2.0),),
        "of 1/sqrt(phi), near twice the sd of a share around one half: from narrow "
        "to piled up at both ends",
        of="inv_sqrt",
    ),
    # the median of an exponential(2) is log(2)/2
    center=lambda m: -2.0 * math.log(0.5 * math.log(2.0)),
)

BETA = Family(
    name="beta",
    aliases=("Beta",),
    title="beta distribution",
    response="continuous",
    links=SHARES,
    dpars=(PHI,),
    predictor="eta",
    support="shares above 0 and below 1",
    in_support=in_support,
    outside=outside,
    moments=moments,
    log_density=arrays.log_density(density),
    density=density,
    simulate=simulate,
    mean=mean,
    quantile=quantile,
    observe=graph(density, ("eta", "phi"), draw),
    # `pm.Beta` refuses parameters of 0: of `mu` and `nu` from `eta` = 37 on
    source=script(
        "beta_logit",
        plain_density,
        ("eta", "phi"),
        """
    a, b = (pt.maximum(phi * pt.sigmoid(x), 1e-300) for x in (eta, -eta))
    return pm.Beta.dist(a, b, size=size)
""",
        "Log density by the log odds of the mean, however far out, and the precision",
    ),
    tails=Tails(
        log_tails,
        lambda pm, pt, eta, phi: pm.Beta.dist(
            *(pt.maximum(phi * pt.sigmoid(x), _LEAST) for x in (eta, -eta))
        ),
        "pm.Beta.dist(*(pt.maximum(phi * pt.sigmoid(x), 1e-300) for x in (eta, -eta)))",
        lowest=0.0,
        highest=1.0,
        mean=weighted_mean(mean, log_tails, of_weighted=of_weighted),
    ),
    doc=r"""Shares strictly between 0 and 1, by their mean and precision.

.. math:: f(y \mid \eta, \phi) = \frac{\Gamma(\phi)}
          {\Gamma(\mu\phi)\,\Gamma((1 - \mu)\phi)}\,
          y^{\mu\phi - 1} (1 - y)^{(1 - \mu)\phi - 1}, \quad
          \mu = \frac{1}{1 + e^{-\eta}}

Parameters: ``eta``, the log odds of the mean share (any real number); ``phi``, the
precision (positive): the variance is :math:`\mu(1 - \mu)/(1 + \phi)`. Shares of 0 and
1 have no density. Reference: Ferrari & Cribari-Neto (2004), Beta regression for
modelling rates and proportions, Journal of Applied Statistics 31, 799-815.
""",
)
