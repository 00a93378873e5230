"""Responses of one model with rows of their own: ``y | subset(a)``, ``z | subset(b)``.

The rows of the model are those that any of its responses has. A value may be missing
where no response that reads it has the row, as in brms. What is learned of rows, such
as ``scale(x)``, is learned of all of them, so that it has to be there in each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from varying.grammar.diagnostics import Sink
from varying.grammar.printer import expression_text
from varying.grammar.reads import names_read
from varying.grammar.tree import LetStatement, ModelStatement, Spec
from varying.grammar.walk import column_names

from ..expressions.calls import formula_expressions, stateful_calls
from .conditions import computed_condition
from .derive import Derivation
from .left_out import Condition
from .responses import one_name, responses_of
from .subset import Choice, subset_of, subsets

__all__ = ["OwnRows", "own_rows"]

Booleans = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class OwnRows:
    """Which rows each response has, by its name, and which columns it reads.

    ``shared`` are columns of which each row has to have a value.
    """

    choice: Choice
    kept: Mapping[str, Booleans]
    reads: Mapping[str, frozenset[str]]
    shared: frozenset[str]

    @property
    def condition(self) -> Condition:
        """What leaves out the rows that no response has."""
        there: Booleans = np.logical_or.reduce(list(self.kept.values()))
        return Condition(self.choice, there, np.zeros(len(there), dtype=np.bool_))

    def absent(self, column: str, missing: Booleans) -> Booleans:
        """Return in which rows a missing value of a column is one too few."""
        if column in self.shared:
            return missing
        found = np.zeros(len(missing), dtype=np.bool_)
        for name, kept in self.kept.items():
            if column in self.reads[name]:
                found |= missing & kept
        return found


def own_rows(
    spec: Spec, derived: Derivation, chosen: Booleans, sink: Sink
) -> tuple[OwnRows | None, bool]:
    """Return the rows of each response, and whether they are known.

    None where all responses have those of the model.

    Parameters
    ----------
    spec
        A spec with the model alone.
    derived
        Its columns.
    chosen
        The rows that ``where`` leaves.
    sink
        Takes the faults.
    """
    if len(spec.models) != 1:
        return None, True
    (model,) = spec.models
    calls = subsets(model)
    if subset_of(model) is not None or not any(calls):
        return None, True
    if derived.table.counts is not None:
        first_call = next(one for one in calls if one is not None)
        sink.add(
            "not-yet",
            first_call.span,
            f"`{expression_text(first_call)}`, which is not of all responses, is not "
            "compiled by this version for a file whose equal rows were counted",
        )
        return None, False
    kept: dict[str, Booleans] = {}
    reads: dict[str, frozenset[str]] = {}
    first: Choice | None = None
    written = responses_of(model).written
    for one, call in zip(written, calls, strict=True):
        own = replace(model, formula=one.formula, body=one.parts)
        name = one_name(one)
        reads[name] = _columns(spec, own, derived)
        kept[name] = np.ones(derived.table.rows, dtype=np.bool_)
        if call is None:
            continue
        choice = Choice(call.arguments[0].value, call.span, "subset")
        first = first or choice
        condition = computed_condition(choice, derived, chosen, sink)
        if condition is None:
            return None, False
        kept[name] = condition.true
        if not (condition.true & chosen).any():
            message = f"`{expression_text(call)}` leaves no row of `{name}`"
            sink.add("empty-data", call.span, message)
            return None, False
    assert first is not None
    return OwnRows(first, kept, reads, _learned(spec)), True


def _columns(spec: Spec, model: ModelStatement, derived: Derivation) -> frozenset[str]:
    """Return the columns that one response reads."""
    alone = replace(spec, statements=(model,))
    names = {name.text for name in names_read(alone)}
    if "." in names:
        names |= {*derived.table.columns}
    lets = {
        one.name.text: one.expression
        for one in spec.statements
        if isinstance(one, LetStatement)
    }
    stack = list(names)
    while stack:  # a `let` that waits is read by what it is made of
        text = stack.pop()
        if text in lets:
            more = {name.text for name in column_names(lets[text])} - names
            names |= more
            stack += more
    return frozenset(names)


def _learned(spec: Spec) -> frozenset[str]:
    """Return the columns that something is learned from."""
    expressions = [*formula_expressions(spec)]
    expressions += [
        s.expression for s in spec.statements if isinstance(s, LetStatement)
    ]
    return frozenset(
        name.text
        for expression in expressions
        for call in stateful_calls(expression)
        for name in column_names(call)
    )
