"""What every sampler hands back, in one form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xarray import Dataset, DataTree

#: Groups that are kept; the data themselves (`constant_data`) are the user's.
_GROUPS = ("posterior", "sample_stats", "observed_data")

#: nutpie's names of statistics, in ArviZ's (and PyMC's) words.
NUTPIE_STATISTICS: Mapping[str, str] = {
    "depth": "tree_depth",
    "maxdepth_reached": "reached_max_treedepth",
    "logp": "lp",
    "mean_tree_accept": "acceptance_rate",
}


def tidy(data: DataTree, statistics: Mapping[str, str]) -> DataTree:
    """Return the groups of a fit, with plain dtypes and common names.

    Parameters
    ----------
    data
        As the sampler made it.
    statistics
        New names of sample statistics.
    """
    from xarray import DataTree

    groups = {name: _plain(data[name].to_dataset()) for name in _GROUPS if name in data}
    stats = groups["sample_stats"]
    groups["sample_stats"] = stats.rename(
        {old: new for old, new in statistics.items() if old in stats}
    )
    return DataTree.from_dict(dict(groups.items()))


def _plain(dataset: Dataset) -> Dataset:
    """Drop variables of Python objects and make labels NumPy strings.

    Objects have no place in a Zarr file, and nutpie's are empty messages.
    """
    dataset = dataset.drop_vars(
        [name for name, values in dataset.data_vars.items() if values.dtype == object]
    )
    labels = {
        name: (coord.dims, coord.values.astype(str))
        for name, coord in dataset.coords.items()
        if coord.dtype.kind not in "biufU"
    }
    return dataset.assign_coords(labels) if labels else dataset
