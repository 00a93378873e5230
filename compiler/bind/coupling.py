"""Residual correlation of several responses: ``rescor=true``.

The residuals of a row are normal, or of a multivariate t, with one correlation matrix
for all rows. With one response, or where their families have no common density,
there is none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from varying.grammar.diagnostics import Sink
from varying.grammar.tree import Name, Option
from varying.grammar.walk import unwrap

from ..distributions.table import REAL
from ..families.family import Family
from .bound import BoundPredictor, ResidualCorrelation, Response
from .chained import told_twice
from .priors.scalars import Scalar, ScalarParameters
from .several import OneResponse

#: Families whose residuals can be correlated: what their responses then share.
SHARED: dict[str, str | None] = {"gaussian": None, "student": "nu"}

#: What priors and references call the correlations.
RESCOR = "rescor"

Drafted = tuple[OneResponse, Family | None, Response | None, Sequence[BoundPredictor]]


def bind_coupling(
    each: Sequence[Drafted],
    option: Option | None,
    read: Mapping[str, Sequence[str]],
    terms: Mapping[str, frozenset[str]],
    sink: Sink,
) -> ResidualCorrelation | None:
    """Return the residual correlation of responses; None where there is none.

    For ``read`` and ``terms`` see ``told_twice``.
    """
    if option is None:
        return None
    value = unwrap(option.value)
    if not isinstance(value, Name) or value.text != "true":
        return None

    def fault(message: str, *notes: str) -> None:
        sink.add("residual-correlation", option.span, message, *notes)

    if len(each) == 1:
        fault(
            "a model with one response has no residual correlation",
            "several responses are `mvbind(y1, y2) ~ x`, or further indented formulas",
        )
        return None
    families = {family.name for _, family, _, _ in each if family is not None}
    if len(families) < len({family for _, family, _, _ in each}):
        return None  # a family is at fault
    if len(families) > 1 or not families <= SHARED.keys():
        fault(
            "residuals can be correlated where all responses are "
            f"{' or all are '.join(SHARED)}, not {' and '.join(sorted(families))}",
            "group effects that share an id, `(1 |p| g)`, are correlated whatever the "
            "families",
        )
        return None
    weighted = [one.name for one, _, r, _ in each if r is not None and r.weight]
    if weighted:
        fault(
            f"the rows of `{weighted[0]}` have weights, and correlated residuals have "
            "one density for all responses of a row",
            "leave out the weights, or the correlation",
        )
        return None
    measured = [one.name for one, _, r, _ in each if r is not None and r.error]
    if measured:
        fault(
            f"rows of `{measured[0]}` have errors of known size beside residuals: "
            "no two rows would be correlated alike",
            "leave out `sigma=TRUE`, or the correlation",
        )
        return None
    limited = [one.name for one, _, r, _ in each if r is not None and r.limits]
    if limited:
        fault(
            f"rows of `{limited[0]}` are censored or truncated: their residuals, which "
            "would be correlated with others, are not known",
            "group effects that share an id, `(1 |p| g)`, are correlated all the same",
        )
        return None
    (family,) = families
    shared = SHARED[family]
    modelled = [o for one, _, _, parts in each for o in parts if o.dpar == shared]
    if modelled:
        fault(
            f"`{shared}` is one number for all responses whose residuals are "
            f"correlated, and `{modelled[0].target[:-1]}` has a formula",
            "leave out the formula, or the correlation",
        )
        return None
    # another spread in other rows tells them apart as well
    twice = None if any(parts for *_, parts in each) else told_twice(read, terms)
    if twice is not None:
        name, other = twice
        fault(
            f"the effect of `{other}` on `{name}` and the correlation of their "
            "residuals explain the same, and nothing tells them apart",
            f"leave out one of the two, or give `{other}` a predictor that `{name}` "
            "has not: an instrumental variable",
        )
        return None
    return ResidualCorrelation(RESCOR, shared)


def with_coupling(
    targets: ScalarParameters, coupling: ResidualCorrelation | None
) -> ScalarParameters:
    """Return the targets of a model with those of its residual correlation."""
    if coupling is None:
        return targets
    more = [Scalar(coupling.target, coupling.target, REAL)]
    kept = targets.scalars
    if coupling.shared is not None:
        # one for all responses
        own = [f"{response}.{coupling.shared}" for response in targets.responses]
        first = next(one for one in kept if one.target == own[0])
        name = coupling.shared
        more = [replace(first, target=name, kind=name), *more]
        kept = tuple(one for one in kept if one.target not in own)
    return replace(targets, scalars=(*kept, *more))
