"""Outcomes of a response: what stands in the brackets of ``prob[...]``."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, inf, isfinite, nextafter

from varying.grammar.diagnostics import Sink
from varying.grammar.printer import expression_text
from varying.grammar.source import Span
from varying.grammar.tree import Event, Expr, Index, Name, String
from varying.grammar.walk import unwrap

from ...data.levels import numbers_of, suggest_level
from ...families.cdf import atoms_of, cdf_of, ends_of, without_cdf
from ...families.family import ANSWERS, Family
from ..priors.named import ref_text
from ..question import Outcomes
from .known import ModelCells

__all__ = ["instead_of_shares", "names_of_outcomes", "outcomes_of"]

#: Counts whose probabilities are added up at most; of more there is a closed form, if
#: the family has one.
MOST_COUNTS = 10_000
#: Largest count that is told from its neighbours.
LARGEST_COUNT = 2**53


def outcomes_of(node: Index | Event, cells: ModelCells, sink: Sink) -> Outcomes | None:
    """Return the outcomes between the brackets of ``prob[...]``; None: a fault."""
    family = cells.family
    operator, text, upper, span = "", "", "", node.span
    match node:
        case Index(refs=(ref,)):
            text, span = ref_text(ref), ref.span
        case Event(operator=operator, value=value, upper=last):
            text, span = _text(value), value.span
            upper = "" if last is None else _text(last)
        case _:
            sink.add(
                "invalid-argument", node.span, "one outcome stands in the brackets"
            )
            return None
    written = f"{text}..{upper}" if operator == ".." else f"{operator}{text}"
    if family is None:
        return Outcomes(written, ())
    if operator in ("==", "!="):
        sink.add(
            "invalid-argument",
            node.span,
            f"`{operator}` does not stand in the brackets",
            f"the probability of one value is `{node.target.text}[{text}]`",
        )
        return None
    if family.has_categories and operator:
        sink.add(
            "invalid-argument",
            node.span,
            f"categories without an order are neither above nor below `{text}`",
            f"the probability of one is `{node.target.text}[{text}]`",
        )
        return None
    if family.of_categories or family.parts or family.response == "binary":
        if cells.categories is None:
            return Outcomes(written, ())
        if operator == "..":
            return _between(text, upper, written, cells.categories, node.span, sink)
        return _of_categories(operator, text, cells.categories, span, sink)
    if family.response in ("count", "successes"):
        at = node.span if operator == ".." else span
        ends = _counts(operator, text, upper, written, at, sink)
        return None if ends is None else _of_counts(written, ends, family, at, sink)
    if family.answers is not None and not operator:
        return _of_answers(text, span, sink)
    if family.response == "continuous" and cdf_of(family) is not None:
        return _of_numbers(operator, text, upper, written, cells, node.span, sink)
    if text == "0" and not operator and any(d.name == "hu" for d in family.dpars):
        return Outcomes("0", (0,))
    sink.add(
        "no-such-scale",
        node.span,
        f"{family.shown} has no probability of `{written}` here",
        without_cdf(family) or instead_of_shares(family),
    )
    return None


def instead_of_shares(family: Family) -> str:
    """Return what there is in place of probabilities."""
    if family.answers is not None:
        return "`scale=prob[upper]` is the probability of the upper answer"
    return "`scale=response` is the mean of the response"


def names_of_outcomes(
    family: Family | None, categories: Sequence[str]
) -> Sequence[str]:
    """Return what ``scale=prob`` has a line of: categories, or the two answers."""
    if family is not None and family.answers is not None:
        return ANSWERS
    return categories


def _of_answers(text: str, span: Span, sink: Sink) -> Outcomes | None:
    """Return one of two answers, by its name or its number in ``dec``."""
    spelled = {"0": 0, "1": 1, **{name: k for k, name in enumerate(ANSWERS)}}
    if text in spelled:
        return Outcomes(ANSWERS[spelled[text]], (spelled[text],))
    notes, fix = suggest_level(text, ANSWERS, span)
    message = f"there is no answer `{text}`"
    sink.add("unknown-level", span, message, *notes, fix=fix)
    return None


def _text(value: Expr) -> str:
    inner = unwrap(value)
    return inner.text if isinstance(inner, String | Name) else expression_text(inner)


def _of_numbers(
    operator: str,
    text: str,
    upper: str,
    written: str,
    cells: ModelCells,
    span: Span,
    sink: Sink,
) -> Outcomes | None:
    """Return an interval of a continuous response, or a value that has a mass."""
    family = cells.family
    assert family is not None
    low, high, atoms = _float(text), _float(upper or text), atoms_of(family)
    if low is None or high is None or not (isfinite(low) and isfinite(high)):
        wrong = upper if low is not None and isfinite(low) else text
        sink.add(
            "invalid-argument",
            span,
            f"`{wrong}` is no number",
            "of a continuous response the probability is of numbers: `prob[>3]`, "
            "`prob[2..5]`",
        )
        return None
    if operator == ".." and low >= high:
        sink.add("invalid-argument", span, f"`{written}` has no number in it")
        return None
    if not operator and low not in atoms:
        note = "that of an interval is `prob[2..5]`, of what is larger `prob[>5]`"
        if atoms:
            named = " and ".join(f"`prob[{atom:g}]`" for atom in atoms)
            note = f"it has {named}; {note}"
        sink.add(
            "no-such-scale",
            span,
            f"a single value of {family.shown} has the probability 0",
            note,
        )
        return None
    before = nextafter(low, -inf)
    between = {
        "": (before, low),
        "..": (before, high),
        ">": (low, inf),
        ">=": (before, inf),
        "<": (-inf, before),
        "<=": (-inf, low),
    }
    always = _always(*between[operator], family)
    if always:
        place = "in " if operator == ".." else ""
        sink.add(
            "invalid-argument",
            span,
            f"{always} of {family.shown} is {place}`{written}`: the probability is "
            "always the same",
            f"{family.shown} is for {family.support}",
        )
        return None
    return Outcomes(written, (), between=between[operator])


def _always(low: float, high: float, family: Family) -> str:
    """Return which responses are above one number, up to another, if all or none."""
    lowest, highest = ends_of(family)
    atoms = atoms_of(family)
    # an end that has no probability is not among the responses
    first = lowest if lowest in atoms else nextafter(lowest, inf)
    last = highest if highest in atoms else nextafter(highest, -inf)
    if high < first or low >= last:
        return "no response"
    return "every response" if low < first and high >= last else ""


def _between(
    low: str,
    high: str,
    written: str,
    categories: tuple[str, ...],
    span: Span,
    sink: Sink,
) -> Outcomes | None:
    """Return the categories from one to another."""
    ends = []
    for operator, text in ((">=", low), ("<=", high)):
        own = Sink(sink.source)
        found = _of_categories("", text, categories, span, own)
        if found is None and numbers_of(categories) is not None:
            own = Sink(sink.source)
            found = _of_categories(operator, text, categories, span, own)
        if found is None:
            for one in own.diagnostics:
                sink.keep(one)
            return None
        ends.append(found.values[0] if operator == ">=" else found.values[-1])
    if ends[0] > ends[1] or ends == [0, len(categories) - 1]:
        which = "no category is" if ends[0] > ends[1] else "all categories are"
        said = f"{which} in `{written}`: the probability is always the same"
        sink.add("invalid-argument", span, said)
        return None
    return Outcomes(written, tuple(range(ends[0], ends[1] + 1)))


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


def _counts(
    operator: str, text: str, upper: str, written: str, span: Span, sink: Sink
) -> tuple[float, float] | None:
    """Return the count below those that are asked for, and the last one of them."""
    ends = []
    for one in (text, upper) if operator == ".." else (text,):
        value = _float(one)
        whole = operator in ("", "..")
        if value is None or not 0 <= value <= LARGEST_COUNT or (whole and value % 1):
            sink.add(
                "invalid-argument",
                span,
                f"`{one}` is no count",
                f"counts are whole numbers from 0; here up to {LARGEST_COUNT:,}",
            )
            return None
        ends.append(value)
    first, last = ends[0], ends[-1]
    low, high = {
        "": (first - 1.0, first),
        "..": (first - 1.0, last),
        ">": (float(floor(first)), inf),
        ">=": (ceil(first) - 1.0, inf),
        "<": (-1.0, ceil(first) - 1.0),
        "<=": (-1.0, float(floor(first))),
    }[operator]
    if low >= high or (low < 0.0 and high == inf):
        said = f"`{operator} {text}` is true of all counts, or of none"
        if operator == "..":
            said = f"`{written}` has no count in it"
        sink.add("invalid-argument", span, said)
        return None
    return low, high


def _of_counts(
    written: str, ends: tuple[float, float], family: Family, span: Span, sink: Sink
) -> Outcomes | None:
    """Return counts by their probabilities, or those between two numbers."""
    low, high = ends
    if family.response == "successes" and high - low > 1.0:
        return Outcomes(written, (), between=ends)
    rest = high == inf
    first, last = (0.0, low) if rest else (low + 1.0, high)
    if last - first <= MOST_COUNTS:
        return Outcomes(written, tuple(range(int(first), int(last) + 1)), rest)
    if cdf_of(family) is not None:
        return Outcomes(written, (), between=ends)
    sink.add(
        "invalid-argument",
        span,
        f"`{written}` is of more than {MOST_COUNTS:,} counts, and their probabilities "
        "would be added up",
        f"{family.shown} has no distribution function; ask for fewer",
    )
    return None


def _float(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
