"""The default priors: one function a class of parameter, each with its reason.

They are stated for centred predictors and in the response's own units: ``m``
and ``s`` are its centre and spread on the link scale, ``c`` the size of one
step of a column. The rules are those of ``docs/priors.md``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ..bind.bound import BoundPredictor
from ..families.family import DefaultPrior, Dpar, Family, Moments
from ..families.moments import parameter_moments

#: Measured in ``docs/decisions/0002``: all but those of the thresholds.
#: Prior sd of the intercept in units of ``s``: at the predictors' means it is
#: near the response's, ...
INTERCEPT_WIDTH = 1.5
#: ... on the logit scale a wider one would pile up probability at 0 and 1, ...
INTERCEPT_WIDTH_LATENT = 1.5
#: ... unless the pooled share is near one of them, where a logit is nearly a log and
#: has its width: so much is then added, see ``_rare``, ...
INTERCEPT_WIDTH_RARE = 0.5
#: ... and the mean of logs is below the log of the mean.
INTERCEPT_WIDTH_LOG = 2.0
#: Components of a mixture are where the responses are, so that they can be told apart
#: (``docs/decisions/0006``).
INTERCEPT_WIDTH_COMPONENT = 1.0
#: Prior sd of the effect of one step of a column, in units of ``s``.
EFFECT_WIDTH = 2.5
#: The same where the link is the log of a positive mean: a factor of 4.5; and where it
#: is the log odds of a count above 0, which of geometric counts is that log.
EFFECT_WIDTH_LOG = 1.5
#: Of a distributional parameter, on its link scale: prior sd of the intercept, ...
DPAR_INTERCEPT_SD = 1.0
#: ... and of the effect of one step of a column.
DPAR_EFFECT_WIDTH = 1.0
#: ... and the scale of the half-normal of a group's sd, unless it is in the
#: response's units: a tail as long as an exponential's makes draws overflow.
DPAR_GROUP_SD = 0.6
LKJ_SHAPE = 2.0
#: Thresholds of K categories, measured in ``docs/decisions/0001``: prior sd of
#: the middle one, in units of the latent spread and times ``1 - 1/K``, ...
THRESHOLD_CENTER_WIDTH = 3.0
#: ... and so much is added where the share below it is near 0 or 1, ...
THRESHOLD_CENTER_WIDTH_RARE = 1.0
#: ... where the common log gap centres, on log(this / K), and its sd, ...
THRESHOLD_RANGE = 3.0
THRESHOLD_GAP_COMMON_SD = 0.5
#: ... and the sd of each log gap around it, times ``1 - 1/K``.
THRESHOLD_GAP_SD = 1.5


@dataclass(frozen=True, slots=True)
class ThresholdDefaults:
    """Numbers of the default prior of K - 1 thresholds.

    Attributes
    ----------
    center_sd
        Prior sd of the middle threshold.
    gap_location, gap_location_sd
        Prior of the common log gap.
    gap_sd
        Prior sd of each log gap around it.
    """

    center_sd: float
    gap_location: float
    gap_location_sd: float
    gap_sd: float


def thresholds(moments: Moments, categories: int) -> ThresholdDefaults:
    """Return the default prior of the thresholds of K categories.

    The factor ``1 - 1/K`` makes the prior of a two-point scale that of a logit
    intercept and leaves a long scale as it is.
    """
    shrink = 1.0 - 1.0 / categories
    width = THRESHOLD_CENTER_WIDTH + THRESHOLD_CENTER_WIDTH_RARE * _rare(moments)
    return ThresholdDefaults(
        center_sd=width * shrink * moments.s,
        gap_location=math.log(THRESHOLD_RANGE * moments.s / categories),
        gap_location_sd=THRESHOLD_GAP_COMMON_SD,
        gap_sd=THRESHOLD_GAP_SD * shrink,
    )


def step_sd(moments: Moments, categories: int, adds_up: bool) -> float:
    """Return the prior sd of each threshold of a family of steps.

    That of the middle threshold of a cumulative model: with two categories all are the
    same model. Where thresholds add up, each has less with more of them.
    """
    shrink = 1.0 - 1.0 / categories
    width = THRESHOLD_CENTER_WIDTH + THRESHOLD_CENTER_WIDTH_RARE * _rare(moments)
    less = math.sqrt(2.0 / categories) if adds_up else 1.0
    return width * shrink * less * moments.s


def equidistant_gap(moments: Moments, categories: int) -> float:
    """Return the prior mean of the distance of equidistant thresholds.

    Between the first and the last there are ``2 log(K - 1)`` of the logistic scale
    where all categories are equally likely.
    """
    return 2.0 * moments.s * math.log(categories - 1) / (categories - 2)


THRESHOLD_REASON = (
    "in order, the same for a reversed scale; neighbours typically {gap:.3g} apart, "
    "the whole scale 2 to 3 times wider or narrower, a single gap up to 10 times"
)


def _rare(moments: Moments) -> float:
    """Return how near the pooled share is to 0 or 1: 0 at one half, 1 at the ends.

    It is ``|1 - 2p|^4``: 0.1 at 20 %, 0.7 at 5 %, 0.96 at 1 %.
    """
    return math.tanh(0.5 * abs(moments.m / moments.s)) ** 4


def is_latent(part: BoundPredictor) -> bool:
    """Whether the linear predictor is on a latent (logit-like) scale."""
    return part.link.is_latent


def _step(family: Family, part: BoundPredictor, moments: Moments) -> float:
    """Return the unit of effects: a spread of the response, or of the link.

    The predictor of a distributional parameter knows the response's spread only
    if it is on the response's scale.
    """
    if part.main or part.inner:
        return moments.step
    return parameter_moments(_dpar(family, part), part.link.name, moments)[1]


def _dpar(family: Family, part: BoundPredictor) -> Dpar:
    return next(d for d in family.dpars if d.name == part.dpar)


def _unit(family: Family, part: BoundPredictor) -> str:
    if part.inner:
        return f"spread of the prior of {part.dpar}"
    if not part.main:
        return f"on the {part.link.name} scale of {part.dpar}"
    if is_latent(part):
        return "latent sds"
    if part.link.name == "log":
        return "on the log scale"
    if part.link.name != family.links[0]:
        return f"sds of {family.measure}, on the {part.link.name} scale"
    return f"sds of {family.measure}"


def _of_unit(part: BoundPredictor, moments: Moments) -> str:
    """Return what a reason says of a unit of effects that is not that of the link."""
    if not part.main or moments.together == 1.0:
        return ""
    return f"; one is {moments.step:.3g} here, since steps between categories add up"


def intercept(
    family: Family, part: BoundPredictor, moments: Moments, known: float = 0.0
) -> DefaultPrior:
    """Return the prior of the intercept at the predictors' means.

    ``known`` is what offsets add to the predictor of a distributional parameter; the
    main one's are in the moments.
    """
    if part.inner:
        raise ValueError(f"{part.dpar} has no default: `needs-prior` says so")
    if not part.main:
        center, unit = parameter_moments(_dpar(family, part), part.link.name, moments)
        return DefaultPrior(
            "normal",
            (("mu", center - known), ("sigma", DPAR_INTERCEPT_SD * unit)),
            f"around the {part.link.name} of what {part.dpar} would have as a single "
            "number, at the predictors' means",
        )
    latent = is_latent(part)
    width = INTERCEPT_WIDTH
    reason = (
        f"around the mean of {family.measure}, {INTERCEPT_WIDTH:g} of its sds wide, at "
        "the predictors' means"
    )
    if latent:
        width = INTERCEPT_WIDTH_LATENT + INTERCEPT_WIDTH_RARE * _rare(moments)
        reason = (
            f"around the {part.link.name} of the pooled share, most of the probability "
            "scale, at the predictors' means"
        )
        if family.response == "count":
            reason = (
                f"around the {part.link.name} of the share above 0 that geometric "
                "counts with their mean have, at the predictors' means"
            )
        if family.has_categories:
            reason = (
                "around the log odds against the reference in all rows, most of the "
                "probability scale, at the predictors' means"
            )
    elif family.components:
        width = INTERCEPT_WIDTH_COMPONENT
        reason = (
            f"around the {'log of the ' if part.link.name == 'log' else ''}mean of "
            "all rows, one spread wide, at the predictors' means"
        )
    elif family.events:
        width = INTERCEPT_WIDTH_LOG
        reason = (
            "around the log of the events over the baseline hazard that rows have come "
            "through, were it the same at all times, at the predictors' means"
        )
    elif part.link.name == "log":
        width = INTERCEPT_WIDTH_LOG
        reason = "around the log of the response's mean, at the predictors' means"
    elif part.link.name != family.links[0]:
        reason = (
            f"around the {part.link.name} of the mean of {family.measure}, "
            f"{INTERCEPT_WIDTH:g} of its spreads wide, at the predictors' means"
        )
    return DefaultPrior(
        "normal", (("mu", moments.m), ("sigma", width * moments.s)), reason
    )


def effect(
    family: Family,
    part: BoundPredictor,
    moments: Moments,
    scale: float,
    beside: Sequence[str] = (),
    step: str | None = None,
) -> DefaultPrior:
    """Return the prior of a population effect.

    ``scale`` is one step of its column, or of what that adds to the columns
    ``beside`` it. ``step`` says it in words, where these are better.
    """
    width, what = EFFECT_WIDTH, f"up to a few {_unit(family, part)}"
    if not part.main:
        width, what = DPAR_EFFECT_WIDTH, f"about one {_unit(family, part)}"
    elif part.link.name == "log":
        width = EFFECT_WIDTH_LOG
        much = EFFECT_WIDTH_LOG * moments.s
        unit = _unit(family, part)
        what = f"about {much:.3g} {unit}, a factor of {math.exp(much):.2g}"
    elif is_latent(part) and family.response == "count":
        width = EFFECT_WIDTH_LOG
        much = EFFECT_WIDTH_LOG * moments.s
        what = f"about {much:.3g} {_unit(family, part)}, as it would the log of a mean"
    return DefaultPrior(
        "normal",
        (("mu", 0.0), ("sigma", width * _step(family, part, moments) / scale)),
        f"{step or f'one step of {_of_what(beside)} ({scale:.4g})'} moves it by {what}"
        f"{_of_unit(part, moments)}",
    )


def _of_what(beside: Sequence[str]) -> str:
    if not beside:
        return "the predictor"
    names = ", ".join(beside[:3]) + (", ..." if len(beside) > 3 else "")
    return f"what it adds to {names}"


def group_sd(
    family: Family,
    part: BoundPredictor,
    moments: Moments,
    scale: float,
    intercept: bool,
) -> DefaultPrior:
    """Return the prior of the standard deviation of a group effect."""
    what = "levels differ" if intercept else "effects differ between levels"
    if part.inner:
        step = "" if intercept else f" for one step ({scale:.4g})"
        return DefaultPrior(
            "half_normal",
            (("sigma", _step(family, part, moments) / scale),),
            f"{what} by about as much as is unknown of {part.dpar}, seldom by more "
            f"than twice that{step}",
        )
    if not part.main and part.link.name != "identity":
        step = "" if intercept else f" for one step ({scale:.4g})"
        return DefaultPrior(
            "half_normal",
            (("sigma", DPAR_GROUP_SD * _step(family, part, moments) / scale),),
            f"{what} by about a half, seldom by more than 1, "
            f"{_unit(family, part)}{step}",
        )
    if not part.main or part.link.name == "log":
        unit = _unit(family, part)
    else:
        unit = (
            "unit of the latent scale" if is_latent(part) else f"sd of {family.measure}"
        )
    step = "" if intercept else f" for one step ({scale:.4g})"
    return DefaultPrior(
        "exponential",
        (("rate", scale / _step(family, part, moments)),),
        f"{what} by about one {unit}{step}{_of_unit(part, moments)}",
    )


def smooth_sd(
    family: Family, part: BoundPredictor, moments: Moments, size: float
) -> DefaultPrior:
    """Return the prior of the standard deviation of a smooth's coefficients.

    What that means depends on the basis, on ``k`` and on how the variable is spread, as
    in mgcv and brms. ``size`` is how far from a straight line the curve typically is
    where it is 1, so that the prior is about the curve: it is away from straight by
    about as much as the response is spread, which may be nothing. One that bends often
    has an sd of up to 8 times that, since its first coefficients, which are those of
    slow bends, are then small: hence the tails of a t distribution, as in brms, whose
    2.5 spreads for ``sds`` are half of one of these for ``k=10`` and even values. On
    the log scale of a parameter such tails make draws overflow.
    """
    step, away = _step(family, part, moments), f"({size:.3g} where it is 1)"
    if part.inner or (not part.main and part.link.name != "identity"):
        unit = f"as is unknown of {part.dpar}"
        width = step
        if not part.inner:
            unit, width = _unit(family, part), 2.0 * DPAR_GROUP_SD * step
        much = f"as much {unit}" if part.inner else f"one {unit}"
        return DefaultPrior(
            "half_normal",
            (("sigma", width / size),),
            f"the curve is about {much} away from a straight line {away}",
        )
    unit = _unit(family, part)
    if part.main and part.link.name != "log":
        unit = (
            "unit of the latent scale" if is_latent(part) else f"sd of {family.measure}"
        )
    return DefaultPrior(
        "half_student_t",
        (("nu", 3.0), ("sigma", step / size)),
        f"the curve is about one {unit} away from a straight line {away}, several if "
        f"it bends often{_of_unit(part, moments)}",
    )


def group_df() -> DefaultPrior:
    """Return the prior of the degrees of freedom of group effects, as brms has it."""
    return DefaultPrior(
        "gamma",
        (("alpha", 2.0), ("beta", 0.1)),
        "from levels far out to nearly normal ones (Juárez & Steel 2010)",
        lower=1.0,
    )


def residual_correlation() -> DefaultPrior:
    """Return the prior of the correlations of the residuals of several responses."""
    return DefaultPrior(
        "lkj",
        (("eta", LKJ_SHAPE),),
        "mild preference for small correlations, any size possible",
    )


def correlation() -> DefaultPrior:
    """Return the prior of the correlations of group effects."""
    return DefaultPrior(
        "lkj",
        (("eta", LKJ_SHAPE),),
        "mild preference for small correlations, any size possible",
    )
