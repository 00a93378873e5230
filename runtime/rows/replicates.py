"""A response as it was observed, and as a model draws it again and again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .categories import numbers_of
from .reduced import sampled

if TYPE_CHECKING:
    from varying.compiler.families.family import ResponseKind

    from .engine import Rows

__all__ = ["Replicates"]


@dataclass(frozen=True, slots=True, eq=False)
class Replicates:
    """One observed data set, and many drawn ones of the same rows.

    Attributes
    ----------
    name
        Of the response.
    kind
        Of the response.
    observed
        A value a row; ranks from 0 where there are categories. Of a response of several
        columns one for each of them, on a last axis.
    drawn
        The same for each drawn data set: data sets, rows.
    categories
        Names of the ranks, or of the columns; empty for numbers.
    trials
        Of each row, where the response is a number of successes, or counts of
        categories.
    counts
        How many rows of the data each row stands for; None: one.
    """

    name: str
    kind: ResponseKind
    observed: NDArray[Any]
    drawn: NDArray[Any]
    categories: tuple[str, ...] = ()
    trials: NDArray[Any] | None = None
    counts: NDArray[np.int64] | None = None

    @classmethod
    def of(cls, rows: Rows, drawn: NDArray[Any]) -> Replicates:
        """Return them for the rows of a model.

        Parameters
        ----------
        rows
            Of the model.
        drawn
            Data sets, rows; coded as ``Model.prior_predictive`` says.
        """
        family = rows.family
        trials = None
        if "trials" in family.known:
            trials = np.broadcast_to(rows.known("trials"), rows.labels.shape)
        return cls(
            rows.title or rows.name,
            family.response,
            np.asarray(rows.frame[rows.program.likelihood.value]),
            _ranks(drawn, rows.ranks),
            rows.categories,
            trials,
            rows.counts,
        )

    @property
    def scores(self) -> Replicates:
        """The same with what a mean can be taken of.

        Categories that are numbers are these numbers, others their ranks from 1,
        the two of a binary response 0 and 1; successes are shares of the trials.
        """
        if self.trials is not None:
            shares = np.maximum(self.trials, 1)
            if self.observed.ndim > 1:
                shares = shares[:, None]
            return replace(
                self, observed=self.observed / shares, drawn=self.drawn / shares
            )
        if self.kind != "ordinal":
            return self
        numbers = numbers_of(self.categories)
        values = np.array(numbers or range(1, len(self.categories) + 1))
        return replace(
            self,
            observed=values[self.observed.astype(np.int64)],
            drawn=values[self.drawn.astype(np.int64)],
        )

    @property
    def columns(self) -> tuple[Replicates, ...]:
        """Each category of a response of several columns, as a response of its own."""
        kind: ResponseKind = "continuous" if self.trials is None else "successes"
        return tuple(
            replace(
                self,
                name=name,
                kind=kind,
                observed=self.observed[:, place],
                drawn=self.drawn[..., place],
                categories=(),
            )
            for place, name in enumerate(self.categories)
        )

    @property
    def even(self) -> Replicates:
        """The same with rows that all count once; of many, an even sample."""
        if self.counts is None:
            return self
        return replace(self.take(sampled(self.counts)), counts=None)

    def take(self, rows: NDArray[Any]) -> Replicates:
        """Return some of the rows."""
        trials = None if self.trials is None else self.trials[rows]
        counts = None if self.counts is None else self.counts[rows]
        return replace(
            self,
            observed=self.observed[rows],
            drawn=self.drawn[:, rows],
            trials=trials,
            counts=counts,
        )


def _ranks(drawn: NDArray[Any], categories: tuple[str, ...]) -> NDArray[Any]:
    """Undo the coding of categories as numbers."""
    numbers = numbers_of(categories) if categories else None
    if numbers is None:
        return drawn
    values = np.array(numbers, dtype=np.float64)
    order = np.argsort(values)
    found: NDArray[Any] = order[np.searchsorted(values[order], drawn)]
    return found
