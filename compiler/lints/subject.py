"""What a lint looks at, and what it may say."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from varying.grammar.diagnostics import Edit, Fix
from varying.grammar.source import Span
from varying.grammar.tree import Expr, ModelStatement, Spec

from ..bind.bound import BoundModel
from ..bind.response import response_values
from ..data.codes import coded_values
from ..data.schema import Schema
from ..data.spellings import quoted
from ..data.table import Floats, Ints, Table
from ..prepare.rows import Prepared

#: Beyond this many times the rows, combinations are sorted and not counted in place.
_ROOM = 4


@dataclass(frozen=True, slots=True)
class Finding:
    """What a lint says of one place; its rule is the lint's."""

    span: Span
    message: str
    notes: tuple[str, ...] = ()
    fix: Fix | None = None


@dataclass(frozen=True, slots=True, eq=False)
class LintedModel:
    """A model without errors, the spec that it is of, and the rows that it uses."""

    bound: BoundModel
    prepared: Prepared
    spec: Spec
    statement: ModelStatement
    _codes: dict[str, tuple[tuple[str, ...], Ints]] = field(default_factory=dict)
    _response: list[Floats] = field(default_factory=list)

    @property
    def table(self) -> Table:
        """The rows used; of a large file cells, with their counts."""
        return self.prepared.table

    @property
    def schema(self) -> Schema:
        """What is known of their columns."""
        return self.prepared.schema

    @property
    def response(self) -> Floats:
        """The response of each row."""
        if not self._response:
            self._response.append(response_values(self.bound.response, self.table))
        return self._response[0]

    def codes(self, name: str) -> tuple[tuple[str, ...], Ints]:
        """Return a column as codes into names; numbers by their value, in order."""
        if name not in self._codes:
            self._codes[name] = coded_values(self.table.columns[name])
        return self._codes[name]

    def cells(self, *names: str) -> tuple[Ints, ...]:
        """Return the combinations of columns that rows have: the codes of each.

        The last column changes fastest.
        """
        coded = [self.codes(name) for name in names]
        sizes = tuple(max(len(levels), 1) for levels, _ in coded)
        total = math.prod(sizes)
        if total > 2**62:
            found = np.unique(np.column_stack([codes for _, codes in coded]), axis=0)
            return tuple(found.T)
        keys = np.zeros(self.table.rows, dtype=np.int64)
        for size, (_, codes) in zip(sizes, coded, strict=True):
            keys = keys * size + codes
        if total <= _ROOM * self.table.rows + 1_000:
            present = np.flatnonzero(np.bincount(keys, minlength=total))
        else:
            present = np.unique(keys)
        return tuple(np.unravel_index(present, sizes))

    def option(self, name: str) -> Expr | None:
        """Return the value of an option of the formula, if it is written."""
        for option in self.statement.formula.options:
            if option.name.text == name:
                return option.value
        return None

    def set_family(self, name: str) -> Fix | None:
        """Return the fix that makes the family another one, if no link is chosen."""
        if self.option("link") is not None:
            return None
        value = self.option("family")
        title = f"use `family={name}`"
        if value is not None:
            return Fix(title, (Edit(value.span, name),))
        end = self.statement.formula.terms.span.end
        return Fix(title, (Edit(Span(end, end), f", family={name}"),))


#: What looks at a model.
type Find = Callable[[LintedModel], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Lint:
    """A look at models: the rule that it is for, and what finds its faults."""

    rule: str
    find: Find


def listed(names: Sequence[str], most: int = 4) -> str:
    """Return names in back-quotes with `and` before the last; of many the first."""
    if len(names) == most + 1:
        most += 1
    marked = [quoted(name) for name in names[:most]]
    if len(names) > most:
        return f"{', '.join(marked)} and {len(names) - most} more"
    if len(marked) == 1:
        return marked[0]
    return f"{', '.join(marked[:-1])} and {marked[-1]}"


def words_in(name: str) -> frozenset[str]:
    """Return the words in the name of a column: ``event date`` of ``eventDate_2``."""
    split = re.sub(r"(?<=[a-z])(?=[A-Z])|[^A-Za-z]+", " ", name)
    return frozenset(split.casefold().split())
