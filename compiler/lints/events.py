"""Columns that say who had an event, where those who had none are to be marked."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from varying.grammar.diagnostics import Fix
from varying.grammar.printer import name_text
from varying.grammar.tree import Call, Expr, Name, Number
from varying.grammar.walk import unwrap

from ..data.table import Kind
from ..expressions.evaluation import evaluate
from ..families.combined.limits import NONE, RIGHT
from .subject import Finding, LintedModel, words_in

#: Words in names of columns that are 1 where something happened, as in survival's
#: ``Surv(time, event)``.
_EVENTS = frozenset(
    "event events died dead death deceased failed failure relapse relapsed".split()
)


def as_censored(subject: LintedModel) -> Iterator[Finding]:
    """Find ``t | cens(event)``: 1 is censored there, and an event by the name."""
    limits = dict(subject.bound.response.limits)
    node = None if "cens" not in limits else _column(limits["cens"].expression)
    if node is None or not _EVENTS & words_in(node.text):
        return
    codes = evaluate(limits["cens"].expression, subject.table)
    if not np.isin(codes, (NONE, RIGHT)).all():
        return  # it says left or interval too, which no column of events does
    column, response = name_text(node.text), subject.bound.response
    info = subject.schema.columns.get(node.text)
    logical = info is not None and info.kind is Kind.LOGICAL
    one, event = ("TRUE", f"!{column}") if logical else ("1", f"{column} == 0")
    yield Finding(
        node.span,
        f"`cens({column})` takes rows where `{node.text}` is {one} as censored, and by "
        "its name they have the event",
        (
            f"where {one} is an event: `cens({event})`",
            f"`cens` marks whose `{response.name}` is more than what was observed, the "
            "opposite of the event of `Surv()`",
            f"where {one} is censored, give the column a name that says so: "
            f"`let censored = {column}`",
        ),
        Fix.write(node.span, event),
    )


def _column(expression: Expr) -> Name | None:
    """Return the column that marks are, alone; of TRUE and FALSE they are a choice.

    The choice is 1 where it is true: ``ifelse(event, 0, 1)`` marks the others.
    """
    node = unwrap(expression)
    if isinstance(node, Call) and node.function.text == "ifelse":
        test, one, other = (unwrap(each.value) for each in node.arguments)
        node = test if _is_number(one, 1.0) and _is_number(other, 0.0) else node
    return node if isinstance(node, Name) else None


def _is_number(node: Expr, value: float) -> bool:
    return isinstance(node, Number) and node.value == value
