"""Which groups an answer is about by default, and averages that do not exist."""

from __future__ import annotations

from collections.abc import Sequence

from varying.grammar.diagnostics import Sink
from varying.grammar.source import Span
from varying.grammar.tree import Option

from ..question import Scale
from .known import Choices, ModelCells

__all__ = ["by_default", "exists"]


def by_default(scale: Scale, cells: ModelCells) -> bool:
    """Whether group effects of 0 would say little of the population."""
    return scale not in ("link", "latent") and any(cells.groups.values())


def exists(
    found: Choices, options: Sequence[Option], cells: ModelCells, sink: Sink
) -> bool:
    """Whether there is an average over new groups, where one is asked for."""
    family = cells.family
    on_link = found.scale in ("link", "latent") and cells.linear
    if found.groups != "average" or on_link or family is None:
        return True
    if _partial(cells):
        sink.add(
            "no-such-scale",
            options[0].span if options else Span(0, 0),
            f"averages over new groups do not exist under the {cells.link} link",
            "effects are normal, and the predictor of some groups is where the link "
            f"gives no parameter of {family.name}",
            "`groups=fitted` is the mean over the groups of the data, `groups=zero` "
            "that of a group whose effects are 0",
        )
        return False
    if found.scale != "response":
        return True
    if cells.heavy and _exponential(cells):
        sink.add(
            "no-such-scale",
            options[0].span if options else Span(0, 0),
            f"the mean of the response over new levels of `{cells.heavy[0]}` is "
            "infinite",
            "their effects have a t distribution, and the mean grows with the "
            "exponential of the predictor",
            "`groups=fitted` is the mean over the levels of the data, `groups=zero` "
            "that of a level whose effects are 0",
        )
        return False
    own = cells.groups.get("sigma", ())
    place = next(
        (o.span for o in options if o.name.text in ("groups", "scale")), options[0].span
    )
    if "lognormal" in family.name and own:
        sink.add(
            "no-such-scale",
            place,
            f"the mean of the response over new levels of `{own[0]}` is infinite",
            "`log sigma` is normal over them, and the mean of a lognormal response "
            "grows with `exp(sigma^2 / 2)`",
            "`groups=fitted` is the mean over the levels of the data, `groups=zero` "
            "that of a level whose effects are 0",
        )
        return False
    return True


def _exponential(cells: ModelCells) -> bool:
    """Whether the mean of the response is the exponential of a predictor."""
    family = cells.family
    assert family is not None
    return cells.linear and (cells.link == "log" or "lognormal" in family.name)


def _partial(cells: ModelCells) -> bool:
    """Whether new groups may have a predictor that the main link has no use for.

    Links of a share or of a mean above 0 are there for all numbers, but for those whose
    inverse leaves the range of the parameter.
    """
    family, link = cells.family, cells.link
    grouped = family is not None and bool(cells.groups.get(family.predictor))
    if family is None or link is None or not (grouped and cells.linear):
        return False
    if link in ("inverse", "1/mu^2", "log1p", "sqrt"):
        return True
    own = family.links[0]
    return link != own and (
        (own == "logit" and link in ("identity", "log"))
        or (own == "log" and link == "identity")
    )
