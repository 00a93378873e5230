"""Answers that are told beside a response, ``rt | dec(answer)``: drawn, and how likely.

A row whose answer is not told has a response that is drawn together with one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from varying.compiler.families.family import ANSWERS
from varying.compiler.program.expressions import Symbol
from varying.compiler.program.recipes import RowValues
from varying.grammar.walk import column_names

if TYPE_CHECKING:
    from varying.compiler.program.ir import Likelihood, Program
    from varying.grammar.tree import Expr

    from .engine import RowBatch, Rows

__all__ = [
    "ANSWERS",
    "answer_columns",
    "answer_of",
    "draw_both",
    "is_untold",
    "mean_of_both",
    "shares",
    "untold",
]

Array = NDArray[Any]

_DEC = "dec"


def answer_of(program: Program, likelihood: Likelihood) -> Expr | None:
    """Return what says which answer each row is of; None: nothing does."""
    value = dict(likelihood.arguments).get(_DEC)
    if not isinstance(value, Symbol):
        return None
    recipes = (slot.recipe for slot in program.slots if slot.name == value.name)
    found = next(recipes, None)
    return found.variable.expression if isinstance(found, RowValues) else None


def answer_columns(program: Program, likelihood: Likelihood) -> frozenset[str]:
    """Return the columns that answers are read from."""
    expression = answer_of(program, likelihood)
    if expression is None:
        return frozenset()
    return frozenset(name.text for name in column_names(expression))


def untold(program: Program) -> Program:
    """Return a program that is told no answers: they are drawn."""
    return replace(
        program,
        likelihoods=tuple(
            replace(one, arguments=tuple((n, v) for n, v in one.arguments if n != _DEC))
            for one in program.likelihoods
        ),
    )


def is_untold(rows: Rows) -> bool:
    """Whether the answers of rows are drawn together with their responses."""
    named = dict(rows.program.likelihood.arguments)
    return rows.family.answers is not None and _DEC not in named


def _upper(block: RowBatch) -> tuple[dict[str, Array], Array]:
    """Return the parameters, and how likely the upper answer is."""
    family = block.rows.family
    assert family.answers is not None
    given = {n: v for n, v in block.arguments().items() if n != _DEC}
    return given, block.by(family.answers, given)


def draw_both(block: RowBatch, rng: np.random.Generator) -> Array:
    """Draw responses and answers: draws, rows, the two."""
    given, chance = _upper(block)
    answers = (rng.random(block.shape) < chance).astype(float)
    drawn = block.simulate({**given, _DEC: answers}, rng)
    return np.stack([drawn, answers], axis=-1)


def mean_of_both(block: RowBatch) -> Array:
    """Return the mean response, whichever answer it is of."""
    given, chance = _upper(block)
    mean = block.rows.family.mean
    each = [block.by(mean, {**given, _DEC: np.full((1, 1), dec)}) for dec in (0.0, 1.0)]
    return np.asarray((1.0 - chance) * each[0] + chance * each[1])


def shares(block: RowBatch) -> Array:
    """Return how likely each answer is: draws, rows, answers."""
    _, chance = _upper(block)
    return np.stack([1.0 - chance, chance], axis=-1)
