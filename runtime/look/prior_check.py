"""What the priors claim of the data, in numbers a researcher can judge.

One table: for each kind of response, statistics of a data set. Over many data
sets drawn from the priors each has a 95 % interval, and beside it stands what
it is in the observed data.

One file, although it is long: a third is a table, whose rows are the functions
above it, and what is said of a row is below.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np
from numpy.typing import NDArray

from varying.compiler.data import weighted
from varying.compiler.distributions.numerics import LARGEST_MEAN
from varying.grammar.render.safe import visible

from ..rows.replicates import Replicates

if TYPE_CHECKING:
    from varying.compiler.families.family import ResponseKind

    from ..plots.style import Picture

__all__ = ["STATISTICS", "PriorCheck", "PriorFinding", "Statistic", "check_prior"]

#: Mass of the interval over the prior data sets.
PROB = 0.95
#: Its ends. ``(1 - PROB) / 2`` is above 0.025 by rounding: of 400 counts that is the
#: 11th in place of the 10th.
_ENDS = (0.025, 0.975)
#: Counts from here on stand for larger ones: draws of a mean are up to it.
_CAP = (1.0 - 1e-6) * LARGEST_MEAN

_MORE = "more than "

StatisticUnit = Literal["share", "number", "category"]
ReplicateStatistic = Callable[[NDArray[Any], Replicates], NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Statistic:
    """A statistic of a data set.

    Attributes
    ----------
    name
        In JSON.
    title
        Over a panel; ``{lowest}``, ``{highest}`` and ``{name}`` are filled in.
    clause
        What prior data sets have, with ``{lower}`` and ``{upper}``.
    unit
        How its numbers are written.
    of
        From values (data sets, rows) and the replicates to a number a data set.
    applies
        To which data it belongs; None: to all.
    """

    name: str
    title: str
    clause: str
    unit: StatisticUnit
    of: ReplicateStatistic
    applies: Callable[[Replicates], bool] | None = None


def _share(of: ReplicateStatistic) -> ReplicateStatistic:
    return lambda values, data: _mean(of(values, data), data)


def _share_tried(of: ReplicateStatistic) -> ReplicateStatistic:
    """Return the share among the rows that have trials."""

    def read(values: NDArray[Any], data: Replicates) -> NDArray[Any]:
        tried = data.take(np.flatnonzero(_tried(data)))
        return _mean(of(values, data)[:, _tried(data)], tried)

    return read


def _mean(values: NDArray[Any], data: Replicates) -> NDArray[Any]:
    if data.counts is None:
        return np.asarray(np.mean(values, axis=1))
    return np.asarray(values @ data.counts / data.counts.sum())


def _sum(values: NDArray[Any], data: Replicates) -> NDArray[Any]:
    if data.counts is None:
        return np.asarray(np.sum(values, axis=1))
    return np.asarray(values @ data.counts)


def _sd(values: NDArray[Any], data: Replicates) -> NDArray[Any]:
    if data.counts is None:
        free = min(1, len(data.observed) - 1)
        return np.asarray(np.std(values, axis=1, ddof=free))
    return np.array([weighted.sd(each, data.counts) for each in values])


def _quantile(prob: float) -> ReplicateStatistic:
    def read(values: NDArray[Any], data: Replicates) -> NDArray[Any]:
        if data.counts is None:
            return np.asarray(np.quantile(values, prob, axis=1))
        found = [weighted.quantiles(each, [prob], data.counts)[0] for each in values]
        return np.array(found)

    return read


def _last(data: Replicates) -> int:
    return len(data.categories) - 1


def _all_trials(data: Replicates) -> int:
    if data.trials is None:
        return 1
    counts = 1 if data.counts is None else data.counts
    return max(1, int((data.trials * counts).sum()))


def _tried(data: Replicates) -> NDArray[np.bool_]:
    """Return which rows have trials: others have no success, and all of none."""
    if data.trials is None:
        return np.ones(len(data.observed), dtype=np.bool_)
    found: NDArray[np.bool_] = data.trials > 0
    return found


def _any_tried(data: Replicates) -> bool:
    return bool(_tried(data).any())


def _median(values: NDArray[Any], data: Replicates) -> NDArray[Any]:
    """Return the lower median: always one of the categories."""
    if data.counts is None:
        return np.asarray(np.quantile(values, 0.5, axis=1, method="inverted_cdf"))
    return np.array([weighted.lower_median(each, data.counts) for each in values])


def _wrongly_negative(data: Replicates) -> bool:
    """Whether values below 0 are drawn and none is observed."""
    return bool((data.observed >= 0).all() and (data.drawn < 0).any())


def _not_wrongly(data: Replicates) -> bool:
    return not _wrongly_negative(data)


def _commonest(values: NDArray[Any], data: Replicates) -> NDArray[Any]:
    """Return the share of the category that most rows of a data set have."""
    every = range(len(data.categories))
    shares = [_share(lambda v, _, k=k: v == k)(values, data) for k in every]  # type: ignore[misc]
    return np.asarray(np.max(shares, axis=0))


def _shares_of(values: NDArray[Any], data: Replicates) -> NDArray[Any]:
    """Return the share of each category in each data set, rows together."""
    weights = np.ones(values.shape[1]) if data.counts is None else data.counts
    totals = np.einsum("ijk,j->ik", values, weights)
    return np.asarray(totals / totals.sum(axis=1, keepdims=True))


def _most_in_row(values: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(values.max(axis=-1) / np.maximum(values.sum(axis=-1), 1e-300))


#: Statistics by kind of response.
STATISTICS: Mapping[ResponseKind, tuple[Statistic, ...]] = {
    "ordinal": (
        Statistic(
            "share_lowest",
            "share of {lowest}",
            "between {lower} and {upper} of the answers in the lowest category, "
            "{lowest}",
            "share",
            _share(lambda values, data: values == 0),
        ),
        Statistic(
            "share_highest",
            "share of {highest}",
            "between {lower} and {upper} of the answers in the highest category, "
            "{highest}",
            "share",
            _share(lambda values, data: values == _last(data)),
        ),
        Statistic(
            "median",
            "median category",
            "a median between the categories {lower} and {upper}",
            "category",
            _median,
        ),
    ),
    "nominal": (
        Statistic(
            "share_reference",
            "share of {lowest}",
            "between {lower} and {upper} of the rows in the reference category, "
            "{lowest}",
            "share",
            _share(lambda values, data: values == 0),
        ),
        Statistic(
            "share_commonest",
            "share of the commonest",
            "between {lower} and {upper} of the rows in whichever category is the "
            "commonest",
            "share",
            _commonest,
        ),
    ),
    "composition": (
        Statistic(
            "share_reference",
            "share of {lowest}",
            "between {lower} and {upper} of the whole in the reference category, "
            "{lowest}",
            "share",
            lambda values, data: _shares_of(values, data)[:, 0],
        ),
        Statistic(
            "share_commonest",
            "share of the commonest",
            "between {lower} and {upper} of the whole in whichever category has most",
            "share",
            lambda values, data: _shares_of(values, data).max(axis=1),
        ),
        Statistic(
            "rows_of_one",
            "rows nearly all in one",
            "between {lower} and {upper} of rows with more than 9 in 10 in one "
            "category",
            "share",
            _share(lambda values, data: _most_in_row(values) > 0.9),
        ),
    ),
    "binary": (
        Statistic(
            "share",
            "share of {highest}",
            "between {lower} and {upper} of rows with {name} = {highest}",
            "share",
            _share(lambda values, data: values == 1),
        ),
    ),
    "count": (
        Statistic(
            "zeros",
            "share of zeros",
            "between {lower} and {upper} zeros",
            "share",
            _share(lambda values, data: values == 0),
        ),
        Statistic(
            "mean",
            "mean",
            "a mean between {lower} and {upper}",
            "number",
            _mean,
        ),
        Statistic(
            "maximum",
            "largest count",
            "a largest count between {lower} and {upper}",
            "number",
            lambda values, data: np.max(values, axis=1),
        ),
    ),
    "successes": (
        Statistic(
            "share",
            "share of successes",
            "between {lower} and {upper} of all trials successful",
            "share",
            lambda values, data: _sum(values, data) / _all_trials(data),
        ),
        Statistic(
            "none",
            "rows without a success",
            "between {lower} and {upper} of rows without a success",
            "share",
            _share_tried(lambda values, data: values == 0),
            _any_tried,
        ),
        Statistic(
            "all",
            "rows of successes only",
            "between {lower} and {upper} of rows where every trial is a success",
            "share",
            _share_tried(lambda values, data: values == data.trials),
            _any_tried,
        ),
    ),
    "continuous": (
        Statistic(
            "mean",
            "mean",
            "a mean between {lower} and {upper}",
            "number",
            _mean,
        ),
        Statistic(
            "sd",
            "standard deviation",
            "a standard deviation between {lower} and {upper}",
            "number",
            _sd,
        ),
        Statistic(
            "negative",
            "share below 0",
            "between {lower} and {upper} of values below 0",
            "share",
            _share(lambda values, data: values < 0),
            _wrongly_negative,
        ),
        Statistic(
            "low",
            "5 % quantile",
            "a 5 % quantile between {lower} and {upper}",
            "number",
            _quantile(0.05),
            _not_wrongly,
        ),
        Statistic(
            "high",
            "95 % quantile",
            "a 95 % quantile between {lower} and {upper}",
            "number",
            _quantile(0.95),
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class PriorFinding:
    """What the priors claim of one statistic.

    Attributes
    ----------
    name
        Of the statistic.
    title
        A few words for it.
    text
        The claim, and what the data have, in a sentence.
    lower, upper
        The middle 95 % of the prior data sets. Of categories: ranks from 0. Of
        counts: where some are drawn at 10^15, which stands for more, the text
        says of the bounds which are too low.
    observed
        In the data.
    values
        Of each prior data set.
    unit
        ``share``, ``number`` or ``category``.
    written
        ``lower``, ``upper`` and ``observed`` as the sentence has them.
    """

    name: str
    title: str
    text: str
    lower: float
    upper: float
    observed: float
    unit: StatisticUnit
    values: NDArray[np.float64] = field(repr=False, compare=False)
    written: tuple[str, str, str] = field(default=("", "", ""), repr=False)

    @property
    def inside(self) -> bool:
        """Whether the data are within the interval."""
        return self.lower <= self.observed <= self.upper


@dataclass(frozen=True, slots=True, eq=False)
class PriorCheck:
    """Data sets drawn from the priors, and what they come to.

    Prints as its sentences.

    Attributes
    ----------
    statements
        A statistic each.
    replicates
        The observed and the drawn data.
    seed
        The same again gives the same data sets.
    """

    statements: tuple[PriorFinding, ...]
    replicates: Replicates
    seed: int

    @property
    def sentences(self) -> tuple[str, ...]:
        """The statements in words."""
        return tuple(statement.text for statement in self.statements)

    def __iter__(self) -> Iterator[PriorFinding]:
        return iter(self.statements)

    def __repr__(self) -> str:
        return "\n".join(map(visible, self.sentences))

    def _repr_html_(self) -> str:
        from .pages import of_check

        return of_check(self)

    @overload
    def plot(self, *, ax: None = None) -> Picture: ...
    @overload
    def plot[Drawn](self, *, ax: Drawn) -> Drawn: ...
    def plot(self, *, ax: Any = None) -> Any:
        """Return a picture: the response over its own range, and each statistic.

        A Matplotlib figure; ``save(path)`` writes it.

        Parameters
        ----------
        ax
            Axes to draw on in place of a figure, which are returned: for the response,
            and for each of the statements.
        """
        from ..plots import load

        return load("prior").picture(ax, self)

    def to_dict(self) -> dict[str, Any]:
        """Return the statements as plain values, as JSON has them."""
        data = self.replicates

        def plain(value: float, unit: StatisticUnit) -> Any:
            if unit == "category":
                return data.categories[int(value)]
            return value if math.isfinite(value) else None

        return {
            "response": {"name": data.name, "kind": data.kind},
            "draws": len(data.drawn),
            "seed": self.seed,
            "interval": {"kind": "eti", "prob": PROB},
            "statements": [
                {
                    "name": found.name,
                    "text": found.text,
                    "lower": plain(found.lower, found.unit),
                    "upper": plain(found.upper, found.unit),
                    "observed": plain(found.observed, found.unit),
                    "inside": found.inside,
                }
                for found in self.statements
            ],
        }


def check_prior(replicates: Replicates, seed: int) -> PriorCheck:
    """Return what drawn data sets come to, beside the observed ones."""
    wanted = [
        statistic
        for statistic in STATISTICS[replicates.kind]
        if statistic.applies is None or statistic.applies(replicates)
    ]
    found = tuple(_statement(statistic, replicates) for statistic in wanted)
    return PriorCheck(found, replicates, seed)


def _statement(statistic: Statistic, data: Replicates) -> PriorFinding:
    with np.errstate(all="ignore"):
        values = np.asarray(statistic.of(data.drawn, data), dtype=np.float64)
        observed = float(statistic.of(data.observed[None, :], data)[0])
    # Between categories or counts there is nothing, and beside infinity neither.
    apart = not np.isfinite(values).all() or np.equal(values, np.round(values)).all()
    method: Literal["inverted_cdf", "linear"] = "inverted_cdf" if apart else "linear"
    known = values[~np.isnan(values)]
    bounds = (
        np.quantile(known, _ENDS, method=method) if known.size else (math.nan, math.nan)
    )
    lower, upper = (float(bound) for bound in bounds)
    names = {"name": data.name}
    if data.categories:
        names |= {"lowest": data.categories[0], "highest": data.categories[-1]}
    low_text, high_text = (
        _bound(bound, statistic, data, values) for bound in (lower, upper)
    )
    clause = statistic.clause
    if low_text == high_text and low_text.startswith(_MORE):
        clause = clause.replace("between {lower} and {upper}", "of {lower}")
    clause = clause.format(lower=low_text, upper=high_text, **names)
    beside = written(observed, statistic.unit, data.categories)
    cells = (low_text, high_text, beside)
    if observed < lower:
        beside = f"{beside}, below that"
    elif observed > upper:
        beside = f"{beside}, above that"
    text = (
        f"{100 * PROB:.0f} % of prior data sets have {clause} (in your data: {beside})."
    )
    title = statistic.title.format(**names)
    unit = statistic.unit
    return PriorFinding(
        statistic.name, title, text, lower, upper, observed, unit, values, cells
    )


def _bound(
    bound: float, statistic: Statistic, data: Replicates, values: NDArray[Any]
) -> str:
    """Return a bound in words: with counts that were cut off, it is at least that."""
    text = written(bound, statistic.unit, data.categories)
    if data.kind != "count" or statistic.unit != "number":
        return text
    cut_off = (data.drawn >= _CAP).any(axis=1)
    if not (cut_off & (values <= bound)).any():
        return text
    if bound >= _CAP:
        text = f"10^{math.log10(LARGEST_MEAN):.0f}"
    return f"{_MORE}{text}"


def written(value: float, unit: StatisticUnit, categories: tuple[str, ...] = ()) -> str:
    """Return a number as a sentence has it."""
    if unit == "category":
        return categories[int(value)]
    if unit == "share":
        return _percent(value)
    return _number(value)


def _percent(share: float) -> str:
    if 0.0 < share < 0.005:
        return "under 1 %"
    if 0.995 < share < 1.0:
        return "over 99 %"
    return f"{100 * share:.0f} %"


def _number(value: float) -> str:
    """Return three digits of a number, and no exponent if that can be read."""
    if not math.isfinite(value):
        return "infinity" if value > 0 else "minus infinity" if value < 0 else "nothing"
    size = abs(value)
    if size and not 1e-4 <= size < 1e9:
        return f"{value:.2e}"
    if size < 1000:
        return f"{value:.3g}"
    rounded = round(value, 2 - math.floor(math.log10(size)))
    return f"{rounded:,.0f}"
