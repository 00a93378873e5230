"""Plot the fit of the ratings example beside the truth.

    varying fit examples/ratings/ratings.model --seed 2 --out ratings.fit
    python examples/ratings/plot.py ratings.fit docs/images/ratings.png

Left: posterior medians with 50 % and 95 % intervals, and the values that the
data were made with. Right: how often each person-average cell has a rating of
0, in the data and according to the model.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import varying

HERE = Path(__file__).parent


def draws(fit: varying.Fit, name: str, coord: str) -> np.ndarray:
    """Return all draws of one element of a parameter."""
    array = fit.data["posterior"][name]
    dim = array.dims[-1]
    return array.sel({dim: coord}).to_numpy().ravel()


def intervals(axes: plt.Axes, fit: varying.Fit, truth: dict) -> None:
    """Draw the intervals of the population effects and of the sds."""
    rows = [("b", coord, value) for coord, value in truth["b"].items()]
    rows += [("sd_subj", coord, value) for coord, value in truth["sd_subj"].items()]
    for place, (name, coord, value) in enumerate(reversed(rows)):
        low, q1, middle, q3, high = np.quantile(
            draws(fit, name, coord), [0.025, 0.25, 0.5, 0.75, 0.975]
        )
        axes.plot([low, high], [place, place], color="black", lw=1)
        axes.plot([q1, q3], [place, place], color="black", lw=4, solid_capstyle="butt")
        axes.plot(middle, place, "o", color="black", mfc="white", ms=6)
        axes.plot(value, place, "x", color="black", ms=8, mew=1.6)
    axes.axvline(0, color="0.7", lw=0.8, zorder=0)
    axes.set_yticks(range(len(rows)))
    labels = [f"sd {c}" if n == "sd_subj" else c for n, c, _ in rows]
    axes.set_yticklabels(labels[::-1])
    axes.set_xlabel("logit scale")
    axes.set_title("posterior (o) and truth (x)", fontsize=10)


def zeros(axes: plt.Axes, fit: varying.Fit, data: pd.DataFrame) -> None:
    """Draw the share of zeros in each cell: data and model."""
    posterior = fit.data["posterior"]
    first = posterior["threshold"].isel(boundary=0)
    code = {"early": -0.5, "late": 0.5, "CS-": -0.5, "CS+": 0.5}
    cells = [(b, c) for b in ("early", "late") for c in ("CS-", "CS+")]
    for place, (block, cs) in enumerate(cells):
        x = np.array([code[block], code[cs], code[block] * code[cs]])
        eta = (posterior["b"] * x).sum("coef")
        eta = eta + (posterior["r_subj"] * np.concatenate([[1.0], x])).sum("subj_coef")
        share = (1 / (1 + np.exp(eta - first))).mean("subj").to_numpy().ravel()
        low, middle, high = np.quantile(share, [0.025, 0.5, 0.975])
        axes.plot([place, place], [low, high], color="black", lw=1)
        axes.plot(place, middle, "o", color="black", mfc="white", ms=6)
        rows = data[(data["block"] == block) & (data["cs"] == cs)]
        axes.plot(place, (rows["rating"] == 0).mean(), "_", color="black", ms=16)
    axes.set_xticks(range(len(cells)))
    axes.set_xticklabels([f"{b}\n{c}" for b, c in cells])
    axes.set_ylim(0, None)
    axes.set_xlim(-0.5, len(cells) - 0.5)
    axes.set_ylabel("share of ratings that are 0")
    axes.set_title("model (o, 95 %) and data (bar)", fontsize=10)


def main(fit_path: str, picture: str) -> None:
    """Draw both panels and save them."""
    fit = varying.load(fit_path)
    truth = json.loads((HERE / "truth.json").read_text())
    data = pd.read_csv(HERE / "ratings.csv")
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(9, 3.4), width_ratios=(3, 2), constrained_layout=True
    )
    intervals(left, fit, truth)
    zeros(right, fit, data)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(picture, dpi=160)


if __name__ == "__main__":
    main(*sys.argv[1:])
