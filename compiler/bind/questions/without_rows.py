"""Questions about what no row of the data is near: cells, and numbers."""

from __future__ import annotations

from itertools import product

import numpy as np

from varying.grammar.diagnostics import Sink

from ...data.codes import recode
from ...prepare.rows import Prepared
from ..question import CellQuestion
from .grid import FAR

__all__ = ["warn_empty", "warn_far"]


def warn_empty(question: CellQuestion, prepared: Prepared, sink: Sink) -> None:
    """Warn of a cell that is asked for and that no row has."""
    table = prepared.table
    lists = {
        name: list(dict.fromkeys(x for _, own in several for x, _ in own))
        for name, several in question.parts
    }
    for _, first, second in question.pairs:
        for name, level in (*second, *first):
            lists.setdefault(name, [])
            lists[name] += [level] * (level not in lists[name])
    lists |= {name: list(levels) for name, levels in question.by}
    lists |= {name: [level] for name, level in question.fixed}
    lists = {n: v for n, v in lists.items() if n not in question.numbers}
    certain = prepared.certain and set(lists) <= set(table.columns)
    if not certain or len(lists) < 2:
        return
    codes = np.column_stack(
        [recode(table.columns[name], levels) for name, levels in lists.items()]
    )
    present = {tuple(row) for row in np.unique(codes, axis=0).tolist()}
    for places in product(*(range(len(levels)) for levels in lists.values())):
        if places in present:
            continue
        cell = ", ".join(
            f"{name}={levels[place]}"
            for (name, levels), place in zip(lists.items(), places, strict=True)
        )
        asks = (
            "that the contrast compares" if question.verb == "contrast" else "asked for"
        )
        sink.add(
            "empty-cell",
            question.span,
            f"no row has the combination {cell} {asks}",
            "its value is an extrapolation of the model",
        )
        return


def warn_far(question: CellQuestion, prepared: Prepared, sink: Sink) -> None:
    """Warn of numbers that a predictor is held at and that no row is near."""
    table = prepared.table
    lists = {
        name: [x for _, own in several for x, _ in own]
        for name, several in question.parts
    }
    lists |= {name: list(levels) for name, levels in question.by}
    lists |= {name: [level] for name, level in question.fixed}
    if not prepared.certain:
        return
    for name in question.numbers:
        column = table.columns.get(name)
        if column is None or name not in lists or column.missing.all():
            continue
        there = column.values[~column.missing]
        low, high = float(there.min()), float(there.max())
        far = FAR * (high - low)
        outside = [
            one
            for one in dict.fromkeys(lists[name])
            if not low - far <= float(one) <= high + far
        ]
        if outside:
            sink.add(
                "far-from-data",
                question.span,
                f"`{name}` is {low:.5g} to {high:.5g} in the data, and asked for "
                f"at {', '.join(outside)}",
                "the answer is an extrapolation of the model",
            )
