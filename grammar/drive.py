"""Lark's parse tables, followed without its bookkeeping: in half of its time.

The tables, and the callbacks that make trees, are Lark's own. Where they are not as
they are known here, nothing is followed, and the caller asks Lark.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from lark import Token, Tree
from lark.parsers.lalr_analysis import Shift

from .parse_tables import parser

#: What to do in a state when a symbol comes: go to a state, or make a tree of some
#: values by a function and go on as if that symbol had come.
ParserStep = tuple[Any, int, Callable[[list[Any]], Any] | None, str]
END = "$END"


@cache
def _steps() -> tuple[dict[Any, dict[str, ParserStep]], Any, Any] | None:
    """Return the steps of each state, the first state and the last."""
    try:
        lalr: Any = parser().parser.parser
        table, callbacks = lalr._parse_table, lalr.parser.callbacks
        steps: dict[Any, dict[str, ParserStep]] = {}
        for state, row in table.states.items():
            steps[state] = {}
            for symbol, (action, to) in row.items():
                step: ParserStep = (to, 0, None, "")
                if action is not Shift:
                    step = (None, len(to.expansion), callbacks[to], to.origin.name)
                steps[state][symbol] = step
        return steps, table.start_states["start"], table.end_states["start"]
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def driven(tokens: Sequence[Token]) -> Tree[Token] | None:
    """Return the tree of some tokens; None if they do not fit, or Lark is another."""
    known = _steps()
    if known is None:
        return None
    steps, start, end = known
    states: list[Any] = [start]
    values: list[Any] = []
    for token in (*tokens, None):
        symbol = END if token is None else token.type
        while True:
            step = steps[states[-1]].get(symbol)
            if step is None:
                return None
            to, size, made, name = step
            if made is None:
                states.append(to)
                values.append(token)
                break
            # no rule of the grammar is empty once Lark has expanded it
            first = len(values) - size
            value = made(values[first:])
            del states[first + 1 :], values[first:]
            states.append(steps[states[-1]][name][0])
            values.append(value)
            if token is None and states[-1] == end:
                found: Tree[Token] = values[-1]
                return found
    return None
