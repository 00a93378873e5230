"""What is checked of responses whose lowest category is apart: hurdles."""

from __future__ import annotations

from varying.grammar.diagnostics import Sink
from varying.grammar.printer import name_text
from varying.grammar.source import Span

from ..data.levels import numbers_of
from ..data.schema import ColumnInfo
from ..families.family import Family


def check_lowest(
    info: ColumnInfo, family: Family, known: tuple[str, ...], span: Span, sink: Sink
) -> bool:
    """Report a hurdle that is none, or nothing above it; tell whether all is well.

    Parameters
    ----------
    info, known
        The response, and its categories in order.
    """
    if not family.apart:
        return True
    if info.kind.is_number and "0" not in known:
        numbers = numbers_of(known) or [0]
        declared = f"ordered({numbers[0]:g}..{numbers[-1]:g})"
        sink.add(
            "response-support",
            span,
            f"the hurdle of {family.name} is 0, and `{info.name}` has no 0: its lowest "
            f"number is {known[0]}",
            f"where the lowest is what is apart: `column {name_text(info.name)}: "
            f"{declared}`",
            "where nothing is apart: `family=ordlogit`",
        )
        return False
    if info.kind.is_number and known[0] != "0":
        sink.add(
            "response-support",
            span,
            f"the hurdle of {family.name} is 0, and `{info.name}` has numbers below 0",
            f"its lowest number is {known[0]}",
        )
        return False
    if len(known) < family.apart + 2:
        sink.add(
            "one-category",
            span,
            f"the response `{info.name}` has one category above the hurdle "
            f"`{known[0]}`",
            "whether it is reached at all is a question for `family=bernoulli`",
        )
        return False
    return True
