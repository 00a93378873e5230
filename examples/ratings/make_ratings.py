"""Simulate ``ratings.csv``, and write down the truth in ``truth.json``.

25 people rate their anxiety from 0 to 99, four times in each cell of a 2 x 2
design that varies within each person. The ratings come from an ordered logit::

    latent = X b + Z r[subj] + logistic noise
    rating = number of thresholds below it

with the columns of ``X`` and ``Z`` coded as in ``ratings.model``: ``simple``
contrasts, here -1/2 and +1/2, so that each coefficient is a difference between
means of cells, and the interaction is a difference of two differences.

Only uniform random numbers are drawn from the generator; all else is computed
from them here, so that the file does not depend on the version of NumPy.

Usage: python make_ratings.py [FOLDER]
"""

from __future__ import annotations

import csv
import json
import math
import sys
from pathlib import Path
from statistics import NormalDist

import numpy as np

SEED = 4
PEOPLE = 25
TRIALS = 4
BLOCKS = ("early", "late")
STIMULI = ("CS-", "CS+")
CATEGORIES = 100

# Anxiety falls from the early to the late block, is higher for the CS+, and the
# difference between CS+ and CS- shrinks from the early to the late block.
B = {"block[late]": -0.5, "cs[CS+]": 1.5, "block[late]:cs[CS+]": -1.0}

# How much people differ: in level, and in each of the three effects.
EFFECTS = ("Intercept", *B)
SD = (1.9, 0.6, 0.9, 0.5)
COR = (
    (1.0, -0.2, 0.3, 0.0),
    (-0.2, 1.0, 0.0, 0.2),
    (0.3, 0.0, 1.0, -0.4),
    (0.0, 0.2, -0.4, 1.0),
)


def thresholds() -> np.ndarray:
    """Thresholds between 0|1, 1|2, ..., 98|99.

    They follow from how often each answer would be given where the linear
    predictor is 0: zero by one in four, the others ever more rarely, with heaps
    at multiples of 5 and 10, at the middle and at the upper end.
    """
    answers = np.arange(1, CATEGORIES)
    heap = np.ones(CATEGORIES - 1)
    heap[answers % 5 == 0] = 5.0
    heap[answers % 10 == 0] = 12.0
    heap[answers == 50] = 18.0
    heap[answers == 99] = 8.0
    weight = heap * np.exp(-answers / 45.0)
    zero = 0.26
    probability = np.concatenate([[zero], (1 - zero) * weight / weight.sum()])
    below = np.cumsum(probability)[:-1]
    return np.log(below) - np.log1p(-below)


def columns(block: int, cs: int) -> np.ndarray:
    """Row of the design for level ``block`` and ``cs`` (0 or 1): Z; X lacks the 1."""
    b, c = block - 0.5, cs - 0.5
    return np.array([1.0, b, c, b * c])


def simulate() -> tuple[list[tuple[str, str, str, int, int]], dict[str, object]]:
    """Rows of the table, and the parameters that made them."""
    uniform = np.random.Generator(np.random.PCG64(SEED)).random
    normal = NormalDist().inv_cdf

    cut = thresholds()
    b = np.array([0.0, *B.values()])  # the thresholds are the intercept
    factor = np.diag(SD) @ np.linalg.cholesky(np.array(COR))

    rows: list[tuple[str, str, str, int, int]] = []
    effects: dict[str, list[float]] = {}
    for person in range(1, PEOPLE + 1):
        name = f"s{person:02d}"
        r = factor @ np.array([normal(uniform()) for _ in EFFECTS])
        effects[name] = [round(float(value), 6) for value in r]
        for i, block in enumerate(BLOCKS):
            for j, cs in enumerate(STIMULI):
                eta = float(columns(i, j) @ (b + r))
                for trial in range(1, TRIALS + 1):
                    u = uniform()
                    latent = eta + math.log(u / (1 - u))
                    rating = int(np.searchsorted(cut, latent))
                    rows.append((name, block, cs, trial, rating))

    truth: dict[str, object] = {
        "model": "rating ~ block*cs + (1 + block*cs | subj), family=ordlogit",
        "coding": "simple contrasts: early -1/2, late +1/2; CS- -1/2, CS+ +1/2",
        "seed": SEED,
        "b": B,
        "sd_subj": dict(zip(EFFECTS, SD, strict=True)),
        "cor_subj": {"coef": list(EFFECTS), "matrix": [list(row) for row in COR]},
        "threshold": [round(float(c), 6) for c in cut],
        "r_subj": {"coef": list(EFFECTS), "people": effects},
    }
    return rows, truth


def main(folder: Path) -> None:
    """Write ``ratings.csv`` and ``truth.json`` into ``folder``."""
    rows, truth = simulate()
    with (folder / "ratings.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("subj", "block", "cs", "trial", "rating"))
        writer.writerows(rows)
    text = json.dumps(truth, indent=2) + "\n"
    (folder / "truth.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
