"""What the levels say of the effects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...program.blocks import GroupProduct, GroupUse
from ...program.ir import Frame, Program
from .population import normalised
from .rows import Rows, is_finite

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
class Estimate:
    """What is known of the effects of a group.

    Attributes
    ----------
    weights : (J, q)
        Of centering.
    unsure : (q,)
        Variance between levels over their number: of what levels tell of a mean.
    means : (J, q)
        The effects by these variances.
    design : (N, q)
        The numbers that the effects are multiplied by.
    information : (J, q, q)
        Fisher information of each level's rows.
    sizes : (q,)
        What these numbers were divided by, to be of the size of 1.
    """

    weights: Array
    unsure: Array
    means: Array
    design: Array
    information: Array
    sizes: Array


def estimate_again(
    uses: Sequence[GroupUse],
    found: Mapping[str, Estimate],
    rows: Rows,
    program: Program,
    frame: Frame,
) -> dict[str, Estimate]:
    """Estimate once more, where the effects are by the first estimate.

    A level whose responses are all alike knows less there than it seemed to: what it
    says is that its effect is large, and not how large.
    """
    assert rows.moved is not None
    shifts = {
        use.group: (
            found[use.group].design * found[use.group].means[frame[use.index]]
        ).sum(axis=1)
        for use in uses
    }
    there = rows.moved(sum(shifts.values(), start=np.zeros(len(rows.score))))
    if not is_finite(there):
        return dict(found)
    return {
        use.group: estimate(
            use,
            # the score at 0 of the parabola that there is at the effects
            replace(there, score=there.score + there.information * shifts[use.group]),
            program,
            frame,
        )
        for use in uses
    }


def estimate(use: GroupUse, rows: Rows, program: Program, frame: Frame) -> Estimate:
    """Estimate the variances between levels and the reliability of each effect."""
    group = program.group(use.group)
    levels, size = frame.lengths[group.levels], frame.lengths[group.coefs]
    index = frame[use.index]
    # of effects that other predictors use these rows say nothing
    design = np.zeros((len(index), size))
    design[:, list(use.positions)] = 1.0 if use.design is None else frame[use.design]
    for block in program.predictors[0].blocks:
        if isinstance(block, GroupProduct) and block.group == use.group:
            design[:, block.position] = block.column(frame)
    design, sizes = normalised(design)
    score = np.zeros((levels, size))
    information = np.zeros((levels, size, size))
    for i in range(size):
        score[:, i] = np.bincount(index, rows.score * design[:, i], minlength=levels)
        for j in range(i + 1):
            product = rows.information * design[:, i] * design[:, j]
            total = np.bincount(index, product, minlength=levels)
            information[:, i, j] = information[:, j, i] = total
    strata = group.strata(levels, size)
    parts = [_variances(score[own], information[own]) for own, _ in strata]
    weights, means, unsure = zip(*parts, strict=True)
    return Estimate(
        np.concatenate(weights),
        np.max(unsure, axis=0),
        np.concatenate(means),
        design,
        information,
        sizes,
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
