"""``family=mixture(gaussian, gaussian)``: what its components are."""

from __future__ import annotations

from varying.grammar.diagnostics import Sink
from varying.grammar.printer import expression_text
from varying.grammar.tree import Call, Expr, ModelStatement, Name, PartStatement, String
from varying.grammar.walk import left_of_bar, plain_number, unwrap

from ..families.combined.mixture import fault, mixture
from ..families.family import Family
from ..prepare.responses import MOST, components_of
from .unknown_family import add_unknown

__all__ = ["mixture_of", "with_shares"]

_WRITTEN = "written `family=mixture(gaussian, gaussian)`"
_ELSEWHERE = {
    "order": "components of one family are in the order of their intercepts, unless "
    "these have different priors: `prior mu1.Intercept ~ ...`, `prior mu2.Intercept ~ "
    "...`",
}


def mixture_of(call: Call, sink: Sink) -> Family | None:
    """Return the family that a call names; None after a fault."""
    good = True
    plain = [one for one in call.arguments if one.keyword is None]
    for argument in call.arguments:
        keyword, value = argument.keyword, unwrap(argument.value)
        if keyword is None:
            continue
        if keyword.text == "nmix" and len(plain) == 1:
            count = plain_number(value)
            if count is not None and count % 1 == 0 and 2 <= count <= MOST:
                continue
            message = f"`nmix` is how many components there are, 2 to {MOST}"
            sink.add("invalid-argument", argument.span, message)
        else:
            note = _ELSEWHERE.get(keyword.text, _WRITTEN)
            sink.add(
                "unknown-argument",
                keyword.span,
                f"`mixture()` has no argument `{keyword.text}` here",
                note,
            )
        good = False
    family, components = components_of(call)
    if not good:
        return None
    for argument, one in zip(plain, components, strict=False):
        value = unwrap(argument.value)
        if one is None and isinstance(value, Name | String):
            add_unknown(value.text, value, sink)
            return None
        if one is None:
            sink.add(
                "invalid-argument",
                argument.value.span,
                f"`{expression_text(argument.value)}` is no component of a mixture",
                "a component is a name: it has the link that its family has by default",
            )
            return None
    if family is None:
        whole = [one for one in components if one is not None]
        message = fault(whole) or "it has no components"
        sink.add("invalid-argument", call.span, message, _WRITTEN)
    return family


def with_shares(
    family: Family | None, model: ModelStatement, sink: Sink
) -> Family | None:
    """Return a mixture whose shares have the formulas that are there.

    They are told apart by their differences, so that one has none: its component is
    what the odds of the others are against, as in brms.
    """
    if family is None or not family.components:
        return family
    count = len(family.components)
    names = [f"theta{number}" for number in range(1, count + 1)]
    response = expression_text(unwrap(left_of_bar(model.formula.response)))
    told: dict[str, Expr] = {}
    for part in model.body:
        if isinstance(part, PartStatement):
            left = unwrap(part.formula.response)
            text = left.text if isinstance(left, Name) else ""
            told.setdefault(text.removeprefix(f"{response}."), left)
    found = tuple(name for name in names if name in told)
    if not found:
        return family
    if len(found) == count:
        sink.add(
            "invalid-term",
            told[found[-1]].span,
            f"all {count} shares have a formula, and one of them follows from the "
            "others",
            "leave one out: the odds of the others are against its component",
        )
        return None
    left_out = [name for name in names if name not in found]
    if len(left_out) > 1:
        lines = " and ".join(f"`{name} ~ 1`" for name in left_out[1:])
        sink.add(
            "invalid-term",
            told[found[0]].span,
            f"where a share has a formula, all but one of the {count} have: "
            f"{', '.join(f'`{name}`' for name in left_out)} have none",
            f"write {lines} below it; {left_out[0]} is what the odds of the others are "
            "against",
        )
        return None
    return mixture(family.components, found)
