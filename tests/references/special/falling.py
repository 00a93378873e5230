"""Make ``falling.json``: Python 3.11, mpmath 1.3, 60 digits.

Of a skew normal number: ``z``, ``alpha``, the logs of what is below and above, the
slopes of each in ``z``, then in ``alpha``. Of a von Mises angle: its mean, ``kappa``,
two angles, the log of the probability between them, its slopes in the mean and in
``kappa``. Integrals of the densities by Gauss's rule in pieces that get longer away
from each end and crest; the log of what is nearly all is that of what is left.
"""

from __future__ import annotations

import json
import math
import random
from pathlib import Path
from typing import Any

import mpmath as mp

FOLDER = Path(__file__).parent
RANDOM = random.Random(11)
SKEW: list[tuple[float, float]] = [
    *((-30, 5), (-30, -5), (30, 5), (30, -5), (0, 0), (0, 1000), (0, -1000)),
    *((1e-3, 1000), (-1e-3, 1000), (0.3, 50), (-0.3, 50), (2.5, 0.01), (-8, 0.3)),
    *((8, -0.3), (1, 1), (-1, 1), (0.05, 20), (-12, 20), (100, 1), (-100, 0.5)),
    *((4, -4), (-4, -4)),
]
MEANS = [
    *((0, 1e-3), (0.4, 0.5), (0.4, 4), (-2.9, 2), (3.1, 60), (-1.2, 200)),
    *((2.0, 1e4), (-0.01, 1e5), (1.5, 1e6)),
]


def log_below(z: Any, alpha: Any) -> Any:
    def density(t: Any) -> Any:
        return 2 * mp.npdf(t) * mp.ncdf(alpha * t)

    hazard = mp.npdf(alpha * z) / mp.ncdf(alpha * z)
    slope = abs(alpha * hazard - z)
    step = min(1 / mp.sqrt(1 + alpha**2), 1 / slope if slope > 0 else mp.inf)
    ends = [mp.mpf(0), step]
    while ends[-1] < 80 + abs(z):
        ends.append(ends[-1] * mp.mpf(3) / 2)
    height = density(z)
    return mp.log(mp.quad(lambda s: density(z - s) / height, ends)) + mp.log(height)


def skewed(z: Any, alpha: Any) -> list[Any]:
    z, alpha = mp.mpf(z), mp.mpf(alpha)
    below, above = log_below(z, alpha), log_below(-z, -alpha)
    assert abs(mp.exp(below) + mp.exp(above) - 1) < mp.mpf(10) ** -40
    if below > above:
        below = mp.log1p(-mp.exp(above))
    else:
        above = mp.log1p(-mp.exp(below))
    height = 2 * mp.npdf(z) * mp.ncdf(alpha * z)
    # twice that of Owen's T, in its second argument
    owen = mp.exp(-z * z * (1 + alpha**2) / 2) / (mp.pi * (1 + alpha**2))
    shares = mp.exp(below), -mp.exp(above)
    by = [[one / share for share in shares] for one in (height, -owen)]
    return [below, above, *by[0], *by[1]]


def arc(mu: Any, kappa: Any, low: Any, high: Any) -> list[Any]:
    turn = 2 * mp.pi
    crests = [mu + k * turn for k in (-1, 0, 1) if low < mu + k * turn < high]
    hollows = [at + side * mp.pi for at in crests for side in (-1, 1)]
    marks = [low, high, *crests, *(at for at in hollows if low < at < high)]
    top = mp.mpf(1) if crests else max(mp.cos(low - mu), mp.cos(high - mu))
    step = min(mp.mpf(1) / 4, 1 / mp.sqrt(kappa) / 2)
    for end in (low, high):
        slope = abs(kappa * mp.sin(end - mu))
        step = min(step, 1 / slope) if slope > 0 else step
    ends = set(marks)
    while step < high - low:
        around = [at + side * step for at in marks for side in (-1, 1)]
        ends |= {at for at in around if low < at < high}
        step *= 2

    def height(t: Any) -> Any:
        return mp.exp(kappa * (mp.cos(t - mu) - top))

    whole = mp.quad(height, sorted(ends))
    cosine = mp.quad(lambda t: mp.cos(t - mu) * height(t), sorted(ends)) / whole
    bessel = mp.besseli(0, kappa)
    return [
        mp.log(whole) + kappa * top - mp.log(turn * bessel),
        (height(low) - height(high)) / whole,
        cosine - mp.besseli(1, kappa) / bessel,
    ]


def angles(*given: float) -> list[Any]:
    mu, kappa, low, high = map(mp.mpf, given)
    found = arc(mu, kappa, low, high)
    if found[0] < mp.log(0.5):
        return found
    rest, *slopes = arc(mu, kappa, high, low + 2 * mp.pi)
    left = mp.exp(rest)
    return [mp.log1p(-left), *(-slope * left / (1 - left) for slope in slopes)]


def main() -> None:
    mp.mp.dps = 60
    skew = [*SKEW, *((RANDOM.gauss(0, 3), RANDOM.gauss(0, 4)) for _ in range(8))]
    arcs = []
    for mu, kappa in MEANS:
        for y in (-3.1, -1.0, 0.39, 1.6, 3.0):
            arcs += [(mu, kappa, -math.pi, y), (mu, kappa, y, math.pi)]
        if mu in (0, -1.2, 1.5):
            arcs += [(mu, kappa, mu, 2.0), (mu, kappa, -3.0, mu + 1e-12)]
        if mu in (-1.2, 1.5):
            arcs.append((mu, kappa, -math.pi, -math.pi + 1e-9))
        arcs += [(mu, kappa, -0.5, 1.0), (mu, kappa, 1.0, 1.0001)]
        arcs.append((mu, kappa, -3.0, 3.05))
    made = {
        "skew_normal": [[*at, *map(float, skewed(*at))] for at in skew],
        "von_mises": [[*at, *map(float, angles(*at))] for at in arcs],
    }
    rows = (
        f'"{name}": [\n' + ",\n".join(map(json.dumps, one)) + "\n]"
        for name, one in made.items()
    )
    text = "{\n" + ",\n".join(rows) + "\n}\n"
    (FOLDER / "falling.json").write_text(text, "utf-8")


if __name__ == "__main__":
    main()
