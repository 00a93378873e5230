"""What ``keep`` stores for each row, computed from the draws of the parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from .engine import Rows
from .predict import PredictionKind, predict

if TYPE_CHECKING:
    from xarray import DataArray, Dataset

    from varying.compiler.bind.question import Keep
    from varying.compiler.compiled import Compiled

__all__ = ["with_kept"]

#: What predictions call it.
_KINDS: Mapping[Keep, PredictionKind] = {"eta": "eta", "mu": "mean", "prob": "prob"}


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
        dims ``chain``, ``draw``, ``row`` and, for ``prob``, ``category`` or, of times
        with answers, ``answer``. A name that is taken gets an underscore.
    """
    found = posterior
    for one, rows in zip(compiled.each, _rows(compiled), strict=False):
        for name in one.bound.keep:
            values = predict(rows, posterior, _KINDS[name], None)
            values = values.drop_vars(rows.count_name, errors="ignore")
            free = f"{one.bound.prefix}{name}"
            if "category" in values.dims:
                values = _with_categories(values, found, one.bound.prefix)
            while free in found.variables or free in found.dims:
                free += "_"
            found = found.assign({free: values})
    return found


def _rows(compiled: Compiled) -> tuple[Rows, ...]:
    """Return the rows of each response, if any of them keeps something."""
    if not any(one.bound.keep for one in compiled.each):
        return ()
    return Rows.each(compiled)


def _with_categories(values: DataArray, beside: Dataset, prefix: str) -> DataArray:
    """Return probabilities over the dimension of their response's categories."""
    dim = f"{prefix}category"
    values = values.rename({"category": dim}) if prefix else values
    if dim in beside.coords:
        values = values.assign_coords({dim: beside[dim].values})
    return values
