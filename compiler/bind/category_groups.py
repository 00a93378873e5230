"""``(cs(x) | g)``: effects of groups that differ between the thresholds of steps.

As in brms ``cs()`` of a group term is a formula of its own, with an intercept:
``(cs(x) | g)``, ``(1 + cs(x) | g)`` are an intercept and a slope for each threshold,
all of them correlated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from varying.grammar.diagnostics import Sink
from varying.grammar.printer import expression_text
from varying.grammar.tree import Call, Chain, Expr
from varying.grammar.walk import plain_number, unwrap

from ..expressions.elsewhere import CATEGORIES
from ..families.family import Family
from ..families.ordinal.thresholds import threshold_labels
from ..formula.columns import DesignColumn
from ..formula.expansion import GroupBar
from .bound import Response


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The thresholds of a model of steps, by their labels."""

    labels: tuple[str, ...]

    def columns(self, columns: Sequence[DesignColumn]) -> tuple[DesignColumn, ...]:
        """Return a column for each threshold, those of a column side by side."""
        return tuple(
            replace(column, name=f"{column.name}[{label}]", threshold=place)
            for column in columns
            for place, label in enumerate(self.labels)
        )


def thresholds_of(family: Family | None, response: Response | None) -> Thresholds:
    """Return the thresholds that effects may differ between; of others none."""
    if family is None or family.steps is None or response is None:
        return Thresholds(())
    return Thresholds(threshold_labels(response.categories))


def without_category(
    bar: GroupBar, family: Family | None, main: bool, sink: Sink
) -> tuple[GroupBar, bool] | None:
    """Return a bar with the formula of its ``cs()``, and whether it has one.

    None after a fault: the term is left out.
    """
    inside = unwrap(bar.lhs)
    sums = isinstance(inside, Chain) and set(inside.operators) <= {"+", "-"}
    operands = inside.operands if isinstance(inside, Chain) and sums else (inside,)
    calls = [one for one in map(unwrap, operands) if _is_category(one)]
    if not calls:
        return bar, False
    call = calls[0]
    assert isinstance(call, Call)
    text, group = expression_text(call), expression_text(bar.group)

    def fault(rule: str, message: str, *notes: str) -> None:
        sink.add(rule, call.span, message, *notes)

    if family is not None and family.steps is None:
        has = "one for all" if family.thresholds else "no thresholds"
        fault(
            "invalid-term",
            f"`{text}` has an effect for each threshold, and {family.shown} has {has}",
            CATEGORIES if family.thresholds else "leave `cs()` out",
        )
        return None
    if not main:
        fault(
            "invalid-term",
            f"`{text}` has an effect for each threshold, and these are in the formula "
            "of the predictor alone",
            "leave `cs()` out here",
        )
        return None
    if len(call.arguments) != 1 or call.arguments[0].keyword is not None:
        fault(
            "invalid-argument",
            "`cs()` takes one formula: `cs(x)`, `cs(x + z)`, `cs(1)`",
        )
        return None
    formula = call.arguments[0].value
    others: list[Expr] = [one for one in operands if unwrap(one) is not call]
    signs = ("+", *(inside.operators if isinstance(inside, Chain) and sums else ()))
    plain = all(plain_number(one) == 1.0 for one in others) and "-" not in signs
    if not plain:
        whole = expression_text(formula)
        fault(
            "invalid-term",
            f"`{expression_text(bar.lhs)}` has more than `{text}`, which is a formula "
            "of its own in a group term",
            f"with an intercept for each threshold it is `(cs({whole}) | {group})`, "
            f"without one `(cs(0 + {whole}) | {group})`",
            f"effects on all thresholds are a term of their own: `(0 + x | {group})`",
        )
        return None
    return replace(bar, lhs=formula), True


def _is_category(one: Expr) -> bool:
    return isinstance(one, Call) and one.function.text == "cs"
