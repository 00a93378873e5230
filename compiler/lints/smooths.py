"""Lints of smooth terms."""

from __future__ import annotations

from collections.abc import Iterator

from varying.grammar.diagnostics import Edit, Fix
from varying.grammar.printer import name_text
from varying.grammar.source import Span

from ..bind.bound import BoundPredictor
from ..formula.columns import Coded, Numeric
from .subject import Finding, LintedModel


def without_means(subject: LintedModel) -> Iterator[Finding]:
    """Find `s(x, by=f)` without `f`: curves of levels that have one mean."""
    for part in subject.bound.predictors:
        told: set[str] = set()
        for smooth in part.population.smooths:
            curve, *by = smooth.columns[0].parts
            factors = [one.factor for one in by if isinstance(one, Coded)]
            if not factors or smooth.term in told or _has_means(part, factors[0]):
                continue
            told.add(smooth.term)
            assert isinstance(curve, Numeric)
            name, span = name_text(factors[0]), curve.expression.span
            yield Finding(
                span,
                f"the curves of the levels of `{factors[0]}` all have one mean",
                (
                    "the mean of a curve over the rows is 0: how levels differ on the "
                    f"whole is said by `{name}` beside it",
                ),
                Fix(
                    f"write `{name} + {smooth.term}`",
                    (Edit(Span(span.start, span.start), f"{name} + "),),
                ),
            )


def _has_means(part: BoundPredictor, factor: str) -> bool:
    """Whether levels differ on the whole: in the population, or as a group."""
    population = part.population
    for column in (*population.effects, *population.by_threshold):
        known = [one.factor for one in column.parts if isinstance(one, Coded)]
        if factor in known and len(known) == len(column.parts):
            return True
    return any(factor in grouping.factors for grouping in part.groupings)
