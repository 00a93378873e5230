"""Calls that make a factor of a column: ``factor``, ``relevel`` and ``C``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from varying.grammar.diagnostics import Sink
from varying.grammar.printer import expression_text
from varying.grammar.tree import Call, Expr, Name
from varying.grammar.walk import level_text, plain_number, unwrap

from ..data.levels import suggest_level
from ..data.schema import ColumnInfo, Schema
from ..data.table import Kind
from ..expressions.functions import FUNCTIONS, bind_arguments, is_stateful
from ..expressions.types import check_uncomputed, report_unknown, settings_of
from .contrasts import CONTRASTS, Scheme
from .schemes import for_levels, read_scheme

#: Calls that spell the levels of a column otherwise, and what becomes of each: R's
#: names. Levels that are spelled alike then are one.
TEXT_CALLS: Mapping[str, Callable[[str], str]] = {
    "trimws": str.strip,
    "tolower": str.lower,
    "toupper": str.upper,
}
FACTOR_CALLS = ("factor", "C", "relevel", *TEXT_CALLS)


def factor_of(
    call: Call, schema: Schema, sink: Sink, in_let: bool = False
) -> ColumnInfo | None:
    """Return the factor that such a call makes; they may stand inside each other."""
    function = FUNCTIONS[call.function.text]
    bound = bind_arguments(call, function, sink)
    if bound is None:
        return None
    argument = unwrap(bound["x"].value)
    if not _in_its_place(call, argument, in_let, sink):
        return None
    info: ColumnInfo | None = None
    if isinstance(argument, Call) and argument.function.text in FACTOR_CALLS:
        info = factor_of(argument, schema, sink, in_let)
    elif isinstance(argument, Name):
        info = schema.columns.get(argument.text)
        if info is None:
            report_unknown(argument, schema, sink)
        elif call.function.text in TEXT_CALLS and info.kind.is_number:
            message = (
                f"`{info.name}` is numeric, and `{call.function.text}()` is of texts"
            )
            sink.add("wrong-type", argument.span, message)
            return None
    elif isinstance(argument, Call) and is_stateful(argument):
        names = schema.calls.get(expression_text(argument))
        if names is None:
            check_uncomputed(argument, schema, sink)
        elif len(names) == 1:
            info = schema.columns[names[0]]
    else:
        message = f"`{call.function.text}()` needs a column"
        notes = ("give the expression a name first: `let name = ...`",)
        sink.add("invalid-argument", argument.span, message, *notes)
    if info is None:
        return None
    if info.kind.is_number and info.numbers is None:
        message = f"`{info.name}` has {info.distinct or 0:,} different values"
        sink.add("too-many-coefficients", argument.span, message)
        return None
    settings = settings_of(bound, function, schema, sink)
    if settings is None:
        return None
    if "labels" in bound and not in_let:
        message = "`labels` of `factor()` stand in a `let`"
        note = f"`let name = {expression_text(call)}`"
        sink.add("invalid-argument", bound["labels"].span, message, note)
        return None
    if "ref" in bound:
        return _with_reference(info, settings.get("ref"), bound["ref"].value, sink)
    if "levels" in bound:
        return _with_levels(info, settings.get("levels"), bound["levels"].value, sink)
    return info


def _in_its_place(call: Call, argument: Expr, in_let: bool, sink: Sink) -> bool:
    """Whether a call that spells levels otherwise is one of a ``let`` of its own."""
    inner = argument.function.text if isinstance(argument, Call) else ""
    outer = call.function.text
    if outer in TEXT_CALLS:
        good = in_let and (not inner or inner in TEXT_CALLS)
    else:
        good = inner not in TEXT_CALLS
    if not good:
        spells = call if outer in TEXT_CALLS else argument
        called = outer if outer in TEXT_CALLS else inner
        note = f"`let name = {expression_text(spells)}`, and `name` here"
        if outer in TEXT_CALLS and in_let:
            note = f"it is of a column: `let name = {outer}(column)`"
        message = f"`{called}()` stands in a `let` of its own"
        sink.add("invalid-argument", spells.span, message, note)
    return good


def spelled_otherwise(call: Call, level: str) -> str:
    """Return what ``tolower(trimws(x))`` makes of a level."""
    argument = unwrap(call.arguments[0].value)
    if isinstance(argument, Call):
        level = spelled_otherwise(argument, level)
    return TEXT_CALLS[call.function.text](level)


def _with_reference(
    info: ColumnInfo, names: tuple[str, ...], node: Expr, sink: Sink
) -> ColumnInfo | None:
    """Return a factor with one of its levels first, as ``relevel`` does."""
    levels = info.as_levels
    if len(names) != 1 or names[0] not in levels:
        unknown = next((name for name in names if name not in levels), None)
        if unknown is None:
            message = "`ref` of `relevel()` must be one level"
            sink.add("invalid-argument", node.span, message)
        else:
            _unknown_level(info, unknown, node, sink)
        return None
    return _reordered(info, (names[0], *(one for one in levels if one != names[0])))


def _with_levels(
    info: ColumnInfo, names: tuple[str, ...], node: Expr, sink: Sink
) -> ColumnInfo | None:
    """Return a factor with its levels in the order listed."""
    levels = info.as_levels
    unknown = [name for name in names if name not in info.declared_levels + levels]
    left_out = [level for level in levels if level not in names]
    if unknown:
        _unknown_level(info, unknown[0], node, sink)
        return None
    if left_out or len(set(names)) < len(names):
        what = f"leaves out `{left_out[0]}`" if left_out else "names a level twice"
        sink.add(
            "invalid-argument",
            node.span,
            f"`levels` of `factor()` {what}",
            "to leave rows out: `where`",
        )
        return None
    return _reordered(info, tuple(name for name in names if name in levels))


def _reordered(info: ColumnInfo, levels: tuple[str, ...]) -> ColumnInfo:
    # as R: the new order is that of a plain factor, without a scheme of its own
    return replace(
        info,
        kind=Kind.ORDERED if info.kind is Kind.ORDERED else Kind.FACTOR,
        levels=levels,
        declared_levels=levels,
        contrast=info.contrast if isinstance(info.contrast, str) else None,
        reference=None,
        numbers=None,
    )


def _unknown_level(info: ColumnInfo, level: str, node: Expr, sink: Sink) -> None:
    notes, fix = suggest_level(level, info.as_levels, node.span)
    message = f"`{info.name}` has no level `{level}`"
    sink.add("unknown-level", node.span, message, *notes, fix=fix)


def own_scheme(info: ColumnInfo, default: str) -> Scheme:
    """Return how a factor is coded unless a formula says otherwise."""
    if info.contrast is None:
        return CONTRASTS["poly" if info.kind is Kind.ORDERED else default]
    return CONTRASTS[info.contrast] if isinstance(info.contrast, str) else info.contrast


def own_base(info: ColumnInfo) -> int | None:
    """Return the reference's place; None if there is none, or no row has it."""
    levels = info.as_levels
    return levels.index(info.reference) if info.reference in levels else None


