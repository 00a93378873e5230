"""What an expression yields: checked against the columns before any row is read.

Every fault is a diagnostic; an expression that passes can be evaluated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from varying.grammar.diagnostics import Edit, Fix, Sink, did_you_mean
from varying.grammar.printer import expression_text, name_text, string_text
from varying.grammar.tree import (
    Argument,
    Call,
    Chain,
    Expr,
    Index,
    ListExpr,
    Name,
    Number,
    Paren,
    Power,
    String,
    Unary,
)
from varying.grammar.walk import (
    COMPARISONS,
    LOGICALS,
    level_text,
    plain_number,
    postorder,
)

from ..data.levels import suggest_level
from ..data.schema import ColumnInfo, Schema
from ..data.spellings import comma_note, large_note, missing_note
from ..data.table import Column, Kind, Table
from .bare_names import call_columns, report_bare
from .elsewhere import PLANNED_ELSEWHERE
from .functions import FUNCTIONS, Function, bind_arguments, find_function, operands
from .settings import read_settings
from .stateful import CallSettings

ValueKind = Literal["number", "logical", "factor", "text", "list"]


@dataclass(frozen=True, slots=True)
class Typed:
    """What an expression yields; ``column`` if it is just a column."""

    kind: ValueKind
    column: Column | ColumnInfo | None = None

    @property
    def is_number(self) -> bool:
        """Whether it can be calculated with."""
        return self.kind in ("number", "logical")


def type_of(expression: Expr, data: Table | Schema, sink: Sink) -> Typed | None:
    """Return what an expression yields row by row; None after a fault."""
    types: dict[int, Typed | None] = {}
    # `us(1 + x | g)`: of a group term in a call that there is not, nothing else is said
    terms = {
        id(argument.value)
        for node in postorder(expression, operands)
        if isinstance(node, Call) and not _is_function(node.function, data)
        for argument in node.arguments
    }
    # nor of `car(W)` that a matrix is no column
    matrices = {
        id(argument.value)
        for node in postorder(expression, operands)
        if isinstance(node, Call) and node.function.text in PLANNED_ELSEWHERE
        for argument in node.arguments
    }
    for node in postorder(expression, operands):
        inside = [types[id(child)] for child in operands(node)]
        match node:
            case Name() if id(node) in matrices and node.text not in data.columns:
                types[id(node)] = None
            case Name():
                types[id(node)] = _type_of_name(node, data, sink)
            case Call():
                types[id(node)] = _type_of_call(node, inside, data, sink)
            case Chain(operators=("|" | "||", *_)) if id(node) in terms:
                types[id(node)] = None  # said of the call
            case _ if None in inside:
                types[id(node)] = None
            case _:
                known = [typed for typed in inside if typed is not None]
                types[id(node)] = _type_of_operation(node, known, sink)
    return types[id(expression)]


def _is_function(name: Name, data: Table | Schema) -> bool:
    function = FUNCTIONS.get(name.text)
    return name.text in data.functions or (function is not None and function.ready)


def _type_of_name(node: Name, data: Table | Schema, sink: Sink) -> Typed | None:
    column = data.columns.get(node.text)
    if column is not None:
        if column.kind.is_number or _has_values(column):
            return Typed("number", column)
        return Typed("logical" if column.kind is Kind.LOGICAL else "factor", column)
    if node.text in LOGICALS and not node.quoted:
        return Typed("logical")
    report_unknown(node, data, sink, value=True)
    return None


def _has_values(column: Column | ColumnInfo) -> bool:
    return column.kind is Kind.ORDERED and column.numbers is not None


#: Columns that cannot be used, and that are named beside the others.
_UNUSABLE = 3


def report_unknown(
    node: Name, data: Table | Schema, sink: Sink, *, value: bool = False
) -> None:
    """Report a name that is no usable column, unless that has been said.

    ``value``: a level in quotes could stand there as well.
    """
    if data.open or node.text in data.faulty:
        return
    if node.text in data.unusable:
        reason = data.unusable[node.text]
        sink.add(
            "wrong-type", node.span, f"column `{node.text}` cannot be used", reason
        )
        return
    if not node.quoted and report_bare(node.span, data, sink):
        return
    names = [
        name for name in (*data.columns, *data.unread) if name not in call_columns(data)
    ]
    notes, fix = did_you_mean(node.text, names, node.span, "columns", name_text)
    if not any(note.startswith("did you mean") for note in notes):
        lost = [(name, why) for name, why in data.unusable.items() if name]
        notes += tuple(
            f"`{name}` is there as well, and cannot be used: {why}"
            for name, why in lost[:_UNUSABLE]
        )
    of = [name for name in names if _has_level(data.columns.get(name), node.text)]
    if of and not value:
        notes = (f"`{node.text}` is a level of `{of[0]}`, and no column", *notes)
    elif of and value and not node.quoted:
        text = string_text(node.text)
        notes = (f"`{node.text}` is a level of `{of[0]}`: a level stands in quotes",)
        fix = Fix(f"write {text}", (Edit(node.span, text),))
    _, dot, column = node.text.partition(".")
    if dot and column in names and not node.quoted:
        notes = (f"columns are named without their table: `{column}`",)
        fix = Fix.write(node.span, column)
    sink.add(
        "unknown-column",
        node.span,
        f"`{node.text}` is not a column of the data",
        *notes,
        fix=fix,
    )


def _has_level(column: Column | ColumnInfo | None, level: str) -> bool:
    if column is None or column.kind.is_number or column.kind is Kind.LOGICAL:
        return False
    return level in all_levels(column)


def _type_of_call(
    node: Call, inside: Sequence[Typed | None], data: Table | Schema, sink: Sink
) -> Typed | None:
    function = find_function(node.function, data, sink)
    if function is None:
        return None
    if function.stateful:
        return _type_of_stateful(node, function, data, sink)
    if function.role != "elementwise":
        sink.add(
            "invalid-argument",
            node.span,
            f"`{function.name}()` cannot stand inside an expression",
            f"give it a name first: `let name = {expression_text(node)}`"
            if function.role == "coding"
            else "it is a term of a formula by itself",
        )
        return None
    bound = bind_arguments(node, function, sink)
    if bound is None:
        return None
    of = {
        id(argument): typed
        for argument, typed in zip(node.arguments, inside, strict=True)
    }
    for parameter, argument in bound.items():
        typed = of[id(argument)]
        if typed is None:
            return None
        if not typed.is_number:
            where = f"`{function.name}()`"
            if function.name == "ifelse" and parameter != "test":
                where = "a value of `ifelse()`"
            report_no_number(argument.value, typed, where, sink)
            return None
        base = plain_number(argument.value)
        if parameter == "base" and base is not None and (base <= 0 or base == 1):
            message = "the base of a logarithm is above 0, and not 1"
            sink.add("invalid-argument", argument.span, message)
            return None
    if read_settings(bound, function, sink) is None:
        return None
    if function.name == "I":
        return of[id(bound["x"])]
    return Typed("number")


def _type_of_stateful(
    node: Call, function: Function, data: Table | Schema, sink: Sink
) -> Typed | None:
    """Return what a call over rows yields; it has been computed if there are rows."""
    label = expression_text(node)
    names = data.calls.get(label)
    if names is None and not check_uncomputed(node, data, sink):
        return None
    if function.matrix:
        sink.add(
            "invalid-argument",
            node.span,
            f"`{label}` gives several columns and cannot be calculated with",
            "it is a term of a formula by itself",
        )
        return None
    if names is None:
        return Typed("factor" if function.name == "cut" else "number")
    column = data.columns[names[0]]
    if column.kind.is_number:
        return Typed("number")
    return Typed("logical" if column.kind is Kind.LOGICAL else "factor", column)


def check_uncomputed(node: Call, data: Table | Schema, sink: Sink) -> bool:
    """Report what can be told of a call that was not computed, for want of rows.

    False after a fault, now or earlier.
    """
    if expression_text(node) in data.faulty:
        return False
    function = FUNCTIONS[node.function.text]
    bound = bind_arguments(node, function, sink)
    if bound is None or settings_of(bound, function, data, sink) is None:
        return False
    return type_of(bound["x"].value, data, sink) is not None


def settings_of(
    bound: Mapping[str, Argument], function: Function, data: Table | Schema, sink: Sink
) -> CallSettings | None:
    """Return the arguments of a call that are no values of rows; None after a fault."""
    found = read_settings(bound, function, sink)
    if found is None:
        return None
    values, columns = found
    unknown = [name for name in columns if name.text not in data.columns]
    for name in unknown:
        report_unknown(name, data, sink)
    return None if unknown else CallSettings(values)


def report_no_number(node: Expr, typed: Typed, where: str, sink: Sink) -> None:
    """Report an expression where only a number can stand; ``where`` names the place."""
    notes: list[str] = []
    column = typed.column
    if column is not None:
        verb = "must be" if where.startswith("a value") else "needs"
        what = {Kind.TEXT: "text", Kind.ORDERED: "an ordered factor"}.get(
            column.kind, "a factor"
        )
        message = f"{where} {verb} a number and `{column.name}` is {what}"
        notes += odd_values(column)
        if not notes:
            if column.kind is Kind.TEXT and all_levels(column):
                notes.append(f"one of its values is `{all_levels(column)[0]}`")
            notes.append(
                'compare it with a level, as in `x == "level"`, to get a number'
            )
    elif where.startswith("a value"):
        message = f"`ifelse()` gives numbers only and this is a {typed.kind}"
        notes.append(
            "a comparison such as `acc == 1` is 1 or 0 by itself, and "
            "`factor(x)` in the formula makes a factor of numbers"
        )
    else:
        message = f"{where} needs a number and this is a {typed.kind}"
    sink.add("wrong-type", node.span, message, *notes)


def odd_values(column: Column | ColumnInfo) -> tuple[str, ...]:
    """Return why a text that may be meant as numbers is none."""
    if column.kind is not Kind.TEXT:
        return ()
    levels = all_levels(column)
    return (
        comma_note(levels, column.decimal)
        or missing_note(levels, column.name)
        or large_note(levels, name_text(column.name))
    )


def _type_of_operation(node: Expr, inside: Sequence[Typed], sink: Sink) -> Typed | None:
    match node:
        case Number():
            return Typed("number")
        case String():
            return Typed("text")
        case ListExpr():
            return Typed("list")
        case Paren():
            return inside[0]
        case Index():
            message = "a parameter cannot stand in an expression over the data"
            sink.add("invalid-argument", node.span, message)
            return None
        case Chain(operators=operators, operands=operands):
            if operators[0] in COMPARISONS:
                return _type_of_comparison(operators, operands, inside, sink)
            if operators[0] == "%in%":
                return _type_of_membership(node, inside, sink)
            if operators[0] in (":", "~") or operators[0].startswith("%"):
                message = f"`{operators[0]}` cannot be calculated"
                notes = ("it has a meaning between the terms of a formula only",)
                sink.add("invalid-argument", node.span, message, *notes)
                return None
            logic = operators[0] in ("&", "&&", "|", "||")
            return _numbers(operands, inside, operators[0], logic, sink)
        case Power(base=base, exponent=exponent):
            return _numbers((base, exponent), inside, "^", False, sink)
        case Unary(operator=operator, operand=operand):
            return _numbers((operand,), inside, operator, operator == "!", sink)
    raise TypeError(f"not an expression: {node!r}")


def _numbers(
    operands: Sequence[Expr],
    inside: Sequence[Typed],
    operator: str,
    logical: bool,
    sink: Sink,
) -> Typed | None:
    for operand, typed in zip(operands, inside, strict=True):
        if not typed.is_number:
            report_no_number(operand, typed, f"`{operator}`", sink)
            return None
    return Typed("logical" if logical else "number")


def _type_of_comparison(
    operators: Sequence[str],
    operands: Sequence[Expr],
    inside: Sequence[Typed],
    sink: Sink,
) -> Typed | None:
    for index, operator in enumerate(operators):
        pair = (operands[index], operands[index + 1])
        types = (inside[index], inside[index + 1])
        if all(typed.is_number for typed in types):
            continue
        # A literal beside a factor names a level.
        if types[0].column is None:
            pair, types = (pair[1], pair[0]), (types[1], types[0])
        column = types[0].column
        if column is None or level_text(pair[1]) is None:
            for node, typed in zip(pair, types, strict=True):
                if not typed.is_number:
                    report_no_number(node, typed, f"`{operator}`", sink)
                    break
            return None
        if operator not in ("==", "!=") and column.kind is not Kind.ORDERED:
            message = f"`{column.name}` has no order, so `{operator}` means nothing"
            notes = odd_values(column) or (
                f"declare it: `column {name_text(column.name)}: ordered(...)`",
            )
            sink.add("wrong-type", pair[0].span, message, *notes)
            return None
        # a value that is not declared has no place in the order
        ordered = operator not in ("==", "!=")
        if ordered and isinstance(column, Column):
            column = column.without_undeclared()
        if not _level_exists(column, pair[1], sink):
            return None
    return Typed("logical")


def _type_of_membership(
    node: Chain, inside: Sequence[Typed], sink: Sink
) -> Typed | None:
    left, right = node.operands[0], node.operands[1]
    if len(node.operands) > 2 or not isinstance(right, ListExpr):
        message = "`%in%` needs a list at its right, as in `x %in% [1, 2]`"
        sink.add("invalid-argument", node.span, message)
        return None
    column = inside[0].column
    for item in right.items:
        if inside[0].is_number and plain_number(item) is not None:
            continue
        if column is None or column.kind.is_number or level_text(item) is None:
            what = "a number" if inside[0].is_number else "a level"
            sink.add("wrong-type", item.span, f"the list must hold {what} here")
            return None
        if not _level_exists(column, item, sink):
            return None
    if not inside[0].is_number and column is None:
        report_no_number(left, inside[0], "`%in%`", sink)
        return None
    return Typed("logical")


def all_levels(column: Column | ColumnInfo) -> tuple[str, ...]:
    """Return all levels that a column may have, with or without rows."""
    if isinstance(column, ColumnInfo):
        return column.declared_levels
    return column.levels


def _level_exists(column: Column | ColumnInfo, node: Expr, sink: Sink) -> bool:
    level = level_text(node)
    levels = all_levels(column)
    if level is None or level in levels:
        return True
    if column.kind.is_number:
        message = f"`{column.name}` is a number and cannot equal a text"
        sink.add("wrong-type", node.span, message)
        return False
    notes, fix = suggest_level(level, levels, node.span)
    sink.add(
        "unknown-level",
        node.span,
        f"`{column.name}` has no level `{level}`",
        *notes,
        fix=fix,
    )
    return False
