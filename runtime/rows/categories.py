"""Responses with categories, in the data of a fit: ranks, names and numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from varying.compiler.data.levels import numbers_of

if TYPE_CHECKING:
    from xarray import DataArray, DataTree

__all__ = ["coded", "numbers_of", "with_categories"]

_GROUPS = ("observed_data", "prior_predictive")


def with_categories(
    data: DataTree, name: str, categories: tuple[str, ...], *, numbers: bool = False
) -> DataTree:
    """Return the groups with the categories named where the response is.

    Parameters
    ----------
    data
        Groups with the response as ranks; those without it stay as they are.
    name
        The variable that the response is.
    categories
        Those that the ranks are among; without any, nothing changes.
    numbers
        Whether to put the categories in place of the ranks, if all are numbers.
    """
    if not categories:
        return data
    from xarray import DataTree

    groups = {group: node.to_dataset() for group, node in data.children.items()}
    for group in _GROUPS:
        if group in groups and name in groups[group]:
            variable = coded(groups[group][name], categories, numbers=numbers)
            groups[group] = groups[group].assign({name: variable})
    tree: DataTree = DataTree.from_dict(dict(groups))
    tree.attrs = dict(data.attrs)
    return tree


def coded(
    ranks: DataArray, categories: tuple[str, ...], *, numbers: bool = False
) -> DataArray:
    """Return a response that is ranks among categories; see ``with_categories``."""
    import numpy as np

    found = numbers_of(categories) if numbers else None
    if found is not None:
        ranks = ranks.copy(data=np.array(found)[ranks.values.astype(np.int64)])
    code = "rank" if found is None else "number"
    return ranks.assign_attrs(categories=list(categories), coded=code)
