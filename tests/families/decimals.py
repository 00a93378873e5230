"""Functions of decimals with so many digits that nothing can be lost."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import lru_cache

#: The digits that a sum of logarithms of numbers near 1 leaves must suffice.
DIGITS = 60
STEP = Decimal("1e-20")
HALF = Decimal("0.5")
PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494459230782")


def _stirling_terms(count: int) -> list[Decimal]:
    """Coefficients B_2k / (2k (2k - 1)) of Stirling's series, k = 1, 2, ..."""
    bernoulli = [Fraction(1)]
    for n in range(1, 2 * count + 1):
        total = sum(
            (math.comb(n + 1, j) * b for j, b in enumerate(bernoulli)), Fraction()
        )
        bernoulli.append(-total / (n + 1))
    terms = [bernoulli[2 * k] / (2 * k * (2 * k - 1)) for k in range(1, count + 1)]
    with localcontext(prec=DIGITS):
        return [Decimal(t.numerator) / Decimal(t.denominator) for t in terms]


_TERMS = _stirling_terms(32)
#: From here on 32 terms of the series have more than 70 digits.
_FROM = 60


@lru_cache(maxsize=100)
def ln(x: Decimal) -> Decimal:
    """Natural logarithm; a row asks for the same ones again and again.

    From a float's logarithm, of 16 digits, by ln(x/e) = 2 artanh((x - e)/(x + e)):
    the next term has 80 digits. Half the time of ``Decimal.ln``.
    """
    near = float(x)
    if not 1e-300 < near < 1e300:
        return x.ln()
    start = Decimal(math.log(near))
    there = start.exp()
    t = (x - there) / (x + there)
    return start + 2 * t * (1 + t * t / 3)


@lru_cache(maxsize=100)
def log_gamma(x: Decimal) -> Decimal:
    """Stirling's series, for a small number after a walk upwards."""
    passed = Decimal(1)
    while x < _FROM:
        passed *= x
        x += 1
    inverse = 1 / (x * x)
    series = Decimal(0)
    for term in reversed(_TERMS):
        series = series * inverse + term
    return (x - HALF) * ln(x) - x + HALF * ln(2 * PI) + series / x - ln(passed)


def cdf(x: Decimal) -> Decimal:
    """Of the logistic distribution."""
    return 1 / (1 + (-x).exp())


def log_cdf(x: Decimal) -> Decimal:
    return -ln(1 + (-x).exp()) if x > -300 else x - ln(1 + x.exp())


def erfc(x: Decimal) -> Decimal:
    """One minus the error function: its series, far out a continued fraction."""
    if x < 0:
        return 2 - erfc(-x)
    with localcontext(prec=2 * DIGITS):
        height = (-x * x).exp() / PI.sqrt()
        if x < 6:
            term, total, n = x, Decimal(0), 0
            while abs(term) > Decimal(10) ** -(2 * DIGITS):
                total += term
                n += 1
                term *= 2 * x * x / (2 * n + 1)
            return 1 - 2 * height * total
        below = x
        for n in range(150, 0, -1):
            below = x + Decimal(n) / 2 / below
        return height / below


def arctan(x: Decimal) -> Decimal:
    """Halve the angle until its series converges quickly."""
    halvings = 0
    while abs(x) > Decimal("0.1"):
        x = x / (1 + (1 + x * x).sqrt())
        halvings += 1
    term, total, n = x, Decimal(0), 1
    while abs(term) > Decimal(10) ** -(DIGITS + 10):
        total += term / n
        term *= -x * x
        n += 2
    return total * 2**halvings
