"""Columns that are computed: ``let``, and calls over rows such as ``scale(x)``.

What needs no more than the rows as read comes first (``Derivation.early``), so that
``where`` can use it: row-wise ``let``, ``lag``, ``cut`` with given bounds. What learns
from rows (``center``, ``poly``) waits until the rows of the fit are known
(``Derivation.late``), and a ``let`` that has such a call, or names one that has, waits
with it. What was learned is kept in ``Step``, so that other rows can be treated alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from varying.grammar.diagnostics import Sink
from varying.grammar.nonlinear import free_parts, is_nonlinear, parameters_of
from varying.grammar.printer import expression_text
from varying.grammar.tree import (
    Call,
    Expr,
    LetStatement,
    Name,
    Spec,
)
from varying.grammar.walk import LOGICALS, column_names, now, postorder, unwrap

from ..data.table import Column, Kind, Table
from ..expressions.calls import (
    below_calls,
    condition_terms,
    formulas,
    is_early,
    not_guarded,
    stateful_calls,
)
from ..expressions.evaluation import evaluate
from ..expressions.functions import FUNCTIONS, Function, bind_arguments, is_stateful
from ..expressions.learning import Unlearnable, learn_call
from ..expressions.rounding import rounding, state_rounding
from ..expressions.stateful import CallSettings, State, apply, lagged, width
from ..expressions.types import report_no_number, settings_of, type_of
from .lets import computed


@dataclass(frozen=True, slots=True)
class Step:
    """A call that was computed over rows.

    Attributes
    ----------
    call
        As written.
    value
        What it is applied to, its first argument.
    columns
        Names of the columns that it gave.
    state
        What it learned; None for a call that learns nothing (``lag``).
    settings
        Its other arguments.
    """

    call: Call
    value: Expr
    columns: tuple[str, ...]
    state: State | None
    settings: CallSettings


Computation = Step | LetStatement
#: What to do about a value that is no number, such as the logarithm of -1.
NO_NUMBER_NOTE = "leave such rows out by `where`, or write what is meant there"
RESERVED = frozenset({"Intercept", *LOGICALS})
Booleans = NDArray[np.bool_]


@dataclass(slots=True)
class Derivation:
    """Computes the columns of one spec over one table, in the order of work.

    Attributes
    ----------
    table
        The columns so far.
    sink
        Takes the faults; what has one is ``faulty`` in the table.
    waiting
        ``let`` statements that wait for the rows of the fit.
    inputs
        Of these, the columns of the table that each reads in the end.
    reads
        Of the others, the columns that are no ``let`` that each reads in the end.
    computations
        What was computed, in its order.
    asked
        Names of the models whose faults are reported; None: of all.
    has_fit_rows
        Whether the table has the rows of the fit.
    """

    table: Table
    sink: Sink
    waiting: list[LetStatement] = field(default_factory=list)
    inputs: dict[str, tuple[str, ...]] = field(default_factory=dict)
    reads: dict[str, frozenset[str]] = field(default_factory=dict)
    computations: list[Computation] = field(default_factory=list)
    asked: frozenset[str] | None = None
    has_fit_rows: bool = False

    # ---- before `where` ----

    def early(self, spec: Spec) -> None:
        """Compute what needs the rows as read only; the rest waits."""
        known = set(self.table.columns)
        seen: set[str] = set()
        for statement in spec.statements:
            if isinstance(statement, LetStatement):
                if not self._is_new(statement, known, seen):
                    continue
                seen.add(statement.name.text)
                self._note_reads(statement)
                self._early_calls(statement.expression)
                if self.waits(statement.expression):
                    self._wait(statement)
                else:
                    self._let(statement)
        self._formulas(spec, self._early_calls)

    def _note_reads(self, statement: LetStatement) -> None:
        """Note the columns that a ``let`` is made of, for who must not read them."""
        found: set[str] = set()
        for node in postorder(statement.expression, now):
            if isinstance(node, Name):
                found |= self.table.made_of.get(node.text, frozenset({node.text}))
        made_of = {**self.table.made_of, statement.name.text: frozenset(found)}
        self.table = replace(self.table, made_of=made_of)

    def waits(self, expression: Expr) -> bool:
        """Whether an expression needs the rows of the fit to be known."""
        if any(name.text in self.inputs for name in column_names(expression)):
            return True
        return any(not is_early(call) for call in stateful_calls(expression))

    def condition(self, expression: Expr, word: str = "where") -> bool:
        """Prepare a condition that chooses rows; False if it cannot be one."""
        self._early_calls(expression)
        if not self.waits(expression):
            return True
        found: list[Expr] = [c for c in stateful_calls(expression) if not is_early(c)]
        found += [n for n in column_names(expression) if n.text in self.inputs]
        node = found[0]
        self.sink.add(
            "learned-in-where",
            node.span,
            f"`{expression_text(node)}` is learned from the rows that `{word}` leaves",
            f"so `{word}` cannot depend on it: compare the column itself with a number",
        )
        return False

    def _is_new(self, statement: LetStatement, known: set[str], seen: set[str]) -> bool:
        name = statement.name.text
        if name in RESERVED:
            message = f"`{name}` has a meaning of its own"
            notes = ("give the new column another name",)
            self.sink.add("duplicate-column", statement.name.span, message, *notes)
            return False
        in_data = name in known or name in self.table.unread
        if not in_data and name not in seen:
            return True
        where = "in the data" if in_data else "by another `let`"
        self.sink.add(
            "duplicate-column",
            statement.name.span,
            f"`{name}` exists already {where}",
            "give the new column a name of its own",
        )
        return False

    def _wait(self, statement: LetStatement) -> None:
        reads: dict[str, None] = {}
        for name in column_names(statement.expression):
            for column in self.inputs.get(name.text, (name.text,)):
                if column in self.table.columns:
                    reads[column] = None
        for call in stateful_calls(statement.expression, not_guarded):
            reads |= dict.fromkeys(self.table.calls.get(expression_text(call), ()))
        self.inputs[statement.name.text] = tuple(reads)
        self.waiting.append(statement)

    def _early_calls(self, expression: Expr) -> None:
        for call in stateful_calls(expression):
            if not is_early(call):
                continue
            inside = [c for c in stateful_calls(call) if c != call and not is_early(c)]
            names = [n for n in column_names(call) if n.text in self.inputs]
            if names and FUNCTIONS[call.function.text].role != "rows":
                continue  # `cut` of what is learned, into given intervals
            if inside or names:
                text = expression_text(call.function)
                self.sink.add(
                    "invalid-argument",
                    call.span,
                    f"`{text}()` comes before anything is learned from rows",
                    f"write it the other way round, as in `center({text}(x))`",
                )
                self._spoil(expression_text(call))
                continue
            self._call(call)

    # ---- with the rows of the fit ----

    def late(self, spec: Spec) -> None:
        """Compute what learns from the rows, which the table now has alone."""
        self.has_fit_rows = True
        for statement in self.waiting:
            self._late_calls(statement.expression)
            self._let(statement)
        self._formulas(spec, self._late_calls)

    def _late_calls(self, expression: Expr) -> None:
        for call in stateful_calls(expression):
            self._call(call)

    def _formulas(self, spec: Spec, compute: Callable[[Expr], None]) -> None:
        """Compute what formulas need; what is wrong in others is not reported."""
        sink, labels = self.sink, [model.label for model in spec.models]
        asked = labels if self.asked is None else [n for n in labels if n in self.asked]
        # those first: what is reported there is not computed again
        for model in sorted(spec.models, key=lambda model: model.label not in asked):
            self.sink = sink if model.label in asked else Sink(sink.source)
            for formula in formulas(model):
                compute(formula.response)
                if is_nonlinear(formula):
                    # what is made of parameters is no column; `bind` says so
                    for part in free_parts(formula.terms, parameters_of(model)):
                        compute(part)
                    continue
                compute(formula.terms)
                self._conditions(formula.terms)
        self.sink = sink

    def _conditions(self, terms: Expr) -> None:
        """Compute the conditions among terms: R codes them as factors."""
        for node in condition_terms(terms):
            label = expression_text(node)
            waits = not self.has_fit_rows and self.waits(node)
            if label in self.table.calls or waits or self.table.open:
                continue
            typed = type_of(node, self.table, Sink(self.sink.source))
            if typed is None or typed.kind != "logical":
                continue
            (name,) = self._names((label,))
            target = Name(name, quoted=True, span=node.span)
            self._let(LetStatement(target, node, span=node.span))
            self.table = self.table.adding((), {label: (name,)})

    # ---- one column ----

    def _let(self, statement: LetStatement) -> None:
        column = computed(statement, self.table, self.sink)
        name = statement.name.text
        if column is None:
            self._spoil(name)
            return
        self.table = self.table.adding((column,))
        self.reads[name] = self._in_the_end(statement.expression)
        self.computations.append(statement)

    def _in_the_end(self, expression: Expr) -> frozenset[str]:
        """Return the columns that are no ``let`` that an expression reads.

        What calls over rows gave counts as such: earlier rows may have no value.
        """
        found: set[str] = set()
        for node in postorder(expression, below_calls):
            match node:
                case Name(text=text):
                    found |= self.reads.get(text, frozenset({text}))
                case Call() if is_stateful(node):
                    found.update(self.table.calls.get(expression_text(node), ()))
        return frozenset(found & self.table.columns.keys())

    def spoil_with(self) -> None:
        """Leave out what is computed from columns whose fault has been reported."""
        there = self.table.columns.keys()
        spoilt = {name for name, read in self.reads.items() if not read <= there}
        self.table = self.table.without(spoilt)

    def undefined(self, name: str) -> Booleans:
        """Return the rows in which a column has no value though all it reads have."""
        reads = self.reads.get(name, frozenset())
        return self._unexplained(self.table.columns[name].missing, reads)

    def _unexplained(self, missing: Booleans, reads: Iterable[str]) -> Booleans:
        """Return the missing rows in which all columns that are read have a value."""
        for read in reads:
            missing = missing & ~self.table.columns[read].missing
        return missing

    def _spoil(self, name: str) -> None:
        self.table = replace(self.table, faulty=self.table.faulty | {name})

    def _call(self, call: Call) -> None:
        label = expression_text(call)
        if label in self.table.calls or label in self.table.faulty:
            return
        found = self._computed(call, label)
        if found is None:
            if not self.table.open:
                self._spoil(label)
            return
        step, columns = found
        self.table = self.table.adding(columns, {label: step.columns})
        self.computations.append(step)

    def _computed(self, call: Call, label: str) -> tuple[Step, list[Column]] | None:
        table, sink = self.table, self.sink
        checked = check_call(call, table, sink)
        if checked is None or table.open:
            return None
        function, value, settings = checked
        if settings.get("n") == 0:
            message = f"`n` of `{function.name}()` must be 1 or more"
            sink.add("invalid-argument", call.span, message)
            return None
        if function.role == "rows":
            names = self._names((label,))
            made = replace(
                lagged(_column(value, table), settings, table), name=names[0]
            )
            return Step(call, value, names, None, settings), [made]
        x = evaluate(value, table)
        undefined = self._unexplained(np.isnan(x), self._in_the_end(value))
        if undefined.any() and (self.has_fit_rows or not is_early(call)):
            text = expression_text(value)
            count = table.count(undefined)
            message = (
                f"`{text}` is no number in {count:,} row{'s' if count > 1 else ''}"
            )
            sink.add("infinite-value", value.span, message, NO_NUMBER_NOTE)
            return None
        off = rounding(value, table)
        try:
            state = learn_call(function.name, x, settings, table, off)
        except Unlearnable as fault:
            message = f"`{label}` cannot be computed: {fault.message}"
            sink.add("cannot-learn", call.span, message, *fault.notes)
            return None
        wanted = [label]
        if function.matrix:
            wanted = [f"{label}[{place + 1}]" for place in range(width(state))]
        names = self._names(wanted)
        made_off = state_rounding(state, off)
        columns = [
            replace(column, rounding=made_off if column.kind.is_number else None)
            for column in apply(state, names, x, table)
        ]
        return Step(call, value, names, state, settings), columns

    def _names(self, wanted: Sequence[str]) -> tuple[str, ...]:
        """Return names for a call's columns that no column of the data has."""
        while any(name in self.table.columns for name in wanted):
            wanted = [f"{name}#" for name in wanted]
        return tuple(wanted)


