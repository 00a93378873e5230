"""Weights of a contrast: numbers times levels, or numbers of a numeric predictor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isclose

import numpy as np

from varying.grammar.diagnostics import Sink, nearest
from varying.grammar.printer import expression_text
from varying.grammar.source import Span
from varying.grammar.spelling import spell_number
from varying.grammar.tree import Chain, Expr, Index, Name, Number, Paren, String, Unary

from ...data.levels import level_spelled, numbers_of, suggest_level
from ..priors.named import ref_text

__all__ = ["LevelWeights", "read_values", "read_weights"]

LevelWeights = dict[str, float]


def read_values(node: Expr, name: str, sink: Sink) -> LevelWeights | None:
    """Return what is compared of a numeric predictor: ``40 - 20``; None: a fault."""
    found: LevelWeights = {}
    signs = {"+": 1.0, "-": -1.0}
    operands: Sequence[Expr] = (node,)
    operators: Sequence[str] = ("+",)
    match node:
        case Chain(operators=more, operands=operands) if set(more) <= {"+", "-"}:
            operators = ("+", *more)
    for sign, operand in zip(operators, operands, strict=True):
        match operand:
            case Number(value=value):
                pass
            case Unary(operator="-", operand=Number(value=value)):
                value = -value
            case Paren(inner=Unary(operator="-", operand=Number(value=value))):
                value = -value
            case _:
                sink.add(
                    "invalid-contrast",
                    operand.span,
                    f"`{expression_text(operand)}` is no value of `{name}`",
                    f"two values of it are compared: `{name}: 40 - 20`",
                )
                return None
        label = spell_number(float(value))
        found[label] = found.get(label, 0.0) + signs[sign]
    if sum(found.values()) != 0.0 or not any(found.values()):
        sink.add(
            "unbalanced-weights",
            node.span,
            f"as many values of `{name}` are to be added as are subtracted",
            f"two values are compared: `{name}: 40 - 20`",
        )
        return None
    return {label: weight for label, weight in found.items() if weight}


def read_weights(
    node: Expr,
    factor: str,
    levels: Sequence[str],
    others: Mapping[str, Sequence[str]],
    sink: Sink,
) -> LevelWeights | None:
    """Return the weights of levels; None after a fault."""
    reader = _WeightReader(factor, levels, others, sink)
    found = reader.value(node)
    if found is None:
        return None
    if isinstance(found, float):
        sink.add(
            "invalid-contrast",
            node.span,
            f"`{expression_text(node)}` names no level of `{factor}`",
            _QUOTE_LEVELS,
        )
        return None
    largest = max(abs(weight) for weight in found.values())
    total = sum(found.values())
    if not np.isfinite(largest):
        sink.add("invalid-contrast", node.span, "a weight is too large")
        return None
    if largest == 0:
        message = f"all weights of `{expression_text(node)}` are 0"
        sink.add("invalid-contrast", node.span, message)
        return None
    if not isclose(total, 0.0, abs_tol=1e-9 * largest):
        sink.add(
            "unbalanced-weights",
            node.span,
            f"the weights of `{factor}` add up to {total:g}, not to 0",
            *_balance(found, factor, total),
        )
        return None
    return {level: weight for level, weight in found.items() if weight}


_RATIO = "a ratio is a `quantity` of the lines of `means m = ...`: `m[late] / m[early]`"
_QUOTE_LEVELS = 'levels that are numbers are written in quotes: `"2" - "1"`'


def _balance(weights: LevelWeights, factor: str, total: float) -> tuple[str, ...]:
    """Say how weights may be meant."""
    if len(weights) == 1:
        level = level_spelled(next(iter(weights)))
        return (f"a contrast compares levels: `{factor}: {level} - ...`",)
    if abs(total) < 0.05:
        return ("write fractions as such: `(a + b + c)/3 - d`",)
    return ("the mean of several levels is `(a + b)/2`",)


@dataclass(frozen=True, slots=True)
class _WeightReader:
    """Reads what is linear in levels: a plain number, or weights by level."""

    factor: str
    levels: Sequence[str]
    others: Mapping[str, Sequence[str]]
    sink: Sink

    def value(self, node: Expr) -> float | LevelWeights | None:
        match node:
            case Number():
                return node.value
            case Paren(inner=inner):
                return self.value(inner)
            case Name(text=text) | String(text=text):
                return self._level(text, node.span)
            case Index(target=target, refs=(ref,)) if target.text == self.factor:
                return self._level(ref_text(ref), ref.span)
            case Unary(operator="+" | "-" as sign, operand=operand):
                found = self.value(operand)
                return found if sign == "+" else _times(found, -1.0)
            case Chain(operators=operators, operands=operands) if set(operators) <= {
                "+",
                "-",
            }:
                return self._sum(node, ("+", *operators), operands)
            case Chain(operators=operators, operands=operands) if set(operators) <= {
                "*",
                "/",
            }:
                return self._product(node, operators, operands)
        self._invalid(node)
        return None

    def _level(self, text: str, span: Span) -> LevelWeights | None:
        if text in self.levels:
            return {text: 1.0}
        notes, fix = suggest_level(text, self.levels, span)
        others = [
            name
            for name, levels in self.others.items()
            if name != self.factor and text in levels
        ]
        if others and not nearest(text, self.levels):
            notes, fix = (f"it is a level of `{others[0]}`", *notes), None
        message = f"`{self.factor}` has no level `{text}`"
        self.sink.add("unknown-level", span, message, *notes, fix=fix)
        return None

    def _sum(
        self, node: Chain, signs: Sequence[str], operands: Sequence[Expr]
    ) -> float | LevelWeights | None:
        found = [self.value(operand) for operand in operands]
        if any(one is None for one in found):
            return None
        signed = [
            _times(one, 1.0 if sign == "+" else -1.0)
            for sign, one in zip(signs, found, strict=True)
        ]
        numbers = [one for one in signed if isinstance(one, float)]
        if len(numbers) == len(signed):
            return sum(numbers)
        if numbers:
            self._invalid(node)
            return None
        total: LevelWeights = {}
        for one in signed:
            assert isinstance(one, dict)
            for level, weight in one.items():
                total[level] = total.get(level, 0.0) + weight
        return total

    def _product(
        self, node: Chain, operators: Sequence[str], operands: Sequence[Expr]
    ) -> float | LevelWeights | None:
        found = [self.value(operand) for operand in operands]
        if any(one is None for one in found):
            return None
        result = found[0]
        for operator, one in zip(operators, found[1:], strict=True):
            if operator == "/":
                if not isinstance(one, float) or one == 0:
                    self._invalid(node)
                    return None
                result = _times(result, 1.0 / one)
            elif isinstance(one, float):
                result = _times(result, one)
            elif isinstance(result, float):
                result = _times(one, result)
            else:
                self._invalid(node)
                return None
        return result

    def _invalid(self, node: Expr) -> None:
        self.sink.add(
            "invalid-contrast",
            node.span,
            f"`{expression_text(node)}` is no sum of weighted levels",
            "it is made of levels and numbers: `late - (early + middle)/2`",
            *([_RATIO] if _is_ratio(node) else []),
            *([_QUOTE_LEVELS] if any(_is_number(n) for n in self.levels) else []),
        )


def _is_ratio(node: Expr) -> bool:
    return isinstance(node, Chain) and "/" in node.operators


def _is_number(level: str) -> bool:
    return numbers_of((level,)) is not None


def _times(
    value: float | LevelWeights | None, factor: float
) -> float | LevelWeights | None:
    if isinstance(value, dict):
        return {level: weight * factor for level, weight in value.items()}
    return None if value is None else value * factor
