"""Make ``passage.json``: Python 3.13, mpmath 1.4, 60 digits and more.

Of evidence between two bounds, 0 and 1: a time, where it starts, its drift; the logs of
the probabilities of the lower bound, by that time and after it, and at any; the slopes
of the first two in the three. By the series of sines alone, with as many digits as its
terms cancel, and slopes as differences of numbers that are 1e-25 apart.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import mpmath as mp

FOLDER = Path(__file__).parent
RANDOM = random.Random(12)
#: Early and late, near either bound, with and against the drift, beside the switch.
CASES: list[tuple[float, float, float]] = [
    *((2e-3, 0.5, 0.0), (2e-3, 0.5, 4.0), (2e-3, 0.9, -30.0), (5e-3, 0.05, 60.0)),
    *((0.01, 0.5, 40.0), (0.01, 0.5, -90.0), (0.03, 0.3, -25.0), (0.05, 0.7, 20.0)),
    *((0.0799999, 0.5, 1.3), (0.08, 0.5, 1.3), (0.0799999, 0.02, -13.0)),
    *((0.08, 0.02, -13.0), (0.0799999, 0.999, 6.0), (0.08, 0.999, 6.0)),
    *((0.0799999, 0.001, 20.0), (0.08, 0.001, 20.0), (0.3, 0.5, 0.0)),
    *((0.3, 0.5, 1e-9), (0.3, 0.5, -1e-4), (0.3, 0.2, 0.5), (0.3, 0.2, -0.4999)),
    *((1.0, 0.5, 2.0), (1.0, 0.5, -2.0), (1.0, 0.99, 12.0), (1.0, 0.01, -12.0)),
    *((5.0, 0.4, 0.3), (5.0, 0.4, -6.0), (40.0, 0.4, 1.0), (40.0, 0.6, -1.0)),
    *((0.5, 1e-4, 0.2), (0.5, 0.9999, 0.2), (0.02, 1e-3, -3.0), (0.02, 0.999, 3.0)),
]


def chance(w: Any, drift: Any) -> Any:
    if drift == 0:
        return 1 - w
    return mp.expm1(2 * drift * (1 - w)) / mp.expm1(2 * drift)


def after(u: Any, w: Any, drift: Any) -> Any:
    total, k = mp.mpf(0), 1
    while (k * mp.pi) ** 2 * u / 2 < mp.mp.dps * mp.log(10) + 5:
        rate = drift**2 + (k * mp.pi) ** 2
        total += k * mp.sin(k * mp.pi * w) * mp.exp(-rate * u / 2) / rate
        k += 1
    return 2 * mp.pi * mp.exp(-drift * w) * total


def logs(u: Any, w: Any, drift: Any) -> list[Any]:
    whole, left = chance(w, drift), after(u, w, drift)
    return [mp.log(whole - left), mp.log(left), mp.log(whole)]


def row(*given: float) -> list[float]:
    u, w, drift = given
    # what is left of terms near 1, of the square of the drift, and of its chance
    lost = (1 / u + drift**2 * u / 2 + 2 * abs(drift)) / 2.3
    with mp.workdps(int(110 + lost)):
        at, step = list(map(mp.mpf, given)), mp.mpf(10) ** -25
        slopes: list[list[Any]] = []
        for place in range(3):
            moved = [
                [one + sign * step * (place == k) for k, one in enumerate(at)]
                for sign in (-1, 1)
            ]
            low, high = (logs(*one) for one in moved)
            slopes.append(
                [(b - a) / (2 * step) for a, b in zip(low, high, strict=True)]
            )
        found = logs(*at)
        return [
            *given,
            *map(float, found),
            *(float(one[0]) for one in slopes),
            *(float(one[1]) for one in slopes),
        ]


def main() -> None:
    more = [
        (10 ** RANDOM.uniform(-2.5, 1), RANDOM.random(), RANDOM.gauss(0, 8))
        for _ in range(15)
    ]
    rows = ",\n".join(json.dumps(row(*one)) for one in (*CASES, *more))
    (FOLDER / "passage.json").write_text(f"[\n{rows}\n]\n", "utf-8")


if __name__ == "__main__":
    main()
