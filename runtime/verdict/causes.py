"""Causes of trouble that can be found in the draws, each with what to do.

Only what was found is named: a chain that ended elsewhere, components of a mixture
that are elsewhere in some chains, parameters that move together, groups that take each
other's part, divergences near an sd of 0, columns on very different scales.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from varying.compiler.program.blocks import GroupUse, Linear

from ..draws.chains import ess_mean
from .components import apart

if TYPE_CHECKING:
    from xarray import Dataset

    from varying.compiler.program.ir import Frame, Program

__all__ = ["Evidence", "causes"]

Array = NDArray[Any]

#: A chain is elsewhere if its mean log density is lower by more than so many sds of
#: one that is not, and by more than this.
_LOWER_SDS, _LOWER = 4.0, 5.0
#: Correlation of the draws from which on two parameters are said to move together.
_TOGETHER = 0.95
#: The same for two effects of groups, and how many of the levels must be so.
_EXCHANGED, _SHARE = 0.9, 0.5
#: Divergent draws are near 0 if their sds are in the lowest part on average.
_NEAR_ZERO, _LEAST_DIVERGENT = 0.2, 5
#: An sd goes down to 0 if its lowest draws are below this part of its median, and
#: slowly with fewer effective draws.
_LOW, _SLOW = 0.35, 100.0
#: Ratio of the spreads of columns that is called very different.
_RATIO = 1e4
#: Draws and numbers that are looked at, at most.
_DRAWS, _NUMBERS = 1000, 300


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What causes are looked for in.

    Attributes
    ----------
    posterior, stats
        The draws, and the sampler's statistics.
    program, frame
        The model as sampled.
    name
        Returns how an element of a parameter is called in a spec, given the parameter
        and the label; None: not at all.
    sds
        Names of the groups' sds among the draws.
    centered
        Those of effects that the compiler chose to sample as they are.
    """

    posterior: Dataset
    stats: Dataset
    program: Program
    frame: Frame
    name: Callable[[str, str], str | None]
    sds: Sequence[str]
    centered: Sequence[str] = ()


def causes(found: Evidence) -> tuple[str, ...]:
    """Return the causes that are found, in words."""
    return (
        *_elsewhere(found.stats),
        *apart(found.program, found.posterior),
        *_near_zero(found),
        *_slow_near_zero(found),
        *_together(found),
        *_exchanged(found),
        *_scales(found),
    )


def _elsewhere(stats: Dataset) -> Iterator[str]:
    if "lp" not in stats or stats["lp"].sizes["chain"] < 2:
        return
    density = stats["lp"].transpose("chain", "draw").values
    if not np.isfinite(density).all():
        return
    means = density.mean(axis=1)
    best = int(means.argmax())
    spread = max(float(density[best].std()), 1e-300)
    lower = means[best] - means
    for chain in np.flatnonzero(lower > max(_LOWER, _LOWER_SDS * spread)):
        yield (
            f"Chain {chain + 1} ended in another place: its log density is lower by "
            f"{lower[chain]:.3g} on average. It did not find its way from where it "
            "started, or there are several modes. Run again with another seed; if "
            "one chain stays behind, narrow the priors."
        )


def _near_zero(found: Evidence) -> Iterator[str]:
    if "diverging" not in found.stats:
        return
    diverging = found.stats["diverging"].transpose("chain", "draw").values.ravel()
    if diverging.sum() < _LEAST_DIVERGENT:
        return
    for name, label, draws in _elements(found.posterior, found.sds):
        flat = draws.ravel()
        ranks = flat.argsort().argsort() / max(flat.size - 1, 1)
        if ranks[diverging].mean() < _NEAR_ZERO:
            yield (
                f"The draws that diverged are where {_label(name, label)} is near 0: "
                "the data do not tell these effects from 0. Smaller steps help; if "
                "some divergences stay, give this sd a prior of its own, or leave the "
                "effects out."
            )
    for parameter in found.program.parameters:
        positive = parameter.bounds == (0.0, math.inf) and not parameter.axes
        called = found.name(parameter.name, "") if positive else None
        if called is None or parameter.name not in found.posterior:
            continue
        flat = found.posterior[parameter.name].transpose("chain", "draw").values.ravel()
        ranks = flat.argsort().argsort() / max(flat.size - 1, 1)
        if ranks[diverging].mean() < _NEAR_ZERO:
            yield (
                f"The draws that diverged are where {called} is near 0: chains get "
                "there slowly, and its interval may end too early. Smaller steps and "
                "more draws help; so does a prior that is low at 0, such as "
                f"`prior {called} ~ gamma(2, {2.0 / flat.mean():.2g})`, if 0 makes no "
                "sense."
            )


