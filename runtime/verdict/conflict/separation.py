"""Whether predictors separate the outcomes, so that a likelihood has no maximum.

With ``A v`` the change of what each row's probability rises in along a direction ``v``
of the coefficients, no row speaks against ``v`` if ``A v >= 0``, and the likelihood
rises for ever if that is not 0 (Albert & Anderson 1984). Rows that say something about
both directions (counts above 0, shares between 0 and 1) allow none: their change is 0.
Effects of groups cannot end it: they are bounded by their own distribution.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from varying.compiler.program.interpret.density import likelihood_arguments

from .locations import columns_of
from .working import Centre

if TYPE_CHECKING:
    from varying.compiler.program.ir import Predictor

__all__ = ["Separation", "separation"]

Array = NDArray[Any]
#: Numbers in the inequalities, and columns, beyond which they are not solved.
_MOST_NUMBERS, _MOST_COLUMNS = 2_000_000, 60
#: Responses that may be at an end of their range.
_KINDS = ("binary", "count", "successes", "ordinal")
_STEPS, _FLAT, _SOME = 15, 1e-9, 1e-6


@dataclass(frozen=True, slots=True)
class Separation:
    """Coefficients on which the data put no bound.

    Attributes
    ----------
    coefficients
        Name and label of each, and the sign of the direction without an end.
    complete
        Whether every row goes along, and none is on the border.
    """

    coefficients: tuple[tuple[str, str, int], ...]
    complete: bool


def separation(centre: Centre, predictor: Predictor) -> Separation | None:
    """Return what separates the outcomes; None where nothing does, or is known."""
    program = centre.program
    family = program.likelihood.family
    if predictor is not program.predictors[0] or family.response not in _KINDS:
        return None
    if family.steps is not None or "zi" in dict(program.likelihood.arguments):
        # its inequalities are those of each step; a zero may be of another kind
        return None
    found = columns_of(centre, predictor)
    if found is None or len(found[0]) > _MOST_COLUMNS:
        return None
    free, design = found
    ordinal = family.response == "ordinal"
    constant = np.ptp(design, axis=0) <= 1e-12 * np.abs(design).max(axis=0)
    slopes = np.flatnonzero(~constant)
    if not len(slopes):
        return None
    design = design.copy()
    if ordinal or constant.any():
        # where a column's 0 is makes no difference beside an intercept
        design[:, slopes] -= design[:, slopes].mean(axis=0)
    size = np.abs(design).max(axis=0)
    design = design / np.where(size > 0.0, size, 1.0)
    rows = _rows(centre, family.response, design, family.apart)
    if rows is None or rows.size > _MOST_NUMBERS:
        return None
    rows = np.unique(rows, axis=0)
    rows = rows[np.abs(rows).max(axis=1) > 0.0]
    rest = [*np.flatnonzero(constant), *range(design.shape[1], rows.shape[1])]
    every = [*slopes.tolist(), *rest]
    if not len(rows) or _has_maximum(rows[:, every]):
        return None
    direction = _direction(rows[:, every])
    if direction is None:
        return None
    chosen = _fewest(rows, slopes.tolist(), rest, direction)
    if not chosen:
        return None  # a response that is all at its end: `boundary-response`
    places = [*chosen, *rest]
    best = _direction(rows[:, places])
    assert best is not None
    named = tuple(
        (free[at].parameter.name, free[at].label, 1 if best[k] > 0 else -1)
        for k, at in enumerate(chosen)
    )
    return Separation(named, _is_complete(rows[:, places]))


def _rows(centre: Centre, kind: str, design: Array, apart: int = 0) -> Array | None:
    """Return ``A``: a row of the data has one row or two, after those of thresholds."""
    program = centre.program
    response = np.asarray(centre.frame[program.likelihood.value], dtype=float)
    times = program.likelihood.times(centre.frame)
    counts = np.ones(len(response), dtype=bool) if times is None else times > 0
    response, design = response[counts], design[counts]
    if apart:
        # the predictor says nothing of categories that no threshold cuts
        cut = response >= apart
        response, design = response[cut], design[cut]
        if not len(response):
            return None
    up, down = design, -design
    if kind == "binary":
        return np.where((response > 0)[:, None], up, down)
    if kind == "count":
        zero = response == 0
        return np.concatenate([down[zero], up[~zero], down[~zero]])
    if kind == "successes":
        trials = likelihood_arguments(program, centre.values).get("trials")
        if trials is None:
            return None
        trials = np.broadcast_to(np.asarray(trials, dtype=float), counts.shape)[counts]
        none, all_ = response == 0, response == trials
        told = trials > 0
        return np.concatenate([up[told & ~none], down[told & ~all_]])
    if kind == "ordinal":
        category = response.astype(int) - int(response.min())
        top = int(category.max())
        if top == 0:
            return None
        below = np.eye(top + 1)[:, :top]
        found = []
        for sign, at, has in (
            (1.0, category, category < top),
            (-1.0, category - 1, category > 0),
        ):
            # the threshold above goes up beside the predictor, the one below down
            thresholds = below[at[has]]
            found.append(sign * np.column_stack([-design[has], thresholds]))
        return np.concatenate(found)
    return None


def _has_maximum(rows: Array) -> bool:
    """Whether Newton's method ends: where it does, no direction goes on for ever."""
    place = np.zeros(rows.shape[1])
    for _ in range(_STEPS):
        with np.errstate(over="ignore"):
            wrong = 1.0 / (1.0 + np.exp(rows @ place))
        slope = rows.T @ wrong
        if np.abs(slope).max() <= _FLAT * len(rows):
            return True
        weights = wrong * (1.0 - wrong)
        information = (rows * weights[:, None]).T @ rows
        step = np.linalg.lstsq(information, slope, rcond=1e-12)[0]
        far = float(np.abs(rows @ step).max())
        place = place + step * min(1.0, 5.0 / max(far, 1.0))
    return False


