"""Predictors in any unit: the posterior is that of the scaled ones.

What is compared is each row's predictor, and slopes times the unit: means and spreads,
within Monte Carlo error.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import varying

DATA = Path(__file__).parents[1] / "references" / "cases" / "log_link_scale" / "d.csv"
SMALL: dict[str, Any] = {"draws": 400, "tune": 500, "chains": 2, "progress": False}

SPECS = {
    "poisson": "count ~ ms + (1 | g), family=poisson\n  keep eta",
    "sigma": "y ~ ms + (1 | g)\n  sigma ~ ms\n  keep eta",
    "disc": "o ~ ms + (1 | g), family=ordlogit\n  disc ~ ms\n  keep eta",
    "shape": "count ~ ms, family=negbinomial\n  shape ~ ms\n  keep eta",
    "nu": "y ~ ms, family=student\n  nu ~ ms\n  keep eta",
}


@cache
def data() -> pd.DataFrame:
    return pd.read_csv(DATA)


def posterior(spec: str, frame: pd.DataFrame, **options: Any) -> xr.Dataset:
    fit = varying.compile(spec, frame).fit(**{**SMALL, "seed": 4, **options})
    return fit.data["posterior"].to_dataset()


def apart(mine: Any, theirs: Any) -> float:
    """Largest difference of means in Monte Carlo errors, and of the logs of sds."""
    from arviz_stats import ess

    one, other = (draws - theirs.mean() for draws in (mine, theirs))
    found = 0.0
    for power in (1, 2):
        pair = [draws**power for draws in (one, other)]
        sizes = [ess(draws.to_dataset(name="v"))["v"] for draws in pair]
        dims = ("chain", "draw")
        variance = sum(d.var(dims) / n for d, n in zip(pair, sizes, strict=True))
        away = abs(pair[0].mean(dims) - pair[1].mean(dims)) / np.sqrt(variance)
        found = max(found, float(away.max()))
    return found


def compare(spec: str, unit: float, **options: Any) -> None:
    """Hold a fit in another unit against one of standardised predictors."""
    frame = data()
    sd = float(frame.ms.std(ddof=1))
    scaled = frame.assign(ms=(frame.ms - frame.ms.mean()) / sd)
    right = posterior(spec, scaled, seed=5)
    found = posterior(spec, frame.assign(ms=frame.ms * unit), **options)
    for one in (right, found):
        if "threshold" in one:
            one["eta"] = one["eta"] - one["threshold"][..., 0]
    kept = "eta" if "eta" in right else "mu"
    assert apart(found[kept], right[kept]) < 5.0
    for name in right.data_vars:
        if str(name) == "b" or str(name).endswith("_b"):
            assert apart(found[name] * unit * sd, right[name]) < 5.0, name


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("poisson", 1.0),
        ("poisson", 1e-9),
        ("poisson", 1e12),
        ("sigma", 1.0),
        ("disc", 1e4),
        ("shape", 1e-6),
        ("nu", 1e6),
    ],
)
def test_units_change_no_answer(name: str, unit: float) -> None:
    compare(SPECS[name], unit)


def test_nor_do_they_for_the_graph() -> None:
    """It has coordinates of its own, and starts where the kernel does."""
    compare("count ~ ms, family=poisson\n  keep eta", 1e5, backend="graph")


def test_chains_meet_with_many_large_predictors() -> None:
    rng = np.random.default_rng(2)
    z = rng.standard_t(3, (300, 8))
    columns = {f"x{i}": 10.0 ** (4 * i - 12) * (z[:, i] + 3 * i) for i in range(8)}
    eta = 1.0 + z @ np.full(8, 0.1)
    frame = pd.DataFrame({**columns, "c": rng.poisson(np.exp(eta))})
    spec = f"c ~ {' + '.join(columns)}, family=poisson"
    found = posterior(spec, frame, seed=1)
    steps = found["b"] * 10.0 ** (4.0 * np.arange(8) - 12)
    away = (steps.mean(("chain", "draw")) - 0.1) / steps.std(("chain", "draw"))
    assert float(abs(away).max()) < 3.5
    assert float(steps.std(("chain", "draw")).max()) < 0.05
