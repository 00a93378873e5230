"""What a model learns from its rows before fitting: means, scales, moments.

Computed once, from the rows of the fit, and stored as numbers; prediction,
refits and the emitted program use the stored ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..bind.bound import BoundModel, BoundPredictor, offsets
from ..bind.counting import counting_rows
from ..bind.spanning import spanning, spanning_columns
from ..data import weighted
from ..data.codes import recode
from ..data.table import Floats, Table
from ..expressions.evaluation import evaluate
from ..expressions.rounding import rounding
from ..families import FAMILIES
from ..families.combined.limits import limited_name
from ..families.family import Moments
from ..families.moments import moments_of
from ..formula.columns import Coded, DesignColumn, Numeric
from ..formula.design import evaluate_columns
from ..formula.smooths import typical_size
from ..formula.specials import mean_weights
from ..prepare.derive import Computation
from .increments import Increments, Variables, increments, variables_made
from .steps import code_step, numeric_step


@dataclass(frozen=True, slots=True, eq=False)
class LearnedPart:
    """Numbers learned for one linear predictor.

    Attributes
    ----------
    means
        Mean of each population column.
    specials
        Of each column that holds parameters: see ``special.mean_weights``.
    smooths
        Of each smooth, how far its curve is from straight at an sd of 1.
    population
        What each coefficient's column adds to those before it, and its step.
    groups
        The same by term of each grouping; terms are independent of each other.
    known
        What the offsets add to the predictor, on the link scale.
    """

    means: tuple[float, ...]
    population: Increments
    groups: tuple[tuple[Increments, ...], ...]
    known: float = 0.0
    specials: tuple[Floats, ...] = ()
    smooths: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Learned:
    """Numbers learned from the rows.

    Attributes
    ----------
    moments
        Centre and spread of the response on the link scale, the offsets taken
        from the centre.
    parts
        Of each linear predictor, in their order.
    own
        Centre and spread of the response as its family has them, whatever the link:
        parameters beside the predictor are measured in them.
    each
        Where there are several main predictors: the moments of each, by name.
    items
        Centre and spread of the response of each item, where they have thresholds of
        their own.
    by_threshold
        One step and the mean of each column of ``cs()``.
    """

    moments: Moments
    parts: tuple[LearnedPart, ...]
    own: Moments
    by_threshold: tuple[tuple[float, float], ...] = ()
    each: tuple[tuple[str, Moments], ...] = ()
    items: tuple[Moments, ...] = ()


def column_scale(column: DesignColumn, table: Table) -> float:
    """Return the change of a column that counts as one step, ``c``.

    The product of its parts' steps, never the standard deviation of the product,
    which an uncentred moderator would inflate. See ``steps``.
    """
    scale = 1.0
    for part in column.parts:
        match part:
            case Coded(weights=weights):
                scale *= code_step(weights)
            case Numeric(expression=expression):
                values, off = evaluate(expression, table), rounding(expression, table)
                scale *= numeric_step(values, table.counts, off) or 1.0
    return scale


def learn(
    bound: BoundModel, table: Table, response: Floats, made: Iterable[Computation] = ()
) -> Learned:
    """Return the numbers that the default priors and the centring need.

    Parameters
    ----------
    bound, table, response
        The model, the rows of the fit and their response.
    made
        How the computed columns of the table were made.
    """
    rows = counting_rows(bound.response.weight, table)
    # of a row of weight 0 its predictors are known, and nothing of its response
    seen = table if rows is None else table.take(rows)
    response = response if rows is None else response[rows]
    moments = response_moments(bound, seen, response)
    own = response_moments(bound, seen, response, bound.family.links[0])
    exposure = _exposure(bound, seen)
    offset = _known(offsets(bound), seen, bound.link.name == "log")
    # thresholds are compared with the predictor: they take its offsets up
    sign = 1.0 if bound.family.thresholds else -1.0
    variables = variables_made(made)
    return Learned(
        replace(moments, m=moments.m + sign * offset, exposure=exposure),
        tuple(_part(part, bound, table, variables) for part in bound.predictors),
        replace(own, exposure=exposure),
        tuple(
            (column_scale(column, table), _mean_of(column, table))
            for column in bound.main.population.by_threshold
        ),
        _of_each(bound, seen, moments),
        tuple(
            replace(one, m=one.m + offset) for one in _of_items(bound, seen, response)
        ),
    )


def _of_term(
    columns: Sequence[DesignColumn], table: Table, variables: Variables
) -> Increments:
    """Return what the columns of a group term add to each other.

    Of ``cs()`` those of each threshold are a formula of their own, and all alike.
    """
    own = [one for one in columns if one.threshold in (None, 0)]
    found = increments(
        own, table, variables, constant=False, spanning=spanning(own), levels=True
    )
    several = len(columns) // len(own)
    if several == 1:
        return found
    basis: Any = np.kron(found.basis, np.eye(several))
    scales = tuple(one for one in found.scales for _ in range(several))
    texts = (
        tuple(one for one in each for _ in range(several))
        for each in (found.at_means, found.shared, found.beside)
    )
    return Increments(basis, scales, *texts)


def _of_each(
    bound: BoundModel, table: Table, moments: Moments
) -> tuple[tuple[str, Moments], ...]:
    """Return the moments of each main predictor; of one: none."""
    found = []
    for part, own in zip(bound.mains, moments.each, strict=False):
        offset = _known(part.population.offsets, table, part.link.name == "log")
        found.append((part.dpar, replace(own, m=own.m - offset)))
    return tuple(found)


def _of_items(bound: BoundModel, table: Table, response: Floats) -> Iterator[Moments]:
    """Yield centre and spread of the response of each item, with its own categories."""
    items = bound.response.items
    if items is None or items.varied or not table.rows:
        return
    of = recode(table.columns[items.column], items.levels)
    for place, cuts in enumerate(items.cuts):
        rows = of == place
        count = None if table.counts is None else table.counts[rows]
        categories = cuts + 1 + bound.family.apart
        own = response[rows]
        if not len(own):  # of weight 0, all of them: each category is as likely
            own, count = np.arange(float(categories)), None
        yield bound.family.moments(own, count, categories=categories)


def _mean_of(column: DesignColumn, table: Table) -> float:
    values = evaluate_columns((column,), table)
    return float(weighted.means(values, table.counts)[0])


def response_moments(
    bound: BoundModel, table: Table, response: Floats, link: str | None = None
) -> Moments:
    """Return the centre and spread of a response on the scale of a link, or its own."""
    known: dict[str, Any] = {
        name: evaluate(variable.expression, table)
        for name, variable in bound.response.known
    }
    family, limits = bound.family, bound.response.limits
    if limits:
        known |= {name: evaluate(one.expression, table) for name, one in limits}
        if not family.events:
            family = FAMILIES[limited_name(family.name, [name for name, _ in limits])]
    if family.thresholds:
        known["categories"] = len(bound.response.categories)
    return moments_of(family, link or bound.link.name, response, table.counts, **known)


def _exposure(bound: BoundModel, table: Table) -> float:
    """Return a typical exposure: a model must not depend on the unit of time."""
    rate = bound.response.rate
    if rate is None:
        return 1.0
    logs = np.log(evaluate(rate.expression, table))
    return float(np.exp(weighted.mean(logs, table.counts)))


def _known(
    variables: Sequence[Numeric], table: Table, logged: bool, power: float = 1.0
) -> float:
    """Return what offsets add to a predictor, all rows together.

    Their mean; where the link is a log, the log of the mean of what they multiply
    the parameter by (of a power mean: of sds, whose squares add up). Events over
    exposure are then what the intercept is around; the mean log of exposures from 1 to
    10^5 is a factor of 27 away from that.
    """
    found = [evaluate(variable.expression, table) for variable in variables]
    if not found:
        return 0.0
    total = np.sum(np.broadcast_arrays(*found), axis=0)
    if not logged or power == 0.0:
        return weighted.mean(total, table.counts)
    total = power * total
    largest = float(np.max(total))
    rest = float(np.log(weighted.mean(np.exp(total - largest), table.counts)))
    return (largest + rest) / power


def _part(
    part: BoundPredictor, bound: BoundModel, table: Table, variables: Variables
) -> LearnedPart:
    columns = part.population.columns
    means = weighted.means(evaluate_columns(columns, table), table.counts)
    known = 0.0
    if not part.main and not part.inner:
        dpar = next(d for d in bound.family.dpars if d.name == part.dpar)
        logged = part.link.name == "log"
        known = _known(part.population.offsets, table, logged, dpar.pooled)
    return LearnedPart(
        means=tuple(float(mean) for mean in means),
        population=increments(
            part.population.effects,
            table,
            variables,
            constant=part.population.centered,
            spanning=spanning_columns(part),
        ),
        groups=tuple(
            tuple(_of_term(term.columns, table, variables) for term in grouping.terms)
            for grouping in part.groupings
        ),
        known=known,
        specials=tuple(
            mean_weights(column, table) for column in part.population.specials
        ),
        smooths=tuple(typical_size(one, table) for one in part.population.smooths),
    )
