"""Integrals of two densities from a point on, along which they fall.

Of a skew normal number on its thin side, and of an angle away from its mean. Both take
Gauss's rule, from the point to where nothing is left: each tail, and each probability
between two angles, is one or two of these, and no digits are lost far out. As plain
Python of the kind that the kernel backend compiles, for arrays, and as text for scripts
and graphs.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..numerics import HALF_LOG_2PI
from .incomplete_scalars import DEEP, NODES, POINTS, WEIGHTS
from .scalars import row_log_i0e, row_log_mills

Array = NDArray[Any]

LOG_PI = 1.1447298858494002
#: No arc is shorter: slopes at an end where it begins are not lost.
SHORTEST = 1e-18
#: The log of the normal distribution function bends at least so much below 0.
_BEND = 2.0 / math.pi


def row_log_skew_tail(z: float, a: float) -> tuple[float, float, float]:
    """Return the log of ``Integral_z^inf 2 phi(t) Phi(-a t) dt`` and its slopes.

    ``z`` and ``a`` are not negative. What is above ``z`` of a skew normal number with
    the skewness ``-a`` (Azzalini 1985): ``Phi(-z) - 2 T(z, a)``, with Owen's function.
    """
    lack, _slope = row_log_mills(-a * z)
    hazard = math.exp(-lack)
    slope = z + a * hazard
    both = 1.0 + a * a
    # where the density has fallen by ``DEEP`` logs or a little more
    bend = 2.0 * DEEP * (1.0 + _BEND * a * a)
    end = 2.0 * DEEP / (slope + math.sqrt(slope * slope + bend))
    total = 0.0
    for i in range(POINTS):
        at = end * NODES[i]
        less, _slope = row_log_mills(-a * (z + at))
        total += WEIGHTS[i] * math.exp(less - lack - both * at * (z + 0.5 * at))
    total *= end
    value = math.log(total) - LOG_PI - 0.5 * both * z * z + lack
    return value, -1.0 / total, -hazard / (both * total)


def row_log_arc(
    start: float, length: float, kappa: float
) -> tuple[float, float, float, float]:
    """Return the log of the probability of an arc that lies on one side of the mean.

    Of a von Mises distribution: from ``start`` away from the mean on, up to opposite to
    it at most. And its slopes.
    """
    length = max(length, SHORTEST)
    half = math.sin(0.5 * start)
    height = 2.0 * half * half
    bessel, by_bessel = row_log_i0e(kappa)
    end = length
    if kappa * (2.0 - height) > DEEP:
        # where the density has fallen by so many logs
        share = 0.5 * (height + DEEP / kappa)
        reach = 2.0 * math.atan(math.sqrt(share / (1.0 - share))) - start
        end = min(length, reach)
    total = 0.0
    lost = 0.0
    for i in range(POINTS):
        at = end * NODES[i]
        away = 2.0 * math.sin(start + 0.5 * at) * math.sin(0.5 * at)
        part = WEIGHTS[i] * math.exp(-kappa * away)
        total += part
        lost += part * away
    value = math.log(total * end) - 2.0 * HALF_LOG_2PI - bessel - kappa * height
    by_kappa = -height - lost / total - by_bessel
    total *= end
    depth = 2.0 * kappa * math.sin(start + 0.5 * length) * math.sin(0.5 * length)
    return value, math.expm1(-depth) / total, math.exp(-depth) / total, by_kappa


def log_skew_tail(m: Any, z: Array, a: Array) -> list[Array]:
    """Return the same of arrays, as one."""
    from scipy import special

    def mills(x: Array) -> Array:
        return np.asarray(np.log(special.erfcx(x * math.sqrt(0.5))))

    z, a = np.broadcast_arrays(z, a)
    with np.errstate(all="ignore"):
        start = mills(a * z)
        lack = start + 0.5 * math.log(0.5 * math.pi)
        hazard, both = np.exp(-lack), 1.0 + a * a
        slope = z + a * hazard
        bend = 2.0 * DEEP * (1.0 + _BEND * a * a)
        end = 2.0 * DEEP / (slope + np.sqrt(slope * slope + bend))
        total = np.zeros(z.shape)
        for node, weight in zip(NODES, WEIGHTS, strict=True):
            at = end * node
            depth = both * at * (z + 0.5 * at) + start - mills(a * (z + at))
            total += weight * np.exp(-depth)
        total *= end
        value = np.log(total) - LOG_PI - 0.5 * both * z * z + lack
        return [value, -1.0 / total, -hazard / (both * total)]


def log_arc(m: Any, start: Array, length: Array, kappa: Array) -> list[Array]:
    """Return the same of arrays, as the other."""
    start, length, kappa = np.broadcast_arrays(start, length, kappa)
    with np.errstate(all="ignore"):
        length = np.maximum(length, SHORTEST)
        height = 2.0 * np.square(np.sin(0.5 * start))
        share = 0.5 * (height + DEEP / kappa)
        reach = 2.0 * np.arcsin(np.sqrt(np.minimum(share, 1.0))) - start
        end = np.where(share < 1.0, np.minimum(length, reach), length)
        total, lost = np.zeros((2, *start.shape))
        for node, weight in zip(NODES, WEIGHTS, strict=True):
            at = end * node
            away = 2.0 * np.sin(start + 0.5 * at) * np.sin(0.5 * at)
            part = weight * np.exp(-kappa * away)
            total += part
            lost += part * away
        stepped = m.log_i0e(kappa + 1e-30j)
        by_kappa = -height - lost / total - np.imag(stepped) / 1e-30
        total *= end
        value = np.log(total) - 2.0 * HALF_LOG_2PI - np.real(stepped) - kappa * height
        depth = 2.0 * kappa * np.sin(start + 0.5 * length) * np.sin(0.5 * length)
        return [value, np.expm1(-depth) / total, np.exp(-depth) / total, by_kappa]


SKEW_TEXT = '''def log_skew_tail(z, a):
    """Log of the integral of 2 phi(t) Phi(-a t) from z on, by Gauss's rule."""
    from pytensor.gradient import disconnected_grad

    z, a = (pt.cast(one, "float64")[..., None] for one in pt.broadcast_arrays(z, a))
    lack = log_mills(-a * z)
    slope = z + a * pt.exp(-lack)
    # where it ends is no matter to its slopes
    end = 76 / (slope + pt.sqrt(slope**2 + 76 * (1 + 2 / np.pi * a**2)))
    end = disconnected_grad(end)
    nodes, weights = np.polynomial.legendre.leggauss(28)
    at = end * (1 + nodes) / 2
    depth = (1 + a**2) * at * (z + at / 2) + lack - log_mills(-a * (z + at))
    total = end[..., 0] / 2 * (weights * pt.exp(-depth)).sum(axis=-1)
    return pt.log(total / np.pi) + (lack - (1 + a**2) * z**2 / 2)[..., 0]
