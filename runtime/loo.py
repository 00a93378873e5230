"""Leave-one-out cross-validation, by ArviZ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from varying.compiler import weighted

if TYPE_CHECKING:
    from arviz_stats.utils import ELPDData
    from numpy.typing import NDArray
    from xarray import DataArray, DataTree

__all__ = ["loo"]

#: Rows that a message names.
_SHOWN = 5
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
    constant = (values == values.isel(chain=0, draw=0)).all(("chain", "draw"))
    if constant.any():
        rows = values["row"].values[constant.values].tolist()
        shown = ", ".join(str(row) for row in rows[:_SHOWN])
        more = ", ..." if len(rows) > _SHOWN else ""
        which = (
            f"row {shown}" if len(rows) == 1 else f"{len(rows):,} rows ({shown}{more})"
        )
        raise ValueError(
            f"the log likelihood of {which} is the same at every draw, so there is "
            "nothing to smooth: is everything that these rows depend on a constant?"
        )
    wanted = pointwise if counts is None else True
    try:
        found: ELPDData = az.loo(data, var_name=name, pointwise=wanted)
    except ValueError as error:
        if "tail" not in str(error):
            raise
        draws = values.sizes["chain"] * values.sizes["draw"]
        raise ValueError(
            f"the log likelihood of some row cannot be smoothed over {draws:,} draws "
            f"({error}): sample more"
        ) from error
    if counts is None:
        return found
    kept = az.rcParams["stats.ic_pointwise"] if pointwise is None else pointwise
    return _counted(found, values, counts, bool(kept))


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
        found.elpd_i = found.pareto_k = None
    elif rows <= MOST_POINTWISE:
        place = np.repeat(np.arange(len(counts)), counts)
        found.elpd_i = found.elpd_i.isel(row=place)
        found.pareto_k = found.pareto_k.isel(row=place)
    else:
        found.elpd_i = found.elpd_i * counts
    result: ELPDData = found
    return result
