"""Counts that vary more than Poisson counts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from ...distributions import tensors
from ...distributions.numerics import (
    HALF_LOG_2PI,
    LARGEST_MEAN,
    deviance,
    exp_excess,
    factorial_remainder,
    log1p,
    log_logistic,
    logistic,
    stirling,
)
from ...distributions.scalars import FEW, row_deviance, row_log1p_excess, row_stirling
from ..family import Array, DefaultPrior, Dpar, Family, SourceText
from ..link import POSITIVES
from .poisson import in_support, moments

#: Where ``exp`` is still finite; a mean beyond it takes the branch of large ones.
_LARGEST = 700.0
#: Below it, products of steps over the shape could be infinite.
_TINY = 1e-10


def log_density(y: Array, eta: Array, shape: Array) -> Array:
    r"""Log mass of each row, exact in the Poisson limit of huge ``shape`` too.

    Loader's (2000) saddle-point form: remainders of log gammas, and two
    deviances of what there is from what is expected of it, given the sum
    :math:`y + \phi`. With :math:`d = \log((\phi + y)/(\phi + \mu))` they are of
    :math:`\phi`, expected :math:`\phi e^d`, and of y, expected :math:`\mu e^d`.
    No two terms cancel.
    """
    y, eta, shape = np.asarray(y), np.asarray(eta), np.asarray(shape)
    log_odds = eta - np.log(shape)
    mu = np.exp(np.where(np.real(eta) < _LARGEST, eta, _LARGEST))
    # where the mean is far above, a difference of 1 + (y - mu)/... has no digits
    above = np.real(mu) > 2.0 * y + np.real(shape)
    close = np.where(above, 0.0, mu)
    d = np.where(
        above,
        np.log(shape + y) - eta + log_logistic(log_odds),
        log1p((y - close) / (shape + close)),
    )
    expected = np.where(
        above,
        (shape + y) * logistic(log_odds),
        close * ((shape + y) / (shape + close)),
    )
    return np.asarray(
        stirling(shape + y)
        - stirling(shape)
        - 0.5 * log1p(y / shape)
        - factorial_remainder(y)
        - shape * exp_excess(d)
        - deviance(y, expected, eta + d)
    )


def kernel(y: float, eta: float, shape: float) -> tuple[float, float, float]:
    """Log mass of one row and its slopes in ``eta`` and ``shape``."""
    mu, inverse = math.exp(eta), 1.0 / shape
    odds = mu * inverse
    if odds < math.inf:
        q = 1.0 / (1.0 + odds)
        p, grown = odds * q, math.log1p(odds)
    else:
        grown = eta - math.log(shape)
        p, q = 1.0, math.exp(-grown)
    by_eta = y * q - shape * p
    if y <= FEW and (shape > _TINY or y == 0.0):
        # the rising factorial is a product of few numbers
        risen = 1.0
        factorial = 1.0
        lacking = 0.0
        i = 1.0
        while i < y:
            step = i * inverse
            risen *= 1.0 + step
            factorial *= i + 1.0
            lacking += step / (1.0 + step)
            i += 1.0
        density = math.log(risen / factorial) + y * (eta - grown) - shape * grown
        by_log_shape = y * p - lacking - shape * row_log1p_excess(-p, -grown)
        return density, by_eta, by_log_shape * inverse
    total, both = shape + y, shape + mu
    if mu > 2.0 * y + shape:
        log_expected = math.log(total) - math.log1p(1.0 / odds)
        expected, d = total * p, log_expected - eta
        excess = (total / both - 1.0) - d
    else:
        more = (y - mu) / both
        d = math.log1p(more)
        expected, log_expected = mu * (total / both), eta + d
        excess = row_log1p_excess(more, d)
    lack, slope = row_stirling(shape)
    total_lack, total_slope = row_stirling(total)
    density = (
        total_lack
        - lack
        - row_stirling(y)[0]
        - HALF_LOG_2PI
        - 0.5 * math.log((1.0 + y * inverse) * y)
        - shape * excess
        - row_deviance(y, expected, log_expected)
    )
    return density, by_eta, total_slope - slope + 0.5 * y / (shape * total) - excess


def simulate(rng: np.random.Generator, eta: Array, shape: Array) -> Array:
    """Draw a count: Poisson, with a mean that is drawn from a gamma distribution.

    Means are cut at 10^15: beyond it the generator has no number that fits.
    """
    rows = np.broadcast_shapes(np.shape(eta), np.shape(shape))
    relative = rng.standard_gamma(shape, rows)
    with np.errstate(over="ignore"):
        mu = relative * np.exp(np.minimum(eta - np.log(shape), _LARGEST))
    return np.asarray(rng.poisson(np.minimum(mu, LARGEST_MEAN))).astype(np.int64)


def mean(eta: Array, shape: Array) -> Array:
    """Mean count."""
    with np.errstate(over="ignore"):
        return np.asarray(np.exp(eta) + 0.0 * np.asarray(shape))


def observe(
    pm: Any, pt: Any, name: str, arguments: Mapping[str, Any], observed: Any, dims: str
) -> Any:
    """Return a ``pm.CustomDist``: the density above, draws by a gamma mixture.

    ``pm.NegativeBinomial`` subtracts log gammas: 1e-7 is lost at ``shape`` =
    10^8. Its gradient is no number from ``eta`` = -37 down.
    """

    def logp(value: Any, eta: Any, shape: Any) -> Any:
        log_odds = eta - pt.log(shape)
        mu = pt.exp(pt.minimum(eta, _LARGEST))
        above = mu > 2.0 * value + shape
        close = pt.switch(above, 0.0, mu)
        d = pt.switch(
            above,
            pt.log(shape + value) - eta - pt.softplus(-log_odds),
            pt.log1p((value - close) / (shape + close)),
        )
        expected = pt.switch(
            above,
            (shape + value) * pt.sigmoid(log_odds),
            close * ((shape + value) / (shape + close)),
        )
        return (
            tensors.stirling(pt, shape + value)
            - tensors.stirling(pt, shape)
            - 0.5 * pt.log1p(value / shape)
            - tensors.factorial_remainder(pt, value)
            - shape * tensors.exp_excess(pt, d)
            - tensors.deviance(pt, value, expected, eta + d)
        )

    def draw(eta: Any, shape: Any, size: Any) -> Any:
        # one gamma number a row, also where all rows have the same shape
        eta, shape = pt.broadcast_arrays(eta, shape)
        relative = pm.Gamma.dist(shape, 1.0, size=size)
        mu = relative * pt.exp(pt.minimum(eta - pt.log(shape), _LARGEST))
        return pm.Poisson.dist(pt.minimum(mu, LARGEST_MEAN), size=size)

    parameters = [arguments["eta"], arguments["shape"]]
    return tensors.whole_numbers(
        pm, name, parameters, logp, draw, observed=observed, dims=dims
    )


_DEFINITIONS = '''
def negbinomial_log_logp(value, eta, shape):
    """Log P(value), with a gradient in the far tails too."""
    log_odds = eta - pt.log(shape)
    # gammaln(value + shape) - gammaln(shape); by Stirling where it would cancel
    small, large = pt.minimum(shape, 1e5), pt.maximum(shape, 1e5)
    rising = pt.switch(
        shape < 1e5,
        pt.gammaln(value + small) - pt.gammaln(small),
        (value + large - 0.5) * pt.log1p(value / large)
        + value * (pt.log(large) - 1)
        + (1 / (value + large) - 1 / large) / 12,
    )
    return (
        rising
        - pt.gammaln(value + 1)
        - shape * pt.softplus(log_odds)
        - value * pt.softplus(-log_odds)
    )


def negbinomial_log_draw(eta, shape, size):
    """Draw a count: Poisson, with a mean from a gamma distribution."""
    eta, shape = pt.broadcast_arrays(eta, shape)
    mu = pt.exp(eta) / shape * pm.Gamma.dist(shape, 1.0, size=size)
    # a prior can ask for means that no whole number fits
    return pm.Poisson.dist(pt.minimum(mu, 1e15), size=size)
'''


NEGBINOMIAL = Family(
    name="negbinomial",
    aliases=("negativebinomial", "negative_binomial", "nbinom2"),
    title="negative binomial distribution",
    response="count",
    links=POSITIVES,
    known_links=(),
    dpars=(
        Dpar(
            "shape",
            link="log",
            support="positive",
            meaning="shape: small where counts vary much more than Poisson ones",
            default=lambda m: DefaultPrior(
                "exponential",
                (("rate", 1.0),),
                "of 1/sqrt(shape), the extra relative sd: the simpler Poisson at its "
                "mode",
                of="inv_sqrt",
                times=m.exposure,
            ),
            # the median of an exponential(1) is log 2
            center=lambda m: -2.0 * math.log(math.log(2.0)) - math.log(m.exposure),
        ),
    ),
    predictor="eta",
    thresholds=False,
    support="counts: whole numbers, 0 among them",
    in_support=in_support,
    moments=moments,
    log_density=log_density,
    by_hand=kernel,
    simulate=simulate,
    mean=mean,
    observe=observe,
    source=SourceText(
        """pm.CustomDist(
    {name}, {eta}, {shape}, logp=negbinomial_log_logp, dist=negbinomial_log_draw,
    dtype="int64", observed={observed}, dims={dims},
)""",
        helpers=_DEFINITIONS,
    ),
    doc=r"""Counts that vary more than Poisson counts.

.. math:: P(Y = y \mid \eta, \phi) =
          \frac{\Gamma(y + \phi)}{\Gamma(\phi)\,y!}
          \left(\frac{\phi}{\phi + \mu}\right)^{\phi}
          \left(\frac{\mu}{\phi + \mu}\right)^{y}, \quad \mu = e^{\eta},
          \quad y = 0, 1, 2, \dots

Parameters: ``eta``, the log of the mean count (any real number); ``shape``, the
:math:`\phi` of the formula (positive): the variance is ``mu + mu^2/shape``, so
that counts are Poisson as it grows. With ``y | rate(t)`` the mean is
``t exp(eta)`` and the shape ``t shape``: the sum of the counts of ``t`` units.
Reference: Cameron & Trivedi (2013), chapter 3 (NB2); the form of the mass is
that of Loader (2000), Fast and accurate computation of binomial probabilities.
""",
    rate=("shape",),
)
