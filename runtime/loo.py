"""Leave-one-out cross-validation, by ArviZ."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from arviz_stats.utils import ELPDData
    from xarray import DataTree

__all__ = ["loo"]

#: Rows that a message names.
_SHOWN = 5


def loo(data: DataTree, name: str, pointwise: bool | None = None) -> ELPDData:
    """Return what ``arviz.loo`` does; see ``Fit.loo``."""
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
    try:
        found: ELPDData = az.loo(data, var_name=name, pointwise=pointwise)
    except ValueError as error:
        if "tail" not in str(error):
            raise
        draws = values.sizes["chain"] * values.sizes["draw"]
        raise ValueError(
            f"the log likelihood of some row cannot be smoothed over {draws:,} draws "
            f"({error}): sample more"
        ) from error
    return found
