"""What ``keep`` stores for each row, computed from the draws of the parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from .predict import FittedRows, Kind, predict

if TYPE_CHECKING:
    from xarray import Dataset

    from varying.compiler.bind.asked import Keep
    from varying.compiler.compiled import Compiled

__all__ = ["with_kept"]

#: What predictions call it.
_KINDS: Mapping[Keep, Kind] = {"eta": "eta", "mu": "mean", "prob": "prob"}


def with_kept(posterior: Dataset, compiled: Compiled) -> Dataset:
    """Return a posterior with what the spec keeps for each row.

    Parameters
    ----------
    posterior
        Draws of the parameters.
    compiled
        The model that they are of.

    Returns
    -------
    Dataset
        With variables ``eta``, ``mu`` and ``prob``, as far as they are kept, of the
        dims ``chain``, ``draw``, ``row`` and, for ``prob``, ``category``. A name that
        is taken gets an underscore.
    """
    keep = compiled.bound.keep
    if not keep:
        return posterior
    rows = FittedRows.of(compiled)
    found = posterior
    for name in keep:
        values = predict(rows, posterior, _KINDS[name], None)
        values = values.drop_vars(rows.count_name, errors="ignore")
        if "category" in values.dims and "category" in found.coords:
            values = values.assign_coords(category=found["category"].values)
        free: str = name
        while free in found.variables or free in found.dims:
            free += "_"
        found = found.assign({free: values})
    return found
