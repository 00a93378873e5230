"""Schemes of contrasts as they are named in a spec, the user's own among them.

A scheme is a name (``sum``, or R's ``contr.sum``), a call of one with its base
(``contr.treatment(base=2)``), ``custom(name=[one number a level], ...)``, or a
matrix: a list with a row for each level, as in R's ``contrasts<-``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import isfinite

import numpy as np

from varying.grammar.diagnostics import Sink, did_you_mean
from varying.grammar.printer import expression_text
from varying.grammar.tree import Call, Chain, Expr, ListExpr, Name, Number, String
from varying.grammar.walk import plain_number, unwrap

from ..data.custom_contrast import Custom
from ..data.spread import dependencies, rounding_of
from .contrasts import CONTRASTS, Scheme


@dataclass(frozen=True, slots=True)
class UnresolvedScheme:
    """A scheme before the levels are known.

    Attributes
    ----------
    contrast
        Key of ``CONTRASTS``; None for a matrix of the user's.
    names, rows
        Of such a matrix: names of its columns, and one tuple a level.
    base
        Where a call names a base: a level, or its number from 1.
    levels
        How many levels a call says there are: ``contr.sum(3)``.
    """

    contrast: str | None
    names: tuple[str, ...] = ()
    rows: tuple[tuple[float, ...], ...] = ()
    base: Expr | None = None
    levels: int | None = None


def read_scheme(node: Expr, sink: Sink) -> UnresolvedScheme | None:
    """Return the scheme that an expression names; None after a fault."""
    node = unwrap(node)
    match node:
        case ListExpr():
            return _by_rows(node, sink)
        case Call(function=Name(text="custom")):
            return _by_columns(node, sink)
        case Call(function=name):
            found = _known(name, sink)
            return None if found is None else _with_arguments(node, found, sink)
        case Name(text="custom"):
            sink.add(
                "invalid-argument",
                node.span,
                "`custom` needs its columns",
                "one list a column, one number a level: `custom(trend=[-1, 0, 1])`",
            )
            return None
        case Name() | String():
            found = _known(node, sink)
            return None if found is None else UnresolvedScheme(found)
    message = "a contrast scheme must be named here"
    if isinstance(node, Number):
        message = f"the number `{node.text}` is no contrast scheme"
    sink.add("unknown-contrast", node.span, message, _schemes())
    return None


def _known(name: Name | String, sink: Sink) -> str | None:
    text = name.text.removeprefix("contr.")  # R's spelling
    text = _PATSY.get(text, text)
    if text in CONTRASTS:
        return text
    notes, fix = did_you_mean(text, (*CONTRASTS, "custom"), name.span, "schemes")
    message = f"there is no contrast scheme `{name.text}`"
    sink.add("unknown-contrast", name.span, message, *notes, fix=fix)
    return None


def _schemes() -> str:
    return "schemes: " + ", ".join((*CONTRASTS, "custom"))


#: The schemes of patsy and formulae. Their `Diff` is that of neighbours.
_PATSY: Mapping[str, str] = {
    "Treatment": "treatment",
    "Sum": "sum",
    "Poly": "poly",
    "Helmert": "helmert",
    "Diff": "sdif",
    "Simple": "simple",
}


def _with_level(node: Call, contrast: str, sink: Sink) -> UnresolvedScheme | None:
    """Return a scheme called as patsy calls it: ``Treatment(reference="a")``."""
    name = node.function.text
    base: Expr | None = None
    for place, argument in enumerate(node.arguments):
        keyword = "" if argument.keyword is None else argument.keyword.text
        if place or keyword not in ("", "reference", "omit"):
            shown = expression_text(argument.value)
            message = f"`{name}()` does not take `{keyword or shown}` here"
            sink.add("invalid-argument", argument.span, message, "it takes a level")
            return None
        if isinstance(unwrap(argument.value), Number):
            sink.add(
                "invalid-argument",
                argument.span,
                f"`{name}()` takes a level, in quotes",
                "patsy counts levels from 0, R from 1: write which level is meant, "
                'such as `C(x, treatment, base="a")`',
            )
            return None
        base = argument.value
    return UnresolvedScheme(contrast, base=base)


def _with_arguments(node: Call, contrast: str, sink: Sink) -> UnresolvedScheme | None:
    """Return a scheme called as R calls it: ``contr.treatment(3, base = 2)``."""
    if node.function.text in _PATSY:
        return _with_level(node, contrast, sink)
    base: Expr | None = None
    levels: int | None = None
    for place, argument in enumerate(node.arguments):
        positional = ("n", "base", "")[min(place, 2)]
        name = argument.keyword.text if argument.keyword else positional
        number = plain_number(argument.value)
        if name == "base":
            base = argument.value
        elif name == "n" and number is not None and number.is_integer():
            levels = int(number)
        else:
            shown = expression_text(argument.value)
            message = f"`{node.function.text}()` does not take `{shown}` here"
            note = "it takes the number of levels and `base=`"
            sink.add("invalid-argument", argument.span, message, note)
            return None
    return UnresolvedScheme(contrast, base=base, levels=levels)


def _by_columns(node: Call, sink: Sink) -> UnresolvedScheme | None:
    columns: dict[str, tuple[float, ...]] = {}
    for place, argument in enumerate(node.arguments, start=1):
        name = argument.keyword.text if argument.keyword else str(place)
        numbers = _numbers(argument.value)
        if numbers is None:
            message = f"the column `{name}` of `custom()` must be a list of numbers"
            note = "one number a level, as in `[-1, 0, 1]`"
            sink.add("invalid-argument", argument.span, message, note)
            return None
        if name in columns:
            message = f"`custom()` has the column `{name}` twice"
            sink.add("invalid-argument", argument.span, message)
            return None
        columns[name] = numbers
    lengths = {len(column) for column in columns.values()}
    if len(lengths) != 1:
        message = "`custom()` needs columns with one number a level each"
        sink.add("invalid-argument", node.span, message)
        return None
    rows = tuple(zip(*columns.values(), strict=True))
    return UnresolvedScheme(None, tuple(columns), rows)


def _by_rows(node: ListExpr, sink: Sink) -> UnresolvedScheme | None:
    rows = [_numbers(item) for item in node.items]
    found = tuple(row for row in rows if row is not None)
    if not found or len(found) < len(rows) or len({len(row) for row in found}) != 1:
        sink.add(
            "invalid-argument",
            node.span,
            "a matrix of contrasts is a list of rows, one a level, of equal length",
            "as in `[[1, 0], [0, 1], [-1, -1]]` for three levels",
        )
        return None
    names = tuple(str(place + 1) for place in range(len(found[0])))
    return UnresolvedScheme(None, names, found)


def _numbers(node: Expr) -> tuple[float, ...] | None:
    node = unwrap(node)
    if not isinstance(node, ListExpr):
        return None
    numbers = [_constant(item) for item in node.items]
    found = tuple(n for n in numbers if n is not None and isfinite(n))
    return found if found and len(found) == len(numbers) else None


def _constant(node: Expr) -> float | None:
    """Return the value of a number, or of a quotient of such: ``-1/2``."""
    node = unwrap(node)
    if isinstance(node, Chain) and set(node.operators) <= {"/"}:
        numbers = [_constant(operand) for operand in node.operands]
        value = numbers[0]
        for divisor in numbers[1:]:
            value = value / divisor if value is not None and divisor else None
        return value
    return plain_number(node)


def _filled(named: UnresolvedScheme, node: Expr, sink: Sink) -> UnresolvedScheme | None:
    """Return a matrix of contrasts with the columns that it lacks, as R adds them.

    They are orthonormal, and orthogonal to the columns given and to the constant: the
    differences between levels that the user's contrasts leave open stay in the model.
    """
    count = len(named.rows)
    given = np.array(named.rows, dtype=np.float64)
    whole = np.column_stack([np.ones(count), given])
    if dependencies(whole, [rounding_of(column) for column in whole.T]):
        sink.add(
            "invalid-argument",
            node.span,
            "a column of the contrast is a combination of the others",
            "or the same for all levels, as the intercept is",
        )
        return None
    # in their own scale: a contrast of 1e-19 is one
    whole /= np.abs(whole).max(axis=0)
    added = np.linalg.qr(whole, mode="complete")[0][:, whole.shape[1] :]
    start = len(named.names)
    plain = named.names == tuple(str(place + 1) for place in range(start))
    names = tuple(
        str(start + place + 1) if plain else f"rest{place + 1 if place else ''}"
        for place in range(added.shape[1])
    )
    rows = np.column_stack([given, np.where(np.abs(added) < 1e-15, 0.0, added)])
    return replace(
        named, names=named.names + names, rows=tuple(map(tuple, rows.tolist()))
    )


def for_levels(
    named: UnresolvedScheme, levels: tuple[str, ...], node: Expr, sink: Sink
) -> Scheme | None:
    """Return a scheme for a factor; None, after a fault, where it does not fit."""
    count = len(levels)
    shown = ", ".join(f"`{level}`" for level in levels[:10])
    shown += ", ..." if count > 10 else ""
    rows = named.levels if named.contrast is not None else len(named.rows)
    if rows is not None and rows != count:
        sink.add(
            "invalid-argument",
            node.span,
            f"the contrast is for {rows} levels, and the factor has {count}",
            f"levels: {shown}",
        )
        return None
    if named.contrast is not None:
        return CONTRASTS[named.contrast]
    if len(named.names) >= count:
        sink.add(
            "invalid-argument",
            node.span,
            f"{count} levels have at most {count - 1} contrasts, and there are "
            f"{len(named.names)}",
        )
        return None
    if len(named.names) < count - 1:
        filled = _filled(named, node, sink)
        if filled is None:
            return None
        named = filled
    weights = tuple(zip(*named.rows, strict=True))
    return Custom(levels, named.names, weights)
