"""Sums of beta-binomial probabilities by exact fractions, and their slopes."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction
from math import inf

import numpy as np

from varying.compiler.distributions.density import sums

STEP = Fraction(1, 10**20)
ROWS = [
    # y, a, b, n: both ends, spikes at them, one that counts in units of 1e150
    *[(0, Fraction(1, 3), Fraction(5, 2), 4), (4, Fraction(1, 3), Fraction(5, 2), 4)],
    *[(1, Fraction(7), Fraction(1, 1000), 9), (5, Fraction(40), Fraction(3), 12)],
    *[(0, Fraction(900), Fraction(2), 300), (299, Fraction(2), Fraction(900), 300)],
]


def logs(y: int, a: Fraction, b: Fraction, n: int) -> tuple[Decimal, Decimal]:
    """Return the logs of the sums up to ``y`` and above it, over the chance of it."""
    each = [Fraction(1)]
    for k in range(n):
        each.append(each[k] * (n - k) / (k + 1) * (a + k) / (b + n - k - 1))
    low, high = sum(each[: y + 1]) / each[y], sum(each[y + 1 :]) / each[y]
    return _log(low), _log(Fraction(high))


def _log(x: Fraction) -> Decimal:
    if x == 0:
        return Decimal(-inf)
    return (Decimal(x.numerator) / Decimal(x.denominator)).ln()


def test_sums_and_slopes_are_those_of_fractions() -> None:
    for y, a, b, n in ROWS:
        found = sums.row_betabinom_tails(y, float(a), float(b), n)
        given = [np.array([float(one)]) for one in (y, a, b, n)]
        arrays = np.concatenate(sums.betabinom_tails(None, *given))[:, 0]
        with localcontext() as context:
            context.prec = 60
            exact = logs(y, Fraction(float(a)), Fraction(float(b)), n)
            for way, value in enumerate(exact):
                if not value.is_finite():
                    assert found[way] == arrays[5 * way] == sums.NOTHING
                    continue
                slopes = []
                for by in (0, 1):
                    ends = []
                    for sign in (1, -1):
                        moved = [Fraction(float(a)), Fraction(float(b))]
                        moved[by] *= 1 + sign * STEP
                        ends.append(logs(y, *moved, n)[way])
                    size = 2 * Decimal(1) / Decimal(10**20)
                    at = Decimal(float((a, b)[by]))
                    slopes.append(float((ends[0] - ends[1]) / (size * at)))
                wanted = [float(value), 0.0, *slopes, 0.0]
                mine = [found[way], *found[2 + 4 * way : 6 + 4 * way]]
                np.testing.assert_allclose(mine, wanted, rtol=1e-12, atol=1e-13)
                own = arrays[5 * way : 5 * way + 5]
                np.testing.assert_allclose(own, wanted, rtol=1e-12, atol=1e-13)
