"""The draws of a fit in one form for all tools, and their effective sizes.

A file of draws has one column (chains by draws) for each number, named
``KIND|LABEL``. Kinds are ``b``, ``sd`` and ``cor``, which are compared,
``intercept`` (thresholds, too) and ``other``.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray
    from xarray import DataArray, Dataset

__all__ = ["COMPARED", "columns_of", "figures", "read", "save"]

COMPARED = ("b", "sd", "cor")
FILE = "draws.npz"
_INTERCEPTS = ("Intercept", "threshold")
_OTHERS = ("sigma", "nu", "shape")


def columns_of(posterior: Dataset) -> dict[str, NDArray[Any]]:
    """Return the columns of a posterior with Varying's names."""
    found: dict[str, NDArray[Any]] = {}
    for name in map(str, posterior.data_vars):
        kind = _kind(name)
        if kind is not None:
            for label, values in _elements(posterior[name], kind == "cor"):
                found[f"{kind}|{name}{label}"] = values
    return found


def _kind(name: str) -> str | None:
    if name in _INTERCEPTS:
        return "intercept"
    if name in _OTHERS:
        return "other"
    start = name.split("_", 1)[0]
    return start if name == "b" or start in ("sd", "cor") else None


def _elements(values: DataArray, triangle: bool) -> Iterator[tuple[str, NDArray[Any]]]:
    flat = values.transpose("chain", "draw", ...)
    if flat.ndim == 2:
        yield "", flat.values
        return
    labels = [list(map(str, flat[dim].values)) for dim in flat.dims[2:]]
    for at in np.ndindex(*flat.shape[2:]):
        if not triangle or at[0] > at[1]:
            chosen = ", ".join(names[i] for names, i in zip(labels, at, strict=True))
            yield f"[{chosen}]", flat.values[:, :, *at]


def save(folder: Path, columns: Mapping[str, NDArray[Any]]) -> None:
    """Write columns."""
    plain: dict[str, Any] = {name: np.asarray(x) for name, x in columns.items()}
    np.savez(folder / FILE, **plain)


def read(folder: Path) -> dict[str, NDArray[Any]]:
    """Return the columns that a tool wrote: ``draws.npz``, or from R ``draws.csv``.

    In the latter a column ``chain`` says to which chain a row belongs.
    """
    if (folder / FILE).exists():
        with np.load(folder / FILE) as file:
            return {name: file[name] for name in file.files}
    with (folder / "draws.csv").open(newline="") as text:
        first, *rows = csv.reader(text)
    values = np.array(rows, dtype=float)
    chains = int(values[:, first.index("chain")].max())
    return {
        name: values[:, i].reshape(chains, -1)
        for i, name in enumerate(first)
        if name != "chain"
    }


def figures(columns: Mapping[str, NDArray[Any]]) -> dict[str, dict[str, float | None]]:
    """Return mean, sd, bulk effective size and R-hat of each column.

    As ArviZ computes them (Vehtari et al. 2021). A constant has no effective size.
    """
    from arviz_stats.base import array_stats

    axes: dict[str, Any] = {"chain_axis": 0, "draw_axis": 1}
    found: dict[str, dict[str, float | None]] = {}
    for name, values in columns.items():
        constant = not np.ptp(values) > 0
        found[name] = {
            "mean": float(values.mean()),
            "sd": float(values.std(ddof=1)),
            "ess": None
            if constant
            else float(array_stats.ess(values, method="bulk", **axes)),
            "rhat": None if constant else float(array_stats.rhat(values, **axes)),
        }
    return found
