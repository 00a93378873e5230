"""Make ``gamma_tails.npz`` and ``beta_tails.npz``: Python 3.13, mpmath 1.3.

Rows of arguments, the logs of what is below and above, and the slopes of the first and
of the second in each argument: of the gamma distribution of shape ``a`` at
``a exp(d)``, of the beta distribution of ``a`` and ``b`` at the log odds ``u``. By
power series and continued fractions in 40 digits and more; slopes are central
differences.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import mpmath as mp
import numpy as np

DIGITS = 40
STEP = mp.mpf(10) ** -12
TINY = mp.mpf(10) ** -300


def rest(tail: Any) -> Any:
    """Return the log of what a tail leaves."""
    return mp.log1p(-(mp.e**tail)) if tail < -1 else mp.log(-mp.expm1(tail))


def gamma(a: Any, d: Any) -> tuple[Any, Any]:
    x = a * mp.e**d
    if x < a + 1 or x < 2:
        term = total = mp.mpf(1)
        k = 0
        while term > total * mp.mpf(10) ** -(mp.mp.dps + 5):
            k += 1
            term *= x / (a + k)
            total += term
        lower = a * mp.log(x) - x - mp.loggamma(a + 1) + mp.log(total)
        return lower, rest(lower)
    b, i = x + 1 - a, 0
    c, d = 1 / TINY, 1 / b
    found, change = d, mp.mpf(0)
    while abs(change - 1) > mp.mpf(10) ** -(mp.mp.dps + 3):
        i += 1
        by = -i * (i - a)
        b += 2
        d = 1 / (by * d + b or TINY)
        c = b + by / c or TINY
        change = d * c
        found *= change
    upper = a * mp.log(x) - x - mp.loggamma(a) + mp.log(found)
    return rest(upper), upper


def beta(a: Any, b: Any, u: Any) -> tuple[Any, Any]:
    p, q = 1 / (1 + mp.e ** (-u)), 1 / (1 + mp.e**u)
    log_beta = mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b)
    height = a * mp.log(p) + b * mp.log(q) - log_beta
    if p < (a + 1) / (a + b + 2):
        lower = height + fraction(a, b, p)
        return lower, rest(lower)
    upper = height + fraction(b, a, q)
    return rest(upper), upper


def fraction(a: Any, b: Any, p: Any) -> Any:
    c, d = mp.mpf(1), 1 / (1 - (a + b) * p / (a + 1) or TINY)
    found, change, m = d, mp.mpf(0), 0
    while abs(change - 1) > mp.mpf(10) ** -(mp.mp.dps + 3):
        m += 1
        by = m * (b - m) * p / ((a + 2 * m - 1) * (a + 2 * m))
        d, c = 1 / (1 + by * d), 1 + by / c
        found *= d * c
        by = -(a + m) * (a + b + m) * p / ((a + 2 * m) * (a + 2 * m + 1))
        d, c = 1 / (1 + by * d), 1 + by / c
        change = d * c
        found *= change
    return mp.log(found / a)


def row(of: Callable[..., tuple[Any, Any]], given: Sequence[float]) -> list[float]:
    mp.mp.dps = DIGITS + int(np.log10(1 + max(given[:-1])))
    exact = [mp.mpf(float(one)) for one in given]
    found = [*of(*exact)]
    for side in (0, 1):
        for place, one in enumerate(exact):
            size = max(abs(one), mp.mpf("0.001")) if place < len(exact) - 1 else 1
            ends = []
            for sign in (1, -1):
                moved = list(exact)
                moved[place] += sign * STEP * size
                ends.append(of(*moved)[side])
            found.append((ends[0] - ends[1]) / (2 * STEP * size))
    return [*given, *map(float, found)]


def points(kind: str, count: int, seed: int) -> Any:
    """Return parameters of all sizes, and places near the middle and far out."""
    rng = np.random.default_rng(seed)

    def size() -> Any:
        return np.exp(rng.uniform(np.log(1e-3), np.log(1e6), count))

    def sds() -> Any:
        half = rng.random(count) < 0.5
        near, sign = rng.normal(0, 3, count), rng.choice([-1, 1], count)
        return np.where(half, near, sign * np.exp(rng.uniform(0, np.log(1e3), count)))

    if kind == "gamma":
        a = size()
        return np.column_stack([a, np.clip(sds() / np.sqrt(a), -300, 12)])
    a, b = size(), size()
    b = np.where(rng.random(count) < 0.25, 0.5, b)
    off = np.clip(sds() * np.sqrt(1 / a + 1 / b), -300, 300)
    return np.column_stack([a, b, np.log(a / b) + off])


#: How many points, by seed.
SEEDS = {"gamma": {1: 300, 22: 1_500, 33: 2_500}, "beta": {2: 300, 21: 5_000}}

if __name__ == "__main__":
    for name, of in (("gamma", gamma), ("beta", beta)):
        tried = [points(name, count, seed) for seed, count in SEEDS[name].items()]
        table = [row(of, list(one)) for one in np.concatenate(tried)]
        np.savez_compressed(Path(__file__).with_name(f"{name}_tails.npz"), rows=table)
