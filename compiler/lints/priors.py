"""Lints of the priors that the user wrote, seen beside the data."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping

from ..bind.bound import BoundPredictor, PriorText
from ..bind.estimated import sd_targets
from ..data import weighted
from ..data.spellings import quoted
from ..families.composition.logistic_normal import SIGMA
from ..families.family import Moments
from ..families.nominal.categorical import MU
from ..formula.column_rounding import column_rounding
from ..formula.columns import DesignColumn, Numeric
from ..formula.design import evaluate_columns
from ..lower.learn import column_scale, response_moments
from .subject import Finding, LintedModel

PriorArguments = Mapping[str, float]


def _sigma(arguments: PriorArguments) -> float:
    return arguments["sigma"]


#: The scale of a prior around its middle, by distribution; others are not judged.
_SCALES: dict[str, Callable[[PriorArguments], float]] = {
    **dict.fromkeys(
        (
            "normal",
            "student_t",
            "cauchy",
            "laplace",
            "logistic",
            "gumbel",
            "half_normal",
            "half_student_t",
            "half_cauchy",
        ),
        _sigma,
    ),
    "exponential": lambda a: 1.0 / a["rate"],
    "gamma": lambda a: math.sqrt(a["alpha"]) / a["beta"],
    "uniform": lambda a: (a["upper"] - a["lower"]) / math.sqrt(12.0),
}
#: Standard deviations of a predictor in a unit that nobody thinks effects in.
_SMALL, _LARGE = 0.01, 100.0
#: Effects of one sd of a predictor, in spreads of the response, that a prior for
#: another unit allows: too little, too much.
_LITTLE, _MUCH = 0.05, 20.0
#: The scale of a prior in spreads of the response that says nothing, ...
_WIDE = 1000.0
#: ... where the response is behind a link, ...
_WIDE_LINK = 100.0
#: Fewer levels than this do not hold the tail of a Cauchy.
_FEW_LEVELS = 5


def unscaled(subject: LintedModel) -> Iterator[Finding]:
    """Find priors of the effect of one unit where a unit is next to nothing, or all."""
    told: set[object] = set()
    for part, column, prior, scale in _effects(subject):
        sd = _sd(column, subject)
        if prior.span in told or not _odd_unit(column, sd):
            continue
        ratio = scale * sd / _spread(part, subject)
        if _LITTLE <= ratio <= _MUCH:
            continue
        told.add(prior.span)
        does = (
            "it allows next to no effect"
            if ratio < _LITTLE
            else "it allows effects of any size"
        )
        yield Finding(
            prior.span,
            f"`{prior.text}` is about one unit of {quoted(column.name)}, whose "
            f"standard deviation is {_number(sd)}: {does}",
            (
                f"the effect of one standard deviation is then about "
                f"{_number(scale * sd)}, and {_unit(part, subject)}",
                "scale the predictor, or choose a prior of about "
                f"{_number(2.5 * _spread(part, subject) / sd)} around 0",
            ),
        )


def _number(value: float) -> str:
    """Return a number in about two digits."""
    if 1000 <= value < 1e12:
        digits = len(str(int(value)))
        return f"{round(value, 2 - digits):,.0f}"
    return f"{value:.0f}" if 100 <= value < 1000 else f"{value:.2g}"


def _effects(
    subject: LintedModel,
) -> Iterator[tuple[BoundPredictor, DesignColumn, PriorText, float]]:
    priors = dict(subject.bound.priors)
    for part in subject.bound.predictors:
        for column in part.population.effects:
            prior = priors.get(f"{part.target}b[{column.name}]")
            scale = None if prior is None else _scale(prior)
            if prior is not None and scale is not None:
                yield part, column, prior, scale


def _scale(prior: PriorText) -> float | None:
    of = _SCALES.get(prior.distribution)
    if of is None or prior.upper is not None:
        return None
    return of(dict(prior.arguments))


def _odd_unit(column: DesignColumn, sd: float) -> bool:
    single = len(column.parts) == 1 and isinstance(column.parts[0], Numeric)
    return single and sd > 0 and not _SMALL <= sd <= _LARGE


def _sd(column: DesignColumn, subject: LintedModel) -> float:
    values = evaluate_columns((column,), subject.table)[:, 0]
    off = column_rounding(column, subject.table)
    return weighted.sd(values, subject.table.counts, off)


def _step(column: DesignColumn, subject: LintedModel) -> float | None:
    """Return the size of one step of a column; None if it has an odd unit."""
    for part in column.parts:
        single = DesignColumn(part.label, part.label, (part,))
        if isinstance(part, Numeric) and _odd_unit(single, _sd(single, subject)):
            return None
    return column_scale(column, subject.table)


def _spread(part: BoundPredictor, subject: LintedModel) -> float:
    """Return the spread of the response on the scale of a linear predictor."""
    if not part.main and part.link.name != "identity":
        return 1.0
    return float(_moments(part, subject).s)


def _moments(part: BoundPredictor, subject: LintedModel) -> Moments:
    """Return centre and spread of the response, of several predictors its own."""
    bound = subject.bound
    found = response_moments(bound, subject.table, subject.response)
    own = dict(zip((one.dpar for one in bound.mains), found.each, strict=False))
    return own.get(part.dpar, found) if part.main else found


def _unit(part: BoundPredictor, subject: LintedModel) -> str:
    spread = _spread(part, subject)
    if part.main and part.link.name == "identity":
        return f"{subject.bound.family.measure} has a spread of {spread:.3g}"
    return f"1 is much on the {part.link.name} scale"


def too_wide(subject: LintedModel) -> Iterator[Finding]:
    """Find priors beside which the data's own scale is a point."""
    told: set[object] = set()
    for target, part, prior, size in _sized(subject):
        scale = _scale(prior)
        if scale is None or prior.span in told:
            continue
        identity = part.link.name == "identity"
        spread = _spread(part, subject)
        wide = _WIDE if identity else _WIDE_LINK
        times = scale * size / spread
        if times < wide:
            continue
        told.add(prior.span)
        than = (
            f"{_number(times)} times as wide as {subject.bound.family.measure}"
            if identity
            else f"{_number(scale * size)} wide on the {part.link.name} scale"
        )
        yield Finding(
            prior.span,
            f"the prior `{prior.text}` of `{target}` is about {than}",
            (
                "it says that absurdly large values are the likely ones, not that "
                "nothing is known; the default is wide as well, on the data's scale",
            ),
        )


