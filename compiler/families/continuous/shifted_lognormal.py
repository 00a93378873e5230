"""Times that begin with a part that is always there: a lognormal time after a shift."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from ...data.weighted import Counts
from ...distributions.numerics import HALF_LOG_2PI
from ..family import Array, DefaultPrior, Dpar, Moments, Tails
from ..written import readings
from . import lognormal
from .lognormal import LOGNORMAL

NAMES = ("mu", "sigma", "ndt")


def moments(y: Array, count: Counts = None) -> Moments:
    """Mean and sd of the log of what is left after half of the shortest response."""
    least = float(np.min(y))
    return replace(lognormal.moments(y - 0.5 * least, count), least=least)


def density(m: Any, y: Any, mu: Any, sigma: Any, ndt: Any) -> Any:
    """Log density, minus infinity up to the shift."""
    late = y - ndt
    log_late = m.log(m.where(late > 0.0, late, 1.0))
    z = (log_late - mu) / sigma
    inside = -0.5 * z * z - m.log(sigma) - HALF_LOG_2PI - log_late
    return m.where(late > 0.0, inside, -math.inf)


def log_tails(m: Any, y: Any, mu: Any, sigma: Any, ndt: Any) -> tuple[Any, Any]:
    """Return the logs of the distribution function and of what is above."""
    late = y - ndt

    def side(place: int, before: float) -> Any:
        return m.choose(
            late > 0.0,
            lambda some: lognormal.log_tails(m, some, mu, sigma)[place],
            lambda _: before,
            late,
            (1.0, 0.0),
        )

    return side(0, -math.inf), side(1, 0.0)


def simulate(rng: np.random.Generator, mu: Array, sigma: Array, ndt: Array) -> Array:
    """Draw a response; infinite where no float is as large."""
    rows = np.broadcast_shapes(*map(np.shape, (mu, sigma, ndt)))
    return np.asarray(ndt + rng.lognormal(mu, sigma, rows))


def quantile(p: float, mu: Array, sigma: Array, ndt: Array) -> Array:
    """Return the value that a share of responses is at or below."""
    return np.asarray(ndt + lognormal.quantile(p, mu, sigma))


def mean(mu: Array, sigma: Array, ndt: Array) -> Array:
    """Mean of the response."""
    return np.asarray(ndt + lognormal.mean(mu, sigma))


def _draw(pm: Any, pt: Any, mu: Any, sigma: Any, ndt: Any, *, size: Any) -> Any:
    mu, sigma, ndt = pt.broadcast_arrays(mu, sigma, ndt)
    return ndt + pm.LogNormal.dist(mu, sigma, size=size)


NDT = Dpar(
    "ndt",
    link="log",
    support="positive",
    meaning="the part of each time that is always there, such as that of moving a hand",
    default=lambda m: DefaultPrior(
        "uniform",
        (("lower", 0.0), ("upper", m.least)),
        "anywhere below the shortest response, which is longer",
    ),
    center=lambda m: math.log(0.5 * m.least),
    below=True,
)

SHIFTED_LOGNORMAL = LOGNORMAL.derive(
    name="shifted_lognormal",
    title="shifted lognormal distribution",
    dpars=(*LOGNORMAL.dpars, NDT),
    outside=lambda y: (),
    moments=moments,
    simulate=simulate,
    mean=mean,
    quantile=quantile,
    **readings(
        "shifted_lognormal",
        density,
        NAMES,
        _draw,
        """
    mu, sigma, ndt = pt.broadcast_arrays(mu, sigma, ndt)
    return ndt + pm.LogNormal.dist(mu, sigma, size=size)
""",
        "Log density of a lognormal time after ndt",
    ),
    measure="the log of the response",
    tails=Tails(
        log_tails,
        lambda pm, pt, *given: pm.CustomDist.dist(
            *given,
            dist=lambda mu, sigma, ndt, size: _draw(pm, pt, mu, sigma, ndt, size=size),
        ),
        """pm.CustomDist.dist(
        mu, sigma, ndt,
        dist=lambda mu, sigma, ndt, size: (
            ndt + pm.LogNormal.dist(mu, sigma, size=size)
        ),
    )""",
        lowest=0.0,
    ),
    doc=r"""Times that begin with a part that is always there, such as reaction times.

.. math:: f(y \mid \mu, \sigma, \theta) = \frac{1}{(y - \theta)\,\sigma\sqrt{2\pi}}
          \exp\left(-\frac{(\log(y - \theta) - \mu)^2}{2\sigma^2}\right),
          \quad y > \theta

Parameters: ``mu``, the mean of the log of the response less ``ndt`` (any real number),
so that the median is ``ndt + exp(mu)``; ``sigma``, the standard deviation of that log
(positive); ``ndt``, the :math:`\theta` of the formula (positive), the time of all that
is no decision, which is shorter than the shortest response. Reference: Rouder,
Province, Morey, Gomez & Heathcote (2015), The lognormal race, Psychometrika 80,
491-513.
""",
)
