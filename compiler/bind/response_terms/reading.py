"""What the arguments of terms beside a response are."""

from __future__ import annotations

from collections.abc import Sequence

from varying.grammar.diagnostics import Sink, did_you_mean
from varying.grammar.printer import expression_text
from varying.grammar.tree import Call, Expr

from ...data.schema import Schema
from ...expressions.types import odd_values, type_of


def as_number(value: Expr, what: str, schema: Schema, sink: Sink) -> bool:
    """Whether an expression is a number; report it for ``what`` if it is not."""
    typed = type_of(value, schema, sink)
    if typed is not None and typed.kind != "number":
        text = expression_text(value)
        message = f"`{text}` is no number, and `{what}` needs one"
        column = typed.column
        notes = () if column is None else odd_values(column)
        sink.add("wrong-type", value.span, message, *notes)
    return typed is not None and typed.kind == "number"


def arguments_of(
    call: Call, names: Sequence[str], sink: Sink
) -> dict[str, Expr] | None:
    """Return the arguments of a call by name; None after a fault.

    Parameters
    ----------
    call
        Its arguments stand in the order of the names, or have them as keywords.
    names
        What it takes.
    sink
        Takes the faults.
    """
    found: dict[str, Expr] = {}
    what = call.function.text
    for place, argument in enumerate(call.arguments):
        keyword = argument.keyword
        if keyword is None:
            name = names[place] if place < len(names) else ""
        else:
            name = keyword.text
        if keyword is not None and name not in names:
            notes, fix = did_you_mean(name, tuple(names), keyword.span, "its arguments")
            message = f"`{what}` has no argument `{name}`"
            sink.add("unknown-argument", keyword.span, message, *notes, fix=fix)
            return None
        if not name or name in found:
            sink.add(
                "invalid-argument",
                argument.span,
                f"`{expression_text(argument.value)}` is one argument of `{what}` too "
                "many"
                if not name
                else f"`{name}` is given twice",
                f"it takes {', '.join(f'`{one}`' for one in names)}",
            )
            return None
        found[name] = argument.value
    return found