def scheme_of(
    call: Call, info: ColumnInfo, default: str, sink: Sink
) -> tuple[Scheme, int | None] | None:
    """Return the scheme that a call chooses for its factor, and the base's place."""
    bound = bind_arguments(call, FUNCTIONS[call.function.text], sink)
    if bound is None:
        return None
    scheme, base = own_scheme(info, default), own_base(info)
    places = []
    if "contrast" in bound:
        node = bound["contrast"].value
        found = read_scheme(node, sink)
        levels = info.declared_levels or info.as_levels
        chosen = None if found is None else for_levels(found, levels, node, sink)
        if chosen is None:
            return None
        scheme = chosen
        places += [] if found is None or found.base is None else [found.base]
    places += [bound["base"].value] if "base" in bound else []
    if not scheme.has_base and "contrast" in bound:
        base = None
    for place in places:
        if not scheme.has_base:
            message = f"the scheme `{scheme.name}` has no base level"
            sink.add("invalid-argument", place.span, message)
            return None
        base = _base(place, info, sink)
        if base is None:
            return None
    return scheme, base


def _base(argument: Expr, info: ColumnInfo, sink: Sink) -> int | None:
    """Return the place that ``base=`` names: a level, or its number from 1."""
    levels = info.as_levels
    node = unwrap(argument)
    text = node.text if isinstance(node, Name) else level_text(node)
    if text in levels:
        return levels.index(text)
    number = plain_number(node)
    if number is not None and 1 <= number <= len(levels) and number.is_integer():
        return int(number) - 1
    _unknown_level(info, text if text is not None else "this", argument, sink)
    return None
