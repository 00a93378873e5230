"""Make ``com_poisson.npz``: Python 3.11, mpmath 1.4, 60 digits.

Of counts of Conway, Maxwell and Poisson: ``eta``, the shape, two counts (-1: there is
no last one), then of the counts from one to the other the log of their probability and
its slopes in ``eta`` and in the shape. Sums of all terms that are more than 10^-70 of
the largest one; the log of what is nearly all is that of what is left.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import mpmath as mp
import numpy as np

FOLDER = Path(__file__).parent
MEANS = (1e-3, 0.05, 0.9, 3.0, 12.5, 80.0, 1000.3, 2e4, 1e5)
SHAPES = (0.05, 0.3, 1.0, 3.5, 20.0)
#: How many sds above the mode a tail begins, or below it ends.
AWAY = (-200.0, -25.0, -6.0, -1.5, 0.0, 1.5, 6.0, 25.0, 200.0)


def sums(eta: Any, shape: Any, low: int, high: int | None) -> tuple[Any, Any, Any]:
    """Return the log of the sum, the mean count and the mean of what is away."""
    mu = mp.exp(eta)
    start = max(low, int(mp.floor(mu)))
    start = start if high is None else min(start, high)
    away = mp.loggamma(start + 1) - start * eta + mu
    total, counts, sizes = mp.mpf(1), mp.mpf(start), away
    for step in (1, -1):
        term, here, k = mp.mpf(1), away, start
        while True:
            k += step
            if k < low or (high is not None and k > high):
                break
            more = step * (mp.log(max(k, k - step)) - eta)
            here += more
            term *= mp.exp(-shape * more)
            total, counts, sizes = total + term, counts + term * k, sizes + term * here
            if term < total * mp.mpf(10) ** -70:
                break
    return mp.log(total) - shape * away, counts / total, sizes / total


def row(eta: float, shape: float, low: int, high: int | None, every: Any) -> list[Any]:
    """Return a log probability and its slopes."""
    inside = sums(mp.mpf(eta), mp.mpf(shape), low, high)
    value = inside[0] - every[0]
    by_eta = mp.mpf(shape) * (inside[1] - every[1])
    by_shape = every[2] - inside[2]
    if value > -0.1:
        rest: Any = mp.mpf(0)
        slopes = [mp.mpf(0), mp.mpf(0)]
        for ends in ((0, low - 1), (None if high is None else high + 1, None)):
            if ends[0] is None or (ends[1] is not None and ends[1] < 0):
                continue
            out = sums(mp.mpf(eta), mp.mpf(shape), *ends)
            share = mp.exp(out[0] - every[0])
            rest += share
            slopes[0] -= share * mp.mpf(shape) * (out[1] - every[1])
            slopes[1] -= share * (every[2] - out[2])
        value = mp.log1p(-rest)
        by_eta, by_shape = (one / (1 - rest) for one in slopes)
    last = -1 if high is None else high
    return [eta, shape, low, last, *(float(one) for one in (value, by_eta, by_shape))]


def main() -> None:
    mp.mp.dps = 60
    found = []
    for mean in MEANS:
        for shape in SHAPES:
            eta = math.log(mean)
            every = sums(mp.mpf(eta), mp.mpf(shape), 0, None)
            sd = math.sqrt(max(mean, 0.5) / shape)
            places = {int(mean + away * sd) for away in AWAY}
            places = sorted(one for one in {0, 1, *places} if one >= 0)
            for at in places:
                found.append(row(eta, shape, 0, at, every))
                found.append(row(eta, shape, at + 1, None, every))
            for at in places:
                for width in (0, int(0.7 * sd) + 1, int(5 * sd) + 1):
                    found.append(row(eta, shape, at, at + width, every))
            print(mean, shape, len(found), flush=True)
    np.savez_compressed(FOLDER / "com_poisson.npz", rows=np.array(found))


if __name__ == "__main__":
    main()
