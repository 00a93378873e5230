"""Counts that vary more or less than Poisson ones, by one parameter."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...distributions.density import compoisson
from ...distributions.density.arrays import ARRAYS
from ...distributions.numerics import LARGEST_MEAN
from ..family import Array, BoundedDraws, DefaultPrior, Dpar, Family, Tails
from ..link import POSITIVES
from ..written import alone_text, readings
from .poisson import in_support, moments
from .saddle import deviance, log_some
from .tails import LOWEST

NAMES = ("eta", "shape")
#: Modes of draws are no larger.
_LARGEST = math.log(LARGEST_MEAN)
#: The log of a mode of 0, which has to be a number.
_LEAST = -1e6
#: Tries of a draw in a graph: each is taken with a chance of a fifth, so that one of
#: 10^6 draws is left at the mode.
_TRIES = 64
#: Tries of all draws at once, by NumPy: fewer are no quicker.
_AT_ONCE = 2_000
#: The log of what is nearly all.
_ALL = -1e-15


def density(m: Any, y: Any, eta: Any, shape: Any) -> Any:
    """Log mass, of what a count and all counts are away from the mode."""
    return _log_mass(m, y, eta, shape) - log_all(m, eta, shape)


def log_all(m: Any, eta: Any, shape: Any) -> Any:
    """Return the log of what masses are normalised by."""
    return m.log_com_sum(eta, shape, 0.0, math.inf)


def _log_mass(m: Any, y: Any, eta: Any, shape: Any) -> Any:
    """Return the log mass before it is normalised."""
    off = deviance(m, y, m.exp(eta) - y, eta - log_some(m, y))
    return -shape * (off + m.gamma_remainder(y))


def log_tails(m: Any, y: Any, eta: Any, shape: Any) -> tuple[Any, Any]:
    """Return the logs of the distribution function and of what is above.

    The thinner one is a sum, so that it has its digits however far out it is.
    """
    below_one = m.where(eta < 0.0, -eta, 0.0)
    middle = m.exp(eta) + 0.5 / (shape * (1.0 + below_one))
    is_low = middle > y + 1.0
    ends = m.where(is_low, 0.0, y + 1.0), m.where(is_low, y, math.inf)
    thin = m.log_com_sum(eta, shape, *ends) - log_all(m, eta, shape)
    thin = m.where(thin < _ALL, thin, _ALL)
    rest = m.log1mexp(-thin)
    return m.where(is_low, thin, rest), m.where(is_low, rest, thin)


def log_between(m: Any, low: Any, high: Any, eta: Any, shape: Any) -> Any:
    """Return the log of the probability above one count, up to another."""
    some = m.log_com_sum(eta, shape, low + 1.0, high)
    return some - log_all(m, eta, shape)


def simulate(rng: np.random.Generator, eta: Array, shape: Array) -> Array:
    """Draw a count.

    Raises
    ------
    ValueError
        If a parameter is no number.
    """
    return simulate_between(rng, (eta, shape), None, None)


def simulate_between(
    rng: np.random.Generator,
    own: Sequence[Array],
    low: Array | None,
    high: Array | None,
) -> Array:
    """Draw a count between bounds, tried under a hat of log-concave masses.

    They have their largest mass where it is without bounds, or at the nearer bound
    (Devroye 1987).

    Raises
    ------
    ValueError
        If a parameter is no number.
    """
    bounds = 0.0 if low is None else low, math.inf if high is None else high
    every = np.broadcast_arrays(*own, *bounds)
    rows = every[0].shape
    flat_eta, flat_shape, first, last = (
        np.asarray(one, dtype=float).ravel().copy() for one in every
    )
    if np.isnan(flat_eta + flat_shape).any():
        # no try would ever be taken
        raise ValueError("counts whose mean is no number cannot be drawn")
    flat_eta = np.clip(flat_eta, _LEAST, _LARGEST)
    mode = np.clip(np.floor(np.exp(flat_eta)), first, last)
    # rows that are alike have one sum
    given = np.stack([flat_eta, flat_shape, first, last])
    alike, place = np.unique(given, axis=1, return_inverse=True)
    total = np.real(ARRAYS.log_com_sum(*alike))[place]
    peak = np.exp(_log_mass(ARRAYS, mode, flat_eta, flat_shape) - total)
    drawn, waiting = mode.copy(), np.arange(mode.size)
    while waiting.size:
        here, count = peak[waiting], waiting.size
        # as many tries of each at once as keep the arrays short
        tries = (max(1, min(_TRIES, _AT_ONCE // count)), count)
        u, v, w, s = rng.random((4, *tries))
        y = _distance(here, u, v, rng.standard_exponential(tries))
        at = mode[waiting] + np.where(s < 0.5, -1.0, 1.0) * np.round(y)
        inside = np.clip(at, first[waiting], last[waiting])
        parameters = flat_eta[waiting], flat_shape[waiting]
        logs = _log_mass(ARRAYS, inside, *parameters) - total[waiting]
        mass = np.exp(logs)
        hat = here * np.minimum(1.0, np.exp(1.0 + 0.5 * here - here * y))
        taken = (at == inside) & (w * hat <= mass)
        which, done = taken.argmax(axis=0), taken.any(axis=0)
        drawn[waiting[done]] = at[which, np.arange(count)][done]
        waiting = waiting[~done]
    return np.asarray(drawn.reshape(rows)).astype(np.int64)


def _distance(peak: Any, u: Any, v: Any, e: Any) -> Any:
    """Return how far from the mode a count is tried: uniform, then exponential."""
    width = 1.0 + 0.5 * peak
    near = 1.0 * (u * (1.0 + width) <= width)
    return (near * v * width + (1.0 - near) * (width + e)) / peak


def mean(eta: Array, shape: Array) -> Array:
    """Mean count: the mode, and what the slope of the normalising sum says."""
    eta, shape = np.asarray(eta, dtype=float), np.asarray(shape, dtype=float)
    with np.errstate(over="ignore"):
        found = compoisson.log_com_sum(ARRAYS, eta, shape, 0.0, math.inf)
        return np.asarray(np.exp(eta) + found[1] / shape)


def mean_between(own: Sequence[Array], low: Array | None, high: Array | None) -> Array:
    """Return the mean between two bounds, which are among what is seen."""
    eta, shape = (np.asarray(one, dtype=float) for one in own)
    first = 0.0 if low is None else np.asarray(low, dtype=float)
    last = math.inf if high is None else np.asarray(high, dtype=float)
    eta = np.minimum(eta, compoisson.LARGE)
    found = compoisson.log_com_sum(ARRAYS, eta, shape, first, last)
    return np.asarray(np.clip(np.exp(eta) + found[1] / shape, first, last))


def _draw(pm: Any, pt: Any, eta: Any, shape: Any, size: Any) -> Any:
    return _draw_between(pm, pt, (eta, shape), None, None, size)


def _draw_between(
    pm: Any, pt: Any, own: Sequence[Any], low: Any, high: Any, size: Any
) -> Any:
    from ...distributions.density.tensors import Tensors

    eta, shape = pt.broadcast_arrays(pt.minimum(own[0], _LARGEST), own[1])
    low = 0.0 if low is None else low
    high = math.inf if high is None else high
    total = Tensors(pt).log_com_sum(eta, shape, low, high)

    def mass(k: Any) -> Any:
        away = pt.gammaln(k + 1.0) - k * eta + pt.exp(eta)
        return pt.exp(-shape * away - total)

    # of the shape of the draws, then one axis of tries before it
    mode = pt.clip(pt.floor(pt.exp(eta)), low, high)
    mode = mode + 0.0 * pm.Uniform.dist(0.0, 1.0, size=size)
    peak = mass(mode)
    tries = pt.concatenate([[_TRIES], mode.shape])
    u, v, w, s = (pm.Uniform.dist(0.0, 1.0, size=tries) for _ in range(4))
    width = 1.0 + 0.5 * peak
    far = width + pm.Exponential.dist(1.0, size=tries)
    y = pt.switch(u * (1.0 + width) < width, v * width, far) / peak
    at = mode + pt.switch(s < 0.5, -1.0, 1.0) * pt.round(y)
    hat = peak * pt.minimum(1.0, pt.exp(width - peak * y))
    inside = pt.clip(at, low, high)
    taken = pt.eq(at, inside) & (w * hat <= mass(inside))
    first = pt.argmax(taken, axis=0, keepdims=True)
    found = pt.take_along_axis(pt.switch(taken, at, mode), first, axis=0)[0]
    return pt.cast(found, "int64")


_DRAWN = """
    eta, shape = pt.broadcast_arrays(pt.minimum(eta, 34.5), shape)
    total = log_com_sum(eta, shape, LOW, HIGH)

    def mass(k):
        return pt.exp(-shape * (pt.gammaln(k + 1) - k * eta + pt.exp(eta)) - total)

    # tried under a hat that all log-concave masses fit (Devroye 1987): each try is
    # taken with a chance of a fifth
    mode = pt.clip(pt.floor(pt.exp(eta)), LOW, HIGH)
    mode = mode + 0 * pm.Uniform.dist(0, 1, size=size)
    peak = mass(mode)
    tries = pt.concatenate([[64], mode.shape])
    u, v, w, s = (pm.Uniform.dist(0, 1, size=tries) for _ in range(4))
    width = 1 + peak / 2
    far = width + pm.Exponential.dist(1, size=tries)
    y = pt.switch(u * (1 + width) < width, v * width, far) / peak
    at = mode + pt.switch(s < 0.5, -1, 1) * pt.round(y)
    hat = peak * pt.minimum(1, pt.exp(width - peak * y))
    inside = pt.clip(at, LOW, HIGH)
    taken = pt.eq(at, inside) & (w * hat <= mass(inside))
    first = pt.argmax(taken, axis=0, keepdims=True)
    found = pt.take_along_axis(pt.switch(taken, at, mode), first, axis=0)[0]
    return pt.cast(found, "int64")
