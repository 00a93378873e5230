"""The data as the tools read them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from suite import ROOT, WORK, Benchmark

__all__ = ["likert", "peers_data", "prepare"]

#: Rows made at a time.
_CHUNK = 1_000_000
_THRESHOLDS = np.array([-2.0, -1.2, -0.4, 0.4, 1.2, 2.0])
_EFFECTS = np.array([0.2, 0.5, 0.8, -0.4])
_SDS = np.array([1.0, 0.5, 0.6, 0.5])
_SEED = 20240701


def prepare(model: Benchmark) -> None:
    """Make simulated data that are not there yet."""
    path = ROOT / model.data
    if model.people and not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        likert(path, model.rows, model.people)


def likert(path: Path, rows: int, people: int) -> None:
    """Write simulated ratings from 1 to 7: people, 2 x 2 within them.

    The columns are ``subj, a, b, rating``. Rows go through people and conditions
    in turn, so that all cells have as many; people have an own intercept and own
    effects. The same people, whatever the number of rows.
    """
    rng = np.random.default_rng(_SEED)
    own = _EFFECTS + _SDS * rng.standard_normal((people, 4))
    codes = np.array([(a, b) for a in (-0.5, 0.5) for b in (-0.5, 0.5)])
    design = np.column_stack([np.ones(4), codes, codes.prod(1)])
    eta = (own @ design.T).ravel()  # by person, then condition
    names = pd.Index([f"s{person + 1:03}" for person in range(people)])
    start = path.with_suffix(".part")
    for first in range(0, rows, _CHUNK):
        cell = np.arange(first, min(first + _CHUNK, rows)) % eta.size
        latent = eta[cell] + rng.logistic(size=cell.size)
        frame = pd.DataFrame(
            {
                "subj": pd.Categorical.from_codes(cell // 4, names),
                "a": pd.Categorical.from_codes(cell // 2 % 2, pd.Index(["a1", "a2"])),
                "b": pd.Categorical.from_codes(cell % 2, pd.Index(["b1", "b2"])),
                "rating": 1 + np.searchsorted(_THRESHOLDS, latent),
            }
        )
        if first == 0:
            frame.to_csv(start, index=False)
        else:
            frame.to_csv(start, index=False, header=False, mode="a")
    start.replace(path)


def peers_data(model: Benchmark) -> Path:
    """Write the data with factors as numbers, and return the path.

    Levels of groups stay names; categories are counted from 1.
    """
    path = WORK / "data" / f"{model.name}.coded.csv"
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    frame = pd.read_csv(ROOT / model.data, dtype={name: str for name in model.groups})
    for column, codes in model.codes.items():
        frame[column] = frame[column].map(codes)
        if frame[column].isna().any():
            raise ValueError(f"{model.name}: a level of {column} has no code")
    if model.categories is not None:
        frame[model.response] += 1 - model.categories[0]
    for name in model.groups:
        # A number would be a number again for whoever reads the file.
        if frame[name].str.fullmatch(r"\d+").all():
            frame[name] = "g" + frame[name]
    frame.to_csv(path, index=False)
    return path
