"""A density read as a graph without repetitions, and its slopes.

Equal operations on equal arguments are one node, constants fold, and slopes are nodes
of the same graph: what a density and its slopes share is computed once.
"""

from __future__ import annotations

import math
import operator
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Any

from .operations import DERIVED, ERFC_SLOPE, KNOWN, TAILS, DensityFunction, Operations

_FOLDED: Mapping[str, Callable[..., float]] = {
    **{"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv},
    **{"exp": math.exp, "log": math.log, "log1p": math.log1p},
}
_PLAIN = (
    *("exp", "log", "log1p", "expm1", "sqrt", "arctan", "erfc", "abs", "sin", "cos"),
    *("sigmoid", "log_sigmoid"),
)

#: Operations that the kernel has by hand: the function, and which result it is.
ROWS: Mapping[str, tuple[str, int]] = {
    "log_sigmoid": ("row_logistic", 0),
    "sigmoid": ("row_logistic", 2),
    **{name: (f"row_{name}", 0) for name in DERIVED},
    **{name: (f"row_{kind}_tails", which) for name, (kind, which, _) in TAILS.items()},
}
#: How many results such a function has: the value, then a slope in each argument.
RESULTS: Mapping[str, int] = {
    "row_logistic": 4,
    **{f"row_{n}": 1 + takes - KNOWN.get(n, 0) for n, takes in DERIVED.items()},
    **{f"row_{kind}_tails": 2 + 2 * takes for kind, _, takes in TAILS.values()},
}
#: Whole powers up to this one are products.
_MOST_FACTORS = 16
#: Functions of two values, then the slopes of each: how many numbers they take.
_PAIRS = {f"row_{kind}_tails": takes for kind, _, takes in TAILS.values()}


class GraphNode:
    """An operation on other nodes, by its place in the graph."""

    __slots__ = ("args", "at", "graph", "op")

    def __init__(self, graph: Graph, op: str, args: tuple[Any, ...], at: int) -> None:
        self.graph, self.op, self.args, self.at = graph, op, args, at

    @property
    def inputs(self) -> list[GraphNode]:
        """Return the nodes that it is computed from."""
        return [one for one in self.args if isinstance(one, GraphNode)]

    @property
    def number(self) -> float | None:
        """Return the number that it is; None if it is none."""
        return self.args[0] if self.op == "const" else None

    @property
    def is_leaf(self) -> bool:
        """Whether nothing has to be computed for it."""
        return self.op in ("var", "const")

    def __add__(self, other: Any) -> GraphNode:
        return self.graph.make("+", self, other)

    def __radd__(self, other: Any) -> GraphNode:
        return self.graph.make("+", other, self)

    def __sub__(self, other: Any) -> GraphNode:
        return self.graph.make("-", self, other)

    def __rsub__(self, other: Any) -> GraphNode:
        return self.graph.make("-", other, self)

    def __mul__(self, other: Any) -> GraphNode:
        return self.graph.make("*", self, other)

    def __rmul__(self, other: Any) -> GraphNode:
        return self.graph.make("*", other, self)

    def __truediv__(self, other: Any) -> GraphNode:
        return self.graph.make("/", self, other)

    def __rtruediv__(self, other: Any) -> GraphNode:
        return self.graph.make("/", other, self)

    def __neg__(self) -> GraphNode:
        return self.graph.make("neg", self)

    def __eq__(self, other: object) -> Any:
        raise TypeError("`a == b` of numbers is written `m.equal(a, b)`")

    __hash__ = object.__hash__

    def __pow__(self, exponent: Any) -> GraphNode:
        whole = isinstance(exponent, int | float) and float(exponent).is_integer()
        if not whole or abs(exponent) > _MOST_FACTORS:
            return self.graph.node(self.graph.power(self, exponent))
        found = self.graph.node(1.0)
        for bit in bin(abs(int(exponent)))[2:]:
            found = found * found
            found = found * self if bit == "1" else found
        return found if exponent >= 0 else 1.0 / found

    def __rpow__(self, base: Any) -> GraphNode:
        return self.graph.node(self.graph.power(self.graph.node(base), self))

    def __abs__(self) -> GraphNode:
        return self.graph.make("abs", self)

    def __le__(self, other: Any) -> GraphNode:
        return self.graph.make("<=", self, other)

    def __ge__(self, other: Any) -> GraphNode:
        return self.graph.make(">=", self, other)

    def __lt__(self, other: Any) -> GraphNode:
        return self.graph.make("<", self, other)

    def __gt__(self, other: Any) -> GraphNode:
        return self.graph.make(">", self, other)


@dataclass(frozen=True, slots=True)
class Traced:
    """A density as a graph: root, arguments, and what its lines called nodes."""

    graph: Graph
    root: GraphNode
    variables: Mapping[str, GraphNode]
    names: Mapping[int, str]


class Graph(Operations):
    """The operations, as nodes.

    Parameters
    ----------
    for_kernel
        Whether it is for the kernel: only the side of a choice that is taken is
        computed there, and terms are put in a form that shares more. Else it is for
        text, which is to read as the density was written.
    inside
        The operation whose own definition is read.

    Attributes
    ----------
    texts, functions
        The definitions of functions that a script has by name, or these themselves.
    """

    def __init__(self, for_kernel: bool, inside: str = "") -> None:
        self.nodes: list[GraphNode] = []
        self.texts: dict[str, str] = {}
        self.functions: dict[str, Callable[..., Any]] = {}
        self._for_kernel = for_kernel
        self._known: dict[tuple[Any, ...], GraphNode] = {}
        self._slopes: dict[int, dict[int, GraphNode]] = {}
        self._reached: dict[int, frozenset[int]] = {}
        self._moved: dict[int, frozenset[int]] = {}
        for name in (*_PLAIN, *DERIVED):
            if name != inside:
                setattr(self, name, self._maker(name))

    def _maker(self, name: str) -> Callable[..., GraphNode]:
        return lambda *args: self.make(name, *args)

    def variable(self, name: str) -> GraphNode:
        """Return an argument."""
        return self._keep("var", (name,))

    def node(self, x: Any) -> GraphNode:
        """Return a node, or the one of a number."""
        return x if isinstance(x, GraphNode) else self._keep("const", (float(x),))

    def _keep(self, op: str, args: tuple[Any, ...]) -> GraphNode:
        key = (op, *(a.at if isinstance(a, GraphNode) else repr(a) for a in args))
        if key not in self._known:
            self._known[key] = GraphNode(self, op, args, len(self.nodes))
            self.nodes.append(self._known[key])
        return self._known[key]

    def equal(self, one: Any, other: Any) -> Any:
        """Return whether two are equal."""
        return self.make("==", one, other)

    def gamma_tails(self, a: Any, d: Any) -> tuple[Any, Any]:
        """Return the logs of both incomplete gamma functions."""
        return self.make("log_gammainc", a, d), self.make("log_gammaincc", a, d)

    def beta_tails(self, a: Any, b: Any, u: Any) -> tuple[Any, Any]:
        """Return the logs of the incomplete beta function and of what it leaves."""
        return self.make("log_betainc", a, b, u), self.make("log_betaincc", a, b, u)

    def betabinom_tails(self, y: Any, a: Any, b: Any, n: Any) -> tuple[Any, Any]:
        """Return the logs of both sums of beta-binomial probabilities."""
        given = (y, a, b, n)
        return self.make("log_betabinom", *given), self.make("log_betabinomc", *given)

    def where(self, condition: Any, one: Any, other: Any) -> Any:
        """Return one of two values."""
        one, other = self.node(one), self.node(other)
        if isinstance(condition, bool):  # of numbers that are known
            return one if condition else other
        return one if one is other else self._keep("where", (condition, one, other))

    def choose(
        self,
        condition: Any,
        then: Callable[[Any], Any],
        other: Callable[[Any], Any],
        x: Any,
        safe: tuple[Any, Any],
    ) -> Any:
        """Return one of two values; for the kernel nothing has to be safe."""
        if not self._for_kernel:
            return super().choose(condition, then, other, x, safe)
        return self.where(condition, then(x), other(x))

    def called(
        self, name: str, text: str | None, function: Callable[..., Any], *given: Any
    ) -> Any:
        """Return a function's value; in a script a call of it."""
        if self._for_kernel:
            return function(self, *given)
        self.texts[name] = text or ""
        if text is None:
            self.functions[name] = function
        return self.make(name, *given)

    # ---- operations ------------------------------------------------------------------

    def make(self, op: str, *given: Any) -> GraphNode:
        """Return the node of an operation, or one that is the same number."""
        args = tuple(self.node(one) for one in given)
        numbers = [one.number for one in args]
        if None not in numbers and op in _FOLDED:
            return self.node(_FOLDED[op](*numbers))
        if op == "neg":
            return self._negative(args[0])
        found = self._without_neutral(op, args, numbers)
        if found is not None:
            return found
        return self._rewritten(op, args) if self._for_kernel else self._keep(op, args)

    def _negative(self, one: GraphNode) -> GraphNode:
        if one.number is not None:
            return self.node(-one.number)
        return one.args[0] if one.op == "neg" else self._keep("neg", (one,))

    def _without_neutral(
        self, op: str, args: tuple[GraphNode, ...], numbers: Sequence[float | None]
    ) -> GraphNode | None:
        """Return what a sum with 0 or a product with 0, 1 or -1 is."""
        if op not in "+-*/" or len(args) < 2:
            return None
        (one, other), (a, b) = args, numbers
        if op == "*" and 0.0 in numbers:
            return self.node(0.0)
        if (op == "+" and a == 0.0) or (op == "*" and a == 1.0):
            return other
        if (op in "+-" and b == 0.0) or (op in "*/" and b == 1.0):
            return one
        if op == "-" and a == 0.0:
            return self._negative(other)
        if op == "*" and a == -1.0:
            return self._negative(other)
        return None

    def _rewritten(self, op: str, args: tuple[GraphNode, ...]) -> GraphNode:
        """Bring terms into one form: signs outside, constants first, no division."""
        if op == "*":
            one, other = args
            if other.number is not None:
                return self.make("*", other, one)
            inner = other.args[0].number if other.op == "*" else None
            if inner is not None:
                if one.number is not None:
                    return self.make("*", one.number * inner, other.args[1])
                return self.make("*", inner, self.make("*", one, other.args[1]))
        if op in ("*", "/"):
            for i, one in enumerate(args):
                if one.op == "neg":
                    rest = (*args[:i], one.args[0], *args[i + 1 :])
                    return self._negative(self.make(op, *rest))
        if op in ("+", "-") and args[1].op == "neg":
            return self.make("-" if op == "+" else "+", args[0], args[1].args[0])
        if op == "/":
            return self.make("*", args[0], self._keep("recip", (args[1],)))
        if op == "log" and args[0].op == "exp":
            return self.node(args[0].args[0])
        return self._called(op, *args) if op in ROWS else self._keep(op, args)

    def _called(self, op: str, *args: GraphNode) -> GraphNode:
        """Call a function that returns value and slopes together."""
        name, place = ROWS[op]
        if name == "row_logistic" and args[0].op == "neg":
            # one call serves both signs
            call = self._keep("call", (name, args[0].args[0]))
            return self._item(call, 1 if place == 0 else 3)
        return self._item(self._keep("call", (name, *args)), place)

    def _item(self, call: GraphNode, place: int) -> GraphNode:
        return self._keep("item", (call, place))

    # ---- slopes ----------------------------------------------------------------------

    def gradient(
        self, root: GraphNode, variables: Sequence[GraphNode]
    ) -> list[GraphNode]:
        """Return the derivatives of a node in variables.

        Backward through arithmetic, forward through choices, so that no slope of a
        side that is not taken is ever multiplied by anything.
        """
        found = self._gradient(root, {one.at for one in variables})
        return [found[one.at] for one in variables]

    def _gradient(self, root: GraphNode, variables: set[int]) -> dict[int, GraphNode]:
        if root.at not in self._slopes:
            if root.op == "where":
                condition, *sides = root.args
                one, other = (self._gradient(side, variables) for side in sides)
                found = {v: self.where(condition, one[v], other[v]) for v in variables}
            else:
                found = self._backward(root, variables)
            self._slopes[root.at] = found
        return self._slopes[root.at]

    def _backward(self, root: GraphNode, variables: set[int]) -> dict[int, GraphNode]:
        found = dict.fromkeys(variables, self.node(0.0))
        adjoint, waiting = {root.at: self.node(1.0)}, {root.at}
        while waiting:
            at = max(waiting)  # all that uses a node is made after it
            waiting.remove(at)
            node, by = self.nodes[at], adjoint[at]
            if at in found:
                found[at] = found[at] + by
            elif node.op == "where":
                for v, inner in self._gradient(node, variables).items():
                    found[v] = found[v] + by * inner
            elif not node.is_leaf:
                for one, step in self._steps(node, by):
                    if self._moves_with(one) & variables:
                        adjoint[one.at] = adjoint.get(one.at, self.node(0.0)) + step()
                        waiting.add(one.at)
        return found

    def reaches(self, node: GraphNode) -> frozenset[int]:
        """Return the variables that a node depends on."""
        if node.at not in self._reached:
            own = frozenset((node.at,)) if node.op == "var" else frozenset[int]()
            self._reached[node.at] = own.union(*map(self.reaches, node.inputs))
        return self._reached[node.at]

    def _moves_with(self, node: GraphNode) -> frozenset[int]:
        """Return the variables that a node may have slopes in: no condition has one."""
        if node.at not in self._moved:
            own = frozenset((node.at,)) if node.op == "var" else frozenset[int]()
            inputs = node.args[1:] if node.op == "where" else node.inputs
            self._moved[node.at] = own.union(*map(self._moves_with, inputs))
        return self._moved[node.at]

    def _steps(
        self, node: GraphNode, by: GraphNode
    ) -> Iterator[tuple[GraphNode, Callable[[], GraphNode]]]:
        """Yield the inputs of a node, each with what is added to its adjoint."""
        inputs = node.args[0].args[1:] if node.op == "item" else node.args
        if node.op == "*" and inputs[0] is inputs[1]:
            yield inputs[0], lambda: 2.0 * (by * inputs[0])
        elif node.op == "*" and inputs[1].op == "recip":
            part = by * inputs[1]
            yield inputs[0], lambda: part
            yield inputs[1].args[0], lambda: -(part * node)
        else:
            for i, one in enumerate(inputs):
                yield one, lambda i=i: by * self._partial(node, i)  # type: ignore[misc]

    def _partial(self, node: GraphNode, i: int) -> Any:
        one, other = (*node.args, None)[:2]
        match node.op:
            case "+":
                return 1.0
            case "-":
                return (1.0, -1.0)[i]
            case "*":
                return (other, one)[i]
            case "neg":
                return -1.0
            case "recip":
                return -(node * node)
            case "exp":
                return node
            case "log":
                return 1.0 / one
            case "log1p":
                return 1.0 / (1.0 + one)
            case "expm1":
                return node + 1.0
            case "sqrt":
                return 0.5 / node
            case "sin":
                return self.cos(one)
            case "cos":
                return -self.sin(one)
            case "arctan":
                return 1.0 / (1.0 + one * one)
            case "erfc":
                return -ERFC_SLOPE * self.exp(-(one * one))
            case "abs":
                return self.where(one < 0.0, -1.0, 1.0)
            case "item" if one.args[0] == "row_logistic":
                p, q = self._item(one, 2), self._item(one, 3)
                return (q, -p, p * q, -(p * q))[other]
            case "item" if one.args[0] in _PAIRS:
                return self._item(one, 2 + other * _PAIRS[one.args[0]] + i)
            case "item" if other == 0 and i + 1 < RESULTS[one.args[0]]:
                return self._item(one, i + 1)
        raise TypeError(f"no slope of {node.op}")


def trace(
    density: DensityFunction, names: Sequence[str], for_kernel: bool, inside: str = ""
) -> Traced:
    """Read a density as a graph."""
    graph = Graph(for_kernel, inside)
    variables = {name: graph.variable(name) for name in names}
    called: dict[int, str] = {}

    def watch(frame: FrameType, event: str, _: object) -> None:
        """Keep what the local variables of the density are called."""
        if event == "return" and frame.f_code is density.__code__:
            for name, one in frame.f_locals.items():
                if isinstance(one, GraphNode) and not one.is_leaf:
                    called.setdefault(one.at, name)

    # a profiler at work is left alone: names are for people
    watching = not for_kernel and sys.getprofile() is None
    if watching:
        sys.setprofile(watch)
    try:
        root = graph.node(density(graph, *variables.values()))
    finally:
        if watching:
            sys.setprofile(None)
    return Traced(graph, root, variables, called)
