"""Fits beside each other: differences of elpd, their standard errors, weights."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from varying.compiler.data import weighted

from .loo import left_out
from .psis import good_shape, log_mean_exp, log_sum_exp, smoothed
from .report import Report, fixed, in_words, json_number, table

if TYPE_CHECKING:
    from ..interface.grids import TextTable
    from .measures import ComparisonMeasure

__all__ = ["Compared", "Comparison", "compared", "stacking"]

Floats = NDArray[np.float64]

#: A smaller difference cannot be told from none (Sivula, Magnusson, Matamoros & Vehtari
#: 2025, Bayesian Analysis): its standard error is too small.
SMALL = 4.0
#: Fewer rows than this give no good standard error.
FEW = 100


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """One of the fits.

    Attributes
    ----------
    name, formula, family
        Of the fit.
    each
        What each row gives when it is left out, on the measure of all.
    p
        The effective number of parameters.
    bad
        In how many rows Pareto k is too large.
    """

    name: str
    formula: str
    family: str
    each: Floats
    p: float
    bad: int


@dataclass(frozen=True, eq=False, repr=False)
class Comparison(Report):
    """What fits of the same rows come to beside each other, the best first.

    Attributes
    ----------
    models
        The fits.
    measure
        What they are compared by.
    weights
        Of each in the mixture of all.
    counts
        How many rows of the data each row stands for; None: one.
    method
        How the weights were found.
    draws
        The fewest that one of them has.
    by
        The column whose levels were left out whole; empty: rows.
    """

    models: tuple[Compared, ...]
    measure: ComparisonMeasure
    weights: Floats
    counts: NDArray[np.int64] | None
    method: str
    draws: int
    by: str = ""

    @property
    def units(self) -> str:
        """A word for what is left out."""
        return f"levels of `{self.by}`" if self.by else "rows"

    @property
    def rows(self) -> int:
        """How many rows, or levels, they are compared on."""
        if self.counts is None:
            return len(self.models[0].each)
        return int(self.counts.sum())

    def elpd(self, model: Compared) -> float:
        """Return the sum over rows."""
        return float(self._times @ model.each)

    def se(self, values: Floats) -> float:
        """Return the standard error of a sum over rows."""
        counts = np.ones(len(values), int) if self.counts is None else self.counts
        return math.sqrt(self.rows) * weighted.sd(values, counts)

    def difference(self, model: Compared) -> tuple[float, float]:
        """Return how far a model is from the best, and the standard error."""
        each = model.each - self.models[0].each
        return float(self._times @ each), self.se(each)

    def plot(self, *, ax: Any = None) -> Any:
        """Return a picture: how far each model is from the best.

        Parameters
        ----------
        ax
            Axes of Matplotlib to draw on in place of a figure, which are returned.
        """
        from ..plots import load

        return load("compare").picture(ax, self)

    @property
    def _times(self) -> Floats:
        if self.counts is None:
            return np.ones(len(self.models[0].each))
        return self.counts.astype(np.float64)

    @property
    def title(self) -> str:
        """What is answered."""
        number = f"{self.rows:,} {self.units}"
        return f"{len(self.models)} models of {number}, the best first"

    @property
    def tables(self) -> tuple[TextTable, ...]:
        """A line a model."""
        lines = []
        for place, model in enumerate(self.models):
            away, error = self.difference(model)
            lines.append(
                (
                    model.name,
                    fixed(self.elpd(model)),
                    fixed(self.se(model.each)),
                    fixed(away) if place else "",
                    fixed(error) if place else "",
                    fixed(model.p),
                    fixed(float(self.weights[place]), 2),
                    str(model.bad) if model.bad else "",
                )
            )
        heads = ("model", "elpd", "se", "difference", "its se", "p", "weight", "bad k")
        return (table(heads, lines),)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What the figures mean, and what they do not."""
        found = [self.measure.sentence]
        for model in self.models[1:]:
            found.append(f"`{model.name}` {self._against(model)}")
        left = (
            f"All rows of a level of `{self.by}` are left out together, and its "
            f"effects integrated out: this is about new levels of `{self.by}`."
            if self.by
            else "A row is left out at a time and predicted from the others, with the "
            "effects of its own group: this is about new rows of the same groups."
        )
        found.append(
            f"{left} The standard error that counts is that of the difference; those "
            "of the elpds are common to all models for the most part."
        )
        if self.rows < FEW:
            found.append(
                f"{self.rows} {self.units} are few: below {FEW} the standard errors "
                "are too small."
            )
        bad = [model for model in self.models if model.bad]
        if bad:
            told = in_words([f"`{one.name}` in {one.bad:,}" for one in bad])
            found.append(
                f"Pareto k is above {fixed(good_shape(self.draws), 2)} for {told} of "
                f"the {self.rows:,} {self.units}: what these give is not reliable. "
                f"{_EXACTLY[bool(self.by)]}"
            )
        found.append(_WEIGHTS[self.method])
        return tuple(found)

    def _against(self, model: Compared) -> str:
        """Say how a model is to the best."""
        away, error = self.difference(model)
        best = self.models[0].name
        if abs(away) < SMALL:
            return (
                f"predicts as well as `{best}`, as far as can be told: a difference "
                f"of {fixed(-away)} is below {SMALL:g}, where its standard error means "
                "little."
            )
        text = f"predicts worse than `{best}` by {fixed(-away)} (se {fixed(error)})"
        if abs(away) < 2.0 * error:
            return f"{text}, which is less than two standard errors: it may be chance."
        return f"{text}, {fixed(abs(away) / error)} standard errors."

    def frame_rows(self) -> Sequence[Mapping[str, Any]]:
        """Return a row for each model."""
        found = []
        for place, model in enumerate(self.models):
            away, error = self.difference(model)
            found.append(
                {
                    "model": model.name,
                    "elpd": self.elpd(model),
                    "se": self.se(model.each),
                    "elpd_diff": away,
                    "se_diff": error,
                    "p": model.p,
                    "weight": float(self.weights[place]),
                    "bad_k": model.bad,
                }
            )
        return found

    def to_frame(self) -> Any:
        """Return the table as a data frame, by the names of the models."""
        return super().to_frame().set_index("model")

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        models = []
        for row, model in zip(self.frame_rows(), self.models, strict=True):
            plain = {
                key: json_number(value) if isinstance(value, float) else value
                for key, value in row.items()
            }
            name = plain.pop("model")
            models.append(
                {
                    "name": name,
                    "formula": model.formula,
                    "family": model.family,
                    **plain,
                    "converted": self.measure.converted.get(model.name),
                }
            )
        return {
            "measure": {"kind": self.measure.kind, "of": self.measure.of},
            "by": self.by or None,
            "rows": self.rows,
            "method": self.method,
            "models": models,
            "notes": list(self.sentences),
        }


