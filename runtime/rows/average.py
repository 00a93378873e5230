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
  by quasi-random points.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .at_once import AtOnce
from .measures import Measure

__all__ = ["averaged", "at_zero", "over_levels", "predictor_covariance"]

Array = NDArray[Any]

#: Numbers that are computed at a time.
_AT_ONCE = 4_000_000
#: How far a rule reaches on either side, in sds; the mass beyond is 4e-8.
_REACH = 5.5
#: Relative difference that halving the step may make; the error left is its square.
_TOLERANCE = 1e-4
#: Steps that are tried, and how many draws they are tried on.
_STEPS, _TRIED = (1.0, 0.5, 0.25, 0.125, 0.0625), 24
#: Points that a product of rules may have, and how many quasi-random ones there are.
_MOST_POINTS, _RANDOM_POINTS = 20_000, 8_192

#: Where a measure that is a multiple of the inverse of a link has its average.
_EXACT: Mapping[str, Callable[[Array, Array], Array]] = {
    "identity": lambda m, v: m,
    "log": lambda m, v: m + 0.5 * v,
    "probit": lambda m, v: m / np.sqrt(1.0 + v),
}


@dataclass(frozen=True, slots=True, eq=False)
class _Nodes:
    """Standard normal points, one row a dimension, with weights that add up to 1."""

    points: Array
    weights: Array


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
    means = {one.name: at.fixed(one) for one in at.linear}
    covariances = predictor_covariance(at, strata or {})
    active = _active(measure, at, means, covariances)
    main = at.program.predictors[0].name
    if not active:
        return at_zero(measure, at)
    if active == [main] and measure.curve is not None and measure.curve in _EXACT:
        variance = covariances[main, main]
        means[main] = _EXACT[measure.curve](means[main], variance)
        return _in_blocks(
            measure, at, means, 1, lambda part, own: _single(measure, part, own)
        )
    factor = _cholesky(active, covariances, at)
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


def predictor_covariance(
    at: AtOnce, strata: Mapping[str, Array]
) -> dict[tuple[str, str], Array]:
    """Return the covariances of the linear predictors over new groups.

    By pairs of predictors, each pair once, in the order of the program: draws by
    rows; pairs that no group has are left out. Groups are independent of each other.
    """
    weights = {one.name: at.weights_of_effects(one) for one in at.linear}
    found: dict[tuple[str, str], Array] = {}
    for group in at.program.groups:
        covariance = at.covariance(group)
        users = [name for name, own in weights.items() if group.name in own]
        size = at.frame.lengths[group.coefs]
        for first, second in combinations_with_replacement(users, 2):
            left, right = weights[first][group.name], weights[second][group.name]
            if group.by is None:
                part = _quadratic(left, covariance, right)
            else:
                own = strata[group.name]
                part = np.empty((at.size, at.rows))
                for number in np.unique(own):
                    rows = own == number
                    places = slice(number * size, (number + 1) * size)
                    part[:, rows] = _quadratic(
                        left[:, rows], covariance[:, places, places], right[:, rows]
                    )
            found[first, second] = found.get((first, second), 0.0) + part
    return found


def _quadratic(left: Array, matrix: Array, right: Array) -> Array:
    """Return ``left' matrix right`` at each draw and row."""
    return np.asarray(((left @ matrix) * right).sum(axis=-1))


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
    found = []
    for name in vary:
        moved = _whole(measure, few, {**there, name: there[name] + 0.5}, 1)
        if not np.array_equal(moved, base, equal_nan=True):
            found.append(name)
    return found


def _spread_out(size: int, count: int) -> Array:
    return np.unique(np.linspace(0, size - 1, min(size, count)).astype(int))


def _cholesky(
    active: Sequence[str], covariances: Mapping[tuple[str, str], Array], at: AtOnce
) -> Array:
    """Return lower factors of the covariances: draws, rows, predictors twice."""
    size = len(active)
    whole = np.zeros((at.size, at.rows, size, size))
    for i, first in enumerate(active):
        for k, second in enumerate(active[: i + 1]):
            pair = (
                (second, first) if (second, first) in covariances else (first, second)
            )
            if pair in covariances:
                whole[..., i, k] = covariances[pair]
    for k in range(size):
        for i in range(k, size):
            rest = (whole[..., i, :k] * whole[..., k, :k]).sum(axis=-1)
            value = whole[..., i, k] - rest
            if i == k:
                # a predictor that follows from those before it has no spread left
                whole[..., k, k] = np.sqrt(np.maximum(value, 0.0))
            else:
                pivot = whole[..., k, k]
                safe = np.where(pivot > 0.0, pivot, 1.0)
                whole[..., i, k] = np.where(pivot > 0.0, value / safe, 0.0)
    return whole