'''

ARC_TEXT = '''def log_arc(start, length, kappa):
    """Log of the von Mises probability of an arc on one side of the mean.

    From start away from the mean on, by Gauss's rule.
    """
    from pytensor.gradient import disconnected_grad

    given = pt.broadcast_arrays(start, length, kappa)
    start, length, kappa = (pt.cast(one, "float64")[..., None] for one in given)
    # not 0, where slopes would be lost
    length = pt.switch(length > 1e-18, length, length + 1e-18)
    height = 2 * pt.sin(start / 2) ** 2
    share = (height + 38 / kappa) / 2
    # where nothing is left is no matter to its slopes
    reach = 2 * pt.arcsin(pt.sqrt(pt.minimum(share, 1))) - start
    is_cut = (share < 1) & (reach < length)
    end = pt.switch(is_cut, disconnected_grad(reach), length)
    nodes, weights = np.polynomial.legendre.leggauss(28)
    at = end * (1 + nodes) / 2
    away = 2 * pt.sin(start + at / 2) * pt.sin(at / 2)
    total = (weights * pt.exp(-kappa * away)).sum(axis=-1)
    value = pt.log(end[..., 0] / 2 * total / (2 * np.pi))
    return value - (kappa * height + log_i0e(kappa))[..., 0]
'''
