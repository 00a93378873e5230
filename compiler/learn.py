"""What a model learns from its rows before fitting: means, scales, moments.

Computed once, from the rows of the fit, and stored as numbers; prediction,
refits and the emitted program use the stored ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .bound import BoundModel, Part, offsets
from .columns import Coded, DesignColumn, Numeric
from .design import evaluate_columns
from .families.family import Moments
from .functions import evaluate
from .table import Floats, Table


@dataclass(frozen=True, slots=True)
class LearnedPart:
    """Numbers learned for one linear predictor.

    Attributes
    ----------
    means
        Mean of each population column.
    scales
        ``c`` of each population column, see ``column_scale``.
    group_scales
        ``c`` of each column of each grouping.
    """

    means: tuple[float, ...]
    scales: tuple[float, ...]
    group_scales: tuple[tuple[float, ...], ...]


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
    """

    moments: Moments
    parts: tuple[LearnedPart, ...]


def column_scale(column: DesignColumn, table: Table) -> float:
    """Return the change of a column that counts as one step, ``c``.

    A contrast column or a numeric one with two values: its range. Another
    numeric column: its standard deviation. An interaction: the product of its
    parts' scales, never the standard deviation of the product, which an
    uncentred moderator would inflate.
    """
    scale = 1.0
    for part in column.parts:
        match part:
            case Coded(weights=weights):
                step = max(weights) - min(weights)
            case Numeric():
                single = DesignColumn(part.label, part.label, (part,))
                step = _numeric_scale(evaluate_columns((single,), table)[:, 0])
        scale *= step if step > 0 else 1.0
    return scale


def _numeric_scale(values: Floats) -> float:
    distinct = np.unique(values)
    if len(distinct) == 2:
        return float(distinct[1] - distinct[0])
    return float(np.std(values, ddof=1)) if len(values) > 1 else 0.0


def learn(bound: BoundModel, table: Table, response: Floats) -> Learned:
    """Return the numbers that the default priors and the centring need."""
    moments = bound.family.moments(response)
    return Learned(
        Moments(moments.m - _known(bound, table), moments.s),
        tuple(_part(part, table) for part in bound.parts),
    )


def _known(bound: BoundModel, table: Table) -> float:
    """Return what the offsets take from the response's centre on the link scale.

    Their mean; where the link is a log, the log of the mean of what they multiply
    the response by. Events over exposure are then what the intercept is around;
    the mean log of exposures from 1 to 10^5 is a factor of 27 away from that.
    """
    found = [evaluate(o.expression, table) for o in offsets(bound)]
    if not found:
        return 0.0
    total = np.sum(np.broadcast_arrays(*found), axis=0)
    if bound.link.name != "log":
        return float(np.mean(total))
    largest = float(np.max(total))
    return largest + float(np.log(np.mean(np.exp(total - largest))))


def _part(part: Part, table: Table) -> LearnedPart:
    columns = part.population.columns
    means = evaluate_columns(columns, table).mean(axis=0)
    return LearnedPart(
        means=tuple(float(mean) for mean in means),
        scales=tuple(column_scale(column, table) for column in columns),
        group_scales=tuple(
            tuple(column_scale(column, table) for column in grouping.columns)
            for grouping in part.groupings
        ),
    )
