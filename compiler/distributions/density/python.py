"""A density read as scalar Python with slopes, which the kernel backend compiles.

A node is computed where all its uses are: one that only one side of a choice needs,
in that side's block alone. Choices of one condition share an ``if``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from . import compoisson, falling, incomplete_scalars, scalars, sums
from .graph import RESULTS, Graph, GraphNode, trace
from .operations import DensityFunction
from .sources import remember

#: Where functions are that are written by hand.
_BY_HAND = (scalars, incomplete_scalars, sums, compoisson, falling)
#: The conditions that a node is computed under, and the side of each.
Path = tuple[tuple[int, int], ...]


def kernel(
    name: str, density: DensityFunction, names: Sequence[str], parameters: Sequence[str]
) -> Callable[..., tuple[float, ...]]:
    """Return the log density of one row and its slopes, made of a density.

    Parameters
    ----------
    name
        What it is called in messages.
    names
        Its arguments: the response, the parameters, what is known of rows.
    parameters
        Those that slopes are of.
    """
    traced = trace(density, names, for_kernel=True)
    slopes = traced.graph.gradient(
        traced.root, [traced.variables[one] for one in parameters]
    )
    made = function(name, traced.graph, [traced.root, *slopes], names)
    made.__doc__ = f"Log density of one row of {name}, and its slopes."
    return made


def function(
    name: str, graph: Graph, roots: Sequence[GraphNode], names: Sequence[str]
) -> Callable[..., tuple[float, ...]]:
    """Return a function that computes some nodes of a graph.

    Parameters
    ----------
    name
        What it is called in messages.
    names
        Its arguments: those variables of the graph that the nodes depend on.
    """
    lines = _Writer(graph, roots).lines or ["    pass"]
    results = ", ".join(map(_word, roots))
    text = "\n".join(
        [f"def kernel({', '.join(names)}):", *lines, f"    return ({results},)\n"]
    )
    space: dict[str, Any] = {"math": math}
    space |= {
        called: next(getattr(one, called) for one in _BY_HAND if hasattr(one, called))
        for called in RESULTS
    }
    exec(compile(text, remember(text, f"<kernel of {name}>"), "exec"), space)
    made: Callable[..., tuple[float, ...]] = space["kernel"]
    return made


class _Writer:
    """The body of a function that computes some nodes of a graph."""

    def __init__(self, graph: Graph, roots: Sequence[GraphNode]) -> None:
        self._graph = graph
        self.lines: list[str] = []
        self._done: set[int] = set()
        self._paths: dict[int, Path] = {}
        for root in roots:
            self._use(root, ())
        for node in reversed(graph.nodes):
            if node.at in self._paths:
                self._uses(node)
        self._block([root.at for root in roots], (), 1)

    # ---- where each node is computed -------------------------------------------------

    def _use(self, node: GraphNode, path: Path) -> None:
        if not node.is_leaf:
            old = self._paths.get(node.at, path)
            differ = (
                i for i, (a, b) in enumerate(zip(old, path, strict=False)) if a != b
            )
            self._paths[node.at] = old[: min(next(differ, len(old)), len(path))]

    def _uses(self, node: GraphNode) -> None:
        path = self._paths[node.at]
        if node.op != "where":
            for one in node.inputs:
                self._use(one, path)
            return
        condition, *sides = node.args
        side = dict(path).get(condition.at)
        if side is not None:
            self._use(sides[1 - side], path)
            return
        self._use(condition, path)
        self._use(sides[0], (*path, (condition.at, 1)))
        self._use(sides[1], (*path, (condition.at, 0)))

    def _needed(self, starts: Iterable[int], path: Path) -> list[int]:
        """Return nodes of this block that are not computed yet, in order."""
        found: set[int] = set()
        stack = [self._graph.nodes[at] for at in starts]
        while stack:
            node = stack.pop()
            if node.is_leaf or node.at in self._done or node.at in found:
                continue
            if self._paths.get(node.at, ())[: len(path)] == path:
                found.add(node.at)
                stack += node.inputs
        return [at for at in sorted(found) if self._paths.get(at) == path]

    # ---- text ------------------------------------------------------------------------

    def _block(self, starts: Iterable[int], path: Path, depth: int) -> None:
        waiting: dict[int, list[int]] = {}
        for at in self._needed(starts, path):
            node = self._graph.nodes[at]
            if node.op == "where" and node.args[0].at not in dict(path):
                inside = self._inside(node, path)
                self._write(waiting, inside, path, depth)
                waiting.setdefault(node.args[0].at, []).append(at)
                continue
            self._write(waiting, {one.at for one in node.inputs}, path, depth)
            self._assign(node, path, depth)
        for condition, ones in waiting.items():
            self._choice(condition, ones, path, depth)

    def _write(
        self,
        waiting: dict[int, list[int]],
        needed: set[int],
        path: Path,
        depth: int,
    ) -> None:
        """Write the choices that something needs."""
        for condition, ones in list(waiting.items()):
            if needed & set(ones):
                self._choice(condition, waiting.pop(condition), path, depth)

    def _inside(self, node: GraphNode, path: Path) -> set[int]:
        """Return what of this block the sides of a choice need, and its condition."""
        found: set[int] = set()
        seen: set[int] = set()
        stack = node.inputs
        while stack:
            one = stack.pop()
            if one.at in seen or one.is_leaf:
                continue
            seen.add(one.at)
            where = self._paths.get(one.at)
            if where == path:
                found.add(one.at)
            elif where is not None and where[: len(path)] == path:
                stack += one.inputs
        return found

    def _choice(
        self, condition: int, ones: Sequence[int], path: Path, depth: int
    ) -> None:
        test = _word(self._graph.nodes[condition])
        for side, head in ((1, f"if {test}:"), (0, "else:")):
            self.lines.append("    " * depth + head)
            results = [self._graph.nodes[at].args[2 - side] for at in ones]
            inner = (*path, (condition, side))
            self._block([one.at for one in results], inner, depth + 1)
            for at, result in zip(ones, results, strict=True):
                self._line(depth + 1, f"t{at} = {_word(result)}")
        self._done |= set(ones)

    def _assign(self, node: GraphNode, path: Path, depth: int) -> None:
        self._done.add(node.at)
        match node.op:
            case "where":
                side = dict(path)[node.args[0].at]
                self._line(depth, f"t{node.at} = {_word(node.args[2 - side])}")
            case "call":
                name, *inputs = node.args
                names = ", ".join(f"t{node.at}_{i}" for i in range(RESULTS[name]))
                values = ", ".join(map(_word, inputs))
                self._line(depth, f"{names} = {name}({values})")
            case "item":
                pass
            case _:
                self._line(depth, f"t{node.at} = {_expression(node)}")

    def _line(self, depth: int, text: str) -> None:
        self.lines.append("    " * depth + text)


_TEMPLATES: Mapping[str, str] = {
    **{op: f"{{}} {op} {{}}" for op in ("+", "-", "*", "<", ">", "<=", ">=", "==")},
    **{"neg": "-{}", "recip": "1.0 / {}", "abs": "abs({})"},
    **{op: f"math.{op}({{}})" for op in ("exp", "log", "log1p", "expm1")},
    **{op: f"math.{op}({{}})" for op in ("sqrt", "erfc", "sin", "cos")},
    "arctan": "math.atan({})",
}


def _expression(node: GraphNode) -> str:
    return _TEMPLATES[node.op].format(*map(_word, node.inputs))


def _word(node: GraphNode) -> str:
    match node.op:
        case "var":
            return str(node.args[0])
        case "const":
            if math.isinf(node.args[0]):
                return "math.inf" if node.args[0] > 0.0 else "(-math.inf)"
            # in parentheses: the sign of a number is not that of what follows
            return repr(node.args[0]) if node.args[0] >= 0.0 else f"({node.args[0]!r})"
        case "item":
            return f"t{node.args[0].at}_{node.args[1]}"
    return f"t{node.at}"
