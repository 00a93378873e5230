"""Lints of group terms: slopes that are missing, and effects that are too many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from varying.grammar.diagnostics import Edit, Fix
from varying.grammar.printer import expression_text, name_text
from varying.grammar.source import Span
from varying.grammar.tree import LetStatement

from ..bind.bound import BoundPredictor, Grouping, GroupTerm
from ..bind.estimated import DesignValues
from ..data.spellings import quoted
from ..data.spread import is_constant, two_values
from ..expressions.calls import formulas, stateful_calls
from ..expressions.evaluation import evaluate
from ..expressions.rounding import rounding
from ..formula.columns import INTERCEPT, DesignColumn, Numeric
from ..formula.places import columns_read
from ..lower.increments import increments, variables_made
from .subject import Finding, LintedModel, listed

#: Slopes over fewer levels are not asked for.
_FEWEST_LEVELS = 5
#: A factor varies within a level if this share of the levels has several of it: an
#: experiment has nearly all, a survey some.
_WITHIN = 0.9
#: Columns and rows by which a span is judged.
_MOST_COLUMNS, _SAMPLE = 500, 20_000
#: Rows for each combination of level and cell: from one alone no slope can be told.
_REPLICATES = 2


def without_effect(subject: LintedModel) -> Iterator[Finding]:
    """Find `(x | g)` without `x`: slopes that vary around 0.

    A curve of ``x`` has ``x`` in it: what the columns of the population add up to has
    an effect.
    """
    for part in subject.bound.predictors:
        known = [columns_read(column) for column in part.population.known]
        known += [columns_read(_single(offset)) for offset in part.population.offsets]
        for grouping in part.groupings:
            for term in grouping.terms:
                missing = [
                    column
                    for column in term.columns
                    if (read := columns_read(column))
                    and not any(read <= other for other in known)
                ]
                missing = _beside(missing, part, subject)
                if missing:
                    labels = dict.fromkeys(column.term for column in missing)
                    yield _without([*labels], grouping, term)


def _beside(
    columns: Sequence[DesignColumn], part: BoundPredictor, subject: LintedModel
) -> list[DesignColumn]:
    """Return those columns that the population's do not add up to."""
    known = part.population.known
    if part.population.centered:
        known = (INTERCEPT, *known)
    if not columns or not known or len(known) > _MOST_COLUMNS:
        return [*columns]
    rows = np.arange(0, subject.table.rows, max(1, subject.table.rows // _SAMPLE))
    table = subject.table.take(rows.astype(np.int64))
    there = DesignValues.of(known, table).span(DesignValues.of(columns, table))
    return [column for column, found in zip(columns, there, strict=True) if not found]


def _without(labels: list[str], grouping: Grouping, term: GroupTerm) -> Finding:
    added = " + ".join(labels)
    several = len(labels) > 1
    start = term.span.start
    return Finding(
        term.span,
        f"{listed(labels)} {'vary' if several else 'varies'} between the levels of "
        f"`{grouping.name}` and {'have' if several else 'has'} no effect of "
        f"{'their' if several else 'its'} own",
        ("the effects of the levels then vary around 0",),
        Fix(f"add {quoted(added)}", (Edit(Span(start, start), f"{added} + "),)),
    )


def _single(variable: Numeric) -> DesignColumn:
    return DesignColumn(variable.label, variable.label, (variable,))


def too_many_effects(subject: LintedModel) -> Iterator[Finding]:
    """Find groupings with as many effects as there are rows, or more."""
    rows = subject.table.total
    for part in subject.bound.predictors:
        residual = part.main and any(
            dpar.name == "sigma" for dpar in subject.bound.family.dpars
        )
        for grouping in part.groupings:
            effects, levels = len(grouping.columns), len(grouping.levels)
            total = effects * levels
            # one effect a row is for `single-rows` to judge
            if rows > total or (rows == total and (not residual or effects == 1)):
                continue
            each = rows / levels
            yield Finding(
                grouping.terms[-1].span,
                f"the {levels:,} levels of `{grouping.name}` have {effects} effects "
                f"each, {total:,} in all, and there are {rows:,} rows",
                (
                    f"with {each:.2g} row{'' if each == 1 else 's'} a level the data "
                    "cannot tell them apart: the priors do",
                ),
            )


def missing_slope(subject: LintedModel) -> Iterator[Finding]:
    """Find factors that vary within levels and have no slope there.

    Barr, Levy, Scheepers & Tily 2013, Journal of Memory and Language 68: 255-278.
    """
    part = subject.bound.main
    terms = _factor_terms(part, subject)
    for grouping in part.partitions:
        if len(grouping.levels) < _FEWEST_LEVELS:
            continue
        missing = [
            label
            for label, read in terms.items()
            if not _has_slope(part, grouping, read)
            and _varies_within(grouping, sorted(read), subject)
        ]
        if not missing:
            continue
        effects = [column.term for column in grouping.columns]
        block = " + ".join([*dict.fromkeys(effects), *missing])
        group = ":".join(name_text(factor) for factor in grouping.factors)
        several = len(missing) > 1
        yield Finding(
            grouping.terms[0].span,
            f"{listed(missing)} {'vary' if several else 'varies'} within the levels of "
            f"`{grouping.name}` and {'have' if several else 'has'} no slope there",
            (
                f"if the levels differ in {'these effects' if several else 'it'}, "
                "intervals of the population's are too narrow; with a slope: "
                f"`({block} | {group})`",
            ),
        )


def _factor_terms(
    part: BoundPredictor, subject: LintedModel
) -> dict[str, frozenset[str]]:
    """Return the terms that are made of factors alone, and the columns of each.

    A number with two values is a factor that somebody coded by hand.
    """
    found: dict[str, frozenset[str]] = {}
    two: dict[Numeric, bool] = {}
    for column in part.population.columns:
        numbers = [one for one in column.parts if isinstance(one, Numeric)]
        for number in numbers:
            if number not in two:
                two[number] = _has_two_values(number, subject)
        if all(two[number] for number in numbers):
            found.setdefault(column.term, columns_read(column))
    return found


def _has_two_values(number: Numeric, subject: LintedModel) -> bool:
    names = columns_read(_single(number))
    if len(names) != 1:
        return False
    (name,) = names
    of = subject.table.columns[name]
    if of.kind.is_number and two_values(of.values, of.rounding) is None:
        return False
    if not of.kind.is_number and subject.schema.columns[name].distinct != 2:
        return False
    values = evaluate(number.expression, subject.table)
    return not is_constant(values, rounding(number.expression, subject.table))


def _has_slope(part: BoundPredictor, grouping: Grouping, read: frozenset[str]) -> bool:
    """Whether effects may differ between the levels, by a slope or by cells."""
    factors = frozenset(grouping.factors)
    if any(read <= columns_read(column) for column in grouping.columns):
        return True
    return any(factors | read <= frozenset(other.factors) for other in part.partitions)


def _varies_within(grouping: Grouping, names: list[str], subject: LintedModel) -> bool:
    """Whether nearly all levels have several values of each column, and replicates.

    What each level has to itself, as a region has its towns, differs between them and
    has no effect that could do so.
    """
    factors = grouping.factors
    for name in names:
        cells = subject.cells(*factors, name)
        if len(cells[0]) == len(np.unique(cells[-1])):
            return False
        levels = np.column_stack(cells[: len(factors)])
        # cells are sorted, so those of one level are beside each other
        changes = np.any(np.diff(levels, axis=0) != 0, axis=1)
        sizes = np.diff(np.flatnonzero(np.concatenate([[True], changes, [True]])))
        if float(np.mean(sizes > 1)) < _WITHIN:
            return False
    combinations = len(subject.cells(*factors, *names)[0])
    return subject.table.total >= _REPLICATES * combinations


def lag_across(subject: LintedModel) -> Iterator[Finding]:
    """Find ``lag()`` without ``by=`` where the model has groups."""
    groupings = [g for part in subject.bound.predictors for g in part.partitions]
    if not groupings or "lag" not in subject.spec.source.text:
        return
    lets = [
        s.expression for s in subject.spec.statements if isinstance(s, LetStatement)
    ]
    formulas_ = [formula.terms for formula in formulas(subject.statement)]
    for expression in (*lets, *formulas_):
        for call in stateful_calls(expression):
            given = {a.keyword.text for a in call.arguments if a.keyword is not None}
            if call.function.text != "lag" or "by" in given:
                continue
            names = groupings[0].factors
            text, by = expression_text(call), ":".join(map(name_text, names))
            yield Finding(
                call.span,
                f"`{text}` goes on from one level of `{by}` to the next",
                (
                    "the first row of each has the last value of another one; within "
                    f"each: `{text[:-1]}, by = {by})`",
                ),
                Fix(
                    f"add `by={by}`",
                    (Edit(Span(call.span.end - 1, call.span.end - 1), f", by={by}"),),
                    safe=False,
                ),
            )


def uncorrelated_far_away(subject: LintedModel) -> Iterator[Finding]:
    """Find levels and slopes that are uncorrelated at a 0 that no row is near to.

    At ``x`` their sum has the variance ``sd0^2 + x^2 sd1^2``: where ``x`` is a year,
    slopes that differ a little make levels that differ by thousands of years of it.
    """
    made = variables_made(subject.prepared.computed)
    for part in subject.bound.predictors:
        for grouping in part.groupings:
            if len(grouping.terms) == 1 and grouping.terms[0].correlated:
                continue  # no two are uncorrelated, and columns take time to compare
            columns = grouping.columns
            terms = [term for term in grouping.terms for _ in term.columns]
            found = increments(
                columns, subject.table, made, constant=False, levels=True
            )
            for place, far in enumerate(found.at_means):
                if not far:
                    continue
                apart = [
                    other
                    for other in np.flatnonzero(found.basis[place]).tolist()
                    if other != place
                    and not (terms[other] is terms[place] and terms[other].correlated)
                ]
                for other in apart[:1]:
                    yield _far_away(far, columns[place], columns[other], terms[other])


def _far_away(
    far: Sequence[str], one: DesignColumn, other: DesignColumn, term: GroupTerm
) -> Finding:
    names = listed(far)
    return Finding(
        term.span,
        f"{quoted(one.name)} and {quoted(other.name)} are uncorrelated where {names} "
        "is 0, far from the data",
        (
            "at the data they are then correlated, nearly as much as can be, and "
            "slopes that differ a little make levels that differ beyond all bounds",
            f"centre it, such as by `center({far[0]})`, or let them be correlated: one "
            "bar instead of two",
        ),
    )
