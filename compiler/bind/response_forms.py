"""Responses as other packages write them: ``factor(y)``, ``y["yes"]``, ``p(k, n)``."""

from __future__ import annotations

from varying.grammar.diagnostics import Edit, Fix, Sink
from varying.grammar.printer import expression_text, name_text, string_text
from varying.grammar.tree import Argument, Call, Index, ListExpr, Name, String
from varying.grammar.walk import level_text, unwrap

from ..data.levels import level_spelled
from ..data.schema import ColumnInfo, Schema
from ..families.family import Family

_FACTORS = ("factor", "as.factor", "ordered", "as.ordered", "C")


def report_factor(
    node: Call, family: Family | None, schema: Schema, sink: Sink
) -> bool:
    """Report ``factor(y)`` as a response; whether it is such.

    Which categories a column has, and in which order, is said by the column.
    """
    if node.function.text not in _FACTORS or not node.arguments:
        return False
    first = unwrap(node.arguments[0].value)
    if not isinstance(first, Name) or node.function.text in schema.functions:
        return False
    name = name_text(first.text)
    levels = _levels(node.arguments[1:])
    ordinal = family is not None and family.response == "ordinal"
    kind = "ordered" if ordinal or "ordered" in node.function.text else "factor"
    shown = ", ".join(levels) or _known_levels(first.text, schema) or "low, mid, high"
    notes = []
    fix = None
    kinds = ("ordinal", "binary", "nominal")
    categories = family is None or family.response in kinds
    if categories:
        known = first.text in schema.columns or schema.open
        notes.append(
            "its categories and their order are said by a line above: "
            f"`column {name}: {kind}({shown})`"
        )
        if len(node.arguments) == 1 and known and family is not None:
            edit = Edit(node.span, name)
            fix = Fix(f"write `{name}`", (edit,), safe=True)
    else:
        notes.append(
            "ordered categories are for `family=ordlogit`, two values for "
            "`family=bernoulli`"
        )
    sink.add(
        "invalid-argument",
        node.span,
        f"the response is the column itself, and not `{expression_text(node)}`",
        *notes,
        fix=fix,
    )
    return True


def _known_levels(name: str, schema: Schema) -> str:
    """Return the levels of a column as a declaration has them, if they are few."""
    info = schema.columns.get(name)
    if info is None:
        return ""
    numbers = info.numbers or ()
    if info.kind.is_number and info.whole and len(numbers) > 2:
        return f"{int(numbers[0])}..{int(numbers[-1])}"
    found = info.as_levels
    return ", ".join(map(level_spelled, found)) if 1 < len(found) <= 10 else ""


def _levels(arguments: tuple[Argument, ...]) -> list[str]:
    """Return the levels that a call lists, as a declaration has them."""
    for argument in arguments:
        value = unwrap(argument.value)
        items: tuple[object, ...] = ()
        if isinstance(value, ListExpr):
            items = value.items
        elif isinstance(value, Call) and value.function.text == "c":
            items = tuple(inner.value for inner in value.arguments)
        texts = [level_text(item) for item in items]  # type: ignore[arg-type]
        if texts and all(text is not None for text in texts):
            return [level_spelled(text) for text in texts if text is not None]
    return []


def report_success(
    node: Index, family: Family | None, schema: Schema, sink: Sink
) -> None:
    """Report ``y["yes"]``, as Bambi names the success."""
    name = name_text(node.target.text)
    parts = node.refs[0].parts
    base = parts[0].base
    level = base.text if isinstance(base, String | Name) else expression_text(base)
    info = schema.columns.get(node.target.text)
    others = [] if info is None else [x for x in info.as_levels if x != level]
    # of a column that is not known, the other level is not either
    failure = level_spelled(others[0]) if len(others) == 1 else "FAILURE"
    declared = f"column {name}: factor({failure}, {level_spelled(level)})"
    several = len(others) > 1
    fix = None
    if (
        family is not None
        and family.response == "binary"
        and info is not None
        and not info.stated
        and len(info.as_levels) == 2
        and level in info.as_levels
    ):
        position = sink.source.position(node.span.start)
        line = sink.source.line_text(position.line)
        indent = line[: len(line) - len(line.lstrip())]
        start = node.span.start - position.column + 1 + len(indent)
        if start == node.span.start:
            edit = Edit(node.span, f"{declared}\n{indent}{name}")
            fix = Fix(f"write `{name}`, and above it `{declared}`", (edit,), safe=True)
    sink.add(
        "invalid-argument",
        node.span,
        f"the response is the column itself, and not `{expression_text(node)}`",
        "of two levels the second one is the success; a line above says which it is: "
        f"`{declared}`"
        if not several
        else f"`{name}` has {len(others) + 1} levels: one against the others is "
        f"`let hit = {name} == {_literal(level, info)}` above, and `hit` left of `~`",
        *(
            ("`FAILURE` stands for the other level of the column",)
            if not others
            else ()
        ),
        fix=fix,
    )


def _literal(level: str, info: ColumnInfo | None) -> str:
    number = info is not None and info.kind.is_number
    return level if number else string_text(level)


def report_share(node: Call, family: Family | None, sink: Sink) -> None:
    """Report ``p(k, n)``, as Bambi writes successes out of trials."""
    part, whole = (expression_text(argument.value) for argument in node.arguments)
    written = f"{part} | trials({whole})"
    binomial = family is not None and "trials" in family.known
    sink.add(
        "invalid-response-term",
        node.span,
        f"successes out of trials are written `{written}`",
        *(() if binomial else ("their family is `binomial`",)),
        fix=Fix.write(node.span, written, safe=binomial),
    )


def report_weighted(node: Call, sink: Sink) -> None:
    """Report ``weighted(y, w)`` of Bambi, which is ``y | weights(w)`` here."""
    response, weights = (expression_text(a.value) for a in node.arguments)
    text = f"{response} | weights({weights})"
    sink.add(
        "invalid-response-term",
        node.span,
        "weights stand beside the response",
        fix=Fix.write(node.span, text, safe=True),
    )
