"""A response of several columns: what each category has, ``cbind(a, b, c)``."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from varying.grammar.diagnostics import Fix, Sink
from varying.grammar.printer import expression_text, name_text
from varying.grammar.spelling import spell_number
from varying.grammar.tree import Call, Chain, Expr, Name
from varying.grammar.walk import column_names, unwrap

from ..data.schema import Schema
from ..data.table import Floats, Kind, Table
from ..expressions.evaluation import evaluate
from ..families.family import Family
from ..formula.columns import Numeric
from .bound import BoundModel, Response
from .response_terms import as_number

__all__ = [
    "BINDING",
    "bind_composition",
    "check_columns",
    "check_composition",
    "total_of",
]

#: Calls that stand for the columns of one response; the first is how it is written.
BINDING = ("cbind", "bind", "c")


def bind_composition(
    node: Expr, family: Family, schema: Schema, sink: Sink
) -> Response | None:
    """Return a response with a column for each category, the first the reference."""
    if not isinstance(node, Call) or node.function.text not in BINDING:
        text = expression_text(node)
        several = isinstance(node, Call) and node.function.text == "mvbind"
        what = "several responses" if several else "one number a row"
        sink.add(
            "invalid-argument",
            node.span,
            f"the response of {family.name} has a column for each category, and "
            f"`{text}` is {what}",
            "write the columns of all categories: `cbind(a, b, c) ~ ...`; the first is "
            "the reference",
            fix=None
            if not several
            else Fix.write(node.span, f"cbind{text.removeprefix('mvbind')}", safe=True),
        )
        return None
    if node.function.text == "c" and "c" not in schema.functions:
        text = f"cbind{expression_text(node).removeprefix('c')}"
        sink.add(
            "invalid-argument",
            node.span,
            "the columns of a response are joined by `cbind()`",
            fix=Fix.write(node.span, text, safe=True),
        )
        return None
    good = True
    found: list[Numeric] = []
    for argument in node.arguments:
        if argument.keyword is not None:
            sink.add(
                "unknown-argument",
                argument.keyword.span,
                f"`{node.function.text}` has no argument `{argument.keyword.text}`",
                "it takes the columns of the categories, the reference first",
            )
            good = False
            continue
        value = unwrap(argument.value)
        label = expression_text(value)
        if not as_number(value, f"{node.function.text}()", schema, sink):
            good = False
        elif label in {one.label for one in found}:
            sink.add(
                "invalid-argument",
                value.span,
                f"`{label}` is there twice: each category has one column",
            )
            good = False
        else:
            found.append(Numeric(label, value))
    if not good:
        return None
    if len(found) < 2:
        sink.add(
            "one-category",
            node.span,
            f"`{expression_text(node)}` has {'one column' if found else 'no column'}, "
            f"and {family.name} needs two or more",
            "each category has a column of its own, the reference among them",
        )
        return None
    names = [name.text for name in column_names(node)]
    if not names:
        sink.add(
            "wrong-type",
            node.span,
            f"the response `{expression_text(node)}` reads no column of the data",
        )
        return None
    return Response(
        expression_text(node),
        names[0],
        Kind.NUMERIC,
        tuple(one.label for one in found),
        parts=tuple(found),
        span=node.span,
    )


def total_of(response: Response) -> Expr:
    """Return the sum of the columns: the trials, where no others are written."""
    values = tuple(one.expression for one in response.parts)
    return Chain(("+",) * (len(values) - 1), values, span=response.span)


def check_columns(bound: BoundModel, table: Table, sink: Sink) -> bool:
    """Report the first column with values that no category has; whether there is none.

    Before what they add up to is looked at.
    """
    return all(
        _column(bound, one, evaluate(one.expression, table), table, sink)
        for one in bound.response.parts
    )


def check_composition(bound: BoundModel, table: Table, sink: Sink) -> bool:
    """Report rows that are no counts, or shares, of a whole; whether there are none."""
    response, family = bound.response, bound.family
    values = np.stack(
        [evaluate(one.expression, table) for one in response.parts], axis=-1
    )
    known = {name: evaluate(v.expression, table) for name, v in response.known}
    if family.in_support(values, **known).all():
        return _all_there(bound, values, table, sink)
    total = values.sum(axis=-1)
    whole = known.get("trials", np.ones(len(values)))
    wrong = total != whole
    if "trials" not in known:
        wrong = ~family.in_support(values)
    first = int(np.argmax(wrong))
    count = table.count(wrong)
    rows = "1 row" if count == 1 else f"{count:,} rows"
    listed = " + ".join(spell_number(float(v)) for v in values[first])
    if "trials" in known:
        label = dict(response.known)["trials"].label
        notes: tuple[str, ...] = (
            f"the first has {listed} = {spell_number(float(total[first]))}, of "
            f"{spell_number(float(whole[first]))}",
            "a category is missing, such as `other`: give it a column; without "
            "`trials()` the sum of the columns is taken",
        )
        message = f"the counts do not add up to `{label}` in {rows}"
    else:
        notes = (
            f"the first has {listed} = {total[first]:.6g}",
            *_of_sum(bound, values, total),
        )
        message = f"the shares do not add up to 1 in {rows}"
    sink.add("response-support", response.span, message, *notes)
    return False


def _name(family: Family) -> str:
    """Return what a spec calls a family, without its predictors."""
    return family.name.partition("(")[0]


def _of_sum(bound: BoundModel, values: Floats, total: Floats) -> tuple[str, ...]:
    """Return what to do about shares that do not add up to 1."""
    written = [one.label for one in bound.response.parts]
    if bool(np.allclose(total, 100.0, rtol=0.01)):
        return (
            "they are percentages: divide by 100, `let a = a_percent / 100` for each",
        )
    plain = [one if one.isidentifier() else f"({one})" for one in written]
    whole = " + ".join(plain)
    return (
        f"shares of what is there are `{plain[0]} / ({whole})` and so on, by `let` for "
        "each; counts are for `family=multinomial`",
    )


def _of_parts(bound: BoundModel, one: Numeric, table: Table) -> str:
    """Return what to do about columns above 1: parts of a whole that is another."""
    columns = [evaluate(part.expression, table) for part in bound.response.parts]
    total = np.sum(columns, axis=0)
    whole = float(np.median(total))
    if whole == 100.0 or not np.allclose(total, whole, rtol=1e-9):
        return (
            "percentages are divided by 100, by `let` for each column; counts are for "
            "`family=multinomial`"
        )
    written = one.expression
    part = f"({one.label})"
    if isinstance(written, Name):
        part = name_text(written.text)
    return (
        f"the columns add up to {whole:g} in each row: `{part}/{whole:g}` is a share, "
        "and so for each; counts are for `family=multinomial`"
    )


def _column(
    bound: BoundModel, one: Numeric, values: Floats, table: Table, sink: Sink
) -> bool:
    """Report the values of a column that no row can have."""
    name, counts = _name(bound.family), "trials" in bound.family.known
    wrong = ~np.isfinite(values) | (values < 0.0)
    if counts:
        wrong |= values != np.floor(values)
    else:
        wrong |= (values <= 0.0) | (values >= 1.0)
    if not wrong.any():
        return True
    first, count = values[np.argmax(wrong)], table.count(wrong)
    rows = "1 row" if count == 1 else f"{count:,} rows"
    needed = "counts, whole numbers from 0" if counts else "shares above 0 and below 1"
    notes = [f"the first is {spell_number(float(first))}"]
    zeros = values[wrong] == 0.0
    if counts and bool((values[wrong] > 0.0).all()):
        notes.append("shares are for `family=dirichlet`")
    elif not counts and zeros.any():
        notes += [
            f"{table.count(wrong & (values == 0.0)):,} are 0, and a share of 0 has no "
            f"density under {name}",
            "where the shares are of counts, `family=dirichlet_multinomial` takes the "
            "counts, zeros among them; two categories of which one is rare may be one, "
            "`let ab = a + b`; zeros moved inside by hand move the result too",
        ]
    elif not counts and bool((values[wrong] == 1.0).all()):
        notes.append(
            "the other categories then have a share of 0, which has no density"
        )
    elif not counts and bool((values >= 0.0).all()) and values.max() > 1.0:
        notes.append(_of_parts(bound, one, table))
    sink.add(
        "response-support",
        one.expression.span,
        f"{name} needs {needed}, and `{one.label}` has others in {rows}",
        *notes,
    )
    return False


def _all_there(bound: BoundModel, values: Floats, table: Table, sink: Sink) -> bool:
    """Warn of a category that no row has any of."""
    if table.partial or not table.rows:
        return True
    names = _without_any(bound.response.categories, values)
    if names:
        listed = ", ".join(f"`{one}`" for one in names)
        sink.add(
            "boundary-response",
            bound.response.span,
            f"no row has any of {listed}",
            "the estimate has no end in this direction: the prior alone says how rare "
            "it is",
        )
    return True


def _without_any(categories: Sequence[str], values: Floats) -> list[str]:
    return [
        name
        for name, column in zip(categories, values.T, strict=True)
        if not column.any()
    ]
