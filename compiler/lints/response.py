"""Lints of the response: a family that its values do not look like."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from varying.grammar.printer import name_text
from varying.grammar.spelling import spell_number

from ..bind.bound import BoundModel
from ..bind.estimated import residual_scale
from ..data.spread import dependencies, is_constant, is_same, rounding_of, two_values
from ..data.table import Floats, Kind, Table
from ..expressions.evaluation import evaluate
from ..formula.design import evaluate_columns
from .codes import codes_of, how_to_declare
from .far_off import far_off
from .subject import Finding, LintedModel, listed

#: Families whose response is any number.
_UNBOUNDED = ("gaussian", "student")
#: From so many rows on their values say something.
_FEWEST_ROWS = 10
#: With fewer rows beyond the columns a fit may be exact by chance.
_FEWEST_RESIDUALS = 3
#: Of so many rows it is looked for first; of more columns it is not looked for.
_MOST_ROWS, _MOST_COLUMNS = 100_000, 50
#: The longest scales that are steps and no measure: 0 to 10, and -5 to 5.
_LONGEST, _LONGEST_BIPOLAR = 10, 5
#: A bound is a spike with this share of the rows, ...
_SPIKE = 0.1
#: ... if no value between has a third of that, and so many values are between.
_TIMES, _BETWEEN = 3, 10
#: From so many rows on a share of a tenth is no chance.
_FEWEST_FOR_SPIKES = 20


def binary(subject: LintedModel) -> Iterator[Finding]:
    """Find two values that are fitted by a normal distribution."""
    bound, values = subject.bound, subject.response
    if bound.family.name not in _UNBOUNDED or subject.table.total < _FEWEST_ROWS:
        return
    codes = codes_of(np.unique(values).tolist())
    values = values[~np.isin(values, codes)]
    if two_values(values) is None:
        return
    low, high = float(values.min()), float(values.max())
    name = bound.response.name
    zero_one = (low, high) == (0.0, 1.0)
    yield Finding(
        bound.response.span,
        f"the response `{name}` has two values, and {bound.family.shown} is for "
        "measurements",
        (
            "`family=bernoulli` is for two values: its predictions stay between 0 and 1"
            if zero_one
            else "`family=bernoulli` is for two values; as numbers they are to be 0 "
            f"and 1: `let hit = ifelse({name} == {spell_number(high)}, 1, 0)`",
        ),
        subject.set_family("bernoulli") if zero_one and not codes else None,
    )


def exact(subject: LintedModel) -> Iterator[Finding]:
    """Find a response that is a linear combination of the predictors' columns."""
    bound, table = subject.bound, subject.table
    columns = bound.main.population.columns
    if bound.family.name not in _UNBOUNDED or not columns:
        return
    if table.total - len(columns) < _FEWEST_RESIDUALS or len(columns) > _MOST_COLUMNS:
        return
    if residual_scale(bound, table) == "known":
        return
    if table.rows > _MOST_ROWS:
        # what does not hold of some rows does not hold of all
        some = np.arange(_MOST_ROWS)
        if _made_of(bound, table.take(some), subject.response[some]) is None:
            return
    names = _made_of(bound, table, subject.response)
    if not names:
        return
    yield Finding(
        bound.response.span,
        f"the response `{bound.response.name}` is an exact combination of "
        f"{listed(names)}: no residual is left",
        (
            "the nearer sigma is to 0, the likelier is the data, without an end: what "
            "is sampled is of no use",
            "see whether the response was computed from the predictors",
        ),
    )


def _made_of(bound: BoundModel, table: Table, values: Floats) -> list[str] | None:
    """Return the columns that a response is a combination of, or None.

    A constant is made of no column.
    """
    population = bound.main.population
    for offset in population.offsets:
        values = values - evaluate(offset.expression, table)
    if is_constant(values):
        return []
    design = evaluate_columns(population.columns, table)
    ones = [np.ones(table.rows)] if population.intercept else []
    matrix = np.column_stack([*ones, design, values])
    made = dependencies(
        matrix,
        [rounding_of(column) for column in matrix.T],
        table.counts,
        # a response is not written to few digits by chance
        [True] * matrix.shape[1],
    ).get(matrix.shape[1] - 1)
    if made is None:
        return None
    return [population.columns[at - len(ones)].name for at in made if at >= len(ones)]


def bounded(subject: LintedModel) -> Iterator[Finding]:
    """Find whole numbers between two bounds that are fitted by a normal one."""
    bound = subject.bound
    response = bound.response
    if bound.family.name not in _UNBOUNDED or response.expression is not None:
        return
    if response.limits:
        return
    info = subject.schema.columns[response.column]
    low, high = info.minimum, info.maximum
    if low is None or high is None or not info.whole:
        return
    distinct = info.distinct or 0
    codes = () if info.kind is Kind.ORDERED else codes_of(info.numbers or ())
    if codes:
        # what is left is judged without them
        rest = [number for number in info.numbers or () if number not in codes]
        low, high, distinct = rest[0], rest[-1], len(rest)
    if info.kind is Kind.ORDERED:
        # the bounds are declared, so nothing is guessed
        if high - low < 2:
            return
        kind = f"is declared as categories from {low:g} to {high:g}"
    else:
        short = 0 <= low and high <= _LONGEST
        bipolar = low == -high and high <= _LONGEST_BIPOLAR
        few = subject.table.total < _FEWEST_ROWS or distinct < 3
        if few or not (short or bipolar or _is_slider(low, high, subject)):
            return
        kind = f"is whole numbers from {low:g} to {high:g}"
    notes = [
        f"for ratings: `family=ordlogit` with `column {name_text(response.column)}: "
        f"ordered({low:g}..{high:g})`"
        if low >= 0
        else "for ratings: `family=ordlogit`"
    ]
    if info.kind is not Kind.ORDERED and low >= 0:
        notes.append("for counts: `family=negbinomial` or `family=poisson`")
        if low == 0:
            notes.append("for hits of a known number of trials: `family=binomial`")
    yield Finding(
        response.span,
        f"the response `{response.name}` {kind}: {bound.family.shown} knows neither "
        "steps nor bounds",
        tuple(notes),
    )


