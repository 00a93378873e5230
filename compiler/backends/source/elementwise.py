"""Expressions over the data as pandas text, with the language's missing values.

A condition is written twice if it must be: where it is certainly true, and where it
is certainly false. Negation exchanges the two, so ``!(x > 3)`` becomes ``x <= 3`` and
a row with a missing value is in neither.
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from varying.grammar import tree
from varying.grammar.spelling import MOST_EXACT, spell_number
from varying.grammar.walk import COMPARISONS, plain_number, postorder

from ...data.table import Column, Kind, Table
from ...expressions.evaluation import evaluate
from ...expressions.functions import FUNCTIONS
from . import definitions
from .embedded import Key, held_as_number, key_text, keys, keys_text
from .text import Unwritable, number, string, wrapped

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
    "expm1": "np.expm1",
}
#: Others, by what stands for their argument; ``normal_cdf`` is a helper.
_WRITTEN_FUNCTIONS: Mapping[str, str] = {
    "logit": "(np.log({0}) - np.log1p(-({0})))",
    "inv_logit": "(1.0 / (1.0 + np.exp(-({0}))))",
    "Phi": "normal_cdf({0})",
}

_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_MIRRORED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_PLAIN_NUMBER = re.compile(r"(0|[1-9][0-9]{0,14})(\.[0-9]+)?([eE][+-]?[0-9]{1,2})?")
_ATOM = re.compile(r"[\w.]+(e-?\w+)?|truth\([^()]*\)")
_NO_ROWS = Table("", {}, 1)

#: The text of a condition, or its value where that is known.
TruthText = str | bool


def core(node: tree.Expr) -> tree.Expr:
    """Return what stands inside parentheses and ``I()``."""
    while True:
        match node:
            case tree.Paren(inner):
                node = inner
            case tree.Call(tree.Name("I"), (argument,)):
                node = argument.value
            case _:
                return node


def names_read(node: tree.Expr, table: Table) -> list[str]:
    """Return the columns that an expression reads."""
    return [
        inner.text
        for inner in postorder(node)
        if isinstance(inner, tree.Name) and inner.text in table.columns
    ]


def bare(text: str) -> str:
    """Return a Python expression without parentheses that enclose all of it.

    >>> bare("(a > 1)"), bare("(a) & (b)")
    ('a > 1', '(a) & (b)')
    """
    if text.startswith("(") and text.endswith(")"):
        try:
            same = ast.dump(ast.parse(text[1:-1], mode="eval"))
        except SyntaxError:
            return text
        if same == ast.dump(ast.parse(text, mode="eval")):
            return text[1:-1]
    return text


def every(parts: Sequence[TruthText]) -> TruthText:
    """Return the conjunction of conditions."""
    if any(part is False for part in parts):
        return False
    texts = [part for part in parts if isinstance(part, str)]
    if len(texts) < 2:
        return texts[0] if texts else True
    return f"({' & '.join(texts)})"


def some(parts: Sequence[TruthText]) -> TruthText:
    """Return the disjunction of conditions."""
    if any(part is True for part in parts):
        return True
    texts = [part for part in parts if isinstance(part, str)]
    if len(texts) < 2:
        return texts[0] if texts else False
    return f"({' | '.join(texts)})"


@dataclass(frozen=True, slots=True)
class ElementwiseWriter:
    """Writes expressions over the columns of ``data``.

    Attributes
    ----------
    table
        The columns, those of ``let`` among them.
    complete
        Columns of which no row lacks a value, or whose rows without one are left
        out in any case.
    helpers
        Takes the names of the definitions that the texts need.
    """

    table: Table
    complete: frozenset[str]
    helpers: set[str]

    def is_condition(self, node: tree.Expr) -> bool:
        """Whether an expression is logical."""
        match core(node):
            case tree.Name(text):
                column = self.table.columns.get(text)
                return column is None or column.kind is Kind.LOGICAL
            case tree.Unary("!"):
                return True
            case tree.Chain(operators):
                return operators[0] in (*COMPARISONS, "%in%", "&", "&&", "|", "||")
            case _:
                return False

    def reads(self, node: tree.Expr) -> bool:
        """Whether an expression reads a column."""
        return bool(names_read(node, self.table))

    # ---- numbers ----

    def number(self, node: tree.Expr) -> str:
        """Return the text of an expression's value as a number."""
        if not self.reads(node):
            return self._constant(node)
        match node:
            case tree.Name(text) if not self.is_condition(node):
                return self.values_of(self.table.columns[text])
            case tree.Paren(inner):
                return f"({bare(self.number(inner))})"
            case tree.Unary("-" | "+" as minus, operand):
                return f"{minus}{self._operand(operand, ())}"
            case tree.Power(base, exponent):
                inside = [self._operand(part, ()) for part in (base, exponent)]
                return " ** ".join(inside)
            case tree.Chain(operators, operands) if set(operators) <= set("+-*/"):
                tighter = ("*", "/") if operators[0] in "+-" else ()
                text = self._operand(operands[0], tighter)
                for sign, operand in zip(operators, operands[1:], strict=True):
                    text += f" {sign} {self._operand(operand, tighter)}"
                return text
            case tree.Call(function) if function.text not in FUNCTIONS:
                raise Unwritable(f"{function.text}()")
            case tree.Call(function, arguments) if function.text != "I":
                return self._call(function.text, _in_order(function.text, arguments))
            case tree.Call(_, (argument,)) if not self.is_condition(node):
                return f"({bare(self.number(argument.value))})"
        if self.is_condition(node):
            return self._truth(node)
        raise Unwritable(type(node).__name__)

    def _constant(self, node: tree.Expr) -> str:
        inner = core(node)
        if isinstance(inner, tree.Number) and _PLAIN_NUMBER.fullmatch(inner.text):
            return inner.text
        value = float(evaluate(node, _NO_ROWS)[0])
        if math.isfinite(value) and value.is_integer() and abs(value) < MOST_EXACT:
            return str(int(value))
        return number(value)

    def operand(self, node: tree.Expr) -> str:
        """Return the text of a value as an operand, in parentheses if it needs them."""
        return self._operand(node, ())

    def _operand(self, node: tree.Expr, plain: Sequence[str]) -> str:
        """Return a value as an operand; chains of the ``plain`` need no brackets."""
        text = self.number(node)
        match node:
            case tree.Power() if plain:
                return text
            case tree.Chain(operators) if operators[0] in plain:
                return text
            case tree.Unary() | tree.Chain() | tree.Power() | tree.Number():
                safe = re.fullmatch(r"[\w.]+(e-?\w+)?", text) or text.startswith(
                    "truth("
                )
                return text if safe else f"({bare(text)})"
            case _:
                return f"({text})" if text.startswith("-") else text

    def values_of(self, column: Column) -> str:
        """Return a column's values: levels that are numbers as such."""
        text = f"data[{string(column.name)}]"
        if held_as_number(column, self.table):
            return text
        if column.numbers is None:
            raise Unwritable(column.name)
        pairs = zip(column.levels, column.numbers, strict=True)
        items = [f"{string(level)}: {number(value)}" for level, value in pairs]
        return f"{text}.map({wrapped(items, 4, '{}')})"

    def _truth(self, node: tree.Expr) -> str:
        """Return 1 where true, 0 where false, missing elsewhere."""
        return self._choice(node, "1.0", "0.0")

    def _choice(self, test: tree.Expr, yes: str, no: str) -> str:
        """Return one value where a condition is true, another where it is false."""
        true, false = self.true(test), self.false(test)
        if true is True or false is True:
            return f"({yes if true is True else no})"
        found = [(c, v) for c, v in ((true, yes), (false, no)) if isinstance(c, str)]
        if not found:
            return "np.nan"
        if len(found) == 2 and (yes, no) == ("1.0", "0.0"):
            self.helpers.add("truth")
            return f"truth({bare(str(true))}, {bare(str(false))})"
        conditions = ", ".join(bare(condition) for condition, _ in found)
        values = ", ".join(bare(value) for _, value in found)
        return f"np.select([{conditions}], [{values}], np.nan)"

    def _call(self, function: str, arguments: Sequence[tree.Expr]) -> str:
        if function == "ifelse":
            test, yes, no = arguments
            return self._choice(test, self.number(yes), self.number(no))
        inside = [bare(self.number(argument)) for argument in arguments]
        match function, inside:
            case "log", [value, base]:
                known = plain_number(arguments[1])
                if not self.reads(arguments[1]):
                    known = float(evaluate(arguments[1], _NO_ROWS)[0])
                exact = {2.0: "np.log2", 10.0: "np.log10", math.e: "np.log"}
                if known in exact:
                    return f"{exact[known]}({value})"
                return f"(np.log({value}) / np.log({base}))"
            case "round", [value, _]:
                digits = int(plain_number(arguments[1]) or 0)
                return f"np.round({value}, {digits})"
            case name, [value] if name in _WRITTEN_FUNCTIONS:
                text = _WRITTEN_FUNCTIONS[name].format(value)
                self.helpers.update({text.partition("(")[0]} & {*definitions.DATA})
                return text
            case name, [value] if name in _NUMPY_FUNCTIONS:
                return f"{_NUMPY_FUNCTIONS[name]}({value})"
        raise Unwritable(f"{function}()")

    # ---- conditions ----

    def true(self, node: tree.Expr) -> TruthText:
        """Return where an expression is certainly true."""
        return self._condition(node, True)

    def false(self, node: tree.Expr) -> TruthText:
        """Return where an expression is certainly false."""
        return self._condition(node, False)

    def _condition(self, node: tree.Expr, wanted: bool) -> TruthText:
        node = core(node)
        if not self.reads(node):
            value = float(evaluate(node, _NO_ROWS)[0])
            return not math.isnan(value) and (value != 0) is wanted
        match node:
            case tree.Name(text) if self.is_condition(node):
                return f'(data[{string(text)}] == "{str(wanted).upper()}")'
            case tree.Unary("!", operand):
                return self._condition(operand, not wanted)
            case tree.Chain(operators, operands) if operators[0] in ("&", "&&"):
                parts = [self._condition(operand, wanted) for operand in operands]
                return every(parts) if wanted else some(parts)
            case tree.Chain(operators, operands) if operators[0] in ("|", "||"):
                parts = [self._condition(operand, wanted) for operand in operands]
                return some(parts) if wanted else every(parts)
            case tree.Chain(operators, operands) if operators[0] in COMPARISONS:
                parts = [
                    self._comparison(sign if wanted else _OPPOSITE[sign], left, right)
                    for sign, left, right in zip(
                        operators, operands, operands[1:], strict=False
                    )
                ]
                return every(parts) if wanted else some(parts)
            case tree.Chain(("%in%",), (left, tree.ListExpr(items))):
                sign = "==" if wanted else "!="
                parts = [self._comparison(sign, left, item) for item in items]
                return _merged(some(parts) if wanted else every(parts), parts)
            case _:
                return self._numeric("!=" if wanted else "==", node, None)

    def _comparison(self, sign: str, left: tree.Expr, right: tree.Expr) -> TruthText:
        """Return where ``left sign right`` holds and nothing in it is missing."""
        left, right = core(left), core(right)
        if not self.reads(left):
            left, right, sign = right, left, _MIRRORED[sign]
        constant = not self.reads(right)
        if constant and not self.reads(left):
            one, two = (float(evaluate(e, _NO_ROWS)[0]) for e in (left, right))
            return not math.isnan(one + two) and _COMPARE[sign](one, two)
        if constant and isinstance(left, tree.Name):
            column = self.table.columns[left.text]
            if not column.kind.is_number:
                if isinstance(right, tree.String):
                    return self._levels(column, sign, right.text)
                value = float(evaluate(right, _NO_ROWS)[0])
                return self._levels(column, sign, value)
        return self._numeric(sign, left, right)

    def _numeric(
        self, sign: str, left: tree.Expr, right: tree.Expr | None
    ) -> TruthText:
        one = self._side(left)
        two = "0" if right is None else self._side(right)
        sides = [left] if right is None else [left, right]
        here: TruthText = f"({one} {sign} {two})"
        if sign == "!=":
            return every([here, *(self._present(side) for side in sides)])
        return here

    def _side(self, node: tree.Expr) -> str:
        return self._operand(node, ("+", "-", "*", "/"))

    def _present(self, node: tree.Expr) -> TruthText:
        """Return where an expression is not missing."""
        if not self.reads(node):
            return not math.isnan(float(evaluate(node, _NO_ROWS)[0]))
        if isinstance(node, tree.Name):
            name = node.text
            return name in self.complete or f"data[{string(name)}].notna()"
        return f"pd.notna({bare(self.number(node))})"

    def _levels(self, column: Column, sign: str, literal: str | float) -> TruthText:
        """Return where a column of levels compares so with a level or a number."""
        text = f"data[{string(column.name)}]"
        by_value = column.kind is Kind.LOGICAL or (
            column.kind is Kind.ORDERED and column.numbers is not None
        )
        if isinstance(literal, float) and by_value:
            if held_as_number(column, self.table):
                return self._plain(column, sign, literal)
            values: Sequence[float] = column.numbers or (0.0, 1.0)
            target = literal
        else:
            name = literal if isinstance(literal, str) else spell_number(literal)
            values = [float(place) for place in range(len(column.levels))]
            known = name in column.levels
            target = float(column.levels.index(name)) if known else -1.0
        of = keys(column, self.table)
        held = [of[level] for level in column.levels]
        holds = [
            not math.isnan(target) and _COMPARE[sign](value, target) for value in values
        ]
        wanted = [key for key, good in zip(held, holds, strict=True) if good]
        others = [key for key, good in zip(held, holds, strict=True) if not good]
        if not wanted:
            return False
        if len(wanted) == 1 and (sign == "==" or len(held) == 2):
            return f"({text} == {key_text(wanted[0])})"
        if len(others) == 1 and sign == "!=":
            return self._plain(column, sign, others[0])
        # a value that no level stands for has no place among them
        return f"{text}.isin({keys_text(wanted, 4)})"

    def _plain(self, column: Column, sign: str, key: Key) -> TruthText:
        """Return where a column compares so with what the script holds."""
        text = f"data[{string(column.name)}]"
        if isinstance(key, float) and math.isnan(key):
            return False
        here = f"({text} {sign} {key_text(key)})"
        if sign == "!=" and column.name not in self.complete:
            return every([here, f"{text}.notna()"])
        return here


def _merged(joined: TruthText, parts: Sequence[TruthText]) -> TruthText:
    """Return ``x == 1 | x == 2`` as ``x.isin([1, 2])``."""
    pattern = re.compile(r"\((data\[\"[^\"\\]*\"\]) == (\"[^\"\\]*\"|-?[0-9.]+)\)")
    found = [
        pattern.fullmatch(part) if isinstance(part, str) else None for part in parts
    ]
    matches = [match for match in found if match is not None]
    columns = {match[1] for match in matches}
    if len(matches) < len(parts) or len(columns) != 1 or len(parts) < 2:
        return joined
    return f"{columns.pop()}.isin([{', '.join(match[2] for match in matches)}])"


def _in_order(function: str, arguments: Sequence[tree.Argument]) -> list[tree.Expr]:
    """Return the arguments in the order of the function's parameters."""
    parameters = FUNCTIONS[function].parameters
    named = {a.keyword.text: a.value for a in arguments if a.keyword is not None}
    rest = iter([a.value for a in arguments if a.keyword is None])
    found = [named[p] if p in named else next(rest, None) for p in parameters]
    return [value for value in found if value is not None]
