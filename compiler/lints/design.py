"""Lints of the design: what a coefficient is about, and how many there are."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from varying.grammar.diagnostics import Edit, Fix
from varying.grammar.printer import expression_text, name_text
from varying.grammar.source import Span
from varying.grammar.tree import Call, ColumnStatement, Expr, Name, Power
from varying.grammar.walk import children, postorder

from ..bind.bound import BoundPredictor, GroupTerm
from ..data import weighted
from ..data.spellings import quoted
from ..data.table import Kind
from ..expressions.evaluation import evaluate
from ..expressions.functions import FUNCTIONS
from ..expressions.rounding import rounding
from ..expressions.special import TERMS
from ..formula.columns import Coded, DesignColumn, Numeric
from ..formula.places import place_of
from .subject import Finding, LintedModel, listed

#: More population effects than this, each with the default prior, add up to much.
_MOST_EFFECTS = 10
#: A factor with more levels than this is often a group.
_MANY_LEVELS = 8
#: Of nearly as many levels as rows it is none.
_PER_ROW = 0.9
#: 0 is far from the data if it is so many standard deviations beyond them, or from
#: their mean: of a million rows some are anywhere.
_BEYOND, _FROM_MEAN = 1.0, 4.0


def power(subject: LintedModel) -> Iterator[Finding]:
    """Find powers of one variable: ``x^2`` among terms is ``x``, as in R."""
    for part in subject.bound.predictors:
        if part.body is not None:
            continue  # it is calculated, and there `x^2` is a power
        for node in postorder(part.terms, _between_terms):
            if not isinstance(node, Power) or not isinstance(node.base, Name | Call):
                continue
            if isinstance(node.base, Name) and node.base.text == ".":
                continue  # all other columns
            if isinstance(node.base, Call) and node.base.function.text in TERMS:
                continue  # no number that has a power
            base, text = expression_text(node.base), expression_text(node)
            fix = None
            if isinstance(node.base, Name):
                title = f"write `I({text})`"
                fix = Fix(title, (Edit(node.span, f"I({text})"),), safe=False)
            yield Finding(
                node.span,
                f"`{text}` among terms is {quoted(base)} and no power of it",
                (
                    "`^` says how many variables a term may have; the power of a "
                    f"number is `I({text})`, a curve `poly({base}, 2)`",
                ),
                fix,
            )


def _between_terms(node: Expr) -> tuple[Expr, ...]:
    """Return what stands inside an expression of terms; calls hold no terms."""
    return () if isinstance(node, Call) else children(node)


def uncentered(subject: LintedModel) -> Iterator[Finding]:
    """Find main effects that are about 0 of a number that is never near 0."""
    for part in subject.bound.predictors:
        columns = part.population.effects
        known = {frozenset(column.parts): column for column in columns}
        told: set[Numeric] = set()
        for column in columns:
            for number in column.parts:
                if not isinstance(number, Numeric) or number in told:
                    continue
                rest = known.get(frozenset(column.parts) - {number})
                if rest is None or rest.is_intercept or _is_cell(rest):
                    continue
                told.add(number)
                far = _far_from_0(number, subject)
                if far is None:
                    continue
                low, high = far
                yield Finding(
                    place_of(column, part.terms),
                    f"beside {quoted(column.term)}, the effect {quoted(rest.name)} is "
                    f"the one at {quoted(number.label)} 0, and {quoted(number.label)} "
                    f"is between {low:.4g} and {high:.4g}",
                    (
                        "the interaction is the same whatever 0 means; with "
                        f"{quoted(number.label)} less its mean, {quoted(rest.name)} is "
                        "the effect at the mean",
                    ),
                    _center(number, part),
                )


def _far_from_0(number: Numeric, subject: LintedModel) -> tuple[float, float] | None:
    values = evaluate(number.expression, subject.table)
    low, high = float(np.min(values)), float(np.max(values))
    off = rounding(number.expression, subject.table)
    sd = weighted.sd(values, subject.table.counts, off)
    beyond = max(low, -high) > _BEYOND * sd
    distant = abs(weighted.mean(values, subject.table.counts)) > _FROM_MEAN * sd
    return (low, high) if sd > 0 and (beyond or distant) else None


def _is_cell(column: DesignColumn) -> bool:
    """Whether it is the mean of a cell, as in `0 + f`: an intercept, no effect."""
    return all(isinstance(part, Coded) and part.dummy for part in column.parts)


def _center(number: Numeric, part: BoundPredictor) -> Fix | None:
    """Return the fix that writes `center(x)` for each `x` of the formula."""
    if not isinstance(number.expression, Name):
        return None
    if "center" not in FUNCTIONS or not FUNCTIONS["center"].ready:
        return None
    text = name_text(number.expression.text)
    places = {
        node.span
        for node in postorder(part.terms)
        if isinstance(node, Name) and node.text == number.expression.text
    }
    edits = tuple(Edit(span, f"center({text})") for span in sorted(places))
    return Fix(f"write `center({text})`", edits)


def treatment_in_block(subject: LintedModel) -> Iterator[Finding]:
    """Find correlated group effects of a factorial that is coded by a reference.

    Exchangeable cells have correlations of a half and more between such effects,
    and the prior of the correlations is about effects that have none.
    """
    for part in subject.bound.predictors:
        for grouping in part.groupings:
            for term in grouping.terms:
                if not term.correlated:
                    continue
                factors = _crossed(term)
                if factors:
                    yield Finding(
                        term.span,
                        f"{listed(factors)} are coded by differences from a reference "
                        f"in the effects of `{grouping.name}`",
                        (
                            "such effects are correlated even where the cells are not, "
                            "which the prior of the correlations does not expect; "
                            "`contrast=simple` has the same differences, around the "
                            "mean of the cells",
                        ),
                    )


def _crossed(term: GroupTerm) -> list[str]:
    """Return the factors of interactions of which two or more are so coded."""
    found: dict[str, None] = {}
    for column in term.columns:
        factors = [
            one.factor
            for one in column.parts
            if isinstance(one, Coded) and _is_treatment(one)
        ]
        if len(factors) > 1:
            found |= dict.fromkeys(factors)
    return list(found)


def _is_treatment(part: Coded) -> bool:
    """Whether a column is 1 for one level and 0 for the others, with one left out."""
    if part.dummy:
        return False
    return sorted(part.weights) == [0.0] * (len(part.weights) - 1) + [1.0]


def uncorrelated_treatment(subject: LintedModel) -> Iterator[Finding]:
    """Find `(f || g)` with a reference level: no other may vary less than it."""
    for part in subject.bound.predictors:
        for grouping in part.groupings:
            for term in grouping.terms:
                if term.correlated:
                    continue
                coded = {
                    one.factor: one
                    for column in term.columns
                    for one in column.parts
                    if isinstance(one, Coded) and _is_treatment(one)
                }
                for factor, one in coded.items():
                    reference = _reference(factor, term, one)
                    yield Finding(
                        term.span,
                        f"with `||`, the other levels of `{factor}` vary at least as "
                        f"much between the levels of `{grouping.name}` as "
                        f"`{reference}`",
                        (
                            "each is the reference and an independent difference from "
                            "it; `contrast=simple` treats the levels alike",
                        ),
                        _simple(factor, one, subject),
                    )


def _reference(factor: str, term: GroupTerm, coded: Coded) -> str:
    used = {
        one.levels[one.weights.index(1.0)]
        for column in term.columns
        for one in column.parts
        if isinstance(one, Coded) and one.factor == factor and _is_treatment(one)
    }
    return next((level for level in coded.levels if level not in used), "the first")


def _simple(factor: str, one: Coded, subject: LintedModel) -> Fix | None:
    """Return the fix that declares the contrast; None where a term has its own."""
    named = one.label.startswith((f"{factor}[", f"`{factor}`["))
    if not named or factor not in subject.prepared.data.columns:
        return None
    for statement in subject.spec.statements:
        if not isinstance(statement, ColumnStatement):
            continue
        names = [name.text for name in statement.columns]
        if factor in names:
            if any(option.name.text == "contrast" for option in statement.options):
                return None
            end = statement.span.end
            edit = Edit(Span(end, end), ", contrast=simple")
            return Fix("add `contrast=simple`", (edit,))
    source = subject.spec.source
    # before the first model, where it holds for all
    start = subject.spec.models[0].span.start
    text = source.line_text(source.position(start).line)
    start -= source.position(start).column - 1
    indent = text[: len(text) - len(text.lstrip())]
    added = f"{indent}column {name_text(factor)}: factor, contrast=simple\n"
    return Fix("declare it with `contrast=simple`", (Edit(Span(start, start), added),))


def polynomial(subject: LintedModel) -> Iterator[Finding]:
    """Find ordered predictors that are coded by trends because nobody chose."""
    for part in subject.bound.predictors:
        told: set[str] = set()
        for column in part.population.columns:
            for one in column.parts:
                if not isinstance(one, Coded) or one.factor in told or one.dummy:
                    continue
                told.add(one.factor)
                info = subject.schema.columns[one.factor]
                plain = one.label.startswith((f"{one.factor}[", f"`{one.factor}`["))
                ordered = info.kind is Kind.ORDERED and info.contrast is None
                if not ordered or not plain or len(one.levels) < 3:
                    continue
                name = name_text(one.factor)
                yield Finding(
                    place_of(column, part.terms),
                    f"the ordered predictor `{one.factor}` is coded by polynomial "
                    "trends over equal steps",
                    (
                        "`contrast=sdif` compares each level with the one before; one "
                        f"effect that only rises or only falls is `mo({name})`",
                    ),
                )


def many_effects(subject: LintedModel) -> Iterator[Finding]:
    """Find more than 10 effects of which each has the default prior alone."""
    written = {target for target, _ in subject.bound.priors}
    part = subject.bound.main
    columns = [
        column
        for column in part.population.effects
        if f"{part.target}b[{column.name}]" not in written
    ]
    if len(columns) <= _MOST_EFFECTS:
        return
    yield Finding(
        part.terms.span,
        f"{len(columns)} effects have the default prior, each for itself",
        (
            "together such priors allow very large predictions; a narrower one for all "
            "(`prior b ~ normal(0, ...)`) shrinks them",
            *_as_group(columns, subject.table.total),
        ),
    )


def _as_group(columns: list[DesignColumn], rows: int) -> tuple[str, ...]:
    """Return the note on a factor whose levels look like those of a group."""
    for column in columns:
        (part, *rest) = column.parts
        if rest or not isinstance(part, Coded) or len(part.levels) <= _MANY_LEVELS:
            continue
        if len(part.levels) > _PER_ROW * rows:
            continue  # of single rows nothing is learned
        name = name_text(part.factor)
        return (
            f"`{name}` has {len(part.levels)} levels: `(1 | {name})` learns from the "
            "data how much to shrink them",
        )
    return ()
