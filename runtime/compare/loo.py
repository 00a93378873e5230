"""Leave-one-out cross-validation: a row, or all rows of a group, at a time.

By Pareto-smoothed importance sampling (Vehtari, Gelman & Gabry 2017, Statistics and
Computing 27), where asked for with exact refits without those for which that fails.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from varying.compiler.data import weighted
from varying.compiler.families.family import Family

from ..draws.chains import ess_mean
from ..interface.arguments import ArgumentError
from .psis import good_shape, log_mean_exp, log_sum_exp, smoothed
from .report import Report, fixed, in_words, json_number, table

if TYPE_CHECKING:
    from arviz_stats.utils import ELPDDataLOO
    from xarray import DataArray, Dataset

    from ..interface.grids import TextTable

__all__ = ["Elpd", "Loo", "efficiency", "left_out", "loo_of", "measure_words"]

Floats = NDArray[np.float64]

#: Log likelihoods no further apart than this are the same: so are their weights.
_EQUAL = 1e-10
#: Units that a table lists, the worst first.
_LISTED = 10
#: Rows that a reduced fit gives a number each, at most: some megabytes.
MOST_POINTWISE = 20_000_000
#: Fewest draws whose largest can be told from the rest.
_FEWEST = 25


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Elpd(Report):
    """An expected log predictive density, and what each left-out unit gives.

    Attributes
    ----------
    elpd, se, p
        The sum over units, its standard error, the effective number of parameters.
    each
        What each unit gives; ``counts`` says how many rows of the data it stands for.
    labels
        Of the units: numbers of rows from 0, or levels of ``by``.
    by
        The column whose levels were left out; empty: rows.
    measure
        ``probability`` or ``density``, and of what.
    draws
        How many were used.
    groups, others
        Grouping factors whose effects were integrated out, and those whose effects are
        as fitted.
    """

    each: Floats
    labels: tuple[str, ...]
    by: str = ""
    measure: str = "density"
    draws: int = 0
    in_sample: Floats = field(default_factory=lambda: np.zeros(0))
    groups: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    counts: NDArray[np.int64] | None = None

    @property
    def elpd(self) -> float:
        """The sum over all units."""
        return float(self._times @ self.each)

    @property
    def se(self) -> float:
        """The standard error of the sum, from the spread between units."""
        if self.counts is not None:
            return math.sqrt(self.n_data_points) * weighted.sd(self.each, self.counts)
        if len(self.each) < 2:
            return math.nan
        return float(math.sqrt(len(self.each)) * self.each.std(ddof=1))

    @property
    def p(self) -> float:
        """The effective number of parameters: what is lost by leaving out."""
        return float(self._times @ (self.in_sample - self.each))

    @property
    def n_data_points(self) -> int:
        """How many units there are."""
        return len(self.each) if self.counts is None else int(self.counts.sum())

    @property
    def n_samples(self) -> int:
        """How many draws were used."""
        return self.draws

    @property
    def _times(self) -> Floats:
        if self.counts is None:
            return np.ones(len(self.each))
        return self.counts.astype(np.float64)

    @property
    def unit(self) -> str:
        """A word for what is left out."""
        return f"level of `{self.by}`" if self.by else "row"

    @property
    def units(self) -> str:
        """A word for several."""
        return f"levels of `{self.by}`" if self.by else "rows"

    @property
    def elpd_i(self) -> DataArray:
        """What each unit gives, with its label."""
        return self._array(self.each, "elpd_i")

    def _array(self, values: Floats, name: str) -> DataArray:
        from xarray import DataArray

        dim = self.by or "row"
        labels = np.array(self.labels if self.by else [int(one) for one in self.labels])
        found = DataArray(values, {dim: labels}, (dim,), name)
        if self.counts is None:
            return found
        if self.n_data_points > MOST_POINTWISE:
            return found.assign_coords(count=(dim, self.counts))
        # each row of the data, cell by cell
        return found.isel({dim: np.repeat(np.arange(len(values)), self.counts)})

    def _about(self) -> tuple[str, ...]:
        """Return sentences about what was predicted."""
        number = f"{self.n_data_points:,} {self.units}"
        meaning = (
            f"elpd is the sum over {number} of the log {self.measure} of what was "
            "observed, predicted from the others: the larger, the better. By itself it "
            "says little; its difference from that of another model of the same rows "
            "does (`varying compare`)."
        )
        if not self.by:
            grouping = in_words([f"`{one}`" for one in dict.fromkeys(self.others)])
            scope = (
                "One row is left out at a time, and the other rows of its group stay: "
                f"this is about new rows of the same {grouping}, not about new levels; "
                "for those leave whole levels out (`--by`)."
                if self.others
                else "One row is left out at a time: this is about new rows."
            )
        else:
            inside = in_words([f"`{one}`" for one in dict.fromkeys(self.groups)])
            scope = (
                f"All rows of a level of `{self.by}` are left out together: this is "
            )
            scope += f"about new levels of `{self.by}`. "
            scope += (
                f"The effects of {inside} are integrated out: those of a new level "
                "are not known."
                if self.groups
                else f"The model has no effects of `{self.by}` to integrate out."
            )
            if self.others:
                rest = in_words([f"`{one}`" for one in self.others])
                scope += f" Effects of {rest} are as fitted."
        return meaning, scope


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Loo(Elpd):
    """What leaving out one at a time comes to.

    Attributes
    ----------
    shapes
        Pareto k of each unit; NaN where it was fitted again.
    refitted
        Labels of the units that were left out exactly.
    divergences
        Of each refit, how many draws diverged.
    """

    shapes: Floats
    refitted: tuple[str, ...] = ()
    divergences: tuple[int, ...] = ()

    @property
    def good_k(self) -> float:
        """The Pareto k up to which the approximation holds for so many draws."""
        return good_shape(self.draws)

    @property
    def pareto_k(self) -> DataArray:
        """Pareto k of each unit, with its label."""
        return self._array(self.shapes, "pareto_k")

    @property
    def bad(self) -> NDArray[np.int64]:
        """Places of the units for which the approximation fails, the worst first."""
        places = np.flatnonzero(self.shapes > self.good_k)
        return places[np.argsort(-self.shapes[places], kind="stable")]

    @property
    def warning(self) -> bool:
        """Whether there are such."""
        return bool(len(self.bad))

    @property
    def title(self) -> str:
        """What is answered."""
        return f"Leave-one-out cross-validation, {self.unit} by {self.unit}"

    @property
    def tables(self) -> tuple[TextTable, ...]:
        """The sums, and the units for which they are doubtful."""
        rows = [
            ("elpd", fixed(self.elpd), fixed(self.se)),
            ("p (effective number of parameters)", fixed(self.p), ""),
        ]
        found = [table(("", "estimate", "se"), rows)]
        if len(self.bad):
            listed = [
                (self._named(place), fixed(self.each[place], 2), self._k(place))
                for place in self.bad[:_LISTED].tolist()
            ]
            found.append(table((self.unit, "elpd", "Pareto k"), listed))
        return tuple(found)

    def _named(self, place: int) -> str:
        return self.labels[place]

    def _k(self, place: int) -> str:
        return fixed(float(self.shapes[place]), 2)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What the figures mean, and whether they hold."""
        return (*self._about(), *self._shapes_in_words())

    def _shapes_in_words(self) -> tuple[str, ...]:
        found = []
        if self.refitted:
            number = len(self.refitted)
            text = (
                f"{number} {self.units if number > 1 else self.unit} "
                f"({in_words(self.refitted)}) were left out exactly: the model was "
                "fitted again without each, with the same priors."
            )
            diverged = sum(self.divergences)
            if diverged:
                text += f" {diverged:,} draws of these refits diverged."
            found.append(text)
        limit, bad = fixed(self.good_k, 2), self.bad
        if not len(bad):
            finite = self.shapes[np.isfinite(self.shapes)]
            most = (
                f", the largest {fixed(float(finite.max()), 2)}" if len(finite) else ""
            )
            rest = "the others" if self.refitted else f"all {self.units}"
            found.append(
                f"Pareto k of {rest} is at most {limit}{most}: the importance sampling "
                "that stands for refits can be trusted."
            )
            return tuple(found)
        worst = fixed(float(self.shapes[bad[0]]), 2)
        one, several = self.unit, self.units
        names = in_words([self._named(place) for place in bad.tolist()])
        found.append(
            f"Pareto k is above {limit} for {len(bad)} "
            f"{several if len(bad) > 1 else one} ({names}; the largest k is {worst}): "
            f"without such a {one} the posterior would be too far from the one that "
            "was sampled, and what it gives, so elpd, se and p, is not reliable. "
            "`--refit` (`refit=True`) fits the model again without each of them."
        )
        return tuple(found)

    def frame_rows(self) -> Sequence[Mapping[str, Any]]:
        """Return a row for each unit."""
        exact = set(self.refitted)
        return [
            {
                self.by or "row": label if self.by else int(label),
                "elpd": float(self.each[place]),
                "pareto_k": float(self.shapes[place]),
                "exact": label in exact,
            }
            for place, label in enumerate(self.labels)
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        rows = [
            {
                "label": label,
                "elpd": json_number(self.each[place]),
                "pareto_k": json_number(self.shapes[place]),
                "exact": label in self.refitted,
                **({} if self.counts is None else {"count": int(self.counts[place])}),
            }
            for place, label in enumerate(self.labels)
        ]
        return {
            "by": self.by or None,
            "measure": self.measure,
            "elpd": json_number(self.elpd),
            "se": json_number(self.se),
            "p": json_number(self.p),
            "units": self.n_data_points,
            "draws": self.draws,
            "good_k": self.good_k,
            "bad": [self.labels[place] for place in self.bad.tolist()],
            "refitted": list(self.refitted),
            "divergences": list(self.divergences),
            "integrated": list(self.groups),
            "as_fitted": list(self.others),
            "rows": rows,
            "notes": list(self.sentences),
        }

    def to_arviz(self) -> ELPDDataLOO:
        """Return the same as ArviZ has it, for ``arviz.compare`` and its plots."""
        from arviz_stats.utils import ELPDDataLOO

        elpd_i, shapes = self.elpd_i, self.pareto_k
        return ELPDDataLOO(
            elpd=self.elpd,
            se=self.se,
            p=self.p,
            n_samples=self.draws,
            n_data_points=self.n_data_points,
            scale="log",
            warning=self.warning,
            good_k=self.good_k,
            elpd_i=elpd_i,
            pareto_k=shapes,
        )


def measure_words(family: Family) -> str:
    """Return what a family gives to what was observed."""
    return "density" if family.has_density else "probability"


def efficiency(posterior: Dataset) -> float:
    """Return the mean effective sample size of all numbers of a posterior, by draw.

    As ``arviz.loo`` has it: it says how long the tail of the weights is.
    """
    chains, draws = posterior.sizes["chain"], posterior.sizes["draw"]
    if chains < 2 or draws < 4:
        return 1.0
    found = []
    for variable in posterior.data_vars.values():
        values = variable.transpose("chain", "draw", ...).values
        flat = values.reshape(chains, draws, -1).astype(np.float64)
        with np.errstate(all="ignore"):
            found.append(ess_mean(np.moveaxis(flat, 2, 0)))
    mean = float(np.concatenate(found).mean()) / (chains * draws)
    return mean if mean > 0 else 1.0


def left_out(density: Floats, effective: float) -> tuple[Floats, Floats]:
    """Return what each unit gives when it is left out, and its Pareto k.

    Parameters
    ----------
    density
        Log densities, units by draws. One that is the same at all draws stays as it
        is: leaving it out changes nothing.
    effective
        See ``efficiency``.

    Raises
    ------
    ValueError
        If all of them are such, or if there are too few draws.
    """
    constant = density.max(axis=1) - density.min(axis=1) <= _EQUAL
    if constant.all():
        rows = f"{len(constant):,} row{'s' if len(constant) > 1 else ''}"
        raise ArgumentError(
            f"the log likelihood of {rows} is the same at every draw, so there is "
            "nothing to leave out: is everything that they depend on a constant?"
        )
    if density.shape[1] < _FEWEST:
        raise ArgumentError(
            f"the log likelihood cannot be smoothed over {density.shape[1]:,} draws, "
            f"{_FEWEST} are the fewest: sample more"
        )
    each = density[:, 0].copy()
    shapes = np.full(len(density), -np.inf)
    found = smoothed(-density[~constant], effective)
    each[~constant] = log_sum_exp(found.log_weights + density[~constant])
    shapes[~constant] = found.shape
    return each, shapes


def loo_of(
    density: Floats,
    labels: Sequence[str],
    effective: float,
    *,
    measure: str,
    by: str = "",
    groups: tuple[str, ...] = (),
    others: tuple[str, ...] = (),
    counts: NDArray[np.int64] | None = None,
) -> Loo:
    """Return leave-one-out cross-validation of log densities, units by draws."""
    each, shapes = left_out(density, effective)
    return Loo(
        each=each,
        labels=tuple(labels),
        by=by,
        measure=measure,
        draws=density.shape[1],
        in_sample=log_mean_exp(density),
        groups=groups,
        others=others,
        counts=counts,
        shapes=shapes,
    )
