"""Where responses are in their predictions by all other rows: LOO-PIT.

The probability integral transform of a row is the probability, predicted from the other
rows, of less than what was observed. Of a model that predicts as it should these
numbers are uniform (Gelfand, Dey & Chang 1992; Gabry, Simpson, Vehtari, Betancourt &
Gelman 2019). Of the probability of the very value that was observed a random part is
added.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .psis import smoothed
from .report import Report, fixed, json_number, table

if TYPE_CHECKING:
    from xarray import DataArray

    from ..interface.grids import TextTable

__all__ = ["LooPit", "loo_pit"]

Floats = NDArray[np.float64]

_BINS = 10


@dataclass(frozen=True, eq=False, repr=False)
class LooPit(Report):
    """Where each response is in its prediction from the other rows.

    Attributes
    ----------
    values
        Of each row the probability below what was observed, and a random part of that
        of the same value.
    labels
        Numbers of the rows in the data, from 0; of a reduced file that of the first
        row of the cell.
    """

    values: Floats
    labels: tuple[int, ...]

    @property
    def pit(self) -> DataArray:
        """The values, with the numbers of the rows."""
        from xarray import DataArray

        return DataArray(self.values, {"row": list(self.labels)}, ("row",), "loo_pit")

    @property
    def shares(self) -> Floats:
        """The share of rows in each tenth."""
        place = np.minimum((self.values * _BINS).astype(int), _BINS - 1)
        return np.bincount(place, minlength=_BINS) / len(self.values)

    @property
    def error(self) -> float:
        """The standard error of such a share, of uniform values."""
        share = 1.0 / _BINS
        return math.sqrt(share * (1.0 - share) / len(self.values))

    @property
    def departure(self) -> float:
        """The largest departure of a share from a tenth, in standard errors."""
        return float(np.abs(self.shares - 1.0 / _BINS).max() / self.error)

    @property
    def title(self) -> str:
        """What is answered."""
        return f"LOO-PIT of {len(self.values):,} rows: are predictions calibrated?"

    @property
    def tables(self) -> tuple[TextTable, ...]:
        """The shares."""
        rows = [
            (
                f"{place / _BINS:.1f} to {(place + 1) / _BINS:.1f}",
                f"{100 * share:.1f} %",
                fixed((share - 1.0 / _BINS) / self.error),
            )
            for place, share in enumerate(self.shares)
        ]
        heads = ("predicted probability of less", "share of rows", "off by (se)")
        return (table(heads, rows),)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What the figures mean."""
        meaning = (
            "For each row: the probability of less than what was observed, predicted "
            f"from all other rows. If the model predicts well, {100 // _BINS} % of the "
            f"rows are in each line (se {100 * self.error:.1f} %)."
        )
        return meaning, self._shape()

    def _shape(self) -> str:
        # of ten normal numbers the largest is beyond 2.8 once in twenty times
        if self.departure < 2.8:
            return "No share is further off than chance makes it."
        shares = self.shares
        ends, middle = shares[[0, -1]].mean(), shares[3:7].mean()
        low, high = shares[:5].sum(), shares[5:].sum()
        lean = abs(low - high) / (2.0 * math.sqrt(0.25 / len(self.values)))
        if lean > 3.0:
            side = "low" if low > high else "high"
            return (
                f"Responses are too often on the {side} side of what is predicted: the "
                "predictions are off on average, or their distribution is skewed."
            )
        if ends > middle:
            return (
                "Too many responses are at the ends: predictions are too narrow, and "
                "what happens is more spread out, or has heavier tails, than they say."
            )
        if ends < middle:
            return (
                "Too many responses are in the middle: predictions are too wide, and "
                "the model allows for more than happens."
            )
        return "Some shares are further off than chance makes them."

    def frame_rows(self) -> Sequence[Mapping[str, Any]]:
        """Return a row for each row."""
        return [
            {"row": label, "loo_pit": float(value)}
            for label, value in zip(self.labels, self.values, strict=True)
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "shares": [json_number(one) for one in self.shares],
            "se": self.error,
            "rows": [dict(one) for one in self.frame_rows()],
            "notes": list(self.sentences),
        }


def loo_pit(
    density: Floats,
    predicted: NDArray[Any],
    observed: NDArray[Any],
    effective: float,
    labels: Sequence[int],
    counts: NDArray[np.int64] | None,
    seed: int,
) -> LooPit:
    """Return where responses are in what is predicted without them.

    Parameters
    ----------
    density
        Log densities, rows by draws.
    predicted
        New responses, rows by draws.
    observed
        What was observed.
    effective
        See ``efficiency``.
    labels
        Of the rows.
    counts
        How many rows of the data each stands for; None: one.
    seed
        Of the random part of ties, which each row of the data has its own of.
    """
    weights = np.exp(smoothed(-density, effective).log_weights)
    observed = observed[:, None]
    below = (weights * (predicted < observed)).sum(axis=1)
    same = (weights * (predicted == observed)).sum(axis=1)
    if counts is not None:
        below, same = np.repeat(below, counts), np.repeat(same, counts)
        labels = np.repeat(np.asarray(labels), counts).tolist()
    share = np.random.default_rng(seed).uniform(size=len(below))
    values = np.clip(below + share * same, 0.0, 1.0)
    return LooPit(values, tuple(labels))
