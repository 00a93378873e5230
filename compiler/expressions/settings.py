"""Arguments of a call that are no values of rows: numbers, flags, lists, groups."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

from varying.grammar.diagnostics import Fix, Sink
from varying.grammar.tree import Argument, Call, Chain, Expr, ListExpr, Name
from varying.grammar.walk import LOGICALS, level_text, plain_number, unwrap

from .function import Function, Setting


def read_settings(
    bound: Mapping[str, Argument], function: Function, sink: Sink
) -> tuple[dict[str, Any], list[Name]] | None:
    """Return the settings among a call's arguments; None after a fault.

    Parameters
    ----------
    bound
        The arguments by parameter.
    function
        Says which of them are settings, and of what kind.
    sink
        Takes the faults.

    Returns
    -------
    dict, list
        The values by parameter, columns to group by as a tuple of names; and these
        names where they stand, for they may be unknown.
    """
    values: dict[str, Any] = {}
    columns: list[Name] = []
    for name, argument in bound.items():
        kind = function.settings.get(name)
        if kind is None:
            continue
        what, read = _SETTINGS[kind]
        found = read(argument.value)
        if found is None:
            message = f"`{name}` of `{function.name}()` must be {what}"
            fix = _of_r(argument.value, kind, sink)
            named = isinstance(unwrap(argument.value), Name) and fix is None
            notes = ("a spec has no variables: write the value itself",)
            sink.add(
                "invalid-argument",
                argument.span,
                message,
                *(notes if named else ()),
                fix=fix,
            )
            return None
        if kind == "by":
            columns += found
            found = tuple(node.text for node in found)
        values[name] = found
    return values, columns


def _of_r(node: Expr, kind: Setting, sink: Sink) -> Fix | None:
    """Return the fix for a value as R has it: ``T``, ``c(1, 2)``."""
    inner = unwrap(node)
    if kind == "flag" and isinstance(inner, Name):
        word = {"t": "TRUE", "true": "TRUE", "f": "FALSE", "false": "FALSE"}.get(
            inner.text.casefold()
        )
        if word is not None:
            return Fix.write(node.span, word, safe=True)
    if not isinstance(inner, Call) or inner.function.text not in ("c", "list"):
        return None
    if any(argument.keyword is not None for argument in inner.arguments):
        return None
    values = [sink.source.slice(argument.span) for argument in inner.arguments]
    listed = f"[{', '.join(values)}]"
    return Fix.write(node.span, listed, safe=True)


def _whole(node: Expr) -> int | None:
    number = _integer(node)
    return None if number is None or number < 0 else number


def _integer(node: Expr) -> int | None:
    number = plain_number(node)
    good = number is not None and number.is_integer() and abs(number) < 1e6
    return int(number) if good and number is not None else None


def _flag(node: Expr) -> bool | None:
    node = unwrap(node)
    if isinstance(node, Name) and node.text in LOGICALS and not node.quoted:
        return LOGICALS[node.text] == 1.0
    return None


def _listed_numbers(node: Expr) -> tuple[float, ...] | None:
    node = unwrap(node)
    items = node.items if isinstance(node, ListExpr) else (node,)
    numbers = [plain_number(item) for item in items]
    found = tuple(n for n in numbers if n is not None and isfinite(n))
    return found if found and len(found) == len(items) else None


def listed_names(node: Expr) -> tuple[str, ...] | None:
    """Return the levels that a list, or a single one, names; None if it does not."""
    node = unwrap(node)
    items = node.items if isinstance(node, ListExpr) else (node,)
    found = []
    for item in items:
        inner = unwrap(item)
        text = inner.text if isinstance(inner, Name) else level_text(inner)
        if text is None:
            return None
        found.append(text)
    return tuple(found) or None


def _own_name(node: Expr) -> str | None:
    names = listed_names(node)
    return names[0] if names is not None and len(names) == 1 else None


def _columns_by(node: Expr) -> tuple[Name, ...] | None:
    node = unwrap(node)
    items: tuple[Expr, ...] = (node,)
    if isinstance(node, Chain) and set(node.operators) == {":"}:
        items = node.operands
    names = tuple(item for item in map(unwrap, items) if isinstance(item, Name))
    return names if len(names) == len(items) else None


#: Of each kind of setting: what it must be, and how it is read.
_SETTINGS: Mapping[str, tuple[str, Callable[[Expr], Any]]] = {
    "number": ("a plain number", plain_number),
    "integer": ("a whole number", _integer),
    "whole": ("a whole number of 0 or more", _whole),
    "flag": ("`TRUE` or `FALSE`", _flag),
    "numbers": ("a number or a list of numbers, as in `[0, 18, 65]`", _listed_numbers),
    "levels": ('a level or a list of levels, as in `["low", "high"]`', listed_names),
    "name": ("a name, as in `id=a`", _own_name),
    "by": ("a column, or cells of columns, as in `a:b`", _columns_by),
}
