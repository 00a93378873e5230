"""Columns that are computed: ``let``, and calls over rows such as ``scale(x)``.

What needs no more than the rows as read comes first (``Derivation.early``), so that
``where`` can use it: row-wise ``let``, ``lag``, ``cut`` with given bounds. What learns
from rows (``center``, ``poly``) waits until the rows of the fit are known
(``Derivation.late``), and a ``let`` that has such a call, or names one that has, waits
with it. What was learned is kept in ``Step``, so that other rows can be treated alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from varying.grammar.diagnostics import Sink
from varying.grammar.printer import expression_text
from varying.grammar.tree import (
    Call,
    Chain,
    Expr,
    Formula,
    LetStatement,
    ListExpr,
    ModelStatement,
    Name,
    PartStatement,
    Power,
    Spec,
    Unary,
    WhereStatement,
)

from .call_settings import listed_names
from .contrasts import Custom
from .design import recode
from .evaluation import evaluate
from .expression_types import report_no_number, settings_of, type_of
from .expressions import LOGICALS, children, column_names, now, postorder, unwrap
from .factor_calls import FACTOR_CALLS, factor_of, scheme_of
from .functions import FUNCTIONS, Function, bind_arguments, is_stateful
from .learning import Unlearnable, learn_call
from .schema import schema_of
from .spellings import warn_comma
from .stateful import Settings, State, apply, lagged, width
from .table import Column, Kind, Table


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
    settings: Settings


Made = Step | LetStatement
RESERVED = frozenset({"Intercept", *LOGICALS})
Booleans = NDArray[np.bool_]


def stateful_calls(
    expression: Expr, inside: Callable[[Expr], tuple[Expr, ...]] = children
) -> list[Call]:
    """Return the calls that are computed over rows, inner ones first.

    ``inside`` says where they are looked for.
    """
    found: dict[str, Call] = {}
    for node in postorder(expression, inside):
        if isinstance(node, Call) and is_stateful(node):
            found.setdefault(expression_text(node), node)
    return list(found.values())


def _below_calls(node: Expr) -> tuple[Expr, ...]:
    """Return what a node is made of; a call over rows is one thing."""
    return () if is_stateful(node) else children(node)


def _not_guarded(node: Expr) -> tuple[Expr, ...]:
    """Return what a node has no value without: `ifelse` may do without a part."""
    guards = isinstance(node, Call) and node.function.text == "ifelse"
    return () if guards else children(node)


def is_early(call: Call) -> bool:
    """Whether a call needs no more than the rows as they were read."""
    function = FUNCTIONS[call.function.text]
    if function.role == "rows":
        return True
    if call.function.text != "cut":
        return False
    named = [a for a in call.arguments if a.keyword and a.keyword.text == "breaks"]
    free = [a for a in call.arguments if a.keyword is None]
    breaks = [*named, *free[1:2]]
    given = bool(breaks) and isinstance(unwrap(breaks[0].value), ListExpr)
    return given and all(map(is_early, stateful_calls(call)[:-1]))


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
    made
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
    made: list[Made] = field(default_factory=list)
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

    def condition(self, expression: Expr) -> bool:
        """Prepare a condition of ``where``; False if it cannot be one."""
        self._early_calls(expression)
        if not self.waits(expression):
            return True
        found: list[Expr] = [c for c in stateful_calls(expression) if not is_early(c)]
        found += [n for n in column_names(expression) if n.text in self.inputs]
        node = found[0]
        self.sink.add(
            "learned-in-where",
            node.span,
            f"`{expression_text(node)}` is learned from the rows that `where` leaves",
            "so `where` cannot depend on it: compare the column itself with a number",
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
        for call in stateful_calls(statement.expression, _not_guarded):
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
                compute(formula.terms)
                self._conditions(formula.terms)
        self.sink = sink

    def _conditions(self, terms: Expr) -> None:
        """Compute the conditions among terms: R codes them as factors."""
        for node in _condition_terms(terms):
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
            calls = {**self.table.calls, label: (name,)}
            self.table = replace(self.table, calls=calls)

    # ---- one column ----

    def _let(self, statement: LetStatement) -> None:
        column = _computed(statement, self.table, self.sink)
        name = statement.name.text
        if column is None:
            self._spoil(name)
            return
        columns = {**self.table.columns, name: column}
        self.table = replace(self.table, columns=columns)
        self.reads[name] = self._in_the_end(statement.expression)
        self.made.append(statement)

    def _in_the_end(self, expression: Expr) -> frozenset[str]:
        """Return the columns that are no ``let`` that an expression reads.

        What calls over rows gave counts as such: earlier rows may have no value.
        """
        found: set[str] = set()
        for node in postorder(expression, _below_calls):
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
        missing = self.table.columns[name].missing
        for read in self.reads.get(name, ()):
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
        self.table = replace(
            self.table,
            columns={**self.table.columns, **{c.name: c for c in columns}},
            calls={**self.table.calls, label: step.columns},
        )
        self.made.append(step)

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
        undefined = np.isnan(x)
        for name in self._in_the_end(value):
            undefined &= ~table.columns[name].missing
        if undefined.any() and (self.has_fit_rows or not is_early(call)):
            text = expression_text(value)
            count = table.count(undefined)
            message = (
                f"`{text}` is no number in {count:,} row{'s' if count > 1 else ''}"
            )
            note = "leave such rows out by `where`, or write what is meant there"
            sink.add("infinite-value", value.span, message, note)
            return None
        try:
            state = learn_call(function.name, x, settings, table)
        except Unlearnable as fault:
            message = f"`{label}` cannot be computed: {fault.message}"
            sink.add("cannot-learn", call.span, message, *fault.notes)
            return None
        wanted = [label]
        if function.matrix:
            wanted = [f"{label}[{place + 1}]" for place in range(width(state))]
        names = self._names(wanted)
        return Step(call, value, names, state, settings), apply(state, names, x, table)

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
) -> tuple[Function, Expr, Settings] | None:
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


def formulas(model: ModelStatement) -> Iterator[Formula]:
    """Yield the formulas of a model, those of its parameters among them."""
    yield model.formula
    yield from (p.formula for p in model.body if isinstance(p, PartStatement))


def formula_expressions(spec: Spec) -> Iterator[Expr]:
    """Yield what formulas calculate with."""
    for model in spec.models:
        for formula in formulas(model):
            yield formula.response
            yield formula.terms


_ALGEBRA = ("+", "-", "*", "/", ":", "%in%", "|", "||")


def _condition_terms(terms: Expr) -> Iterator[Expr]:
    """Yield the terms that may be conditions: ``x > 0``, ``!late``, ``I(x > 0)``."""
    stack = [terms]
    while stack:
        node = unwrap(stack.pop())
        match node:
            case Chain(operators=operators, operands=operands) if (
                operators[0] in _ALGEBRA
            ):
                stack.extend(reversed(operands))
            case Power(base=base):
                stack.append(base)
            case Unary(operator="+" | "-", operand=operand):
                stack.append(operand)
            case Chain() | Unary() | Call(function=Name(text="I")):
                yield node


def reads_order(spec: Spec) -> bool:
    """Whether a spec has calls for which the order of the rows matters."""
    expressions = list(formula_expressions(spec))
    for statement in spec.statements:
        match statement:
            case LetStatement(expression=read) | WhereStatement(condition=read):
                expressions.append(read)
    return any(
        FUNCTIONS[call.function.text].role == "rows"
        for expression in expressions
        for call in stateful_calls(expression)
    )


def _computed(statement: LetStatement, table: Table, sink: Sink) -> Column | None:
    name, expression = statement.name.text, statement.expression
    call = unwrap(expression)
    if isinstance(call, Call) and call.function.text in FACTOR_CALLS:
        return _factor(name, call, table, sink)
    typed = type_of(expression, table, sink)
    if typed is None:
        return None
    if typed.column is not None and isinstance(typed.column, Column):
        return replace(typed.column, name=name)
    warn_commas(expression, table, sink)
    if not typed.is_number:
        message = f"`{name}` would be a {typed.kind}, not a number"
        sink.add("wrong-type", expression.span, message)
        return None
    if any(expression_text(c) not in table.calls for c in stateful_calls(expression)):
        return None  # of a table whose columns are not all known
    values = evaluate(expression, table)
    if typed.kind == "logical":
        codes = np.where(np.isnan(values), -1, values).astype(np.int64)
        return Column(name, Kind.LOGICAL, codes, ("FALSE", "TRUE"))
    return Column(name, Kind.NUMERIC, values)


def _factor(name: str, call: Call, table: Table, sink: Sink) -> Column | None:
    """Return the factor that ``let f = factor(k)`` makes of a column."""
    read = {n.text for n in column_names(call)}
    read.update(*(table.calls.values()))
    known = {n: c for n, c in table.columns.items() if n in read}
    schema = schema_of(replace(table, columns=known))
    info = factor_of(call, schema, sink, in_let=True)
    if info is None:
        return None
    contrast, reference = info.contrast, info.reference
    if call.function.text == "C":
        chosen = scheme_of(call, info, "treatment", sink)
        if chosen is None:
            return None
        scheme, base = chosen
        if base is not None and not scheme.has_reference:
            message = f"`base` of `{scheme.name}` stands in the formula: `C(...)` there"
            sink.add("invalid-argument", call.span, message)
            return None
        contrast = scheme if isinstance(scheme, Custom) else scheme.name
        reference = None if base is None else info.as_levels[base]
    source = table.columns[info.name]
    levels = info.as_levels if source.kind.is_number else info.declared_levels
    read_as = source.kind if source.read_as is None else source.read_as
    codes, labels = recode(source, levels), labels_of(call)
    if labels is not None:
        if len(labels) != len(levels) or len(set(labels)) < len(labels):
            message = f"`labels` must name {len(levels)} levels, each in its own way"
            shown = ", ".join(f"`{level}`" for level in levels[:10])
            sink.add("invalid-argument", call.span, message, f"levels: {shown}")
            return None
        levels, read_as = labels, Kind.TEXT
    return Column(
        name,
        Kind.ORDERED if info.kind is Kind.ORDERED else Kind.FACTOR,
        codes,
        levels,
        declared=True,
        contrast=contrast,
        reference=reference,
        read_as=read_as,
    )


def labels_of(call: Call) -> tuple[str, ...] | None:
    """Return what ``factor(x, labels=[...])`` calls its levels."""
    for argument in call.arguments:
        if argument.keyword is not None and argument.keyword.text == "labels":
            return listed_names(argument.value)
    return None


def warn_commas(expression: Expr, table: Table, sink: Sink) -> None:
    """Warn of texts that are compared and may be meant as numbers."""
    for name in column_names(expression):
        if name.text in table.columns:
            warn_comma(table.columns[name.text], name.span, sink)


# ---- other rows ----------------------------------------------------------------------


def replay(made: Iterable[Made], table: Table, sink: Sink) -> Table:
    """Return other rows with the columns that the rows of the fit have.

    Parameters
    ----------
    made
        What was computed for the fit, in its order (``Prepared.made``).
    table
        The rows, with their columns declared.
    sink
        Takes the faults.
    """
    current = table
    for one in made:
        if isinstance(one, LetStatement):
            column = _computed(one, current, sink)
            if column is None:
                continue
            columns: Mapping[str, Column] = {one.name.text: column}
            calls = {}
        else:
            if one.state is None:
                made_column = lagged(_column(one.value, current), one.settings, current)
                found = [replace(made_column, name=one.columns[0])]
            else:
                x = evaluate(one.value, current)
                found = apply(one.state, one.columns, x, current)
            columns = {column.name: column for column in found}
            calls = {expression_text(one.call): one.columns}
        current = replace(
            current,
            columns={**current.columns, **columns},
            calls={**current.calls, **calls},
        )
    return current
