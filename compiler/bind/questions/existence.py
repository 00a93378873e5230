"""Which groups an answer is about by default, and averages that do not exist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from varying.grammar.diagnostics import Sink
from varying.grammar.source import Span
from varying.grammar.tree import Option

from ...families.family import Family
from ..question import Scale
from .known import Choices, ModelCells

__all__ = ["INSTEAD", "absence", "by_default", "exists"]


def by_default(scale: Scale, cells: ModelCells) -> bool:
    """Whether group effects of 0 would say little of the population."""
    return scale not in ("link", "latent", "quantile") and bool(cells.grouping_factors)


def exists(
    found: Choices, options: Sequence[Option], cells: ModelCells, sink: Sink
) -> bool:
    """Whether there is an average over new groups, where one is asked for."""
    on_link = found.scale in ("link", "latent") and cells.linear
    if found.groups != "average" or on_link or cells.family is None:
        return True
    absent = absence(
        cells.family,
        cells.link,
        cells.groups,
        mean=found.scale == "response",
        linear=cells.linear,
        heavy=cells.heavy,
        inside=cells.inside,
    )
    if absent is None:
        return True
    place = next((o.span for o in options if o.name.text in ("groups", "scale")), None)
    if place is None:
        place = options[0].span if options else Span(0, 0)
    message, why = absent
    sink.add("no-such-scale", place, message, why, INSTEAD)
    return False


#: What there is instead of an average over new groups.
INSTEAD = (
    "`groups=fitted` is the mean over the groups of the data, `groups=zero` that of a "
    "group whose effects are 0"
)


def absence(
    family: Family,
    link: str | None,
    groups: Mapping[str, Sequence[str]],
    *,
    mean: bool,
    linear: bool = True,
    heavy: Sequence[str] = (),
    inside: Mapping[str, Sequence[str]] | None = None,
) -> tuple[str, str] | None:
    """Return that there is no average over new groups, and why; None: there is one.

    Parameters
    ----------
    family, link
        Of the response.
    groups
        Grouping factors by the parameter whose formula has them.
    mean
        Whether the mean of the response is averaged; else a probability.
    linear
        Whether the main predictor is a sum.
    heavy
        Grouping factors whose effects have a t distribution.
    inside
        Grouping factors in what a further parameter is calculated from, by its name.
    """
    # a parameter of a formula that is not linear may be called as the main one
    main = groups.get(family.predictor) if linear else None
    if main and _partial(family, link):
        return (
            f"averages over new groups do not exist under the {link} link",
            "effects are normal, and the predictor of some groups is where the link "
            f"gives no parameter of {family.shown}",
        )
    if not mean:
        return None
    infinite = "the mean of the response over new levels of `{}` is infinite"
    named = "" if family.own else family.name
    if heavy and linear and (link == "log" or "lognormal" in named):
        return (
            infinite.format(heavy[0]),
            "their effects have a t distribution, and the mean grows with the "
            "exponential of the predictor",
        )
    if main and link == "cloglog" and named.endswith("discrete_weibull"):
        return (
            infinite.format(main[0]),
            "their effects are normal, and the mean grows with the exponential of the "
            "exponential of the predictor",
        )
    for parameter, why in _without_mean(family):
        own = groups.get(parameter)
        if own:
            return infinite.format(own[0]), why
        if inside and (own := inside.get(parameter)):
            return (
                f"whether the response has a mean over new levels of `{own[0]}` is "
                "not known",
                f"`{parameter}` is calculated from their effects, and the mean grows "
                "so fast with it that there need be none",
            )
    return None


#: By the end of a family's name: a parameter of which the mean is such that over normal
#: effects there is none, and why.
_WITHOUT_MEAN = {
    "lognormal": (
        "sigma",
        "`log {}` is normal over them, and the mean of a lognormal response grows with "
        "`exp(sigma^2 / 2)`",
    ),
    "gen_extreme_value": (
        "xi",
        "`{}` is normal over them, and from 1 on the response has no mean",
    ),
    "discrete_weibull": (
        "shape",
        "`log {}` is normal over them, and the mean grows with the exponential of "
        "1 / shape",
    ),
}


def _without_mean(family: Family) -> Iterator[tuple[str, str]]:
    """Yield parameters whose effects leave a family without a mean, and why."""
    each = [("", family)]
    each += [(str(at), one) for at, one in enumerate(family.components, start=1)]
    for number, one in each:
        for name, (parameter, why) in _WITHOUT_MEAN.items():
            # what users call theirs says nothing of them
            if one.name.endswith(name) and not one.own:
                yield f"{parameter}{number}", why.format(f"{parameter}{number}")


def _partial(family: Family, link: str | None) -> bool:
    """Whether new groups may have a predictor that a link has no use for.

    Links of a share or of a mean above 0 are there for all numbers, but for those whose
    inverse leaves the range of the parameter.
    """
    if link in ("inverse", "1/mu^2", "log1p", "sqrt"):
        return True
    own = family.links[0]
    return (
        link is not None
        and link != own
        and (
            (own == "logit" and link in ("identity", "log"))
            or (own == "log" and link == "identity")
        )
    )