"""


def _draw_text(low: str | None, high: str | None) -> str:
    return _DRAWN.replace("LOW", low or "0").replace("HIGH", high or "np.inf")


TAILS = Tails(
    log_tails,
    lambda pm, pt, *given: pm.CustomDist.dist(
        *given, dist=lambda eta, shape, size: _draw(pm, pt, eta, shape, size)
    ),
    "pm.CustomDist.dist(eta, shape, dist=alone)",
    before=alone_text("eta, shape", _draw_text(None, None)),
    lowest=LOWEST,
    between=log_between,
    mean=mean_between,
    bounded=BoundedDraws(simulate_between, _draw_between, _draw_text),
)

COM_POISSON = Family(
    name="com_poisson",
    title="Conway-Maxwell-Poisson distribution",
    response="count",
    links=POSITIVES,
    dpars=(
        Dpar(
            "shape",
            link="log",
            support="positive",
            meaning="shape: above 1 counts vary less than Poisson ones, below it more",
            default=lambda _: DefaultPrior(
                "lognormal",
                (("mu", 0.0), ("sigma", 1.0)),
                "Poisson counts, shape 1, in the middle; the variance is about the "
                "mean over it",
            ),
            center=lambda _: 0.0,
        ),
    ),
    predictor="eta",
    support="counts: whole numbers, 0 among them",
    in_support=in_support,
    moments=moments,
    simulate=simulate,
    mean=mean,
    **readings(
        "com_poisson",
        density,
        NAMES,
        _draw,
        _draw_text(None, None),
        "Log P(value) of a Conway-Maxwell-Poisson count, by the log of its mode",
        whole=True,
    ),
    tails=TAILS,
    doc=r"""Counts that vary less than Poisson counts, or more.

