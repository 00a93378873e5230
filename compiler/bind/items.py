"""``y | thres(gr=item)``: thresholds of each item's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from varying.grammar.diagnostics import Sink
from varying.grammar.printer import expression_text
from varying.grammar.tree import Call, Expr, Name
from varying.grammar.walk import plain_number, unwrap

from ..data.codes import group_levels, recode
from ..data.schema import ColumnInfo
from ..data.table import Ints, Kind, Table
from ..expressions.types import report_unknown
from ..families import FAMILIES
from ..families.family import Family
from ..families.ordinal.thresholds import threshold_labels
from ..formula.columns import Coded, DesignColumn
from ..formula.design import evaluate_columns
from ..prepare.rows import Prepared
from .bound import BoundModel, Items, Response
from .response import response_values
from .response_terms import split_response
from .response_terms.reading import arguments_of
from .response_terms.table import OF_THRESHOLDS

#: Items that a message lists.
_SHOWN = 5
_EXAMPLE = "it is written `y | thres(gr=item)`, with the column that says of which item"


def is_thres(call: Call) -> bool:
    """Whether a term beside the response is about its thresholds."""
    return call.function.text in OF_THRESHOLDS


def with_items(
    response: Response | None,
    left: Expr,
    family: Family | None,
    prepared: Prepared,
    sink: Sink,
) -> Response | None:
    """Return the response with its items, if it has any; None after a fault.

    Parameters
    ----------
    response, left
        The response, and the left side that it was bound from.
    family
        None if its name is at fault.
    prepared
        Its rows: how many categories an item has is what they say.
    """
    # what is wrong with other terms has been said
    calls = [one for one in split_response(left, Sink(sink.source))[1] if is_thres(one)]
    if not calls:
        return response
    call, *more = calls
    if more:
        message = "`thres` is given twice"
        sink.add("invalid-response-term", more[0].span, message)
        return None
    if family is not None and not family.thresholds:
        ordinal = [n for n, one in FAMILIES.items() if one.thresholds]
        sink.add(
            "invalid-response-term",
            call.span,
            f"{family.name} has no thresholds, and takes no `thres(...)`",
            f"it is for {', '.join(f'`family={name}`' for name in ordinal)}",
        )
        return None
    read = _read(call, prepared, sink)
    if read is None or response is None or family is None:
        return None
    column, count = read
    if column.text == response.column:
        message = f"`{column.text}` is the response, and cannot say of which item it is"
        sink.add("invalid-response-term", column.span, message)
        return None
    found = _items(response, column, count, family, prepared, sink)
    return None if found is None else replace(response, items=found)


def _read(
    call: Call, prepared: Prepared, sink: Sink
) -> tuple[Name, Expr | None] | None:
    """Return the column of the items, and the number of thresholds where it is said."""
    given = arguments_of(call, ("x", "gr"), sink)
    if given is None:
        return None
    if "gr" not in given:
        sink.add(
            "invalid-response-term",
            call.span,
            f"`{expression_text(call)}` does not say whose thresholds they are",
            _EXAMPLE,
            "how many categories there are is said by a line above: `column y: "
            "ordered(1..5)`",
        )
        return None
    column = unwrap(given["gr"])
    if not isinstance(column, Name):
        sink.add(
            "invalid-response-term",
            column.span,
            f"`{expression_text(column)}` is no column",
            _EXAMPLE,
        )
        return None
    schema = prepared.schema
    if column.text not in schema.columns:
        report_unknown(column, schema, sink)
        return None
    return column, given.get("x")


def _items(
    response: Response,
    column: Name,
    count: Expr | None,
    family: Family,
    prepared: Prepared,
    sink: Sink,
) -> Items | None:
    table, info = prepared.table, prepared.schema.columns[response.column]
    most = len(response.categories) - 1 - family.apart
    if column.text not in table.columns or not table.rows:
        return Items(column.text, ("",), (most,), span=column.span)
    levels = group_levels((column.text,), table)
    of = recode(table.columns[column.text], levels)
    if count is not None:
        cuts = _given(count, of, len(levels), most, table, sink)
        if cuts is None:
            return None
    elif _is_declared(info):
        cuts = [most] * len(levels)
    else:
        ranks = response_values(response, table)
        highest = np.full(len(levels), -1.0)
        np.maximum.at(highest, of, ranks)
        cuts = [int(top) - family.apart for top in highest]
    ranks = response_values(response, table)
    flat = [level for level, cut in zip(levels, cuts, strict=True) if cut < 1]
    if flat:
        named = ", ".join(f"`{level}`" for level in flat[:_SHOWN])
        sink.add(
            "one-category",
            column.span,
            f"{len(flat)} of {len(levels)} levels of `{column.text}` have one category "
            f"only, and no threshold: {named}{', ...' if len(flat) > _SHOWN else ''}",
            "categories that every item has are declared: `column "
            f"{response.name}: ordered(...)`",
            f"rows of such an item can be left out: `where {column.text} != ...`",
        )
        return None
    beyond = ranks > np.asarray(cuts)[of] + family.apart
    if beyond.any():
        level = levels[int(of[int(np.argmax(beyond))])]
        sink.add(
            "response-support",
            column.span if count is None else count.span,
            f"`{response.name}` has more categories in `{level}` of `{column.text}` "
            f"than its {cuts[levels.index(level)]} thresholds make",
        )
        return None
    return Items(column.text, levels, tuple(cuts), span=column.span)


def _given(
    count: Expr, of: Ints, levels: int, most: int, table: Table, sink: Sink
) -> list[int] | None:
    """Return the number of thresholds of each item, as the user has it."""
    number = plain_number(count)
    node = unwrap(count)
    if number is not None:
        values = np.full(len(of), number)
    elif isinstance(node, Name) and node.text in table.columns:
        if not table.columns[node.text].kind.is_number:
            sink.add("wrong-type", node.span, f"`{node.text}` is no number")
            return None
        values = np.asarray(table.columns[node.text].values, dtype=float)
    else:
        sink.add(
            "invalid-response-term",
            count.span,
            f"`{expression_text(count)}` is no number of thresholds",
            "it is a number, or a column with one number for each item",
        )
        return None
    low, high = np.full(levels, np.inf), np.full(levels, -np.inf)
    np.minimum.at(low, of, values)
    np.maximum.at(high, of, values)
    text = expression_text(count)
    if not ((low == high) & (low == np.floor(low))).all():
        message = f"`{text}` is not one whole number for each item"
        sink.add("invalid-response-term", count.span, message)
        return None
    if (high > most).any() or (low < 1.0).any():
        sink.add(
            "invalid-response-term",
            count.span,
            f"`{text}` is not between 1 and {most}, the thresholds of all categories",
            "categories that no row has are declared: `column y: ordered(1..5)`",
        )
        return None
    return [int(one) for one in high]


def _is_declared(info: ColumnInfo) -> bool:
    """Whether the categories are said to be those of every item."""
    return not info.kind.is_number and (info.declared or info.kind is Kind.ORDERED)


def item_labels(items: Items, categories: Sequence[str]) -> tuple[str, ...]:
    """Return the labels of the thresholds of items, those of an item side by side.

    >>> items = Items("item", ("a", "b"), (1, 2), span=None)
    >>> item_labels(items, ("0", "1", "2"))
    ('a, 0|1', 'b, 0|1', 'b, 1|2')
    """
    labels = threshold_labels(categories)
    return tuple(
        f"{level}, {label}"
        for level, cut in zip(items.levels, items.cuts, strict=True)
        for label in labels[:cut]
    )


def item_columns(response: Response | None) -> tuple[DesignColumn, ...]:
    """Return a column that reads the items: in grids they are a factor as others are.

    It adds nothing to any predictor; the thresholds of a cell are those of its item.
    """
    items = None if response is None else response.items
    if items is None or items.varied:
        return ()
    coded = Coded(items.column, items.levels, (0.0,) * len(items.levels), items.column)
    return (DesignColumn(items.column, items.column, (coded,)),)


def check_items(bound: BoundModel, table: Table, sink: Sink) -> None:
    """Report what cannot be told apart from thresholds of items, or is not compiled."""
    items = bound.response.items
    if items is None or items.varied:
        return
    if bound.thresholds == "sum_to_zero":
        # how high answers to an item are is for the predictor to say
        return
    for grouping in bound.main.groupings:
        plain = any(one.name == "Intercept" for one in grouping.columns)
        if grouping.factors == (items.column,) and plain:
            sink.add(
                "invalid-term",
                items.span,
                f"`(1 | {items.column})` beside `thres(gr={items.column})`: the "
                "thresholds of each item are its intercept",
                f"leave `1` out, or `thres(gr={items.column})`",
            )
    if not table.rows or items.column not in table.columns:
        return
    of = recode(table.columns[items.column], items.levels)
    for column in bound.population.columns:
        if _same_within(column, of, table):
            sink.add(
                "invalid-term",
                bound.main.terms.span,
                f"`{column.name}` is the same in all rows of an item: the thresholds "
                f"of each `{items.column}` have taken it up",
                f"leave it out, or `thres(gr={items.column})`",
            )
            return


def _same_within(column: DesignColumn, of: Ints, table: Table) -> bool:
    values = evaluate_columns((column,), table)[:, 0]
    order = np.argsort(of, kind="stable")
    values, of = values[order], of[order]
    steps = np.abs(np.diff(values))[np.diff(of) == 0]
    size = float(np.ptp(values))
    return size > 0.0 and not (steps > 1e-9 * size).any()
