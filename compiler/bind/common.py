"""Statements at the margin: what they name must be there in one of the models.

A prior before the first model, a quantity, a test and a contrast hold for each model
that has what they name. What a model lacks is a fault only if all of them do.
"""

from __future__ import annotations

from collections.abc import Sequence

from varying.grammar.diagnostics import Diagnostic, Sink
from varying.grammar.source import Span
from varying.grammar.tree import (
    CellStatement,
    PriorStatement,
    QuantityStatement,
    TestStatement,
)

Shared = PriorStatement | QuantityStatement | TestStatement | CellStatement
OF_ANY_MODEL = (PriorStatement, QuantityStatement, TestStatement, CellStatement)

#: Rules about what one model may lack and another have.
_LACKS = frozenset({"unknown-target", "factor-not-in-model"})


def is_common(fault: Diagnostic, common: Sequence[Shared]) -> bool:
    """Whether it is what a model lacks of a statement at the margin."""
    return fault.rule in _LACKS and any(inside(fault.span, s.span) for s in common)


def inside(span: Span, outer: Span) -> bool:
    """Whether a place is part of another."""
    return outer.start <= span.start and span.end <= outer.end


def unknown_everywhere(shared: Shared, sinks: Sequence[Sink]) -> list[Diagnostic]:
    """Return what is to be said of a statement that no model has all of.

    Parameters
    ----------
    shared
        The statement.
    sinks
        What binding each model has found.
    """
    missing = [[d for d in own.diagnostics if is_common(d, [shared])] for own in sinks]
    if isinstance(shared, PriorStatement):
        return _targets_unknown(shared, missing)
    # what is said is said by the model that comes nearest
    return min(missing, key=len) if all(missing) else []


def _targets_unknown(
    prior: PriorStatement, missing: Sequence[Sequence[Diagnostic]]
) -> list[Diagnostic]:
    """Return what no model has of the targets that a prior names.

    A model without the class (``b``) or the group (``sd[g]``) has none of what is
    named inside it; what is said is said by the model that comes nearest.
    """
    refs = prior.target.refs or ()
    wholes = {prior.target.name.span}
    if prior.target.name.text in ("sd", "cor"):
        wholes |= {ref.span for ref in refs[:1]}
    found: dict[Span, Diagnostic] = {}
    for fault in (fault for own in missing for fault in own):
        everywhere = all(
            any(
                d.span == fault.span
                or (d.span in wholes and d.span.start < fault.span.start)
                for d in own
            )
            for own in missing
        )
        known = found.get(fault.span)
        if everywhere and (known is None or (known.fix is None and fault.fix)):
            found[fault.span] = fault
    return list(found.values())
