"""What every sampler hands back, in one form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


def rectangle(lengths: Sequence[int]) -> tuple[list[int], int]:
    """Return which chains to keep, and how many draws of each.

    Chains that were stopped have different lengths: the longest are kept, so many, and
    so far, that there are most draws in all, which is what PyMC does.

    Examples
    --------
    >>> rectangle([1000, 1000, 559, 0])
    ([0, 1], 1000)
    >>> rectangle([412, 398, 405, 401])
    ([0, 1, 2, 3], 398)
    """

    def most(length: int) -> tuple[int, int]:
        return length * sum(one >= length for one in lengths), -length

    length = max(lengths, key=most, default=0)
    return [place for place, one in enumerate(lengths) if one >= length], length


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
