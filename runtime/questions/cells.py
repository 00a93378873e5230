"""``means``, ``contrast`` and ``slope``: weighted cells, from the draws of a model.

Cells are rows of the program. A measure of each (its predictor, mean, probabilities)
is computed at all draws at once, with group effects of 0, averaged over new groups, or
over those of the data; lines are weighted sums of it. Slopes are central differences:
four points, whose error is of the fourth order (Abramowitz & Stegun 1964, 25.3.6).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from varying.compiler.bind.bound import known_columns
from varying.compiler.bind.items import item_columns
from varying.compiler.bind.question import SUCCESS
from varying.compiler.bind.questions.grid import (
    PredictorShift,
    grid_of,
    lines_of,
    rows_over,
    weights_of,
)
from varying.compiler.bind.questions.outcomes import names_of_outcomes
from varying.compiler.bind.questions.scales import LATENT_SCALE
from varying.compiler.data import weighted
from varying.compiler.data.levels import numbers_of
from varying.compiler.formula.columns import Numeric
from varying.compiler.formula.design import evaluate_columns
from varying.compiler.program.limits import unlimited
from varying.compiler.program.persons import of_all

from ..rows import measures
from ..rows.at_once import AtOnce
from ..rows.average import at_zero, averaged, over_levels
from ..rows.average_quantile import averaged_quantile
from .cell_rows import CellRows
from .observed import observed_in
from .wording import note_of

if TYPE_CHECKING:
    from varying.compiler.bind.question import CellQuestion
    from varying.compiler.bind.questions.grid import ReferenceGrid
    from varying.compiler.compiled import Compiled
    from varying.compiler.data.table import Floats, Table
    from varying.compiler.formula.columns import DesignColumn
    from varying.compiler.program.ir import Program

__all__ = ["AnswerLine", "cell_lines"]

Array = NDArray[Any]

#: Numbers that a measure of some cells may have at a time.
_AT_ONCE = 20_000_000
#: Steps of a slope, in standard deviations of the predictor, and their weights.
_STEP, _PLACES, _DIFFERENCES = 1e-3, (-2.0, -1.0, 1.0, 2.0), (1.0, -8.0, 8.0, -1.0)


@dataclass(frozen=True, slots=True, eq=False)
class AnswerLine:
    """One line of an answer.

    Attributes
    ----------
    coord
        Its labels.
    draws
        Chains by draws.
    note
        On what scale it is, and where the rest of the model is held.
    observed
        The same of the rows of the data, beside a mean of the model; None: not known.
    """

    coord: str
    draws: Array
    note: str
    observed: float | None = None


def cell_lines(
    question: CellQuestion, compiled: Compiled, posterior: Mapping[str, Array]
) -> list[AnswerLine]:
    """Return the lines of a question; on the scale ``prob`` one for each category too.

    Parameters
    ----------
    question
        What is asked.
    compiled
        The model, of one response.
    posterior
        Draws by name: chains, draws, and what else a quantity has.
    """
    # what is infinite or undefined at some draw is said of the line
    with np.errstate(all="ignore"):
        return _Asked(question, compiled).lines(posterior)


class _Asked:
    """A question to a model: its cells, its lines and their weights."""

    def __init__(self, question: CellQuestion, compiled: Compiled) -> None:
        self.question, self.compiled = question, compiled
        bound = compiled.bound
        self.linear = bound.main.body is None
        self.on_link = question.scale in ("link", "latent")
        self.plain = self.on_link and self.linear and question.groups != "fitted"
        has_groups = bool(bound.grouping_factors)
        self.grouped = question.groups != "zero" and not self.plain and has_groups
        self.columns = self._columns()
        self.grid = self._grid()
        self.named_lines = lines_of(question)
        self.weights = weights_of(question, self.grid, self.named_lines)

    # ---- cells -----------------------------------------------------------------------

    def _columns(self) -> list[DesignColumn]:
        """Return the columns that what is asked depends on."""
        bound = self.compiled.bound
        items = list(item_columns(bound.response))
        if self.plain and not self._latent_varies():
            return [*bound.population.known, *items]
        columns = [c for part in bound.predictors for c in part.population.known]
        columns += items
        columns += known_columns(bound.bodies)
        if self.grouped:
            columns += [
                c for p in bound.predictors for g in p.groupings for c in g.columns
            ]
        return columns

    def _latent_varies(self) -> bool:
        return (
            self.question.scale == "latent" and len(self.compiled.bound.predictors) > 1
        )

    def _by(self) -> dict[str, tuple[str, ...]]:
        """Return the factors whose levels have group effects of their own spread."""
        bound = self.compiled.bound
        groupings = [g for part in bound.predictors for g in part.groupings]
        found = {g.by.name: g.by.levels for g in groupings if g.by is not None}
        return found if self.grouped else {}

    def _grid(self) -> ReferenceGrid:
        question, prepared = self.question, self.compiled.prepared
        table, computed = prepared.table, prepared.computed
        named: dict[str, dict[str, None]] = {n: {x: None} for n, x in question.fixed}
        for line in lines_of(question):
            for name, levels in line.named:
                named.setdefault(name, {}).update(dict.fromkeys(levels))
        shift = None
        if question.variable:
            shift = _shift(question.variable, table)
        if question.over:
            own = {name: tuple(levels) for name, levels in named.items()}
            whole = question.groups == "fitted"
            return rows_over(
                self.columns,
                table,
                computed,
                own,
                shift,
                whole=whole,
                also=tuple(self._by()),
            )
        at = {n: tuple(v) for n, v in named.items() if n in question.numbers}
        return grid_of(self.columns, table, computed, {**at, **self._by()}, shift)

    # ---- lines -----------------------------------------------------------------------

    def lines(self, posterior: Mapping[str, Array]) -> list[AnswerLine]:
        """Return the lines with their draws."""
        question, weights = self.question, self.weights
        # a cell that counts for nothing may be beyond what the model can compute
        used = np.flatnonzero((weights != 0.0).any(axis=0))
        table, weights = self.grid.table.take(used), weights[:, used]
        program = of_all(unlimited(self.compiled.lowered))
        shape = next(iter(posterior.values())).shape[:2]
        moved = True
        if self.plain and question.scale == "link":
            population = self.compiled.bound.population
            # effects by threshold, and items, are no part of the predictor
            columns = population.effects if population.is_linear else self.columns
            design = weights @ evaluate_columns(tuple(columns), table)
            moved = _moves(design, columns)
            if population.is_linear:
                found = self._linear(design, weights, posterior)
                return self._labelled(found[..., None], moved)
        draws = {
            name: values.reshape(-1, *values.shape[2:])
            for name, values in posterior.items()
        }
        values = self._combined(program, table, weights, draws)
        whole = values.reshape(len(weights), *shape, -1)
        return self._labelled(whole, moved)

    def _linear(
        self, design: Floats, weights: Floats, posterior: Mapping[str, Array]
    ) -> Array:
        """Return lines by chains by draws, from the coefficients' weights in them."""
        bound = self.compiled.bound
        shape = next(iter(posterior.values())).shape[:2]
        # of an ordinal model without predictors nothing is added to it
        found: Any = np.zeros((len(weights), *shape))
        if design.shape[1]:
            found = np.moveaxis(posterior[f"{bound.prefix}b"] @ design.T, -1, 0)
        total = weights.sum(axis=1)
        if bound.population.intercept and np.abs(total).max() > 1e-9:
            intercept = posterior[f"{bound.prefix}Intercept"]
            found = found + np.multiply.outer(total, intercept)
        return np.asarray(found)

    def _combined(
        self,
        program: Program,
        table: Table,
        weights: Floats,
        draws: Mapping[str, Array],
    ) -> Array:
        """Return the weighted sums of a measure: lines by draws (by outcomes)."""
        size = len(next(iter(draws.values())))
        step = max(1, _AT_ONCE // size)
        log = self.question.scale == "odds"
        total: Any = 0.0
        merged = CellRows(self.compiled, table, self.question, self.grouped)
        weights = merged.weights(weights)
        for first in range(0, merged.count, step):
            places = np.arange(first, min(first + step, merged.count))
            values = self._measured(merged, places, program, draws)
            if log:
                values = np.clip(values, 0.0, 1.0)  # but for rounding it is a share
                values = np.log(values) - np.log1p(-values)
            total = total + np.tensordot(weights[:, places], values, axes=(1, 1))
        return np.asarray(np.exp(total) if log else total)

    def _measured(
        self,
        rows: CellRows,
        places: Array,
        program: Program,
        draws: Mapping[str, Array],
    ) -> Array:
        """Return a measure of some rows: draws by rows (by outcomes)."""
        at = AtOnce(program, rows.frame(places), draws)
        groups = self.question.groups
        if self.question.scale == "quantile" and self.grouped and groups == "average":
            share, numbers = self._quantile()
            return averaged_quantile(at, share, numbers, rows.strata(places))
        measure = self._measure(at)
        if not self.grouped:
            return at_zero(measure, at)
        if groups == "average":
            strata = rows.strata(places)
            return averaged(measure, at, strata)
        added, shares = rows.levels(places, at)
        return over_levels(measure, at, added, shares)

    def _measure(self, at: AtOnce) -> measures.Measure:
        question, bound = self.question, self.compiled.bound
        categories = bound.response.categories
        match question.scale:
            case "link":
                return measures.predictor(at)
            case "latent":
                return measures.latent(at, LATENT_SCALE[bound.link.name])
            case "response" if bound.family.response == "ordinal":
                return measures.expected_number(at, numbers_of(categories) or ())
            case "response":
                return measures.mean(at)
            case "quantile":
                return measures.quantile(at, *self._quantile())
        if question.outcomes == SUCCESS:  # of a trial: its mean
            return measures.mean(at)
        if question.outcomes is not None and question.outcomes.between is not None:
            return measures.between(at, *question.outcomes.between)
        events = self._events()
        if bound.family.answers is not None:
            return measures.answers(at, [answer for (answer,) in events])
        rest = question.outcomes is not None and question.outcomes.rest
        return measures.probabilities(at, events, rest=rest)

    def _events(self) -> list[list[int]]:
        """Return the ranks, counts or answers whose probabilities are asked for."""
        asked = self.question.outcomes
        if asked is not None:
            return [list(asked.values)]
        return [[k] for k in range(len(self._names()))]

    def _names(self) -> Sequence[str]:
        """Return the names of all outcomes, which ``scale=prob`` has a line of each."""
        bound = self.compiled.bound
        return names_of_outcomes(bound.family, bound.response.categories)

    def _quantile(self) -> tuple[float, Sequence[float]]:
        """Return which quantile is asked for, and the numbers of the categories."""
        outcomes = self.question.outcomes
        assert outcomes is not None and outcomes.share is not None
        categories = self.compiled.bound.response.categories
        return outcomes.share, numbers_of(categories) or ()

    # ---- labels ----------------------------------------------------------------------

    def _labelled(self, values: Array, moved: bool) -> list[AnswerLine]:
        """Return lines of values: lines by chains by draws by outcomes."""
        note = note_of(self.question, self.compiled, self.grid.numbers, moved)
        several = self.question.scale == "prob" and self.question.outcomes is None
        names = self._names() if several else ("",)
        found = []
        for i, line in enumerate(self.named_lines):
            for k, name in enumerate(names):
                label = ", ".join(filter(None, (line.label, name)))
                seen = observed_in(
                    self.question, self.compiled, line, k if several else None
                )
                found.append(AnswerLine(label, values[i][..., k], note, seen))
        return found


def _shift(name: str, table: Table) -> PredictorShift:
    """Return the steps of a slope: small against how far the predictor reaches."""
    column = table.columns[name]
    there = ~column.missing
    counts = None if table.counts is None else table.counts[there]
    spread = weighted.sd(column.values[there], counts)
    step = _STEP * (spread if spread > 0.0 else 1.0)
    return PredictorShift(
        name,
        tuple(step * place for place in _PLACES),
        tuple(weight / (12.0 * step) for weight in _DIFFERENCES),
    )


def _moves(rows: Floats, columns: Sequence[DesignColumn]) -> bool:
    """Whether the place of a numeric predictor has a part in a line."""
    return any(
        bool(rows[:, place].any())
        and any(isinstance(part, Numeric) for part in column.parts)
        for place, column in enumerate(columns)
    )
