"""What the data have beside a mean of the model: the same of their rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from varying.compiler.bind.response import outcome_values
from varying.compiler.data.codes import recode
from varying.compiler.data.levels import numbers_of
from varying.compiler.program.fill import array_of
from varying.compiler.program.recipes import Outcome, RowValues

if TYPE_CHECKING:
    from varying.compiler.bind.question import CellQuestion
    from varying.compiler.bind.questions.grid import QuestionLine
    from varying.compiler.compiled import Compiled
    from varying.compiler.data.table import Table

__all__ = ["observed_in"]


def observed_in(
    question: CellQuestion,
    compiled: Compiled,
    line: QuestionLine,
    category: int | None,
) -> float | None:
    """Return the mean, or share, of the rows that a line of ``means`` is about.

    None for other questions, on other scales than ``response`` and ``prob``, where a
    numeric predictor is held, where exposures differ, where rows are censored or
    truncated, and where there are none. Rows have their weights.

    Parameters
    ----------
    question, compiled, line
        What is asked of which model, and the line.
    category
        The rank of the category that the line is about, if it is about one.
    """
    bound = compiled.bound
    named = {name: own for name, own in line.weights.items()}
    named |= {name: {level: 1.0} for name, level in question.fixed}
    if question.verb != "means" or question.scale not in ("response", "prob"):
        return None
    if bound.response.limits:
        return None
    if bound.response.rate is not None or set(named) & set(question.numbers):
        return None
    table = compiled.prepared.table
    chosen = np.ones(table.rows, dtype=bool)
    for name, own in named.items():
        (level,) = own
        chosen &= recode(table.columns[name], (level,)) == 0
    counts = np.ones(table.rows) if table.counts is None else table.counts.astype(float)
    weight = bound.response.weight
    if weight is not None:  # as the fit has them: a row of weight 0 is none
        counts = counts * array_of(RowValues(weight), table)
        chosen &= counts > 0
    if not chosen.any():
        return None
    values = _response(compiled, table)
    if bound.response.parts:
        totals = (values * counts[:, None])[chosen].sum(axis=0)
        places = [category] if category is not None else []
        if question.outcomes is not None:
            places = list(question.outcomes.values)
        return float(totals[places].sum() / totals.sum())
    if bound.response.known:
        known = dict(bound.response.known)
        if "dec" in known:
            upper = array_of(RowValues(known["dec"]), table)
            return _of_answers(
                question, compiled, values, upper, category, chosen, counts
            )
        trials = known.get("trials")
        if trials is None:
            return None
        total = array_of(RowValues(trials), table)
        if question.outcomes is not None:
            if (total[chosen] != question.trials).any():
                return None
            event = _measured(question, compiled, values, category)
            return float(np.average(event[chosen], weights=counts[chosen]))
        return float((values * counts)[chosen].sum() / (total * counts)[chosen].sum())
    own = _measured(question, compiled, values, category)[chosen]
    if question.scale == "response":
        return bound.family.average(own, counts[chosen])
    return float(np.average(own, weights=counts[chosen]))


def _of_answers(
    question: CellQuestion,
    compiled: Compiled,
    times: Any,
    upper: Any,
    category: int | None,
    chosen: Any,
    counts: Any,
) -> float | None:
    """Return the share of an answer, or what is asked of the time of the upper one."""
    of_times = question.outcomes is not None and question.outcomes.between is not None
    if question.scale == "response" or of_times:
        chosen = chosen & (upper > 0.5)
        values = _measured(question, compiled, times, None)
    else:
        answer = category if question.outcomes is None else question.outcomes.values[0]
        values = (upper == answer).astype(float)
    if not chosen.any():
        return None
    return float(np.average(values[chosen], weights=counts[chosen]))


def _response(compiled: Compiled, table: Table) -> Any:
    slot = compiled.lowered.slot(compiled.lowered.likelihood.value)
    if isinstance(slot.recipe, Outcome):
        return outcome_values(slot.recipe.column, slot.recipe.categories, table)
    return array_of(slot.recipe, table)


def _measured(
    question: CellQuestion, compiled: Compiled, values: Any, category: int | None
) -> Any:
    if category is not None:
        return (values == category).astype(float)
    if question.outcomes is not None and question.outcomes.between is not None:
        low, high = question.outcomes.between
        return ((values > low) & (values <= high)).astype(float)
    if question.outcomes is not None and question.scale == "prob":
        there = np.isin(values, question.outcomes.values)
        return (~there if question.outcomes.rest else there).astype(float)
    if compiled.bound.family.response == "ordinal":
        numbers = np.asarray(numbers_of(compiled.bound.response.categories), float)
        return numbers[values.astype(int)]
    return values
