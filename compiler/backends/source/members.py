"""The levels of ``mm(g, h)`` in a script, and their weights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .embedded import held_as_number, keys, keys_text
from .text import Unwritable, labels, string, wrapped
from .writer import BODY, Writer


def member_lines(
    writer: Writer,
    name: str,
    axis: str,
    columns: Sequence[str],
    levels: tuple[str, ...],
) -> Iterator[str]:
    """Yield the statements that give the levels of each row, by each column."""
    writer.helpers.add("codes")
    listed = [_listed(writer, one, levels) for one in columns]
    if len({*listed}) == 1:
        variable = writer.name(f"{axis}_levels of levels")
        yield f"    {variable} = {listed[0]}"
        if not held_as_number(writer.columns[columns[0]], writer.table):
            writer.levels[levels] = variable
        listed = [variable] * len(columns)
    items = [
        f"codes(data[{string(one)}], {text})"
        for one, text in zip(columns, listed, strict=True)
    ]
    head = f"    {name} = np.column_stack("
    yield f"{head}{wrapped(items, BODY, taken=len(head) + 1)})"


def _listed(writer: Writer, name: str, levels: tuple[str, ...]) -> str:
    """Return the levels as the script holds them in a column."""
    column = writer.columns[name]
    of = keys(column, writer.table)
    if not held_as_number(column, writer.table):
        return labels(levels, BODY)
    try:
        # a level of another column has no key here
        found = [of[level] if level in of else float(level) for level in levels]
    except ValueError:
        raise Unwritable(f"{name}, numbers beside levels that are none") from None
    return keys_text(found, BODY)


def weight_lines(
    name: str, weights: Sequence[str], count: int, scaled: bool
) -> Iterator[str]:
    """Yield the statements that give the weights of the levels of each row."""
    if not weights:
        yield f"    {name} = np.full((len(data), {count}), 1.0 / {count})"
        return
    head = f"    {name} = np.column_stack("
    yield f"{head}{wrapped(weights, BODY, taken=len(head) + 1)})"
    if scaled:
        yield f"    {name} = {name} / {name}.sum(axis=1, keepdims=True)"
