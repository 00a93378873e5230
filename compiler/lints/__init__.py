"""Lints: models that run and that are seldom what was meant.

A lint looks at a bound model without errors and at its rows. It fits nothing that
takes long, and it is silent where it is not sure: a false alarm costs more than a
miss. How grave each is says ``grammar/rules.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from varying.grammar.diagnostics import Severity, Sink
from varying.grammar.rules import RULES
from varying.grammar.tree import Spec

from ..bind.bound import BoundModel
from ..bind.counting import counting_rows
from ..prepare.rows import Prepared
from . import (
    angles,
    codes,
    confounded,
    design,
    dispersion,
    events,
    groups,
    levels,
    people,
    priors,
    response,
    serial_dates,
    smooths,
    times,
)
from .subject import Find, Finding, Lint, LintedModel

__all__ = ["LINTS", "Lint", "LintedModel", "lint"]


def _both(first: Find, second: Find) -> Find:
    """Return what finds what either does: effects of groups, and their thresholds."""

    def find(subject: LintedModel) -> Iterator[Finding]:
        yield from first(subject)
        yield from second(subject)

    return find


LINTS: tuple[Lint, ...] = (
    # the response and its family
    Lint("binary-response", response.binary),
    Lint("bounded-response", response.bounded),
    Lint("spike-at-bound", response.spike),
    Lint("exact-fit", response.exact),
    Lint("overdispersed", dispersion.overdispersed),
    Lint("opposite-angles", angles.opposite),
    Lint("events-as-censored", events.as_censored),
    # its values and the predictors'
    Lint("looks-missing", codes.looks_missing),
    Lint("serial-dates", serial_dates.serial_dates),
    # group terms
    Lint("single-rows", _both(confounded.single_rows, people.single_rows)),
    Lint("aliased-groups", confounded.aliased_groups),
    Lint("group-in-population", confounded.group_in_population),
    Lint("constant-slope", confounded.constant_slope),
    Lint("slope-without-effect", _both(groups.without_effect, people.without_effect)),
    Lint("too-many-group-effects", groups.too_many_effects),
    Lint("missing-slope", groups.missing_slope),
    Lint("repeated-ids", levels.repeated_ids),
    Lint("ordered-groups", levels.ordered_groups),
    Lint("lag-across-groups", groups.lag_across),
    Lint("treatment-in-block", design.treatment_in_block),
    Lint("uncorrelated-treatment", design.uncorrelated_treatment),
    Lint("uncorrelated-far-away", groups.uncorrelated_far_away),
    # the population
    Lint("curves-without-means", smooths.without_means),
    Lint("uncentered-interaction", design.uncentered),
    Lint("polynomial-trends", design.polynomial),
    Lint("power-of-variable", design.power),
    Lint("many-effects", design.many_effects),
    # priors
    Lint("unscaled-predictor", priors.unscaled),
    Lint("wide-prior", priors.too_wide),
    Lint("time-unit", times.other_unit),
    Lint("fast-response", times.too_fast),
    Lint("heavy-tail", priors.heavy_tail),
)


def lint(
    bound: BoundModel,
    prepared: Prepared,
    spec: Spec,
    sink: Sink,
    *,
    hints: bool = True,
) -> None:
    """Look at a model in all ways of ``LINTS``.

    Parameters
    ----------
    bound, prepared
        One response of a model and the rows used, without an error in either.
    spec
        What it is of.
    sink
        Takes what is found.
    hints
        Whether hints (infos) are wanted: they are for a check, not for each fit.
    """
    weighing = _weighing(bound, prepared)
    subject = LintedModel(bound, weighing, spec, bound.statement)
    for one in LINTS:
        if not hints and RULES[one.rule].severity is Severity.INFO:
            continue
        for found in one.find(subject):
            notes = found.notes
            sink.add(one.rule, found.span, found.message, *notes, fix=found.fix)


def _weighing(bound: BoundModel, prepared: Prepared) -> Prepared:
    """Return the rows that say something of a response: not those of weight 0."""
    kept = counting_rows(bound.response.weight, prepared.table)
    if kept is None:
        return prepared
    table = prepared.table.take(kept)
    return replace(prepared, table=table, rows=prepared.rows[kept])
