"""What data sets from the default priors of a case are like, and must be like."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from varying.compiler.bind.response import response_values
from varying.compiler.families import FAMILIES
from varying.compiler.lower.learn import learn

from .grid import CURVES, EIGHT, PRODUCT, SEVERAL, THREE_CENTRED, THREE_WAY, Case
from .prior_draws import data_sets, offsets

Array = NDArray[Any]

DATA_SETS = 1000
#: Rows further than this many units of effects, ``s``, from ``m`` are far.
FAR = 5.0
#: A count beyond it is no count that anybody has seen.
HUGE = 1e9


@dataclass(frozen=True)
class Measures:
    """What 1,000 data sets from the priors of a case are like.

    Attributes
    ----------
    prior
        Central 95 % of all their responses.
    data
        5 % and 95 % quantiles of the observed ones.
    not_finite
        Share of data sets with a response, or a parameter, that is no number.
    far
        Share of rows whose predictor (less its offset) is more than 5 s from m.
    degenerate
        Share of data sets that nobody would have collected: all responses equal,
        or one beyond ``HUGE`` (counts), or 10^4 times the data's range away, or no
        event (``cox``).
    outside
        Statistics of the data that are not in their central 95 %.
    dpar
        Central 95 % of the parameter that has a formula.
    """

    prior: tuple[float, float]
    data: tuple[float, float]
    not_finite: float
    far: float
    degenerate: float
    outside: tuple[str, ...]
    dpar: tuple[float, float] | None

    @property
    def covers(self) -> bool:
        """Whether the data's central 90 % are within the prior's 95 %."""
        return self.prior[0] <= self.data[0] and self.data[1] <= self.prior[1]


def _statistics(y: Array, kind: str) -> dict[str, Array]:
    """Return statistics of data sets, one data set a row."""
    with np.errstate(over="ignore"):
        found = {"mean": y.mean(axis=1)}
    if kind not in ("binary", "successes"):
        with np.errstate(over="ignore", invalid="ignore"):
            found["sd"] = y.std(axis=1)
    if kind in ("count", "ordinal", "successes"):
        found["zeros"] = (y == 0).mean(axis=1)
        found["max"] = y.max(axis=1)
    if kind in ("ordinal", "heavy"):
        found["median"] = np.median(y, axis=1)
    if kind == "heavy":
        # outliers move it, and nothing follows from it
        del found["mean"]
    return found


def _interval(values: Array) -> tuple[float, float]:
    """Return the central 95 %; of numbers only, where some are none."""
    low, high = np.nanquantile(values, [0.025, 0.975], method="inverted_cdf")
    return float(low), float(high)


def measure(case: Case, draws: int = DATA_SETS, seed: int = 1) -> Measures:
    """Draw data sets from the priors of a case and hold them against the data."""
    model = case.compile()
    family, program, frame = FAMILIES[case.family], model.program, model.frame
    moments = learn(
        model.bound,
        model.prepared.table,
        response_values(model.bound.response, model.prepared.table),
        model.prepared.computed,
    ).moments
    # thresholds are the intercept: the predictor itself is around 0
    middle = 0.0 if family.thresholds else moments.m
    observed = np.asarray(frame[program.likelihood.value], dtype=float)
    added = offsets(program, frame)
    y = np.empty((draws, len(observed)))
    eta = np.empty_like(y)
    dpar = np.empty_like(y) if case.design.dpar else None
    finite = np.ones(draws, dtype=bool)
    rng = np.random.default_rng(seed)
    for i, (arguments, response) in enumerate(data_sets(rng, program, frame, draws)):
        y[i] = response
        eta[i] = arguments[family.predictor] - added
        finite[i] = all(np.isfinite(x).all() for x in arguments.values())
        if dpar is not None and case.design.dpar:
            dpar[i] = arguments[case.design.dpar[0]]
    finite &= np.isfinite(y).all(axis=1)

    degenerate = y.max(axis=1) == y.min(axis=1)
    if family.response == "successes":
        trials = frame["trials"]
        degenerate = (y == 0).all(axis=1) | (y == trials).all(axis=1)
    if family.response == "count":
        degenerate = (y == 0).all(axis=1) | (y > HUGE).any(axis=1)
    if family.response == "continuous":
        z, at = y, observed
        if case.family.endswith("lognormal"):
            # zeros of their own are none of the logs
            z, at = np.log(np.where(y == 0.0, 1.0, y)), np.log(observed[observed > 0.0])
            z = np.where(y == 0.0, np.median(at), z)
        away = np.abs(z - np.median(at)).max(axis=1)
        degenerate = away > 1e4 * np.ptp(at)
        if "log" in family.links:
            degenerate = (y > FAR_LOG * np.median(observed)).any(axis=1)
        if family.events:
            # nobody has an event by the last knot, or all at once
            degenerate = np.ptp(y, axis=1) < SAME * np.ptp(observed)
    kind = "heavy" if case.family == "student" else family.response
    theirs, ours = _statistics(y, kind), _statistics(observed[None], kind)
    outside = []
    for name, values in theirs.items():
        low, high = _interval(values)
        if not low <= ours[name][0] <= high:
            outside.append(name)
    low, high = _interval(y)
    bottom, top = np.quantile(observed, [0.05, 0.95])
    spread = None
    if dpar is not None:
        spread = _interval(dpar)
    return Measures(
        prior=(low, high),
        data=(float(bottom), float(top)),
        not_finite=float(1.0 - finite.mean()),
        far=float((np.abs(eta - middle) > FAR * moments.step).mean()),
        degenerate=float(degenerate.mean()),
        outside=tuple(outside),
        dpar=spread,
    )


# ---- what is asked, and what is known to miss it ------------------------------------

#: Times that differ by less, as a share of the range of the data's, are the same.
SAME = 1e-6
#: Where the link is a log, no data have a value so many times their median.
FAR_LOG = 1e8
#: At most this share of rows may be far, and of data sets degenerate: a prior
#: may expect an event seldom, but not as good as never.
FAR_SHARE = 0.15
DEGENERATE_SHARE = 0.2


def misses(case: Case, found: Measures) -> set[str]:
    """Return what a case does not do that all should.

    That a standard deviation or a largest value is outside is not among them:
    with every further term the priors expect more of both than there can be.
    """
    wrong = {
        "not finite": found.not_finite > 0,
        "covers": not found.covers,
        "far": found.far > FAR_SHARE,
        "degenerate": found.degenerate > DEGENERATE_SHARE,
        **{name: name in found.outside for name in ("mean", "zeros", "median")},
    }
    return {name for name, is_so in wrong.items() if is_so}


@dataclass(frozen=True)
class Miss:
    """A class of cases that miss something, and why that is left as it is."""

    what: frozenset[str]
    reason: str
    of: Callable[[Case], bool]


KNOWN = (
    Miss(
        frozenset({"far", "mean", "zeros"}),
        "many terms: each may move the response by as much as one alone",
        lambda case: case.design in (THREE_WAY, THREE_CENTRED, EIGHT),
    ),
    Miss(
        frozenset({"far"}),
        "several numeric columns: each has room of its own, and narrower priors would "
        "shift effects",
        lambda case: case.design in SEVERAL,
    ),
    Miss(
        frozenset({"mean"}),
        "both components have effects on the log scale, and the larger counts have "
        "the mean",
        lambda case: (
            case.family == "mixture(poisson, negbinomial)"
            and case.design in (PRODUCT, CURVES)
        ),
    ),
    Miss(
        frozenset({"zeros"}),
        "a row in five is so far out, half of them below: of ten trials it has no "
        "success",
        lambda case: (
            (case.family, case.scale.name) == ("binomial", "of 10")
            and case.design == PRODUCT
        ),
    ),
    Miss(
        frozenset({"covers", "mean"}),
        "without an intercept: steps that are even on the whole end early, and it is "
        "for the predictor to say that these do not",
        lambda case: (
            case.family in ("sratio", "cratio")
            and "threshold=sum_to_zero" in case.design.name
        ),
    ),
)


def known(case: Case) -> set[str]:
    """Return what a case is known to miss."""
    return set().union(*(miss.what for miss in KNOWN if miss.of(case)))
