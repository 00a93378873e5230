"""A density read as NumPy: log densities of rows.

Arrays may be complex with a small imaginary part (complex step); the real part
decides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import numerics
from . import compoisson, falling, incomplete_arrays, sums
from .operations import ERFC_SLOPE, DensityFunction, Operations

#: Below it the slope of the log of the normal distribution function is a series.
_FAR = -50.0


def _with_slope(x: Any, value: Any, slope: Callable[[], Any]) -> Any:
    """Return a value at a number with a small imaginary part, given it at the real."""
    if not np.iscomplexobj(x):
        return value
    return value + 1j * np.imag(x) * slope()


def _tails(tails: Callable[..., Any], *arguments: Any) -> tuple[Any, Any]:
    """Return the logs of both tails of arguments with small imaginary parts."""
    low, high = tails(ARRAYS, *map(np.real, arguments))
    return _moved(low, arguments), _moved(high, arguments)


def _with_slopes(function: Callable[..., Any], *arguments: Any) -> Any:
    """Return a value of arguments with small imaginary parts, of one and its slopes."""
    return _moved(function(ARRAYS, *map(np.real, arguments)), arguments)


def _moved(found: Sequence[Any], arguments: Sequence[Any]) -> Any:
    value, *slopes = found
    for one, slope in zip(arguments, slopes, strict=True):
        if np.iscomplexobj(one):
            value = value + 1j * np.imag(one) * slope
    return value


class Arrays(Operations):
    """Operations on arrays."""

    exp, log, expm1 = map(staticmethod, (np.exp, np.log, np.expm1))
    log1p, equal = staticmethod(numerics.log1p), staticmethod(np.equal)
    sigmoid = staticmethod(numerics.logistic)
    log_sigmoid = staticmethod(numerics.log_logistic)

    def where(self, condition: Any, one: Any, other: Any) -> Any:
        """Return one of two values, by row."""
        return np.where(condition, one, other)

    @staticmethod
    def sqrt(x: Any) -> Any:
        """Return the square root."""
        return np.sqrt(x)

    sin, cos = staticmethod(np.sin), staticmethod(np.cos)

    @staticmethod
    def arctan(x: Any) -> Any:
        """Return the angle of a tangent."""
        real = np.real(x)
        return _with_slope(x, np.arctan(real), lambda: 1.0 / (1.0 + real * real))

    @staticmethod
    def erfc(x: Any) -> Any:
        """Return one minus the error function."""
        # a fifth of a second to import: only where a model needs it
        from scipy import special

        real = np.real(x)
        slope = lambda: -ERFC_SLOPE * np.exp(-real * real)  # noqa: E731
        return _with_slope(x, special.erfc(real), slope)

    @staticmethod
    def log_ndtr(x: Any) -> Any:
        """Return the log of the normal distribution function."""
        from scipy import special

        real = np.real(x)
        value = special.log_ndtr(real)

        def slope() -> Any:
            # far out the logs of both have no digits left for their difference
            far = np.minimum(real, _FAR)
            over = 1.0 / (far * far)
            series = 1.0 + over * (1.0 + over * (-2.0 + over * (10.0 - 74.0 * over)))
            near = np.maximum(real, _FAR)
            density = -0.5 * near * near - numerics.HALF_LOG_2PI
            exact = np.exp(density - special.log_ndtr(near))
            return np.where(real < _FAR, -far * series, exact)

        return _with_slope(x, value, slope)

    @staticmethod
    def gamma_tails(a: Any, d: Any) -> tuple[Any, Any]:
        """Return ``log P(a, x)`` and ``log Q(a, x)``, ``x = a exp(d)``."""
        return _tails(incomplete_arrays.gamma_tails, a, d)

    @staticmethod
    def beta_tails(a: Any, b: Any, u: Any) -> tuple[Any, Any]:
        """Return the logs of ``I_x(a, b)`` and of the rest, ``u`` the log odds."""
        return _tails(incomplete_arrays.beta_tails, a, b, u)

    @staticmethod
    def betabinom_tails(y: Any, a: Any, b: Any, n: Any) -> tuple[Any, Any]:
        """Return the logs of both sums of beta-binomial probabilities."""
        return _tails(sums.betabinom_tails, y, a, b, n)

    @staticmethod
    def log_com_sum(eta: Any, shape: Any, low: Any, high: Any) -> Any:
        """Return the log of a sum over counts of Conway, Maxwell and Poisson."""
        given = [np.real(one) for one in (eta, shape, low, high)]
        stepped = np.iscomplexobj(eta) or np.iscomplexobj(shape)
        found = compoisson.log_com_sum(ARRAYS, *given, slopes=stepped)
        return _moved(found, (eta, shape))

    @staticmethod
    def log_skew_tail(z: Any, a: Any) -> Any:
        """Return the log of the thin tail of a skew normal number."""
        return _with_slopes(falling.log_skew_tail, z, a)

    @staticmethod
    def log_arc(start: Any, length: Any, kappa: Any) -> Any:
        """Return the log of the von Mises probability of an arc."""
        return _with_slopes(falling.log_arc, start, length, kappa)

    @staticmethod
    def abs(x: Any) -> Any:
        """Return the size of the real part."""
        return np.abs(np.real(x))


ARRAYS = Arrays()


def log_density(
    density: DensityFunction, names: Sequence[str] = ()
) -> Callable[..., NDArray[Any]]:
    """Return a density as a function of arrays.

    ``names`` are its arguments beside the response, of a density that has no names for
    them.
    """

    def read(y: Any, *arguments: Any, **named: Any) -> NDArray[Any]:
        """Return the log density of each row."""
        # whole numbers are numbers: their powers must not wrap around
        given = [np.asarray(x) * 1.0 for x in (y, *arguments)]
        named = {name: np.asarray(x) * 1.0 for name, x in named.items()}
        for name in names[len(arguments) :]:
            given.append(named.pop(name))
        with np.errstate(over="ignore"):
            return np.asarray(density(ARRAYS, *given, **named))

    return read


def curve(function: Callable[[Any, Any], Any]) -> Callable[[Any], NDArray[Any]]:
    """Return a function of one number as one of arrays; no number where it is none."""

    def read(x: Any) -> NDArray[Any]:
        """Return its value at each."""
        with np.errstate(all="ignore"):
            return np.asarray(function(ARRAYS, np.asarray(x) * 1.0))

    return read