def _column(value: Expr, table: Table) -> Column:
    node = unwrap(value)
    if isinstance(node, Name) and node.text in table.columns:
        return table.columns[node.text]
    return Column("", Kind.NUMERIC, evaluate(value, table))


def check_call(
    call: Call, table: Table, sink: Sink
) -> tuple[Function, Expr, CallSettings] | None:
    """Return a call's function, value and settings; None after a fault."""
    function = FUNCTIONS[call.function.text]
    bound = bind_arguments(call, function, sink)
    if bound is None:
        return None
    typed = type_of(bound["x"].value, table, sink)
    settings = settings_of(bound, function, table, sink)
    if typed is None or settings is None:
        return None
    if not typed.is_number and (function.role == "learned" or typed.column is None):
        report_no_number(bound["x"].value, typed, f"`{function.name}()`", sink)
        return None
    return function, bound["x"].value, settings


# ---- other rows ----------------------------------------------------------------------


def replay(computations: Iterable[Computation], table: Table, sink: Sink) -> Table:
    """Return other rows with the columns that the rows of the fit have.

    Parameters
    ----------
    computations
        What was computed for the fit, in its order (``Prepared.computed``).
    table
        The rows, with their columns declared.
    sink
        Takes the faults.
    """
    current = table
    for one in computations:
        if isinstance(one, LetStatement):
            column = computed(one, current, sink)
            if column is not None:
                current = current.adding((column,))
            continue
        if one.state is None:
            earlier = lagged(_column(one.value, current), one.settings, current)
            found = [replace(earlier, name=one.columns[0])]
        else:
            x = evaluate(one.value, current)
            found = apply(one.state, one.columns, x, current)
        current = current.adding(found, {expression_text(one.call): one.columns})
    return current
