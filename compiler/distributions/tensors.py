"""The functions of ``numerics.py`` in a graph.

``pt`` is ``pytensor.tensor``, handed over so that this package does not import
it. Each branch of a switch is fed harmless numbers where the other one is
taken: a gradient that is thrown away must be a number too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from .numerics import (
    EXCESS,
    EXCESS_SERIES,
    HALF_LOG_2PI,
    RATIO,
    RATIO_SERIES,
    SHIFT,
    STIRLING,
    polynomial,
)


def exp_excess(pt: Any, x: Any) -> Any:
    """Return ``exp(x) - 1 - x``."""
    small = pt.abs(x) < EXCESS_SERIES
    near, far = pt.switch(small, x, 0.0), pt.switch(small, 1.0, x)
    return pt.switch(small, near * near * polynomial(EXCESS, near), pt.expm1(far) - far)


def log1p_ratio(pt: Any, x: Any) -> Any:
    """Return ``log(1 + x) / x`` for ``x >= 0``."""
    small = x < RATIO_SERIES
    near, far = pt.switch(small, x, 0.0), pt.switch(small, 1.0, x)
    return pt.switch(small, polynomial(RATIO, near), pt.log1p(far) / far)


def stirling(pt: Any, x: Any) -> Any:
    """Return what Stirling's formula for ``log Gamma(x)`` lacks."""
    small = x < SHIFT
    near, far = pt.switch(small, x, 1.0), pt.switch(small, x + SHIFT, x)
    product = math.prod((near + i for i in range(1, SHIFT)), start=near)
    shifted = (
        (near + (SHIFT - 0.5)) * pt.log(near + SHIFT)
        - SHIFT
        - pt.log(product)
        - (near - 0.5) * pt.log(near)
    )
    series = polynomial(STIRLING, 1.0 / (far * far)) / far
    return pt.switch(small, shifted, 0.0) + series


def log_rising(pt: Any, x: Any, step: Any) -> Any:
    """Return ``log Gamma(x + step) - log Gamma(x) - step log x``."""
    return (
        (x + step - 0.5) * pt.log1p(step / x)
        - step
        + stirling(pt, x + step)
        - stirling(pt, x)
    )


def factorial_remainder(pt: Any, k: Any) -> Any:
    """Return ``log k! - (k log k - k)``."""
    some = k > 0
    count = pt.switch(some, k, 1.0)
    found = HALF_LOG_2PI + 0.5 * pt.log(count) + stirling(pt, count)
    return pt.switch(some, found, 0.0)


def deviance(pt: Any, k: Any, expected: Any, log_expected: Any) -> Any:
    """Return ``k log(k/m) + m - k``, a count ``k`` against an expected one, ``m``."""
    some = k > 0
    count = pt.switch(some, k, 1.0)
    near = pt.abs(expected - count) < 0.5 * count
    off = (pt.switch(near, expected, count) - count) / count
    ratio = pt.switch(near, pt.log1p(off), log_expected - pt.log(count))
    found = count * exp_excess(pt, pt.switch(some, ratio, 0.0))
    return pt.switch(some, found, expected)


def whole_numbers(
    pm: Any, name: str, parameters: Sequence[Any], logp: Any, draw: Any, **keywords: Any
) -> Any:
    """Return a ``pm.CustomDist`` of whole numbers, with its density and its draws."""
    return pm.CustomDist(
        name, *parameters, logp=logp, dist=draw, dtype="int64", **keywords
    )
