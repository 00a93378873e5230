"""Pieces of Python text: names, literals, lists of labels, expressions."""

from __future__ import annotations

import keyword
import math
import re
from collections.abc import Callable, Mapping, Sequence

from varying.grammar import tree

from ...cells import parse_numbers
from ...ir import Apply, Assemble, Const, Expr, Ref
from ...table import Column, Kind

#: Functions of the language that NumPy spells with one name.
_NUMPY_FUNCTIONS: Mapping[str, str] = {
    "log": "np.log",
    "log2": "np.log2",
    "log10": "np.log10",
    "log1p": "np.log1p",
    "exp": "np.exp",
    "sqrt": "np.sqrt",
    "abs": "np.abs",
    "round": "np.round",
    "floor": "np.floor",
    "ceil": "np.ceil",
    "sin": "np.sin",
    "cos": "np.cos",
    "tanh": "np.tanh",
}


class Unwritable(Exception):
    """An expression for which this emitter has no Python text."""


def identifier(name: str) -> str:
    """Return a Python name for a name of the program.

    >>> identifier("sd_a:b"), identifier("class"), identifier("2x")
    ('sd_a_b', 'class_', '_2x')
    """
    text = re.sub(r"\W", "_", name.strip("[]()`"))
    text = re.sub(r"__+", "_", text) if "__" not in name else text
    if text[:1].isdigit():
        text = f"_{text}"
    return f"{text}_" if keyword.iskeyword(text) else text


def number(value: float) -> str:
    """Return a literal that reads back as the same float."""
    if math.isinf(value):
        return "np.inf" if value > 0 else "-np.inf"
    return repr(int(value)) + ".0" if value == int(value) else repr(float(value))


def string(value: str) -> str:
    """Return a string literal in double quotes."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"' if escaped.isprintable() else repr(value)


def wrapped(items: Sequence[str], indent: int, brackets: str = "[]") -> str:
    """Return a bracketed list, broken over lines if it does not fit one."""
    line = f"{brackets[0]}{', '.join(items)}{brackets[1]}"
    if len(line) + indent <= 80:
        return line
    pad = " " * (indent + 4)
    rows, row = [], ""
    for item in items:
        if row and len(pad) + len(row) + len(item) + 2 > 88:
            rows.append(row.rstrip())
            row = ""
        row += f"{item}, "
    rows.append(row.rstrip())
    body = "\n".join(pad + text for text in rows)
    return f"{brackets[0]}\n{body}\n{' ' * indent}{brackets[1]}"


def labels(values: Sequence[str], indent: int) -> str:
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
    return wrapped([string(value) for value in values], indent)


def vector(values: Sequence[float], indent: int) -> str:
    """Return an array literal."""
    return f"np.array({wrapped([number(v) for v in values], indent)})"


# ---- expressions over the data ------------------------------------------------------


def numeric_levels(column: Column) -> bool:
    """Whether the script reads a column as numbers: all its levels are."""
    if column.kind.is_number:
        return True
    found = [parse_numbers([level]) for level in column.levels]
    return bool(found) and all(
        number is not None and f"{number[level]:.15g}" == level
        for level, number in zip(column.levels, found, strict=True)
    )


def _whole(level: str) -> bool:
    return level.removeprefix("-").isdigit()


def level_text(column: Column, joined: bool = False) -> str:
    """Return a column of ``data`` as texts: the names of its levels.

    ``joined``: names will be joined by ``:``, so one in them is escaped.
    """
    text = f"data[{string(column.name)}]"
    if numeric_levels(column):
        levels = column.levels
        whole = column.kind is Kind.INTEGER or (levels and all(map(_whole, levels)))
        how = ".astype(int).astype(str)" if whole else '.map("{:.15g}".format)'
        return f"{text}{how}"
    if joined and any(set(level) & {":", "\\"} for level in column.levels):
        text += r'.str.replace("\\", r"\\", regex=False)'
        text += r'.str.replace(":", r"\:", regex=False)'
    return text


def data_expression(expr: tree.Expr, columns: Mapping[str, Column]) -> str:
    """Return an elementwise expression over the columns of ``data``.

    Raises
    ------
    Unwritable
        For what has no plain Python form here.
    """
    match expr:
        case tree.Name(text) if text not in columns:
            return {"TRUE": "True", "FALSE": "False"}[text]
        case tree.Name(text) if columns[text].kind is Kind.LOGICAL:
            return f'(data[{string(text)}] == "TRUE")'
        case tree.Name(text):
            return f"data[{string(text)}]"
        case tree.Number(text):
            return text
        case tree.String(text):
            return string(text)
        case tree.Paren(inner):
            return f"({data_expression(inner, columns)})"
        case tree.Unary(operator, operand):
            sign = "~" if operator == "!" else operator
            return f"{sign}({data_expression(operand, columns)})"
        case tree.Power(base, exponent):
            left, right = (data_expression(e, columns) for e in (base, exponent))
            return f"({left}) ** ({right})"
        case tree.Chain(operators, operands):
            if operators == ("%in%",) and isinstance(operands[1], tree.ListExpr):
                items = [_literal(operands[0], i, columns) for i in operands[1].items]
                column = data_expression(operands[0], columns)
                return f"{column}.isin([{', '.join(items)}])"
            if len(operands) == 2 and operators[0] in _COMPARISONS:
                return _comparison(operators[0], operands[0], operands[1], columns)
            parts = [data_expression(operand, columns) for operand in operands]
            return _chain(operators, parts)
        case tree.Call(function, arguments):
            inside = [data_expression(a.value, columns) for a in arguments]
            if function.text == "I" and len(inside) == 1:
                return f"({inside[0]})"
            if function.text == "ifelse" and len(inside) == 3:
                return f"np.where({', '.join(inside)})"
            if function.text in _NUMPY_FUNCTIONS and len(inside) == 1:
                return f"{_NUMPY_FUNCTIONS[function.text]}({inside[0]})"
            raise Unwritable(function.text)
        case _:
            raise Unwritable(type(expr).__name__)


_COMPARISONS = {"<", "<=", ">", ">=", "==", "!="}


def _literal(beside: tree.Expr, expr: tree.Expr, columns: Mapping[str, Column]) -> str:
    """Return a level beside a column as the script holds that column's levels."""
    column = columns.get(beside.text) if isinstance(beside, tree.Name) else None
    match expr:
        case tree.Name(text) if column is not None and text in ("TRUE", "FALSE"):
            return data_expression(expr, columns)
        case tree.String(text) | tree.Number(text) if column is not None:
            if column.kind is Kind.LOGICAL:
                return str(text in ("TRUE", "1"))
            if numeric_levels(column):
                return text
            return string(text)
    return data_expression(expr, columns)


