"""Lints of ``threshold ~ (1 | subj)``: people whose thresholds vary."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from varying.grammar.printer import name_text

from ..bind.bound import Items
from ..data.codes import group_index
from .confounded import nearly_single
from .subject import Finding, LintedModel


def single_rows(subject: LintedModel) -> Iterator[Finding]:
    """Find people with one row each: how far thresholds are apart takes several."""
    people = subject.bound.response.people
    if people is None or not _single(people, subject):
        return
    name = people.column
    yield Finding(
        people.span,
        f"each level of `{name}` has a single row, or nearly each, and one category "
        "does not say how far apart thresholds are",
        (
            f"the prior alone decides `threshold.sd[{name}]`",
            "a grouping factor is a column such as `subj`, whose levels have many rows "
            "each",
        ),
    )


def without_effect(subject: LintedModel) -> Iterator[Finding]:
    """Find people who vary in their thresholds and not in the predictor."""
    people = subject.bound.response.people
    if people is None or _single(people, subject):
        return
    if not any(g.factors == (people.column,) for g in subject.bound.main.groupings):
        yield Finding(
            people.span,
            f"`{people.column}` varies in its thresholds and not in the predictor",
            (
                "the middle of the thresholds is the same for all: add "
                f"`(1 | {name_text(people.column)})` to the formula",
            ),
        )


def _single(people: Items, subject: LintedModel) -> bool:
    table = subject.table
    index = group_index((people.column,), people.levels, table)
    rows = np.bincount(index, weights=table.counts, minlength=len(people.levels))
    return nearly_single(rows.astype(np.float64))