def _direction(rows: Array) -> Array | None:
    """Return the direction that most rows gain most from; None if there is none."""
    from scipy.optimize import linprog

    found = linprog(
        -rows.mean(axis=0),
        A_ub=-rows,
        b_ub=np.zeros(len(rows)),
        bounds=(-1.0, 1.0),
        method="highs",
    )
    if found.x is None or float((rows @ found.x).max()) < _SOME:
        return None
    return np.asarray(found.x)


def _is_complete(rows: Array) -> bool:
    """Whether one direction is a gain to all rows."""
    from scipy.optimize import linprog

    size = rows.shape[1]
    found = linprog(
        [*np.zeros(size), -1.0],
        A_ub=np.column_stack([-rows, np.ones(len(rows))]),
        b_ub=np.zeros(len(rows)),
        bounds=[(-1.0, 1.0)] * size + [(None, 1.0)],
        method="highs",
    )
    return found.x is not None and float(found.x[-1]) > _SOME


def _fewest(
    rows: Array, slopes: Sequence[int], rest: Sequence[int], direction: Array
) -> list[int]:
    """Return the columns that separate, each alone; or else some that do together."""
    alone = [at for at in slopes if _separates(rows, [at], rest)]
    if alone:
        return alone
    used = [at for at, v in zip(slopes, direction, strict=False) if abs(v) > _SOME]
    for at in sorted(used, key=lambda at: abs(direction[list(slopes).index(at)])):
        fewer = [one for one in used if one != at]
        if fewer and _separates(rows, fewer, rest):
            used = fewer
    return used


def _separates(rows: Array, slopes: Sequence[int], rest: Sequence[int]) -> bool:
    places = [*slopes, *rest]
    some = rows[:, places]
    found = None if _has_maximum(some) else _direction(some)
    return found is not None and any(abs(v) > _SOME for v in found[: len(slopes)])
