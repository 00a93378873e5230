"""Several responses in one model: their names, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from varying.grammar.diagnostics import Sink, nearest
from varying.grammar.nonlinear import names_left
from varying.grammar.printer import expression_text, name_text
from varying.grammar.source import Span
from varying.grammar.tree import (
    Call,
    CellStatement,
    ContrastStatement,
    Formula,
    MeansStatement,
    ModelStatement,
    Name,
    PartStatement,
    SlopeStatement,
    Spec,
    String,
)
from varying.grammar.walk import column_names, left_of_bar, unwrap

from ..data.schema import Schema
from ..families import FAMILIES
from ..prepare.responses import BINDING, Written, family_named, one_name, responses_of

#: Options that are about the whole model, and stand beside its first formula.
OF_THE_MODEL = ("rows", "rescor")


@dataclass(frozen=True, slots=True)
class OneResponse:
    """One response of a model, to be bound by itself.

    Attributes
    ----------
    name
        What the names of its quantities begin with; empty where it is the only one.
    statement
        The model as if it had no other response.
    others
        The names of the other responses.
    """

    name: str
    statement: ModelStatement
    others: tuple[str, ...] = ()


def one_by_one(
    model: ModelStatement, schema: Schema, sink: Sink
) -> tuple[OneResponse, ...]:
    """Return the responses of a model, each as a model of its own.

    Those with a fault are left out, but for the first.
    """
    found = responses_of(model)
    first, *rest = found.written or (Written(model.formula),)
    kept, strangers = [first], []
    for one in rest:
        if _is_no_response(one, first, schema):
            strangers.append(PartStatement(one.formula, span=one.formula.span))
            strangers += one.parts
        else:
            kept.append(one)
    # what is neither is reported as a parameter that the family has not
    kept[0] = replace(first, parts=(*first.parts, *strangers))
    _check_calls(model, found.written, sink)
    if len(kept) == 1 and not found.unclear:
        return (OneResponse("", _alone(model, kept[0])),)
    _check_unclear(found.unclear, kept, sink)
    _check_options(kept, model, sink)
    kept = [one for one in kept if _is_named(one, sink)] or kept[:1]
    names = _names(kept, sink)
    if len(names) == 1:
        return (OneResponse("", _alone(model, next(iter(names.values())))),)
    _check_circles(names, sink)
    return tuple(
        OneResponse(
            name, _alone(model, one), tuple(other for other in names if other != name)
        )
        for name, one in names.items()
    )


def _alone(model: ModelStatement, one: Written) -> ModelStatement:
    rest = [s for s in model.body if not isinstance(s, PartStatement)]
    return replace(model, formula=one.formula, body=(*one.parts, *rest))


def _is_no_response(one: Written, first: Written, schema: Schema) -> bool:
    """Whether an indented formula is about a name that no column has."""
    names = names_left(one.formula.response)
    if one.joined is not None or not names:
        return False
    # a family that is not known may have any parameter
    unknown = family_named(first.formula) is None
    if schema.open:
        return unknown
    known = {*schema.columns, *schema.unread, *schema.faulty, *schema.unusable}
    if len(names) > 1:
        # parameters of a formula that is not linear, or several of the family
        return not any(name.text in known for name in names)
    (node,) = names
    dpars = {dpar.name for family in FAMILIES.values() for dpar in family.dpars}
    dpars |= {"mu", "eta", "threshold"}
    last = node.text.rpartition(".")[2]
    like_column = nearest(node.text, schema.columns) and not nearest(last, dpars)
    return node.text not in known and (unknown or not like_column)


def _check_calls(model: ModelStatement, written: Sequence[Written], sink: Sink) -> None:
    """Report calls of responses that join nothing, or by name."""
    for call in {id(one.joined): one.joined for one in written}.values():
        for argument in call.arguments if call is not None else ():
            if argument.keyword is not None:
                sink.add(
                    "unknown-argument",
                    argument.keyword.span,
                    f"`{_name_of(call)}` has no argument `{argument.keyword.text}`",
                    "it takes the responses, each a column",
                )
    left = unwrap(left_of_bar(model.formula.response))
    if not written and isinstance(left, Call):
        sink.add(
            "invalid-argument",
            left.span,
            f"`{_name_of(left)}()` has no response in it",
            f"written `{_name_of(left)}(y1, y2) ~ ...`",
        )


def _name_of(call: Call | None) -> str:
    return BINDING[0] if call is None else call.function.text


def _check_unclear(
    unclear: Sequence[PartStatement], kept: list[Written], sink: Sink
) -> None:
    """Report parameters that several responses have, below more than one.

    Those of formulas that are not linear are then known in each.
    """
    for part in unclear:
        node = part.formula.response
        text = expression_text(node)
        names = {name.text for name in names_left(node)}
        curves = [
            place for place, one in enumerate(kept) if names & one.names_calculated
        ]
        if curves:
            several = " and ".join(f"`{kept[place].text}`" for place in curves)
            sink.add(
                "ambiguous-response",
                node.span,
                f"`{text}` of which response? it is in the formulas of {several}",
                f"write `{text} ~ ...` directly below each: they are parameters of "
                f"their own, `{kept[curves[0]].text}.{text}` and so on",
                "one parameter that several responses share is not compiled by this "
                "version",
            )
            for place in curves:
                kept[place] = replace(kept[place], parts=(*kept[place].parts, part))
            continue
        of = [f"`{one.text}.{text} ~ ...`" for one in kept if _has(one.formula, text)]
        sink.add(
            "ambiguous-response",
            node.span,
            f"`{text}` of which response? several have it",
            f"name the response: {' or '.join(of)}",
        )


def _has(formula: Formula, dpar: str) -> bool:
    family = family_named(formula)
    return family is not None and any(one.name == dpar for one in family.dpars)


def _check_options(kept: Sequence[Written], model: ModelStatement, sink: Sink) -> None:
    """Report options of the whole model beside a further formula."""
    said: set[Span] = set()
    for one in kept:
        if one.formula.options is model.formula.options:
            continue
        for option in one.formula.options:
            if option.name.text in OF_THE_MODEL and option.span not in said:
                said.add(option.span)
                sink.add(
                    "unknown-option",
                    option.name.span,
                    f"`{option.name.text}` is about the whole model: it stands beside "
                    "the first formula",
                )


def _is_named(one: Written, sink: Sink) -> bool:
    """Whether a response is a column; one that is calculated has no name here."""
    node = unwrap(left_of_bar(one.formula.response))
    if isinstance(node, Name):
        return True
    if isinstance(node, Call) and node.function.text == "mvbind":
        sink.add(
            "invalid-term",
            node.span,
            "`mvbind()` inside of another: it joins responses, and is none itself",
            "write them all in one",
        )
        return False
    family = family_named(one.formula)
    several = family is not None and family.has_columns
    trials = family is None or several or "trials" in family.known
    joins = ("cbind", "bind") if several else ("cbind",)
    if isinstance(node, Call) and node.function.text in joins and trials:
        first = unwrap(node.arguments[0].value) if node.arguments else node
        if isinstance(first, Name):
            return True
    text = expression_text(node)
    sink.add(
        "unnamed-response",
        node.span,
        f"`{text}` has no name, and names tell several responses apart",
        f"give it one: `let z = {text}` above the model, and `z ~ ...`",
    )
    return False


def _names(kept: Sequence[Written], sink: Sink) -> dict[str, Written]:
    """Return the responses by their names, each name once."""
    names: dict[str, Written] = {}
    for one in kept:
        name, span = one_name(one), unwrap(left_of_bar(one.formula.response)).span
        if name in names:
            sink.add(
                "duplicate-response",
                span,
                f"`{name}` is a response twice",
                "a model has one formula for each response; two models of the same "
                "response are `model a: ...` and `model b: ...`",
            )
            continue
        names[name] = one
    # `y_sigma` and the parameter `sigma` of `y` would have the same names
    for name in names:
        for other, one in names.items():
            dpar = name.removeprefix(f"{other}_")
            if dpar != name and _has(one.formula, dpar):
                sink.add(
                    "ambiguous-response",
                    unwrap(left_of_bar(names[name].formula.response)).span,
                    f"the response `{name}` and the parameter `{dpar}` of `{other}` "
                    "would have the same names in the results",
                    f"give the response another name: `let z = {name_text(name)}` "
                    "above the model, and `z ~ ...`",
                )
    return names


def _check_circles(names: Mapping[str, Written], sink: Sink) -> None:
    """Report responses that are predictors of each other.

    Where each is a predictor of those behind it alone, the densities of a row given its
    predictors multiply to one of all responses. In a circle they do not.
    """
    reads = {
        name: [
            found
            for formula in (one.formula, *(part.formula for part in one.parts))
            for found in column_names(formula.terms)
            if found.text in names and found.text != name
        ]
        for name, one in names.items()
    }
    above: set[str] = set()
    left = dict(reads)
    while left:
        free = [n for n, found in left.items() if {f.text for f in found} <= above]
        if not free:
            break
        above |= {*free}
        left = {name: found for name, found in left.items() if name not in above}
    for name, found in left.items():
        wrong = next((one for one in found if one.text in left), None)
        if wrong is not None:
            sink.add(
                "response-as-predictor",
                wrong.span,
                f"`{name}` and `{wrong.text}` are predictors of each other",
                "their densities given each other are none of both: leave one out, or "
                "let residuals or group effects be correlated",
            )
            return


_WHAT = {
    ContrastStatement: "a contrast",
    MeansStatement: "`means`",
    SlopeStatement: "a slope",
}


def by_response(
    spec: Spec, names: Mapping[str, str | None], sink: Sink
) -> Iterator[tuple[str, Spec]]:
    """Yield each question about cells with its response, in a spec without the others.

    Where there are several, it says which it is about: ``response=y1``.

    Parameters
    ----------
    spec
        The whole spec.
    names
        What names of quantities begin with, by response, and the response; None where
        a fault leaves it unknown.
    sink
        Takes the faults.
    """
    rest = [s for s in spec.statements if not isinstance(s, CellStatement)]
    for statement in spec.statements:
        if not isinstance(statement, CellStatement):
            continue
        given = [o for o in statement.options if o.name.text == "response"]
        value = unwrap(given[0].value) if given else None
        text = value.text if isinstance(value, Name | String) else None
        found = [key for key, name in names.items() if name in (None, text)]
        # one of several columns is also called by the first of them
        found = found or [key for key in names if key == text]
        if value is None and len(names) == 1:
            found = list(names)
        if found:
            yield found[0], replace(spec, statements=(*rest, statement))
            continue
        listed = ", ".join(
            f"`response={name_text(name)}`" for name in names.values() if name
        )
        if value is None:
            sink.add(
                "ambiguous-response",
                statement.span,
                f"{_WHAT[type(statement)]} is of one response, "
                "and the model has several",
                f"write one of {listed}",
            )
        else:
            sink.add(
                "unknown-target",
                value.span,
                f"the model has no response `{expression_text(value)}`",
                f"it has {listed}",
            )
