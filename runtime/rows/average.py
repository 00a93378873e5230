"""Averages over groups: what holds for all people, not for one whose effects are 0.

The predictors of a row are normal over new groups of the fitted population, with a
variance that follows from the standard deviations and correlations of the effects and
from what the row multiplies them by. A measure of the row (its mean, a probability) is
integrated over that distribution, draw by draw:

* under the identity link, at the mean of the predictor; under the log link at
  ``m + v/2``; under the probit link at ``m / sqrt(1 + v)``;
* else by the trapezoidal rule on the normal density, whose error falls
  exponentially with the number of points where the measure is analytic, faster than
  that of Gauss-Hermite rules where the variance is large (Trefethen & Weideman 2014,
  The exponentially convergent trapezoidal rule, SIAM Review 56, 385-458). The step is
  halved until a half makes no difference;
* over several predictors that vary together, by products of such rules, and over many
  by quasi-random points;
* where levels differ in their variance, as those with t effects do, over the variances
  as well (``spreads.py``): one predictor has a mixture of normal densities, several are
  integrated at each variance;
* where thresholds vary from person to person, over persons drawn at each draw
  (``persons.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from varying.compiler.program.persons import persons_of

from .at_once import AtOnce
from .covariances import Pairs, added, cholesky, covariances_of, scaled
from .measures import Measure
from .persons import NEW_PERSONS, new_persons
from .rules import REACH, STEPS, Nodes, QuadratureRule, product
from .spreads import VarianceMultiples, spread_of, together

__all__ = ["averaged", "at_zero", "over_levels"]

Array = NDArray[Any]

#: Numbers that are computed at a time.
_AT_ONCE = 4_000_000
#: Relative difference that halving the step may make; the error left is its square.
_TOLERANCE = 1e-4
#: How many draws steps are tried on.
_TRIED = 24
#: Points that a product of rules may have.
_MOST_POINTS = 20_000

#: Points on either side of the middle that are tried first where levels differ in their
#: variance, and how often they are made twice as many.
_FIRST, _HALVED = 16, 5

#: Where it is tried whether a measure grows faster than any power, and which one.
_NEAR, _POWER = 40.0, 12

#: Where a measure that is a multiple of the inverse of a link has its average.
_EXACT: Mapping[str, Callable[[Array, Array], Array]] = {
    "identity": lambda m, v: m,
    "log": lambda m, v: m + 0.5 * v,
    "probit": lambda m, v: m / np.sqrt(1.0 + v),
}


def at_zero(measure: Measure, at: AtOnce) -> Array:
    """Return a measure where all group effects are 0: draws by rows (by several)."""
    means = {one.name: at.fixed(one) for one in at.linear}
    return _in_blocks(
        measure, at, means, 1, lambda part, own: _single(measure, part, own)
    )


def averaged(
    measure: Measure, at: AtOnce, strata: Mapping[str, Array] | None = None
) -> Array:
    """Return a measure averaged over new groups: draws by rows (by several).

    Parameters
    ----------
    measure, at
        What is averaged, and the rows.
    strata
        Of groups whose levels are in strata (``gr(g, by=)``), the stratum of each row.
    """
    persons = persons_of(at.program, at.program.likelihood)
    if persons is not None:
        found: Any = 0.0
        for one in new_persons(at, persons):
            found = found + _averaged(measure, one, strata)
        return np.asarray(found / NEW_PERSONS)
    return _averaged(measure, at, strata)


def _averaged(
    measure: Measure, at: AtOnce, strata: Mapping[str, Array] | None
) -> Array:
    """Return the average of persons with the same thresholds."""
    means = {one.name: at.fixed(one) for one in at.linear}
    parts = covariances_of(at, strata or {})
    covariances = added(parts.values())
    active = _active(measure, at, means, covariances)
    main = at.program.predictors[0].name
    if not active:
        return at_zero(measure, at)
    spreads = _spreads(at, parts, active)
    exact = active == [main] and measure.curve is not None and measure.curve in _EXACT
    heavy = [
        name
        for name in active
        if any(
            group.mixture is not None and (name, name) in parts[group.name]
            for group in at.program.groups
        )
    ]
    if any(_grows(measure, at, means, name) for name in heavy):
        return np.full_like(at_zero(measure, at), np.inf)
    if not spreads or (exact and measure.curve == "identity"):
        return _normal(measure, at, means, covariances, active)
    if len(active) == 1 and not exact:
        return _mixed(measure, at, means, _components(parts, spreads, active[0]))
    found: Any = 0.0
    whole = together(list(spreads.values()))
    for node in range(whole.count):
        scales = _scales_at(spreads, node)
        own = added(scaled(parts, scales).values())
        weights = whole.weights[:, node]
        each = _normal(measure, at, means, own, active)
        found = found + each * weights.reshape(-1, *[1] * (each.ndim - 1))
    return np.asarray(found)


def _normal(
    measure: Measure,
    at: AtOnce,
    means: dict[str, Array],
    covariances: Mapping[tuple[str, str], Array],
    active: Sequence[str],
) -> Array:
    """Return a measure averaged over predictors that are normal."""
    main = at.program.predictors[0].name
    exact = list(active) == [main] and measure.curve in _EXACT
    if exact and measure.curve is not None:
        moved = {
            **means,
            main: _EXACT[measure.curve](means[main], covariances[main, main]),
        }
        return _in_blocks(
            measure, at, moved, 1, lambda part, own: _single(measure, part, own)
        )
    factor = cholesky(active, covariances, at)
    rule = _rule(measure, at, means, active, factor)
    size = rule.size(len(active))

    def one(part: AtOnce, own: Mapping[str, Array], places: Array) -> Array:
        nodes = rule.nodes(factor[places])
        return _integrated(measure, part, own, active, factor[places], nodes)

    # those with small sds together: they need fewer points
    order = np.argsort(_largest(factor))
    return _blocks(measure, at, means, size, one, order)


def over_levels(
    measure: Measure, at: AtOnce, added: Mapping[str, Array], shares: Array
) -> Array:
    """Return a measure averaged over levels of the fit: draws by rows (by several).

    Parameters
    ----------
    measure, at
        What is averaged, and the rows.
    added
        What the effects of each level add to each predictor: draws by rows by levels.
    shares
        What each level counts in each row: rows by levels, or 1 by levels.
    """
    means = {one.name: at.fixed(one) for one in at.linear}

    def one(part: AtOnce, own: Mapping[str, Array], places: Array) -> Array:
        predictors = {
            name: values[..., None] + added[name][places]
            if name in added
            else values[..., None]
            for name, values in own.items()
        }
        found = _whole(measure, part, predictors, shares.shape[1])
        weights = shares if found.ndim == 3 else shares[..., None]
        return np.asarray((found * weights).sum(axis=2))

    return _blocks(measure, at, means, shares.shape[1], one)


# ---- levels that differ in their variance --------------------------------------------


def _spreads(
    at: AtOnce, parts: Mapping[str, Pairs], active: Sequence[str]
) -> dict[str, VarianceMultiples]:
    """Return how levels differ, of groups whose levels do and that count."""
    found = {}
    for group in at.program.groups:
        used = any((name, name) in parts[group.name] for name in active)
        spread = spread_of(at, group) if used else None
        if spread is not None:
            found[group.name] = spread
    return found


def _scales_at(spreads: Mapping[str, VarianceMultiples], node: int) -> dict[str, Array]:
    """Return the multiple of each group at a node of all of them together."""
    places = np.unravel_index(node, [one.count for one in spreads.values()])
    return {
        name: one.scales[:, place]
        for (name, one), place in zip(spreads.items(), places, strict=True)
    }


@dataclass(frozen=True, slots=True, eq=False)
class _Components:
    """Normal densities around 0 of which one predictor has a mixture.

    Variances are draws by rows by components, weights draws (or 1) by components;
    ``usual`` is the standard deviation where all multiples are 1.
    """

    name: str
    usual: Array
    variances: Array
    weights: Array


def _components(
    parts: Mapping[str, Pairs], spreads: Mapping[str, VarianceMultiples], name: str
) -> _Components:
    whole = together(list(spreads.values()))
    variances = np.stack(
        [
            added(scaled(parts, _scales_at(spreads, node)).values())[name, name]
            for node in range(whole.count)
        ],
        axis=-1,
    )
    usual = np.sqrt(added(parts.values())[name, name])
    return _Components(name, usual, variances, whole.weights)


def _mixed(
    measure: Measure, at: AtOnce, means: Mapping[str, Array], mixture: _Components
) -> Array:
    """Return a measure averaged over one predictor with a mixture of densities.

    The trapezoidal rule in ``t``, where the predictor is its mean plus ``s sinh(t)``:
    points are dense in the middle, and reach the far ends with few.
    """
    size = len(mixture.weights) if len(mixture.weights) > 1 else at.size
    weights = np.broadcast_to(mixture.weights, (size, mixture.weights.shape[1]))
    # where a row has no spread any one does
    usual = np.where(mixture.usual > 0.0, mixture.usual, 1.0)
    ends = np.sqrt(mixture.variances.max(axis=-1)) / usual
    ends = np.arcsinh(REACH * ends.max(axis=1))
    order = np.argsort(ends)

    def sums(
        part: AtOnce, own: Mapping[str, Array], places: Array, count: int
    ) -> Array:
        line = np.linspace(-1.0, 1.0, 2 * count + 1)
        t = ends[places, None] * line
        moved = usual[places, :, None] * np.sinh(t)[:, None]
        density: Any = 0.0
        for k in range(weights.shape[1]):
            variance = np.maximum(mixture.variances[places, :, k, None], 1e-300)
            share = weights[places, k, None, None] / np.sqrt(variance)
            density = density + share * np.exp(-0.5 * moved * moved / variance)
        density = density * np.cosh(t)[:, None]
        middle = mixture.usual[places, :, None] == 0.0
        density = np.where(middle, line == 0.0, density)
        density = density / density.sum(axis=-1, keepdims=True)
        predictors = {name: values[..., None] for name, values in own.items()}
        predictors[mixture.name] = predictors[mixture.name] + moved * ~middle
        found = _whole(measure, part, predictors, len(line))
        if found.ndim > 3:
            return np.asarray((found * density[..., None]).sum(axis=2))
        return np.asarray((found * density).sum(axis=2))

    few = np.unique(order[_spread_out(at.size, _TRIED)])
    tried, own = at.chosen(few), {name: values[few] for name, values in means.items()}
    before, count = sums(tried, own, few, _FIRST), _FIRST
    for _ in range(_HALVED):
        count = 2 * count
        found = sums(tried, own, few, count)
        if np.abs(found - before).max() <= _TOLERANCE * np.abs(found).max():
            break
        before = found
    return _blocks(
        measure,
        at,
        means,
        2 * count + 1,
        lambda part, own, places: sums(part, own, places, count),
        order,
    )


# ---- which predictors count ----------------------------------------------------------


def _active(
    measure: Measure,
    at: AtOnce,
    means: Mapping[str, Array],
    covariances: Mapping[tuple[str, str], Array],
) -> list[str]:
    """Return the predictors that vary over groups and that the measure depends on."""
    vary = [a for a, b in covariances if a == b and (covariances[a, a] > 0.0).any()]
    places = _spread_out(at.size, 3)
    few = at.chosen(places)
    there = {name: values[places, :, None] for name, values in means.items()}
    base = _whole(measure, few, there, 1)
    if measure.bounded and np.isin(base, (0.0, 1.0)).any():
        return vary  # a small step from what is impossible shows nothing
    found = []
    for name in vary:
        moved = _whole(measure, few, {**there, name: there[name] + 0.5}, 1)
        if not np.array_equal(moved, base, equal_nan=True):
            found.append(name)
    return found


def _grows(measure: Measure, at: AtOnce, means: Mapping[str, Array], name: str) -> bool:
    """Whether a measure grows with a predictor faster than any power of it.

    Over levels with a t distribution it then has no mean.
    """
    if measure.bounded or measure.curve == "identity":
        return False
    few = at.chosen(_spread_out(at.size, 3))
    there = {n: v[_spread_out(at.size, 3), :, None] for n, v in means.items()}

    def moved(by: float) -> Array:
        return _whole(measure, few, {**there, name: there[name] + by}, 1)

    with np.errstate(all="ignore"):
        base = moved(0.0)
        for sign in (-1.0, 1.0):
            near = np.abs(moved(sign * _NEAR) - base)
            far = np.abs(moved(sign * 2.0 * _NEAR) - base)
            if (far > 2.0**_POWER * near + 1e-9 * np.abs(base)).any():
                return True
    return False


def _spread_out(size: int, count: int) -> Array:
    return np.unique(np.linspace(0, size - 1, min(size, count)).astype(int))


# ---- which rule is enough ------------------------------------------------------------


def _largest(factor: Array) -> Array:
    return np.asarray(factor.reshape(len(factor), -1).max(axis=1))


def _rule(
    measure: Measure,
    at: AtOnce,
    means: Mapping[str, Array],
    active: Sequence[str],
    factor: Array,
) -> QuadratureRule:
    """Return the rule that is enough, tried at draws with small and large sds."""
    largest = _largest(factor)
    most = float(largest.max())
    reach = REACH if measure.bounded else REACH + most
    order = np.argsort(largest)
    places = np.unique(order[_spread_out(at.size, _TRIED)])
    few = at.chosen(places)
    own = {name: values[places] for name, values in means.items()}
    before: Array | None = None
    rule = QuadratureRule(0.0, reach, most)
    for step in STEPS:
        finer = QuadratureRule(step, reach, most)
        if finer.size(len(active)) > _MOST_POINTS:
            return rule
        rule = finer
        nodes = product(step, reach, len(active))
        found = _integrated(measure, few, own, active, factor[places], nodes)
        if before is not None:
            scale = np.abs(found).max()
            if np.abs(found - before).max() <= _TOLERANCE * scale:
                break
        before = found
    return rule


# ---- sums ----------------------------------------------------------------------------


def _integrated(
    measure: Measure,
    at: AtOnce,
    means: Mapping[str, Array],
    active: Sequence[str],
    factor: Array,
    nodes: Nodes,
) -> Array:
    """Return the weighted sum of a measure over nodes."""
    predictors = {name: values[..., None] for name, values in means.items()}
    for i, name in enumerate(active):
        predictors[name] = (
            predictors[name] + factor[..., i, : i + 1] @ nodes.points[: i + 1]
        )
    found = _whole(measure, at, predictors, len(nodes.weights))
    return np.asarray(np.tensordot(found, nodes.weights, axes=(2, 0)))


def _single(measure: Measure, at: AtOnce, means: Mapping[str, Array]) -> Array:
    predictors = {name: values[..., None] for name, values in means.items()}
    return np.asarray(_whole(measure, at, predictors, 1)[:, :, 0])


def _whole(
    measure: Measure, at: AtOnce, predictors: Mapping[str, Array], nodes: int
) -> Array:
    """Return a measure at all draws, rows and nodes, whatever it depends on."""
    # far nodes are where shares are 0 or 1 but for rounding
    with np.errstate(all="ignore"):
        found = measure.value(at, predictors)
    shape = (at.size, at.rows, nodes)
    if found.ndim > 3:
        return np.broadcast_to(found, (*shape, found.shape[-1]))
    return np.broadcast_to(found, shape)


def _in_blocks(
    measure: Measure,
    at: AtOnce,
    means: Mapping[str, Array],
    nodes: int,
    function: Callable[[AtOnce, Mapping[str, Array]], Array],
) -> Array:
    return _blocks(measure, at, means, nodes, lambda part, own, _: function(part, own))


def _blocks(
    measure: Measure,
    at: AtOnce,
    means: Mapping[str, Array],
    nodes: int,
    function: Callable[[AtOnce, Mapping[str, Array], Array], Array],
    order: Array | None = None,
) -> Array:
    """Return what a function gives, of as many draws at a time as there is room for."""
    each = max(1, at.rows * nodes * max(measure.work, measure.several))
    step = max(1, _AT_ONCE // each)
    order = np.arange(at.size) if order is None else order
    result: Array | None = None
    for start in range(0, at.size, step):
        places = order[start : start + step]
        own = {name: values[places] for name, values in means.items()}
        found = function(at.chosen(places), own, places)
        if result is None:
            result = np.empty((at.size, *found.shape[1:]))
        result[places] = found
    assert result is not None
    return result
