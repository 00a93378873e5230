"""Fits to draw: groups of many levels, long names, other parameters."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import xarray as xr

from varying.runtime.draws.names import Names
from varying.runtime.fit.fit import Fit

from ..fits import CHAINS, DRAWS, independent, made_fit, statistics


@cache
def fit_of(
    levels: int = 25,
    coefs: tuple[str, ...] = ("block[late]", "cs[CS+]"),
    thresholds: int = 0,
    diverging: int = 0,
) -> Fit:
    """A fit with a group of many levels, draws made up."""
    sample = ("chain", "draw")
    group_coefs = ["Intercept", *coefs]
    variables = {
        "Intercept": (sample, 10 + independent()),
        "b": ((*sample, "coef"), independent((len(coefs),), 1)),
        "sd_g": ((*sample, "g_coef"), np.exp(independent((len(group_coefs),), 2))),
        "r_g": (
            (*sample, "g", "g_coef"),
            independent((levels, len(group_coefs)), 3)
            + np.random.default_rng(1).normal(size=(levels, 1)),
        ),
        "z_g": ((*sample, "g", "g_coef"), independent((levels, len(group_coefs)), 4)),
    }
    names = ["Intercept", "b", "sd_g"]
    coords = {
        "coef": list(coefs),
        "g_coef": group_coefs,
        "g": [f"person_{n:03}" for n in range(levels)],
    }
    if thresholds:
        steps = np.linspace(-2, 2, thresholds)
        variables["threshold"] = ((*sample, "boundary"), independent((1,), 5) + steps)
        coords["boundary"] = [f"{n}|{n + 1}" for n in range(thresholds)]
        names.append("threshold")
    flags = np.zeros((CHAINS, DRAWS), dtype=bool)
    flags.ravel()[: 10 * diverging : 10] = True
    made = made_fit()
    tree = xr.DataTree.from_dict(
        {
            "posterior": xr.Dataset(variables, coords),
            "sample_stats": statistics(diverging=flags),
        }
    )
    known = Names(tuple(names), ("r_g",), ())
    return replace(made, data=tree, provenance=replace(made.provenance, names=known))


def renamed(fit: Fit, names: dict[str, str]) -> Fit:
    data = fit.data.copy()
    data["posterior"] = xr.DataTree(data["posterior"].to_dataset().rename(names))
    old = fit.provenance.names
    known = replace(old, parameters=tuple(names.get(n, n) for n in old.parameters))
    return replace(fit, data=data, provenance=replace(fit.provenance, names=known))
