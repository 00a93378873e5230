"""A response that is one of several categories without an order."""

from __future__ import annotations

from itertools import islice

from varying.grammar.diagnostics import Sink
from varying.grammar.printer import name_text
from varying.grammar.source import Span

from ..data.schema import ColumnInfo
from ..data.spellings import warn_spellings
from ..data.table import Kind
from ..families.family import Family
from .bound import Response

__all__ = ["bind_nominal"]

#: Levels that a message names.
_SHOWN = 5


def bind_nominal(
    info: ColumnInfo, family: Family, span: Span, sink: Sink
) -> Response | None:
    """Return a response with its categories, the first of which is the reference."""
    name, seen = info.name, info.as_levels
    warn_spellings(info, span, sink)
    if info.kind.is_number and (info.numbers is None or not info.whole):
        count = f"{info.distinct:,} different values"
        if info.numbers is not None:
            count = "numbers that are not whole"
        sink.add(
            "response-support",
            span,
            f"the response `{name}` has {count}, and {family.name} needs categories",
            "a measurement is for a continuous family",
        )
        return None
    known = seen if info.kind.is_number else info.declared_levels or seen
    unseen = tuple(one for one in known if one not in set(seen))
    response = Response(name, name, info.kind, known, unseen, span=span)
    if len(seen) < 2:
        sink.add(
            "one-category",
            span,
            f"the response `{name}` has one category only: {_some(seen)}",
            "there is nothing that another one could be likelier than",
        )
        return response
    _nearer(info, known, span, sink)
    if unseen:
        several = len(unseen) > 1
        sink.add(
            "unused-level",
            span,
            f"no row has the {'categories' if several else 'category'} {_some(unseen)} "
            f"of `{name}`",
            "the prior alone says how likely "
            f"{'they are' if several else 'it is'}, and what that depends on"
            if known[0] in seen
            else "it is the reference: nothing can be learned of the others against "
            "it; `refcat=` beside the formula names another one",
        )
    return response


def _nearer(info: ColumnInfo, known: tuple[str, ...], span: Span, sink: Sink) -> None:
    """Warn where the response has what the family leaves out: an order."""
    name = name_text(info.name)
    if len(known) == 2:
        sink.add(
            "nearer-family",
            span,
            f"`{name}` has two categories: `family=bernoulli` is the same model",
            "its parameters have plain names, and probabilities are of "
            f"`{known[1]}` alone",
        )
    elif info.kind is Kind.ORDERED:
        sink.add(
            "nearer-family",
            span,
            f"`{name}` has an order, which `categorical` makes no use of",
            "`family=cumulative` needs one effect of a predictor, here there are "
            f"{len(known) - 1}",
        )
    elif info.kind.is_number:
        sink.add(
            "nearer-family",
            span,
            f"the numbers of `{name}` are taken as names of categories, {_some(known)}",
            f"if they are, say so: `column {name}: factor`; ratings are for "
            "`family=cumulative`, counts for `family=poisson`",
        )


def _some(levels: tuple[str, ...]) -> str:
    shown = ", ".join(f"`{one}`" for one in islice(levels, _SHOWN))
    return shown + (", ..." if len(levels) > _SHOWN else "")
