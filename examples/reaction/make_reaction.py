"""Simulate ``reaction.csv``: times and answers of a decision, by a random walk.

20 people judge easy and hard stimuli, 40 of each. Evidence drifts, with noise, from a
start between two bounds until it meets one: the upper one is the right answer. To that
time comes one of all else, such as moving a hand. Drift and start differ from trial to
trial (Ratcliff & Rouder 1998), which none of the models of ``reaction.model`` has: none
of them is the truth.

Only uniform random numbers are drawn from the generator; all else is computed from them
here, so that the file does not depend on the version of NumPy.

Usage: python make_reaction.py [FOLDER]
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from statistics import NormalDist

import numpy as np

SEED = 12
PEOPLE = 20
TRIALS = 40
CONDITIONS = ("easy", "hard")
#: Drift a second: of easy stimuli, and how much less of hard ones ...
DRIFT, HARDER = 2.2, -0.9
#: ... and how much people differ in both, and trials.
DRIFT_SD, HARDER_SD, TRIAL_SD = 0.45, 0.2, 0.5
#: Distance of the bounds, and the sd of its log among people.
BOUNDS, BOUNDS_SD = 1.3, 0.15
#: Where evidence starts, as a share of the distance: from and to.
START = (0.4, 0.6)
#: Seconds that are no decision, and their sd among people and trials.
REST, REST_SD, REST_TRIAL_SD = 0.31, 0.04, 0.01
#: Length of a step of the walk, in seconds, and how many there are at most.
STEP, STEPS = 0.0005, 20_000


def normal(rng: np.random.Generator, size: int) -> np.ndarray:
    """Draw standard normal numbers by their quantiles."""
    quantile = NormalDist().inv_cdf
    return np.array([quantile(u) for u in rng.random(size)])


def walk(
    rng: np.random.Generator, drift: np.ndarray, bounds: np.ndarray, start: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return how long each walk takes, in seconds, and whether it ends above."""
    place, steps = start * bounds, np.zeros(len(drift), dtype=int)
    inside = np.ones(len(drift), dtype=bool)
    up = 0.5 * (1.0 + drift * np.sqrt(STEP))
    for _ in range(STEPS):
        if not inside.any():
            break
        moved = np.where(rng.random(len(drift)) < up, 1.0, -1.0) * np.sqrt(STEP)
        place = np.where(inside, place + moved, place)
        steps += inside
        inside &= (place > 0.0) & (place < bounds)
    return STEP * steps, place >= bounds


def main(folder: Path) -> None:
    """Write the file."""
    rng = np.random.default_rng(SEED)
    drift = DRIFT + DRIFT_SD * normal(rng, PEOPLE)
    harder = HARDER + HARDER_SD * normal(rng, PEOPLE)
    bounds = BOUNDS * np.exp(BOUNDS_SD * normal(rng, PEOPLE))
    rest = REST + REST_SD * normal(rng, PEOPLE)
    person = np.repeat(np.arange(PEOPLE), 2 * TRIALS)
    hard = np.tile(np.arange(2 * TRIALS) % 2, PEOPLE)
    rows = len(person)
    of_trial = drift[person] + harder[person] * hard + TRIAL_SD * normal(rng, rows)
    start = START[0] + (START[1] - START[0]) * rng.random(rows)
    taken, right = walk(rng, of_trial, bounds[person], start)
    seconds = rest[person] + REST_TRIAL_SD * normal(rng, rows) + taken
    with (folder / "reaction.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["subj", "stimulus", "rt", "correct"])
        for row in range(rows):
            writer.writerow(
                [
                    f"s{person[row] + 1:02d}",
                    CONDITIONS[hard[row]],
                    round(1000.0 * seconds[row]),
                    int(right[row]),
                ]
            )


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
