"""Priors of times that are in another unit than the data, or after them."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from ..bind.bound import PriorText
from ..distributions.quantiles import middle_and_spread
from ..lower.learn import response_moments
from .subject import Finding, Subject

#: So many spreads from its middle a prior has nothing.
_FAR = 3.0
#: A distance of bounds that no prior of times in that unit means: so many times.
_MUCH = 3.0
_UNIT = (
    "a prior of seconds says nothing of milliseconds: `varying show priors` has the "
    "default, which goes by the data"
)


def other_unit(subject: Subject) -> Iterator[Finding]:
    """Find priors of ``ndt`` after the responses, and of ``bs`` far from them."""
    bound = subject.bound
    names = {dpar.name for dpar in bound.family.dpars}
    if "ndt" not in names or not len(subject.response):
        return
    priors = dict(bound.priors)
    yield from _after(subject, priors.get(f"{bound.target}ndt"), logs=False)
    for end in ("Intercept", "Intercept[mean]"):
        part = next((p for p in bound.predictors if p.dpar == "ndt"), None)
        logs = part is not None and part.link.name == "log"
        if logs:
            yield from _after(subject, priors.get(f"{bound.target}ndt.{end}"), logs)
    if "bs" in names:
        yield from _elsewhere(subject, priors.get(f"{bound.target}bs"))


def _ends(prior: PriorText) -> tuple[float, float] | None:
    """Return where a prior begins and ends, but for next to nothing of it."""
    if prior.same:
        return None
    given = dict(prior.arguments)
    if prior.distribution == "constant":
        return given["value"], given["value"]
    found = middle_and_spread(prior.distribution, given, prior.lower, prior.upper)
    if found is None:
        return None
    middle, spread = found
    return middle - _FAR * spread, middle + _FAR * spread


def _after(subject: Subject, prior: PriorText | None, logs: bool) -> Iterator[Finding]:
    ends = None if prior is None else _ends(prior)
    if prior is None or ends is None:
        return
    least = float(np.min(subject.response))
    # people may differ in it: one number is below the shortest response of all
    before = float(np.median(subject.response)) if logs else least
    first = math.exp(min(ends[0], 700.0)) if logs else ends[0]
    if first < before:
        return
    yield Finding(
        prior.span,
        f"`ndt` is a part of every response, the shortest of which is {least:.4g}, and "
        f"`{prior.text}` puts it at {first:.3g} or later",
        ("no response has a density then, and no chain can start", _UNIT),
    )


def _elsewhere(subject: Subject, prior: PriorText | None) -> Iterator[Finding]:
    ends = None if prior is None else _ends(prior)
    if prior is None or ends is None:
        return
    moments = response_moments(subject.bound, subject.table, subject.response)
    typical = 1.0 / moments.s
    if ends[0] <= _MUCH * typical and ends[1] >= typical / _MUCH:
        return
    yield Finding(
        prior.span,
        f"`{prior.text}` puts `bs`, the distance of the bounds, far from where "
        f"responses as long as these have it: about {typical:.3g}",
        (f"`bs` goes with the square root of the unit of times; {_UNIT}",),
    )
