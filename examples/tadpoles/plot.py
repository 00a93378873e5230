"""Plot observed and estimated survival in 48 tanks.

    varying fit examples/tadpoles/tadpoles.model --model tanks --seed 1
    python examples/tadpoles/plot.py tadpoles.tanks.fit picture.png

A dot is the share that survived in a tank; the circle is the posterior mean of
the tank's probability of survival, the line its 95 % interval. The dashed line
is the median tank of the population.
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import varying

HERE = Path(__file__).parent


def logistic(values: np.ndarray) -> np.ndarray:
    """Return probabilities from log odds."""
    return 1 / (1 + np.exp(-values))


def main(fit_path: str, picture: str) -> None:
    """Draw the picture and save it."""
    fit = varying.load(fit_path)
    data = pd.read_csv(HERE / "tadpoles.csv")
    chance = logistic(fit.predict("eta").to_numpy().reshape(-1, len(data)))
    low, high = np.quantile(chance, [0.025, 0.975], axis=0)
    median = logistic(fit.data["posterior"]["Intercept"].to_numpy()).mean()

    figure, axes = plt.subplots(figsize=(8, 3.6), constrained_layout=True)
    tanks = np.arange(1, len(data) + 1)
    axes.vlines(tanks, low, high, color="0.7", lw=1)
    axes.plot(tanks, data["surv"] / data["density"], "o", color="black", ms=4)
    axes.plot(tanks, chance.mean(axis=0), "o", color="black", mfc="white", ms=5)
    axes.axhline(median, color="black", lw=0.9, ls="--")
    for density, rows in data.groupby("density"):
        first, last = rows.index[0] + 1, rows.index[-1] + 1
        axes.text((first + last) / 2, 1.06, f"{density} tadpoles", ha="center")
        if first > 1:
            axes.axvline(first - 0.5, color="0.7", lw=0.8)
    axes.set_ylim(0, 1.04)
    axes.set_xlim(0, len(data) + 1)
    axes.set_xticks([1, *range(8, 49, 8)])
    axes.set_xlabel("tank")
    axes.set_ylabel("survival")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(picture, dpi=150)


if __name__ == "__main__":
    main(*sys.argv[1:])
