"""Numbers that stand for a missing value, among those that were measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from varying.grammar.printer import name_text
from varying.grammar.source import Span
from varying.grammar.spelling import spell_number

from ..checks import columns_read, place_of
from ..columns import DesignColumn, Numeric
from ..expressions import column_names
from ..spellings import missing_codes
from ..table import Kind
from .subject import Finding, Subject

#: So many numbers and more say where the others are.
_FEWEST = 2


def codes_of(numbers: Sequence[float]) -> tuple[int, ...]:
    """Return which of the different numbers of a column look like such codes."""
    found = missing_codes(numbers)
    return found if len(numbers) - len(found) >= _FEWEST else ()


def looks_missing(subject: Subject) -> Iterator[Finding]:
    """Find -99, 999 and the like, far from the other numbers of a column."""
    told: set[str] = set()
    for name, span in _read(subject):
        info = subject.schema.columns.get(name)
        if name in told or info is None or name not in subject.prepared.data.columns:
            continue
        told.add(name)
        if not info.kind.is_number:
            continue
        values = subject.table.columns[name].values
        numbers = np.unique(values).tolist()
        codes = codes_of(numbers)
        if not codes:
            continue
        rest = [number for number in numbers if number not in codes]
        count = subject.table.count(np.isin(values, codes))
        listed = " and ".join(f"`{spell_number(code)}`" for code in codes)
        several = len(codes) > 1
        coded = ", ".join(spell_number(code) for code in codes)
        left_out = " & ".join(f"{name_text(name)} != {spell_number(c)}" for c in codes)
        yield Finding(
            span,
            f"{listed} of `{name}` {'look' if several else 'looks'} like "
            f"{'codes' if several else 'a code'} for a missing value",
            (
                f"{count:,} row{'' if count == 1 else 's'} "
                f"{'has' if count == 1 else 'have'} {'one' if several else 'it'}, and "
                f"the other numbers are between {rest[0]:.4g} and {rest[-1]:.4g}",
                f"if {'they are' if several else 'it is one'}: "
                f"`column {name_text(name)}: numeric, missing=[{coded}]`",
                f"or leave such rows out: `where {left_out}`",
            ),
        )


def _read(subject: Subject) -> Iterator[tuple[str, Span]]:
    """Yield the columns of the data that are read as numbers, and where."""
    bound, made_of = subject.bound, subject.table.made_of
    response = bound.response
    if response.kind is not Kind.ORDERED and not response.categories:
        yield response.column, response.span
    beside = [variable for _, variable in response.known]
    beside += [] if response.rate is None else [response.rate]
    for variable in beside:
        for name in column_names(variable.expression):
            yield name.text, name.span
    for part in bound.parts:
        groups = [column for g in part.groupings for column in g.columns]
        columns: list[DesignColumn] = [*part.population.columns, *groups]
        columns += [
            DesignColumn(o.label, o.label, (o,)) for o in part.population.offsets
        ]
        for column in columns:
            if not any(isinstance(one, Numeric) for one in column.parts):
                continue
            span = place_of(column, part.terms)
            for read in columns_read(column):
                for one in sorted(made_of.get(read, frozenset({read}))):
                    yield one, span


__all__ = ["codes_of", "looks_missing"]
