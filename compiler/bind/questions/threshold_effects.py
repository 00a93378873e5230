"""References to effects on single thresholds: ``bcs[x, 2]`` of ``cs(x)``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from varying.grammar.diagnostics import Sink
from varying.grammar.tree import Number, Ref, RefPart, Target

from ...families.ordinal.thresholds import threshold_labels
from ..priors.named import ref_text
from ..priors.targets import matches
from ..question import Reference
from .scope import Scope, several

__all__ = ["number_of", "threshold_effect"]


def threshold_effect(
    target: Target, of: str, refs: Sequence[Ref], scope: Scope, sink: Sink
) -> Reference | None:
    """Return the effect of a column on one threshold; None after a fault.

    Its name in a summary, ``bcs[x[1|2]]``, is understood where it can be read.
    """
    kind, categories = target.name.text, scope.categories.get(of)
    columns = [one.name for one in scope.parts[of][0].by_threshold]
    if categories is None:
        return None
    boundaries = threshold_labels(categories)
    labels = [f"{name}[{one}]" for name in columns for one in boundaries]
    texts = [
        f"{kind}[{n}, {k}]" for n in columns for k in range(1, len(boundaries) + 1)
    ]

    def found(place: int) -> Reference:
        column = columns[place // len(boundaries)]
        whole = f"{kind}[{column}]"
        return Reference(texts[place], "bcs", of, places=(place,), target=whole)

    if len(refs) == 1 and ref_text(refs[0]) in labels:
        return found(labels.index(ref_text(refs[0])))
    number = number_of(refs[-1]) if len(refs) > 1 else None
    named = replace(target, refs=tuple(refs if number is None else refs[:-1]) or None)
    scalars = [scalar for _, scalar in matches(named, scope.targets, sink)]
    if not scalars:
        return None
    places = [columns.index(one.coefficient) for one in scalars]
    if number is None or len(scalars) > 1:
        count = len(boundaries)
        each = [t for p in places for t in texts[p * count : (p + 1) * count]]
        several(target, each, sink)
        return None
    if not 1 <= number <= len(boundaries):
        sink.add(
            "unknown-target",
            refs[-1].span,
            f"there is no threshold {number}",
            f"they are numbered from 1 to {len(boundaries)}",
        )
        return None
    return found(places[0] * len(boundaries) + number - 1)


def number_of(ref: Ref) -> int | None:
    """Return the whole number that stands in brackets; None: it is none."""
    match ref.parts:
        case (RefPart(base=Number() as number, level=None),) if (
            number.value.is_integer()
        ):
            return int(number.value)
    return None
