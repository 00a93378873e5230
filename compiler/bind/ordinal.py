"""What is checked of ordinal families once a model is bound."""

from __future__ import annotations

from collections.abc import Sequence

from varying.grammar.diagnostics import Sink

from ..formula.places import columns_read
from .bound import BoundModel
from .question import CellQuestion


def check_priors_of_thresholds(bound: BoundModel, sink: Sink) -> None:
    """Report priors of thresholds that are laid out, or made, in another way."""
    if not bound.family.thresholds:
        return
    if bound.family.steps is not None and bound.thresholds != "flexible":
        option = next(
            one
            for one in bound.statement.formula.options
            if one.name.text in ("threshold", "family")
        )
        sink.add(
            "not-yet",
            option.span,
            f"`threshold={bound.thresholds}` of {bound.family.name} is not compiled by "
            "this version",
            "it is for cumulative models; until then: `flexible`, the default",
        )
        return
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