def _sized(
    subject: LintedModel,
) -> Iterator[tuple[str, BoundPredictor, PriorText, float]]:
    """Yield priors of locations and spreads, and by what their parameter is multiplied.

    An intercept may be as far from 0 as the response is.
    """
    bound = subject.bound
    priors = dict(bound.priors)
    for part in bound.predictors if priors else ():
        base = part.target
        spread = _spread(part, subject)
        middle = 0.0
        if part.main:
            middle = abs(float(_moments(part, subject).m))
        for name in (f"{base}Intercept", f"{base}Intercept[mean]"):
            if name in priors:
                yield name, part, priors[name], spread / max(spread, middle)
        for column in part.population.effects:
            name = f"{base}b[{column.name}]"
            if name in priors:
                step = _step(column, subject)
                if step is not None:
                    yield name, part, priors[name], step
        for grouping in part.groupings:
            for column in grouping.columns:
                for name in sd_targets(part, grouping, column):
                    step = _step(column, subject) if name in priors else None
                    if step is not None:
                        yield name, part, priors[name], step
    # of lognormal responses it is of the logs, and so is the spread
    spreads = [("threshold", bound.main), ("sigma", bound.main)]
    if SIGMA in bound.family.of_each:
        spreads += [(SIGMA + one.dpar.removeprefix(MU), one) for one in bound.mains]
    for target, part in spreads:
        name = f"{bound.target}{target}"
        if name in priors:
            yield name, part, priors[name], 1.0


def heavy_tail(subject: LintedModel) -> Iterator[Finding]:
    """Find half-Cauchy priors of standard deviations over a few levels.

    Gelman 2006, Bayesian Analysis 1: 515-534, section 5.
    """
    priors = dict(subject.bound.priors)
    told: set[object] = set()
    for part in subject.bound.predictors:
        for grouping in part.groupings:
            if len(grouping.levels) >= _FEW_LEVELS:
                continue
            names = [
                name
                for column in grouping.columns
                for name in sd_targets(part, grouping, column)
            ]
            for name in names:
                prior = priors.get(name)
                if prior is None or prior.span in told or not _is_heavy(prior):
                    continue
                told.add(prior.span)
                yield Finding(
                    prior.span,
                    f"the {len(grouping.levels)} levels of `{grouping.name}` do not "
                    f"hold the long tail of `{prior.text}`",
                    (
                        "standard deviations far beyond the data stay possible; "
                        "`half_normal` or `exponential` with the same scale do not "
                        "have such a tail",
                    ),
                )


def _is_heavy(prior: PriorText) -> bool:
    if prior.upper is not None:
        return False
    if prior.distribution in ("cauchy", "half_cauchy"):
        return True
    freedom = dict(prior.arguments).get("nu", math.inf)
    return prior.distribution in ("student_t", "half_student_t") and freedom <= 2
