"""Outcomes of a response: what stands in the brackets of ``prob[...]``."""

from __future__ import annotations

from collections.abc import Sequence

from varying.grammar.diagnostics import Sink
from varying.grammar.printer import expression_text
from varying.grammar.source import Span
from varying.grammar.tree import Event, Index, Name, String
from varying.grammar.walk import unwrap

from ...data.levels import numbers_of, suggest_level
from ..priors.named import ref_text
from ..question import Outcomes
from .known import ModelCells

__all__ = ["outcomes_of"]

#: Largest count whose probability may be asked for.
MOST_COUNT = 10_000


def outcomes_of(node: Index | Event, cells: ModelCells, sink: Sink) -> Outcomes | None:
    """Return the outcomes between the brackets of ``prob[...]``; None: a fault."""
    family = cells.family
    operator, text, span = "", "", node.span
    match node:
        case Index(refs=(ref,)):
            text, span = ref_text(ref), ref.span
        case Event(operator=operator, value=value):
            inner = unwrap(value)
            text, span = expression_text(inner), value.span
            if isinstance(inner, String | Name):
                text = inner.text
        case _:
            sink.add(
                "invalid-argument", node.span, "one outcome stands in the brackets"
            )
            return None
    if family is None:
        return Outcomes(f"{operator}{text}", ())
    if operator in ("==", "!="):
        sink.add(
            "invalid-argument",
            node.span,
            f"`{operator}` does not stand in the brackets",
            f"the probability of one value is `{node.target.text}[{text}]`",
        )
        return None
    if family.response in ("ordinal", "binary"):
        if cells.categories is None:
            return Outcomes(f"{operator}{text}", ())
        return _of_categories(operator, text, cells.categories, span, sink)
    if family.response == "count":
        return _of_counts(operator, text, span, sink)
    if text == "0" and not operator and any(d.name == "hu" for d in family.dpars):
        return Outcomes("0", (0,))
    sink.add(
        "no-such-scale",
        node.span,
        f"{family.name} has no probability of `{operator}{text}` here",
        "probabilities are of categories and counts, and of the zeros of hurdle "
        "families; `scale=response` is the mean of the response",
    )
    return None


def _of_categories(
    operator: str,
    text: str,
    categories: tuple[str, ...],
    span: Span,
    sink: Sink,
) -> Outcomes | None:
    numbers = numbers_of(categories)
    value = _float(text)
    ranks: list[int] = []
    if text in categories:
        place: float = categories.index(text)
        order: Sequence[float] = range(len(categories))
    elif numbers is not None and value is not None and operator:
        place, order = value, numbers
    elif numbers is not None and value is not None and value in numbers:
        place, order = value, numbers
    else:
        notes, fix = suggest_level(text, categories, span)
        message = f"the response has no category `{text}`"
        sink.add("unknown-level", span, message, *notes, fix=fix)
        return None
    ranks = [k for k, one in enumerate(order) if _holds(operator, one, place)]
    if not ranks or len(ranks) == len(categories):
        which = "no category is" if not ranks else "all categories are"
        said = f"{which} `{operator} {text}`: the probability is always the same"
        sink.add("invalid-argument", span, said)
        return None
    return Outcomes(f"{operator}{text}", tuple(ranks))


def _holds(operator: str, left: float, right: float) -> bool:
    match operator:
        case ">":
            return left > right
        case ">=":
            return left >= right
        case "<":
            return left < right
        case "<=":
            return left <= right
    return left == right


def _of_counts(operator: str, text: str, span: Span, sink: Sink) -> Outcomes | None:
    value = _float(text)
    if value is None or not 0 <= value <= MOST_COUNT or (value % 1 and not operator):
        sink.add(
            "invalid-argument",
            span,
            f"`{text}` is no count",
            f"counts are whole numbers from 0; here up to {MOST_COUNT:,}",
        )
        return None
    below = range(MOST_COUNT + 2)
    rest = operator in (">", ">=")
    opposite = {">": "<=", ">=": "<"}.get(operator, operator)
    values = tuple(k for k in below[: int(value) + 2] if _holds(opposite, k, value))
    if not values:
        said = f"`{operator} {text}` is true of all counts, or of none"
        sink.add("invalid-argument", span, said)
        return None
    return Outcomes(f"{operator}{text}", values, rest)


def _float(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
