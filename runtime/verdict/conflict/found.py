"""The conflicts of a fit: what is far enough from its prior to be said.

With ``d`` the distance of the data's estimate from the centre of a normal prior and
``e`` its standard error, both in prior sds, ``z = d / sqrt(1 + e^2)`` is standard
normal over data sets that the prior and the model give (Evans & Moshonov 2006).
Other priors are made normal by the scores of their distribution functions. Said is what
has a ``z`` of at least ``Z_LEAST`` and moves the posterior by at least ``PULL_LEAST``
standard errors: a prior that is wrong by far but outweighed by the data does no harm.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from varying.compiler.program.expressions import Const
from varying.compiler.program.interpret.density import evaluate_expression

from ...draws.statistics import summarize
from .groups import EffectSpread, spreads
from .locations import Z_LEAST, Location, locations
from .separation import separation
from .tails import log_upper, score, slope
from .targets import PriorTargets
from .words import Conflict, rounded_up, separates
from .working import Centre, Working

if TYPE_CHECKING:
    from xarray import Dataset

    from varying.compiler.compiled import Compiled
    from varying.compiler.lower.builder import PriorRow
    from varying.compiler.program.ir import Frame, Parameter, Predictor, Prior, Program

__all__ = ["PULL_LEAST", "conflicts"]

Array = NDArray[Any]
PULL_LEAST = 0.5


def conflicts(
    compiled: Compiled, program: Program, frame: Frame, posterior: Dataset
) -> tuple[tuple[Conflict, ...], tuple[str, ...]]:
    """Return the conflicts of a fit, the gravest first, and what was not looked at.

    Parameters
    ----------
    compiled
        The model, with its priors as they are written in a spec.
    program, frame
        As sampled: equal rows may be one there.
    posterior
        The draws, those of internal parameters among them.
    """
    targets = PriorTargets.of(compiled)
    centre = Centre.of(program, frame, posterior)
    found: dict[str, Conflict] = {}
    skipped: list[str] = []
    seen: set[str] = set()
    for predictor in program.predictors:
        if not predictor.is_linear:
            continue  # its parameters are among `_others`: by their draws
        own = centre.of_response(predictor.response)
        working = Working.of(own, predictor)
        places = None if working is None else locations(own, predictor, working)
        if places is None or working is None:
            of = f" of {predictor.response}" if len(program.likelihoods) > 1 else ""
            skipped.append(
                f"The priors of what {predictor.dpar}{of} depends on were not held "
                "against the data."
            )
            continue
        separated = _separated(own, predictor, targets)
        skipped += separated.values()
        for one in places:
            seen.add(one.parameter)
            row = targets.find(one.parameter, one.label)
            if row is not None and abs(one.z) >= Z_LEAST and one.pull >= PULL_LEAST:
                found[row.target] = _location(one, row, separated.get(row.target, ""))
        for spread in spreads(own, predictor, working):
            row = targets.find(spread.sd, spread.label)
            conflict = None if row is None else _spread(spread, row, program, posterior)
            if conflict is not None:
                found[conflict.target] = conflict
    for row, conflict in _others(program, targets, posterior, seen):
        found.setdefault(row.target, conflict)
    ordered = sorted(found.values(), key=lambda one: -abs(one.z))
    return tuple(ordered), tuple(skipped)


def _spread(
    spread: EffectSpread, row: PriorRow, program: Program, posterior: Dataset
) -> Conflict | None:
    """Return that levels differ by more than the prior and the posterior have it."""
    element = _element(program, spread.sd, spread.at)
    if element is None:
        return None
    parameter, at = element
    draws = _draws(posterior, parameter.name)[..., at]
    z = _score(parameter.prior, at, np.asarray(spread.least))
    upper = float(np.quantile(draws, 0.975))
    if z is None or float(z) < Z_LEAST or upper >= spread.least:
        return None
    return Conflict(
        row.target,
        row.prior,
        row.source == "spec",
        f"an sd of about {spread.estimate:.3g}, at least {spread.least:.3g}",
        f"{float(z):.0f} prior sds",
        float(z),
        _wider(parameter.prior, spread.estimate),
        float(draws.mean()),
    )


def _separated(
    centre: Centre, predictor: Predictor, targets: PriorTargets
) -> dict[str, str]:
    """Return what is said of coefficients that separate the outcomes, by target."""
    found = separation(centre, predictor)
    if found is None:
        return {}
    rows = [
        (targets.find(name, label), sign) for name, label, sign in found.coefficients
    ]
    return {
        row.target: separates(row.target, row.prior, sign, found.complete, len(rows))
        for row, sign in rows
        if row is not None
    }


def _location(one: Location, row: PriorRow, separated: str) -> Conflict:
    far = abs(one.distance)
    middle = 0.0 if one.label else one.mean
    sd = rounded_up(2.0 * abs(one.estimate - middle))
    return Conflict(
        row.target,
        row.prior,
        row.source == "spec",
        f"about {one.estimate:.3g} with a standard error of {one.error:.2g}",
        f"{far:.0f} prior sds" if far < 1e6 else f"{far:.1g} prior sds",
        one.z,
        f"normal({middle:.4g}, {sd:g})",
        one.posterior,
        bool(separated),
    )


# ---- what is in no predictor ---------------------------------------------------------


def _others(
    program: Program, targets: PriorTargets, posterior: Dataset, seen: set[str]
) -> Iterator[tuple[PriorRow, Conflict]]:
    """Yield what is far out in its prior, by the draws alone.

    In scores ``u``, of which the prior is standard normal, ``z`` is the mean of ``u``
    over ``sqrt(1 - var(u))``; Monte Carlo errors are taken off.
    """
    for parameter in program.parameters:
        if parameter.name in seen or parameter.chart != "bounds":
            continue
        draws = _draws(posterior, parameter.name)
        axis = program.axis(parameter.axes[0]) if parameter.axes else None
        labels = (axis.labels or ()) if axis is not None else ("",)
        values = draws if parameter.axes else draws[..., None]
        if len(parameter.axes) > 1 or len(labels) != values.shape[-1]:
            continue
        for at, label in enumerate(labels):
            row = targets.find(parameter.name, label)
            if row is None:
                continue
            conflict = _far_out(parameter, at, values[..., at], row)
            if conflict is not None:
                yield row, conflict


def _far_out(
    parameter: Parameter, at: int, draws: Array, row: PriorRow
) -> Conflict | None:
    prior = parameter.prior
    scores = _score(prior, at, draws)
    if scores is None or not np.isfinite(scores).all():
        return None
    found = summarize(scores)
    size = min(found.ess_bulk or 1.0, found.ess_tail or 1.0)
    variance = found.sd**2
    beyond = max(abs(found.mean) - 2.0 * found.sd / math.sqrt(size), 0.0)
    known = max(1.0 - variance, 0.0) + 2.0 * variance * math.sqrt(2.0 / size)
    z = math.copysign(beyond / math.sqrt(known), found.mean)
    if abs(z) < Z_LEAST:
        return None
    value, sd = float(draws.mean()), float(draws.std())
    steepness = slope(prior, _arguments(prior, at) or {}, value)
    # the tail is one to be pulled out of only where the density falls towards it
    falls = steepness * z < 0.0
    if not falls or abs(steepness) * sd < PULL_LEAST:
        return None
    return Conflict(
        row.target,
        row.prior,
        row.source == "spec",
        f"{value:.3g} or beyond",
        f"{abs(z):.0f} sds",
        z,
        _instead(parameter, value),
        value,
    )


def _instead(parameter: Parameter, value: float) -> str:
    if parameter.name.endswith("_inv_sqrt"):
        return f"lognormal({-2.0 * math.log(value):.2g}, 1)"
    return _wider(parameter.prior, value)


def _wider(prior: Prior, value: float) -> str:
    """Return a prior of the same kind in which a value is not far out."""
    size = rounded_up(2.0 * abs(value))
    match prior.distribution:
        case "exponential":
            return f"exponential({1.0 / size:.2g})"
        case "half_student_t":
            return f"half_student_t(3, {size:g})"
        case "normal" | "student_t" | "cauchy" | "laplace" | "logistic":
            if prior.lower is None:
                return f"normal(0, {size:g})"
    return f"half_normal({size:g})"


# ---- priors of elements --------------------------------------------------------------


def _draws(posterior: Dataset, name: str) -> Array:
    return np.asarray(posterior[name].transpose("chain", "draw", ...).values)


def _element(program: Program, name: str, at: int) -> tuple[Parameter, int] | None:
    """Return the free parameter that an element of a vector is, and the place there."""
    parameters = {one.name: one for one in program.parameters}
    if name in parameters:
        return parameters[name], at
    (derived,) = [one for one in program.derived if one.name == name]
    (axis,) = derived.axes
    label = (program.axis(axis).labels or ())[at]
    for part, one in parameters.items():
        # a vector of several kinds of prior
        if part.startswith(f"{name}#"):
            labels = program.axis(one.axes[0]).labels or ()
            if label in labels:
                return one, labels.index(label)
    return None


def _arguments(prior: Prior, at: int) -> dict[str, Any] | None:
    """Return the numbers of an element's prior; None where they are no constants."""
    found: dict[str, Any] = {}
    for name, argument in prior.arguments:
        if not isinstance(argument, Const):
            return None
        values = np.ravel(evaluate_expression(argument, {}))
        found[name] = float(values[at if values.size > 1 else 0])
    return found


def _score(prior: Prior, at: int, values: Array) -> Array | None:
    """Return normal scores of numbers in an element's prior; None: not known."""
    arguments = _arguments(prior, at)
    if arguments is None:
        return None
    with np.errstate(all="ignore"):
        tail = log_upper(prior, arguments, values)
        return None if tail is None else score(tail)
