"""Plot the levels of 85 counties: no pooling, partial pooling, with uranium.

    for m in none partial uranium; do
        varying fit examples/radon/radon.model --model $m --seed 1
    done
    python examples/radon/plot.py radon.none.fit radon.partial.fit radon.uranium.fit \
        picture.png

Posterior mean and standard deviation of a county's level in the basement. Left
and middle against the number of its houses; right against the log of uranium.
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import varying

HERE = Path(__file__).parent


def levels(fit: varying.Fit, counties: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and sd of the counties' levels in the basement."""
    posterior = fit.data["posterior"]
    b = posterior["b"]
    if "r_county" in posterior:
        draws = posterior["Intercept"] + posterior["r_county"].isel(county_coef=0)
        if "log_uppm" in b["coef"]:
            uranium = counties["log_uppm"].to_xarray()
            draws = draws + b.sel(coef="log_uppm") * uranium
    else:
        draws = b.sel(coef=[f"county[{name}]" for name in counties.index])
    return (
        draws.mean(("chain", "draw")).to_numpy(),
        draws.std(("chain", "draw")).to_numpy(),
    )


def main(none: str, partial: str, uranium: str, picture: str) -> None:
    """Draw the three panels and save them."""
    by = pd.read_csv(HERE / "radon.csv").groupby("county")
    counties = by[["log_uppm"]].first().assign(houses=by.size())

    figure, panels = plt.subplots(
        1, 3, figsize=(9, 3.4), sharey=True, constrained_layout=True
    )
    state = 0.0
    shift = np.exp(np.random.default_rng(1).uniform(-0.06, 0.06, len(counties)))
    for axes, path, title in zip(
        panels,
        (none, partial, uranium),
        ("no pooling", "partial pooling", "partial pooling, uranium"),
        strict=True,
    ):
        fit = varying.load(path)
        mean, sd = levels(fit, counties)
        posterior = fit.data["posterior"]
        x = counties["houses"] * shift
        if path == uranium:
            x = counties["log_uppm"]
            slope = float(posterior["b"].sel(coef="log_uppm").mean())
            ends = np.array([x.min(), x.max()])
            start = float(posterior["Intercept"].mean())
            axes.plot(ends, start + slope * ends, color="black", lw=0.9, ls="--")
            axes.set_xlabel("uranium in the soil, log ppm")
        else:
            state = float(varying.load(partial).data["posterior"]["Intercept"].mean())
            axes.axhline(state, color="black", lw=0.9, ls="--")
            axes.set_xscale("log")
            axes.set_xticks([1, 3, 10, 30, 100], ["1", "3", "10", "30", "100"])
            axes.minorticks_off()
            axes.set_xlabel("houses measured in the county")
        axes.vlines(x, mean - sd, mean + sd, color="0.65", lw=0.9)
        axes.plot(x, mean, "o", color="black", ms=3)
        axes.set_title(title, fontsize=10)
        axes.spines[["top", "right"]].set_visible(False)
    panels[0].set_ylabel("log radon in the basement, mean and sd")
    figure.savefig(picture, dpi=130)


if __name__ == "__main__":
    main(*sys.argv[1:])
