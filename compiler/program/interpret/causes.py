"""What keeps a program from having a density where sampling starts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...distributions.table import DISTRIBUTIONS
from ..ir import Frame, Likelihood, Parameter, Predictor, Program
from ..recipes import RowValues
from .charts import coordinates
from .density import arguments_of, evaluate, evaluate_expression
from .start import start

Array = NDArray[Any]

#: Beyond it an exponential is no number any more.
LARGEST = 700.0


@dataclass(frozen=True, slots=True)
class Cause:
    """What was found, and what to do about it; two sentences."""

    found: str
    advice: str


def cause(program: Program, frame: Frame) -> Cause | None:
    """Return why a program has no density where sampling starts; None: it has one.

    Parameters
    ----------
    program, frame
        As they are sampled, by whatever.
    """
    first = start(program, frame)
    places = coordinates(program, frame)
    point = {one.name: first[one.name].reshape(one.shape) for one in places}
    with np.errstate(all="ignore"):
        values, density = evaluate(program, frame, point)
        if np.isfinite(density):
            return None
        for parameter in program.parameters:
            for found in _prior(parameter, program, values):
                return found
        for predictor in program.predictors:
            for found in _predictor(predictor, program, frame, values):
                return found
        for found in _response(program, frame, values):
            return found
    return None


def _element(name: str, axes: tuple[str, ...], place: int, program: Program) -> str:
    """Return an element of a quantity as a spec names it."""
    plain = name.partition("#")[0].removesuffix("_at_means").removesuffix("_centered")
    if not axes:
        return f"`{plain}`"
    labels = program.axis(axes[0]).labels
    return f"`{plain}[{place if labels is None else labels[place]}]`"


def _prior(
    parameter: Parameter, program: Program, values: Mapping[str, Any]
) -> Iterator[Cause]:
    """Yield elements that have no density in their own prior."""
    prior = parameter.prior
    value = np.atleast_1d(values[parameter.name])
    given = {n: evaluate_expression(e, values) for n, e in prior.arguments}
    each = DISTRIBUTIONS[prior.distribution].log_density(value, **given)
    each = np.broadcast_to(each, value.shape)
    for place in np.flatnonzero(~np.isfinite(each)):
        name = _element(parameter.name, parameter.axes, int(place), program)
        yield Cause(
            f"the prior of {name} has no density at {value[place]:.4g}, where its "
            "chains start",
            "look at it with `show priors`: its numbers may be beyond those that a "
            "computer has",
        )


def _predictor(
    predictor: Predictor, program: Program, frame: Frame, values: Mapping[str, Any]
) -> Iterator[Cause]:
    """Yield what moves a predictor beyond the numbers of its link."""
    eta = np.asarray(values[predictor.name], dtype=float)
    limit = np.inf if predictor.link in ("identity", "logit") else LARGEST
    beyond = np.flatnonzero(~(np.abs(eta) < limit))
    if not len(beyond):
        return
    row = int(beyond[np.argmax(np.nan_to_num(np.abs(eta[beyond]), nan=np.inf))])
    terms = list(_terms(predictor, program, frame, values, row))
    if not terms:
        return
    what, size, advice = max(
        terms, key=lambda one: np.nan_to_num(abs(one[1]), nan=np.inf)
    )
    of = "" if predictor is program.predictors[0] else f" of {predictor.dpar}"
    link = "" if predictor.link == "identity" else f" on the {predictor.link} scale"
    yield Cause(
        f"the predictor{of} is {eta[row]:.4g}{link} where the chains start, and its "
        f"largest part is {what}: {size:.4g}",
        advice,
    )


def _terms(
    predictor: Predictor,
    program: Program,
    frame: Frame,
    values: Mapping[str, Any],
    row: int,
) -> Iterator[tuple[str, float, str]]:
    """Yield what is added up to a predictor in one row, and what to do about it."""
    axes = {p.name: p.axes for p in program.parameters}
    axes |= {d.name: d.axes for d in program.derived}
    for block in predictor.blocks:
        population = block.population(frame)
        if population is not None:
            name, places, design = population
            own = design[row] if len(design) > 1 else design[0]
            numbers = own * np.atleast_1d(values[name])[list(places)]
            for place, size in zip(places, numbers.tolist(), strict=True):
                yield _element(name, axes[name], place, program), size, _LOOK
        elif block.known:
            for slot in block.slots():
                recipe, label = program.slot(slot).recipe, "what is fixed"
                if isinstance(recipe, RowValues):
                    label = f"the offset `{recipe.variable.label}`"
                yield label, float(frame[slot][row]), _DIVIDE


_LOOK = "look at its prior with `show priors`, and at the numbers it is multiplied by"
_DIVIDE = "see what it is added to: under a log link an offset is a logarithm"


def _response(
    program: Program, frame: Frame, values: Mapping[str, Any]
) -> Iterator[Cause]:
    """Yield responses that have no density at their parameters."""
    for likelihood in program.observed:
        yield from _impossible(likelihood, frame, values)


def _impossible(
    likelihood: Likelihood, frame: Frame, values: Mapping[str, Any]
) -> Iterator[Cause]:
    """Yield the values of one response that have no density at its parameters."""
    arguments = arguments_of(likelihood, values)
    for name, numbers in arguments.items():
        if not np.isfinite(np.asarray(numbers, dtype=float)).all():
            yield Cause(
                f"`{name}` is no number that a computer has where the chains start",
                "look at the priors of what it is made of with `show priors`",
            )
    observed = frame[likelihood.value]
    each = likelihood.family.log_density(observed, **arguments)
    for row in np.flatnonzero(~np.isfinite(np.asarray(each, dtype=float))):
        yield Cause(
            f"the response {observed[row]:.6g} is impossible where the chains start: "
            "so far is it from the others, or from what the priors say",
            "look for a slip in the data, or multiply the response by a round number",
        )
