"""Make the pictures of docs/plots.md.

varying fit examples/ratings/ratings.model --seed 1 --out ratings.fit
python docs/images/make.py ratings.fit
"""

from __future__ import annotations

import sys
from pathlib import Path

import varying

HERE = Path(__file__).parent
SPEC = HERE.parents[1] / "examples" / "ratings" / "ratings.model"


def main(fit_path: str) -> None:
    """Draw each picture and save it beside this file."""
    fit = varying.load(fit_path)
    some = ("b", "sd_subj", "threshold", "r_subj[Intercept]", "r_subj[cs[CS+]]")
    pictures = {
        "prior": varying.compile(SPEC).prior_check(seed=1).plot(),
        "trace": fit.plot("trace", var=some),
        "forest": fit.plot("forest", var=("b", "sd_subj", *some[3:])),
        "ppc": fit.plot("ppc", by="cs"),
        "effects": fit.plot("effects"),
        "cells": fit.plot("cells"),
        "thresholds": fit.plot("thresholds"),
        "prior-posterior": fit.plot("prior-posterior", var=("b", "sd_subj")),
        "pairs": fit.plot("pairs", var=("b", "sd_subj[Intercept]", "threshold[0|1]")),
    }
    for name, picture in pictures.items():
        picture.save(HERE / f"{name}.png")


if __name__ == "__main__":
    main(*sys.argv[1:])
