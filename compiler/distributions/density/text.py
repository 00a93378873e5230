"""A density read as the text of functions, for scripts.

Local variables of the density keep their names.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping, Sequence

from . import falling
from .compoisson_text import COM_SUM
from .graph import GraphNode, trace
from .incomplete_text import NEEDS
from .incomplete_text import WRITTEN as INCOMPLETE
from .operations import DERIVED, DensityFunction, Operations

WIDTH = 88
#: Operations whose own definition is no reading for people.
_WRITTEN: Mapping[str, str] = {
    "lgamma1p": '''def lgamma1p(x):
    """``log Gamma(1 + x)``."""
    return pt.gammaln(1 + x)
''',
    "log_rising": '''def log_rising(x, step):
    """``log Gamma(x + step) - log Gamma(x) - step log(x)``: 0 for huge numbers."""
    # by Stirling where the log gammas would cancel
    small, large = pt.minimum(x, 1e5), pt.maximum(x, 1e5)
    return pt.switch(
        x < 1e5,
        pt.gammaln(small + step) - pt.gammaln(small) - step * pt.log(small),
        (large + step - 0.5) * pt.log1p(step / large)
        - step
        + (1 / (large + step) - 1 / large) / 12,
    )
''',
    "log1p_excess": '''def log1p_excess(x):
    """``x - log(1 + x)``, exact near 0."""
    near, far = pt.clip(x, -0.01, 0.01), pt.switch(pt.abs(x) < 0.01, 1, x)
    series = 1 / 2 - near * (1 / 3 - near * (1 / 4 - near * (1 / 5 - near / 6)))
    series = series + near**5 * (near / 8 - 1 / 7)
    return pt.switch(pt.abs(x) < 0.01, near**2 * series, far - pt.log1p(far))
''',
    "softplus_excess": '''def softplus_excess(x):
    """``log(1 + exp(x)) - 1/(1 + exp(-x))``."""
    return pt.softplus(x) - pt.sigmoid(x)
''',
    "log_ndtr": '''def log_ndtr(x):
    """Log of the normal distribution function, exact in both tails."""
    low, high = pt.minimum(x, -1), pt.maximum(x, -1)
    tail = pt.log(0.5 * pt.erfcx(-low / 2**0.5)) - 0.5 * low**2
    return pt.switch(x < -1, tail, pt.log1p(-0.5 * pt.erfc(high / 2**0.5)))
''',
    "log_mills": '''def log_mills(x):
    """Log of the normal distribution function over the normal density."""
    low, high = pt.minimum(x, 0), pt.maximum(x, 0)
    above = pt.log1p(-0.5 * pt.erfc(high / 2**0.5)) + 0.5 * pt.log(2 * np.pi)
    below = pt.log(pt.erfcx(-low / 2**0.5)) + 0.5 * pt.log(np.pi / 2)
    return pt.switch(x < 0, below, above + 0.5 * high**2)
''',
    "log_i0e": '''def log_i0e(x):
    """Log of the modified Bessel function ``I_0`` over ``exp(x)``."""
    return pt.log(pt.ive(0.0, x))
''',
    "log_com_sum": COM_SUM,
    "log_skew_tail": falling.SKEW_TEXT,
    "log_arc": falling.ARC_TEXT,
    **INCOMPLETE,
}
#: What those call that is written as text.
_CALLED = {
    **NEEDS,
    "log_com_sum": ("log1p_excess", "gamma_remainder"),
    "log_skew_tail": ("log_mills",),
    "log_arc": ("log_i0e",),
}
_LEVELS: Mapping[str, int] = {"+": 1, "-": 1, "*": 2, "/": 2}
_TEMPLATES: Mapping[str, str] = {
    "where": "pt.switch({}, {}, {})",
    "==": "pt.eq({}, {})",
    "<": "{} < {}",
    ">": "{} > {}",
    "<=": "{} <= {}",
    ">=": "{} >= {}",
}


def definitions(
    name: str, density: DensityFunction, names: Sequence[str], document: str
) -> str:
    """Return the text of a density and of the functions that it needs.

    Parameters
    ----------
    name
        What the function is called.
    names
        Its arguments.
    document
        Its docstring, a sentence.
    """
    made: dict[str, str] = {}
    _define(made, name, density, names, document)
    return "".join(f"\n\n{text}" for text in made.values())[1:]


def _define(
    made: dict[str, str],
    name: str,
    density: DensityFunction,
    names: Sequence[str],
    document: str,
    inside: str = "",
) -> None:
    """Add a function, and before it those that it calls."""
    traced = trace(density, names, for_kernel=False, inside=inside)
    uses: dict[int, int] = {}
    order: list[GraphNode] = []
    _visit(traced.root, uses, order)
    given: dict[int, str] = {}
    lines: list[str] = []
    taken = set(names)
    for node in order:
        if traced.graph.texts.get(node.op):
            made.setdefault(node.op, traced.graph.texts[node.op])
        if node.op in traced.graph.functions and node.op not in made:
            _define_own(made, node.op, traced.graph.functions[node.op])
        _include(made, node.op)
        named = node.at in traced.names or uses[node.at] > 1
        if node.is_leaf or node is traced.root or not named:
            continue
        base = stem = traced.names.get(node.at, "part")
        number = 2
        while stem in taken:
            stem, number = f"{base}_{number}", number + 1
        taken.add(stem)
        lines += _statement(f"{stem} = ", node, given)
        given[node.at] = stem
    lines += _statement("return ", traced.root, given)
    head = [f"def {name}({', '.join(names)}):", f'    """{document}."""']
    made[name] = "\n".join([*head, *lines]) + "\n"


def _include(made: dict[str, str], op: str) -> None:
    """Add the function that an operation is, if it is one of ours."""
    if op in made:
        return
    for one in _CALLED.get(op, ()):
        _include(made, one)
    if op in _WRITTEN:
        made[op] = _WRITTEN[op]
    elif op in DERIVED:
        _define_own(made, op, getattr(Operations, op), op)


def _define_own(
    made: dict[str, str], name: str, function: DensityFunction, inside: str = ""
) -> None:
    """Add a function as it is written over operations."""
    listed = list(inspect.signature(function).parameters)[1:]
    text = (function.__doc__ or "").partition("\n")[0].strip().removesuffix(".")
    _define(made, name, function, listed, text, inside)


def _visit(node: GraphNode, uses: dict[int, int], order: list[GraphNode]) -> None:
    uses[node.at] = uses.get(node.at, 0) + 1
    if uses[node.at] == 1:
        for one in node.inputs:
            _visit(one, uses, order)
        order.append(node)


def _statement(head: str, node: GraphNode, given: Mapping[int, str]) -> list[str]:
    """Return a statement; its terms on lines of their own, if it is long."""
    line = f"    {head}{_text(node, given)[0]}"
    if len(line) <= WIDTH:
        return [line]
    if node.op == "where":
        parts = [f"        {_text(one, given)[0]}," for one in node.inputs]
        return [f"    {head}pt.switch(", *parts, "    )"]
    terms = _text(node, given, "\n        ")[0]
    return [f"    {head}(", f"        {terms}", "    )"]


def _text(
    node: GraphNode, given: Mapping[int, str], space: str = " "
) -> tuple[str, int]:
    """Return an expression and how tightly it binds; ``space`` parts its terms."""
    if node.at in given:
        return given[node.at], 9
    if node.op == "var":
        return str(node.args[0]), 9
    if node.number is not None:
        x = node.number
        if math.isinf(x):
            return ("np.inf", 9) if x > 0 else ("-np.inf", 1)
        is_short = abs(x) < 1e15 and x == int(x)
        return f"{x:.0f}" if is_short else repr(x), 9 if x >= 0 else 1
    if node.op in _LEVELS:
        level = _LEVELS[node.op]
        one, other = node.args
        a, tight = _text(one, given, space if level == 1 else " ")
        b, bound = _text(other, given)
        a = a if tight >= level else f"({a})"
        if node.op == "+" and b.startswith("-pt.softplus("):
            return f"{a}{space}- {b[1:]}", level
        b = b if bound > level else f"({b})"
        return f"{a}{space if level == 1 else ' '}{node.op} {b}", level
    inputs = [_text(one, given) for one in node.inputs]
    if node.op == "neg":
        text, tight = inputs[0]
        return f"-{text if tight > 1 else f'({text})'}", 1
    if node.op == "log_sigmoid":
        one = node.args[0]
        less = one.args[0] if one.op == "neg" and one.at not in given else -one
        return f"-pt.softplus({_text(less, given)[0]})", 1
    texts = [text for text, _ in inputs]
    if node.op in _TEMPLATES:
        text = _TEMPLATES[node.op].format(*texts)
        return text, 9 if text.startswith("pt.") else 0 if node.op in "<>" else 1
    own = node.op in DERIVED or node.op in INCOMPLETE or node.op in node.graph.texts
    prefix = "" if own else "pt."
    return f"{prefix}{node.op}({', '.join(texts)})", 9
