"""What the levels say of the effects."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...program.ir import Frame, Group
from .population import normalised
from .rows import Null, RowInformation, is_finite, together

Array = NDArray[Any]

#: Steps of expectation and maximisation; the sds need to be known to some tenths.
_ROUNDS = 30
#: Standard errors of the log of an sd that its lower end is away.
_CAUTION = 3.0
#: Mean weight from which on effects are turned to be independent.
_WELL_KNOWN = 0.9
#: Effects, and their sds, are taken as no larger, in standard errors of a typical one;
#: sds as no smaller than its inverse.
_FAR = 1e6


@dataclass(frozen=True, slots=True, eq=False)
class LevelEffects:
    """Effects of one grouping factor in the rows of all responses.

    They are of one group, or of several with the same levels: parameters of a formula
    that is not linear are known together or not at all.

    Attributes
    ----------
    groups, places
        The groups, and which of the effects are those of each.
    strata
        Which levels share sds.
    index : (N,)
        The level of each row.
    design : (N, q)
        The numbers that the effects are multiplied by; 0 in rows of a response that
        they are not in. Of the size of 1.
    sizes : (q,)
        What these numbers were divided by.
    owners
        The predictor that each effect is in; empty where that is none of these.
    levels
        How many there are.
    """

    groups: tuple[Group, ...]
    places: tuple[slice, ...]
    strata: tuple[tuple[slice, slice], ...]
    index: Array
    design: Array
    sizes: Array
    owners: tuple[str, ...]
    levels: int


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """What is known of the effects of a grouping factor.

    Attributes
    ----------
    weights : (J, q)
        Of centering.
    unsure : (q,)
        Variance between levels over their number: of what levels tell of a mean.
    means : (J, q)
        The effects by these variances.
    information : (J, q, q)
        Fisher information of each level's rows.
    """

    weights: Array
    unsure: Array
    means: Array
    information: Array


def effects_of(
    groups: Sequence[Group], nulls: Sequence[Null], frame: Frame
) -> LevelEffects:
    """Return where the effects of some groups with the same levels are.

    Of effects that other predictors use the rows say nothing.
    """
    sizes = [frame.lengths[group.coefs] for group in groups]
    ends = np.cumsum([0, *sizes]).tolist()
    places = tuple(slice(*ends) for ends in itertools.pairwise(ends))
    first = {g.name: place.start for g, place in zip(groups, places, strict=True)}
    owners = [""] * ends[-1]
    indices: list[Array] = []
    designs: list[Array] = []
    for null in nulls:
        rows = len(null.rows.score)
        index, design = np.zeros(rows, dtype=np.int64), np.zeros((rows, ends[-1]))
        for predictor, slope in null.predictors:
            for block in predictor.group_blocks:
                if block.group not in first or block.members is not None:
                    continue
                index = frame[block.index]
                own = [first[block.group] + place for place in block.places]
                design[:, own] = block.multipliers(frame)
                for place in own:
                    owners[place] = predictor.name
                if slope is not None:
                    design[:, own] *= slope[:, None]
        indices.append(index)
        designs.append(design)
    design, size = normalised(np.concatenate(designs))
    levels = frame.lengths[groups[0].levels]
    return LevelEffects(
        tuple(groups),
        places,
        groups[0].strata(levels, ends[-1]),
        np.concatenate(indices),
        design,
        size,
        tuple(owners),
        levels,
    )


def refitted(
    effects: Sequence[LevelEffects], found: Sequence[Estimate], nulls: Sequence[Null]
) -> list[Null]:
    """Return the responses with residual sds without what the effects explain."""
    shifts = _by_response(_shifts(effects, found), nulls)
    done: list[Null] = []
    for null, shift in zip(nulls, shifts, strict=True):
        if null.refitted is not None:
            names = {predictor.name for predictor, _ in null.predictors}
            used = 0.0
            for one, estimate in zip(effects, found, strict=True):
                own = [owner in names for owner in one.owners]
                used += float(estimate.weights[:, own].sum())
            null = null.refitted(shift, used)
        done.append(null)
    return done


def _shifts(effects: Sequence[LevelEffects], found: Sequence[Estimate]) -> list[Array]:
    """Return what the effects of each factor add to the predictors, (N,)."""
    return [
        (one.design * estimate.means[one.index]).sum(axis=1)
        for one, estimate in zip(effects, found, strict=True)
    ]


def _by_response(shifts: Sequence[Array], nulls: Sequence[Null]) -> list[Array]:
    """Return the sum of shifts in the rows of each response."""
    whole = sum(shifts, start=np.zeros(len(shifts[0])))
    ends = np.cumsum([len(null.rows.score) for null in nulls])[:-1]
    return np.split(whole, ends)


def estimate_again(
    effects: Sequence[LevelEffects],
    found: Sequence[Estimate],
    nulls: Sequence[Null],
) -> list[Estimate]:
    """Estimate once more, where the effects are by the first estimate.

    A level whose responses are all alike knows less there than it seemed to: what it
    says is that its effect is large, and not how large.
    """
    shifts = _shifts(effects, found)
    parts = _by_response(shifts, nulls)
    there = together(
        [null.moved(part) for null, part in zip(nulls, parts, strict=True)]
    )
    if not is_finite(there):
        return list(found)
    return [
        # the score at 0 of the parabola that there is at the effects
        estimate(one, replace(there, score=there.score + there.information * shift))
        for one, shift in zip(effects, shifts, strict=True)
    ]


def estimate(effects: LevelEffects, rows: RowInformation) -> Estimate:
    """Estimate the variances between levels and the reliability of each effect."""
    index, design, levels = effects.index, effects.design, effects.levels
    size = design.shape[1]
    score = np.zeros((levels, size))
    information = np.zeros((levels, size, size))
    for i in range(size):
        score[:, i] = np.bincount(index, rows.score * design[:, i], minlength=levels)
        for j in range(i + 1):
            product = rows.information * design[:, i] * design[:, j]
            total = np.bincount(index, product, minlength=levels)
            information[:, i, j] = information[:, j, i] = total
    parts = [_variances(score[own], information[own]) for own, _ in effects.strata]
    weights, means, unsure = zip(*parts, strict=True)
    return Estimate(
        np.concatenate(weights),
        np.max(unsure, axis=0),
        np.concatenate(means),
        information,
    )


def _variances(score: Array, information: Array) -> tuple[Array, Array, Array]:
    """Return weights, effects and what levels leave unsure, of one stratum.

    Parameters
    ----------
    score, information
        Of each level, (J, q) and (J, q, q).
    """
    levels, size = score.shape
    # in units in which a typical level has information 1, or none
    typical = np.einsum("jii->ji", information).mean(axis=0)
    unit = np.where(typical > 0.0, 1.0 / np.sqrt(np.maximum(typical, 1e-300)), 0.0)
    scaled = information * unit[:, None] * unit
    most = _FAR * np.einsum("jii->ji", scaled)
    score = np.clip(score * unit, -most, most)
    variance = np.ones(size)
    identity = np.eye(size)
    for _ in range(_ROUNDS):
        # posterior variance and mean of each level's effects, given the variances
        shrunk = np.linalg.solve(identity + variance[:, None] * scaled, identity)
        spread = shrunk * variance
        mean = np.einsum("jik,jk->ji", spread, score)
        away = mean - mean.mean(axis=0)
        own = np.einsum("jii->ji", spread)
        variance = np.clip((away**2 + own).mean(axis=0), _FAR**-2, _FAR**2)
    reliability = 1.0 - np.einsum("jii->ji", shrunk)
    # Fisher information of the levels on the log of each sd
    known = 2.0 * (reliability**2).sum(axis=0)
    lower = variance * np.exp(-2.0 * _CAUTION / np.sqrt(np.maximum(known, 1e-12)))
    shrunk = np.linalg.solve(identity + lower[:, None] * scaled, identity)
    weights = np.clip(1.0 - np.einsum("jii->ji", shrunk), 0.0, 1.0)
    return weights, mean * unit, variance * unit**2 / levels


def basis_of(
    information: Array, weights: Array, step: Array
) -> tuple[tuple[float, ...], ...]:
    """Return the basis in which effects known well are nearly independent.

    With ``A = R' R`` their mean information, ``R x`` is: up to scale, which the
    sampler finds, this is ``x`` in the basis of the columns of ``R^-1``. Effects that
    are mostly standard normals stay as they are. ``step`` is what one of each is in
    the units of A.
    """
    known = np.flatnonzero(weights.mean(axis=0) >= _WELL_KNOWN)
    if len(known) < 2:
        return ()
    mean = information.mean(axis=0)[np.ix_(known, known)]
    try:
        root = np.linalg.cholesky(mean).T
    except np.linalg.LinAlgError:
        return ()
    basis = np.eye(weights.shape[1])
    basis[np.ix_(known, known)] = np.linalg.inv(root) * np.diag(root)
    basis *= step / step[:, None]
    return tuple(tuple(float(x) for x in row) for row in basis)
