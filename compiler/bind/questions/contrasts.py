"""Binding ``contrast``: differences of cells, by the names of levels.

A cell is a combination of the levels of all factors of the main predictor; what a
contrast does not name is averaged over with equal weights. ``grid.py`` makes the cells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import isclose, prod

import numpy as np

from varying.grammar.diagnostics import Sink, did_you_mean, nearest
from varying.grammar.printer import expression_text, name_text
from varying.grammar.source import Span
from varying.grammar.tree import (
    Chain,
    ContrastStatement,
    Expr,
    Index,
    Name,
    Number,
    Option,
    Paren,
    Spec,
    String,
    Unary,
)
from varying.grammar.walk import unwrap

from ...data.codes import recode
from ...data.levels import level_spelled, numbers_of, suggest_level
from ...families.family import Family
from ...prepare.rows import Prepared
from ..priors.targets import ref_text
from ..question import SCALES, CellContrast, Scale

#: Cells that a grid may have, lines that a contrast may have, and both together.
MOST_CELLS, MOST_LINES, MOST_WEIGHTS = 100_000, 1_000, 5_000_000

Weights = dict[str, float]


@dataclass(frozen=True, slots=True)
class Cells:
    """The factors of a model, and what is known beside them.

    Attributes
    ----------
    factors
        Of the main predictor's population part, with their levels.
    every
        Those of the other formulas too.
    grouped
        Factors that only group effects have.
    guessed
        Names that a fault may have kept out of the formula; None: any.
    family, categories
        Of the response; None where they are not known.
    """

    factors: Mapping[str, tuple[str, ...]]
    every: Mapping[str, tuple[str, ...]]
    grouped: frozenset[str]
    guessed: frozenset[str] | None
    family: Family | None
    categories: tuple[str, ...] | None

    def forgives(self, name: str) -> bool:
        """Whether a fault may be why the model has no such factor."""
        return self.guessed is None or name in self.guessed


def bind_contrasts(
    spec: Spec, cells: Cells, prepared: Prepared, sink: Sink
) -> tuple[CellContrast, ...]:
    """Return the contrasts that a model has.

    Parameters
    ----------
    spec
        The whole spec: the statements are at its margin.
    cells
        The factors of the model.
    prepared
        The rows used: a cell that none of them has is warned of.
    sink
        Takes the faults, of factors that the model does not have too.
    """
    found: list[CellContrast] = []
    for statement in spec.statements:
        if isinstance(statement, ContrastStatement):
            contrast = _contrast(statement, cells, prepared, sink)
            if contrast is not None:
                found.append(contrast)
    return tuple(found)


def contrast_text(statement: ContrastStatement) -> str:
    """Return a contrast as written, without its name."""
    parts = [
        f"{name_text(part.factor.text)}: {expression_text(part.weights)}"
        for part in statement.parts
    ]
    by = "" if statement.by is None else f" | {expression_text(statement.by)}"
    options = [
        f", {option.name.text}={expression_text(option.value)}"
        for option in statement.options
    ]
    return ", ".join(parts) + by + "".join(options)


def _contrast(
    statement: ContrastStatement, cells: Cells, prepared: Prepared, sink: Sink
) -> CellContrast | None:
    scale = _scale(statement.options, cells, sink)
    parts: dict[str, Weights] = {}
    whole = scale is not None
    for part in statement.parts:
        levels = _levels(part.factor, cells, sink)
        if part.factor.text in parts:
            _twice(part.factor, sink)
            whole = False
            continue
        if levels is None:
            whole = False
            continue
        weights = _read_weights(part.weights, part.factor.text, levels, cells, sink)
        if weights is None:
            whole = False
            continue
        parts[part.factor.text] = weights
    by = _by(statement.by, [p.factor.text for p in statement.parts], cells, sink)
    if by is None or not whole or scale is None:
        return None
    listed = tuple(cells.factors[name] for name in by)
    lines = prod(len(levels) for levels in listed)
    factors = cells.factors if scale == "link" else cells.every
    size = prod(len(levels) for levels in factors.values())
    if size > MOST_CELLS or lines > MOST_LINES or size * lines > MOST_WEIGHTS:
        sink.add(
            "invalid-contrast",
            statement.span,
            f"the contrast has {lines:,} lines over {size:,} cells: that is too many",
            "cells are all combinations of the levels of the factors in the formula",
        )
        return None
    text = contrast_text(statement)
    contrast = CellContrast(
        text if statement.name is None else statement.name.text,
        text,
        tuple((name, tuple(weights.items())) for name, weights in parts.items()),
        by,
        listed,
        scale,
        span=statement.span,
    )
    _warn_empty(contrast, prepared, sink)
    return contrast


# ---- factors and levels --------------------------------------------------------------


def _levels(name: Name, cells: Cells, sink: Sink) -> tuple[str, ...] | None:
    """Return the levels of a factor; None where the model does not have it."""
    found = cells.factors.get(name.text)
    if found is not None or cells.forgives(name.text):
        return found
    notes, fix = did_you_mean(
        name.text, tuple(cells.factors), name.span, "its factors", name_text
    )
    if name.text in cells.grouped:
        notes = (
            "it is among the group effects only, and a contrast is of the population",
        )
        fix = None
    elif not cells.factors:
        notes = ("it has no factors",)
    sink.add(
        "factor-not-in-model",
        name.span,
        f"the model has no factor `{name.text}`",
        *notes,
        fix=fix,
    )
    return None


def _twice(name: Name, sink: Sink) -> None:
    sink.add("invalid-contrast", name.span, f"`{name.text}` stands twice")


def _by(
    node: Expr | None, named: Sequence[str], cells: Cells, sink: Sink
) -> tuple[str, ...] | None:
    """Return the factors of ``| a`` or ``| a:b``; None after a fault."""
    if node is None:
        return ()
    inner = unwrap(node)
    operands: Sequence[Expr] = (inner,)
    if isinstance(inner, Chain) and set(inner.operators) <= {":", "*"}:
        operands = inner.operands
    names: list[str] = []
    for operand in operands:
        name = unwrap(operand)
        if not isinstance(name, Name):
            sink.add(
                "invalid-contrast",
                operand.span,
                f"`{expression_text(operand)}` is no factor",
                "`| by` takes a factor, or several: `| a:b`",
            )
            return None
        if name.text in (*named, *names):
            _twice(name, sink)
            return None
        if _levels(name, cells, sink) is None:
            return None
        names.append(name.text)
    return tuple(names)


# ---- weights -------------------------------------------------------------------------


def _read_weights(
    node: Expr, factor: str, levels: Sequence[str], cells: Cells, sink: Sink
) -> Weights | None:
    """Return the weights of levels; None after a fault."""
    reader = _WeightReader(factor, levels, cells, sink)
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


_QUOTE_LEVELS = 'levels that are numbers are written in quotes: `"2" - "1"`'


def _balance(weights: Weights, factor: str, total: float) -> tuple[str, ...]:
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
    cells: Cells
    sink: Sink

    def value(self, node: Expr) -> float | Weights | None:
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

    def _level(self, text: str, span: Span) -> Weights | None:
        if text in self.levels:
            return {text: 1.0}
        notes, fix = suggest_level(text, self.levels, span)
        others = [
            name
            for name, levels in self.cells.factors.items()
            if name != self.factor and text in levels
        ]
        if others and not nearest(text, self.levels):
            notes, fix = (f"it is a level of `{others[0]}`", *notes), None
        message = f"`{self.factor}` has no level `{text}`"
        self.sink.add("unknown-level", span, message, *notes, fix=fix)
        return None

    def _sum(
        self, node: Chain, signs: Sequence[str], operands: Sequence[Expr]
    ) -> float | Weights | None:
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
        total: Weights = {}
        for one in signed:
            assert isinstance(one, dict)
            for level, weight in one.items():
                total[level] = total.get(level, 0.0) + weight
        return total

    def _product(
        self, node: Chain, operators: Sequence[str], operands: Sequence[Expr]
    ) -> float | Weights | None:
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
            *([_QUOTE_LEVELS] if any(_is_number(n) for n in self.levels) else []),
        )


def _is_number(level: str) -> bool:
    return numbers_of((level,)) is not None


def _times(value: float | Weights | None, factor: float) -> float | Weights | None:
    if isinstance(value, dict):
        return {level: weight * factor for level, weight in value.items()}
    return None if value is None else value * factor


# ---- scale ---------------------------------------------------------------------------


def _scale(options: Sequence[Option], cells: Cells, sink: Sink) -> Scale | None:
    """Return the scale that is asked for; None after a fault."""
    chosen: Scale | None = "link"
    seen = False
    for option in options:
        name = option.name
        if name.text == "response":
            continue  # which of several responses: see `several.py`
        if name.text != "scale":
            known = ("scale", "response")
            notes, fix = did_you_mean(name.text, known, name.span, "it has")
            message = f"a contrast has no option `{name.text}`"
            sink.add("unknown-option", name.span, message, *notes, fix=fix)
            chosen = None
            continue
        if seen:
            sink.add("duplicate-option", option.span, "`scale` is given twice")
        seen = True
        value = unwrap(option.value)
        text = value.text if isinstance(value, Name | String) else ""
        found = next((scale for scale in SCALES if scale == text), None)
        if found is None:
            notes, fix = did_you_mean(text, SCALES, option.value.span, "`scale` takes")
            message = f"`scale` cannot be `{expression_text(option.value)}`"
            sink.add("invalid-argument", option.value.span, message, *notes, fix=fix)
        elif not _has_scale(found, option, cells, sink):
            found = None
        chosen = found if chosen is not None else None
    return chosen


def _has_scale(scale: Scale, option: Option, cells: Cells, sink: Sink) -> bool:
    family, categories = cells.family, cells.categories
    if family is None:
        return True
    if scale == "prob" and family.response not in ("ordinal", "binary"):
        sink.add(
            "no-such-scale",
            option.span,
            f"{family.name} has no probabilities of categories",
            "`scale=response` is the mean of the response",
        )
        return False
    numbered = categories is None or numbers_of(categories) is not None
    if scale == "response" and family.response == "ordinal" and not numbered:
        sink.add(
            "no-such-scale",
            option.span,
            "categories that are no numbers have no mean",
            "`scale=prob` compares the probability of each category",
        )
        return False
    return True


# ---- cells without rows --------------------------------------------------------------


def _warn_empty(contrast: CellContrast, prepared: Prepared, sink: Sink) -> None:
    """Warn of a cell that is compared and that no row has."""
    table = prepared.table
    lists = {name: [level for level, _ in parts] for name, parts in contrast.parts}
    lists |= {
        name: list(levels)
        for name, levels in zip(contrast.by, contrast.levels, strict=True)
    }
    if not prepared.certain or len(lists) < 2 or not set(lists) <= set(table.columns):
        return
    codes = np.column_stack(
        [recode(table.columns[name], levels) for name, levels in lists.items()]
    )
    present = {tuple(row) for row in np.unique(codes, axis=0).tolist()}
    for places in product(*(range(len(levels)) for levels in lists.values())):
        if places in present:
            continue
        cell = ", ".join(
            f"{name}={levels[place]}"
            for (name, levels), place in zip(lists.items(), places, strict=True)
        )
        sink.add(
            "empty-cell",
            contrast.span,
            f"no row has the combination {cell} that the contrast compares",
            "its value is an extrapolation of the model",
        )
        return
