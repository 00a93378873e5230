"""The density of many rows: what data alone say, what rows share, what each has.

Terms of the data alone are columns, computed once; those of the data that are added to
the density are summed once. What parameters that all rows share say is computed before
the rows are. The kernel of a row is what is left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import python
from .arrays import ARRAYS
from .graph import Graph, GraphNode, trace
from .operations import DensityFunction

Array = NDArray[Any]

#: What is done again in each row rather than read from a column.
_CHEAP = {"+", "-", "*", "neg", "abs", "var", "const"}
_COMPARED = {"<", ">", "<=", ">=", "=="}


@dataclass(frozen=True, slots=True)
class RowDensity:
    """A density of rows, in parts.

    Attributes
    ----------
    data
        The columns that a row has in the kernel, side by side, and what data add to its
        log density: of arrays by the names of response and of what is known.
    width
        How many columns there are.
    before
        What shared parameters say, of these; None: nothing.
    kept
        How many numbers that are.
    kernel
        Log density without what data add, and its slopes in the parameters. Of the
        columns, what is ``kept``, the parameters.
    """

    data: Callable[[Mapping[str, Array]], tuple[Array, Array]]
    width: int
    before: Callable[..., tuple[float, ...]] | None
    kept: int
    kernel: Callable[..., tuple[float, ...]]


def rows(
    name: str,
    density: DensityFunction,
    names: Sequence[str],
    parameters: Sequence[str],
    shared: Sequence[str] = (),
) -> RowDensity:
    """Return a density of rows.

    Parameters
    ----------
    name
        What it is called in messages.
    names
        All arguments of the density.
    parameters
        Those that slopes are of; the others are data.
    shared
        The parameters that all rows have in common.
    """
    traced = trace(density, names, for_kernel=True)
    graph, variables = traced.graph, traced.variables
    own = [variables[one] for one in parameters]
    slopes = graph.gradient(traced.root, own)
    data = frozenset(variables[n].at for n in names if n not in parameters)
    parts = _Parts(graph, data)
    added, constant = parts.split(traced.root)
    roots = [added, *slopes]
    columns = parts.frontier(roots, data, all_kinds=False)
    outer = frozenset(variables[one].at for one in shared)
    kept = parts.frontier(roots, outer, all_kinds=True) if outer else []
    evaluated = _program(graph, columns, constant)
    before = None
    if kept:
        before = python.function(f"{name}, before", graph, kept, shared)
    for letter, ones in (("c", columns), ("u", kept)):
        for i, one in enumerate(ones):
            one.op, one.args = "var", (f"{letter}{i}",)
    first = [one.args[0] for one in (*columns, *kept)]
    return RowDensity(
        evaluated,
        len(columns),
        before,
        len(kept),
        python.function(f"rows of {name}", graph, roots, (*first, *parameters)),
    )


class _Parts:
    """Nodes by what they depend on."""

    def __init__(self, graph: Graph, data: frozenset[int]) -> None:
        self._graph, self._data = graph, data
        self._costly: dict[int, bool] = {}

    def _is_data(self, node: GraphNode) -> bool:
        return self._graph.reaches(node) <= self._data

    def split(self, node: GraphNode) -> tuple[GraphNode, GraphNode]:
        """Return what parameters decide, and what the data add to it."""
        graph = self._graph
        if self._is_data(node):
            return graph.node(0.0), node
        if node.op in ("+", "-"):
            (a, b), (c, d) = map(self.split, node.args)
            return graph.make(node.op, a, c), graph.make(node.op, b, d)
        if node.op == "neg":
            a, b = self.split(node.args[0])
            return graph.make("neg", a), graph.make("neg", b)
        if node.op == "where" and self._is_data(node.args[0]):
            condition, *sides = node.args
            (a, b), (c, d) = map(self.split, sides)
            return graph.where(condition, a, c), graph.where(condition, b, d)
        return node, graph.node(0.0)

    def _is_costly(self, node: GraphNode) -> bool:
        if node.at not in self._costly:
            self._costly[node.at] = node.op not in _CHEAP or any(
                map(self._is_costly, node.inputs)
            )
        return self._costly[node.at]

    def frontier(
        self, roots: Iterable[GraphNode], variables: frozenset[int], all_kinds: bool
    ) -> list[GraphNode]:
        """Return the nodes nearest to the roots that depend on some variables alone.

        With ``all_kinds`` no variables and numbers, but all that is computed of them.
        Else variables and what is costly: the rest is computed again.
        """
        found: dict[int, GraphNode] = {}
        seen: set[int] = set()
        waiting = list(roots)
        while waiting:
            node = waiting.pop()
            if node.at in seen or node.op == "const":
                continue
            seen.add(node.at)
            if node.op == "var":
                if node.at in variables and not all_kinds:
                    found[node.at] = node
                continue
            reached = self._graph.reaches(node)
            # what depends on nothing is left to the compiler
            alone = reached <= variables and (reached or all_kinds)
            value = node.op not in (*_COMPARED, "call")
            if alone and value and (all_kinds or self._is_costly(node)):
                found[node.at] = node
            else:
                waiting += node.inputs
        return [found[at] for at in sorted(found)]


#: Results of functions for the kernel, as operations on arrays.
_ITEMS: Mapping[tuple[str, int], Callable[..., Any]] = {
    ("row_logistic", 0): ARRAYS.log_sigmoid,
    ("row_logistic", 1): lambda x: ARRAYS.log_sigmoid(-x),
    ("row_logistic", 2): ARRAYS.sigmoid,
    ("row_logistic", 3): lambda x: ARRAYS.sigmoid(-x),
}
_ARRAYS: Mapping[str, Callable[..., Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "neg": lambda a: -a,
    "recip": lambda a: 1.0 / a,
    "where": np.where,
}


def _of_arrays(node: GraphNode) -> tuple[Callable[..., Any], tuple[GraphNode, ...]]:
    """Return a node as a function of arrays, and what it is given."""
    if node.op == "item":
        call, place = node.args
        name, *given = call.args
        made = _ITEMS.get((name, place))
        if made is None:
            function = getattr(ARRAYS, name.removeprefix("row_"))
            # of tails both are values, else the first of the results alone
            assert place < (2 if name.endswith("_tails") else 1)
            made = function
            if name.endswith("_tails"):
                made = lambda *x: function(*x)[place]  # noqa: E731
        return made, tuple(given)
    return _ARRAYS.get(node.op) or getattr(ARRAYS, node.op), node.args


def _program(
    graph: Graph, columns: Sequence[GraphNode], constant: GraphNode
) -> Callable[[Mapping[str, Array]], tuple[Array, Array]]:
    """Return what computes nodes that depend on data alone, of arrays by name."""
    steps: dict[int, tuple[Callable[..., Any], tuple[int, ...]]] = {}
    numbers: dict[int, float] = {}
    names: dict[int, str] = {}
    waiting = [*columns, constant]
    while waiting:
        node = waiting.pop()
        if node.op == "const":
            numbers[node.at] = node.args[0]
        elif node.op == "var":
            names[node.at] = node.args[0]
        elif node.at not in steps:
            function, given = _of_arrays(node)
            steps[node.at] = function, tuple(one.at for one in given)
            waiting += given
    order, places = sorted(steps), [one.at for one in columns]
    last = constant.at

    def evaluated(given: Mapping[str, Array]) -> tuple[Array, Array]:
        """Return the values of the nodes in each row."""
        values: dict[int, Any] = dict(numbers)
        for at, name in names.items():
            values[at] = np.asarray(given[name], dtype=np.float64)
        with np.errstate(all="ignore"):
            for at in order:
                function, inputs = steps[at]
                values[at] = function(*(values[one] for one in inputs))
        rows = np.broadcast_shapes(*map(np.shape, given.values()))
        found = np.empty((*rows, len(places)))
        for i, at in enumerate(places):
            found[..., i] = values[at]
        return found, np.broadcast_to(values[last], rows)

    return evaluated
