"""The column of one ``let``: numbers, a condition, a copy, or a factor."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from varying.grammar.diagnostics import Sink
from varying.grammar.printer import expression_text
from varying.grammar.tree import Call, Expr, LetStatement
from varying.grammar.walk import column_names, unwrap

from ..coding.factor_calls import (
    FACTOR_CALLS,
    TEXT_CALLS,
    factor_of,
    scheme_of,
    spelled_otherwise,
)
from ..data.codes import recode
from ..data.custom_contrast import Custom
from ..data.schema import schema_of
from ..data.spellings import warn_comma
from ..data.table import Column, Kind, Table
from ..expressions.calls import stateful_calls
from ..expressions.evaluation import evaluate
from ..expressions.rounding import rounding
from ..expressions.settings import listed_names
from ..expressions.types import type_of


def computed(statement: LetStatement, table: Table, sink: Sink) -> Column | None:
    """Return the column of a ``let`` over the rows of a table; None after a fault."""
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
    off = rounding(expression, table)
    return Column(name, Kind.NUMERIC, values, rounding=off)


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
    if call.function.text in TEXT_CALLS:
        labels = tuple(spelled_otherwise(call, level) for level in levels)
    if labels is not None:
        names = _listed(call, "levels") or levels
        if len(labels) != len(names):
            message = f"`labels` must name all {len(names)} levels"
            shown = ", ".join(f"`{level}`" for level in names[:10])
            note = f"levels: {shown}{', ...' if len(names) > 10 else ''}"
            again = "levels of one name become one"
            sink.add("invalid-argument", call.span, message, note, again)
            return None
        label_of = dict(zip(names, labels, strict=True))
        merged = tuple(dict.fromkeys(label_of[level] for level in levels))
        places = [*(merged.index(label_of[level]) for level in levels), -1]
        codes = np.array(places, dtype=np.int64)[codes]
        reference = None if reference is None else label_of[reference]
        if isinstance(contrast, Custom) and len(merged) < len(levels):
            contrast = None  # its rows are the levels that were
        levels, read_as = merged, Kind.TEXT
    if call.function.text in TEXT_CALLS and source.kind is Kind.TEXT:
        # a text as any other, of which all is said that is said of texts
        return replace(source, name=name, values=codes, levels=levels)
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
    return _listed(call, "labels")


def _listed(call: Call, setting: str) -> tuple[str, ...] | None:
    for argument in call.arguments:
        if argument.keyword is not None and argument.keyword.text == setting:
            return listed_names(argument.value)
    return None


def warn_commas(expression: Expr, table: Table, sink: Sink) -> None:
    """Warn of texts that are compared and may be meant as numbers."""
    for name in column_names(expression):
        if name.text in table.columns:
            warn_comma(table.columns[name.text], name.span, sink)
