"""What is checked of ordinal families once a model is bound."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from varying.grammar.diagnostics import Sink

from ..distributions.in_order import log_chance_of_order
from ..distributions.table import REAL
from ..families.family import Family
from ..formula.places import columns_read
from .bound import BoundModel, PriorText, Response
from .priors.scalars import Scalar, ScalarParameters
from .question import CellQuestion

#: Priors that several ordered thresholds may have together, which are drawn until they
#: are in order, and how often that must be so.
_DRAWN_IN_ORDER, _LEAST = ("normal", "student_t"), 1e-3
_FLEXIBLE = "until then: `threshold=flexible`"
#: Thresholds that have a prior of their own, by their place among those of all items:
#: the target, and the prior.
Singles = Mapping[int, tuple[str, PriorText]]


def with_thresholds(
    targets: ScalarParameters, family: Family | None, response: Response | None, of: str
) -> ScalarParameters:
    """Return the targets of a response with each of its thresholds."""
    if family is None or response is None or not family.thresholds:
        return targets
    name = f"{of}.threshold" if of else "threshold"
    more = tuple(
        Scalar(f"{name}[{which}]", f"{name}[]", REAL, "", which)
        for which in _numbered(response, family)
    )
    return replace(targets, scalars=(*targets.scalars, *more))


def _numbered(response: Response, family: Family) -> tuple[str, ...]:
    """Return what stands in the brackets of each threshold, in their order."""
    items = response.items
    if items is None or items.varied:
        count = len(response.categories) - 1 - family.apart
        return tuple(f"{k}" for k in range(1, count + 1))
    return tuple(
        f"{level}, {k}"
        for level, cuts in zip(items.levels, items.cuts, strict=True)
        for k in range(1, cuts + 1)
    )


def single_priors(bound: BoundModel) -> Singles:
    """Return the thresholds that have a prior of their own: targets, by place."""
    names = _numbered(bound.response, bound.family)
    places = {f"{bound.target}threshold[{n}]": k for k, n in enumerate(names)}
    return {
        places[target]: (target, prior)
        for target, prior in bound.priors
        if target in places
    }


def _several_of_one(bound: BoundModel, places: Sequence[int]) -> bool:
    """Whether two of some thresholds are of one item; of all without items."""
    items = bound.response.items
    if items is None or items.varied:
        return len(places) > 1
    ends = np.cumsum(items.cuts)
    of = np.searchsorted(ends, places, side="right")
    return len(set(of.tolist())) < len(places)


def _check_single(bound: BoundModel, sink: Sink) -> None:
    """Report priors of single thresholds that cannot be had together."""
    single = single_priors(bound)
    if not single:
        return
    fixed = [p for _, p in single.values() if p.distribution == "constant"]
    if fixed:
        sink.add(
            "not-yet",
            fixed[0].span,
            "a threshold that is fixed is not compiled by this version",
            "it can have a narrow prior",
        )
        return
    written = dict(bound.priors)
    plain = f"{bound.target}threshold"
    whole = f"{plain}[mean]" in written or plain in written
    if bound.family.steps is not None:
        _check_single_steps(bound, single, whole, sink)
    else:
        _check_single_in_order(bound, single, whole, sink)


def _check_single_steps(
    bound: BoundModel, single: Singles, whole: bool, sink: Sink
) -> None:
    """Report priors that a threshold of steps cannot have beside the others'."""
    priors = [prior for _, prior in single.values()]
    odd = [
        p
        for p in priors
        if p.distribution != "normal" or p.lower is not None or p.upper is not None
    ]
    if odd or whole:
        sink.add(
            "not-yet",
            (odd or priors[-1:])[0].span,
            f"this prior of one threshold of {bound.family.name} is not compiled by "
            "this version",
            "one can have its own where the others have their default"
            if whole
            else "beside thresholds that have their default it is `normal(...)`",
        )
    elif bound.thresholds != "flexible":
        sink.add("not-yet", priors[-1].span, _of_layout(bound), _FLEXIBLE)


