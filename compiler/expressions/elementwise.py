"""Functions of numbers that expressions of programs may have: value and slopes.

Both are of real numbers. A complex number ``x + i h`` with a tiny ``h`` carries the
slope of what is computed, and ``f(x + i h)`` is ``f(x) + i h f'(x)`` to rounding; so
gradients by complex step stay exact where NumPy's complex functions leave the real
line (roots of negative numbers) or are not analytic (``abs``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Elementwise:
    """A function of one, two or three numbers.

    Attributes
    ----------
    value
        Of arrays of real numbers.
    slopes
        The derivative in each argument, of the same arrays.
    """

    value: Callable[..., Array]
    slopes: tuple[Callable[..., Array], ...]

    @property
    def arguments(self) -> int:
        """How many arguments it takes."""
        return len(self.slopes)

    def __call__(self, *arguments: Any) -> Array:
        """Return its value at real or complex numbers; see the text of the module."""
        real = [np.real(argument) for argument in arguments]
        with np.errstate(all="ignore"):
            value = np.asarray(self.value(*real))
            for argument, slope in zip(arguments, self.slopes, strict=True):
                if np.iscomplexobj(argument):
                    step = np.imag(argument)
                    # where nothing moves, a slope without bounds is none
                    moved = np.where(step == 0.0, 0.0, step * slope(*real))
                    value = value + 1j * moved
        return value


def _expit(x: Array) -> Array:
    small = np.exp(-np.abs(x))
    return np.where(x < 0.0, small, 1.0) / (1.0 + small)


def _normal_cdf(x: Array) -> Array:
    erfc = np.vectorize(math.erfc, otypes=[float])
    return np.asarray(0.5 * erfc(-x / math.sqrt(2.0)))


def _power_slope(x: Array, power: Array) -> Array:
    return np.where(power == 0.0, 0.0, power * np.power(x, power - 1.0))


def _exponent_slope(x: Array, power: Array) -> Array:
    logs = np.where(x == 0.0, 0.0, np.log(x))
    return np.power(x, power) * logs


#: By operation. ``^`` is a power. ``choose`` is its second argument where the first is
#: not 0, else the third.
ELEMENTWISE: Mapping[str, Elementwise] = {
    "/": Elementwise(
        lambda a, b: a / b, (lambda a, b: 1.0 / b, lambda a, b: -a / (b * b))
    ),
    "^": Elementwise(
        lambda a, b: np.power(a, b, dtype=np.float64), (_power_slope, _exponent_slope)
    ),
    "log": Elementwise(np.log, (lambda x: 1.0 / x,)),
    "log1p": Elementwise(np.log1p, (lambda x: 1.0 / (1.0 + x),)),
    "expm1": Elementwise(np.expm1, (np.exp,)),
    "sqrt": Elementwise(np.sqrt, (lambda x: 0.5 / np.sqrt(x),)),
    "abs": Elementwise(np.abs, (np.sign,)),
    "sin": Elementwise(np.sin, (np.cos,)),
    "cos": Elementwise(np.cos, (lambda x: -np.sin(x),)),
    "tanh": Elementwise(np.tanh, (lambda x: 1.0 - np.tanh(x) ** 2,)),
    "logit": Elementwise(
        lambda p: np.log(p) - np.log1p(-p), (lambda p: 1.0 / (p * (1.0 - p)),)
    ),
    "inv_logit": Elementwise(_expit, (lambda x: _expit(x) * _expit(-x),)),
    "Phi": Elementwise(
        _normal_cdf, (lambda x: np.exp(-0.5 * x * x) / math.sqrt(2.0 * math.pi),)
    ),
    "min": Elementwise(
        np.minimum,
        (
            lambda a, b: np.where(a <= b, 1.0, 0.0),
            lambda a, b: np.where(a > b, 1.0, 0.0),
        ),
    ),
    "max": Elementwise(
        np.maximum,
        (
            lambda a, b: np.where(a >= b, 1.0, 0.0),
            lambda a, b: np.where(a < b, 1.0, 0.0),
        ),
    ),
    "choose": Elementwise(
        lambda test, a, b: np.where(test != 0.0, a, b),
        (
            lambda test, a, b: np.zeros(np.shape(test)),
            lambda test, a, b: np.where(test != 0.0, 1.0, 0.0),
            lambda test, a, b: np.where(test != 0.0, 0.0, 1.0),
        ),
    ),
}
