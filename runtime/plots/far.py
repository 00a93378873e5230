"""How far an axis of the data goes: a few values far outside do not press the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["bulk_of", "far_note"]

#: The middle of the data is 90 % of them. An axis goes this many widths of it further.
_MIDDLE, _WIDTHS = (0.05, 0.95), 3.0
#: More than this share of the data is not left out of a picture.
_FEW = 0.05


def bulk_of(values: NDArray[Any]) -> tuple[float, float]:
    """Return the range of the values to draw: all, or all but a few far outside.

    An exponential time is beyond in 1 of 10^5 cases, a normal value never.
    """
    low, high = float(values.min()), float(values.max())
    first, last = np.quantile(values, _MIDDLE, method="inverted_cdf")
    width = float(last - first)
    bottom, top = float(first) - _WIDTHS * width, float(last) + _WIDTHS * width
    inside = values[(values >= bottom) & (values <= top)]
    if not width > 0.0 or len(inside) < (1.0 - _FEW) * len(values):
        return low, high
    return float(inside.min()), float(inside.max())


def far_note(values: NDArray[Any], limits: tuple[float, float]) -> str:
    """Say which values are outside an axis, and how far out; empty: none is."""
    out = values[(values < limits[0]) | (values > limits[1])]
    if not len(out):
        return ""
    low, high = out.min(), out.max()
    if len(out) == 1:
        return f"1 value is outside: {low:,.6g}"
    return f"{len(out):,} values are outside: {low:,.6g} to {high:,.6g}"