# ---- rules ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Rule:
    """How far a rule reaches, and its step where the sd is ``largest``; 0: no step."""

    step: float
    reach: float
    largest: float

    def size(self, dimensions: int) -> int:
        """Return how many points it has at most."""
        if not self.step:
            return 2 * _RANDOM_POINTS
        return int((2 * math.ceil(self.reach / self.step) + 1) ** dimensions)

    def nodes(self, factor: Array) -> _Nodes:
        """Return the points for draws with these factors.

        A measure of ``m + s z`` is as smooth in ``s z`` whatever ``s``: a smaller one
        may have a larger step in ``z``, up to that of the normal density itself.
        """
        size = factor.shape[-1]
        if not self.step:
            return _quasi_random(size)
        largest = float(factor.max(initial=0.0))
        step = self.step
        if size == 1 and largest > 0.0:
            step = min(_STEPS[1], step * self.largest / largest)
        return _product(max(step, self.step), self.reach, size)


def _largest(factor: Array) -> Array:
    return np.asarray(factor.reshape(len(factor), -1).max(axis=1))


def _rule(
    measure: Measure,
    at: AtOnce,
    means: Mapping[str, Array],
    active: Sequence[str],
    factor: Array,
) -> _Rule:
    """Return the rule that is enough, tried at draws with small and large sds."""
    largest = _largest(factor)
    most = float(largest.max())
    reach = _REACH if measure.bounded else _REACH + most
    order = np.argsort(largest)
    places = np.unique(order[_spread_out(at.size, _TRIED)])
    few = at.chosen(places)
    own = {name: values[places] for name, values in means.items()}
    before: Array | None = None
    rule = _Rule(0.0, reach, most)
    for step in _STEPS:
        finer = _Rule(step, reach, most)
        if finer.size(len(active)) > _MOST_POINTS:
            return rule
        rule = finer
        nodes = _product(step, reach, len(active))
        found = _integrated(measure, few, own, active, factor[places], nodes)
        if before is not None:
            scale = np.abs(found).max()
            if np.abs(found - before).max() <= _TOLERANCE * scale:
                break
        before = found
    return rule


def _product(step: float, reach: float, size: int) -> _Nodes:
    """Return a product of trapezoidal rules on the standard normal density."""
    count = math.ceil(reach / step)
    line = step * np.arange(-count, count + 1)
    density = np.exp(-0.5 * line * line)
    density /= density.sum()
    grids = np.meshgrid(*[line] * size, indexing="ij")
    weights = np.ones(1)
    for _ in range(size):
        weights = np.outer(weights, density).ravel()
    points = np.stack([grid.ravel() for grid in grids])
    # corners that count for nothing
    kept = weights > 1e-12
    return _Nodes(points[:, kept], weights[kept] / weights[kept].sum())


def _quasi_random(size: int) -> _Nodes:
    """Return additive-recurrence points (Roberts 2018), and their mirror images."""
    root = 2.0
    for _ in range(60):
        root = (1.0 + root) ** (1.0 / (size + 1))
    steps = root ** -np.arange(1.0, size + 1)
    shares = (0.5 + steps[:, None] * np.arange(1, _RANDOM_POINTS + 1)) % 1.0
    quantile = NormalDist().inv_cdf
    points = np.array(
        [[quantile(min(max(x, 1e-12), 1 - 1e-12)) for x in row] for row in shares]
    )
    both = np.concatenate([points, -points], axis=1)
    return _Nodes(both, np.full(both.shape[1], 1.0 / both.shape[1]))


# ---- sums ----------------------------------------------------------------------------


def _integrated(
    measure: Measure,
    at: AtOnce,
    means: Mapping[str, Array],
    active: Sequence[str],
    factor: Array,
    nodes: _Nodes,
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