def _slow_near_zero(found: Evidence) -> Iterator[str]:
    """Yield sds near 0 of effects that are sampled as if the data told them."""
    for name, label, draws in _elements(found.posterior, found.centered):
        low, middle = np.quantile(draws, [0.05, 0.5])
        if low < _LOW * middle and ess_mean(draws[None])[0] < _SLOW:
            yield (
                f"{_label(name, label)} goes down to 0, slowly: the data tell less of "
                "these effects than was expected. Write `parameterization=noncentered` "
                "behind the formula, by which other numbers are sampled and no result "
                "changes; or leave the effects out."
            )


def _together(found: Evidence) -> Iterator[str]:
    several = [
        (label, draws)
        for name, element, draws in _elements(found.posterior, _free(found.program))
        if (label := found.name(name, element)) is not None
    ]
    if not 2 <= len(several) <= _NUMBERS:
        return
    matrix = _correlations(np.stack([draws for _, draws in several], axis=-1))
    pairs = [
        (abs(matrix[i, k]), several[i][0], several[k][0], matrix[i, k])
        for i in range(len(several))
        for k in range(i)
        if abs(matrix[i, k]) > _TOGETHER
    ]
    for _, one, other, correlation in sorted(pairs, reverse=True)[:3]:
        what = "sum" if correlation < 0.0 else "difference"
        yield (
            f"{other} and {one} move together (correlation {correlation:.3f}): the "
            f"data tell a weighted {what} of them, and little of each. Leave one out, "
            "or write a narrower prior for one."
        )


def _exchanged(found: Evidence) -> Iterator[str]:
    program = found.program
    for predictor in program.predictors:
        uses = predictor.group_uses
        for place, one in enumerate(uses):
            for other in uses[:place]:
                left, right = (_intercepts(found, use) for use in (other, one))
                if left is None or right is None:
                    continue
                size = left.shape[-1]
                both = _correlations(np.concatenate([left, right], axis=-1))
                across = np.abs(both[:size, size:])
                if (across.max(axis=1) > _EXCHANGED).mean() > _SHARE:
                    yield (
                        f"The effects of {other.group} and {one.group} move together: "
                        "the data hardly tell one group from the other. Leave one out."
                    )


def _scales(found: Evidence) -> Iterator[str]:
    program, frame = found.program, found.frame
    for predictor in program.predictors:
        for block in predictor.blocks:
            if not isinstance(block, Linear):
                continue
            spread = np.std(frame[block.design], axis=0)
            labels = program.axis(program.slot(block.design).axes[1]).labels or ()
            there = [(s, n) for s, n in zip(spread, labels, strict=False) if s > 0.0]
            if len(there) < 2:
                continue
            (least, small), (most, large) = min(there), max(there)
            if most > _RATIO * least:
                yield (
                    f"The columns {small} and {large} are on very different scales "
                    f"(sds {least:.2g} and {most:.2g}): write them as "
                    "`scale(...)`, or in other units."
                )


# ---- draws ---------------------------------------------------------------------------


def _free(program: Program) -> list[str]:
    return [one.name for one in program.parameters if one.chart == "bounds"]


def _elements(
    posterior: Dataset, names: Sequence[str]
) -> Iterator[tuple[str, str, Array]]:
    """Yield name, label and draws of scalars and elements of vectors."""
    for name in names:
        if name not in posterior:
            continue
        values = posterior[name].transpose("chain", "draw", ...)
        if values.ndim == 2:
            yield name, "", values.values
        elif values.ndim == 3:
            labels: Any = values.coords.get(values.dims[2])
            for at in range(values.shape[2]):
                label = str(at) if labels is None else str(labels.values[at])
                yield name, label, values.values[..., at]


def _label(name: str, label: str) -> str:
    return f"{name}[{label}]" if label else name


def _intercepts(found: Evidence, use: GroupUse) -> Array | None:
    """Return the first effect that is used of each level: chains, draws, levels.

    From the mean of the levels, which the intercept of the model takes part in.
    """
    effects = found.program.group(use.group).effects
    if effects not in found.posterior:
        return None
    values = found.posterior[effects].transpose("chain", "draw", ...).values
    if values.shape[2] > _NUMBERS:
        return None
    first = values[..., use.positions[0]]
    return np.asarray(first - first.mean(axis=-1, keepdims=True))


def _correlations(draws: Array) -> Array:
    """Return correlations within chains: of chains, draws, numbers."""
    step = max(1, draws.shape[0] * draws.shape[1] // _DRAWS)
    thin = draws[:, ::step]
    rest = thin - thin.mean(axis=1, keepdims=True)
    flat = rest.reshape(-1, draws.shape[-1])
    size = np.sqrt((flat**2).sum(axis=0))
    flat = flat / np.where(size > 0.0, size, 1.0)
    return np.asarray(flat.T @ flat)
