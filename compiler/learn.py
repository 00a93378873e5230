"""What a model learns from its rows before fitting: means, scales, moments.

Computed once, from the rows of the fit, and stored as numbers; prediction,
refits and the emitted program use the stored ones.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from . import weighted
from .bound import BoundModel, Part, offsets
from .columns import Coded, DesignColumn, Numeric
from .design import evaluate_columns
from .evaluation import evaluate
from .families.family import Moments
from .rounding import rounding
from .spread import two_values
from .table import Floats, Table
from .weighted import Counts


@dataclass(frozen=True, slots=True)
class Moderated:
    """An effect at the means of its moderators: its own, and ``by`` times another.

    Attributes
    ----------
    effect, interaction
        Places of the two columns in the population.
    by
        Product of the moderators' means.
    moderators
        Their labels.
    """

    effect: int
    interaction: int
    by: float
    moderators: tuple[str, ...]


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
    moderated
        Which population effects depend on moderators that are far from 0, see
        ``moderated_effects``.
    """

    means: tuple[float, ...]
    scales: tuple[float, ...]
    group_scales: tuple[tuple[float, ...], ...]
    moderated: tuple[Moderated, ...] = ()


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
                values = evaluate_columns((single,), table)[:, 0]
                off = rounding(part.expression, table)
                step = _numeric_scale(values, table.counts, off)
        scale *= step if step > 0 else 1.0
    return scale


def _numeric_scale(values: Floats, counts: Counts, off: float | None) -> float:
    apart = two_values(values, off)
    return weighted.sd(values, counts, off) if apart is None else apart


def learn(bound: BoundModel, table: Table, response: Floats) -> Learned:
    """Return the numbers that the default priors and the centring need."""
    moments = bound.family.moments(response, table.counts)
    return Learned(
        Moments(moments.m - _known(bound, table), moments.s, _exposure(bound, table)),
        tuple(_part(part, table) for part in bound.parts),
    )


def _exposure(bound: BoundModel, table: Table) -> float:
    """Return a typical exposure: a model must not depend on the unit of time."""
    rate = bound.response.rate
    if rate is None:
        return 1.0
    logs = np.log(evaluate(rate.expression, table))
    return float(np.exp(weighted.mean(logs, table.counts)))


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
        return weighted.mean(total, table.counts)
    largest = float(np.max(total))
    return largest + float(np.log(weighted.mean(np.exp(total - largest), table.counts)))


def moderated_effects(
    columns: Sequence[DesignColumn], table: Table
) -> tuple[Moderated, ...]:
    """Return the effects that are about 0 of a numeric moderator far from 0.

    ``b[a]`` beside ``b[a:age]`` is the effect of ``a`` at birth: it says nothing of
    the people at hand, and may be huge. At the moderator's mean the effect is
    ``b[a] + mean(age) * b[a:age]``. Far: the mean is more than one step, ``c``, from
    0.
    """
    places = {frozenset(column.parts): i for i, column in enumerate(columns)}
    far: dict[Numeric, float | None] = {}
    found: list[Moderated] = []
    for interaction, column in enumerate(columns):
        numeric = [part for part in column.parts if isinstance(part, Numeric)]
        if len(column.parts) < 2 or not numeric:
            continue
        for part in numeric:
            if part not in far:
                single = DesignColumn(part.label, part.label, (part,))
                values = evaluate_columns((single,), table)[:, 0]
                mean = weighted.mean(values, table.counts)
                far[part] = mean if abs(mean) > column_scale(single, table) else None
        distant = [part for part in numeric if far[part] is not None]
        for count in range(1, len(distant) + 1):
            for chosen in combinations(distant, count):
                rest = frozenset(column.parts) - frozenset(chosen)
                if rest and rest in places:
                    by = math.prod(far[part] or 0.0 for part in chosen)
                    labels = tuple(part.label for part in chosen)
                    found.append(Moderated(places[rest], interaction, by, labels))
    return tuple(found)


def _part(part: Part, table: Table) -> LearnedPart:
    columns = part.population.columns
    means = weighted.means(evaluate_columns(columns, table), table.counts)
    return LearnedPart(
        means=tuple(float(mean) for mean in means),
        scales=tuple(column_scale(column, table) for column in columns),
        moderated=moderated_effects(columns, table),
        group_scales=tuple(
            tuple(column_scale(column, table) for column in grouping.columns)
            for grouping in part.groupings
        ),
    )
