"""Plot what partial pooling does to the lines of 18 persons.

    varying fit examples/sleepstudy/sleepstudy.model --model slopes --seed 1
    python examples/sleepstudy/plot.py sleepstudy.slopes.fit picture.png

A cross is a person's level and slope by least squares, from that person's ten
reaction times alone; the circle is the posterior mean in the model. The square
is the population.
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import varying

HERE = Path(__file__).parent


def main(fit_path: str, picture: str) -> None:
    """Draw the picture and save it."""
    posterior = varying.load(fit_path).data["posterior"]
    mean = posterior.mean(("chain", "draw"))
    level, slope = float(mean["Intercept"]), float(mean["b"].sel(coef="Days"))
    data = pd.read_csv(HERE / "sleepstudy.csv")

    figure, axes = plt.subplots(figsize=(6, 4.2), constrained_layout=True)
    for person, rows in data.groupby("Subject"):
        own_slope, own_level = np.polyfit(rows["Days"], rows["Reaction"], 1)
        effects = mean["r_Subject"].sel(Subject=person).to_numpy()
        pooled = (level + effects[0], slope + effects[1])
        axes.plot(
            [own_level, pooled[0]],
            [own_slope, pooled[1]],
            color="0.6",
            lw=0.9,
            zorder=0,
        )
        axes.plot(own_level, own_slope, "x", color="black", ms=5, mew=1.1)
        axes.plot(*pooled, "o", color="black", mfc="white", ms=5)
        if person in (330, 335, 337):
            axes.annotate(
                str(person), (own_level, own_slope), (5, 4), textcoords="offset points"
            )
    axes.plot(level, slope, "s", color="black", ms=7)
    axes.set_xlabel("ms on day 0")
    axes.set_ylabel("ms more per day")
    axes.set_title("alone (x), in the model (o), population (square)", fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(picture, dpi=150)


if __name__ == "__main__":
    main(*sys.argv[1:])
