"""The responses of a model, and which formula is about which of them.

``mvbind(y1, y2) ~ x`` is one formula for each. An indented formula whose left side is
no parameter of the family is a further response; ``y2.sigma ~ x`` is about the
parameter of that response, and a bare ``sigma ~ x`` about the formula above.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from varying.grammar.nonlinear import is_nonlinear, names_in, names_left
from varying.grammar.printer import expression_text
from varying.grammar.tree import (
    Call,
    Chain,
    Expr,
    Formula,
    Index,
    ModelStatement,
    Name,
    PartStatement,
    Spec,
    String,
)
from varying.grammar.walk import column_names, left_of_bar, plain_number, unwrap

from ..families import FAMILIES, FAMILY_SPELLINGS, own
from ..families.combined.mixture import MIXTURE, fault, mixture
from ..families.family import Family

#: Components that a mixture has at most.
MOST = 6
#: Calls that join responses.
BINDING = ("mvbind", "cbind")


@dataclass(frozen=True, slots=True)
class Written:
    """One response as written.

    Attributes
    ----------
    formula
        Its formula: what is left of it alone, and the terms.
    parts
        The formulas of its parameters.
    joined
        The call that joins it with others; None where it stands alone.
    """

    formula: Formula
    parts: tuple[PartStatement, ...] = ()
    joined: Call | None = None

    @property
    def text(self) -> str:
        """The response as it is spelled, without what stands beside it."""
        node = unwrap(left_of_bar(self.formula.response))
        return node.text if isinstance(node, Name) else expression_text(node)

    @property
    def names_calculated(self) -> frozenset[str]:
        """The names in its formulas that are not linear."""
        every = (self.formula, *(part.formula for part in self.parts))
        return names_in(one for one in every if is_nonlinear(one))


def family_named(formula: Formula) -> Family | None:
    """Return the family that a formula names; None if that is not known."""
    for option in formula.options:
        if option.name.text == "family":
            value = unwrap(option.value)
            if isinstance(value, Call) and value.function.text == MIXTURE:
                return components_of(value)[0]
            while isinstance(value, Call):
                inner = value.arguments[0].value if value.arguments else value.function
                named = value.function.text in ("brmsfamily", "family")
                value = unwrap(inner) if named else value.function
            text = value.text if isinstance(value, Name | String) else ""
            known = FAMILY_SPELLINGS.get(text)
            return own.named(text) if known is None else FAMILIES[known]
    return FAMILIES["gaussian"]


def components_of(call: Call) -> tuple[Family | None, tuple[Family | None, ...]]:
    """Return the family that ``mixture(...)`` means, and its components.

    A component that is none is None; so is the family then.
    """
    found: list[Family | None] = []
    times = 1
    for argument in call.arguments:
        value = unwrap(argument.value)
        if argument.keyword is not None:
            count = plain_number(value) or 1.0
            if argument.keyword.text == "nmix":
                times = int(min(max(count, 1.0), MOST))
            continue
        text = value.text if isinstance(value, Name | String) else ""
        known = FAMILY_SPELLINGS.get(text)
        found.append(own.named(text) if known is None else FAMILIES[known])
    if len(found) == 1:
        found *= times
    whole = [one for one in found if one is not None]
    if len(whole) < len(found) or fault(whole) is not None:
        return None, tuple(found)
    return mixture(tuple(whole)), tuple(found)


@dataclass(frozen=True, slots=True)
class Responses:
    """The responses of a model, in the order written.

    Attributes
    ----------
    written
        Each with its formulas.
    unclear
        Formulas of a parameter that several responses have, below a further response.
    """

    written: tuple[Written, ...]
    unclear: tuple[PartStatement, ...] = ()


def responses_of(model: ModelStatement) -> Responses:
    """Return the responses of a model with their formulas.

    A bare parameter directly under the first formula is about its responses; further
    down it has to be that of one formula alone. Of formulas that are not linear it is
    a parameter of one that has no formula for it yet, wherever that formula stands.
    """
    parts = [part for part in model.body if isinstance(part, PartStatement)]
    read = {place for place, part in enumerate(parts) if _is_read(part, parts)}
    while True:
        found, unplaced = _placed(model.formula, parts, read)
        if not unplaced:
            return found
        # what reads them is of no response before them: they are responses
        read -= unplaced


def _placed(
    formula: Formula, parts: Sequence[PartStatement], read: Collection[int]
) -> tuple[Responses, set[int]]:
    """Return the responses, and which of the parts ``read`` are about none of them."""
    found = list(_joined(formula))
    first, sources = len(found), [0] * len(found)
    unclear: list[PartStatement] = []
    later: dict[int, int] = {}

    def put(part: PartStatement, places: tuple[int, ...], known: int) -> None:
        if known == first:
            places = tuple(range(first)) if len(places) > 1 else places
        elif len({sources[place] for place in places}) > 1:
            unclear.append(part)
            return
        for place in places:
            found[place] = replace(found[place], parts=(*found[place].parts, part))

    for number, part in enumerate(parts):
        places = _about(part, found)
        if places is not None:
            put(part, places, len(found))
        elif number in read:
            later[number] = len(found)
        else:
            more = _joined(part.formula)
            sources += [sources[-1] + 1] * len(more)
            found += more
    while later:
        about = {n: _about(parts[n], found[:known]) for n, known in later.items()}
        placed = [(n, places) for n, places in about.items() if places is not None]
        if not placed:
            break
        number, places = placed[0]
        put(parts[number], places, later.pop(number))
    return Responses(tuple(found), tuple(unclear)), {*later}


def _is_read(part: PartStatement, parts: Sequence[PartStatement]) -> bool:
    """Whether a formula is about what an indented one that is not linear reads."""
    names = {name.text for name in names_left(part.formula.response)}
    others = (p.formula for p in parts if p is not part and is_nonlinear(p.formula))
    return not names.isdisjoint(names_in(others))


def _about(part: PartStatement, found: Sequence[Written]) -> tuple[int, ...] | None:
    """Return the responses that have a parameter; None if it is a response itself."""
    families = [family_named(one.formula) for one in found]
    known = [_parameters(family) for family in families]
    names = {name.text for name in names_left(part.formula.response)}
    curves = [
        place
        for place, (one, dpars) in enumerate(zip(found, known, strict=True))
        if names & (one.names_calculated - dpars)
    ]
    if curves:
        free = [place for place in curves if not names & _named(found[place])]
        return tuple(free or curves[-1:])
    node = unwrap(part.formula.response)
    if isinstance(node, Index):
        node = node.target  # `mu[b]`: the predictor of a category
    if not isinstance(node, Name):
        return None

    def has(place: int, name: str) -> bool:
        family = families[place]
        later = family is not None and family.by_response is not None
        ordinal = family is not None and family.thresholds
        if name == "threshold" and ordinal and not part.formula.options:
            return True  # how they differ from person to person
        return name in known[place] or bool(later and family and family.may_have(name))

    for place, one in enumerate(found):
        name = node.text.removeprefix(f"{one.text}.")
        if name != node.text and has(place, name):
            return (place,)
    return tuple(place for place in range(len(found)) if has(place, node.text)) or None


def _named(one: Written) -> set[str]:
    """Return the parameters that have a formula of their own."""
    lefts = [part.formula.response for part in one.parts]
    return {name.text for left in lefts for name in names_left(left)}


def _parameters(family: Family | None) -> set[str]:
    families = FAMILIES.values() if family is None else (family,)
    found = {dpar.name for one in families for dpar in (*one.mains, *one.dpars)}
    if family is not None:
        found |= {f"theta{k}" for k in range(1, len(family.components) + 1)}
    return found


def _joined(formula: Formula) -> tuple[Written, ...]:
    """Return the responses that a formula is for."""
    node = unwrap(left_of_bar(formula.response))
    if not isinstance(node, Call) or node.function.text not in BINDING:
        return (Written(formula),)
    family = family_named(formula)
    counted = family is None or "trials" in family.known or family.has_columns
    if node.function.text == "cbind" and counted:
        return (Written(formula),)
    if family is not None and family.has_columns:
        return (Written(formula),)  # `mvbind` of it is reported where it is bound
    return tuple(
        Written(
            replace(formula, response=_instead(formula.response, argument.value)),
            joined=node,
        )
        for argument in node.arguments
    )


def _instead(whole: Expr, response: Expr) -> Expr:
    """Return a left side with another response before the bar."""
    inner = unwrap(whole)
    if isinstance(inner, Chain) and inner.operators[0] == "|":
        return replace(inner, operands=(response, *inner.operands[1:]))
    return response


def one_name(one: Written) -> str:
    """Return the name of a response: its column, or that of the successes."""
    node = unwrap(left_of_bar(one.formula.response))
    if isinstance(node, Call) and node.arguments:
        node = unwrap(node.arguments[0].value)
    return node.text if isinstance(node, Name) else expression_text(node)


def columns_of_responses(spec: Spec) -> Iterator[Name]:
    """Yield the columns of further responses, which stand left in indented formulas."""
    for model in spec.models:
        for one in responses_of(model).written:
            if one.formula.response is not model.formula.response:
                yield from column_names(one.formula.response)
