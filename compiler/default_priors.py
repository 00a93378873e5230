"""The default priors: one function a class of parameter, each with its reason.

They are stated for centred predictors and in the response's own units: ``m``
and ``s`` are its centre and spread on the link scale, ``c`` the size of one
step of a column. The rules are those of ``docs/priors.md``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from .bound import BoundModel
from .families.family import DefaultPrior, Moments

#: Prior sd of the intercept in units of ``s``: wide for a location in the
#: response's units, narrower on the logit scale, where 2.5 would pile up
#: probability at 0 and 1.
INTERCEPT_WIDTH = 2.5
INTERCEPT_WIDTH_LATENT = 1.5
#: Prior sd of the effect of one step of a column, in units of ``s``.
EFFECT_WIDTH = 2.5
LKJ_SHAPE = 2.0
#: Thresholds of K categories, measured in ``docs/decisions/0001``: prior sd of
#: the middle one, in units of the latent spread and times ``1 - 1/K``, ...
THRESHOLD_CENTER_WIDTH = 3.0
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
    return ThresholdDefaults(
        center_sd=THRESHOLD_CENTER_WIDTH * shrink * moments.s,
        gap_location=math.log(THRESHOLD_RANGE * moments.s / categories),
        gap_location_sd=THRESHOLD_GAP_COMMON_SD,
        gap_sd=THRESHOLD_GAP_SD * shrink,
    )


THRESHOLD_REASON = (
    "in order, the same for a reversed scale; neighbours typically {gap:.3g} apart, "
    "the whole scale 2 to 3 times wider or narrower, a single gap up to 10 times"
)


def is_latent(bound: BoundModel) -> bool:
    """Whether the linear predictor is on a latent (logit-like) scale."""
    return bound.link.domain == "unit interval"


def intercept(bound: BoundModel, moments: Moments) -> DefaultPrior:
    """Return the prior of the intercept at the predictors' means."""
    if is_latent(bound):
        return DefaultPrior(
            "normal",
            (("mu", moments.m), ("sigma", INTERCEPT_WIDTH_LATENT * moments.s)),
            "most of the probability scale, at the predictors' means",
        )
    return DefaultPrior(
        "normal",
        (("mu", moments.m), ("sigma", INTERCEPT_WIDTH * moments.s)),
        "around the response's mean, 2.5 of its sds wide, at the predictors' means",
    )


def effect(bound: BoundModel, moments: Moments, scale: float) -> DefaultPrior:
    """Return the prior of a population effect."""
    unit = "latent sds" if is_latent(bound) else "sds of the response"
    return DefaultPrior(
        "normal",
        (("mu", 0.0), ("sigma", EFFECT_WIDTH * moments.s / scale)),
        f"one step of the predictor ({scale:.4g}) moves it by up to a few {unit}",
    )


def group_sd(
    bound: BoundModel, moments: Moments, scale: float, intercept: bool
) -> DefaultPrior:
    """Return the prior of the standard deviation of a group effect."""
    what = "levels differ" if intercept else "effects differ between levels"
    unit = "unit of the latent scale" if is_latent(bound) else "sd of the response"
    return DefaultPrior(
        "exponential",
        (("rate", scale / moments.s),),
        f"{what} by about one {unit} for one step ({scale:.4g})"
        if not intercept
        else f"{what} by about one {unit}",
    )


def correlation() -> DefaultPrior:
    """Return the prior of the correlations of group effects."""
    return DefaultPrior(
        "lkj",
        (("eta", LKJ_SHAPE),),
        "mild preference for small correlations, any size possible",
    )
