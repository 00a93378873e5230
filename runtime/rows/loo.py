"""Leave-one-out cross-validation, by ArviZ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from varying.compiler.data import weighted

from ..interface.arguments import ArgumentError

if TYPE_CHECKING:
    from arviz_stats.utils import ELPDData
    from numpy.typing import NDArray
    from xarray import DataArray, DataTree

__all__ = ["loo"]

#: Log likelihoods no further apart than this are the same: so are their weights.
_EQUAL = 1e-10
#: Rows that a reduced fit gives a number each, at most: some megabytes.
MOST_POINTWISE = 20_000_000


def loo(
    data: DataTree,
    name: str,
    pointwise: bool | None = None,
    counts: NDArray[np.int64] | None = None,
) -> ELPDData:
    """Return what ``arviz.loo`` does; see ``Fit.loo``.

    ``counts`` says how many rows each row of ``data`` stands for.
    """
    import arviz as az

    values = data["log_likelihood"].to_dataset()[name]
    constant = _constant(values)
    if constant.all():
        rows = f"{len(constant):,} row{'s' if len(constant) > 1 else ''}"
        raise ArgumentError(
            f"the log likelihood of {rows} is the same at every draw, so there is "
            "nothing to leave out: is everything that they depend on a constant?"
        )
    if constant.any():
        groups = {key: node.to_dataset() for key, node in data.children.items()}
        groups["log_likelihood"] = values.isel(row=~constant).to_dataset()
        data = data.from_dict(dict(groups))
    kept = bool(az.rcParams["stats.ic_pointwise"] if pointwise is None else pointwise)
    needed = kept or counts is not None or bool(constant.any())
    try:
        found: ELPDData = az.loo(data, var_name=name, pointwise=needed)
    except ValueError as error:
        if "tail" not in str(error):
            raise
        draws = values.sizes["chain"] * values.sizes["draw"]
        raise ArgumentError(
            f"the log likelihood of some row cannot be smoothed over {draws:,} draws "
            f"({error}): sample more"
        ) from error
    if constant.any():
        _put_back(found, values, constant)
    if counts is not None:
        return _counted(found, values, counts, kept)
    return found if kept else _without_rows(found)


def _without_rows(found: Any) -> ELPDData:
    found.elpd_i = found.pareto_k = None
    result: ELPDData = found
    return result


def _constant(values: DataArray) -> NDArray[np.bool_]:
    """Return which rows have one log likelihood at all draws, but for rounding.

    A row of 0 trials has 0. There the weights of the draws are equal: leaving the row
    out changes nothing.
    """
    across = ("chain", "draw")
    spread = (values.max(across) - values.min(across)).values
    return np.asarray(spread <= _EQUAL, dtype=np.bool_)


def _put_back(found: Any, values: DataArray, constant: NDArray[np.bool_]) -> None:
    """Add the rows that were left aside: what they give is their log likelihood.

    Their Pareto k is minus infinity: there is nothing to smooth.
    """
    own = values.isel(chain=0, draw=0, drop=True)
    each = own * _SCALES[found.scale]
    shape = own.copy(data=np.full(len(constant), -np.inf))
    for whole, some in ((each, found.elpd_i), (shape, found.pareto_k)):
        whole.values[~constant] = some.values
    found.elpd_i, found.pareto_k = each.rename("elpd_i"), shape.rename("pareto_k")
    found.n_data_points = len(constant)
    found.elpd = float(each.sum())
    found.se = float(np.sqrt(len(constant)) * each.values.std(ddof=1))


#: What ArviZ multiplies a log density by.
_SCALES = {"log": 1.0, "negative_log": -1.0, "deviance": -2.0}


def _counted(
    found: Any, values: DataArray, counts: NDArray[np.int64], pointwise: bool
) -> ELPDData:
    """Return the result for all rows, from that of one row of each cell.

    The sum of ``count`` times what one of its rows gives; the standard error is
    that of all rows.
    """
    from scipy.special import logsumexp

    each = np.asarray(found.elpd_i.values, dtype=np.float64)
    rows = int(counts.sum())
    found.elpd = float(counts @ each)
    found.se = float(np.sqrt(rows)) * weighted.sd(each, counts)
    flat = values.transpose("row", "chain", "draw").values.reshape(len(counts), -1)
    density = logsumexp(flat, axis=1) - np.log(flat.shape[1])
    found.p = float(counts @ density - found.elpd / _SCALES[found.scale])
    found.n_data_points = rows
    if not pointwise:
        return _without_rows(found)
    if rows <= MOST_POINTWISE:
        place = np.repeat(np.arange(len(counts)), counts)
        found.elpd_i = found.elpd_i.isel(row=place)
        found.pareto_k = found.pareto_k.isel(row=place)
    else:
        found.elpd_i = found.elpd_i * counts
    result: ELPDData = found
    return result
