"""Lints of effects that the data cannot tell apart, so that priors divide them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np

from varying.grammar.printer import name_text
from varying.grammar.source import Span

from ..bind.bound import BoundPredictor, Grouping
from ..bind.estimated import (
    DesignValues,
    fixed_at,
    residual_scale,
    rows_of_levels,
    sd_targets,
)
from ..data.codes import group_index
from ..data.spellings import quoted
from ..data.spread import DEPENDENT, ROUNDINGS, centered
from ..data.table import Floats, Ints
from ..expressions.evaluation import evaluate
from ..formula.columns import INTERCEPT, Coded, DesignColumn
from .subject import Finding, LintedModel, listed

#: Nearly all: but for a tenth, and for fewer than so many.
_NEARLY, _FEW = 0.1, 5
#: Pairs of rows of one level from which a correlation is known to about 0.2.
_PAIRS = 30
#: Rows that are looked at first, and what may be multiplied to look at all.
_SAMPLE, _HEAD, _MOST_WORK = 2_000, 50_000, 4e9
#: Population columns beyond which no span is looked for.
_MOST_COLUMNS = 500
#: Effects of a level beyond which they are not compared.
_MOST_EFFECTS = 100


# ---- single rows ---------------------------------------------------------------------


def single_rows(subject: LintedModel) -> Iterator[Finding]:
    """Find groups nearly all of whose levels have one row, which says too little.

    A number beside a residual of unknown size, one 0 or 1, one category: how much
    levels differ is learned from rows of one level that are alike.
    """
    bound, part = subject.bound, subject.bound.main
    kind = _kind(subject)
    if kind is None:
        return
    for grouping in part.partitions:
        if not _free(grouping.columns, grouping, part, subject):
            continue
        rows, name = _observations(grouping, subject), grouping.name
        several = int((rows > 1).sum())
        if not nearly_single(rows):
            continue
        if not several:
            message = f"each level of `{name}` has a single row"
            if kind == "binary":
                ordinal = bound.family.of_categories
                message += f", and one {'category' if ordinal else '0 or 1'} does not "
                message += "say how much levels differ"
            yield Finding(grouping.span, message, _single(kind, grouping, subject))
        elif kind != "shape":
            yield Finding(
                grouping.span,
                f"only {several} of the {len(rows):,} levels of `{name}` "
                f"{'has' if several == 1 else 'have'} more than one row",
                (
                    f"`sd[{name}]` is known from {'it' if several == 1 else 'these'}, "
                    "and else from its prior",
                ),
            )


def nearly_single(rows: Floats) -> bool:
    """Whether nearly all levels with so many rows have one, and few have more."""
    pairs = float(np.sum(rows * (rows - 1) / 2))
    return int((rows > 1).sum()) <= _NEARLY * len(rows) and pairs < _PAIRS


def _kind(
    subject: LintedModel,
) -> Literal["binary", "shape", "constant", "varying"] | None:
    """Say what a single row cannot be told from; None where it can be used."""
    family = subject.bound.family
    scale = residual_scale(subject.bound, subject.table)
    if scale in ("constant", "varying"):
        return "constant" if scale == "constant" else "varying"
    if scale == "known":
        return None
    if family.response in ("binary", "successes", "ordinal", "nominal"):
        return "binary"
    shape = any(dpar.name == "shape" for dpar in family.dpars)
    if shape and fixed_at(subject.bound, f"{subject.bound.target}shape") is None:
        return "shape"
    return None


def _single(kind: str, grouping: Grouping, subject: LintedModel) -> tuple[str, ...]:
    """Return the notes on a group of single rows."""
    sds = f"`sd[{grouping.name}]`"
    if kind == "binary":
        return (
            f"the prior alone decides {sds}, and the scale of all effects with it: "
            "leave the term out",
        )
    if kind == "shape":
        return (
            f"{sds} and `shape` both say how much more the counts vary than those of a "
            "Poisson: leave one of them out",
        )
    terms = dict.fromkeys(c.term for c in grouping.columns if c != INTERCEPT)
    what = "`sigma`" if kind == "varying" else listed([*terms])
    verb = "varies" if kind == "varying" or len(terms) == 1 else "vary"
    notes = (
        f"its effects and the residuals are told apart by how {what} {verb} from row "
        "to row, and else by the priors",
    )
    if kind == "constant":
        return notes
    return (
        *notes,
        "known standard errors have no intercept beside them: "
        "`sigma ~ 0 + offset(log(se))`",
    )


def _free(
    columns: Sequence[DesignColumn],
    grouping: Grouping,
    part: BoundPredictor,
    subject: LintedModel,
) -> bool:
    """Whether an sd among those of some columns is estimated."""
    return any(
        fixed_at(subject.bound, target) is None
        for column in columns
        for target in sd_targets(part, grouping, column)
    )


def _observations(grouping: Grouping, subject: LintedModel) -> Floats:
    """Return how many observations each level has: rows, or trials in them."""
    table = subject.table
    trials = dict(subject.bound.response.known).get("trials")
    if trials is None:
        return rows_of_levels(grouping, table)
    weights = evaluate(trials.expression, table)
    if table.counts is not None:
        weights = weights * table.counts
    index = group_index(grouping.factors, grouping.levels, table)
    return np.bincount(index, weights=weights, minlength=len(grouping.levels))


# ---- groups that are the same --------------------------------------------------------


def aliased_groups(subject: LintedModel) -> Iterator[Finding]:
    """Find two grouping factors that part the rows in the same way, or nearly."""
    for part in subject.bound.predictors:
        known: list[tuple[Grouping, Ints]] = []
        for grouping in part.partitions:
            index = group_index(grouping.factors, grouping.levels, subject.table)
            for other, places in known:
                finding = _aliased(other, places, grouping, index, part, subject)
                if finding is not None:
                    yield finding
                    break
            known.append((grouping, index))


def _aliased(
    one: Grouping,
    ones: Ints,
    two: Grouping,
    twos: Ints,
    part: BoundPredictor,
    subject: LintedModel,
) -> Finding | None:
    sizes = len(one.levels), len(two.levels)
    if min(sizes) < 2 or max(sizes) - min(sizes) >= _FEW:
        return None
    cells = len(np.unique(ones * sizes[1] + twos))
    more = cells - min(sizes)
    if more >= _FEW or more > _NEARLY * min(sizes):
        return None
    if max(len(one.columns), len(two.columns)) > _MOST_EFFECTS:
        return None
    ones_of, twos_of = (
        DesignValues.of(grouping.columns, subject.table) for grouping in (one, two)
    )
    found = zip(two.columns, ones_of.span(twos_of), strict=True)
    shared = [column for column, there in found if there]
    if not _free(shared, two, part, subject) or not _free(
        one.columns, one, part, subject
    ):
        return None
    names = f"`{one.name}` and `{two.name}`"
    if more:
        text = f"{names} part the rows in the same way but for {more} of their levels"
        note = "how much each varies is known from these, and else from the priors"
    else:
        text = f"{names} part the rows in the same way: their levels are the same"
        note = (
            "only the sum of their effects is known, and the priors divide it: leave "
            "one of them out"
        )
    return Finding(two.span, text, (note,))


# ---- groups that the population has --------------------------------------------------


def group_in_population(subject: LintedModel) -> Iterator[Finding]:
    """Find `f + (1 | f)`: each level has an effect of its own in the population."""
    for part in subject.bound.predictors:
        columns = _estimated(part, subject)
        fewest = min((len(g.levels) for g in part.partitions), default=0)
        if not fewest or not fewest <= len(columns) <= _MOST_COLUMNS:
            continue
        known = DesignValues.of(columns, subject.table)
        for grouping in part.partitions:
            if len(grouping.levels) > len(columns):
                continue
            index = group_index(grouping.factors, grouping.levels, subject.table)
            there = [
                column
                for column in grouping.columns
                if _in_span(
                    known,
                    DesignValues.of((column,), subject.table),
                    index,
                    len(grouping.levels),
                )
            ]
            if there and _free(there, grouping, part, subject):
                yield _in_population(there, grouping, index, part, subject)


def _estimated(part: BoundPredictor, subject: LintedModel) -> tuple[DesignColumn, ...]:
    """Return the columns of the population whose effects no prior fixes."""
    bound, population = subject.bound, part.population
    location = f"{part.target}Intercept"
    free = fixed_at(bound, location, f"{location}[mean]") is None
    there = population.centered and free
    return (
        *((INTERCEPT,) if there else ()),
        *(
            column
            for column in population.columns
            if fixed_at(bound, f"{part.target}b[{column.name}]") is None
        ),
    )


def _in_span(
    known: DesignValues, effect: DesignValues, index: Ints, levels: int
) -> bool:
    """Whether columns can be the values of each level, in its rows alone.

    What is not so in some rows is not so in all; where all are too many, nothing is
    said.
    """
    rows = len(index)
    some = np.arange(0, rows, max(1, rows // _SAMPLE))
    if not _each(known.take(some), effect.take(some), index[some], levels):
        return False
    if len(some) == rows:
        return True
    work = rows * (len(known) + levels) ** 2
    return work <= _MOST_WORK and _each(known, effect, index, levels)


def _each(known: DesignValues, effect: DesignValues, index: Ints, levels: int) -> bool:
    dummies = (index[:, None] == np.arange(levels)) * effect.matrix
    return known.span_all(DesignValues(dummies, effect.roundings * levels))


def _in_population(
    there: Sequence[DesignColumn],
    grouping: Grouping,
    index: Ints,
    part: BoundPredictor,
    subject: LintedModel,
) -> Finding:
    name = grouping.name
    by = _finer(grouping, index, part, subject)
    what = "an effect"
    if INTERCEPT not in there:
        what = f"a slope of {listed([column.name for column in there])}"
    through = "" if by == name else f", by {quoted(by)}"
    targets = [t for column in there for t in sd_targets(part, grouping, column)]
    sds = ", ".join(f"`{target}`" for target in targets)
    return Finding(
        grouping.span,
        f"each level of `{name}` has {what} in the population already{through}",
        (
            f"the two are not told apart, and {sds} "
            + ("is" if len(targets) == 1 else "are")
            + " known from the prior alone: leave one of them out",
        ),
    )


def _finer(
    grouping: Grouping, index: Ints, part: BoundPredictor, subject: LintedModel
) -> str:
    """Return the factor of the population that tells the levels, or its terms."""
    coded = {
        one.factor: None
        for column in part.population.columns
        for one in column.parts
        if isinstance(one, Coded)
    }
    for factor in coded:
        levels, codes = subject.codes(factor)
        if len(np.unique(index * len(levels) + codes)) == len(np.unique(codes)):
            return name_text(factor)
    own = set(grouping.factors)
    crossed = [factor for factor in coded if factor in own] or [*coded]
    terms = [column.term for column in part.population.columns]
    return ":".join(map(name_text, crossed)) or listed([*dict.fromkeys(terms)])


# ---- slopes that are intercepts ------------------------------------------------------


def constant_slope(subject: LintedModel) -> Iterator[Finding]:
    """Find `(1 + w | g)` with a ``w`` that is the same in all rows of a level.

    So are the columns that other effects add up to within each level.
    """
    for part in subject.bound.predictors:
        for grouping in part.partitions:
            columns = grouping.columns
            rows = rows_of_levels(grouping, subject.table)
            # fewer rows than effects have a rule of their own
            few = subject.table.total <= len(columns) * len(rows)
            if few or INTERCEPT not in columns or not 1 < len(columns) < _MOST_EFFECTS:
                continue
            ordered = [
                INTERCEPT,
                *(column for column in columns if column != INTERCEPT),
            ]
            index = group_index(grouping.factors, grouping.levels, subject.table)
            some = np.arange(min(subject.table.rows, _HEAD))
            first_rows = DesignValues.of(ordered, subject.table.take(some))
            new, vary = _told_apart(first_rows, index[some], len(rows))
            # what is told apart in some rows is so in all
            if min(*new, *vary) >= _FEW:
                continue
            if len(some) < len(index):
                every = DesignValues.of(ordered, subject.table)
                new, vary = _told_apart(every, index, len(rows))
            levels = int((rows > 1).sum())
            constant: dict[str, int] = {}
            spanned_: dict[str, int] = {}
            for column, first, second in zip(ordered[1:], new, vary, strict=True):
                for found, count in ((spanned_, first), (constant, second)):
                    found[column.term] = max(count, found.get(column.term, 0))
            few_of = {
                term: count
                for term, count in constant.items()
                if count < _FEW and count <= _NEARLY * levels
            }
            same = [t for t, n in spanned_.items() if not n and t not in few_of]
            left = [
                term for term in constant if term not in few_of and term not in same
            ]
            block = " + ".join(["1", *left])
            yield from _constant(few_of, same, block, grouping)


def _told_apart(
    columns: DesignValues, index: Ints, levels: int
) -> tuple[list[int], list[int]]:
    """Say in how many levels each column but the first is new, and varies.

    New is what those before it do not add up to, in the rows of the level
    (Gram-Schmidt, in all levels at once); the first is the intercept. What is small
    beside a column's spread over all levels, or beside rounding, is nothing.
    """
    ones = columns.matrix[:, 0]
    sizes = np.sqrt(np.bincount(index, minlength=levels))
    basis = [ones / sizes[index]]
    new: list[int] = []
    vary: list[int] = []
    for column, rounding in zip(
        columns.matrix.T[1:], columns.roundings[1:], strict=True
    ):
        _, rest = centered(column)
        least = max(DEPENDENT * float(np.sqrt(np.mean(rest**2))), ROUNDINGS * rounding)
        rest = _without(rest, basis[:1], index, levels)
        vary.append(int((_norms(rest, index, levels) > least * sizes).sum()))
        for _ in range(2):
            rest = _without(rest, basis, index, levels)
        left = _norms(rest, index, levels)
        new.append(int((left > least * sizes).sum()))
        basis.append(rest / np.where(left > least * sizes, left, np.inf)[index])
    return new, vary


def _without(
    values: Floats, basis: Sequence[Floats], index: Ints, levels: int
) -> Floats:
    """Return what is left of a column beside others, in each level."""
    for unit in basis:
        along = np.bincount(index, values * unit, minlength=levels)
        values = values - along[index] * unit
    return values


def _norms(values: Floats, index: Ints, levels: int) -> Floats:
    return np.sqrt(np.bincount(index, values**2, minlength=levels))


def _constant(
    constant: dict[str, int], same: Sequence[str], block: str, grouping: Grouping
) -> Iterator[Finding]:
    name = grouping.name
    group = ":".join(map(name_text, grouping.factors))
    by = "" if grouping.by is None else name_text(grouping.by.name)
    if by:
        group = f"gr({group}, by={by})"
    without = f"without it: `({block} | {group})`"
    never = [term for term, varies in constant.items() if not varies]
    several = len(never) > 1
    if never:
        yield Finding(
            _place(never[0], grouping),
            f"{listed(never)} {'do' if several else 'does'} not vary within the levels "
            f"of `{name}`, so these have no slope of {'them' if several else 'it'}",
            (
                "the rows of a level do not tell it from the intercept there: the "
                f"priors do; {without}",
                *_of_strata(by, never),
            ),
        )
    for term in same:
        yield Finding(
            _place(term, grouping),
            f"within the levels of `{name}`, the effects beside {quoted(term)} add up "
            "to it",
            (f"the priors divide what they share; {without}",),
        )
    for term, varies in constant.items():
        if varies:
            yield Finding(
                _place(term, grouping),
                f"{quoted(term)} varies within {varies} of the "
                f"{len(grouping.levels):,} levels of `{name}` only",
                ("the sd of its slope is known from these, and else from its prior",),
            )


def _of_strata(by: str, never: Sequence[str]) -> tuple[str, ...]:
    """Return what is said of slopes of the factor that parts the levels."""
    if not by or by not in never:
        return ()
    return (
        f"`by={by}` gives each level of `{by}` an sd of its own already, and the rows "
        f"of one level of `{by}` do not differ in it",
    )


def _place(term: str, grouping: Grouping) -> Span:
    return next(
        one.span for one in grouping.terms if term in [c.term for c in one.columns]
    )
