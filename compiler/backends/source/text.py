"""Pieces of Python text: names, literals, lists of labels, expressions."""

from __future__ import annotations

import keyword
import math
import re
import textwrap
import unicodedata
from collections.abc import Callable, Mapping, Sequence

from varying.grammar.render.safe import visible

from ...distributions.density.links import LINKING
from ...program.expressions import (
    Apply,
    Assemble,
    Const,
    ProgramExpr,
    Symbol,
    Take,
    needs_parentheses,
)

#: Characters of a line.
WIDTH = 88


class Unwritable(Exception):
    """An expression for which this emitter has no Python text."""


def identifier(name: str) -> str:
    """Return a Python name for a name of the program.

    >>> identifier("sd_a:b"), identifier("class"), identifier("2x")
    ('sd_a_b', 'class_', '_2x')
    """
    # Python compares names in this form
    name = unicodedata.normalize("NFKC", name.strip("[]()`"))
    seen = (c if f"a{c}".isidentifier() and visible(c) == c else "_" for c in name)
    text = "".join(seen)
    text = re.sub(r"__+", "_", text) if "__" not in name else text
    if not text.isidentifier():
        text = f"_{text}"
    return f"{text}_" if keyword.iskeyword(text) else text


def number(value: float) -> str:
    """Return a literal that reads back as the same float."""
    if math.isnan(value):
        return "np.nan"
    if math.isinf(value):
        return "np.inf" if value > 0 else "-np.inf"
    return repr(float(value))


