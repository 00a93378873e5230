"""Positive times: how long a noisy process takes to a bound."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from ...distributions.density import arrays
from ...distributions.numerics import HALF_LOG_2PI
from ..family import Array, DefaultPrior, Family, Moments, SourceText, Tails
from ..link import POSITIVES
from ..written import graph
from .gamma import SHAPE, mean, moments
from .lognormal import in_support, zeros

#: Logs are cut here, where their exponentials are numbers.
LARGEST = 300.0


def density(m: Any, y: Any, eta: Any, shape: Any) -> Any:
    """Log density, by how far the response is from its mean, as a share of it."""
    log_y = m.log(y)
    off = m.expm1(log_y - eta)
    return 0.5 * m.log(shape) - HALF_LOG_2PI - 1.5 * log_y - 0.5 * shape * off * off / y


def log_tails(m: Any, y: Any, eta: Any, shape: Any) -> tuple[Any, Any]:
    """Return the logs of the distribution function and of what is above.

    What is above is a difference: of normal tails over the same density.
    """
    ratio = m.log(y) - eta
    ratio = m.where(ratio < LARGEST, ratio, LARGEST)
    root = m.sqrt(shape / y)
    a, b = root * m.expm1(ratio), root * (m.exp(ratio) + 1.0)
    far = m.log_mills(-b)
    below = m.logaddexp(m.log_ndtr(a), far - 0.5 * a * a - HALF_LOG_2PI)
    return below, m.log_ndtr(-a) + m.log1mexp(m.log_mills(-a) - far)


def simulate(rng: np.random.Generator, eta: Array, shape: Array) -> Array:
    """Draw a response; never 0."""
    rows = np.broadcast_shapes(np.shape(eta), np.shape(shape))
    mu = np.exp(np.clip(eta, -LARGEST, LARGEST))
    drawn = rng.wald(mu, np.clip(shape, 1e-300, 1e300), rows)
    return np.asarray(np.maximum(drawn, np.finfo(float).tiny))


def _default(m: Moments) -> DefaultPrior:
    return DefaultPrior(
        "exponential",
        (("rate", 1.0),),
        "of 1/sqrt(shape/mean), the sd as a share of the mean",
        of="inv_sqrt",
        times=math.exp(-min(max(m.m, -LARGEST), LARGEST)),
    )


INVERSE_GAUSSIAN = Family(
    name="inverse_gaussian",
    title="inverse Gaussian distribution",
    response="continuous",
    links=POSITIVES,
    dpars=(
        replace(
            SHAPE,
            meaning="shape, in the unit of the response: mean^3 over the variance",
            default=_default,
            center=lambda m: m.m - 2.0 * math.log(math.log(2.0)),
        ),
    ),
    predictor="eta",
    support="positive numbers",
    in_support=in_support,
    outside=zeros("hurdle_gamma"),
    moments=moments,
    log_density=arrays.log_density(density),
    density=density,
    simulate=simulate,
    mean=mean,
    observe=graph(
        density,
        ("eta", "shape"),
        lambda pm, pt, eta, shape, size: pm.Wald.dist(
            mu=pt.exp(eta), lam=shape, size=size
        ),
    ),
    source=SourceText(
        """pm.Wald(
    {name}, mu=pt.exp({eta}), lam={shape}, observed={observed}, dims={dims}
)"""
    ),
    tails=Tails(
        log_tails,
        lambda pm, pt, eta, shape: pm.Wald.dist(mu=pt.exp(eta), lam=shape),
        "pm.Wald.dist(mu=pt.exp(eta), lam=shape)",
        lowest=0.0,
    ),
    doc=r"""Positive times: how long a process that drifts takes until a bound.

.. math:: f(y \mid \eta, \lambda) = \sqrt{\frac{\lambda}{2\pi y^3}}
          \exp\left(-\frac{\lambda (y - \mu)^2}{2\mu^2 y}\right), \quad
          \mu = e^{\eta}, \quad y > 0

Parameters: ``eta``, the log of the mean (any real number); ``shape``, the
:math:`\lambda` of the formula (positive): the variance is ``mean^3 / shape``. R's
default link of it is ``1/mu^2``. Reference: Chhikara & Folks (1989), The inverse
Gaussian distribution, chapter 2.
""",
)
