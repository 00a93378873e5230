"""The posterior that is looked at, and beside it what was only sampled in.

ArviZ shows every variable of the group ``posterior``. Coordinates of the sampler, such
as the standard normals behind group effects, are in a group of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xarray import Dataset, DataTree

    from varying.compiler.data.table import Table

    from .names import Names

__all__ = ["INTERNALS", "all_draws", "cleaned"]

#: The group of what is no result.
INTERNALS = "unconstrained"


def cleaned(data: DataTree, names: Names, table: Table) -> DataTree:
    """Return the groups of a fit with the parameters as reported in ``posterior``.

    Parameters
    ----------
    data
        Of a sampler, or of a file.
    names
        Of the results.
    table
        The data as read: ids of groups that are numbers there are numbers here.
    """
    from xarray import DataTree

    groups = {name: node.to_dataset() for name, node in data.children.items()}
    posterior = groups["posterior"]
    results = {*names.parameters, *names.effects}
    inner = [
        str(name)
        for name, values in posterior.data_vars.items()
        if name not in results and "row" not in values.dims
    ]
    if inner:
        rest = posterior[inner]
        if INTERNALS in groups:
            rest = groups[INTERNALS].merge(rest, compat="override")
        kept = [name for name in posterior.data_vars if name not in inner]
        groups["posterior"], groups[INTERNALS] = posterior[kept], rest
    ids = _ids(groups["posterior"], names, table)
    for name in ("posterior", INTERNALS):
        if name in groups:
            there = {key: ids[key] for key in ids if key in groups[name].coords}
            groups[name] = groups[name].assign_coords(there)
    tree: DataTree = DataTree.from_dict(dict(groups))
    tree.attrs = dict(data.attrs)
    return tree


def all_draws(data: DataTree) -> Dataset:
    """Return the posterior with what was sampled in, as predictions need it."""
    posterior: Dataset = data["posterior"].to_dataset()
    if INTERNALS not in data:
        return posterior
    inner = data[INTERNALS].to_dataset()
    return posterior.assign(dict(inner.data_vars))


def _ids(posterior: Dataset, names: Names, table: Table) -> Mapping[str, list[int]]:
    """Return the labels of groups whose column has whole numbers, as numbers."""
    from varying.compiler.data.levels import numbers_of  # a summary has no use for it

    found: dict[str, list[int]] = {}
    for effects in names.effects:
        for dim in posterior[effects].dims[2:3] if effects in posterior else ():
            column = table.columns.get(str(dim))
            if column is None or not column.kind.is_number or dim not in posterior:
                continue
            numbers = numbers_of(tuple(map(str, posterior[dim].values.tolist())))
            if numbers is not None and all(isinstance(one, int) for one in numbers):
                found[str(dim)] = [int(one) for one in numbers]
    return found
