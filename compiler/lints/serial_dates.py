"""Dates as spreadsheets count them: 44927 is the first day of 2023."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np

from varying.grammar.printer import name_text
from varying.grammar.source import Span
from varying.grammar.tree import Name
from varying.grammar.walk import unwrap

from ..formula.columns import Numeric
from ..formula.places import place_of
from .subject import Finding, LintedModel, words_in

#: Words in names of columns of dates.
_DATES = frozenset("date dates datum fecha birthday dob".split())
#: The day that is 0, and days from 1954 to 2064.
_ZERO, _FIRST, _LAST = date(1899, 12, 30), 20_000, 60_000
#: A day is found among so many rows and more.
_FEWEST = 3


def serial_dates(subject: LintedModel) -> Iterator[Finding]:
    """Find predictors that are days since the end of 1899."""
    told: set[str] = set()
    for name, span in _as_they_are(subject):
        column = subject.table.columns.get(name)
        if name in told or column is None or not column.kind.is_number:
            continue
        told.add(name)
        values = column.values[~column.missing]
        if len(values) < _FEWEST or not ((values > _FIRST) & (values < _LAST)).all():
            continue
        least = float(np.min(values))
        day = _ZERO + timedelta(days=int(least))
        written = name_text(name)
        yield Finding(
            span,
            f"`{name}` looks like dates that a spreadsheet counts in days: {least:.7g} "
            f"is {day:%d %b %Y}",
            (
                "its 0 is in 1899, and an effect is that of a day: let it begin with "
                f"the data, `let years = ({written} - min({written})) / 365.25`",
                "where it is meant so, give the column a name without a date in it",
            ),
        )


def _as_they_are(subject: LintedModel) -> Iterator[tuple[str, Span]]:
    """Yield columns of dates, by their names, that are predictors as they are."""
    for part in subject.bound.predictors:
        for column in part.population.effects:
            for one in column.parts:
                node = unwrap(one.expression) if isinstance(one, Numeric) else None
                if isinstance(node, Name) and _DATES & words_in(node.text):
                    yield node.text, place_of(column, part.terms)
