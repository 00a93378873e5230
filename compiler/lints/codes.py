"""Numbers that stand for a missing value, among those that were measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from varying.grammar.printer import name_text, string_text
from varying.grammar.source import Span
from varying.grammar.spelling import spell_number
from varying.grammar.tree import ColumnStatement
from varying.grammar.walk import column_names

from ..data.spellings import codes_among_words, is_code, missing_codes
from ..data.table import Kind
from ..data.texts import parse_numbers
from ..formula.columns import Coded, DesignColumn, Numeric
from ..formula.places import columns_read, place_of
from .far_off import far_off
from .subject import Finding, LintedModel

#: So many numbers and more say where the others are.
_FEWEST = 2


def codes_of(numbers: Sequence[float], fewest: int = _FEWEST) -> tuple[int, ...]:
    """Return which of the different numbers of a column look like such codes."""
    found = missing_codes(numbers)
    return found if len(numbers) - len(found) >= fewest else ()


def looks_missing(subject: LintedModel) -> Iterator[Finding]:
    """Find -99, 999 and the like, far from the other numbers of a column."""
    told: set[str] = set()
    for name, span, place in _read(subject):
        info = subject.schema.columns.get(name)
        if name in told or info is None or name not in subject.prepared.data.columns:
            continue
        told.add(name)
        statement = _statement(name, subject)
        if statement is not None and (
            statement.type.levels is not None or statement.type.name.text == "text"
        ):
            continue  # somebody has said what its levels are
        found = _found(subject, name, 1 if place is _Use.BESIDE else _FEWEST)
        if found is None:
            continue
        codes, chosen, beside = found
        count = subject.table.count(chosen)
        listed = " and ".join(f"`{code}`" for code in codes)
        several = len(codes) > 1
        number = info.kind.is_number
        coded = ", ".join(codes)
        left_out = " & ".join(
            f"{name_text(name)} != {code if number else string_text(code)}"
            for code in codes
        )
        kind = "numeric" if number and place is not _Use.LEVELS else "factor"
        declare = how_to_declare(name, coded, kind, subject)
        yield Finding(
            span,
            f"{listed} of `{name}` {'look' if several else 'looks'} like "
            f"{'codes' if several else 'a code'} for a missing value",
            (
                f"{count:,} row{'' if count == 1 else 's'} "
                f"{'has' if count == 1 else 'have'} {'one' if several else 'it'}, and "
                f"{beside}",
                f"if {'they are' if several else 'it is one'}: {declare}",
                f"or leave such rows out: `where {left_out}`",
            ),
        )


def how_to_declare(name: str, codes: str, kind: str, subject: LintedModel) -> str:
    """Return what to write for codes of a column to be missing values."""
    if _statement(name, subject) is None:
        return f"`column {name_text(name)}: {kind}, missing=[{codes}]`"
    return f"`missing=[{codes}]` behind its `column` statement"


class _Use(Enum):
    """What a column is to a model."""

    NUMBER = "number"
    #: Trials, exposures and weights: often the same in all rows.
    BESIDE = "beside"
    LEVELS = "levels"


def _statement(name: str, subject: LintedModel) -> ColumnStatement | None:
    for statement in subject.spec.statements:
        if isinstance(statement, ColumnStatement):
            if name in [column.text for column in statement.columns]:
                return statement
    return None


def _found(
    subject: LintedModel, name: str, fewest: int
) -> tuple[Sequence[str], NDArray[np.bool_], str] | None:
    """Return codes as they are spelled, their rows, and what the others are."""
    column = subject.table.columns[name]
    if column.kind.is_number:
        rising = np.unique(column.values[~column.missing]).tolist()
        found = codes_of(rising, fewest) or _repeated(subject, name)
        if not found:
            return None
        rest = [number for number in rising if number not in found]
        spelled = [spell_number(code) for code in found]
        chosen = np.isin(column.values, found)
        if len(rest) == 1 and 4 * chosen.sum() >= (~column.missing).sum():
            return None  # which of two numbers is the code, is open
        return spelled, chosen, _between(rest)
    levels, places = subject.codes(name)
    there = np.bincount(places[places >= 0], minlength=len(levels)).tolist()
    used = [level for level, count in zip(levels, there, strict=True) if count]
    numbers = parse_numbers(used)
    if numbers is not None:
        rising = sorted(numbers.values())
        codes = codes_of(rising)
        spelled = [level for level in used if numbers[level] in codes]
        rest = [number for number in rising if number not in codes]
        if not spelled:
            return None
        beside = _between(rest)
    else:
        # a code among words: none of the others is a number
        spelled = codes_among_words(used)
        rest_of = [level for level in used if level not in spelled]
        if not spelled:
            return None
        beside = f"the other levels are words: `{rest_of[0]}`"
    chosen = np.isin(places, [levels.index(level) for level in spelled])
    return spelled, chosen, beside


def _repeated(subject: LintedModel, name: str) -> tuple[int, ...]:
    """Return codes that lie nearer, and that several rows share."""
    column, counts = subject.table.columns[name], subject.table.counts
    known = ~column.missing
    ends = far_off(column.values[known], None if counts is None else counts[known])
    return tuple(int(end) for end in ends if is_code(end))


def _between(numbers: Sequence[float]) -> str:
    if len(numbers) == 1:
        return f"all others have {numbers[0]:.4g}"
    return f"the other numbers are between {numbers[0]:.4g} and {numbers[-1]:.4g}"


def _read(subject: LintedModel) -> Iterator[tuple[str, Span, _Use]]:
    """Yield the columns of the data that a model reads, where, and as what."""
    response = subject.bound.response
    for _, variable in response.beside:
        for name in column_names(variable.expression):
            yield name.text, name.span, _Use.BESIDE
    yield from ((*one, _Use.NUMBER) for one in _numbers(subject))
    info = subject.schema.columns.get(response.column)
    if response.categories and info is not None and not info.kind.is_number:
        yield response.column, response.span, _Use.LEVELS
    for part in subject.bound.predictors:
        for column in part.population.columns:
            for one in column.parts:
                if isinstance(one, Coded):
                    yield one.factor, place_of(column, part.terms), _Use.LEVELS
        for grouping in part.groupings:
            for factor in grouping.factors:
                yield factor, grouping.terms[0].span, _Use.LEVELS


def _numbers(subject: LintedModel) -> Iterator[tuple[str, Span]]:
    """Yield the columns of the data that are read as numbers, and where."""
    bound, made_of = subject.bound, subject.table.made_of
    response = bound.response
    for own in response.parts:
        for name in column_names(own.expression):
            yield name.text, name.span
    if response.kind is not Kind.ORDERED and not response.categories:
        yield response.column, response.span
    for part in bound.predictors:
        groups = [column for g in part.groupings for column in g.columns]
        columns: list[DesignColumn] = [*part.population.known, *groups]
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


__all__ = ["codes_of", "how_to_declare", "looks_missing"]