.. math:: P(Y = y \mid \eta, \nu) = \frac{1}{Z} \left(\frac{\mu^y}{y!}\right)^{\nu},
          \quad Z = \sum_{k=0}^{\infty} \left(\frac{\mu^k}{k!}\right)^{\nu},
          \quad \mu = e^{\eta}, \quad y = 0, 1, 2, \dots

Parameters: ``eta``, the log of :math:`\mu` (any real number); ``shape``, the
:math:`\nu` of the formula (positive): 1 is ``poisson``. The mode is the whole part of
:math:`\mu`; the mean is near :math:`\mu + 1/(2\nu) - 1/2` and the variance near
:math:`\mu/\nu` where :math:`\mu` is not small. What is asked of the mean is answered by
the mean, not by :math:`\mu`. ``Z`` is summed where it has few terms, and else an
integral with its ends, and so are tails and intervals: 10 digits and more for
:math:`\mu` up to 10^8 and shapes from 0.01 to 10^4, 6 at a shape of 0.001. A sum of
such counts is no such count, so there is no ``rate(t)``: ``offset(log(t))`` multiplies
:math:`\mu`. The halves of a hurdle model are ``bernoulli`` of whether a count is above
0, and this family with ``trunc(lb=1)`` of those that are. References: Conway &
Maxwell (1962), A queuing model with state dependent service rates, Journal of
Industrial Engineering 12, 132-136; Guikema & Goffelt (2008), A flexible count data
regression model for risk analysis, Risk Analysis 28, 213-223.
""",
)
