"""The lint of overdispersion: counts that vary more than Poisson's do."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..bind.bound import BoundModel, Grouping, offsets
from ..bind.response import response_values
from ..data.codes import coded_values
from ..data.table import Floats, Ints, Table
from ..data.weighted import means
from ..expressions.evaluation import evaluate
from ..formula.columns import DesignColumn
from ..formula.design import evaluate_columns
from .subject import Finding, LintedModel

#: Rows and columns that a quick fit has at most; of more, some groups are left out.
_MOST_ROWS, _MOST_COLUMNS = 2_000, 100
#: Rows beyond the parameters that it needs.
_FEWEST = 10
#: Beyond this many times the variance of a Poisson it is said, ...
_TIMES = 2.0
#: ... if chance has it less often than this many standard errors.
_ERRORS = 5.0
#: A fit is done where no mean moves by more of its sd.
_CLOSE = 0.01
_STEPS = 50


def overdispersed(subject: LintedModel) -> Iterator[Finding]:
    """Find counts that vary more around a fitted mean than a Poisson does.

    The mean is that of a Poisson regression by maximum likelihood, the group effects
    as coefficients; the measure is Pearson's: the sum of ``(y - mu)^2 / mu`` over the
    rows left after the parameters (McCullagh & Nelder 1989, section 6.2).
    """
    bound, table = subject.bound, subject.table
    if bound.family.name != "poisson" or bound.link.name != "log":
        return
    if len(_effects(bound)) > _MOST_COLUMNS:
        return
    if any(one.membership is not None for one in bound.groupings):
        return  # of such effects the regression below knows nothing
    table = _some(subject)
    ratio = _dispersion(subject, table)
    if ratio is None:
        return
    value = subject.option("family")
    yield Finding(
        bound.response.span if value is None else value.span,
        f"the counts `{bound.response.name}` vary about {ratio:.2g} times as much "
        "around their means as Poisson counts do",
        (
            "intervals would be too narrow; `family=negbinomial` has a parameter for "
            "the rest, and so has `(1 | row)`, if `row` numbers the rows",
        ),
        subject.set_family("negbinomial"),
    )


def _some(subject: LintedModel) -> Table:
    """Return rows enough to see it: those of the first levels of each grouping."""
    table, groupings = subject.table, subject.bound.groupings
    left = _MOST_COLUMNS - len(_effects(subject.bound))
    kept = np.arange(table.rows)
    for grouping in groupings:
        most = max(2, left // (len(groupings) * len(grouping.columns)))
        _, codes = subject.codes(grouping.factors[0])
        kept = kept[codes[kept] < most]
        if len(grouping.factors) > 1:
            kept = kept[_places(grouping, subject, kept) < most]
    if len(kept) > _MOST_ROWS:
        kept = kept[np.linspace(0, len(kept) - 1, _MOST_ROWS).astype(np.int64)]
    return table.take(kept)


def _places(grouping: Grouping, subject: LintedModel, rows: Ints) -> Ints:
    """Return the places of some rows among the combinations that these have."""
    codes = [subject.codes(factor)[1][rows] for factor in grouping.factors]
    _, places = np.unique(np.column_stack(codes), axis=0, return_inverse=True)
    return np.asarray(places, dtype=np.int64).reshape(-1)


def _dispersion(subject: LintedModel, table: Table) -> float | None:
    """Return how many times as much as Poisson's the counts vary, if it is much."""
    bound = subject.bound
    matrix = _columns(subject, table)
    if table.total <= matrix.shape[1] + _FEWEST or matrix.shape[1] > 2 * _MOST_COLUMNS:
        return None
    known = np.zeros(table.rows)
    for offset in offsets(bound):
        known = known + evaluate(offset.expression, table)
    y = response_values(bound.response, table)
    weights = (
        np.ones(table.rows) if table.counts is None else table.counts.astype(float)
    )
    if not (y > 0).any():
        return None
    mu, rank = _fitted(matrix, y, weights, known)
    free = float(weights.sum()) - rank
    if mu is None or free < _FEWEST:
        return None
    pearson = float(weights @ (np.square(y - mu) / mu))
    # the variance of Pearson's terms is 2 + 1 / mu where the counts are Poisson
    error = float(np.sqrt(weights @ (2.0 + 1.0 / mu)))
    if pearson <= _TIMES * free or pearson - free <= _ERRORS * error:
        return None
    return pearson / free


def _effects(bound: BoundModel) -> tuple[DesignColumn, ...]:
    """Return the population's columns; of a monotonic one a column for each step."""
    steps = [step for one in bound.population.specials for step in one.steps]
    curves = [column for one in bound.population.smooths for column in one.columns]
    return (*bound.population.columns, *steps, *curves)


def _columns(subject: LintedModel, table: Table) -> Floats:
    """Return the population's columns and those of the groups' effects."""
    bound = subject.bound
    blocks = [np.ones((table.rows, 1))]
    blocks.append(evaluate_columns(_effects(bound), table))
    for grouping in bound.groupings:
        codes = [coded_values(table.columns[f])[1] for f in grouping.factors]
        stacked = np.column_stack(codes)
        used, places = np.unique(stacked, axis=0, return_inverse=True)
        effects = evaluate_columns(grouping.columns, table)
        for effect in effects.T:
            block = np.zeros((table.rows, len(used)))
            block[np.arange(table.rows), places.reshape(-1)] = effect
            blocks.append(block)
    return np.hstack(blocks)


def _fitted(
    matrix: Floats, y: Floats, weights: Floats, known: Floats
) -> tuple[Floats | None, int]:
    """Return the means of a Poisson regression, and how many parameters it has."""
    # beside an intercept: times since 1970 are no multiples of it
    counts = weights.astype(np.int64)
    matrix = np.column_stack(
        [matrix[:, :1], matrix[:, 1:] - means(matrix[:, 1:], counts)]
    )
    length = np.sqrt(weights @ np.square(matrix))
    matrix = matrix[:, length > 0] / length[length > 0]
    mean = np.average(y, weights=weights)
    mu = (y + mean) / 2.0
    eta = np.log(mu)
    # groups without any count have a mean that falls for ever
    low, high = np.log(mean) - 30.0, np.log(mean) + 30.0
    rank = 0
    for _ in range(_STEPS):
        working = eta - known + (y - mu) / mu
        weighted = matrix * (weights * mu)[:, None]
        values, vectors = np.linalg.eigh(weighted.T @ matrix)
        kept = values > 1e-9 * values[-1]
        rank = int(kept.sum())
        vectors = vectors[:, kept]
        solution = vectors @ ((vectors.T @ (weighted.T @ working)) / values[kept])
        before, eta = eta, np.clip(known + matrix @ solution, low, high)
        mu = np.exp(eta)
        if not np.isfinite(mu).all():
            return None, rank
        # in sds of the counts, of which there may be 10^12: their sum says nothing
        if float(np.max(np.abs(eta - before) * np.sqrt(mu))) < _CLOSE:
            # groups without any count have a mean of almost 0, and add nothing
            return np.maximum(mu, 1e-6), rank
    return None, rank