def _is_slider(low: float, high: float, subject: LintedModel) -> bool:
    """Whether whole numbers go from one end of 0 to 100 to the other, as sliders do."""
    ends = low in (0.0, 1.0) and high in (99.0, 100.0)
    # as a count it would have to end there by chance
    return ends and subject.table.total >= _FEWEST_ROWS


def spike(subject: LintedModel) -> Iterator[Finding]:
    """Find a response many of whose values are its lowest or its highest."""
    bound, values, table = subject.bound, subject.response, subject.table
    if bound.response.limits:
        return
    if bound.family.name not in _UNBOUNDED or table.total < _FEWEST_FOR_SPIKES:
        return
    found = _spikes(values, subject)
    if not found:
        return
    name = bound.response.name
    where = " and ".join(
        f"{round(100 * share)} % of its rows at its {end} value, {value:g}"
        for end, value, share in found
    )
    whole = bool(np.all(values == np.floor(values)))
    notes = ["a normal distribution has no point where values pile up"]
    low, high = float(values.min()), float(values.max())
    apart = [value for _, value, _ in found if _lies_apart(values, value)]
    if apart and bound.response.expression is None:
        notes += _no_answers(apart, values, subject)
    elif whole and low >= 0:
        notes.append(
            "for ratings: `family=ordlogit`, with all categories declared: `column "
            f"{name_text(bound.response.column)}: ordered({low:g}..{high:g})`"
        )
        if low == 0 and bound.response.expression is None:
            share = f"{name_text(bound.response.column)}/{high:g}"
            notes.append(f"for ratings as shares: `family=ordered_beta` of `{share}`")
        if low == 0 and [end for end, _, _ in found] == ["lowest"]:
            notes.append("for counts: `family=negbinomial`")
    elif low >= 0.0 and high <= 1.0:
        notes.append("`family=ordered_beta` is for shares from 0 to 1, both among them")
    else:
        notes.append(
            "`family=ordlogit` has any share at any value: round the response to at "
            "most a hundred values first, in a `let`"
        )
    yield Finding(
        bound.response.span, f"the response `{name}` has {where}", tuple(notes)
    )


def _lies_apart(values: Floats, end: float) -> bool:
    """Whether an end is further from the others than their own quarter is wide."""
    others = np.abs(values[~is_same(values, end)] - end)
    nearest, quarter = float(others.min()), float(np.quantile(others, 0.25))
    return nearest > quarter - nearest


def _no_answers(
    apart: Sequence[float], values: Floats, subject: LintedModel
) -> list[str]:
    """Return what to say of ends that may stand for no answer."""
    response = subject.bound.response
    others = values[~np.any([is_same(values, end) for end in apart], axis=0)]
    listed = " and ".join(f"`{end:g}`" for end in apart)
    codes = ", ".join(f"{end:g}" for end in apart)
    declared = how_to_declare(response.column, codes, "numeric", subject)
    notes = [
        f"{listed} {'lies' if len(apart) == 1 else 'lie'} apart from the others, which "
        f"are between {others.min():.4g} and {others.max():.4g}: if no answer was "
        f"given there, it is missing: {declared}"
    ]
    if apart == [0.0] and others.min() > 0:
        notes.append("if 0 is an answer: `family=hurdle_lognormal`")
    if apart[-1] > others.max():
        notes.append(
            f"if it is beyond {apart[-1]:g}, it is censored: "
            f"`{name_text(response.column)} | cens(...)`"
        )
    return notes


def _spikes(values: Floats, subject: LintedModel) -> list[tuple[str, float, float]]:
    """Return which ends are spikes: which end, its value, its share of the rows."""
    table = subject.table
    low, high = float(values.min()), float(values.max())
    ends = [("lowest", low), ("highest", high)]
    at = [is_same(values, value) for _, value in ends]
    shares = [table.count(there) / table.total for there in at]
    likely = [share >= _SPIKE for share in shares]
    if low == 0.0 and not likely[0] and low in far_off(values, table.counts):
        # zeros that are few, and so far off that they are no small values
        return [("lowest", low, shares[0])]
    if is_constant(values) or not any(likely):
        return []
    between = ~(at[0] | at[1])
    weights = None if table.counts is None else table.counts[between]
    distinct, places = np.unique(values[between], return_inverse=True)
    if len(distinct) < _BETWEEN:
        return []
    most = float(np.bincount(places, weights=weights).max()) / table.total
    return [
        (end, value, share)
        for (end, value), share, is_likely in zip(ends, shares, likely, strict=True)
        if is_likely and share >= _TIMES * most
    ]
