"""What is left to be estimated, and residual scales that the rows cannot tell.

These look at a whole model: a prior may fix what a formula leaves open.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from varying.grammar.diagnostics import Sink
from varying.grammar.tree import Expr

from ..data.codes import group_index
from ..data.spread import dependencies, is_constant, rounding_of
from ..data.table import Floats, Ints, Table
from ..expressions.evaluation import evaluate
from ..formula.column_rounding import column_rounding
from ..formula.columns import DesignColumn
from ..formula.design import evaluate_columns
from .bound import BoundModel, BoundPredictor, Grouping
from .counting import counting

#: Of more effects products are not looked at: there are their square of them.
_MOST_EFFECTS = 30

ResidualScale = Literal["none", "known", "constant", "varying"]


# ---- parameters ----------------------------------------------------------------------


def fixed_at(bound: BoundModel, *targets: str) -> float | None:
    """Return the number at which a prior fixes a parameter; None if none does.

    ``targets`` are its names, for an intercept has two.
    """
    priors = dict(bound.priors)
    for target in targets:
        prior = priors.get(target)
        if prior is not None and prior.distribution == "constant":
            return dict(prior.arguments)["value"]
    return None


def free_parameters(bound: BoundModel) -> Iterator[str]:
    """Yield what is estimated: parameters that no prior fixes, and group effects."""
    modelled = {part.dpar for part in bound.predictors[1:]}
    for part in bound.predictors:
        yield from _free(bound, part)
    for dpar in bound.family.dpars:
        known = dpar.fixed is not None or dpar.name in modelled
        target = f"{bound.target}{dpar.within or dpar.name}"
        if not known and fixed_at(bound, target) is None:
            yield target


def _free(bound: BoundModel, part: BoundPredictor) -> Iterator[str]:
    ordinal = part.main and bound.family.thresholds
    location = f"{part.target}{'threshold' if ordinal else 'Intercept'}"
    there = ordinal or part.population.intercept
    if there and fixed_at(bound, location, f"{location}[mean]") is None:
        yield location
    for column in part.population.effects:
        target = f"{part.target}b[{column.name}]"
        if fixed_at(bound, target) is None:
            yield target
    for smooth in part.population.smooths:
        target = f"{part.target}sds[{smooth.name}]"
        if fixed_at(bound, target) != 0:
            yield target
    for grouping in part.groupings:
        for column in grouping.columns:
            for target in sd_targets(part, grouping, column):
                if fixed_at(bound, target) != 0:
                    yield target


def sd_targets(
    part: BoundPredictor, grouping: Grouping, column: DesignColumn
) -> tuple[str, ...]:
    """Return how priors name the sds of an effect: one, or one in each stratum."""
    name = f"{grouping.name}, {column.name}"
    if grouping.by is None:
        return (f"{part.target}sd[{name}]",)
    return tuple(f"{part.target}sd[{name}:{one}]" for one in grouping.by.labels)


def check_estimated(
    members: Sequence[BoundModel], coupled: bool, terms: Expr, sink: Sink
) -> None:
    """Report a model in which every number is given, those of all responses."""
    free = (next(free_parameters(bound), None) for bound in members)
    if coupled or any(found is not None for found in free):
        return
    bound = members[0]
    notes = ["a prior that is a number fixes its parameter: `prior b = 0.5`"]
    fixed = [target for target, prior in bound.priors if _is_fixed(prior.distribution)]
    if fixed:
        shown = ", ".join(f"`{target}`" for target in fixed[:4])
        notes = [f"fixed by priors: {shown}{', ...' if len(fixed) > 4 else ''}"]
    elif not bound.priors:
        notes = ["the formula has neither an intercept nor a predictor"]
    sink.add(
        "nothing-to-estimate",
        terms.span,
        "every parameter is fixed: there is nothing to estimate",
        *notes,
    )


def _is_fixed(distribution: str) -> bool:
    return distribution == "constant"


# ---- rows of levels ------------------------------------------------------------------


def rows_of_levels(grouping: Grouping, table: Table) -> Floats:
    """Return how many rows of the data each level has."""
    index = group_index(grouping.factors, grouping.levels, table)
    return np.bincount(
        index, weights=table.counts, minlength=len(grouping.levels)
    ).astype(np.float64)


@dataclass(frozen=True, slots=True)
class DesignValues:
    """Columns of a design over some rows, and how far off by rounding each may be."""

    matrix: Floats
    roundings: tuple[float, ...]

    @classmethod
    def of(cls, columns: Sequence[DesignColumn], table: Table) -> DesignValues:
        """Return the columns of a design over the rows of a table."""
        found = tuple(column_rounding(column, table) for column in columns)
        return cls(evaluate_columns(columns, table), found)

    def span(self, others: DesignValues) -> list[bool]:
        """Say which of some others are combinations of these, each by itself."""
        count = self.matrix.shape[1]
        return [
            count
            in dependencies(
                np.column_stack([self.matrix, vector]), (*self.roundings, rounding)
            )
            for vector, rounding in zip(others.matrix.T, others.roundings, strict=True)
        ]

    def span_all(self, others: DesignValues) -> bool:
        """Whether all of some others are combinations of these."""
        found = dependencies(
            np.column_stack([self.matrix, others.matrix]),
            (*self.roundings, *others.roundings),
        )
        first = self.matrix.shape[1]
        return all(place in found for place in range(first, first + len(others)))

    def take(self, rows: Ints) -> DesignValues:
        """Return them over some of the rows."""
        return DesignValues(self.matrix[rows], self.roundings)

    def __len__(self) -> int:
        return int(self.matrix.shape[1])


# ---- residual scales -----------------------------------------------------------------


def residual_scale(bound: BoundModel, table: Table) -> ResidualScale:
    """Say what is known of the residual sd of the rows.

    Returns
    -------
    ResidualScale
        ``none``: the family has none; ``known``: nothing of it is estimated;
        ``constant``: it is estimated, and the same in all rows; ``varying``: it is
        estimated, and its ratio differs between rows.
    """
    if not any(dpar.name == "sigma" for dpar in bound.family.dpars):
        return "none"
    part = next((one for one in bound.predictors[1:] if one.dpar == "sigma"), None)
    if part is None:
        free = fixed_at(bound, f"{bound.target}sigma") is None
        return "constant" if free else "known"
    if next(_free(bound, part), None) is None:
        return "known"
    numbers = [evaluate(o.expression, table) for o in part.population.offsets]
    matrix = evaluate_columns(part.population.columns, table)
    varies = not all(is_constant(values) for values in (*numbers, *matrix.T))
    varies = varies or bool(part.groupings or part.population.smooths)
    return "varying" if varies else "constant"


def told_by_columns(
    bound: BoundModel, part: BoundPredictor, grouping: Grouping, table: Table
) -> bool:
    """Whether effects of single rows have another variance than constant residuals.

    The variance of a row is the sum over pairs of columns of their product times a
    (co)variance. If such products add up to 1 in every row, a residual variance is
    one of them. Of very many effects it is taken for granted.
    """
    products: list[Floats] = []
    for term in grouping.terms:
        free = [
            column
            for column in term.columns
            if any(
                fixed_at(bound, target) is None
                for target in sd_targets(part, grouping, column)
            )
        ]
        if len(free) > _MOST_EFFECTS:
            return False
        matrix = evaluate_columns(free, table)
        for at in range(len(free)):
            first = 0 if term.correlated else at
            products += [matrix[:, at] * matrix[:, k] for k in range(first, at + 1)]
    if not products:
        return True
    known = DesignValues(np.column_stack(products), tuple(map(rounding_of, products)))
    return not known.span_all(DesignValues(np.ones((table.rows, 1)), (0.0,)))


def check_residuals(bound: BoundModel, table: Table, sink: Sink) -> None:
    """Report groups of single rows whose effects are what the residuals are."""
    if residual_scale(bound, table) != "constant":
        return
    part, weight = bound.main, bound.response.weight
    table = counting(weight, table)
    for grouping in part.partitions:
        levels = len(grouping.levels)
        if weight is not None:
            index = group_index(grouping.factors, grouping.levels, table)
            levels = len(np.unique(index))
        if levels != table.total or not levels:
            continue
        if told_by_columns(bound, part, grouping, table):
            continue
        sink.add(
            "group-per-row",
            grouping.span,
            f"the grouping factor `{grouping.name}` has a level for every row",
            f"its effects cannot be told from the residuals of {bound.family.shown}",
            "where the errors are known, say so: `sigma ~ 0 + offset(log(se))`, or "
            "`prior sigma = 1`",
        )
