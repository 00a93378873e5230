"""Times: priors in another unit than the data or after them, and answers too fast."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from varying.grammar.printer import name_text

from ..bind.bound import PriorText
from ..distributions.quantiles import middle_and_spread
from ..lower.learn import response_moments
from .subject import Finding, LintedModel

#: So many spreads from its middle a prior has nothing.
_FAR = 3.0
#: A distance of bounds that no prior of times in that unit means: so many times.
_MUCH = 3.0
#: From so many rows on the shortest of them can be told from the others: few, ...
_ENOUGH, _FEW = 20, 0.02
#: ... and so many times shorter than what nearly all are.
_TIMES_FASTER = 3.0
_UNIT = (
    "a prior of seconds says nothing of milliseconds: `varying show priors` has the "
    "default, which goes by the data"
)


def other_unit(subject: LintedModel) -> Iterator[Finding]:
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


def too_fast(subject: LintedModel) -> Iterator[Finding]:
    """Find a few responses far shorter than the others, which hold ``ndt`` near 0."""
    response, times = subject.bound.response, subject.response
    if "ndt" not in {dpar.name for dpar in subject.bound.family.dpars}:
        return
    if len(times) < _ENOUGH:
        return
    early = float(np.quantile(times, 0.05, method="inverted_cdf"))
    fast = np.asarray(times) < early / _TIMES_FASTER
    count = subject.table.count(fast)
    if not count or count > max(1.0, _FEW * subject.table.total):
        return
    least, next_ = float(np.min(times)), float(np.min(np.asarray(times)[~fast]))
    what = (
        f"one of {least:.4g} is" if count == 1 else f"{count} from {least:.4g} on are"
    )
    notes = [
        f"`ndt` is below the shortest response, so these hold it near 0 for all: 95 % "
        f"are {early:.4g} or longer",
    ]
    if response.expression is None:
        notes.append(
            "if they are no answers, leave them out: "
            f"`where {name_text(response.column)} >= {next_:.4g}`"
        )
    yield Finding(
        response.span,
        f"of the responses `{response.name}` {what} far too fast",
        (*notes,),
    )


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


def _after(
    subject: LintedModel, prior: PriorText | None, logs: bool
) -> Iterator[Finding]:
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


def _elsewhere(subject: LintedModel, prior: PriorText | None) -> Iterator[Finding]:
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
