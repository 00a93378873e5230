"""Conditions that rows are chosen by, computed: those of ``where`` and ``subset``."""

from __future__ import annotations

import numpy as np

from varying.grammar.diagnostics import Sink
from varying.grammar.printer import expression_text

from ..expressions.evaluation import evaluate
from ..expressions.types import type_of
from .derive import Derivation
from .left_out import Booleans, Condition
from .lets import warn_commas
from .subset import Choice, check_subset

__all__ = ["computed_condition"]


def computed_condition(
    choice: Choice, derived: Derivation, before: Booleans, sink: Sink
) -> Condition | None:
    """Return where a condition is true; None after a fault.

    Parameters
    ----------
    choice
        The condition.
    derived
        The columns, which it may add to.
    before
        The rows that the conditions before it leave.
    sink
        Takes the faults.
    """
    if not derived.condition(choice.condition, choice.word):
        return None
    table = derived.table
    typed = type_of(choice.condition, table, sink)
    if typed is None:
        return None
    of_subset = choice.word == "subset"
    if typed.kind != "logical" and not (of_subset and typed.kind == "number"):
        text = expression_text(choice.condition)
        message = f"`{text}` is a {typed.kind}, not a condition"
        note = "compare it with something"
        sink.add("wrong-type", choice.condition.span, message, note)
        return None
    warn_commas(choice.condition, table, sink)
    values = evaluate(choice.condition, table)
    if of_subset and not check_subset(choice, values, before, table, sink):
        return None
    return Condition(choice, values == 1.0, np.isnan(values))
