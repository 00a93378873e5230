"""The columns of a response that has several, before it is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from varying.compiler.data.table import Column, Kind
from varying.compiler.expressions.evaluation import evaluate
from varying.grammar.printer import expression_text
from varying.grammar.tree import Call, Expr, Name
from varying.grammar.walk import column_names, left_of_bar, postorder, unwrap

from .faults import undrawable

if TYPE_CHECKING:
    from varying.compiler.data.table import Table
    from varying.compiler.families.family import Family
    from varying.compiler.prepare.responses import Written
    from varying.grammar.source import Source

__all__ = ["stand_ins"]


def stand_ins(
    one: Written, family: Family, table: Table, source: Source
) -> list[Column]:
    """Return columns with values that the response could have.

    Of counts all trials are in the first, of shares all have the same.
    """
    node = unwrap(left_of_bar(one.formula.response))
    arguments = node.arguments if isinstance(node, Call) else ()
    names = [unwrap(argument.value) for argument in arguments]
    for name in names:
        if not isinstance(name, Name):
            raise undrawable(
                source,
                name.span,
                f"`{expression_text(name)}` is no column, so that none can be drawn",
                "simulate draws what stands left of `~`: name the columns of all "
                "categories there",
            )
    texts = [name.text for name in names if isinstance(name, Name)]
    if not texts:
        return []  # what is wrong with it, the compiler says
    if "trials" not in family.known:
        same = np.full(table.rows, 1.0 / len(texts))
        return [Column(text, Kind.NUMERIC, same) for text in texts]
    trials = _trials(one.formula.response)
    if trials is None:
        raise undrawable(
            source,
            node.span,
            "how many counts each row has is not known before they are drawn",
            f"say it by `{expression_text(node)} | trials(n)`, with a column of the "
            "design or a number",
        )
    read = {name.text for name in column_names(trials)}
    if not read <= table.columns.keys():
        raise undrawable(
            source,
            trials.span,
            f"`{expression_text(trials)}` is made of more than the columns of the "
            "design",
            "name a column of the design, or a number",
        )
    first = np.broadcast_to(evaluate(trials, table), table.rows).astype(np.float64)
    others = np.zeros(table.rows)
    return [
        Column(text, Kind.INTEGER, others if place else first)
        for place, text in enumerate(texts)
    ]


def _trials(response: Expr) -> Expr | None:
    """Return what is between the brackets of ``trials(...)``."""
    for node in postorder(response):
        if isinstance(node, Call) and node.function.text == "trials" and node.arguments:
            return node.arguments[0].value
    return None