def _comparison(
    operator: str, left: tree.Expr, right: tree.Expr, columns: Mapping[str, Column]
) -> str:
    """Return ``left operator right``; the order of levels is their place."""
    texts = [_literal(right, left, columns), _literal(left, right, columns)]
    for place, side in enumerate((left, right)):
        column = columns.get(side.text) if isinstance(side, tree.Name) else None
        other = (right, left)[place]
        if (
            column is not None
            and column.kind is Kind.ORDERED
            and not numeric_levels(column)
            and operator not in ("==", "!=")
            and isinstance(other, tree.String)
        ):
            ranks = ", ".join(f"{string(v)}: {k}" for k, v in enumerate(column.levels))
            texts[place] += f".map({{{ranks}}})"
            texts[1 - place] = str(column.levels.index(other.text))
    return f"({texts[0]} {operator} {texts[1]})"


def _chain(operators: Sequence[str], parts: Sequence[str]) -> str:
    logic = {"&": "&", "&&": "&", "|": "|", "||": "|"}
    if operators[0] in logic:
        joined = f" {logic[operators[0]]} ".join(f"({part})" for part in parts)
        return joined
    if operators[0] in _COMPARISONS:
        pairs = [
            f"({left} {operator} {right})"
            for operator, left, right in zip(operators, parts, parts[1:], strict=False)
        ]
        return " & ".join(pairs)
    if not set(operators) <= {"+", "-", "*", "/"}:
        raise Unwritable(operators[0])
    text = parts[0]
    for operator, part in zip(operators, parts[1:], strict=True):
        text += f" {operator} {part}"
    return text


# ---- expressions of the program -----------------------------------------------------

_INFIX: Mapping[str, str] = {"+": "+", "-": "-", "*": "*", "dot": "@"}

_CALLS: Mapping[str, str] = {
    "exp": "pt.exp",
    "diff": "pt.diff",
    "spread": "spread",
    "logit_cumulative": "logit_cumulative",
    "logit_gaps": "logit_gaps",
}

#: Every operation this emitter writes.
OPERATIONS: frozenset[str] = frozenset({*_INFIX, *_CALLS, "neg"})


def program_expression(expr: Expr, indent: int, name: Callable[[str], str]) -> str:
    """Return an expression of the program as Python text."""
    match expr:
        case Const(value):
            if isinstance(value, tuple):
                return vector(value, indent) if value else "np.zeros(0)"
            return number(value)
        case Ref(target):
            return name(target)
        case Apply("neg", (argument,)):
            return f"-({program_expression(argument, indent, name)})"
        case Apply(operation, arguments):
            inside = [program_expression(a, indent, name) for a in arguments]
            if operation in _INFIX:
                left, right = (
                    f"({text})"
                    if isinstance(a, Apply) and a.operation in "+-"
                    else text
                    for text, a in zip(inside, arguments, strict=True)
                )
                return f"{left} {_INFIX[operation]} {right}"
            return f"{_CALLS[operation]}({', '.join(inside)})"
        case Assemble(parts, order):
            inside = [
                f"pt.atleast_1d({program_expression(p, indent, name)})" for p in parts
            ]
            return f"pt.concatenate([{', '.join(inside)}])[{list(order)}]"
