"""What is said of a long file whose head alone was read."""

from __future__ import annotations

from dataclasses import replace

from varying.grammar.diagnostics import Diagnostic, Severity, Sink
from varying.grammar.rules import RULE_GROUPS
from varying.grammar.source import Span

#: Errors that rows further down may undo: a level, a value or a row is not there.
_UNDONE = frozenset(
    {
        "all-missing",
        "cannot-learn",
        "constant-response",
        "empty-data",
        "factor-not-in-model",
        "group-per-row",
        "one-category",
        "one-group",
        "one-level",
        "unfilled-column",
        "unknown-level",
    }
)
#: Warnings and hints that rows further down may undo.
_OF_ROWS = frozenset(
    {
        "almost-numbers",
        "collinear",
        "empty-cell",
        "few-groups",
        "fractional-categories",
        "guessed-order",
        "missing-category",
        "missing-codes",
        "rows-dropped",
        "unused-level",
    }
) | {rule.id for rule in RULE_GROUPS["Statistics"]}


def of_the_head(found: Sink, read: int, place: Span) -> Sink:
    """Return what was found in the head of a file, without what the rest may undo.

    An error that rows further down may undo is none, for a fit reads them all; what
    it says of the head is said with ``partial-data``. Warnings say what they are of.

    Parameters
    ----------
    found
        What was found.
    read
        How many rows were read.
    place
        The ``data`` statement.
    """
    head = f"the first {read:,} rows"
    kept, undone = Sink(found.source), dict[str, None]()
    for one in found.diagnostics:
        if _may_be_undone(one):
            undone[one.message] = None
        elif one.rule in _OF_ROWS:
            kept.keep(replace(one, notes=(*one.notes, f"so it is in {head}")))
        else:
            kept.keep(one)
    notes = [f"in these rows {message}: it may be otherwise" for message in undone]
    if undone:
        notes.append("what rests on that was not checked")
    kept.add(
        "partial-data",
        place,
        f"only {head} of the data were checked",
        *notes,
        "a fit reads them all",
    )
    return kept


def _may_be_undone(found: Diagnostic) -> bool:
    if found.severity is not Severity.ERROR:
        return False
    # a coefficient is named after a level, which may come up later
    named = found.rule == "unknown-target" and "[" in found.source.slice(found.span)
    return found.rule in _UNDONE or named
