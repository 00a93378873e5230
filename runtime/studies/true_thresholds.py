"""Thresholds of a truth: in their order, and as the spec lays them out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from varying.grammar.diagnostics import Sink
from varying.grammar.source import Span

if TYPE_CHECKING:
    from varying.compiler.bind.bound import BoundModel
    from varying.compiler.compiled import Compiled

    from .truth import TrueParameter

Array = NDArray[Any]

#: How far thresholds may be from their layout, in units of the largest: what numbers of
#: six digits, as the nearest ones are shown, leave of it.
_NEAR = 1e-5
#: What thresholds of a layout are, as a message says it.
_ARE = {
    "equidistant": "are not at one distance",
    "symmetric": "are not at the same distances on both sides of their middle",
    "sum_to_zero": "do not sum to 0",
}


def by_item(count: int, member: BoundModel) -> Iterator[tuple[str | None, slice]]:
    """Yield the places of each item's thresholds and its level; None without items."""
    items = member.response.items
    if items is None or items.varied:
        yield None, slice(0, count)
        return
    first = 0
    for level, cuts in zip(items.levels, items.cuts, strict=True):
        yield level, slice(first, first + cuts)
        first += cuts


def check_thresholds(
    values: Mapping[str, Array],
    lines: Mapping[tuple[str, tuple[int, ...]], TrueParameter],
    compiled: Compiled,
    sink: Sink,
) -> None:
    """Report thresholds that do not rise, and those that their layout cannot have.

    Parameters
    ----------
    values
        Those of each variable; NaN what has none.
    lines
        Where the value of a place in a variable was given.
    compiled
        The model.
    sink
        Takes what is found.
    """
    for member in compiled.joint.members:
        name = f"{member.prefix}threshold"
        if not member.family.thresholds or name not in values:
            continue
        for level, places in by_item(len(values[name]), member):
            own = values[name][places]
            given = np.flatnonzero(~np.isnan(own))
            if not len(given):
                continue
            line = lines[name, (places.start + int(given[0]),)]
            called = f"{member.target}threshold"
            if line.listed:
                called = line.name
            elif level is not None:
                called = f"{called}[{level}]"
            # those of steps are in no order
            if member.family.steps is None and (np.diff(own[given]) <= 0.0).any():
                message = f"the values of `{called}` do not rise"
                sink.add("truth-value", line.span, message)
            elif len(given) == len(own) and member.thresholds != "flexible":
                _check_layout(own, member.thresholds, called, line.span, sink)


def _check_layout(own: Array, layout: str, called: str, span: Span, sink: Sink) -> None:
    nearest = _nearest(own, layout)
    if np.abs(own - nearest).max() <= _NEAR * np.abs(own).max():
        return
    shown = ", ".join(f"{each + 0.0:.6g}" for each in nearest)
    sink.add(
        "truth-value",
        span,
        f"the values of `{called}` {_ARE[layout]}, as `threshold={layout}` has them",
        f"the nearest ones of this layout: `{called} = [{shown}]`",
        "`threshold=flexible`, the default, draws from any",
    )


def _nearest(own: Array, layout: str) -> Array:
    """Return the thresholds of a layout that are nearest, by least squares."""
    middle = own.mean()
    away: Array = own - middle
    if layout == "sum_to_zero":
        return away
    if layout == "symmetric":
        return np.asarray(middle + 0.5 * (away - away[::-1]))
    places = np.arange(len(own)) - 0.5 * (len(own) - 1)
    squares = float(places @ places)
    return np.asarray(middle + places * ((places @ away) / squares if squares else 0.0))
