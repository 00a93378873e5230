"""Standard deviations of groups: how far apart levels are, each by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from varying.compiler.program.blocks import GroupUse

from .working import Centre, Working

if TYPE_CHECKING:
    from varying.compiler.program.ir import Predictor

__all__ = ["EffectSpread", "spreads"]

Array = NDArray[Any]
#: Probability beyond the lower end of what the sd of effects can be.
_BEYOND = 0.001


@dataclass(frozen=True, slots=True)
class EffectSpread:
    """How far apart the levels of a group are in one effect.

    Attributes
    ----------
    sd, at
        Name of the vector of the group's sds, and the place in it.
    label
        Of the effect.
    estimate, least
        The sd by moments, and the lower end of what it can be.
    """

    sd: str
    at: int
    label: str
    estimate: float
    least: float


def spreads(
    centre: Centre, predictor: Predictor, working: Working
) -> tuple[EffectSpread, ...]:
    """Return the spreads of all effects of a predictor.

    Effects of each level are estimated by weighted least squares from its rows alone,
    the rest of the predictor at the posterior's mean; their spread by moments
    (DerSimonian & Laird 1986), after their own errors.
    """
    found: list[EffectSpread] = []
    for use in predictor.group_uses:
        found += _of_group(centre, working, use)
    return tuple(found)


def _of_group(centre: Centre, working: Working, use: GroupUse) -> list[EffectSpread]:
    program, frame = centre.program, centre.frame
    group = program.group(use.group)
    index = np.asarray(frame[use.index])
    levels, size = frame.lengths[group.levels], len(use.positions)
    if group.moved is not None and not use.stated:
        return []
    if not group.plain:
        return []  # moments are those of normal effects
    design = np.ones((len(index), 1)) if use.design is None else frame[use.design]
    now = np.asarray(centre.effects(use))[:, list(use.positions)]
    weights = working.weights
    right = working.slopes + weights * (design * now[index]).sum(axis=1)
    information = np.empty((levels, size, size))
    target = np.empty((levels, size))
    for i in range(size):
        target[:, i] = np.bincount(index, design[:, i] * right, levels)
        for j in range(i + 1):
            products = design[:, i] * design[:, j] * weights
            sums = np.bincount(index, products, levels)
            information[:, i, j] = information[:, j, i] = sums
    scale = np.sqrt(np.maximum(np.einsum("lii->li", information), 0.0))
    there = (scale > 0.0).all(axis=1)
    scale = np.where(scale > 0.0, scale, 1.0)
    unit = information / (scale[:, :, None] * scale[:, None, :])
    unit[~there] = np.eye(size)
    there &= np.linalg.eigvalsh(unit)[:, 0] > 1e-9
    if there.sum() < 3:
        return []
    inverse = np.linalg.inv(unit[there])
    own = np.einsum("lij,lj->li", inverse, target[there] / scale[there]) / scale[there]
    errors = np.einsum("lii->li", inverse) / scale[there] ** 2
    labels = program.axis(group.sds).labels or ("",) * frame.lengths[group.sds]
    known, found = np.flatnonzero(there), []
    for stratum, places in group.strata(levels, frame.lengths[group.coefs]):
        among = (known >= stratum.start) & (known < stratum.stop)
        if among.sum() < 3:
            continue
        for at, position in enumerate(use.positions):
            place = places.start + position
            moments = _moments(own[among, at], errors[among, at])
            found.append(EffectSpread(group.sd, place, labels[place], *moments))
    return found


def _moments(effects: Array, variances: Array) -> tuple[float, float]:
    """Return the sd of true effects by moments, and its lower end.

    ``Q``, the weighted sum of squares around the mean, is about ``1 + c s^2 / (L - 1)``
    times a chi-squared number with ``L - 1`` degrees of freedom.
    """
    from scipy.special import chdtri

    precision = 1.0 / variances
    total = precision.sum()
    freedom = len(effects) - 1
    mean = float(precision @ effects / total)
    misfit = float(precision @ (effects - mean) ** 2)
    c = float(total - (precision**2).sum() / total)
    if not (c > 0.0 and np.isfinite(misfit)):
        return 0.0, 0.0
    least = freedom * (misfit / float(chdtri(freedom, _BEYOND)) - 1.0) / c
    estimate = (misfit - freedom) / c
    return float(np.sqrt(max(estimate, 0.0))), float(np.sqrt(max(least, 0.0)))