def _check_single_in_order(
    bound: BoundModel, single: Singles, whole: bool, sink: Sink
) -> None:
    """Report priors that a threshold among ordered ones cannot have beside others'."""
    last = list(single.values())[-1][1]
    items = bound.response.items
    several = _several_of_one(bound, list(single))
    if several and not whole and (items is None or items.varied):
        _check_several(bound, single, sink)
    elif whole or several:
        of = "" if items is None or items.varied else " of an item"
        sink.add(
            "not-yet",
            last.span,
            f"more than one prior of thresholds{of} of {bound.family.name} is not "
            "compiled by this version",
            "one of them can have its own, around which the others are laid out; or "
            "`threshold` has one for all",
        )
    elif bound.thresholds == "sum_to_zero":
        note = "they are laid out so that they sum to 0; in other layouts one can have "
        sink.add("not-yet", last.span, _of_layout(bound), f"{note}its own")


def _check_several(bound: BoundModel, single: Singles, sink: Sink) -> None:
    """Report priors of several ordered thresholds that are not drawn in order."""
    priors = [single[place][1] for place in sorted(single)]
    kinds = {prior.distribution for prior in priors}
    if bound.thresholds != "flexible":
        sink.add("not-yet", priors[-1].span, _of_layout(bound), _FLEXIBLE)
        return
    free = all(prior.lower is prior.upper is None for prior in priors)
    if not free or len(kinds) > 1 or not kinds <= set(_DRAWN_IN_ORDER):
        listed = " or ".join(f"`{name}(...)`" for name in _DRAWN_IN_ORDER)
        sink.add(
            "not-yet",
            priors[-1].span,
            f"these priors of several thresholds of {bound.family.name} are not "
            "compiled by this version",
            f"together they are all {listed}, without bounds",
        )
        return
    arguments = tuple(
        (name, tuple(float(dict(one.arguments)[name]) for one in priors))
        for name, _ in priors[0].arguments
    )
    if log_chance_of_order(priors[0].distribution, arguments) < math.log(_LEAST):
        sink.add(
            "not-yet",
            priors[-1].span,
            "thresholds with these priors are hardly ever in order, and are drawn "
            "until they are: this is not compiled by this version",
            f"fewer than 1 of {1 / _LEAST:,.0f} draws of them have the order that "
            "thresholds have",
        )


def _of_layout(bound: BoundModel) -> str:
    return (
        f"a prior of one threshold with `threshold={bound.thresholds}` is not compiled "
        "by this version"
    )


def check_priors_of_thresholds(bound: BoundModel, sink: Sink) -> None:
    """Report priors of thresholds that are laid out, or made, in another way."""
    if not bound.family.thresholds:
        return
    _check_single(bound, sink)
    priors = dict(bound.priors)
    for name in (f"{bound.target}threshold", f"{bound.target}threshold[mean]"):
        prior = priors.get(name)
        if prior is None:
            continue
        if bound.thresholds != "flexible":
            sink.add(
                "not-yet",
                prior.span,
                f"a prior of `{name}` with `threshold={bound.thresholds}` is not "
                "compiled by this version",
                "until then: their default prior, which `show priors` prints, or "
                "`threshold=flexible`",
            )
        elif prior.distribution == "dirichlet" and bound.family.name != "ordlogit":
            sink.add(
                "not-yet",
                prior.span,
                f"`dirichlet` for thresholds of {bound.family.name} is not compiled by "
                "this version",
                "it is for `ordlogit`; until then: `normal(0, 3)`, or the default",
            )


def check_category_scale(
    bound: BoundModel, cells: Sequence[CellQuestion], several: bool, sink: Sink
) -> None:
    """Report what is asked on the link scale of effects that thresholds differ in."""
    columns = bound.population.by_threshold
    read = {name for column in columns for name in columns_read(column)}
    for one in cells:
        if several and one.response != bound.response.name:
            continue
        named = {name for name, _ in (*one.parts, *one.by, *one.fixed)}
        asked = sorted(read & {*named, *one.numbers, one.variable})
        if one.scale in ("link", "latent") and asked:
            sink.add(
                "invalid-argument",
                one.span,
                f"`{asked[0]}` is in `cs()`: on the link scale it has an effect for "
                "each threshold, `bcs`, and none for all",
                "with `scale=prob` it is asked of the probabilities of the categories",
            )