def string(value: str) -> str:
    """Return a string literal in double quotes."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    literal = f'"{escaped}"' if escaped.isprintable() else repr(value)
    return visible(literal)  # as Python writes it: the same string


def wrapped(
    items: Sequence[str], indent: int, brackets: str = "[]", taken: int | None = None
) -> str:
    """Return a bracketed list, broken over lines if it does not fit one.

    ``taken``: how many characters of the line are for something else.
    """
    taken = indent + 20 if taken is None else taken
    line = f"{brackets[0]}{', '.join(items)}{brackets[1]}"
    if len(line) + taken <= WIDTH:
        return line
    pad = " " * (indent + 4)
    rows, row = [], ""
    for item in items:
        if row and len(pad) + len(row) + len(item) + 2 > WIDTH:
            rows.append(row.rstrip())
            row = ""
        row += f"{item}, "
    rows.append(row.rstrip())
    body = "\n".join(pad + text for text in rows)
    return f"{brackets[0]}\n{body}\n{' ' * indent}{brackets[1]}"


def call(head: str, items: Sequence[str], indent: int = 0, brackets: str = "()") -> str:
    """Return a call, its arguments on lines of their own if they do not fit one.

    >>> print(call("f", ["one", "two"], indent=78))
    f(
        one, two
    )
    """
    items = [item for item in items if item]
    first, last = brackets[0], brackets[1]
    line = f"{head}{first}{', '.join(items)}{last}"
    if len(line) + indent <= WIDTH and "\n" not in line:
        return line
    inside = ", ".join(items)
    if len(inside) + indent + 4 > WIDTH or "\n" in inside:
        inside = "\n".join(f"{item}," for item in items)
    return f"{head}{first}\n{textwrap.indent(inside, '    ')}\n{last}"


def labels(values: Sequence[str], indent: int, taken: int | None = None) -> str:
    """Return a list of strings; whole numbers in a row become a range.

    >>> labels(("0", "1", "2", "3", "4"), 0)
    '[str(k) for k in range(0, 5)]'
    >>> labels(("0|1", "1|2", "2|3", "3|4", "4|5"), 0)
    '[f"{k}|{k + 1}" for k in range(0, 5)]'
    """
    if len(values) >= 5:
        first = values[0].split("|")[0]
        if re.fullmatch(r"0|[1-9][0-9]*", first):
            start = int(first)
            run = range(start, start + len(values))
            if list(values) == [str(k) for k in run]:
                return f"[str(k) for k in range({start}, {run.stop})]"
            if list(values) == [f"{k}|{k + 1}" for k in run]:
                return f'[f"{{k}}|{{k + 1}}" for k in range({start}, {run.stop})]'
    return wrapped([string(value) for value in values], indent, taken=taken)


def vector(values: Sequence[float], indent: int) -> str:
    """Return an array literal."""
    return f"np.array({wrapped([number(v) for v in values], indent)})"


def matrix(rows: Sequence[Sequence[float]], indent: int) -> str:
    """Return an array literal of two dimensions."""
    texts = [f"[{', '.join(number(v) for v in row)}]" for row in rows]
    return f"np.array({wrapped(texts, indent)})"


# ---- expressions of the program -----------------------------------------------------

_INFIX: Mapping[str, str] = {
    **{"+": "+", "-": "-", "*": "*", "/": "/", "^": "**"},
    **{"dot": "@", "matvec": "@"},
}

_CALLS: Mapping[str, str] = {
    "exp": "pt.exp",
    "diff": "pt.diff",
    "by_threshold": "by_threshold",
    "beside": "side_by_side",
    "spread": "spread",
    "spread_levels": "spread_levels",
    "logit_cumulative": "logit_cumulative",
    "logit_gaps": "logit_gaps",
    "monotonic": "monotonic",
    **{name: f"pt.{name}" for name in ("log", "log1p", "expm1", "sqrt", "abs")},
    **{name: f"pt.{name}" for name in ("sin", "cos", "tanh")},
    **{"inv_logit": "pt.sigmoid", "logit": "logit", "Phi": "Phi"},
    **{"min": "pt.minimum", "max": "pt.maximum", "choose": "pt.switch"},
    **{name: name for name in LINKING},
}

#: Every operation this emitter writes.
OPERATIONS: frozenset[str] = frozenset(
    {*_INFIX, *_CALLS, "neg", "inv_square", "element"}
)


def program_expression(
    expr: ProgramExpr, indent: int, name: Callable[[str], str]
) -> str:
    """Return an expression of the program as Python text."""
    match expr:
        case Const(value):
            if isinstance(value, tuple):
                return vector(value, indent) if value else "np.zeros(0)"
            return number(value)
        case Symbol(target):
            return name(target)
        case Apply("neg", (argument,)):
            whole = program_expression(argument, indent, name)
            return (
                f"-({whole})" if needs_parentheses("neg", 0, argument) else f"-{whole}"
            )
        case Apply("inv_square", (argument,)):
            return f"1.0 / {program_expression(argument, indent, name)} ** 2"
        case Apply("element", (whole, Const(float(place)))):
            return f"{program_expression(whole, indent, name)}[{int(place)}]"
        case Apply("spread", (center, Assemble(_, order) as gap)):
            # it is told how many thresholds there are
            texts = (program_expression(one, indent, name) for one in (center, gap))
            return f"spread({', '.join(texts)}, {len(order) + 1})"
        case Apply(operation, arguments):
            inside = [program_expression(a, indent, name) for a in arguments]
            if operation in _INFIX:
                left, right = (
                    f"({text})" if needs_parentheses(operation, place, a) else text
                    for place, (text, a) in enumerate(
                        zip(inside, arguments, strict=True)
                    )
                )
                return f"{left} {_INFIX[operation]} {right}"
            return f"{_CALLS[operation]}({', '.join(inside)})"
        case Take(taken, index):
            return f"{program_expression(taken, indent, name)}[{name(index)}]"
        case Assemble((Symbol(target),), order):
            return f"{name(target)}[{list(order)}]"
        case Assemble(parts, order):
            inside = [
                f"pt.atleast_1d({program_expression(p, indent, name)})" for p in parts
            ]
            return f"pt.concatenate([{', '.join(inside)}])[{list(order)}]"
