"""Fits for the tests, and their figures by label."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from varying.grammar.source import Source
from varying.runtime.api import compile_source
from varying.runtime.fit.fit import Fit

from .marginal import REFERENCES


@dataclass(frozen=True)
class Estimate:
    """A posterior mean with its Monte Carlo error."""

    mean: float
    sd: float
    mcse: float

    def errors_from(self, other: Estimate) -> float:
        """Return the distance in units of both Monte Carlo errors."""
        return abs(self.mean - other.mean) / math.hypot(self.mcse, other.mcse)


def fit(spec: str, base: Path = REFERENCES, **settings: Any) -> Fit:
    """Sample a model; its data file is in the folder ``base``."""
    model = compile_source(Source(spec, "test.model"), base, None)
    return model.fit(progress=False, **settings)


def estimates(fit: Fit) -> dict[str, Estimate]:
    """Return mean, sd and Monte Carlo error of each reported parameter.

    The error is that of the mean; the bulk's effective size, which is of ranks,
    would be too kind to a parameter with a long tail.
    """
    from arviz_stats.base import array_stats

    posterior = fit.data["posterior"].to_dataset()
    found = {}
    for row in fit.summary().rows:
        values = posterior[row.name].transpose("chain", "draw", ...)
        if row.coord:
            names = [_spelled(values, place) for place in np.ndindex(values.shape[2:])]
            place = list(np.ndindex(values.shape[2:]))[names.index(row.coord)]
            draws = values.values[(slice(None), slice(None), *place)]
        else:
            draws = values.values
        size = array_stats.ess(draws, chain_axis=0, draw_axis=1, method="mean")
        sd = float(draws.std(ddof=1))
        found[row.label] = Estimate(float(draws.mean()), sd, sd / math.sqrt(size))
    return found


def _spelled(values: Any, place: tuple[int, ...]) -> str:
    dims = values.dims[2:]
    labels = [str(values.coords[d].values[i]) for d, i in zip(dims, place, strict=True)]
    return ", ".join(labels)


def divergences(fit: Fit) -> int:
    """Return how many draws diverged."""
    return int(fit.data["sample_stats"]["diverging"].sum())


def largest_rhat(fit: Fit) -> float:
    """Return the largest R-hat."""
    return max(row.statistics.rhat or 1.0 for row in fit.summary().rows)


def apart(
    left: Mapping[str, Estimate], right: Mapping[str, Estimate], errors: float = 4.0
) -> dict[str, float]:
    """Return what differs by more than so many Monte Carlo errors."""
    assert set(left) == set(right)
    found = {name: left[name].errors_from(right[name]) for name in left}
    return {name: distance for name, distance in found.items() if distance > errors}
