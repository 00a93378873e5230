"""The operations that densities are written in.

``choose`` is the one way to branch: arrays and tensors evaluate both sides, each fed
a harmless number where the other one is taken; the kernel has an ``if``. What must
not cancel is an operation of its own, made of others here, and by hand for the
kernel (``scalars.py``).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ..numerics import (
    EXCESS,
    EXCESS_SERIES,
    HALF_LOG_2PI,
    RATIO,
    RATIO_SERIES,
    SHIFT,
    STIRLING,
    polynomial,
)

#: A density: the operations, the response, the parameters, what is known of rows.
DensityFunction = Callable[..., Any]

#: Below it a product with its own logarithm is 0.
TINY = 1e-300
_ZETA = (
    *(1.6449340668482264, 1.2020569031595942, 1.0823232337111382, 1.03692775514337),
    *(1.0173430619844492, 1.008349277381923, 1.0040773561979443, 1.0020083928260821),
    1.000994575127818,
)
#: ``log Gamma(1 + x) / x`` up to ``x`` = ``NEAR_ONE``: zeta(k) (-1)^k / k.
LGAMMA1P = (
    -0.5772156649015329,
    *((-1.0) ** k * zeta / k for k, zeta in enumerate(_ZETA, start=2)),
)
NEAR_ONE = 0.03
#: ``x - log(1 + x)`` over ``x^2``, up to ``|x|`` = ``RATIO_SERIES``.
LOG1P_EXCESS = tuple((-1.0) ** k / (k + 2.0) for k in range(8))
#: Below it the share of ``softplus_excess`` is below ``RATIO_SERIES``.
SOFT_SERIES = -4.6
LOG_2 = 0.6931471805599453
ROOT_HALF = 0.7071067811865476
#: Of minus the slope of ``erfc`` at 0: two over the root of pi.
ERFC_SLOPE = 1.1283791670955126
#: Below it Mills' ratio is a continued fraction, of so many terms.
MILLS_FROM = -12.0
MILLS_TERMS = 10
#: Up to here the Bessel function is a series in ``x^2/4``, beyond one in ``1/x``.
BESSEL_FROM = 30.0
BESSEL_NEAR = tuple(1.0 / math.factorial(k) ** 2 for k in range(46))
BESSEL_FAR = tuple(
    math.prod(range(1, 2 * k, 2)) ** 2 / (math.factorial(k) * 8**k) for k in range(21)
)


class Operations:
    """What is made of other operations.

    A reading has ``exp``, ``log``, ``log1p``, ``expm1``, ``sqrt``, ``sin``, ``cos``,
    ``arctan``, ``erfc``, ``abs``, ``sigmoid``, ``log_sigmoid``, ``where`` and ``equal``
    beside these, and the logs of both tails of gamma and beta distributions, of what is
    below and of what is above: ``gamma_tails(a, d)`` at ``a exp(d)`` and
    ``beta_tails(a, b, u)`` at the log odds ``u`` (``incomplete_scalars.py``), and
    ``betabinom_tails(y, a, b, n)``, those over the probability of ``y`` (``sums.py``).
    """

    exp: Callable[[Any], Any]
    log: Callable[[Any], Any]
    log1p: Callable[[Any], Any]
    expm1: Callable[[Any], Any]
    sqrt: Callable[[Any], Any]
    sin: Callable[[Any], Any]
    cos: Callable[[Any], Any]
    arctan: Callable[[Any], Any]
    erfc: Callable[[Any], Any]
    abs: Callable[[Any], Any]
    sigmoid: Callable[[Any], Any]
    log_sigmoid: Callable[[Any], Any]
    equal: Callable[[Any, Any], Any]
    gamma_tails: Callable[[Any, Any], tuple[Any, Any]]
    beta_tails: Callable[[Any, Any, Any], tuple[Any, Any]]
    betabinom_tails: Callable[[Any, Any, Any, Any], tuple[Any, Any]]

    def where(self, condition: Any, one: Any, other: Any) -> Any:
        """Return one of two values; neither may fail to be a number."""
        raise NotImplementedError

    def called(
        self, name: str, text: str | None, function: Callable[..., Any], *given: Any
    ) -> Any:
        """Return ``function(m, *given)``, which a script has under a name of its own.

        ``text`` is the definition there; empty where that of another has it too, None:
        it is written from the function.
        """
        return function(self, *given)

    def choose(
        self,
        condition: Any,
        then: Callable[[Any], Any],
        other: Callable[[Any], Any],
        x: Any,
        safe: tuple[Any, Any],
    ) -> Any:
        """Return ``then(x)`` where a condition holds, else ``other(x)``.

        ``safe`` are numbers that the two are fed where they are not taken.
        """
        near, far = self.where(condition, x, safe[0]), self.where(condition, safe[1], x)
        return self.where(condition, then(near), other(far))

    def square(self, x: Any) -> Any:
        """Return the square: in a graph no product, whose factors are rearranged."""
        return x * x

    def log1mexp(self, x: Any) -> Any:
        """Log of ``1 - exp(-x)``, for positive numbers."""
        return self.choose(
            x < LOG_2,
            lambda near: self.log(-self.expm1(-near)),
            lambda far: self.log1p(-self.exp(-far)),
            x,
            (0.5, 1.0),
        )

    def logaddexp(self, a: Any, b: Any) -> Any:
        """Log of ``exp(a) + exp(b)``."""
        above = a > b
        larger, smaller = self.where(above, a, b), self.where(above, b, a)
        # both may be minus infinity
        less = self.where(larger > -math.inf, smaller - larger, 0.0)
        return larger + self.log1p(self.exp(less))

    def exp_excess(self, x: Any) -> Any:
        """``exp(x) - 1 - x``, exact near 0."""
        return self.choose(
            self.abs(x) < EXCESS_SERIES,
            lambda near: self.square(near) * polynomial(EXCESS, near),
            lambda far: self.expm1(far) - far,
            x,
            (0.0, 1.0),
        )

    def log1p_excess(self, x: Any) -> Any:
        """``x - log(1 + x)``, exact near 0."""
        return self.choose(
            self.abs(x) < RATIO_SERIES,
            lambda near: self.square(near) * polynomial(LOG1P_EXCESS, near),
            lambda far: far - self.log1p(far),
            x,
            (0.0, 1.0),
        )

    def log1p_ratio(self, x: Any) -> Any:
        """``log(1 + x) / x``, for numbers above -1."""
        return self.choose(
            self.abs(x) < RATIO_SERIES,
            lambda near: polynomial(RATIO, near),
            lambda far: self.log1p(far) / far,
            x,
            (0.0, 1.0),
        )

    def softplus_excess(self, x: Any) -> Any:
        """``log(1 + exp(x)) - 1/(1 + exp(-x))``, exact far below 0."""
        return self.choose(
            x < SOFT_SERIES,
            lambda low: self.log1p_excess(-self.sigmoid(low)),
            lambda high: -self.log_sigmoid(-high) - self.sigmoid(high),
            x,
            (SOFT_SERIES - 1.0, 0.0),
        )

    def x_log_x(self, x: Any) -> Any:
        """``x log(x)``, 0 at 0."""
        return self.choose(
            x > TINY, lambda some: some * self.log(some), lambda _: 0.0, x, (1.0, 0.0)
        )

    def gamma_remainder(self, x: Any) -> Any:
        """``log Gamma(1 + x) - x log(x) + x``, from 0 at 0 on."""

        def shifted(near: Any) -> Any:
            moved = near + SHIFT
            product = math.prod((near + i for i in range(2, SHIFT)), start=near + 1.0)
            series = polynomial(STIRLING, 1.0 / (moved * moved)) / moved
            logs = (moved - 0.5) * self.log(moved) - self.log(product)
            return logs - self.x_log_x(near) - (SHIFT - HALF_LOG_2PI) + series

        return self.choose(
            x < SHIFT,
            shifted,
            lambda far: (
                HALF_LOG_2PI
                + 0.5 * self.log(far)
                + polynomial(STIRLING, 1.0 / (far * far)) / far
            ),
            x,
            (1.0, SHIFT * 1.0),
        )

    def log_rising(self, x: Any, step: Any) -> Any:
        """``log Gamma(x + step) - log Gamma(x) - step log(x)``: 0 for huge numbers."""
        lack = self.gamma_remainder(x + step) - self.gamma_remainder(x)
        return lack + (x + step - 1.0) * self.log1p(step / x) - step

    def half_rising(self, x: Any) -> Any:
        """``log Gamma(x + 1/2) - log Gamma(x) - log(x)/2``."""
        return self.log_rising(x, 0.5)

    def lgamma1p(self, x: Any) -> Any:
        """``log Gamma(1 + x)``, exact near 0, from 0 on."""
        return self.choose(
            x < NEAR_ONE,
            lambda near: near * polynomial(LGAMMA1P, near),
            lambda far: self.gamma_remainder(far) + far * self.log(far) - far,
            x,
            (0.0, 1.0),
        )

    def log_ndtr(self, x: Any) -> Any:
        """Log of the normal distribution function, exact in both tails."""

        def far(low: Any) -> Any:
            # Laplace's continued fraction of one over Mills' ratio
            mills = -low
            for term in range(MILLS_TERMS, 0, -1):
                mills = term / mills - low
            return -0.5 * low * low - HALF_LOG_2PI - self.log(mills)

        def near(high: Any) -> Any:
            return self.choose(
                high < 1.0,
                lambda low: self.log(0.5 * self.erfc(-low * ROOT_HALF)),
                lambda most: self.log1p(-0.5 * self.erfc(most * ROOT_HALF)),
                high,
                (0.0, 1.0),
            )

        return self.choose(x < MILLS_FROM, far, near, x, (MILLS_FROM, 0.0))

    def log_mills(self, x: Any) -> Any:
        """Log of the normal distribution function over the normal density.

        Below 0 it is of the size of ``log(-x)``, where both logs are of ``x^2``.
        """

        def far(low: Any) -> Any:
            mills = -low
            for term in range(MILLS_TERMS, 0, -1):
                mills = term / mills - low
            return -self.log(mills)

        return self.choose(
            x < MILLS_FROM,
            far,
            lambda near: self.log_ndtr(near) + 0.5 * near * near + HALF_LOG_2PI,
            x,
            (MILLS_FROM, 0.0),
        )

    def log_com_sum(self, eta: Any, shape: Any, low: Any, high: Any) -> Any:
        """Log of a sum over counts ``k`` of ``exp(-shape L(k))``: ``compoisson.py``.

        ``L`` is ``log k! - k eta + exp(eta)``; over those from ``low`` to ``high``.
        """
        raise NotImplementedError

    def log_skew_tail(self, z: Any, a: Any) -> Any:
        """Log of ``Integral_z^inf 2 phi(t) Phi(-a t) dt``: ``falling.py``."""
        raise NotImplementedError

    def log_arc(self, start: Any, length: Any, kappa: Any) -> Any:
        """Log of the von Mises probability of an arc away from the mean: the same."""
        raise NotImplementedError

    def log_i0e(self, x: Any) -> Any:
        """Log of the modified Bessel function ``I_0`` over ``exp(x)``, from 0 on."""
        return self.choose(
            x < BESSEL_FROM,
            lambda near: self.log(polynomial(BESSEL_NEAR, 0.25 * near * near)) - near,
            lambda far: (
                self.log(polynomial(BESSEL_FAR, 1.0 / far))
                - 0.5 * self.log(far)
                - HALF_LOG_2PI
            ),
            x,
            (1.0, BESSEL_FROM),
        )

    # ---- what users write densities in, beside these --------------------------------

    def lgamma(self, x: Any) -> Any:
        """Log of the gamma function, above 0."""
        return self.lgamma1p(x) - self.log(x)

    def lbeta(self, a: Any, b: Any) -> Any:
        """Log of the beta function, above 0."""
        return self.lgamma(a) + self.lgamma(b) - self.lgamma(a + b)

    def lchoose(self, n: Any, k: Any) -> Any:
        """Log of the ways to choose ``k`` of ``n``."""
        return self.lgamma1p(n) - self.lgamma1p(k) - self.lgamma1p(n - k)

    def logit(self, p: Any) -> Any:
        """Log of the odds."""
        return self.log(p) - self.log1p(-p)

    def softplus(self, x: Any) -> Any:
        """Log of ``1 + exp(x)``."""
        return -self.log_sigmoid(-x)

    def tanh(self, x: Any) -> Any:
        """Return the hyperbolic tangent."""
        return self.choose(
            x < 0.0,
            lambda low: self.expm1(2.0 * low) / (2.0 + self.expm1(2.0 * low)),
            lambda high: -self.expm1(-2.0 * high) / (2.0 + self.expm1(-2.0 * high)),
            x,
            (0.0, 0.0),
        )

    def power(self, x: Any, exponent: Any) -> Any:
        """``x`` to any power, above 0; ``x**2`` and other whole ones are for all."""
        return self.exp(exponent * self.log(x))

    def maximum(self, a: Any, b: Any) -> Any:
        """Return the larger one."""
        return self.where(a > b, a, b)

    def minimum(self, a: Any, b: Any) -> Any:
        """Return the smaller one."""
        return self.where(a < b, a, b)

    def log_gammainc(self, a: Any, x: Any) -> Any:
        """Log of the gamma distribution function of shape ``a`` and scale 1."""
        return self.gamma_tails(a, self.log(x) - self.log(a))[0]

    def log_gammaincc(self, a: Any, x: Any) -> Any:
        """Log of what it leaves."""
        return self.gamma_tails(a, self.log(x) - self.log(a))[1]

    def log_betainc(self, a: Any, b: Any, x: Any) -> Any:
        """Log of the beta distribution function."""
        return self.beta_tails(a, b, self.logit(x))[0]

    def log_betaincc(self, a: Any, b: Any, x: Any) -> Any:
        """Log of what it leaves."""
        return self.beta_tails(a, b, self.logit(x))[1]


#: What the density of a user's family may call: ``docs/own-family.md`` lists them.
OFFERED = (
    *("exp", "log", "log1p", "expm1", "sqrt", "square", "power", "abs"),
    *("sin", "cos", "tanh", "arctan", "erfc", "maximum", "minimum"),
    *("sigmoid", "log_sigmoid", "logit", "softplus", "logaddexp", "log1mexp"),
    *("lgamma", "lgamma1p", "lbeta", "lchoose", "log_ndtr"),
    *("log_gammainc", "log_gammaincc", "log_betainc", "log_betaincc"),
    *("where", "choose", "equal"),
)
#: What is made of other operations, by name, with the numbers that each takes.
DERIVED = {
    **{"log1mexp": 1, "logaddexp": 2, "exp_excess": 1, "log1p_excess": 1},
    **{"log1p_ratio": 1, "softplus_excess": 1, "x_log_x": 1, "gamma_remainder": 1},
    **{"lgamma1p": 1},
    **{"log_rising": 2, "half_rising": 1, "log_ndtr": 1, "log_mills": 1, "log_i0e": 1},
    **{"log_com_sum": 4, "log_skew_tail": 2, "log_arc": 3},
}
#: The last numbers of these are known: the kernel has no slope in them.
KNOWN = {"log_rising": 1, "log_com_sum": 2}
#: Logs of tails: what has both by hand, which of the two, the numbers that it takes.
TAILS = {
    **{"log_gammainc": ("gamma", 0, 2), "log_gammaincc": ("gamma", 1, 2)},
    **{"log_betainc": ("beta", 0, 3), "log_betaincc": ("beta", 1, 3)},
    **{"log_betabinom": ("betabinom", 0, 4), "log_betabinomc": ("betabinom", 1, 4)},
}
