"""Waiting times without memory."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data import weighted
from ...data.weighted import Counts
from ...distributions.density import arrays
from ..family import Array, Family, Moments, SourceText, Tails
from ..link import POSITIVES
from ..written import graph


def in_support(y: Array) -> NDArray[np.bool_]:
    """Finite, and not below 0."""
    return np.asarray(np.isfinite(y) & (y >= 0.0))


def moments(y: Array, count: Counts = None) -> Moments:
    """Log of the mean; of the smallest number where all are 0."""
    least = float(np.finfo(float).tiny)
    return Moments(math.log(max(weighted.mean(y, count), least)), 1.0)


def density(m: Any, y: Any, eta: Any) -> Any:
    """Log density, of 0 as well."""
    return -eta - m.choose(
        y > 0.0, lambda some: m.exp(m.log(some) - eta), lambda _: 0.0, y, (1.0, 0.0)
    )


def log_tails(m: Any, y: Any, eta: Any) -> tuple[Any, Any]:
    """Return the logs of the distribution function and of what is above."""
    over = m.exp(m.log(y) - eta)
    return m.log1mexp(over), -over


def simulate(rng: np.random.Generator, eta: Array) -> Array:
    """Draw a response; infinite where no float is as large."""
    with np.errstate(over="ignore"):
        return np.asarray(rng.standard_exponential(np.shape(eta)) * np.exp(eta))


def quantile(p: float, eta: Array) -> Array:
    """Return the value that a share of responses is at or below."""
    with np.errstate(over="ignore"):
        return np.asarray(-np.log1p(-p) * np.exp(eta))


def mean(eta: Array) -> Array:
    """Mean of the response."""
    with np.errstate(over="ignore"):
        return np.asarray(np.exp(eta))


def _draw(pm: Any, pt: Any, eta: Any, size: Any) -> Any:
    return pm.Exponential.dist(pt.exp(-eta), size=size)


EXPONENTIAL = Family(
    name="exponential",
    title="exponential distribution",
    response="continuous",
    links=POSITIVES,
    dpars=(),
    predictor="eta",
    support="numbers from 0 on",
    in_support=in_support,
    moments=moments,
    log_density=arrays.log_density(density),
    density=density,
    simulate=simulate,
    mean=mean,
    quantile=quantile,
    observe=graph(density, ("eta",), _draw),
    source=SourceText(
        """pm.Exponential(
    {name}, scale=pt.exp({eta}), observed={observed}, dims={dims}
)"""
    ),
    tails=Tails(
        log_tails,
        lambda pm, pt, eta: pm.Exponential.dist(pt.exp(-eta)),
        "pm.Exponential.dist(pt.exp(-eta))",
        lowest=0.0,
    ),
    doc=r"""Waiting times for what comes at any moment alike.

.. math:: f(y \mid \eta) = e^{-\eta} \exp(-y e^{-\eta}), \quad y \ge 0

Parameters: ``eta``, the log of the mean (any real number), which is the standard
deviation too; the rate is ``exp(-eta)``. Where the spread is of a size of its own,
``gamma`` and ``weibull`` have it for a parameter. Reference: McCullagh & Nelder (1989),
chapter 13.
""",
)
