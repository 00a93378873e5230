"""A family of the caller's, held against itself: density, slopes, draws, mean.

What is looked at is said; a family that passes is not proved right.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

import numpy as np

from ...distributions.density.operations import OFFERED, Operations
from ...distributions.table import SUPPORTS
from ..combined.limits import LEFT, RIGHT, is_whole, limited
from ..family import Array, Family, Moments, make_kernel
from .tail_checks import tail_faults

__all__ = ["check_family"]

#: Of the main predictor, and by what the middle of other parameters is multiplied.
_PREDICTORS = (-0.7, 0.3, 1.1)
_TIMES = (0.7, 1.0, 1.4)
#: Draws at each point, and standard errors that chance is allowed.
_DRAWS, _ERRORS = 4_000, 6.0
#: A value that is drawn more often has a probability.
_AGAIN = 5
#: Relative differences that rounding makes of slopes.
_CLOSE = 1e-6
#: What rows bring along in a check.
_KNOWN = {"trials": 10.0, "vint": 10.0, "vreal": 1.0}


def check_family(family: Family) -> None:
    """Refuse a family that contradicts itself.

    Raises
    ------
    ValueError
        With what was found, at which parameters.
    """
    rng = np.random.default_rng(1)
    for point in _points(family):
        at = ", ".join(f"{name} = {value:.3g}" for name, value in point.items())
        of = f"`{family.name}` at {at}"
        try:
            found = next(_faults(family, point, rng), None)
        except (TypeError, AttributeError, NotImplementedError, KeyError) as error:
            raise ValueError(f"{of}: {_not_computed(error)}") from error
        except ValueError as error:
            if "truth value" not in str(error):
                raise
            raise ValueError(
                f"{of}: `if` asks about numbers of many rows at once; it is written "
                "`m.where(condition, a, b)`"
            ) from error
        if found is not None:
            raise ValueError(f"{of}: {found}")


def _not_computed(error: Exception) -> str:
    """Return why a density cannot be computed."""
    if isinstance(error, AttributeError) and isinstance(error.obj, Operations):
        near = get_close_matches(error.name or "", OFFERED, 1)
        there = f"did you mean `m.{near[0]}`?" if near else ", ".join(OFFERED)
        return f"there is no operation `m.{error.name}`: {there}"
    return (
        "the density cannot be computed; it takes arithmetic and the operations of "
        f"`m`, `m.log` in place of `np.log` ({type(error).__name__}: {error})"
    )


def _points(family: Family) -> Iterator[dict[str, float]]:
    known = {name: _KNOWN[name.rstrip("0123456789")] for name in family.known}
    for eta, times in zip(_PREDICTORS, _TIMES, strict=True):
        point = {family.predictor: eta}
        for one in family.dpars:
            middle = _middle(one.link, one.center(Moments(0.0, 1.0)))
            low, high = SUPPORTS[one.support]
            value = middle * times
            if not low < value < high:
                value = middle
            point[one.name] = value
        yield {**point, **known}


def _middle(link: str, center: float) -> float:
    from ..link import LINKS

    return float(LINKS[link].backward(center))


def _faults(
    family: Family, point: dict[str, float], rng: np.random.Generator
) -> Iterator[str]:
    """Yield what is wrong at a point, the first of it first."""
    whole = {name: np.full(_DRAWS, value) for name, value in point.items()}
    drawn = np.asarray(family.simulate(rng, **whole))
    if drawn.shape != (_DRAWS,) or not np.isfinite(drawn).all():
        yield "`simulate` gives one finite number for each row, and has not"
    known = {name: whole[name] for name in family.known}
    outside = ~np.asarray(family.in_support(drawn, **known))
    if outside.any():
        yield f"`simulate` draws {drawn[outside][0]:g}, which `in_support` refuses"
    each = np.asarray(family.log_density(drawn, **point))
    if each.shape != (_DRAWS,) or not np.isfinite(np.real(each)).all():
        yield "the log density of what `simulate` draws is no finite number"
    yield from slope_faults(family, point, drawn[:5])
    yield from (_counted if is_whole(family) else _measured)(family, point, drawn)
    yield from tail_faults(family, point, drawn)
    if family.tails is not None:
        for side in (LEFT, RIGHT):
            yield from slope_faults(
                limited(family, ("cens",)), {**point, "cens": side}, _inner(drawn)
            )
    mean = float(np.ravel(family.mean(**point))[0])
    error = float(drawn.std(ddof=1)) / np.sqrt(_DRAWS)
    if np.isfinite(mean) and abs(drawn.mean() - mean) > _ERRORS * max(error, 1e-12):
        yield (
            f"the mean of what `simulate` draws is {drawn.mean():.4g}, `mean` says "
            f"{mean:.4g}"
        )


def _inner(drawn: Array) -> Array:
    """Return some responses that others are above and below."""
    return np.quantile(drawn, (0.2, 0.5, 0.8), method="lower")


def slope_faults(
    family: Family, point: dict[str, float], drawn: Array
) -> Iterator[str]:
    """Compare slopes that are made for the kernel with those by complex step."""
    names = [family.predictor, *(one.name for one in family.dpars)]
    kernel = make_kernel(family)
    for y in drawn:
        density, *slopes = kernel(float(y), *point.values())
        there = float(np.real(family.log_density(np.asarray(y), **point)))
        if abs(density - there) > _CLOSE * max(1.0, abs(there)):
            yield f"the density of {y:g} is {there:.8g}, and {density:.8g} compiled"
        for name, slope in zip(names, slopes, strict=True):
            moved: dict[str, Any] = {**point, name: point[name] + 1e-30j}
            step = float(np.imag(family.log_density(np.asarray(y), **moved))) / 1e-30
            if abs(slope - step) > _CLOSE * max(1.0, abs(step)):
                yield f"the slope of {y:g} in `{name}` is {step:.8g} and {slope:.8g}"


def _counted(family: Family, point: dict[str, float], drawn: Array) -> Iterator[str]:
    """Compare shares of the commonest counts with the density."""
    values, times = np.unique(drawn, return_counts=True)
    most = np.argsort(-times)[:5]
    yield from _shares(family, point, values[most], times[most])
    top = int(point.get("trials", values.max()))
    total = float(np.exp(family.log_density(np.arange(top + 1), **point)).sum())
    if total > 1.0 + 1e-6 or (family.response == "successes" and total < 1.0 - 1e-6):
        yield f"the probabilities of 0 to {top} add up to {total:.6g}"


def _shares(
    family: Family, point: dict[str, float], values: Array, times: Array
) -> Iterator[str]:
    """Compare how often values are drawn with their probabilities."""
    for value, count in zip(values, times, strict=True):
        share = count / _DRAWS
        wanted = float(np.exp(family.log_density(value, **point)))
        error = np.sqrt(max(wanted * (1.0 - wanted), 1.0 / _DRAWS) / _DRAWS)
        if not abs(share - wanted) <= _ERRORS * error:
            yield (
                f"{value:g} is {share:.3g} of what `simulate` draws, and its "
                f"probability is {wanted:.3g}"
            )


def _measured(family: Family, point: dict[str, float], drawn: Array) -> Iterator[str]:
    """Compare the length of an interval with its mean of one over the density.

    Of values that are drawn again and again the share is that of the density.
    """
    values, place, times = np.unique(drawn, return_inverse=True, return_counts=True)
    again = times > _AGAIN
    yield from _shares(family, point, values[again], times[again])
    alone = ~again[place]
    if not alone.any():
        return
    low, high = np.quantile(drawn[alone], (0.1, 0.9))
    inside = alone & (drawn > low) & (drawn < high)
    over = inside * np.exp(-np.asarray(family.log_density(drawn, **point)))
    error = over.std(ddof=1) / np.sqrt(_DRAWS)
    # the ends are estimated as well
    slack = 0.05 * (high - low) + _ERRORS * error
    if not abs(over.mean() - (high - low)) <= slack:
        ratio = over.mean() / (high - low)
        yield f"the density of what `simulate` draws is {ratio:.3g} times too small"