#: What leaves out exactly what importance sampling cannot.
_EXACTLY = {
    False: "`varying loo FIT --refit` leaves them out exactly.",
    True: "`--refit` (`refit=True`) leaves them out exactly.",
}
#: What the weights are, by how they were found.
_WEIGHTS = {
    "stacking": (
        "Weights are those of the mixture of the models that predicts best (stacking; "
        "Yao, Vehtari, Simpson & Gelman 2018). They are no probabilities that a model "
        "is true: of two that predict alike, one may have it all."
    ),
    "pseudo-BMA": (
        "Weights are in proportion to the exponential of elpd (pseudo-BMA), which "
        "leaves the standard errors out."
    ),
}


def compared(
    name: str,
    formula: str,
    family: str,
    density: Floats,
    effective: float,
    measure: ComparisonMeasure,
    counts: NDArray[np.int64] | None,
) -> Compared:
    """Return what a fit gives row by row, on a measure that may not be its own.

    The importance of a draw without a row is by the fit's own density; what it predicts
    of the row is on the measure of all.

    Parameters
    ----------
    density
        Its own log densities, rows by draws.
    effective
        See ``efficiency``.
    """
    each, shapes = left_out(density, effective)
    whole = log_mean_exp(density)
    if name in measure.mass:
        mass = measure.mass[name]
        weights = smoothed(-density, effective).log_weights
        each, whole = log_sum_exp(weights + mass), log_mean_exp(mass)
    if name in measure.shift:
        each, whole = each + measure.shift[name], whole + measure.shift[name]
    times = np.ones(len(each)) if counts is None else counts
    bad = int((times * (shapes > good_shape(density.shape[1]))).sum())
    return Compared(name, formula, family, each, float(times @ (whole - each)), bad)


def stacking(each: Floats, times: Floats) -> Floats:
    """Return the weights of the mixture whose log score is highest.

    By the steps of expectation and maximization, each of which raises it; the score is
    concave, so they end at its maximum.

    Parameters
    ----------
    each
        What rows give, by rows and models.
    times
        How often each row counts.
    """
    density = np.exp(each - each.max(axis=1, keepdims=True))
    share = times / times.sum()
    weights = np.full(each.shape[1], 1.0 / each.shape[1])
    for _ in range(20_000):
        mixed = density @ weights
        slope = (density / mixed[:, None] * share[:, None]).sum(axis=0)
        weights = weights * slope
        weights /= weights.sum()
        # at the maximum the slope is 1 where there is weight, and nowhere larger
        if slope.max() < 1.0 + 1e-7:
            break
    return weights
